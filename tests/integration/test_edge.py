"""The edge in front of the real service: three versions of HTTP, one answer, whatever fails."""

import asyncio
import contextlib
import json
import re
import secrets
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from infra.cli.service import Service
from infra.local.stack import LocalStack
from tests.integration import http3
from tests.integration.edges import VERSIONS, ask, client, line_of
from tests.integration.http3 import Answer, connected
from tests.integration.service import PROMPT, Api, until
from tests.integration.udp import Network
from tests.integration.waiting import SOON

NOBODY = "/v1/videos/video_000000000000000000000000"


@pytest.fixture
def port(stack: LocalStack) -> int:
    return stack.processes["edge"].port


@pytest.fixture
def key(api_key: str) -> tuple[str, str]:
    return ("authorization", f"Bearer {api_key}")


def new_id() -> str:
    return f"req_{secrets.token_hex(12)}"


def test_every_version_gets_the_same_answer(stack: LocalStack, port: int, key: tuple[str, str]) -> None:
    request = ("GET", NOBODY, [key, ("x-request-id", new_id())])
    answers = [ask(version, port, stack.certificate, *request) for version in VERSIONS]
    assert answers[0].status == 404
    for answer in answers:
        assert replace(answer, headers={}) == replace(answers[0], headers={})
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["alt-svc"] == f'h3=":{port}"; ma=3600'
        assert "server" not in answer.headers


@pytest.mark.parametrize("version", VERSIONS)
def test_a_video_is_made_over_every_version(
    stack: LocalStack, api: Api, port: int, key: tuple[str, str], version: str
) -> None:
    body = json.dumps({"prompt": PROMPT, "seconds": 4, "size": "640x360"}).encode()
    headers = [key, ("content-type", "application/json"), ("content-length", str(len(body)))]
    created = ask(version, port, stack.certificate, "POST", "/v1/videos", headers, body)
    assert created.status == 202, created
    video_id = json.loads(created.body)["id"]
    assert api.finished(video_id)["status"] == "completed"
    content = ask(version, port, stack.certificate, "GET", f"/v1/videos/{video_id}/content", [key])
    assert (content.status, "X-Goog-Signature" in content.headers["location"]) == (302, True)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_request_has_one_id_and_one_trace_everywhere(stack: LocalStack, port: int, version: str) -> None:
    given, trace = new_id(), secrets.token_hex(16)
    headers = [("x-request-id", given), ("traceparent", f"00-{trace}-{secrets.token_hex(8)}-01")]
    answer = ask(version, port, stack.certificate, "GET", f"{NOBODY}?secret=zyx", headers)
    assert json.loads(answer.body)["request_id"] == answer.headers["x-request-id"] == given
    edge, submit = (line_of(stack.folder.logs / f"{part}.log", given) for part in ("edge", "submit"))
    for line in (edge, submit):
        assert line["logging.googleapis.com/trace"] == f"projects/{stack.project}/traces/{trace}"
        assert (line["method"], line["status"]) == ("GET", 401)
    assert (edge["path"], edge["http_version"], edge["client"]) == (NOBODY, version, "127.0.0.1")
    assert edge["response_bytes"] == len(answer.body)
    assert edge["milliseconds"] >= submit["milliseconds"] > 0


@pytest.mark.parametrize("given", ["", "1", "req_", "req_" + "A" * 24, "req_" + "0" * 25, "0" * 5000])
def test_an_id_that_is_not_like_ours_is_replaced(stack: LocalStack, port: int, given: str) -> None:
    for url_port, version in ((port, "1.1"), (port, "3")):
        answer = ask(version, url_port, stack.certificate, "GET", "/health", [("x-request-id", given)])
        assert re.fullmatch("req_[0-9a-f]{24}", answer.headers["x-request-id"])
        assert answer.headers["x-request-id"] != given


@pytest.mark.parametrize("version", VERSIONS)
def test_an_answer_that_does_not_wait_for_the_body_arrives(
    stack: LocalStack, port: int, version: str
) -> None:
    for _ in range(3):
        answer = ask(version, port, stack.certificate, "POST", f"{NOBODY}/cancel", [], b" " * 3_000_000)
        assert answer.status == 401, answer


def test_an_edge_or_submit_that_died_comes_back(stack: LocalStack, port: int) -> None:
    stack.kill("edge")
    stack.wait_until_ready("edge")
    assert http3.ask(port, stack.certificate, "GET", "/health").status == 200
    stack.kill("submit")
    with client("2", port, stack.certificate) as http:
        answer = http.get(NOBODY)
        assert (answer.status_code, answer.json()["code"]) == (503, "service_unavailable")
        assert int(answer.headers["Retry-After"]) > 0
        stack.wait_until_ready("submit")
        assert http.get(NOBODY).status_code == 401


def test_the_command_line_speaks_http_2(stack: LocalStack, api_key: str) -> None:
    with contextlib.closing(Service(stack.url, api_key, certificate=stack.certificate)) as service:
        video = service.create({"prompt": PROMPT, "seconds": 4}, idempotency_key=secrets.token_hex(8))
        service.cancel(video["id"])
    log = stack.folder.logs / "edge.log"
    lines = until(
        lambda: [json.loads(line) for line in log.read_text().splitlines() if video["id"] in line],
        bool,
        what="the line of the cancel",
    )
    assert [line["http_version"] for line in lines] == ["2"]


@pytest.fixture
def network(port: int) -> Iterator[Network]:
    """Carries a client's UDP packets to the edge, or not."""
    with Network(port) as network:
        yield network


class Wanderer:
    """A client as browsers are: over TCP at first, over HTTP/3 once it is offered, if it gets through.

    Args:
        port: TCP.
        certificate: trusted.
        network: carries its UDP packets.
        patience_seconds: how long it waits for an answer over HTTP/3.
    """

    def __init__(self, port: int, certificate: Path, network: Network, patience_seconds: float) -> None:
        self._port, self._certificate, self._network = port, certificate, network
        self._patience_seconds = patience_seconds
        self._offered: int | None = None

    def get(self, path: str) -> tuple[str, Answer]:
        """Return which version it was, and the answer."""
        if self._offered:
            with contextlib.suppress(TimeoutError):
                return "3", asyncio.run(self._over_udp(self._offered, path))
            self._offered = None  # it has learnt its lesson, for as long as it lives
        answer = ask("2", self._port, self._certificate, "GET", path)
        if offer := re.search(r'h3=":(\d+)"', answer.headers["alt-svc"]):
            self._offered = int(offer[1])
        return "2", answer

    async def _over_udp(self, port: int, path: str) -> Answer:
        assert port == self._network.destination
        async with (
            asyncio.timeout(self._patience_seconds),
            connected(self._network.port, self._certificate) as connection,
        ):
            return await connection.ask("GET", path)


def test_a_client_that_is_offered_http_3_takes_it(stack: LocalStack, port: int, network: Network) -> None:
    wanderer = Wanderer(port, stack.certificate, network, patience_seconds=SOON)
    assert [wanderer.get("/health")[0] for _ in range(3)] == ["2", "3", "3"]


def test_where_udp_is_blocked_everything_goes_over_tcp(
    stack: LocalStack, port: int, network: Network
) -> None:
    wanderer = Wanderer(port, stack.certificate, network, patience_seconds=0.5)
    assert wanderer.get("/health")[0] == "2"
    network.block()
    began = time.monotonic()
    version, answer = wanderer.get("/health")
    assert (version, answer.status) == ("2", 200)
    assert time.monotonic() - began < SOON
    assert network.dropped > 0  # it was tried
