"""One HTTP/1.1 exchange with submit, on a connection of its own. It must not know who asks.

Over h11 rather than through a whole client: those send all of a body before they look for the answer, and
cost a millisecond on each request. A connection that is never used again cannot turn out to be dead when
submit has restarted, so nothing has to be repeated.
"""

import math
from collections.abc import Awaitable, Callable
from typing import Self

import h11
import trio

from infra.local.edge.headers import Headers

HOST = "127.0.0.1"
_READ_BYTES = 64 * 1024


class NotAccepted(Exception):
    """submit took no connection: it has seen nothing of the request."""


class NoAnswer(Exception):
    """submit did not answer in time."""


class BrokenOff(Exception):
    """The connection broke, or what came over it is no HTTP."""


class Exchange:
    """An exchange on an open connection. One task sends the request, another reads the answer."""

    def __init__(self, stream: trio.SocketStream) -> None:
        self._stream = stream
        self._connection = h11.Connection(h11.CLIENT)
        self._awaiting = trio.CancelScope()

    @classmethod
    async def open(cls, port: int, timeout_seconds: float) -> Self:
        """Connect.

        Raises:
            NotAccepted: not in time, or not at all.
        """
        socket = trio.socket.socket()
        try:
            with trio.fail_after(timeout_seconds):
                await socket.connect((HOST, port))
        except BaseException as error:
            socket.close()
            if isinstance(error, (OSError, trio.TooSlowError)):
                raise NotAccepted(str(error)) from error
            raise
        return cls(trio.SocketStream(socket))

    async def close(self) -> None:
        """Close the connection at once, whatever is under way."""
        await trio.aclose_forcefully(self._stream)

    async def send_head(self, method: str, target: bytes, headers: Headers) -> None:
        """Send the request line and the header.

        Raises:
            h11.LocalProtocolError: they are not proper HTTP; nothing was sent.
        """
        request = h11.Request(method=method, target=target, headers=[*headers, (b"connection", b"close")])
        await self._send(request)

    async def send_body(self, next_chunk: Callable[[], Awaitable[bytes]], answer_seconds: float) -> None:
        """Send the body and its end; from then on the answer has so much time to begin.

        A connection that breaks meanwhile is no error here: an answer may have come before.

        Args:
            next_chunk: returns nothing at the body's end.
            answer_seconds: that time.
        """
        try:
            while chunk := await next_chunk():
                await self._send(h11.Data(data=chunk))
            await self._send(h11.EndOfMessage())
        except h11.LocalProtocolError:  # not as long as was declared
            self._awaiting.cancel()
        self._awaiting.deadline = trio.current_time() + answer_seconds

    async def head(self) -> h11.Response:
        """Wait for the answer's beginning.

        Raises:
            NoAnswer: it did not come in time.
            BrokenOff: it can come no more.
        """
        with self._awaiting:
            while True:
                event = await self._next()
                if isinstance(event, h11.Response):
                    self._awaiting.deadline = math.inf
                    return event
        raise NoAnswer

    async def next_chunk(self) -> bytes:
        """Return what comes next of the answer's body; nothing at its end.

        Raises:
            BrokenOff: before its end.
        """
        event = await self._next()
        return bytes(event.data) if isinstance(event, h11.Data) else b""

    async def _send(self, event: h11.Event) -> None:
        data = self._connection.send(event)
        try:
            await self._stream.send_all(data or b"")
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            return

    async def _next(self) -> h11.Event:
        try:
            while (event := self._connection.next_event()) is h11.NEED_DATA:
                self._connection.receive_data(await self._stream.receive_some(_READ_BYTES))
        except (h11.RemoteProtocolError, trio.BrokenResourceError, trio.ClosedResourceError) as error:
            raise BrokenOff(str(error)) from error
        if not isinstance(event, h11.Event):  # paused: it has said more than it was asked
            raise BrokenOff("no answer")
        return event
