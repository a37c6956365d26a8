"""Every legal step of a job, as (state, ..., now) -> state. Illegal ones raise and change nothing.

Time, tokens and paths come in as arguments; nothing here reads a clock or a store.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from shared.domain.due_tasks import due_tasks
from shared.domain.errors import (
    AttemptsExhausted,
    DeadlineExceeded,
    IllegalTransition,
    JobFailure,
    JobIsFinal,
    LeaseHeld,
    LeaseLost,
    TaskObsolete,
)
from shared.domain.job import (
    Artifact,
    Charge,
    Job,
    JobError,
    JobState,
    Lease,
    Operation,
    PlanSummary,
    Shot,
    ShotStatus,
    Stage,
    StageWork,
    Status,
    Work,
    WorkKey,
)
from shared.domain.messages import Task
from shared.domain.plan import Plan
from shared.domain.progress import percent

MAX_ATTEMPTS = 5
"""Tries at one piece of work before the job fails. A killed worker uses one up."""

STATUS_AFTER: Mapping[Status, frozenset[Status]] = {
    Status.QUEUED: frozenset({Status.IN_PROGRESS, Status.FAILED, Status.CANCELLED}),
    Status.IN_PROGRESS: frozenset({Status.COMPLETED, Status.FAILED, Status.CANCELLED}),
    Status.COMPLETED: frozenset(),
    Status.FAILED: frozenset(),
    Status.CANCELLED: frozenset(),
}
"""The whole life of a job: from each status, those that may follow."""


def claim(state: JobState, task: Task, *, token: str, now: datetime, lasts: timedelta) -> JobState:
    """Take the sole right to do what `task` asks for; this begins an attempt.

    Raises:
        JobIsFinal: nothing is to be done any more.
        TaskObsolete: the work is done, or a newer task has replaced this one.
        IllegalTransition: what the work needs is not there yet.
        LeaseHeld: another worker is at it.
        DeadlineExceeded: the job's time is up.
        AttemptsExhausted: every permitted attempt failed.
    """
    key = task.key
    _not_final(state.job)
    work = state.work(key)
    if _is_done(work) or (task.generation, task.step) < (work.generation, work.step):
        raise TaskObsolete(f"{key} is done or was replaced")
    if not _is_due(state, key):
        raise IllegalTransition(f"{key} is not due yet")
    if work.lease and work.lease.expires_at > now:
        raise LeaseHeld(work.lease.expires_at)
    if now > state.job.deadline:
        raise DeadlineExceeded(f"the job did not end within {state.job.time_limit_seconds} s")
    if work.attempt >= MAX_ATTEMPTS:
        raise AttemptsExhausted(f"{key} failed {work.attempt} times", shot=key.shot)
    lease = Lease(token=token, expires_at=now + lasts)
    state = state.with_work(key, work.evolve(lease=lease, attempt=work.attempt + 1, not_before=None))
    return _begun(state, key, now).tell("work.started", key)


def extend_lease(state: JobState, key: WorkKey, *, token: str, now: datetime, lasts: timedelta) -> JobState:
    """Keep the right to a piece of work for `lasts` from now.

    Raises:
        JobIsFinal, LeaseLost: the right has ended.
    """
    work = _held(state, key, token)
    return state.with_work(key, work.evolve(lease=Lease(token=token, expires_at=now + lasts)))


def release(state: JobState, key: WorkKey, *, token: str, reason: str, is_attempt: bool = True) -> JobState:
    """Give up the right after a fault that another try may get over.

    Args:
        is_attempt: whether it uses up one; outages and shutdowns do not, the job's deadline bounds them.

    Raises:
        JobIsFinal, LeaseLost: the right has ended.
    """
    work = _held(state, key, token)
    attempt = work.attempt if is_attempt else work.attempt - 1
    state = state.tell("work.released", key, reason=reason)
    return state.with_work(key, work.evolve(lease=None, attempt=attempt))


def postpone(state: JobState, key: WorkKey, *, token: str, until: datetime) -> JobState:
    """Give up the right until a provider will hear us again. Such waiting is no attempt.

    Raises:
        JobIsFinal, LeaseLost: the right has ended.
    """
    work = _held(state, key, token)
    waiting = work.evolve(lease=None, attempt=work.attempt - 1, step=work.step + 1, not_before=until)
    return state.with_work(key, waiting).tell("work.postponed", key, until=until.isoformat())


def go_on_later(state: JobState, key: WorkKey, *, token: str) -> JobState:
    """Leave the rest of a piece of work to a further task. It went well, so no attempt is used up.

    Raises:
        JobIsFinal, LeaseLost: the right has ended.
    """
    work = _held(state, key, token)
    state = state.tell("work.continues", key)
    return state.with_work(key, work.evolve(lease=None, attempt=work.attempt - 1, step=work.step + 1))


def replace_task(state: JobState, lost: Task) -> JobState:
    """Make a task that got lost obsolete, so that one of a new name can take its place.

    Raises:
        JobIsFinal: nothing is to be done any more.
        TaskObsolete: it has been replaced already.
    """
    key = lost.key
    _not_final(state.job)
    work = state.work(key)
    if lost.generation != work.generation:
        raise TaskObsolete(f"{key} was replaced already")
    return state.with_work(key, work.evolve(generation=work.generation + 1)).tell("task.replaced", key)


def save_plan(state: JobState, plan: Plan, *, token: str) -> JobState:
    """Turn a plan into shots. Done once, before anything is drawn.

    Raises:
        JobIsFinal, LeaseLost: the right has ended.
        IllegalTransition: there is a plan already.
    """
    key = WorkKey(stage=Stage.KEYFRAMES)
    _held(state, key, token)
    if state.job.plan:
        raise IllegalTransition("the job is planned already")
    shots = tuple(Shot(index=index, **dict(planned)) for index, planned in enumerate(plan.shots))
    summary = PlanSummary(title=plan.title, style=plan.style, characters=plan.characters)
    return state.evolve(
        job=state.job.evolve(plan=summary),
        shots=shots,
        progress=state.progress.evolve(shots_total=len(shots)),
    ).tell("job.planned", key, shots=len(shots))


def keyframe_drawn(state: JobState, shot_index: int, *, path: str, token: str, crc32c: str = "") -> JobState:
    """Record a shot's keyframe; the last one ends the stage.

    Raises:
        JobIsFinal, LeaseLost: the right has ended.
        IllegalTransition: the shot has a keyframe already.
    """
    key = WorkKey(stage=Stage.KEYFRAMES)
    work = _held(state, key, token)
    render = WorkKey(stage=Stage.RENDER, shot=shot_index)
    shot = _shot(state, render, expected=ShotStatus.PLANNED)
    state = state.with_work(
        render, shot.evolve(status=ShotStatus.DRAWN, keyframe=path, keyframe_crc32c=crc32c)
    )
    state = state.evolve(progress=state.progress.evolve(keyframes_drawn=state.progress.keyframes_drawn + 1))
    state = state.tell("keyframe.drawn", key, shot_index=shot_index)
    if any(shot.status is ShotStatus.PLANNED for shot in state.shots):
        return state
    return state.with_work(key, work.evolve(lease=None, done=True)).evolve(
        job=state.job.evolve(stage=Stage.RENDER)
    )


def paid_call_begins(state: JobState, key: WorkKey, *, submission: str, token: str) -> JobState:
    """Save that a paid call is about to be made, so that a crash during it is noticed.

    Raises:
        JobIsFinal, LeaseLost: the right has ended.
        IllegalTransition: a call has begun already, or the shot is not ready for one.
    """
    _held(state, key, token)
    shot = _shot(state, key, expected=ShotStatus.DRAWN)
    if shot.submission:
        raise IllegalTransition(f"{key} has begun a paid call already")
    return state.with_work(key, shot.evolve(submission=submission)).tell("submission.saved", key)


def operation_started(state: JobState, key: WorkKey, *, name: str, now: datetime, token: str) -> JobState:
    """Save a provider's name for a paid call it has accepted; what follows is a poll.

    Raises:
        JobIsFinal, LeaseLost: the right has ended.
        IllegalTransition: no call was begun, or one is running already.
    """
    _held(state, key, token)
    shot = _shot(state, key, expected=ShotStatus.DRAWN)
    if not shot.submission or shot.operation:
        raise IllegalTransition(f"{key} has no paid call that could have started")
    running = shot.evolve(
        operation=Operation(operation_name=name, started_at=now), lease=None, step=shot.step + 1
    )
    return state.with_work(key, running).tell("operation.started", key)


def clip_rendered(
    state: JobState,
    key: WorkKey,
    *,
    path: str,
    token: str,
    crc32c: str = "",
    charge: Charge | None = None,
) -> JobState:
    """Record a shot's clip, and what it cost.

    Raises:
        JobIsFinal, LeaseLost: the right has ended.
        IllegalTransition: the shot has a clip already, or no keyframe.
    """
    _held(state, key, token)
    shot = _shot(state, key, expected=ShotStatus.DRAWN)
    charges = (*shot.charges, charge) if charge else shot.charges
    state = state.with_work(
        key,
        shot.evolve(status=ShotStatus.RENDERED, clip=path, clip_crc32c=crc32c, lease=None, charges=charges),
    )
    progress = state.progress.evolve(
        clips_rendered=state.progress.clips_rendered + 1,
        spent_usd_micros=state.progress.spent_usd_micros + (charge.usd_micros if charge else 0),
    )
    return state.evolve(progress=progress).tell("clip.rendered", key)


def complete(state: JobState, artifact: Artifact, *, now: datetime, token: str) -> JobState:
    """End the job with its video.

    Raises:
        JobIsFinal, LeaseLost: the right has ended.
    """
    key = WorkKey(stage=Stage.FINALIZE)
    work = _held(state, key, token)
    job = _moved(state.job, Status.COMPLETED).evolve(artifact=artifact, progress_percent=100, finished_at=now)
    return state.with_work(key, work.evolve(lease=None, done=True)).evolve(job=job).tell("job.completed", key)


def fail(state: JobState, now: datetime, *, failure: JobFailure) -> JobState:
    """End the job with the reason why there is no video.

    Raises:
        JobIsFinal: it has ended already.
    """
    error = JobError(code=failure.code, message=str(failure), shot=failure.shot)
    job = _moved(state.job, Status.FAILED).evolve(
        error=error, progress_percent=percent(state.job, state.progress), finished_at=now
    )
    return _without_leases(state).evolve(job=job).tell("job.failed", code=error.code, shot_index=error.shot)


def fail_work(state: JobState, key: WorkKey, failure: JobFailure, *, now: datetime, token: str) -> JobState:
    """End the job because a piece of work failed for good.

    Raises:
        JobIsFinal, LeaseLost: the right to do so has ended.
    """
    _held(state, key, token)
    return fail(state, now, failure=failure)


def cancel(state: JobState, now: datetime) -> JobState:
    """End the job because its owner said so. Running work notices and stops.

    Raises:
        JobIsFinal: it has ended already.
    """
    job = _moved(state.job, Status.CANCELLED).evolve(
        progress_percent=percent(state.job, state.progress), finished_at=now
    )
    return _without_leases(state).evolve(job=job).tell("job.cancelled")


def _begun(state: JobState, key: WorkKey, now: datetime) -> JobState:
    job = state.job
    if job.status is Status.QUEUED:
        job = _moved(job, Status.IN_PROGRESS).evolve(started_at=now)
    if key.stage is Stage.FINALIZE:
        job = job.evolve(stage=Stage.FINALIZE)
    return state.evolve(job=job)


def _moved(job: Job, status: Status) -> Job:
    _not_final(job)
    if status not in STATUS_AFTER[job.status]:
        raise IllegalTransition(f"a job that is {job.status} cannot become {status}")
    return job.evolve(status=status)


def _not_final(job: Job) -> None:
    if job.status.is_final:
        raise JobIsFinal(f"the job is {job.status}")


def _held(state: JobState, key: WorkKey, token: str) -> StageWork | Shot:
    _not_final(state.job)
    work = state.work(key)
    if work.lease is None or work.lease.token != token:
        raise LeaseLost(f"{key} is leased by another worker, or by none")
    return work


def _shot(state: JobState, key: WorkKey, *, expected: ShotStatus) -> Shot:
    shot = state.work(key)
    if not isinstance(shot, Shot) or shot.status is not expected:
        raise IllegalTransition(f"{key} is not {expected}")
    return shot


def _is_done(work: Work) -> bool:
    if isinstance(work, Shot):
        return work.status is ShotStatus.RENDERED
    return isinstance(work, StageWork) and work.done


def _is_due(state: JobState, key: WorkKey) -> bool:
    return any(due.task.key == key for due in due_tasks(state))


def _without_leases(state: JobState) -> JobState:
    shots = tuple(shot.evolve(lease=None) if shot.lease else shot for shot in state.shots)
    stages = {
        name: work.evolve(lease=None)
        for name, work in (("keyframes", state.keyframes), ("finalize", state.finalize))
        if work.lease
    }
    return state.evolve(shots=shots, **stages)
