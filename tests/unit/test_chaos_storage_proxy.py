"""The proxy before storage: it passes on what it does not fail, and fails writes in two ways."""

import http.client
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.chaos.storage_proxy import StorageProxy, WriteFate

BODY = b"x" * 300_000


class Storage(ThreadingHTTPServer):
    """Keeps what is written."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.written: list[bytes] = []
        self.hosts: set[str] = set()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Storage

    def do_GET(self) -> None:
        self._answer(BODY)

    def do_POST(self) -> None:
        self.server.written.append(self.rfile.read(int(self.headers["Content-Length"])))
        self._answer(b"done")

    def do_HEAD(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "12345")
        self.end_headers()

    def _answer(self, body: bytes) -> None:
        self.server.hosts.add(self.headers["Host"])
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def storage() -> Iterator[Storage]:
    with Storage() as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield server
        server.shutdown()


def connected(proxy: StorageProxy, storage: Storage) -> http.client.HTTPConnection:
    proxy.upstream = storage.server_port
    return http.client.HTTPConnection(proxy.url.removeprefix("http://"), timeout=10)


def ask(connection: http.client.HTTPConnection, method: str, body: bytes | None = None) -> tuple[int, bytes]:
    connection.request(method, "/b/o", body)
    answer = connection.getresponse()
    return answer.status, answer.read()


def test_what_does_not_fail_is_passed_on_over_one_connection(storage: Storage) -> None:
    with StorageProxy(seed=1, rate=0) as proxy:
        connection = connected(proxy, storage)
        assert ask(connection, "POST", BODY) == (200, b"done")
        socket = connection.sock
        assert ask(connection, "HEAD") == (200, b"")
        assert ask(connection, "GET") == (200, BODY)
        assert connection.sock is socket
        connection.close()
    assert storage.written == [BODY]
    assert storage.hosts == {f"127.0.0.1:{storage.server_port}"}, "else it would be asked as another"


def test_a_failed_write_is_either_refused_or_carried_out_with_its_answer_lost(storage: Storage) -> None:
    with StorageProxy(seed=1, rate=1) as proxy:
        connection = connected(proxy, storage)
        codes = {ask(connection, "POST", b"%d" % number)[0] for number in range(20)}
        connection.close()
    assert codes == {503}
    assert proxy.counts[WriteFate.REFUSED] > 0
    assert proxy.counts[WriteFate.ANSWER_LOST] == len(storage.written) > 0


def test_a_read_never_fails(storage: Storage) -> None:
    with StorageProxy(seed=1, rate=1) as proxy:
        connection = connected(proxy, storage)
        assert ask(connection, "GET")[0] == 200
        connection.close()


def test_storage_that_is_not_there_breaks_the_connection(storage: Storage) -> None:
    with StorageProxy(seed=1, rate=0) as proxy:
        connection = connected(proxy, storage)
        proxy.upstream = 1
        with pytest.raises((http.client.HTTPException, OSError)):
            ask(connection, "GET")
        connection.close()
