"""How long a provider asks us to wait. It knows no provider."""

import re
from collections.abc import Iterable
from datetime import timedelta

DEFAULT_DELAY = timedelta(seconds=10)
"""When we are to wait, but are not told for how long."""
SHORTEST_DELAY, LONGEST_DELAY = timedelta(seconds=1), timedelta(minutes=10)
"""What a provider says is kept within; 0 would be a busy loop, and a year would outlive every job."""

_SECONDS = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)s?")
"""`google.protobuf.Duration` in JSON, or `Retry-After`."""


def delay_of(told: Iterable[str]) -> timedelta:
    """Return the first delay that can be read of what was told."""
    seconds = next((found[1] for text in told if (found := _SECONDS.fullmatch(text))), None)
    delay = DEFAULT_DELAY if seconds is None else timedelta(seconds=float(seconds))
    return min(max(delay, SHORTEST_DELAY), LONGEST_DELAY)
