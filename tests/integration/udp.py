"""A network between a QUIC client and an edge that carries every packet, or loses those a test wants lost."""

import math
import selectors
import socket
import threading
from types import TracebackType
from typing import Self

_LOOK_EVERY_SECONDS = 0.05


class Network:
    """Takes one client's packets at `port`, carries them to 127.0.0.1:`destination`, and the answers back.

    Args:
        destination: UDP port.
    """

    def __init__(self, destination: int) -> None:
        self.destination = destination
        self.dropped = 0
        self._losing = {"there": 0.0, "back": 0.0}
        self._near, self._far = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
        self._near.bind(("127.0.0.1", 0))
        self._far.connect(("127.0.0.1", destination))
        self.port: int = self._near.getsockname()[1]
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._carry)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closed.set()
        self._thread.join()
        self._near.close()
        self._far.close()

    def block(self) -> None:
        """Lose everything from now on."""
        self._losing = dict.fromkeys(self._losing, math.inf)

    def lose_answers(self, count: int) -> None:
        """Lose the next packets that come from the edge."""
        self._losing["back"] = count

    def _carry(self) -> None:
        client: tuple[str, int] | None = None
        with selectors.DefaultSelector() as selector:
            selector.register(self._near, selectors.EVENT_READ)
            selector.register(self._far, selectors.EVENT_READ)
            while not self._closed.is_set():
                for ready, _ in selector.select(_LOOK_EVERY_SECONDS):
                    if ready.fileobj is self._near:
                        packet, client = self._near.recvfrom(65536)
                        if not self._is_lost("there"):
                            self._far.send(packet)
                    else:
                        packet = self._far.recv(65536)
                        if client and not self._is_lost("back"):
                            self._near.sendto(packet, client)

    def _is_lost(self, direction: str) -> bool:
        if self._losing[direction] <= 0:
            return False
        self._losing[direction] -= 1
        self.dropped += 1
        return True
