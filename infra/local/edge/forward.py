"""Forwards each request to submit, body and answer chunk by chunk. It must not know what a request means."""

import time
from dataclasses import dataclass, field

import h11
import structlog
import trio
from hypercorn.typing import (
    ASGIReceiveCallable,
    ASGISendCallable,
    HTTPResponseBodyEvent,
    HTTPResponseStartEvent,
    HTTPScope,
    Scope,
)

from infra.local.edge import problems
from infra.local.edge.headers import Headers, Trace, declared_bytes, request_id_of, to_client, to_submit
from infra.local.edge.incoming import Incoming
from infra.local.edge.limits import Limits
from infra.local.edge.problems import Problem, Refused
from infra.local.edge.upstream import BrokenOff, Exchange, NoAnswer, NotAccepted

_LOGGED_PATH_CHARACTERS = 200

log = structlog.get_logger()


class Forwarder:
    """The ASGI application.

    Args:
        port: of submit, on 127.0.0.1.
        limits: what is bounded.
    """

    def __init__(self, port: int, limits: Limits) -> None:
        self._port = port
        self._limits = limits
        self._running = 0

    async def __call__(self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        """Answer one request, as ASGI has it."""
        if scope["type"] == "http":
            self._running += 1
            try:
                too_many = self._running > self._limits.requests
                await _Passage(self._port, self._limits, scope, send).run(receive, too_many)
            finally:
                self._running -= 1
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1000, "reason": None})
        else:
            await _live(receive, send)


@dataclass
class _Said:
    """What the client was told so far."""

    status: int | None = None
    is_whole: bool = False
    size_bytes: int = 0


@dataclass
class _Passage:
    """One request on its way."""

    port: int
    limits: Limits
    scope: HTTPScope
    send: ASGISendCallable
    said: _Said = field(default_factory=_Said)

    def __post_init__(self) -> None:
        self.headers: Headers = list(self.scope["headers"])
        self.request_id = request_id_of(self.headers)
        self.trace = Trace.of(self.headers)
        self.client = self.scope["client"][0] if self.scope["client"] else "unknown"

    async def run(self, receive: ASGIReceiveCallable, too_many: bool) -> None:
        """Forward the request unless it is one too many, and log what came of it."""
        begun = time.perf_counter()
        passing = trio.CancelScope(deadline=trio.current_time() + self.limits.request_seconds)
        version = self.scope["http_version"]
        incoming = Incoming(receive, version, self.limits.body_bytes, stop=passing.cancel)
        async with trio.open_nursery() as nursery:
            nursery.start_soon(incoming.read)
            problem: Problem | None = problems.TOO_SLOW
            with passing:
                problem = problems.TOO_MANY if too_many else await self._pass(incoming, nursery)
            if incoming.is_too_large:
                problem = problems.BODY_TOO_LARGE
            if not incoming.client_left:
                await self._end(incoming, problem)
            nursery.cancel_scope.cancel()
        self._log(incoming, round((time.perf_counter() - begun) * 1000, 1))

    async def _pass(self, incoming: Incoming, nursery: trio.Nursery) -> Problem | None:
        """Send the request on and the answer back, and return what has kept it from its end."""
        try:
            declared = self._check()
            if declared is None and await incoming.has_any():
                framing = [(b"transfer-encoding", b"chunked")]
            else:
                framing = [] if declared is None else [(b"content-length", b"%d" % declared)]
            exchange = await Exchange.open(self.port, self.limits.connect_seconds)
            try:
                await exchange.send_head(
                    self.scope["method"], self._target, self._headers_to_submit() + framing
                )
                nursery.start_soon(exchange.send_body, incoming.next_chunk, self.limits.answer_seconds)
                head = await exchange.head()
                await self._start(head.status_code, to_client(list(head.headers), request_id=self.request_id))
                while chunk := await exchange.next_chunk():
                    await self._say(chunk)
            finally:
                await exchange.close()
        except Refused as refused:
            return refused.problem
        except h11.LocalProtocolError:
            return problems.MALFORMED
        except NotAccepted:
            return problems.NOT_THERE
        except NoAnswer:
            return problems.TOO_SLOW
        except BrokenOff:
            return problems.BROKEN
        self.said.is_whole = True
        return None

    def _check(self) -> int | None:
        """Return the declared length of the body.

        Raises:
            Refused: the request is larger than is taken, or contradicts itself.
        """
        sizes = [len(name) + len(value) for name, value in self.headers]
        if len(self._target) > self.limits.target_bytes:
            raise Refused(problems.TARGET_TOO_LONG)
        if (
            len(sizes) > self.limits.fields
            or sum(sizes) > self.limits.header_bytes
            or max(sizes, default=0) > self.limits.field_bytes
        ):
            raise Refused(problems.HEADER_TOO_LARGE)
        if {b"content-length", b"transfer-encoding"} <= {name.lower() for name, _ in self.headers}:
            raise Refused(problems.MALFORMED)  # two lengths of one body; who believes which?
        try:
            declared = declared_bytes(self.headers)
        except ValueError as error:
            raise Refused(problems.MALFORMED) from error
        if declared is not None and declared > self.limits.body_bytes:
            raise Refused(problems.BODY_TOO_LARGE)
        return declared

    @property
    def _target(self) -> bytes:
        query = self.scope["query_string"]
        return self.scope["raw_path"] + (b"?" + query if query else b"")

    def _headers_to_submit(self) -> Headers:
        return to_submit(
            self.headers,
            http_version=self.scope["http_version"],
            client=self.client,
            edge=self.scope["server"][0] if self.scope["server"] else "unknown",
            request_id=self.request_id,
            trace=self.trace,
        )

    async def _start(self, status: int, headers: Headers) -> None:
        self.said.status = status
        await self.send(HTTPResponseStartEvent(type="http.response.start", status=status, headers=headers))

    async def _say(self, chunk: bytes, more: bool = True) -> None:
        self.said.size_bytes += len(chunk)
        await self.send(HTTPResponseBodyEvent(type="http.response.body", body=chunk, more_body=more))

    async def _end(self, incoming: Incoming, problem: Problem | None) -> None:
        """End the answer. One that has begun and cannot go on is left without an end, for the client to
        see."""
        if problem and self.said.status is None:
            headers, content = problems.answer(problem, self.request_id)
            await self._start(problem.status, headers)
            await self._say(content)
            self.said.is_whole = True
        incoming.discard()
        if self.said.is_whole:
            with trio.move_on_after(self.limits.linger_seconds):
                await incoming.ended.wait()
            await self._say(b"", more=False)

    def _log(self, incoming: Incoming, milliseconds: float) -> None:
        log.info(
            "request.forwarded",
            method=self.scope["method"],
            path=self.scope["raw_path"][:_LOGGED_PATH_CHARACTERS].decode("ascii", "replace"),
            status=self.said.status,  # null: the client left before there was one
            is_whole=self.said.is_whole,
            milliseconds=milliseconds,
            http_version=self.scope["http_version"],
            request_bytes=incoming.size_bytes,
            response_bytes=self.said.size_bytes,
            client=self.client,
            request_id=self.request_id,
            trace_id=self.trace.trace_id.decode(),
        )


async def _live(receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
    """Say that we are up, and later that we are down; there is nothing to do for either."""
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            await send({"type": "lifespan.startup.complete"})
        else:
            await send({"type": "lifespan.shutdown.complete"})
            return
