"""Who may do a piece of work, and until when: claimed, kept, given back, left to a further task. Pure.

It must not know how the work is done.
"""

from datetime import datetime, timedelta
from typing import TypeVar

from shared.domain.due_tasks import due_tasks, has_keyframes_left
from shared.domain.errors import (
    AttemptsExhausted,
    DeadlineExceeded,
    IllegalTransition,
    LeaseHeld,
    TaskObsolete,
)
from shared.domain.guards import held, moved, not_final
from shared.domain.job import JobState, Lease, Shot, ShotStatus, Stage, StageWork, Status, Work, WorkKey
from shared.domain.messages import Task
from shared.domain.progress import advanced
from shared.domain.retry import MAX_ATTEMPTS

W = TypeVar("W", bound=Work)


def claim(state: JobState, task: Task, *, token: str, now: datetime, lasts: timedelta) -> JobState:
    """Take the sole right to do what `task` asks for.

    This begins an attempt, unless it only looks after a paid call that was made before.

    Raises:
        JobIsFinal: nothing is to be done any more.
        TaskObsolete: the work is done, or a newer task has replaced this one.
        IllegalTransition: what the work needs is not there yet.
        LeaseHeld: another worker is at it.
        DeadlineExceeded: the job's time is up.
        AttemptsExhausted: every permitted attempt failed.
    """
    key = task.key
    not_final(state.job)
    work = state.work(key)
    if _is_done(state, work) or (task.generation, task.step) < (work.generation, work.step):
        raise TaskObsolete(f"{key} is done or was replaced")
    if not _is_due(state, key):
        raise IllegalTransition(f"{key} is not due yet")
    if work.lease and work.lease.token == token:
        return state  # the answer to our claim was lost
    if work.lease and work.lease.expires_at > now:
        raise LeaseHeld(work.lease.expires_at)
    if now > state.job.deadline:
        raise DeadlineExceeded(f"the video was not done within {state.job.time_limit_seconds} s")
    submission = work.submission if isinstance(work, Shot) else None
    failed = submission.failed_polls if submission else work.attempt
    if failed >= MAX_ATTEMPTS:
        raise AttemptsExhausted(f"{key} failed {failed} times", shot=key.shot)
    lease = Lease(token=token, expires_at=now + lasts)
    begun = work.evolve(lease=lease, not_before=None, waits_for=None)
    if submission:
        return state.with_work(key, begun.evolve(submission=submission.counted(1)))
    state = state.with_work(key, begun.evolve(attempt=work.attempt + 1))
    return _begun(state, key, now).tell("work.started", key)


def extend_lease(
    state: JobState, key: WorkKey, *, token: str, now: datetime, lasts: timedelta, percent: int = 0
) -> JobState:
    """Keep the right to a piece of work for `lasts` from now.

    Args:
        percent: how far it is, if it is a clip.

    Raises:
        JobIsFinal, LeaseLost: the right has ended.
    """
    work = held(state, key, token)
    state = state.with_work(key, work.evolve(lease=Lease(token=token, expires_at=now + lasts)))
    return advanced(state, key, percent)


def release(state: JobState, key: WorkKey, *, token: str, reason: str, is_attempt: bool = True) -> JobState:
    """Give up the right after a fault that another try may get over.

    Args:
        is_attempt: whether it uses up one; outages and shutdowns do not, the job's deadline bounds them.

    Raises:
        JobIsFinal, LeaseLost: the right has ended.
    """
    work = held(state, key, token)
    state = state.tell("work.released", key, reason=reason)
    return state.with_work(key, _counted(work, is_attempt=is_attempt).evolve(lease=None))


def postpone(
    state: JobState, key: WorkKey, *, token: str, reason: str, until: datetime, is_attempt: bool = False
) -> JobState:
    """Give up the right and leave the work to a further task, no earlier than `until`.

    Args:
        is_attempt: whether it uses up one; waiting because a provider or an operator asks us to does not.

    Raises:
        JobIsFinal, LeaseLost: the right has ended.
    """
    work = _counted(held(state, key, token), is_attempt=is_attempt)
    state = state.tell("work.postponed", key, reason=reason, until=until.isoformat())
    later = work.evolve(lease=None, step=work.step + 1, not_before=until, waits_for=reason)
    return state.with_work(key, later)


def go_on_later(state: JobState, key: WorkKey, *, token: str) -> JobState:
    """Leave the rest of a piece of work to a further task. It went well, so no attempt is used up.

    Raises:
        JobIsFinal, LeaseLost: the right has ended.
    """
    work = _counted(held(state, key, token), is_attempt=False)
    state = state.tell("work.continues", key)
    return state.with_work(key, work.evolve(lease=None, step=work.step + 1))


def replace_task(state: JobState, lost: Task) -> JobState:
    """Make a task that got lost obsolete, so that one of a new name can take its place.

    Raises:
        JobIsFinal: nothing is to be done any more.
        TaskObsolete: it has been replaced already.
    """
    key = lost.key
    if not _is_due(state, key):
        not_final(state.job)
    work = state.work(key)
    if lost.generation != work.generation:
        raise TaskObsolete(f"{key} was replaced already")
    return state.with_work(key, work.evolve(generation=work.generation + 1)).tell("task.replaced", key)


def _begun(state: JobState, key: WorkKey, now: datetime) -> JobState:
    job = state.job
    if job.status is Status.QUEUED:
        job = moved(job, Status.IN_PROGRESS).evolve(started_at=now)
    if key.stage is Stage.FINALIZE:
        job = job.evolve(stage=Stage.FINALIZE)
    return state.evolve(job=job)


def _is_done(state: JobState, work: Work) -> bool:
    if isinstance(work, Shot):
        return work.status is ShotStatus.RENDERED
    if work is state.keyframes:
        return not has_keyframes_left(state)
    return isinstance(work, StageWork) and work.done


def _is_due(state: JobState, key: WorkKey) -> bool:
    return any(due.task.key == key for due in due_tasks(state))


def _counted(work: W, *, is_attempt: bool) -> W:
    """Count the try that ends. It was counted when it began, so that a killed worker uses one up."""
    if is_attempt:
        return work
    if isinstance(work, Shot) and work.submission:
        return work.evolve(submission=work.submission.counted(-1))
    return work.evolve(attempt=work.attempt - 1)
