"""The provider over HTTP, on 127.0.0.1 only. It must hold no rule of the provider's."""

import hmac
import json
import re
import socket
import threading
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.provider.fates import Manner
from tests.provider.provider import Answer, Provider

HOST = "127.0.0.1"
IDLE_SECONDS = 30.0
"""After which a connection that says nothing is closed."""
MAX_BODY_BYTES = 64_000_000
HUGE_BYTES = 5_000_000
TRICKLE_SECONDS = 0.1
"""From one byte to the next."""

START = "/v1/operations"
OPERATION = re.compile(r"/v1/(operations/[0-9a-f]{1,64})")
CANCEL = re.compile(r"/v1/(operations/[0-9a-f]{1,64}):cancel")

MALFORMED = b"<html>this is no JSON"
NAMELESS = b'{"name": ["operations"], "done": "perhaps", "billed": "perhaps"}'


class ProviderServer(ThreadingHTTPServer):
    """Listens at once; answers while `serve_forever` runs.

    Args:
        provider: whose calls these are.
        port: on 127.0.0.1; 0 for a free one.
        key: which callers must show; any will do when left out.
        stopping: set when held answers are to be let go.
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, provider: Provider, port: int, key: str | None, stopping: threading.Event) -> None:
        self.provider = provider
        self.key = key
        self.stopping = stopping
        super().__init__((HOST, port), _Handler)


class _Handler(BaseHTTPRequestHandler):
    server: ProviderServer
    protocol_version = "HTTP/1.1"
    timeout = IDLE_SECONDS
    disable_nagle_algorithm = True  # else every answer waits for an acknowledgement of its head

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing; the ledger tells."""

    def do_GET(self) -> None:
        if self.path == "/healthz":
            self._send(Answer(200, {}))
        elif asked := OPERATION.fullmatch(self.path):
            self._send(self.server.provider.poll(asked[1]) if self._may_call() else _error(401))
        else:
            self._send(_error(404))

    def do_POST(self) -> None:
        body = self._body()
        if body is None:
            self._send(_error(413))
        elif self.path == START:
            self._send(self.server.provider.start(body, may_call=self._may_call()))
        elif asked := CANCEL.fullmatch(self.path):
            self._send(self.server.provider.cancel(asked[1]) if self._may_call() else _error(401))
        else:
            self._send(_error(404))

    def do_PUT(self) -> None:
        provider = self.server.provider
        scripts: dict[str, Callable[[list[str]], None]] = {
            "/script": provider.replace_script,
            "/polls": provider.polls.replace_script,
            "/cancels": provider.cancels.replace_script,
        }
        body = self._body()
        if body is None or self.path not in scripts:
            self._send(_error(404))
            return
        try:
            directives = json.loads(body)
            if not isinstance(directives, list) or not all(isinstance(each, str) for each in directives):
                raise ValueError("a script is a list of names")
            scripts[self.path](directives)
        except ValueError as error:
            self._send(Answer(400, {"error": {"code": 400, "message": str(error)}}))
        else:
            self._send(Answer(200, {}))

    def _may_call(self) -> bool:
        kind, _, key = self.headers.get("Authorization", "").partition(" ")
        wanted = self.server.key
        return kind == "Bearer" and bool(key) and (wanted is None or hmac.compare_digest(key, wanted))

    def _body(self) -> bytes | None:
        length = self.headers.get("Content-Length", "0")
        if not length.isdecimal() or int(length) > MAX_BODY_BYTES:
            self.close_connection = True
            return None
        return self.rfile.read(int(length))

    def _send(self, answer: Answer) -> None:
        body = json.dumps(answer.body).encode()
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
                self.server.stopping.wait()
                return self._drop()
        head = (
            f"HTTP/1.1 {answer.code} {HTTPStatus(answer.code).phrase}\r\nContent-Type: application/json\r\n"
        )
        headers = answer.headers | {"Content-Length": str(len(body))}
        if answer.code == HTTPStatus.TEMPORARY_REDIRECT:
            headers["Location"] = self.path
        head += "".join(f"{name}: {value}\r\n" for name, value in headers.items()) + "\r\n"
        message = head.encode() + body
        match answer.manner:
            case Manner.TRICKLED:
                self._trickle(message)
            case Manner.CUT:
                self.wfile.write(message[: -len(body) // 2])
                self._drop()
            case _:
                self.wfile.write(message)

    def _trickle(self, message: bytes) -> None:
        for place in range(len(message) - 1):
            self.wfile.write(message[place : place + 1])
            if self.server.stopping.wait(TRICKLE_SECONDS):
                break
        self._drop()

    def _drop(self) -> None:
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)


def _error(code: int) -> Answer:
    return Answer(code, {"error": {"code": code, "message": HTTPStatus(code).phrase}})
