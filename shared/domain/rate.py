"""How often a thing may be done in a minute, and how often it has been. Pure.

Minutes are those of the clock, so that all instances mean the same one.
"""

from datetime import datetime
from typing import NamedTuple

WINDOW_SECONDS = 60


class Rate(NamedTuple):
    """How a caller stands in the current minute."""

    name: str
    """Of what is counted, such as `creations`."""
    permitted: int
    """In a minute."""
    used: int
    """Including what is just being judged; may be more than permitted."""
    resets_in_seconds: int
    """Until the minute ends: 1 to 60."""

    @property
    def remaining(self) -> int:
        """How many more may come in this minute."""
        return max(0, self.permitted - self.used)

    @property
    def is_exceeded(self) -> bool:
        """Whether the last one was one too many."""
        return self.used > self.permitted


def minute_of(now: datetime) -> datetime:
    """Return when the minute began."""
    return now.replace(second=0, microsecond=0)


def seconds_left(now: datetime) -> int:
    """Return in how many seconds the minute ends, rounded up: 1 to 60."""
    return WINDOW_SECONDS - now.second
