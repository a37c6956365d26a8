"""What a caller is told, how it is sent, and how calls are read. It knows nobody's wire format."""

import json
import socket
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import Protocol

from infra.local.stand_ins.fates import Manner, Rejection

HOST = "127.0.0.1"
IDLE_SECONDS = 30.0
"""After which a connection that says nothing is closed."""
MAX_BODY_BYTES = 64_000_000
HUGE_BYTES = 5_000_000
TRICKLE_SECONDS = 0.1
"""From one byte to the next."""

MALFORMED = b"<html>this is no JSON"
NAMELESS = (
    b'{"name": ["operations"], "done": "perhaps", "billed": "perhaps",'
    b' "id": ["v1"], "status": {"no": "word"}, "candidates": "perhaps"}'
)


@dataclass(frozen=True)
class Answer:
    """What a caller is told, and how."""

    code: int
    body: Mapping[str, object] | bytes
    """Sent as JSON, or as it is."""
    headers: Mapping[str, str] = field(default_factory=dict)
    manner: Manner = Manner.PLAIN

    @property
    def status(self) -> int | None:
        """What the caller gets to see; None: nothing."""
        return None if self.manner in (Manner.LOST, Manner.HELD) else self.code


def refusal(rejection: Rejection) -> Answer:
    """Say no, in the words that Google's interfaces share."""
    error: dict[str, object] = {
        "code": rejection.code,
        "status": rejection.status,
        "message": rejection.message,
    }
    if rejection.retry_delay is not None:
        kind = "type.googleapis.com/google.rpc.RetryInfo"
        error["details"] = [{"@type": kind, "retryDelay": rejection.retry_delay}]
    headers = {} if rejection.retry_after is None else {"Retry-After": rejection.retry_after}
    manner = Manner.LOST if rejection.is_lost else Manner.PLAIN
    return Answer(rejection.code, {"error": error}, headers, manner)


def plain_error(code: int) -> Answer:
    """Say no with a status alone."""
    return Answer(code, {"error": {"code": code, "message": HTTPStatus(code).phrase}})


class Stoppable(Protocol):
    """A server whose held answers are let go some day."""

    @property
    def stopping(self) -> threading.Event:
        """Set when they are."""
        ...


class AnsweringHandler(BaseHTTPRequestHandler):
    """Reads bodies within bounds, and sends answers in every manner."""

    protocol_version = "HTTP/1.1"
    timeout = IDLE_SECONDS
    disable_nagle_algorithm = True  # else every answer waits for an acknowledgement of its head

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing; the ledger tells."""

    @property
    def stoppable(self) -> Stoppable:
        """The server, for whoever holds an answer."""
        raise NotImplementedError

    def read_body(self) -> bytes | None:
        """Read the body; None when it is too large, or does not say how large it is."""
        length = self.headers.get("Content-Length", "0")
        is_chunked = self.headers.get("Transfer-Encoding") is not None
        if is_chunked or not length.isdecimal() or int(length) > MAX_BODY_BYTES:
            self.close_connection = True
            return None
        return self.rfile.read(int(length))

    def send(self, answer: Answer) -> None:
        """Send an answer in its manner."""
        body = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
        match answer.manner:
            case Manner.MALFORMED:
                body = MALFORMED
            case Manner.NAMELESS:
                body = NAMELESS
            case Manner.HUGE:
                body += b" " * HUGE_BYTES
            case Manner.LOST:
                return self._drop()
            case Manner.HELD:
                self.stoppable.stopping.wait()
                return self._drop()
        message = self._head(answer, len(body)) + body
        match answer.manner:
            case Manner.TRICKLED:
                self._trickle(message)
            case Manner.CUT:
                self.wfile.write(message[: -len(body) // 2])
                self._drop()
            case _:
                self.wfile.write(message)

    def _head(self, answer: Answer, length: int) -> bytes:
        headers = {"Content-Type": "application/json", **answer.headers, "Content-Length": str(length)}
        if answer.code == HTTPStatus.TEMPORARY_REDIRECT:
            headers["Location"] = self.path
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return f"HTTP/1.1 {answer.code} {HTTPStatus(answer.code).phrase}\r\n{lines}\r\n".encode()

    def _trickle(self, message: bytes) -> None:
        for place in range(len(message) - 1):
            self.wfile.write(message[place : place + 1])
            if self.stoppable.stopping.wait(TRICKLE_SECONDS):
                break
        self._drop()

    def _drop(self) -> None:
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)
