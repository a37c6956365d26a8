"""What the edge passes on and what it does not, chunk by chunk, in front of a submit that the test plays."""

import asyncio
import json
import queue
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from tests.integration.edges import VERSIONS, Edge, client, running_edge
from tests.integration.http3 import Answer, BrokenOff, connected
from tests.integration.waiting import SOON

Chunks = queue.SimpleQueue[bytes]
"""An empty one ends them."""


@pytest.fixture(scope="module")
def edge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edge]:
    limits = {"body_bytes": 200_000, "answer_seconds": 1.0, "linger_seconds": 2.0}
    with running_edge(tmp_path_factory.mktemp("edge"), **limits) as running:
        yield running


@pytest.fixture
def aside() -> Iterator[ThreadPoolExecutor]:
    """Runs clients while the test plays submit."""
    with ThreadPoolExecutor() as threads:
        yield threads


def assert_problem(answer: Answer, status: int, code: str) -> None:
    assert answer.status == status, answer
    assert answer.headers["content-type"] == "application/problem+json"
    body = json.loads(answer.body)
    assert (body["status"], body["code"], body["error"]["code"]) == (status, code, code)
    assert body["request_id"] == answer.headers["x-request-id"]


@pytest.mark.parametrize("version", VERSIONS)
def test_address_version_and_trace_are_told_to_submit(
    edge: Edge, aside: ThreadPoolExecutor, version: str
) -> None:
    headers = [("x-forwarded-for", "192.0.2.7"), ("x-forwarded-proto", "http"), ("x-mine", "kept")]
    asked = aside.submit(edge.ask, version, "GET", "/v1/a%2fb?c=%20d&e", headers)
    visit = edge.visit()
    line, told = visit.read_head()
    visit.answer()
    assert line == "GET /v1/a%2fb?c=%20d&e HTTP/1.1"
    assert told["x-forwarded-for"] == "192.0.2.7,127.0.0.1,127.0.0.1"
    assert (told["x-forwarded-proto"], told["via"]) == ("https", f"{version} ttv-edge")
    assert (told["host"], told["x-mine"]) == (f"127.0.0.1:{edge.port}", "kept")
    trace_id = told["traceparent"].split("-")[1]
    assert told["x-cloud-trace-context"].startswith(f"{trace_id}/")
    assert told["x-request-id"] == asked.result().headers["x-request-id"]
    assert "transfer-encoding" not in told
    assert "content-length" not in told


def test_what_concerns_one_hop_stays_there_both_ways(edge: Edge, aside: ThreadPoolExecutor) -> None:
    headers = [
        *(
            ("connection", "x-private, keep-alive"),
            ("x-private", "1"),
            ("keep-alive", "5"),
            ("te", "trailers"),
        ),
        *(("upgrade", "h2c"), ("proxy-authorization", "Basic eDp5"), ("script_name", "/x")),
        *(("expect", "100-continue"), ("x-forwarded-ssl", "off"), ("via", "1.1 other")),
    ]
    asked = aside.submit(edge.ask, "1.1", "POST", "/", headers, b"x")
    visit = edge.visit()
    _, told = visit.read_head()
    visit.answer(
        "200 OK", b"", "Connection: x-secret", "X-Secret: 1", "Keep-Alive: 9", "Server: s", "X-Ours: 1"
    )
    assert (told["connection"], told["via"]) == ("close", "1.1 other, 1.1 ttv-edge")
    dropped = {name for name, _ in headers} - {"connection", "via"}
    assert dropped & told.keys() == set()
    answer = asked.result()
    assert {"x-secret", "keep-alive", "server", "transfer-encoding"} & answer.headers.keys() == set()
    assert (answer.headers["x-ours"], answer.headers["via"]) == ("1", "1.1 ttv-edge")


@pytest.mark.parametrize("version", VERSIONS)
def test_a_redirect_is_for_the_client_to_follow(edge: Edge, aside: ThreadPoolExecutor, version: str) -> None:
    asked = aside.submit(edge.ask, version)
    visit = edge.visit()
    visit.read_head()
    visit.answer("302 Found", b"", "Location: http://127.0.0.1:9/signed?X=1")
    assert (asked.result().status, asked.result().headers["location"]) == (
        302,
        "http://127.0.0.1:9/signed?X=1",
    )


