"""Sees to it that no job gets stuck: called every minute or so, safe to run twice at once."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial

import flask.typing
import structlog
from structlog.contextvars import bound_contextvars, clear_contextvars

from functions.finalize.census import take_census
from shared.assignment import Services
from shared.census_store import CensusStore
from shared.domain.claims import replace_task
from shared.domain.due_tasks import DueTask, due_task, due_tasks
from shared.domain.errors import Contended, DeadlineExceeded, JobIsFinal, NotFound, TaskObsolete, Unavailable
from shared.domain.job import JobState
from shared.domain.naming import objects_prefix
from shared.domain.paid_calls import wound_up
from shared.domain.spending import month_of
from shared.domain.transitions import fail
from shared.job_queries import JobQueries
from shared.job_store import ALL
from shared.limits import Counted, Limits

MAX_JOBS = 500
"""Looked at in one sweep: as many that run, and as many that are to be settled. Of more, others each time."""

MAX_PURGES = 50
"""Jobs purged in one sweep. Each has some dozens of objects, deleted one by one."""

MAX_OWNERS = 200
"""Whose limits are recounted in one sweep."""

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
    unsettled: int = 0
    """Final jobs whose paid calls were still to be cancelled or accounted for."""
    purged: int = 0
    """Deleted jobs of which nothing is left now but what they cost."""
    recounted: int = 0
    """Owners whose running videos had been miscounted."""
    skipped: int = 0
    """Jobs that somebody else was changing."""
    crashed: int = 0
    """Jobs that this revision of the code cannot deal with; owners or censuses that could not be counted."""


def handle_sweep(
    services: Callable[[], Services],
    queries: Callable[[], JobQueries],
    limits: Callable[[], Limits],
    census: Callable[[], CensusStore],
) -> flask.typing.ResponseReturnValue:
    """Answer the scheduler."""
    clear_contextvars()
    try:
        report = sweep(services(), queries(), limits(), census())
    except Unavailable as error:
        log.warning("sweep.unavailable", reason=error.code)
        return {"outcome": "unavailable"}, 503
    log.info("sweep.done", **asdict(report))
    return asdict(report), 200


def sweep(
    services: Services, queries: JobQueries, limits: Limits, census: CensusStore | None = None
) -> Report:
    """Enqueue every due task that is missing, end what is past its time, put right what was miscounted.

    What is left of deleted jobs comes last, so that Cloud Storage keeps nothing else from being done, and
    nothing is purged that the census, if one is to be taken, has not counted.
    """
    report = Report()
    for job_id, trace_id in queries.active_jobs(MAX_JOBS).items():
        report.jobs += 1
        with _apart_from_others(report, job_id=job_id, trace_id=trace_id):
            _sweep_job(job_id, services, report)
    for job_id, trace_id in queries.unsettled_jobs(MAX_JOBS).items():
        report.unsettled += 1
        with _apart_from_others(report, job_id=job_id, trace_id=trace_id):
            _settle(job_id, services, report)
    for seen in limits.counted(MAX_OWNERS):
        with _apart_from_others(report, owner=seen.owner):
            _recount(seen, queries, limits, report)
    if census:
        with _apart_from_others(report):
            take_census(queries, census)
    for job_id, trace_id in queries.deleted_jobs(MAX_PURGES, rested_for=services.lease).items():
        with _apart_from_others(report, job_id=job_id, trace_id=trace_id):
            _purge(job_id, services, queries, report)
    return report


@contextmanager
def _apart_from_others(report: Report, **bound: str) -> Iterator[None]:
    """Let nothing that befalls one of them keep us from the others, but an outage.

    Args:
        bound: what all of its log lines say: the job, and the trace that they join.
    """
    with bound_contextvars(**bound):
        try:
            yield
        except (JobIsFinal, NotFound, TaskObsolete, Contended):
            report.skipped += 1
        except Unavailable:
            raise
        except Exception:  # a job we cannot read, or an index that lacks, must not stop the rest
            log.exception("sweep.crashed")
            report.crashed += 1


def _sweep_job(job_id: str, services: Services, report: Report) -> None:
    snapshot = services.store.load(job_id, shots=ALL)
    state, now = snapshot.state, snapshot.now
    if state.job.status.is_final:
        return
    if now > state.job.deadline:
        failure = DeadlineExceeded(f"the video was not done within {state.job.time_limit_seconds} s")
        services.store.change(job_id, partial(fail, failure=failure), shots=ALL)
        report.expired += 1
        return
    _enqueue_missing(state, now, services, report)


def _settle(job_id: str, services: Services, report: Report) -> None:
    """See to it that the paid calls of a final job are cancelled, or note that none is left."""
    snapshot = services.store.load(job_id, shots=ALL)
    if wound_up(snapshot.state).job.unsettled:
        _enqueue_missing(snapshot.state, snapshot.now, services, report)
    else:
        services.store.change(job_id, lambda state, _now: wound_up(state), shots=ALL)


def _recount(seen: Counted, queries: JobQueries, limits: Limits, report: Report) -> None:
    """Set right what an owner is held to use, if their running videos were miscounted."""
    running = queries.running(seen.owner)
    if running != seen.running and limits.recount(seen, running, month_of(datetime.now(UTC))):
        log.warning("limits.recounted", was=seen.running, running=running)
        report.recounted += 1


def _purge(job_id: str, services: Services, queries: JobQueries, report: Report) -> None:
    """Delete what is left of a job, its objects first: once its documents are gone, nobody finds those."""
    if queries.has_unfinished_heirs(job_id):
        return
    objects = services.objects.delete_prefix(objects_prefix(job_id))
    services.store.purge(job_id)
    log.info("job.purged", objects=objects)
    report.purged += 1


def _enqueue_missing(state: JobState, now: datetime, services: Services, report: Report) -> None:
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
