"""Takes a new job in: reserves its place, stores it, enqueues its first task. Knows no HTTP."""

from contextlib import suppress

import structlog

from shared import wiring
from shared.domain.due_tasks import due_tasks
from shared.domain.errors import TooManyRunning, TTVError, Unavailable
from shared.domain.job import JobState, Status

log = structlog.get_logger()


def accept(new: JobState, *, idempotency_id: str | None, request_hash: str) -> JobState:
    """Store a new job and enqueue its first task: then, and only then, it is accepted.

    Returns:
        The job; or the one that the idempotency key already stands for, whose task is enqueued too.

    Raises:
        TooManyRunning: its owner has as many unfinished videos as are permitted.
        IdempotencyKeyReused: the key stands for another request.
        Unavailable, Contended: it may be stored, but is not accepted.
    """
    state = _stored(new, idempotency_id, request_hash)
    if state.job.status is Status.QUEUED:
        for due in due_tasks(state):
            wiring.task_queue().enqueue(due.task)
    return state


def _stored(new: JobState, idempotency_id: str | None, request_hash: str) -> JobState:
    store, limits, owner = wiring.job_store(), wiring.limits(), new.job.owner
    try:
        limits.reserve(owner, wiring.settings().ttv_max_running_videos)
    except TooManyRunning:
        accepted_before = store.standing_for(idempotency_id, request_hash)
        if accepted_before is None:
            raise
        return accepted_before
    try:
        state, is_new = store.create(new, idempotency_id=idempotency_id, request_hash=request_hash)
    except Unavailable:
        raise  # it may have been stored after all, so the sweep is to say what is reserved
    except TTVError:
        _give_back(owner)
        raise
    if is_new:
        job = state.job
        log.info("job.accepted", job_id=job.job_id, seconds=job.config.seconds, model=job.config.model)
    else:
        _give_back(owner)
    return state


def _give_back(owner: str) -> None:
    with suppress(Unavailable):  # then the sweep does it
        wiring.limits().release(owner)
