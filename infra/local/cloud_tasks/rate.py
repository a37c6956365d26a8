"""How fast a queue may dispatch. Pure: no clock, no queue."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True)
class RateLimits:
    """Cloud Tasks' RateLimits, every default filled in."""

    max_dispatches_per_second: float
    max_concurrent_dispatches: int

    @property
    def max_burst_size(self) -> int:
        """The most dispatches at one instant.

        Google chooses it and says only that it is generally at least the rate.

        Source: google.cloud.tasks_v2.types.RateLimits.max_burst_size.
        """
        return max(1, math.ceil(self.max_dispatches_per_second))

    @property
    def refill_interval(self) -> timedelta:
        """Time in which the bucket gains one token."""
        return timedelta(seconds=1 / self.max_dispatches_per_second)


@dataclass(frozen=True)
class TokenBucket:
    """A token bucket, kept as the one instant at which it is full again.

    Taking a token moves that instant on by one interval; the bucket is empty when it is `max_burst_size`
    intervals away. So no fraction of a token is ever rounded, and at the instant of `ready_at` there is one.
    """

    full_at: datetime

    def ready_at(self, limits: RateLimits) -> datetime:
        """Return the first instant at which a token is there; it may be past."""
        return self.full_at - (limits.max_burst_size - 1) * limits.refill_interval

    def taken(self, limits: RateLimits, now: datetime) -> "TokenBucket":
        """Take one token. The caller has checked that `ready_at` is not after `now`."""
        return TokenBucket(full_at=max(self.full_at, now) + limits.refill_interval)
