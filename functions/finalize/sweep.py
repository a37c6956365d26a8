"""Sees to it that no job gets stuck: called every minute or so, safe to run twice at once."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import partial

import flask.typing
import structlog

from shared.assignment import Services
from shared.domain.due_tasks import DueTask, due_task, due_tasks
from shared.domain.errors import Contended, DeadlineExceeded, JobIsFinal, NotFound, TaskObsolete, Unavailable
from shared.domain.job import JobState
from shared.domain.transitions import fail, replace_task
from shared.job_store import ALL

MAX_JOBS = 500
"""Looked at in one sweep, oldest first."""

log = structlog.get_logger()


@dataclass
class Report:
    """What one sweep did."""

    jobs: int = 0
    enqueued: int = 0
    replaced: int = 0
    """Tasks that had got lost and whose name could not be used again."""
    expired: int = 0
    """Jobs failed because their time was up."""
    skipped: int = 0
    """Jobs that somebody else was changing."""
    crashed: int = 0
    """Jobs that this revision of the code cannot deal with."""


def handle_sweep(services: Callable[[], Services]) -> flask.typing.ResponseReturnValue:
    """Answer the scheduler."""
    try:
        report = sweep(services())
    except Unavailable as error:
        log.warning("sweep.unavailable", reason=error.code)
        return {"outcome": "unavailable"}, 503
    log.info("sweep.done", **asdict(report))
    return asdict(report), 200


def sweep(services: Services) -> Report:
    """Enqueue every due task that is missing, and fail jobs that are past their deadline."""
    report = Report()
    for job_id in services.store.active_jobs(MAX_JOBS):
        report.jobs += 1
        try:
            _sweep_job(job_id, services, report)
        except (JobIsFinal, NotFound, TaskObsolete, Contended):
            report.skipped += 1
        except Unavailable:
            raise
        except Exception:  # one job that we cannot read must not keep us from all the others
            log.exception("sweep.job_crashed", job_id=job_id)
            report.crashed += 1
    return report


def _sweep_job(job_id: str, services: Services, report: Report) -> None:
    snapshot = services.store.load(job_id, shots=ALL)
    state, now = snapshot.state, snapshot.now
    if state.job.status.is_final:
        return
    if now > state.job.deadline:
        failure = DeadlineExceeded(f"the job did not end within {state.job.time_limit_seconds} s")
        services.store.change(job_id, partial(fail, failure=failure), shots=ALL)
        report.expired += 1
        return
    for due in due_tasks(state):
        if not _is_leased(state, due, now) and not services.queue.exists(due.task):
            _enqueue_again(due, services, report)


def _is_leased(state: JobState, due: DueTask, now: datetime) -> bool:
    lease = state.work(due.task.key).lease
    return lease is not None and lease.expires_at > now


def _enqueue_again(due: DueTask, services: Services, report: Report) -> None:
    """Enqueue a missing task; under a new name if Cloud Tasks still remembers the old one."""
    if services.queue.enqueue(due.task, not_before=due.not_before):
        report.enqueued += 1
        return
    key = due.task.key
    state = services.store.change(
        due.task.job_id,
        lambda state, _now: replace_task(state, due.task),
        shots=ALL if key.shot is None else (key.shot,),
    )
    replacement = due_task(state, key)
    services.queue.enqueue(replacement.task, not_before=replacement.not_before)
    report.replaced += 1
