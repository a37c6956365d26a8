"""The stand-in over HTTP, on 127.0.0.1 only. It must hold no rule of a model's."""

import json
import threading
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from http.server import ThreadingHTTPServer

from infra.local.stand_ins.answers import HOST, Answer, AnsweringHandler, plain_error
from infra.local.stand_ins.google import Google
from infra.local.stand_ins.request_log import RequestLog
from infra.local.stand_ins.wire import Reply, asked_of

CONTROL = "/_stand_in/"
HEALTH = "/_stand_in/health"


class StandInServer(ThreadingHTTPServer):
    """Listens at once; answers while `serve_forever` runs.

    Args:
        google: whose calls these are.
        log: of every call that is for a model.
        port: on 127.0.0.1; 0 for a free one.
        stopping: set when held answers are to be let go.
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, google: Google, log: RequestLog, port: int, stopping: threading.Event) -> None:
        self.google = google
        self.log = log
        self.stopping = stopping
        super().__init__((HOST, port), _Handler)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://{HOST}:{self.server_port}"


class _Handler(AnsweringHandler):
    server: StandInServer

    @property
    def stoppable(self) -> StandInServer:
        return self.server

    def do_GET(self) -> None:
        if self.path == HEALTH:
            self.send(Answer(200, {}))
        else:
            self._reply()

    def do_POST(self) -> None:
        self._reply()

    def do_PUT(self) -> None:
        script = self._scripts().get(self.path.removeprefix(CONTROL))
        body = self.read_body()
        if body is None or script is None:
            self.send(plain_error(404))
            return
        try:
            directives = json.loads(body)
            if not isinstance(directives, list):
                raise ValueError("a script is a list of directives")
            script(map(str, directives))
        except ValueError as error:
            self.send(Answer(400, {"error": {"code": 400, "message": str(error)}}))
        else:
            self.send(Answer(200, {}))

    def _reply(self) -> None:
        body = self.read_body()
        at = datetime.now(UTC)
        asked = asked_of(self.command, self.path, dict(self.headers), body or b"")
        too_large = Reply(plain_error(413))
        reply = too_large if body is None else self.server.google.reply(asked, self.server.url)
        self.server.log.write(reply.as_call(asked, at))
        self.send(reply.answer)

    def _scripts(self) -> dict[str, Callable[[Iterable[str]], None]]:
        studio, generating = self.server.google.studio, self.server.google.generating
        return {
            "script": studio.starts.replace,
            "polls": studio.polls.replace_script,
            "cancels": studio.cancels.replace_script,
            "downloads": studio.downloads.replace_script,
            "images": generating.images.replace,
            "plans": generating.plans.replace,
            "judgements": generating.judgements.replace,
        }
