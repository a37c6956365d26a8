"""By what a request for a new job is known should it come again, and what is found and answered then.

Knows no HTTP.
"""

from typing import NamedTuple

from shared import wiring
from shared.domain.errors import Contended
from shared.domain.job import Job, JobState, Stage, Status
from shared.domain.naming import owner_request
from shared.domain.pricing import estimate_usd_micros
from shared.firestore_calls import MAX_COLLISIONS, pause


class Request(NamedTuple):
    """By what a request for a new job is known, should it come again."""

    request_hash: str
    idempotency_id: str | None
    """Document id for the idempotency key, if it has one."""
    sent_before: int | None = None
    """How often, if the client says so; of use only without an idempotency key."""

    @property
    def is_claimed(self) -> bool:
        """Whether it leaves a claim, by which a repeat finds it."""
        return self.idempotency_id is None and self.sent_before is not None

    def group(self, owner: str) -> str:
        """Name all equal requests of one owner, by which claims are found."""
        return owner_request(owner, self.request_hash)


def made_before(owner: str, request: Request, *, has_pictures: bool) -> JobState | None:
    """Look for what an equal request has made, before anything is reserved, where that is worth a read.

    It is for what says that it is a repeat, and for pictures: they are dearer to store than a key is to read.

    Raises:
        IdempotencyKeyReused: its key stands for another request.
        Contended: earlier attempts changed each time they were looked at.
    """
    if request.is_claimed and request.sent_before:
        return _taken_over(request.group(owner))
    if has_pictures:
        return wiring.job_store().standing_for(request.idempotency_id, request.request_hash)
    return None


def as_accepted(job: Job) -> Job:
    """Return a job as it was when it was accepted, whatever became of it: queued, and nothing planned."""
    if job.is_remix:  # once planned it is estimated to cost less, by what it takes over
        job = job.evolve(cost_estimate_usd_micros=estimate_usd_micros(job.config))
    return job.evolve(
        status=Status.QUEUED,
        stage=Stage.KEYFRAMES,
        plan=None,
        artifact=None,
        error=None,
        progress_percent=0,
        started_at=None,
        finished_at=None,
    )


def _taken_over(group: str) -> JobState | None:
    """Return the job that the last attempt has made; else keep that attempt from making any.

    Equal requests that were meant to be several look the same: each repeat takes the newest claim, so that
    there are as many videos as were asked for and not refused, and never more.
    """
    store, repeats = wiring.job_store(), wiring.repeats()
    for collisions in range(MAX_COLLISIONS):
        for newest in repeats.standing(group):
            if not newest.claim.accepted:
                if repeats.revoke(newest):
                    return None
                break  # it has changed
            if state := store.standing(newest.claim.job_id):
                return state
        else:
            return None
        pause(collisions)
    raise Contended(f"attempts at this request changed {MAX_COLLISIONS} times in a row")
