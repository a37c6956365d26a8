"""A closed loop of requests over HTTP/1.1: each client asks again as soon as it is answered.

As little of its own as can be, since it shares the machine with what it measures.
"""

import asyncio
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

TIMEOUT_SECONDS = 30

Header = Callable[[], str]
"""Returns further header lines for one request, each with its line end."""


@dataclass(frozen=True)
class Load:
    """What a load of requests met."""

    seconds: tuple[float, ...]
    """Of every request, ascending."""
    took_seconds: float
    """Of all of them, beside each other."""

    @property
    def per_second(self) -> float:
        """Requests answered in a second."""
        return len(self.seconds) / self.took_seconds

    def milliseconds(self, percentile: int) -> float:
        """Return what so many percent of the requests took at most."""
        if percentile == 100:
            return self.seconds[-1] * 1000
        return statistics.quantiles(self.seconds, n=100, method="inclusive")[percentile - 1] * 1000

    def __str__(self) -> str:
        figures = " / ".join(f"{self.milliseconds(each):.1f}" for each in (50, 95, 99, 100))
        return f"{figures} ms, {self.per_second:.0f}/s"


async def load(
    url: str, body: str, *, status: int, requests: int, at_once: int, header: Header = lambda: ""
) -> Load:
    """Post `body` so many times, `at_once` clients at a time, each on a connection of its own.

    Raises:
        AssertionError: an answer has another status.
    """
    left, taken = iter(range(requests)), list[float]()
    address = urlsplit(url)

    async def client() -> None:
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        try:
            for _ in left:
                request = (
                    f"POST {address.path} HTTP/1.1\r\nHost: {address.netloc}\r\n"
                    f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n{header()}\r\n{body}"
                )
                began = time.perf_counter()
                writer.write(request.encode())
                answered = await asyncio.wait_for(_answer(reader), TIMEOUT_SECONDS)
                taken.append(time.perf_counter() - began)
                assert answered == status, f"{url} answered {answered}"
        finally:
            writer.close()

    began = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(at_once)))
    return Load(tuple(sorted(taken)), time.perf_counter() - began)


async def _answer(reader: asyncio.StreamReader) -> int:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    lines = head.split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
    await reader.readexactly(int(headers["content-length"]))
    return int(lines[0].split()[1])
