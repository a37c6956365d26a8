"""What every step asks before it changes a job. Each guard returns what it has checked, or raises."""

from collections.abc import Mapping

from shared.domain.errors import IllegalTransition, JobIsFinal, LeaseLost
from shared.domain.job import Job, JobState, Shot, ShotStatus, StageWork, Status, Submission, WorkKey

STATUS_AFTER: Mapping[Status, frozenset[Status]] = {
    Status.QUEUED: frozenset({Status.IN_PROGRESS, Status.FAILED, Status.CANCELLED}),
    Status.IN_PROGRESS: frozenset({Status.COMPLETED, Status.FAILED, Status.CANCELLED}),
    Status.COMPLETED: frozenset(),
    Status.FAILED: frozenset(),
    Status.CANCELLED: frozenset(),
}
"""The whole life of a job: from each status, those that may follow."""


def not_final(job: Job) -> None:
    """Raise JobIsFinal of a job that has ended."""
    if job.status.is_final:
        raise JobIsFinal(f"the job is {job.status}")


def moved(job: Job, status: Status) -> Job:
    """Return a job with another status.

    Raises:
        JobIsFinal, IllegalTransition: that does not follow on the one it has.
    """
    not_final(job)
    if status not in STATUS_AFTER[job.status]:
        raise IllegalTransition(f"a job that is {job.status} cannot become {status}")
    return job.evolve(status=status)


def held(state: JobState, key: WorkKey, token: str) -> StageWork | Shot:
    """Return a piece of work that `token` gives the right to.

    Raises:
        JobIsFinal, LeaseLost: the right has ended.
    """
    not_final(state.job)
    work = state.work(key)
    if work.lease is None or work.lease.token != token:
        raise LeaseLost(f"{key} is leased by another worker, or by none")
    return work


def shot_that_is(state: JobState, key: WorkKey, expected: ShotStatus) -> Shot:
    """Return a shot of that status.

    Raises:
        IllegalTransition: it has another, or `key` names no shot.
    """
    shot = state.work(key)
    if not isinstance(shot, Shot) or shot.status is not expected:
        raise IllegalTransition(f"{key} is not {expected}")
    return shot


def submitted(state: JobState, key: WorkKey, submission_id: str) -> tuple[Shot, Submission]:
    """Return the shot whose current paid call that is, and the call.

    Raises:
        IllegalTransition: it has another, or none.
    """
    shot = shot_that_is(state, key, ShotStatus.DRAWN)
    if shot.submission is None or shot.submission.submission_id != submission_id:
        raise IllegalTransition(f"{key} has another paid call than {submission_id}, or none")
    return shot, shot.submission
