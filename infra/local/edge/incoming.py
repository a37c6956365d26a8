"""The body of a request as it comes in. It must not know where the body goes."""

import math
from collections.abc import Callable

import trio
from hypercorn.typing import ASGIReceiveCallable

_CHUNKS_AHEAD = {"3": math.inf}
"""Chunks kept for a slow reader, by HTTP version. Over TCP few: then the client has to wait. All HTTP/3 comes
through one socket, which must not stand still for one of its clients: there the body limit bounds them."""
_FEW = 8


class Incoming:
    """Reads a request's body, and after it goes on to listen for the client's leaving.

    Args:
        receive: from the server.
        http_version: which the client speaks.
        limit_bytes: most a body may have.
        stop: called once when the body has become too large or the client has left, without waiting.
    """

    def __init__(
        self, receive: ASGIReceiveCallable, http_version: str, limit_bytes: int, stop: Callable[[], None]
    ) -> None:
        self.size_bytes = 0
        self.is_too_large = False
        self.client_left = False
        self.ended = trio.Event()
        """Set once nothing more of it can come."""
        self._receive, self._limit_bytes, self._stop = receive, limit_bytes, stop
        self._begun = trio.Event()
        self._in, self._out = trio.open_memory_channel[bytes](_CHUNKS_AHEAD.get(http_version, _FEW))

    async def read(self) -> None:
        """Read until the client has left. To be cancelled once nobody needs to know of that any more."""
        while not self.client_left:
            message = await self._receive()
            if message["type"] == "http.request":
                await self._take(message["body"])
            else:
                self.client_left = True
                self._stop()
            if self.client_left or not message.get("more_body", False):
                self._in.close()
                self.ended.set()
            self._begun.set()

    async def has_any(self) -> bool:
        """Wait for the first of it, or for its end, and tell which has come."""
        await self._begun.wait()
        return self.size_bytes > 0

    async def next_chunk(self) -> bytes:
        """Return what comes next of it; nothing at its end."""
        try:
            return await self._out.receive()
        except (trio.EndOfChannel, trio.ClosedResourceError):
            return b""

    def discard(self) -> None:
        """Throw away what comes from now on. May be called again."""
        self._out.close()

    async def _take(self, chunk: bytes) -> None:
        self.size_bytes += len(chunk)
        if self.size_bytes > self._limit_bytes:
            if not self.is_too_large:
                self.is_too_large = True
                self._stop()
        elif chunk:
            self._begun.set()
            try:
                await self._in.send(chunk)
            except trio.BrokenResourceError:  # discarded
                return
