"""A small HTTP/3 client for tests, over aioquic's. One connection; any number of requests on it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from aioquic.asyncio.client import connect
from aioquic.asyncio.protocol import QuicConnectionProtocol
from aioquic.h3.connection import H3_ALPN, ErrorCode, H3Connection
from aioquic.h3.events import DataReceived, H3Event, HeadersReceived
from aioquic.quic.configuration import QuicConfiguration
from aioquic.quic.connection import QuicConnection
from aioquic.quic.events import ConnectionTerminated, QuicEvent, StreamReset

from tests.integration.waiting import SOON


@dataclass(frozen=True)
class Answer:
    """What came of a request, over whichever version."""

    status: int
    headers: dict[str, str]
    """Names in lower case."""
    body: bytes


class BrokenOff(Exception):
    """The answer ended without its end."""


class Exchange:
    """One request on a connection, sent piece by piece, and its answer, read piece by piece."""

    def __init__(self, client: "Client", stream_id: int) -> None:
        self._client = client
        self._id = stream_id
        self.events: asyncio.Queue[HeadersReceived | DataReceived | None] = asyncio.Queue()
        """None: nothing more comes."""
        self._has_ended = False

    def send(self, body: bytes, *, end: bool = False) -> None:
        """Send a piece of the body."""
        self._client.http.send_data(self._id, body, end)
        self._client.transmit()

    def send_trailers(self, *trailers: tuple[str, str]) -> None:
        """End the request with trailers."""
        encoded = [(name.encode(), value.encode()) for name, value in trailers]
        self._client.http.send_headers(self._id, encoded, end_stream=True)
        self._client.transmit()

    def cancel(self) -> None:
        """Want no answer any more."""
        self._client.quic.reset_stream(self._id, ErrorCode.H3_REQUEST_CANCELLED)
        self._client.quic.stop_stream(self._id, ErrorCode.H3_REQUEST_CANCELLED)
        self._client.transmit()

    async def head(self) -> tuple[int, dict[str, str]]:
        """Wait for status and header."""
        event = await self._next()
        assert isinstance(event, HeadersReceived)
        headers = {name.decode(): value.decode() for name, value in event.headers}
        return int(headers.pop(":status")), headers

    async def chunk(self) -> bytes:
        """Wait for what comes next of the body; nothing at its end."""
        while not self._has_ended:
            event = await self._next()
            assert isinstance(event, DataReceived)
            if event.data:
                return event.data
        return b""

    async def answer(self) -> Answer:
        """Wait for all of the answer."""
        status, headers = await self.head()
        body = b""
        while chunk := await self.chunk():
            body += chunk
        return Answer(status, headers, body)

    async def _next(self) -> HeadersReceived | DataReceived:
        async with asyncio.timeout(SOON):
            event = await self.events.get()
        if event is None:
            raise BrokenOff
        self._has_ended = event.stream_ended
        return event


class Client(QuicConnectionProtocol):
    """One connection."""

    authority = ""

    def __init__(self, quic: QuicConnection, stream_handler: object = None) -> None:
        super().__init__(quic)
        self.quic = quic
        self.http = H3Connection(quic)
        self._exchanges: dict[int, Exchange] = {}

    def begin(
        self,
        method: str,
        path: str | bytes,
        headers: Sequence[tuple[str, str]] = (),
        *,
        end: bool = True,
        without: bytes = b"",
    ) -> Exchange:
        """Send a request, all of it, or its header only.

        Args:
            method: such as GET.
            path: with query.
            headers: names in lower case.
            end: whether it has no body.
            without: what must be there and is left out, such as :path.
        """
        stream_id = self.quic.get_next_available_stream_id()
        exchange = self._exchanges[stream_id] = Exchange(self, stream_id)
        raw_path = path if isinstance(path, bytes) else path.encode()
        pseudo = {
            b":method": method.encode(),
            b":scheme": b"https",
            b":authority": self.authority.encode(),
            b":path": raw_path,
        }
        fields = [(name, value) for name, value in pseudo.items() if name != without]
        fields += [(name.encode(), value.encode()) for name, value in headers]
        self.http.send_headers(stream_id, fields, end_stream=end)
        self.transmit()
        return exchange

    async def ask(
        self, method: str, path: str, headers: Sequence[tuple[str, str]] = (), body: bytes = b""
    ) -> Answer:
        """Make a request and wait for all of its answer."""
        exchange = self.begin(method, path, headers, end=not body)
        if body:
            exchange.send(body, end=True)
        return await exchange.answer()

    def quic_event_received(self, event: QuicEvent) -> None:
        """Take what has come in."""
        for http_event in self.http.handle_event(event):
            self._take(http_event)
        if isinstance(event, StreamReset) and event.stream_id in self._exchanges:
            self._exchanges[event.stream_id].events.put_nowait(None)
        elif isinstance(event, ConnectionTerminated):
            for exchange in self._exchanges.values():
                exchange.events.put_nowait(None)

    def _take(self, event: H3Event) -> None:
        if isinstance(event, HeadersReceived | DataReceived):
            self._exchanges[event.stream_id].events.put_nowait(event)


@asynccontextmanager
async def connected(port: int, certificate: Path, *, idle_seconds: float = 60.0) -> AsyncIterator[Client]:
    """Connect to 127.0.0.1 and close in the end.

    Args:
        port: UDP.
        certificate: the one that is trusted.
        idle_seconds: after so long without a word both ends hold the connection for lost.
    """
    configuration = QuicConfiguration(
        is_client=True, alpn_protocols=H3_ALPN, cafile=str(certificate), idle_timeout=idle_seconds
    )
    async with connect("127.0.0.1", port, configuration=configuration, create_protocol=Client) as connection:
        client = cast(Client, connection)
        client.authority = f"127.0.0.1:{port}"
        yield client


def ask(
    port: int,
    certificate: Path,
    method: str,
    path: str,
    headers: Sequence[tuple[str, str]] = (),
    body: bytes = b"",
) -> Answer:
    """Make one request on a connection of its own, and wait for its answer."""

    async def run() -> Answer:
        async with connected(port, certificate) as client:
            return await client.ask(method, path, headers, body)

    return asyncio.run(run())
