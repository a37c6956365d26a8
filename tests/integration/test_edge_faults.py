"""What clients and networks do wrong costs nobody else anything: see `infra/local/edge/mended.py`."""

import asyncio
import socket
from collections.abc import Iterator

import h2.connection
import h2.events
import pytest

from infra.local.edge.certificate import trusting
from tests.integration.edges import Edge, running_edge
from tests.integration.http3 import BrokenOff, connected
from tests.integration.udp import Network
from tests.integration.waiting import SOON


@pytest.fixture(scope="module")
def edge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edge]:
    """It does not wait for the rest of a body once it has answered."""
    with running_edge(tmp_path_factory.mktemp("edge"), linger_seconds=0.01) as running:
        yield running


class Http2:
    """An HTTP/2 client that sends what it is told to."""

    def __init__(self, edge: Edge) -> None:
        context = trusting(edge.certificate)
        context.set_alpn_protocols(["h2"])
        plain = socket.create_connection(("127.0.0.1", edge.port), timeout=SOON)
        self._socket = context.wrap_socket(plain, server_hostname="127.0.0.1")
        configuration = h2.config.H2Configuration(validate_outbound_headers=False)
        self._http = h2.connection.H2Connection(configuration)
        self._http.initiate_connection()
        self._seen: list[h2.events.Event] = []

    def begin(self, path: str) -> int:
        stream_id = self._http.get_next_available_stream_id()
        headers = [(":method", "POST"), (":scheme", "https"), (":authority", "x"), (":path", path)]
        self._http.send_headers(stream_id, headers)
        return stream_id

    def send(self, stream_id: int, data: bytes) -> None:
        self._http.send_data(stream_id, data)
        self._flush()

    def wait_for(self, kind: type[h2.events.Event], stream_id: int | None = None) -> None:
        """Wait for an event, among what has come already too."""
        while True:
            for event in self._seen:
                if isinstance(event, kind) and stream_id in (None, getattr(event, "stream_id", None)):
                    self._seen.remove(event)
                    return
            self._flush()
            data = self._socket.recv(65536)
            self._seen += self._http.receive_data(data) if data else [h2.events.ConnectionTerminated()]

    def close(self) -> None:
        self._socket.close()

    def _flush(self) -> None:
        self._socket.sendall(self._http.data_to_send())


@pytest.fixture
def http_2(edge: Edge) -> Iterator[Http2]:
    client = Http2(edge)
    yield client
    client.close()


def test_a_path_that_is_no_ascii_ends_its_connection_and_no_other(edge: Edge, http_2: Http2) -> None:
    http_2.send(http_2.begin("/\udcff".encode("utf-8", "surrogateescape").decode("latin-1")), b"x")
    http_2.wait_for(h2.events.ConnectionTerminated)

    async def over_udp(path: bytes, without: bytes) -> None:
        async with connected(edge.port, edge.certificate) as connection:
            with pytest.raises(BrokenOff):
                await connection.begin("GET", path, without=without).head()

    asyncio.run(over_udp(b"/\xff", b""))
    asyncio.run(over_udp(b"/", b":path"))
    for version in ("1.1", "2", "3"):
        assert edge.ask(version, "GET", "/" + "a" * 5000).status == 414


def test_a_body_that_goes_on_after_its_answer_disturbs_nobody_over_http_2(edge: Edge, http_2: Http2) -> None:
    first = http_2.begin("/")
    http_2.send(first, b"beginning")
    visit = edge.visit()
    visit.read_past(b"beginning\r\n")
    visit.answer("403 Forbidden")
    http_2.wait_for(h2.events.StreamEnded, first)
    for _ in range(3):
        http_2.send(first, b"and so on")
    http_2.wait_for(h2.events.StreamReset, first)
    second = http_2.begin("/" + "a" * 5000)
    http_2.send(second, b"x")
    http_2.wait_for(h2.events.StreamEnded, second)


def test_a_body_that_goes_on_after_its_answer_disturbs_nobody_over_http_3(edge: Edge) -> None:
    async def run() -> None:
        async with connected(edge.port, edge.certificate) as connection:
            exchange = connection.begin("POST", "/", end=False)
            exchange.send(b"beginning")
            visit = await asyncio.to_thread(edge.visit)
            await asyncio.to_thread(visit.read_past, b"beginning\r\n")
            await asyncio.to_thread(visit.answer, "403 Forbidden")
            assert (await exchange.answer()).status == 403
            for _ in range(3):
                exchange.send(b"and so on")
            exchange.send(b"", end=True)
            assert (await connection.ask("GET", "/" + "a" * 5000)).status == 414

    asyncio.run(run())


def test_trailers_end_a_request_and_begin_none(edge: Edge) -> None:
    async def run() -> None:
        async with connected(edge.port, edge.certificate) as connection:
            exchange = connection.begin("POST", "/", end=False)
            exchange.send(b"all")
            exchange.send_trailers(("x-checksum", "1"))
            visit = await asyncio.to_thread(edge.visit)
            assert await asyncio.to_thread(visit.read_past, b"0\r\n\r\n")
            await asyncio.to_thread(visit.answer)
            assert (await exchange.answer()).status == 200

    asyncio.run(run())


def test_an_answer_lost_on_its_way_again_and_again_arrives(edge: Edge) -> None:
    async def run(network: Network) -> None:
        async with connected(network.port, edge.certificate) as connection:
            exchange = connection.begin("GET", "/")
            visit = await asyncio.to_thread(edge.visit)
            await asyncio.to_thread(visit.read_head)
            await connection.ping()  # so that the client waits for nothing but the answer
            network.lose_answers(4)
            await asyncio.to_thread(visit.answer, "200 OK", b"at last")
            assert (await exchange.answer()).body == b"at last"
            assert network.dropped == 4

    with Network(edge.port) as network:
        asyncio.run(run(network))


def test_a_body_of_two_lengths_is_the_clients_fault_and_never_reaches_submit(edge: Edge) -> None:
    plain = socket.create_connection(("127.0.0.1", edge.port), timeout=SOON)
    with trusting(edge.certificate).wrap_socket(plain, server_hostname="127.0.0.1") as client:
        head = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"
        client.sendall(head + b"3\r\nabc\r\n0\r\n\r\n")
        assert client.recv(65536).startswith(b"HTTP/1.1 400 ")
