"""Tells what a commit has brought, in log lines: one for each event, one for each charge.

Knows no store, and of what users say nothing: an event's data is codes, numbers and ids of ours.
"""

from datetime import datetime
from typing import Any

import structlog

from shared.domain.charges import new_charges
from shared.domain.job import Event, Job, JobState
from shared.domain.pricing import MICROS

ENDS = frozenset({"job.completed", "job.failed", "job.cancelled"})

log = structlog.get_logger()


def tell(before: JobState, after: JobState) -> None:
    """Log what has been committed, whose news are still in `after`.

    Metrics count these lines, so one is written only for what surely is stored; each is written once.
    """
    for event in after.news:
        log.info(event.name, **_said(event, before, after))
    for key, _number, charge in new_charges(before, after):
        log.info(
            "charge.entered",
            job_id=after.job.job_id,
            model=charge.model,
            stage=key.stage,
            shot=key.shot,
            usd=charge.usd_micros / MICROS,
            ambiguous=charge.ambiguous,
        )


def _said(event: Event, before: JobState, after: JobState) -> dict[str, Any]:
    """Return the fields of an event's line. What it does not say itself is left to what is bound."""
    data = dict(event.data)
    at = {"stage": event.stage, "attempt": event.attempt, "shot": _shot(event)}
    data.pop("shot_index", None)
    return {
        "job_id": after.job.job_id,
        "model": _model(event, before),
        **{name: value for name, value in at.items() if value is not None},
        **_of_the_whole_job(event.name, after),
        **data,
    }


def _shot(event: Event) -> int | None:
    """Return the shot an event is about; some are told by another stage, or by the end of the job."""
    return event.data.get("shot_index") if event.shot is None else event.shot


def _model(event: Event, before: JobState) -> str:
    """Return the video backend an event is about: what its shot was rendered with, else the job's own."""
    about = [shot for shot in before.shots if shot.index == _shot(event)]
    return before.model_of(about[0]) if about else before.job.config.model


def _of_the_whole_job(name: str, state: JobState) -> dict[str, float]:
    job = state.job
    if name == "job.accepted":
        return {"seconds": job.config.seconds, "estimate_usd": job.cost_estimate_usd_micros / MICROS}
    if name in ENDS and job.finished_at:
        return {
            "took_seconds": _seconds(job, job.finished_at),
            "spent_usd": state.progress.spent_usd_micros / MICROS,
        }
    return {}


def _seconds(job: Job, finished_at: datetime) -> float:
    """Return how long a job took since it was accepted; never below 0, whatever two clocks say."""
    return round(max(0.0, (finished_at - job.created_at).total_seconds()), 3)
