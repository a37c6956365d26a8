"""One delivery of a task, from claim to outcome. Knows neither a stage's craft nor HTTP.

Every stage runs through `perform`.
"""

import random
import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial

import anyio
import structlog

from shared.assignment import Assignment, Craft, Services
from shared.documents import Snapshot
from shared.domain.claims import claim, postpone, release
from shared.domain.due_tasks import due_task, due_tasks
from shared.domain.errors import (
    BackendUnavailable,
    Contended,
    IllegalTransition,
    JobFailure,
    JobIsFinal,
    LeaseHeld,
    LeaseLost,
    MustWait,
    NotFound,
    TTVError,
    Unavailable,
)
from shared.domain.job import JobState, Stage, WorkKey
from shared.domain.messages import Task
from shared.domain.paid_calls import settle_later
from shared.domain.retry import GiveUp, TryAgain, decide
from shared.domain.transitions import fail, fail_work
from shared.job_store import ALL, Shots, Step
from shared.lease import work_under_lease

RECHECK_MARGIN = timedelta(seconds=1)
"""A recheck that came before the lease has ended would have waited for nothing."""

log = structlog.get_logger()


class Outcome(StrEnum):
    """How a delivery of a task ended."""

    DONE = "done"
    OBSOLETE = "obsolete"
    """A duplicate, or its job is final."""
    WAITING = "waiting"
    """For another worker or for a provider; a task for the time after that is enqueued."""
    STOPPED = "stopped"
    """The job became final, or the lease another's, during the work."""
    FAILED = "failed"
    """Recorded: the job has failed."""
    RETRY = "retry"
    """A transient fault; the queue is to deliver again."""


Settle = Callable[[WorkKey, Snapshot, Services], None]
"""Cancels a paid call of a job that has ended, or accounts for it; raises MustWait when it is too early."""


def perform(task: Task, craft: Craft, services: Services, settle: Settle | None = None) -> Outcome:
    """Claim what `task` asks for, do it under its lease, and see to what follows.

    Args:
        settle: what is done instead when the job has ended, but a paid call of the work has not.

    Raises:
        Unavailable, Contended: nothing was begun.
    """
    try:
        assignment = _claim(task, services)
    except NotFound:
        return Outcome.OBSOLETE
    except JobIsFinal:
        return _settle(task, settle, services) if settle else Outcome.OBSOLETE
    except IllegalTransition as error:
        log.info("task.obsolete", reason=str(error))
        _enqueue_all_due(task.job_id, services)
        return Outcome.OBSOLETE
    except LeaseHeld as held:
        services.queue.enqueue(task, not_before=held.expires_at + RECHECK_MARGIN, recheck=True)
        return Outcome.WAITING
    except JobFailure as failure:
        with suppress(JobIsFinal):  # it ended for another reason meanwhile
            state = services.store.change(task.job_id, partial(fail, failure=failure), shots=ALL)
            _enqueue_due(state, services)
        return Outcome.FAILED
    structlog.contextvars.bind_contextvars(attempt=assignment.attempt)  # until the delivery is logged
    return _do(assignment, craft)


def _claim(task: Task, services: Services) -> Assignment:
    token, begun = secrets.token_hex(8), time.monotonic()

    def claimed(state: JobState, now: datetime) -> JobState:
        return claim(state, task, token=token, now=now, lasts=services.lease)

    shots = (task.shot,) if task.stage is Stage.RENDER and task.shot is not None else ALL
    state = services.store.change(task.job_id, claimed, shots=shots)
    return Assignment(services, task.key, token, state, begun)


def _do(assignment: Assignment, craft: Craft) -> Outcome:
    try:
        anyio.run(work_under_lease, assignment, craft, backend="trio")
    except JobIsFinal as stop:
        log.info("work.stopped", reason=stop.code)
        return Outcome.STOPPED
    except LeaseLost as stop:
        log.info("work.stopped", reason=stop.code)
        _enqueue_all_due(assignment.job_id, assignment.services)
        return Outcome.STOPPED
    except Exception as error:  # the decision on each kind is the retry policy's
        return _try_again_or_fail(assignment, error)
    return Outcome.DONE


