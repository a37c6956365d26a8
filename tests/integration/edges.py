"""Edges in front of a submit that a test plays itself, and requests to an edge in any version."""

import json
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from infra.archives import REPOSITORY
from infra.local.bounded_log import BoundedLog
from infra.local.edge.certificate import Certificate, ensure_certificate, trusting
from infra.local.edge.launch import edge_launch
from infra.local.edge.limits import Limits
from infra.local.environment import inherited_environment
from infra.local.guardian import Guardian
from infra.local.ports import reserve_port
from infra.local.process import ChildProcess
from tests.integration import http3
from tests.integration.http3 import Answer
from tests.integration.service import until
from tests.integration.waiting import SOON

VERSIONS = ("1.1", "2", "3")


class Visit:
    """One connection to the submit that a test plays."""

    def __init__(self, connection: socket.socket) -> None:
        connection.settimeout(SOON)
        self._connection = connection
        self._received = b""

    def read_past(self, mark: bytes) -> bytes:
        """Wait until this has come, and return all up to its end that was not returned before."""
        while mark not in self._received:
            chunk = self._connection.recv(65536)
            assert chunk, f"ended before {mark!r}: {self._received!r}"
            self._received += chunk
        read, _, self._received = self._received.partition(mark)
        return read + mark

    def read_head(self) -> tuple[str, dict[str, str]]:
        """Wait for the request's header, and return its first line and its fields, names in lower case."""
        first, *lines = self.read_past(b"\r\n\r\n").decode().rstrip().split("\r\n")
        fields = [line.split(": ", 1) for line in lines]
        names = [name.lower() for name, _ in fields]
        assert len(set(names)) == len(names), lines
        return first, {name.lower(): value for name, value in fields}

    def answer(self, status: str = "200 OK", body: bytes = b"", *headers: str) -> None:
        """Answer, and wait for the edge to hang up."""
        lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
        self.send("\r\n".join(lines).encode() + body)
        self.wait_for_end()
        self.hang_up()

    def send(self, data: bytes) -> None:
        self._connection.sendall(data)

    def wait_for_end(self) -> None:
        """Wait until the other side has closed the connection."""
        try:
            while self._connection.recv(65536):
                pass
        except ConnectionResetError:  # closed with something of ours unread
            return

    def hang_up(self) -> None:
        self._connection.close()


@dataclass(frozen=True)
class Edge:
    """A running edge, and the port of submit that the test listens on."""

    port: int
    certificate: Path
    log: BoundedLog
    process: ChildProcess
    submit: socket.socket

    def visit(self) -> Visit:
        """Wait for the edge to connect to submit."""
        connection, _ = self.submit.accept()
        return Visit(connection)

    def ask(
        self,
        version: str,
        method: str = "GET",
        path: str = "/",
        headers: Sequence[tuple[str, str]] = (),
        body: bytes = b"",
    ) -> Answer:
        return ask(version, self.port, self.certificate, method, path, headers, body)

    def line_of(self, request_id: str) -> dict[str, Any]:
        """Wait for the log line of a request."""
        return line_of(self.log.path, request_id)


def ask(
    version: str,
    port: int,
    certificate: Path,
    method: str,
    path: str,
    headers: Sequence[tuple[str, str]] = (),
    body: bytes = b"",
) -> Answer:
    """Make a request over a version of HTTP, 1.1, 2 or 3, and wait for its answer."""
    if version == "3":
        return http3.ask(port, certificate, method, path, headers, body)
    with client(version, port, certificate) as http:
        answer = http.request(method, path, headers=list(headers), content=body)
    assert answer.http_version == {"1.1": "HTTP/1.1", "2": "HTTP/2"}[version]
    return Answer(answer.status_code, dict(answer.headers), answer.content)


def client(version: str, port: int, certificate: Path) -> httpx.Client:
    """Return a client that speaks HTTP/1.1 or HTTP/2, whichever is asked for, and nothing else."""
    return httpx.Client(
        base_url=f"https://127.0.0.1:{port}",
        verify=trusting(certificate),
        http1=version == "1.1",
        http2=version == "2",
        timeout=SOON,
    )


def line_of(log: Path, request_id: str) -> dict[str, Any]:
    """Wait for the line that a part has logged of a request."""

    def found() -> list[dict[str, Any]]:
        lines = [line for line in log.read_text().splitlines() if request_id in line]
        return [json.loads(line) for line in lines if "request." in line]

    return until(found, bool, what=f"the line of {request_id}")[0]


@contextmanager
def running_edge(folder: Path, **limits: float) -> Iterator[Edge]:
    """Run an edge with other limits than usual, in front of a submit that the test plays."""
    guardian = Guardian()
    port = reserve_port(udp=True).release()
    certificate: Certificate = ensure_certificate(folder)
    environment = inherited_environment({})
    with socket.create_server(("127.0.0.1", 0)) as submit:
        submit.settimeout(SOON)
        submit_port = submit.getsockname()[1]
        launch = edge_launch(
            port,
            submit_port,
            certificate,
            "demo-edge",
            REPOSITORY,
            environment,
            Limits.parse([f"{name}={value}" for name, value in limits.items()]),
        )
        log = BoundedLog(folder / "edge.log")
        process = ChildProcess(launch, log, guardian)
        try:
            process.wait_until_ready(SOON)
            yield Edge(port, certificate.path, log, process, submit)
            assert not process.exited.is_set(), log.last_lines()
        finally:
            process.stop()
            guardian.close()