def converse(edge: Edge, version: str, outgoing: Chunks, incoming: Chunks) -> None:
    """Send a body whose pieces come one by one, then hand on the answer's pieces as they come."""
    if version == "3":
        asyncio.run(_converse_3(edge, outgoing, incoming))
        return
    pieces = iter(lambda: outgoing.get(timeout=SOON), b"")
    with (
        client(version, edge.port, edge.certificate) as http,
        http.stream("POST", "/", content=pieces) as answer,
    ):
        for chunk in answer.iter_raw():
            incoming.put(chunk)
        incoming.put(b"")


async def _converse_3(edge: Edge, outgoing: Chunks, incoming: Chunks) -> None:
    async with connected(edge.port, edge.certificate) as connection:
        exchange = connection.begin("POST", "/", end=False)
        while chunk := await asyncio.to_thread(outgoing.get, timeout=SOON):
            exchange.send(chunk)
        exchange.send(b"", end=True)
        await exchange.head()
        while chunk := await exchange.chunk():
            incoming.put(chunk)
        incoming.put(b"")


@pytest.mark.parametrize("version", VERSIONS)
def test_bodies_pass_piece_by_piece_in_both_directions(
    edge: Edge, aside: ThreadPoolExecutor, version: str
) -> None:
    outgoing, incoming = Chunks(), Chunks()
    conversation = aside.submit(converse, edge, version, outgoing, incoming)
    outgoing.put(b"first piece")
    visit = edge.visit()
    _, told = visit.read_head()
    assert told["transfer-encoding"] == "chunked"
    assert visit.read_past(b"\r\n") == b"b\r\n"
    assert visit.read_past(b"\r\n") == b"first piece\r\n"  # and the client has not ended
    outgoing.put(b"second")
    assert visit.read_past(b"second\r\n") == b"6\r\nsecond\r\n"
    outgoing.put(b"")
    assert visit.read_past(b"0\r\n\r\n") == b"0\r\n\r\n"
    visit.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
    for piece in (b"data: 1\n\n", b"data: 2\n\n"):
        visit.send(b"%x\r\n%s\r\n" % (len(piece), piece))
        assert incoming.get(timeout=SOON) == piece  # and submit has not ended
    visit.send(b"0\r\n\r\n")
    assert incoming.get(timeout=SOON) == b""
    conversation.result()
    visit.wait_for_end()
    visit.hang_up()


def test_an_answer_may_begin_before_the_body_has_ended(edge: Edge) -> None:
    async def run() -> None:
        async with connected(edge.port, edge.certificate) as connection:
            exchange = connection.begin("POST", "/", end=False)
            exchange.send(b"one")
            visit = await asyncio.to_thread(edge.visit)
            await asyncio.to_thread(visit.read_past, b"one\r\n")
            visit.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nuno\r\n")
            assert (await exchange.head())[0] == 200
            assert await exchange.chunk() == b"uno"
            exchange.send(b"two", end=True)
            await asyncio.to_thread(visit.read_past, b"0\r\n\r\n")
            visit.send(b"3\r\ndos\r\n0\r\n\r\n")
            assert (await exchange.chunk(), await exchange.chunk()) == (b"dos", b"")
            visit.hang_up()

    asyncio.run(run())


@pytest.mark.parametrize("version", VERSIONS)
def test_a_body_that_is_declared_too_large_never_reaches_submit(edge: Edge, version: str) -> None:
    headers = [("content-length", "200001")]
    answer = edge.ask(version, "POST", "/", headers, b" " * 200_001)
    assert_problem(answer, 413, "request_entity_too_large")
    assert edge.line_of(answer.headers["x-request-id"])["status"] == 413


@pytest.mark.parametrize("version", VERSIONS)
def test_a_body_without_a_length_is_stopped_at_the_limit(
    edge: Edge, aside: ThreadPoolExecutor, version: str
) -> None:
    def endless() -> Answer:
        if version == "3":
            return edge.ask(version, "POST", "/", [], b" " * 200_001)
        with client(version, edge.port, edge.certificate) as http:
            answer = http.post("/", content=iter([b" " * 50_000] * 5))
        return Answer(answer.status_code, dict(answer.headers), answer.content)

    asked = aside.submit(endless)
    visit = edge.visit()
    visit.read_head()
    visit.wait_for_end()
    visit.hang_up()
    assert_problem(asked.result(), 413, "request_entity_too_large")


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("path", "headers", "status", "code"),
    [
        ("/" + "a" * 4000, [], 414, "request_uri_too_long"),
        ("/", [("x-long", "a" * 8000)], 431, "request_header_fields_too_large"),
        ("/", [(f"x-{number}", "a") for number in range(81)], 431, "request_header_fields_too_large"),
        ("/", [(f"x-{number}", "a" * 6000) for number in range(6)], 431, "request_header_fields_too_large"),
    ],
    ids=["target", "field", "fields", "header"],
)
def test_a_header_that_submit_would_not_take_is_refused_in_the_envelope(
    edge: Edge, version: str, path: str, headers: list[tuple[str, str]], status: int, code: str
) -> None:
    assert_problem(edge.ask(version, "GET", path, headers), status, code)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_submit_that_is_too_slow_is_a_504(edge: Edge, aside: ThreadPoolExecutor, version: str) -> None:
    asked = aside.submit(edge.ask, version)
    visit = edge.visit()
    visit.read_head()
    visit.wait_for_end()
    visit.hang_up()
    assert_problem(asked.result(), 504, "gateway_timeout")


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 200", b"SSH-2.0-x\r\n\r\n"])
def test_a_submit_that_breaks_off_before_its_answer_is_a_502(
    edge: Edge, aside: ThreadPoolExecutor, version: str, said: bytes
) -> None:
    asked = aside.submit(edge.ask, version)
    visit = edge.visit()
    visit.read_head()
    visit.send(said)
    visit.hang_up()
    assert_problem(asked.result(), 502, "bad_gateway")


