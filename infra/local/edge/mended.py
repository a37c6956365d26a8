"""Mends what Hypercorn 0.18 gets wrong, as `tests/integration/test_edge_faults.py` shows. No rule of ours.

| what happens | unmended |
|---|---|
| a fault in one connection's protocol, such as a path that is not ASCII | ends the whole server |
| a body goes on after its answer has ended, over HTTP/2 or HTTP/3 | the same |
| an HTTP/3 client cancels a request, closes or vanishes | the application is never told |
| trailers over HTTP/3 | are taken for another request |
| an answer that breaks off, over HTTP/2 or HTTP/3 | never ends for the client |
| a QUIC timer fires | and sets no other: what is lost twice is not sent again, who vanishes stays |

Hypercorn has no place to hand these classes in, so `mend_hypercorn` puts them where it looks its own up. Its
version is pinned; the tests say whether the next one still needs them.
"""

import contextlib
from collections.abc import Awaitable, Callable

import h2.errors
import h2.events
import h2.exceptions
import hypercorn.protocol
import hypercorn.protocol.quic
import hypercorn.trio.tcp_server
import structlog
import trio
from aioquic.h3.connection import ErrorCode
from aioquic.h3.events import DataReceived, H3Event, HeadersReceived
from aioquic.quic.connection import QuicConnection
from aioquic.quic.events import ConnectionTerminated, QuicEvent, StopSendingReceived, StreamReset
from hypercorn.config import Config
from hypercorn.events import Closed, Event
from hypercorn.protocol.events import Body, EndBody, StreamClosed
from hypercorn.protocol.events import Event as StreamEvent
from hypercorn.protocol.h2 import H2Protocol
from hypercorn.protocol.h3 import H3Protocol
from hypercorn.trio.task_group import TaskGroup
from hypercorn.trio.worker_context import WorkerContext
from hypercorn.typing import AppWrapper, ConnectionState

log = structlog.get_logger()


def mend_hypercorn() -> None:
    """Let Hypercorn use the classes of this module. May be called again."""
    # Each is a name that a module has imported, which mypy takes for no attribute of it.
    hypercorn.protocol.H2Protocol = MendedH2  # type: ignore[attr-defined]
    hypercorn.protocol.quic.H3Protocol = MendedH3  # type: ignore[attr-defined, assignment]
    hypercorn.trio.tcp_server.ProtocolWrapper = MendedConnection  # type: ignore[attr-defined]
    WorkerContext.single_task_class = Timer  # type: ignore[assignment]  # declared as the class it has itself


class MendedConnection(hypercorn.protocol.ProtocolWrapper):
    """A TCP connection whose faults end only itself."""

    async def handle(self, event: Event) -> None:
        """Take what has come in."""
        try:
            await super().handle(event)
        except Exception:  # the outermost edge of a connection
            log.exception("connection.crashed", http_version="1.1 or 2")
            if not isinstance(event, Closed):
                await self.send(Closed())


class MendedH2(H2Protocol):
    """HTTP/2 whose answers may end before the request, or break off."""

    async def stream_send(self, event: StreamEvent) -> None:
        """Send a part of an answer."""
        buffer = self.stream_buffers.get(event.stream_id)
        if isinstance(event, StreamClosed) and buffer is not None and not buffer.complete:
            await buffer.close()
            await self._reset(event.stream_id, h2.errors.ErrorCodes.INTERNAL_ERROR)
        await super().stream_send(event)

    async def _handle_events(self, events: list[h2.events.Event]) -> None:
        for event in events:
            if isinstance(event, h2.events.DataReceived) and event.stream_id not in self.streams:
                with contextlib.suppress(h2.exceptions.ProtocolError):
                    self.connection.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
                await self._reset(event.stream_id, h2.errors.ErrorCodes.NO_ERROR)
            else:
                await super()._handle_events([event])

    async def _reset(self, stream_id: int, code: h2.errors.ErrorCodes) -> None:
        with contextlib.suppress(h2.exceptions.ProtocolError):
            self.connection.reset_stream(stream_id, code)
        await self._flush()


