"""Limits what is not counted in the store, per instance and key; and tells clients how they stand.

A poll must never be a write, so each instance counts for itself, and forgets.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from shared.domain.errors import TooManyRequests
from shared.domain.rate import WINDOW_SECONDS, Rate, minute_of, seconds_left

REQUESTS = "requests"
"""All calls, whatever comes of them."""


class Requests:
    """Counts the requests of this minute. May be used by several threads.

    Args:
        clock: seconds since 1970.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._minute: datetime | None = None
        self._counts: Counter[str] = Counter()
        self._counting = threading.Lock()

    def count(self, key: str, permitted: int) -> None:
        """Count one more request with this key.

        Raises:
            TooManyRequests: there were as many as permitted in this minute.
        """
        now = datetime.fromtimestamp(self._clock(), UTC)
        with self._counting:
            if self._minute != minute_of(now):
                self._minute = minute_of(now)
                self._counts.clear()
            self._counts[key] += 1
            rate = Rate(REQUESTS, permitted, self._counts[key], seconds_left(now))
        if rate.is_exceeded:
            raise TooManyRequests(rate)


def rate_headers(rate: Rate) -> Mapping[str, str]:
    """Tell a client how it stands.

    Source: https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/
    """
    return {
        "RateLimit-Policy": f'"{rate.name}";q={rate.permitted};w={WINDOW_SECONDS}',
        "RateLimit": f'"{rate.name}";r={rate.remaining};t={rate.resets_in_seconds}',
    }
