"""Takes a new job in: reserves its place, stores its pictures and then itself, enqueues its first task.

Knows no HTTP.
"""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from datetime import timedelta
from types import MappingProxyType

import structlog

from shared import wiring
from shared.domain.due_tasks import due_tasks
from shared.domain.errors import TooManyRunning, TTVError, Unavailable
from shared.domain.job import JobState, Status
from shared.domain.naming import objects_prefix

PATIENCE = timedelta(seconds=3)
"""How long to try on while Cloud Storage does not answer: a caller waits."""

NO_PICTURES: Mapping[str, bytes] = MappingProxyType({})

log = structlog.get_logger()


def accept(
    new: JobState,
    *,
    idempotency_id: str | None,
    request_hash: str,
    pictures: Mapping[str, bytes] = NO_PICTURES,
) -> JobState:
    """Store a new job and enqueue its first task: then, and only then, it is accepted.

    Args:
        pictures: object path -> PNG, of every picture that the job names. Unless the job may have been
            stored, none of them stays.

    Returns:
        The job; or the one that the idempotency key already stands for, whose task is enqueued too.

    Raises:
        TooManyRunning: its owner has as many unfinished videos as are permitted.
        IdempotencyKeyReused: the key stands for another request.
        Unavailable, Contended: it may be stored, but is not accepted.
    """
    state = _stored(new, idempotency_id, request_hash, pictures)
    if state.job.status is Status.QUEUED:
        for due in due_tasks(state):
            wiring.task_queue().enqueue(due.task)
    return state


def _stored(
    new: JobState, idempotency_id: str | None, request_hash: str, pictures: Mapping[str, bytes]
) -> JobState:
    store, limits, owner = wiring.job_store(), wiring.limits(), new.job.owner
    if pictures and (accepted_before := store.standing_for(idempotency_id, request_hash)):
        return accepted_before  # asked first, since pictures are dearer to store than a key is to read
    try:
        limits.reserve(owner, wiring.settings().ttv_max_running_videos)
    except TooManyRunning:
        accepted_before = store.standing_for(idempotency_id, request_hash)
        if accepted_before is None:
            raise
        return accepted_before
    with ExitStack() as undoing:
        undoing.callback(_give_back, owner)
        if pictures:
            undoing.callback(_discard, new.job.job_id)
            new = _with_stored(new, pictures)
        undo = undoing.pop_all()
    try:
        state, is_new = store.create(new, idempotency_id=idempotency_id, request_hash=request_hash)
    except Unavailable:
        raise  # it may have been stored after all, so the sweep is to say what is reserved
    except TTVError:
        undo.close()
        raise
    if is_new or state.job.job_id == new.job.job_id:  # stored, though the answer to it was lost
        job = state.job
        log.info("job.accepted", job_id=job.job_id, seconds=job.config.seconds, model=job.config.model)
    else:
        undo.close()
    return state


def _with_stored(new: JobState, pictures: Mapping[str, bytes]) -> JobState:
    """Store the pictures of a job, and return it with their checksums."""
    objects, job = wiring.object_store(), new.job
    with ThreadPoolExecutor(len(pictures)) as at_once:
        checksums = at_once.map(
            lambda path: objects.put(path, pictures[path], "image/png", patience=PATIENCE), pictures
        )
        crc32c = dict(zip(pictures, checksums, strict=True))
    references = tuple(each.evolve(crc32c=crc32c[each.path]) for each in job.reference_images)
    initial = job.initial_image and job.initial_image.evolve(crc32c=crc32c[job.initial_image.path])
    return new.evolve(job=job.evolve(reference_images=references, initial_image=initial))


def _discard(job_id: str) -> None:
    """Delete the pictures of a job that came to nothing."""
    try:
        wiring.object_store().delete_prefix(objects_prefix(job_id), patience=PATIENCE)
    except Unavailable as error:
        log.warning("pictures.left_behind", job_id=job_id, reason=error.code)


def _give_back(owner: str) -> None:
    with suppress(Unavailable):  # then the sweep does it
        wiring.limits().release(owner)
