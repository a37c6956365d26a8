"""Stands for Cloud Run's front end at concurrency 1: each instance of a service gets one request at a time.

It knows of URLs and of who is busy; it must not know tasks, queues or HTTP.
"""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

DEFAULT_PORTS = {"http": 80, "https": 443}


class FrontEnd:
    """Sends each service's requests to its free instances, in turn; the others wait in order of arrival.

    An instance that is down stays in turn: whoever is sent there fails, as an attempt may, and is retried.

    Args:
        services: URL of each service and those of its instances. Only scheme, host and port count.
    """

    def __init__(self, services: Mapping[str, Sequence[str]]) -> None:
        self._free: dict[str, asyncio.Queue[str]] = {}
        for service, instances in services.items():
            free: asyncio.Queue[str] = asyncio.Queue()
            for instance in instances:
                free.put_nowait(origin(instance))
            self._free[origin(service)] = free

    @asynccontextmanager
    async def instance_for(self, url: str) -> AsyncIterator[str]:
        """Hold a free instance for the length of the block, waiting for one if need be.

        Yields the URL to call: that of the instance for a known service, else `url` itself.
        """
        free = self._free.get(origin(url))
        if free is None:
            yield url
            return
        instance = await free.get()
        try:
            target = urlsplit(instance)
            yield urlsplit(url)._replace(scheme=target.scheme, netloc=target.netloc).geturl()
        finally:
            free.put_nowait(instance)


def origin(url: str) -> str:
    """Return scheme, host and port, so that two URLs of one service compare equal.

    Raises:
        ValueError: the URL has no scheme of HTTP, no host, or no valid port.
    """
    parts = urlsplit(url)
    if parts.scheme not in DEFAULT_PORTS or not parts.hostname:
        raise ValueError(f"{url!r} is not an http or https URL with a host")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}:{parts.port or DEFAULT_PORTS[parts.scheme]}"
