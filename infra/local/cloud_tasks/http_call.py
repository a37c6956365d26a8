"""One HTTP request on a connection of its own. It must not know tasks.

A few lines over h11 rather than a whole client: those cost a millisecond and more on each request, and a
connection that is never used again cannot turn out to be dead when the worker has restarted.
"""

import asyncio
import ssl
from collections.abc import Mapping
from urllib.parse import SplitResult, quote, urlsplit

import h11

CONNECT_TIMEOUT_SECONDS = 5
"""A worker that is shutting down may leave new connections hanging instead of refusing them."""
READ_SIZE_BYTES = 64 * 1024
URL_CHARACTERS = "%/:=&?~+!$,;'@()*[]"
"""Left as they are in path and query; others are percent-encoded."""


async def status_of_call(method: str, url: str, headers: Mapping[str, str], body: bytes) -> int:
    """Make a request and return the status of the answer once its body has ended. No redirect is followed.

    Cancelling it closes the connection at once.

    Raises:
        OSError: there was no connection, or it broke.
        h11.ProtocolError: the answer was cut short or is not HTTP, or the request cannot be sent as HTTP.
        ValueError: the URL makes no sense.
    """
    parts = urlsplit(url)
    connection = h11.Connection(h11.CLIENT)
    all_headers = [*headers.items(), ("Content-Length", str(len(body))), ("Connection", "close")]
    request = h11.Request(method=method, target=_target(parts), headers=all_headers)
    data = [connection.send(event) or b"" for event in (request, h11.Data(data=body), h11.EndOfMessage())]
    reader, writer = await _connect(parts)
    try:
        writer.write(b"".join(data))
        return await _read_status(connection, reader)
    finally:
        writer.transport.abort()


async def _connect(parts: SplitResult) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    is_tls = parts.scheme == "https"
    port = parts.port or (443 if is_tls else 80)
    tls = ssl.create_default_context() if is_tls else None
    try:
        async with asyncio.timeout(CONNECT_TIMEOUT_SECONDS):
            return await asyncio.open_connection(parts.hostname, port, ssl=tls)
    except TimeoutError as error:
        raise ConnectionError(f"not accepted within {CONNECT_TIMEOUT_SECONDS} s") from error


async def _read_status(connection: h11.Connection, reader: asyncio.StreamReader) -> int:
    status = 0
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            connection.receive_data(await reader.read(READ_SIZE_BYTES))
        elif isinstance(event, h11.Response):
            status = event.status_code
        elif isinstance(event, h11.EndOfMessage):
            return status


def _target(parts: SplitResult) -> str:
    path_and_query = parts._replace(scheme="", netloc="", fragment="", path=parts.path or "/").geturl()
    return quote(path_and_query, safe=URL_CHARACTERS)
