"""Firestore: the claims that attempts at a creation leave, `repeats/{job_id}`, by which repeats are known.

Some clients repeat a call whose answer did not come, and say so by a count alone. A claim is made in the
batch that reserves limits, and accepted in the batch that creates the job. Whoever deletes it in between
keeps that attempt from ever creating its job.
"""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from google.api_core import exceptions as google
from google.cloud import firestore
from pydantic import AwareDatetime

from shared.domain.job import SCHEMA_VERSION
from shared.domain.model import Record
from shared.firestore_calls import ONCE, TIMEOUT_SECONDS, translated

LASTS = timedelta(minutes=10)
"""As long as a repeat may come after the call: the usual timeout of the clients that send a count."""

MAX_CLAIMS = 100
"""Looked at for one repeat."""


class Claim(Record):
    """One attempt at a creation."""

    job_id: str
    """Of the job it creates."""
    owner_request: str
    """Hash of who asks for what."""
    expire_at: AwareDatetime
    accepted: bool = False
    """Whether the job was created."""
    refused: bool = False
    """Whether a limit was reached, and so no job will be."""
    schema_version: int = SCHEMA_VERSION


class Standing(NamedTuple):
    """A claim as it was read."""

    claim: Claim
    update_time: Any
    """When it changed last, as Firestore says it."""


def new_claim(job_id: str, owner_request: str, now: datetime) -> Claim:
    """Return the claim of an attempt that begins."""
    return Claim(job_id=job_id, owner_request=owner_request, expire_at=now + LASTS)


def write_claim(batch: firestore.WriteBatch, db: firestore.Client, claim: Claim) -> None:
    """Add the claim of an attempt that begins to `batch`."""
    stored = claim.model_dump(exclude={"job_id"})
    batch.create(_document(db, claim.job_id), {**stored, "at": firestore.SERVER_TIMESTAMP})


def write_accepted(batch: firestore.WriteBatch, db: firestore.Client, job_id: str) -> None:
    """Add to `batch` that the job is created; the batch fails with NotFound if the claim was revoked."""
    batch.update(_document(db, job_id), {"accepted": True})


def write_refused(batch: firestore.WriteBatch, db: firestore.Client, claim: Claim) -> None:
    """Add to `batch` that the attempt was refused: a repeat of it is a new attempt, and no equal one's.

    A claim that a repeat has revoked meanwhile does not keep the batch from what else it does, and names no
    request: it is not found again.
    """
    refused = {"refused": True, "expire_at": claim.expire_at}
    batch.set(_document(db, claim.job_id), refused, merge=True)


def write_withdrawn(batch: firestore.WriteBatch, db: firestore.Client, claim: Claim) -> None:
    """Add to `batch` that the attempt came to nothing."""
    batch.delete(_document(db, claim.job_id))


class Repeats:
    """Finds claims. Every method raises StoreUnavailable within about 2 s when Firestore does not answer."""

    def __init__(self, db: firestore.Client) -> None:
        self._db = db

    def standing(self, owner_request: str) -> list[Standing]:
        """Return the claims of equal requests that are not too old, the newest first."""
        query = (
            self._db.collection("repeats")
            .where(filter=firestore.FieldFilter("owner_request", "==", owner_request))
            .order_by("at", direction=firestore.Query.DESCENDING)
            .limit(MAX_CLAIMS)
        )
        with translated():
            found = query.get(retry=ONCE, timeout=TIMEOUT_SECONDS)
        read = [(Claim.model_validate({**(each.to_dict() or {}), "job_id": each.id}), each) for each in found]
        return [Standing(claim, each.update_time) for claim, each in read if claim.expire_at > each.read_time]

    def revoke(self, standing: Standing) -> bool:
        """Keep an attempt from creating its job, unless its claim has changed since it was read.

        Returns:
            Whether it is revoked.
        """
        unchanged = self._db.write_option(last_update_time=standing.update_time)
        document = _document(self._db, standing.claim.job_id)
        try:
            with translated():
                document.delete(option=unchanged, retry=None, timeout=TIMEOUT_SECONDS)
        except (google.FailedPrecondition, google.NotFound, google.Aborted):
            return False
        return True


def _document(db: firestore.Client, job_id: str) -> firestore.DocumentReference:
    return db.document("repeats", job_id)