def _try_again_or_fail(assignment: Assignment, error: Exception) -> Outcome:
    reason = error.code if isinstance(error, TTVError) else TTVError.code
    log.warning("work.interrupted", reason=reason, exc_info=None if isinstance(error, TTVError) else error)
    now, spread = assignment.now, random.random()  # noqa: S311 - jitter
    match decide(error, assignment.attempt, now, spread=spread):
        case GiveUp(failure):
            return _fail(assignment, failure)
        case TryAgain(is_attempt, datetime() as until):
            return _postpone(assignment, reason, until, is_attempt=is_attempt)
        case TryAgain(is_attempt):
            return _release(assignment, reason, is_attempt=is_attempt)


def _fail(assignment: Assignment, failure: JobFailure) -> Outcome:
    """End the job, unless the right to do so was lost meanwhile."""
    failure.shot = assignment.key.shot if failure.shot is None else failure.shot

    def failed(state: JobState, now: datetime) -> JobState:
        return fail_work(state, assignment.key, failure, now=now, token=assignment.token)

    if _change_unless_lost(assignment, failed, Outcome.FAILED, shots=ALL) is Outcome.STOPPED:
        return Outcome.STOPPED
    _enqueue_due(assignment.state, assignment.services)
    return Outcome.FAILED


def _postpone(assignment: Assignment, reason: str, until: datetime, *, is_attempt: bool) -> Outcome:
    """Enqueue the next try under a name of its own: this delivery is settled."""

    def postponed(state: JobState, _now: datetime) -> JobState:
        return postpone(
            state,
            assignment.key,
            token=assignment.token,
            reason=reason,
            until=until,
            is_attempt=is_attempt,
        )

    outcome = _change_unless_lost(assignment, postponed, Outcome.WAITING)
    if outcome is Outcome.WAITING:
        due = due_task(assignment.state, assignment.key)
        assignment.services.queue.enqueue(due.task, not_before=due.not_before)
    return outcome


def _release(assignment: Assignment, reason: str, *, is_attempt: bool) -> Outcome:
    def released(state: JobState, _now: datetime) -> JobState:
        return release(state, assignment.key, token=assignment.token, reason=reason, is_attempt=is_attempt)

    try:
        _change_unless_lost(assignment, released, Outcome.RETRY)
    except (Unavailable, Contended) as error:
        log.warning("release.failed", reason=error.code)  # the lease ends by itself
    return Outcome.RETRY


def _change_unless_lost(
    assignment: Assignment, step: Step, outcome: Outcome, shots: Shots | None = None
) -> Outcome:
    try:
        assignment.state = assignment.services.store.change(
            assignment.job_id, step, shots=assignment.shots if shots is None else shots
        )
    except (JobIsFinal, LeaseLost) as stop:
        log.info("work.stopped", reason=stop.code)
        return Outcome.STOPPED
    return outcome


def _settle(task: Task, settle: Settle, services: Services) -> Outcome:
    snapshot = services.store.load(task.job_id, shots=ALL)
    if not any(task.asks_the_same(due.task) for due in due_tasks(snapshot.state)):
        return Outcome.OBSOLETE
    try:
        try:
            settle(task.key, snapshot, services)
        except (MustWait, BackendUnavailable) as error:
            return _settle_later(task, error, snapshot.now, services)
    except IllegalTransition:  # a duplicate was faster
        return Outcome.OBSOLETE
    return Outcome.DONE


def _settle_later(task: Task, error: Exception, now: datetime, services: Services) -> Outcome:
    match decide(error, 1, now, spread=random.random()):  # noqa: S311 - jitter
        case TryAgain(_, datetime() as until):
            later = partial(settle_later, key=task.key, until=until)
            state = services.store.change(task.job_id, lambda state, _now: later(state), shots=ALL)
            _enqueue_due(state, services)
            return Outcome.WAITING
    raise error


def _enqueue_all_due(job_id: str, services: Services) -> None:
    with suppress(NotFound):  # purged meanwhile
        _enqueue_due(services.store.load(job_id, shots=ALL).state, services)


def _enqueue_due(state: JobState, services: Services) -> None:
    for due in due_tasks(state):
        services.queue.enqueue(due.task, not_before=due.not_before)
