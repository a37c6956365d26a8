"""When a job will have ended, as far as can be told. Pure."""

from datetime import datetime

from shared.domain.job import Job, Progress, Status
from shared.domain.progress import percent

TRUSTED_PERCENT = 10
"""Progress from which on the pace so far says more than a rule of thumb."""

SECONDS_PER_SECOND = 0.6
"""Rule of thumb: time for a second of video, in seconds, once it is begun."""

SHORTEST_SECONDS = 5
"""Of any video, however short."""


def eta_seconds(job: Job, counts: Progress, now: datetime) -> int | None:
    """Return how many seconds are left; None once the job has ended."""
    if job.status.is_final:
        return None
    expected = SHORTEST_SECONDS + SECONDS_PER_SECOND * job.config.seconds
    if job.status is Status.QUEUED or job.started_at is None:
        return round(expected)
    elapsed = max(0.0, (now - job.started_at).total_seconds())
    done = percent(job, counts)
    if done >= TRUSTED_PERCENT:
        return round(elapsed * (100 - done) / done)
    return max(1, round(expected - elapsed))
