"""Stands before the Cloud Storage emulator and fails some writes, as a seed has it. It knows no object.

Half of those it fails never reach the emulator; the others are carried out, and only the answer gets lost.
"""

import asyncio
import threading
from collections import Counter
from enum import StrEnum
from random import Random
from types import TracebackType
from typing import NamedTuple, Self

import h11

HOST = "127.0.0.1"
WRITES = {b"POST", b"PUT", b"PATCH", b"DELETE"}
CHUNK_BYTES = 65_536

_BODY = b'{"error": {"code": 503, "message": "failed on purpose"}}'

Message = h11.Request | h11.Response


class WriteFate(StrEnum):
    """What becomes of one write."""

    CARRIED_OUT = "carried out"
    REFUSED = "refused"
    ANSWER_LOST = "answer lost"


class StorageProxy:
    """A proxy on a port of its own, from a thread of its own, as a context manager.

    Set `upstream` before the first request.

    Args:
        seed: of the faults; the n-th write of a seed has always the same fate.
        rate: how likely each write fails.
    """

    def __init__(self, seed: int, rate: float) -> None:
        self.upstream = 0
        """Port of the emulator."""
        self.counts: Counter[WriteFate] = Counter()
        self._random = Random(f"{seed}/storage")  # noqa: S311 - to be repeated, not to be secret
        self._rate = rate
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="storage-proxy", daemon=True)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://{HOST}:{self._port}"

    def __enter__(self) -> Self:
        """Begin to serve."""
        self._thread.start()
        starting = asyncio.start_server(self._serve, HOST, 0)
        self._server = asyncio.run_coroutine_threadsafe(starting, self._loop).result()
        self._port = int(self._server.sockets[0].getsockname()[1])
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Serve no more; what is under way is broken off."""
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _close(self) -> None:
        self._server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    def _draw(self, method: bytes) -> WriteFate:
        if method not in WRITES:
            return WriteFate.CARRIED_OUT
        fails, is_lost = self._random.random() < self._rate, self._random.random() < 0.5
        fate = WriteFate.CARRIED_OUT
        if fails:
            fate = WriteFate.ANSWER_LOST if is_lost else WriteFate.REFUSED
        self.counts[fate] += 1
        return fate

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        client = _Peer(h11.Connection(h11.SERVER), reader, writer)
        upstream: _Peer | None = None
        try:
            while request := await client.receive():
                fate = self._draw(_method(request))
                answer = _Whole(h11.Response(status_code=503, headers=_headers_of_failure()), _BODY)
                if fate is not WriteFate.REFUSED:
                    upstream = upstream or await self._connected()
                    found = await self._ask(upstream, request)
                    if not upstream.starts_anew():
                        upstream.closed()
                        upstream = None
                    answer = found if fate is WriteFate.CARRIED_OUT else answer
                await client.send(answer)
                if not client.starts_anew():
                    break
        except (OSError, h11.ProtocolError, EOFError):
            pass  # either side has gone; closing is how the other learns of it
        finally:
            client.closed()
            if upstream:
                upstream.closed()

    async def _connected(self) -> "_Peer":
        return _Peer(h11.Connection(h11.CLIENT), *await asyncio.open_connection(HOST, self.upstream))

    async def _ask(self, upstream: "_Peer", request: "_Whole") -> "_Whole":
        """Pass a request on under the emulator's own name, since that is how it tells objects from API."""
        head = request.head
        own = [(b"host", f"{HOST}:{self.upstream}".encode())]
        others = [(name, value) for name, value in head.headers if name not in (b"host", b"expect")]
        await upstream.send(
            _Whole(
                h11.Request(method=_method(request), target=_target(request), headers=own + others),
                request.body,
            )
        )
        answer = await upstream.receive()
        if answer is None:
            raise EOFError("the emulator closed the connection")
        return answer


class _Whole(NamedTuple):
    """A request or an answer with its body."""

    head: Message
    body: bytes


class _Peer:
    """One end of a connection."""

    def __init__(
        self, protocol: h11.Connection, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._protocol = protocol
        self._reader = reader
        self._writer = writer

    async def receive(self) -> _Whole | None:
        """Return the next message; None at the end of the connection."""
        head: Message | None = None
        body = bytearray()
        while True:
            match self._protocol.next_event():
                case h11.NEED_DATA:
                    if self._protocol.they_are_waiting_for_100_continue:
                        proceed = h11.InformationalResponse(status_code=100, headers=[])
                        self._writer.write(self._protocol.send(proceed) or b"")
                    self._protocol.receive_data(await self._reader.read(CHUNK_BYTES))
                case h11.Request() | h11.Response() as head:
                    pass
                case h11.Data(data=data):
                    body += data
                case h11.EndOfMessage():
                    return _Whole(head, bytes(body)) if head else None
                case h11.ConnectionClosed() | h11.PAUSED:
                    return None

    async def send(self, message: _Whole) -> None:
        """Send a message with its length as it was declared."""
        for event in (message.head, h11.Data(data=message.body), h11.EndOfMessage()):
            self._writer.write(self._protocol.send(event) or b"")
        await self._writer.drain()

    def starts_anew(self) -> bool:
        """Make ready for the next message, if both sides keep the connection."""
        if self._protocol.our_state is not h11.DONE or self._protocol.their_state is not h11.DONE:
            return False
        self._protocol.start_next_cycle()
        return True

    def closed(self) -> None:
        """Close the connection."""
        self._writer.close()


def _method(request: _Whole) -> bytes:
    return request.head.method if isinstance(request.head, h11.Request) else b""


def _target(request: _Whole) -> bytes:
    return request.head.target if isinstance(request.head, h11.Request) else b""


def _headers_of_failure() -> list[tuple[str, str]]:
    return [("Content-Type", "application/json"), ("Content-Length", str(len(_BODY)))]
