"""When a failed task is tried again, and when it is given up. Pure: no clock, no queue."""

from dataclasses import dataclass
from datetime import timedelta

UNLIMITED_ATTEMPTS = -1
"""Source: google.cloud.tasks_v2.types.RetryConfig.max_attempts."""


@dataclass(frozen=True)
class RetryPolicy:
    """Cloud Tasks' RetryConfig, every default filled in."""

    max_attempts: int
    """Including the first; UNLIMITED_ATTEMPTS for no such limit."""
    max_retry_duration: timedelta
    """From the first attempt; zero for no such limit."""
    min_backoff: timedelta
    max_backoff: timedelta
    max_doublings: int


def retry_delay(policy: RetryPolicy, failed_attempts: int) -> timedelta:
    """Say how long to wait after a failure.

    The delay starts at `min_backoff`, doubles `max_doublings` times, then grows linearly by the last doubled
    delay, and stays at `max_backoff`: 10 s, 300 s and 3 doublings give 10, 20, 40, 80, 160, 240, 300, 300.

    Args:
        policy: the task's own, else its queue's.
        failed_attempts: starts at 1 after the first failure.

    Source: google.cloud.tasks_v2.types.RetryConfig.max_doublings.
    """
    retries_before = failed_attempts - 1
    doublings = min(retries_before, policy.max_doublings)
    multiple = 2**doublings * (1 + retries_before - doublings)
    one_microsecond = timedelta(microseconds=1)
    # Whole numbers, since a timedelta overflows long before the delay is cut to max_backoff.
    delay = min(multiple * (policy.min_backoff // one_microsecond), policy.max_backoff // one_microsecond)
    return timedelta(microseconds=delay)


def is_exhausted(policy: RetryPolicy, *, attempts: int, since_first_attempt: timedelta) -> bool:
    """Say whether a task that has just failed is deleted: when every limit that is set has been reached.

    Source: google.cloud.tasks_v2.types.RetryConfig.max_attempts and .max_retry_duration.
    """
    reached = []
    if policy.max_attempts != UNLIMITED_ATTEMPTS:
        reached.append(attempts >= policy.max_attempts)
    if policy.max_retry_duration > timedelta(0):
        reached.append(since_first_attempt >= policy.max_retry_duration)
    return bool(reached) and all(reached)
