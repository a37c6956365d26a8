"""What a job holds of its owner's spending limit. Pure. Money is in millionths of a US dollar."""

from datetime import UTC, datetime

from shared.domain.job import Job, Progress


def month_of(now: datetime) -> str:
    """Name the month in which a job counts, such as `2026-11`, in UTC."""
    return f"{now.astimezone(UTC):%Y-%m}"


def held_usd_micros(job: Job, counts: Progress) -> int:
    """Return what a job holds: while it is unfinished its estimate, from its end on what was spent."""
    return counts.spent_usd_micros if job.status.is_final else job.cost_estimate_usd_micros