@pytest.mark.parametrize("version", VERSIONS)
def test_an_answer_that_breaks_off_never_looks_whole(
    edge: Edge, aside: ThreadPoolExecutor, version: str
) -> None:
    asked = aside.submit(edge.ask, version)
    visit = edge.visit()
    visit.read_head()
    visit.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n")
    visit.hang_up()
    error = asked.exception(timeout=SOON)
    assert isinstance(error, BrokenOff) or type(error).__name__ == "RemoteProtocolError", error


def test_with_nobody_there_it_is_a_503(tmp_path_factory: pytest.TempPathFactory) -> None:
    with running_edge(tmp_path_factory.mktemp("alone")) as alone:
        alone.submit.close()
        for version in VERSIONS:
            answer = alone.ask(version)
            assert_problem(answer, 503, "service_unavailable")
            assert int(answer.headers["retry-after"]) > 0


def test_one_request_too_many_at_a_time_is_a_503(
    tmp_path_factory: pytest.TempPathFactory, aside: ThreadPoolExecutor
) -> None:
    with running_edge(tmp_path_factory.mktemp("narrow"), requests=1, request_seconds=2.0) as narrow:
        first = aside.submit(narrow.ask, "1.1")
        visit = narrow.visit()
        visit.read_head()
        assert_problem(narrow.ask("3"), 503, "too_many_requests_at_once")
        visit.answer()
        assert first.result().status == 200
        # And one that never ends is ended.
        endless = aside.submit(narrow.ask, "2")
        visit = narrow.visit()
        visit.read_head()
        visit.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n")
        visit.wait_for_end()
        visit.hang_up()
        assert endless.exception(timeout=SOON) is not None


def leave_over_tcp(edge: Edge, version: str) -> None:
    with (
        client(version, edge.port, edge.certificate) as http,
        http.stream("GET", "/") as answer,
    ):
        assert next(answer.iter_raw()) == b"half"


def leave_over_udp(leave: Callable[[Any, Any], object]) -> Callable[[Edge, str], None]:
    async def run(edge: Edge) -> None:
        async with connected(edge.port, edge.certificate, idle_seconds=0.5) as connection:
            exchange = connection.begin("GET", "/")
            await exchange.head()
            assert await exchange.chunk() == b"half"
            leave(connection, exchange)

    return lambda edge, _: asyncio.run(run(edge))


@pytest.mark.parametrize(
    ("version", "leave"),
    [
        ("1.1", leave_over_tcp),
        ("2", leave_over_tcp),
        ("3", leave_over_udp(lambda _, exchange: exchange.cancel())),
        ("3", leave_over_udp(lambda connection, _: connection.close())),
        ("3", leave_over_udp(lambda connection, _: connection._transport.abort())),
    ],
    ids=["HTTP/1.1", "HTTP/2", "HTTP/3 cancelled", "HTTP/3 closed", "HTTP/3 vanished"],
)
def test_when_the_client_leaves_submit_is_left_too(
    edge: Edge, aside: ThreadPoolExecutor, version: str, leave: Callable[[Edge, str], None]
) -> None:
    left: Future[None] = aside.submit(leave, edge, version)
    visit = edge.visit()
    _, told = visit.read_head()
    visit.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n")
    visit.wait_for_end()
    visit.hang_up()
    left.result()
    line = edge.line_of(told["x-request-id"])
    assert (line["status"], line["is_whole"], line["response_bytes"]) == (200, False, 4)
