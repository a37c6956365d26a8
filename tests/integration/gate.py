"""A gate before a server: connections wait at it until it is opened."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class Gate:
    """Listens in place of a server.

    Args:
        server: host:port of where connections go once the gate is open.
    """

    def __init__(self, server: str) -> None:
        host, _, port = server.rpartition(":")
        self._server = (host, int(port))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self.reached = threading.Event()
        """Somebody waits."""
        self.opened = threading.Event()

    def let_in(self) -> None:
        """Take connections until the gate is closed for good."""
        with suppress(OSError):  # closed
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._through, args=(client,), daemon=True).start()

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.opened.set()

    def _through(self, client: socket.socket) -> None:
        self.reached.set()
        self.opened.wait()
        with suppress(OSError), client, socket.create_connection(self._server) as server:
            back = threading.Thread(target=_pump, args=(server, client), daemon=True)
            back.start()
            _pump(client, server)
            back.join()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):  # either side has hung up
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)


@contextmanager
def gate_before(server: str) -> Iterator[Gate]:
    """Yield a closed gate before `server`; at the end it is opened, and lets nobody in any more."""
    gate = Gate(server)
    keeper = threading.Thread(target=gate.let_in, daemon=True)
    keeper.start()
    try:
        yield gate
    finally:
        gate.close()
        keeper.join()
