"""The provider over HTTP, on 127.0.0.1 only. It must hold no rule of the provider's."""

import hmac
import json
import re
import threading
from collections.abc import Callable
from http.server import ThreadingHTTPServer

from infra.local.stand_ins.answers import HOST, Answer, AnsweringHandler, plain_error
from tests.provider.provider import Provider

START = "/v1/operations"
OPERATION = re.compile(r"/v1/(operations/[0-9a-f]{1,64})")
CANCEL = re.compile(r"/v1/(operations/[0-9a-f]{1,64}):cancel")


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


class _Handler(AnsweringHandler):
    server: ProviderServer

    @property
    def stoppable(self) -> ProviderServer:
        return self.server

    def do_GET(self) -> None:
        if self.path == "/health":
            self.send(Answer(200, {}))
        elif asked := OPERATION.fullmatch(self.path):
            self.send(self.server.provider.poll(asked[1]) if self._may_call() else plain_error(401))
        else:
            self.send(plain_error(404))

    def do_POST(self) -> None:
        body = self.read_body()
        if body is None:
            self.send(plain_error(413))
        elif self.path == START:
            self.send(self.server.provider.start(body, may_call=self._may_call()))
        elif asked := CANCEL.fullmatch(self.path):
            self.send(self.server.provider.cancel(asked[1]) if self._may_call() else plain_error(401))
        else:
            self.send(plain_error(404))

    def do_PUT(self) -> None:
        provider = self.server.provider
        scripts: dict[str, Callable[[list[str]], None]] = {
            "/script": provider.replace_script,
            "/polls": provider.polls.replace_script,
            "/cancels": provider.cancels.replace_script,
        }
        body = self.read_body()
        if body is None or self.path not in scripts:
            self.send(plain_error(404))
            return
        try:
            directives = json.loads(body)
            if not isinstance(directives, list) or not all(isinstance(each, str) for each in directives):
                raise ValueError("a script is a list of names")
            scripts[self.path](directives)
        except ValueError as error:
            self.send(Answer(400, {"error": {"code": 400, "message": str(error)}}))
        else:
            self.send(Answer(200, {}))

    def _may_call(self) -> bool:
        kind, _, key = self.headers.get("Authorization", "").partition(" ")
        wanted = self.server.key
        return kind == "Bearer" and bool(key) and (wanted is None or hmac.compare_digest(key, wanted))
