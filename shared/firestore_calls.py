"""How every call to Firestore is made: its timeout, what counts as an outage, how lost races are tried again.

Knows no document.
"""

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager

from google.api_core import exceptions as google
from google.api_core.retry import Retry

from shared.domain.errors import StoreUnavailable

ONCE = Retry(predicate=lambda _error: False)
"""For queries. Their stream asks a retry object what to do when it breaks, and None cannot answer."""

TIMEOUT_SECONDS = 2.0
"""Of every call. The client's default is to retry a dead store for more than four minutes."""

MAX_COLLISIONS = 12
"""Lost races for one document before we give up; with the pauses below, about 2 s."""


def pause(collisions: int) -> None:
    """Let others go first: longer each time, and never all for as long."""
    time.sleep(random.uniform(0, 0.002 * 2 ** min(collisions, 8)))  # noqa: S311 - jitter


@contextmanager
def translated() -> Iterator[None]:
    """Turn what says that Firestore is not to be reached into StoreUnavailable."""
    try:
        yield
    except (
        google.ServerError,
        google.TooManyRequests,
        google.RetryError,
        google.Cancelled,
    ) as error:
        raise StoreUnavailable(f"Firestore did not answer: {type(error).__name__}") from error
