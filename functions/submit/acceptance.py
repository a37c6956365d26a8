"""Takes a new job in: reserves its place, stores its pictures and then itself, enqueues its first task.

Knows no HTTP.
"""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from datetime import timedelta
from types import MappingProxyType
from typing import NamedTuple

import structlog

from functions.submit.replay import Request, made_before
from shared import wiring
from shared.domain.due_tasks import due_tasks
from shared.domain.errors import Contended, LimitReached, TTVError, Unavailable
from shared.domain.job import Job, JobState, Status
from shared.domain.naming import objects_prefix
from shared.domain.rate import Rate
from shared.domain.spending import month_of
from shared.limits import Permitted, Reservation
from shared.repeats import new_claim

PATIENCE = timedelta(seconds=3)
"""How long to try on while Cloud Storage does not answer: a caller waits."""

NO_PICTURES: Mapping[str, bytes] = MappingProxyType({})

log = structlog.get_logger()


class Accepted(NamedTuple):
    """A job that is taken in."""

    job: Job
    is_replay: bool
    """Whether an earlier request has made it."""
    rate: Rate
    """How its owner stands in this minute."""


def accept(
    new: JobState, request: Request, permitted: Permitted, pictures: Mapping[str, bytes] = NO_PICTURES
) -> Accepted:
    """Store a new job and enqueue its first task: then, and only then, it is accepted.

    Args:
        pictures: object path -> PNG, of every picture that the job names. Unless the job may have been
            stored, none of them stays.

    Returns:
        The job; or the one that an equal request has made before, whose task is enqueued too. A replay uses
        nothing of any limit.

    Raises:
        LimitReached: its owner has used up what is permitted.
        IdempotencyKeyReused: the key stands for another request.
        Superseded: a repeat of the request has taken its place.
        Unavailable, Contended: it may be stored, but is not accepted.
    """
    wanted = _reservation(new.job, request)
    new = new.evolve(job=new.job.evolve(spend_month=month_of(wanted.at)))
    state, is_replay, rate = _stored(new, request, wanted, permitted, pictures)
    if state.job.status is Status.QUEUED:
        for due in due_tasks(state):
            wiring.task_queue().enqueue(due.task)
    return Accepted(state.job, is_replay, rate)


class _Stored(NamedTuple):
    state: JobState
    is_replay: bool
    rate: Rate


def _stored(
    new: JobState, request: Request, wanted: Reservation, permitted: Permitted, pictures: Mapping[str, bytes]
) -> _Stored:
    store, limits = wiring.job_store(), wiring.limits()
    earlier = made_before(new.job.owner, request, has_pictures=bool(pictures))
    if earlier:
        return _Stored(earlier, True, limits.rate(wanted, permitted))
    try:
        rate = limits.reserve(wanted, permitted)
    except LimitReached as error:
        earlier = store.standing_for(request.idempotency_id, request.request_hash)
        if earlier is None:
            raise
        return _Stored(earlier, True, error.rate)
    with ExitStack() as undoing:
        undoing.callback(_give_back, wanted)
        if pictures:
            undoing.callback(_discard, new.job.job_id)
            new = _with_stored(new, pictures)
        undo = undoing.pop_all()
    try:
        state, is_new = store.create(
            new,
            idempotency_id=request.idempotency_id,
            request_hash=request.request_hash,
            is_claimed=request.is_claimed,
        )
    except Unavailable:
        raise  # it may have been stored after all, so the sweep is to say what is reserved
    except TTVError:
        undo.close()
        raise
    if is_new or state.job.job_id == new.job.job_id:  # stored, though the answer to it was lost
        return _Stored(state, False, rate)
    undo.close()
    return _Stored(state, True, rate._replace(used=rate.used - 1))


def _reservation(job: Job, request: Request) -> Reservation:
    group = request.group(job.owner)
    claim = new_claim(job.job_id, group, job.created_at) if request.is_claimed else None
    return Reservation(job.owner, job.cost_estimate_usd_micros, job.created_at, claim)


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


def _give_back(reserved: Reservation) -> None:
    with suppress(Unavailable, Contended):  # then the sweep does it
        wiring.limits().release(reserved)