class MendedH3(H3Protocol):
    """HTTP/3 whose requests notice that their client has left, and whose faults end only the connection."""

    def __init__(
        self,
        app: AppWrapper,
        config: Config,
        context: WorkerContext,
        task_group: TaskGroup,
        state: ConnectionState,
        client: tuple[str, int] | None,
        server: tuple[str, int] | None,
        quic: QuicConnection,
        send: Callable[[], Awaitable[None]],
    ) -> None:
        super().__init__(app, config, context, task_group, state, client, server, quic, send)
        self._quic = quic
        self._whole: set[int] = set()
        """Streams whose answer has ended as it should."""

    async def handle(self, quic_event: QuicEvent) -> None:
        """Take what has come in."""
        try:
            for event in self.connection.handle_event(quic_event):
                await self._take(event)
            if isinstance(quic_event, StreamReset | StopSendingReceived):
                await self._leave(quic_event.stream_id)
            elif isinstance(quic_event, ConnectionTerminated):
                for stream_id in list(self.streams):
                    await self._leave(stream_id)
        except Exception:  # the outermost edge of a connection
            log.exception("connection.crashed", http_version="3")
            self._quic.close(error_code=ErrorCode.H3_INTERNAL_ERROR)

    async def stream_send(self, event: StreamEvent) -> None:
        """Send a part of an answer; nothing once the client has left."""
        stream_id = event.stream_id
        if stream_id not in self.streams:
            return
        if isinstance(event, EndBody):
            self._whole.add(stream_id)
        await super().stream_send(event)
        if isinstance(event, StreamClosed):
            if stream_id not in self._whole:
                self._quic.reset_stream(stream_id, ErrorCode.H3_INTERNAL_ERROR)
                await self.send()
            self._whole.discard(stream_id)

    async def _take(self, event: H3Event) -> None:
        if isinstance(event, HeadersReceived) and _begins_request(event):
            if self.context.terminated.is_set():
                return
            await self._create_stream(event)
        stream = (
            self.streams.get(event.stream_id) if isinstance(event, HeadersReceived | DataReceived) else None
        )
        if stream is None or not isinstance(event, HeadersReceived | DataReceived):
            return
        if isinstance(event, DataReceived):
            await stream.handle(Body(stream_id=event.stream_id, data=event.data))
        if event.stream_ended:
            await stream.handle(EndBody(stream_id=event.stream_id))

    async def _leave(self, stream_id: int) -> None:
        if stream := self.streams.pop(stream_id, None):
            self._whole.discard(stream_id)
            await stream.handle(StreamClosed(stream_id=stream_id))


class Timer:
    """Runs one action at a time. The action may restart its own timer: then the new one goes on."""

    def __init__(self) -> None:
        self._run: _Run | None = None

    async def restart(self, task_group: TaskGroup, action: Callable[[], Awaitable[None]]) -> None:
        """Begin the action; one that has not finished, unless it is the caller, is stopped."""
        await self.stop()
        self._run = _Run()
        task_group.spawn(self._run.carry_out, action)

    async def stop(self) -> None:
        """Stop the action, unless it is the caller."""
        if self._run and self._run.task is not trio.lowlevel.current_task():
            self._run.scope.cancel()
        self._run = None


class _Run:
    """One run of a timer's action."""

    def __init__(self) -> None:
        self.scope = trio.CancelScope()
        self.task: trio.lowlevel.Task | None = None

    async def carry_out(self, action: Callable[[], Awaitable[None]]) -> None:
        with self.scope:
            self.task = trio.lowlevel.current_task()
            await action()


def _begins_request(event: HeadersReceived) -> bool:
    return any(name == b":method" for name, _ in event.headers)
