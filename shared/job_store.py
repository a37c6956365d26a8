"""Firestore: reads of a job, and every change of it as compare-and-set. Knows the state, not what it means.

Read-write transactions are never used: contended ones are slow in production and unusable on the emulator.
"""

import secrets
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

import structlog
from google.api_core import exceptions as google
from google.cloud import firestore
from pydantic import AwareDatetime

from shared import news
from shared.documents import (
    OPERATIONS,
    Glance,
    JobDocuments,
    Snapshot,
    glance,
    read,
    write_changes,
    write_new,
)
from shared.domain.errors import Contended, IdempotencyKeyReused, NotFound, StoreUnavailable, Superseded
from shared.domain.job import SCHEMA_VERSION, JobState, WorkKey
from shared.domain.model import Record
from shared.firestore_calls import MAX_COLLISIONS, ONCE, TIMEOUT_SECONDS
from shared.firestore_calls import pause as _pause
from shared.firestore_calls import translated as _translated
from shared.repeats import write_accepted

log = structlog.get_logger()

OUTAGE_PAUSE_SECONDS = 0.25
"""Between two tries of a patient caller while Firestore does not answer."""

BATCH = 300
"""Documents deleted at once."""

Step = Callable[[JobState, datetime], JobState]
"""A transition with its arguments filled in: (state, Firestore's clock) -> next state."""

Shots = Sequence[int] | Literal["all"]
"""Which shots of a job to read: these, or all of them."""

ALL: Literal["all"] = "all"


class IdempotencyRecord(Record):
    """What a client's idempotency key stands for."""

    job_id: str
    request_hash: str
    expire_at: AwareDatetime
    schema_version: int = SCHEMA_VERSION


@dataclass
class _Attempt:
    """One change, however often it is tried."""

    job_id: str
    step: Step
    shots: Shots
    fence: WorkKey | None
    beside_job: bool
    receipt: str
    """Names the change's events, so that one whose answer got lost is recognised."""
    is_retry: bool = False
    unanswered: tuple[JobState, JobState] | None = None
    """What a commit was to change, and into what, if Firestore has not said whether it did."""


class JobStore:
    """The state of all jobs.

    Every method raises StoreUnavailable within about 2 s when Firestore does not answer.
    """

    def __init__(self, db: firestore.Client) -> None:
        self._db = db

    def create(
        self,
        state: JobState,
        *,
        idempotency_id: str | None = None,
        request_hash: str = "",
        is_claimed: bool = False,
    ) -> tuple[JobState, bool]:
        """Store a new job, with what its idempotency key stands for.

        Args:
            is_claimed: the job has a claim, which is accepted with it.

        Returns:
            The job as stored and True; or the job that the key already stands for and False.

        Raises:
            IdempotencyKeyReused: the key stands for another request.
            Superseded: the claim was revoked; nothing is stored.
            Contended: others used the same key at the same time.
        """
        receipt = secrets.token_hex(8)
        for collisions in range(MAX_COLLISIONS):
            try:
                return self._commit_new(state, receipt, idempotency_id, request_hash, is_claimed), True
            except google.AlreadyExists:
                existing = self.standing_for(idempotency_id, request_hash)
                if existing:
                    if existing.job.job_id == state.job.job_id:  # stored, though the answer to it was lost
                        news.tell(state, state)
                    return existing, False
            except google.NotFound as error:
                raise Superseded("a repeat of this request has taken its place") from error
            except google.Aborted:
                _pause(collisions)
            except StoreUnavailable:
                _tell_unanswered(state)
                raise
        raise Contended(f"the Idempotency-Key was used {MAX_COLLISIONS} times at once")

    def standing_for(self, idempotency_id: str | None, request_hash: str) -> JobState | None:
        """Return the job that an idempotency key stands for; once that is gone the key is free: None.

        Raises:
            IdempotencyKeyReused: the key stands for another request.
        """
        if idempotency_id is None:
            return None
        reference = self._idempotency(idempotency_id)
        with _translated():
            document = reference.get(retry=None, timeout=TIMEOUT_SECONDS)
        if not document.exists:
            return None
        record = IdempotencyRecord.model_validate(document.to_dict())
        if record.expire_at > document.read_time:
            state = self.standing(record.job_id)
            if state:
                return _the_same(state, record, request_hash)
        unchanged = self._db.write_option(last_update_time=document.update_time)
        with _translated(), suppress(google.FailedPrecondition):
            reference.delete(option=unchanged, retry=None, timeout=TIMEOUT_SECONDS)
        return None

    def standing(self, job_id: str) -> JobState | None:
        """Return a job with all of its shots, of which renders may be due; None if it is gone or deleted."""
        with suppress(NotFound):
            state = self.load(job_id, shots=ALL).state
            return None if state.job.deleted_at else state
        return None

    def glance(self, job_id: str) -> Glance:
        """Read a job and its counters: enough to tell how it stands, and half the cost of loading it.

        Raises:
            NotFound: there is no such job.
        """
        documents = JobDocuments(self._db, job_id)
        with _translated():
            wanted = [documents.job, documents.progress]
            found = list(self._db.get_all(wanted, retry=None, timeout=TIMEOUT_SECONDS))
        seen = glance(documents, found)
        if seen is None:
            raise NotFound(f"there is no job {job_id}")
        return seen

    def load(self, job_id: str, *, shots: Shots = ()) -> Snapshot:
        """Read a job, its counters, its stages and the shots asked for.

        Raises:
            NotFound: there is no such job.
        """
        documents = JobDocuments(self._db, job_id)
        wanted = [documents.job, documents.progress, documents.keyframes, documents.finalize]
        if shots != ALL:
            wanted += [documents.shot(index) for index in shots]
        with _translated():
            found = list(self._db.get_all(wanted, retry=None, timeout=TIMEOUT_SECONDS))
            if shots == ALL:
                found += documents.shots.get(retry=ONCE, timeout=TIMEOUT_SECONDS)
        snapshot = read(documents, found)
        if snapshot is None:
            raise NotFound(f"there is no job {job_id}")
        return snapshot

    def change(
        self,
        job_id: str,
        step: Step,
        *,
        shots: Shots,
        fence: WorkKey | None = None,
        beside_job: bool = False,
        patience: timedelta = timedelta(0),
    ) -> JobState:
        """Apply `step` to a job: read, compute, commit in one batch; again if somebody else was faster.

        Args:
            fence: nothing is written if this piece of work has changed since it was read.
            beside_job: do not verify the job; for heartbeats, which must not disturb it.
            patience: how long to try on while Firestore does not answer.

        Returns:
            The state as committed, its counters as they are after the commit. Those of the backends are left
            out when the answer to the commit got lost.

        Raises:
            NotFound: there is no such job.
            Contended: others were faster every time.
            TTVError: whatever `step` raises; then nothing is written.
        """
        attempt = _Attempt(job_id, step, shots, fence, beside_job, receipt=secrets.token_hex(8))
        give_up_at = time.monotonic() + patience.total_seconds()
        collisions = 0
        while collisions < MAX_COLLISIONS:
            try:
                return self._try(attempt)
            except (google.FailedPrecondition, google.Aborted, google.AlreadyExists) as collision:
                log.debug("store.collided", job_id=job_id, reason=type(collision).__name__)
                _pause(collisions)
                collisions += 1
            except StoreUnavailable:
                if time.monotonic() > give_up_at:
                    if attempt.unanswered:
                        _tell_unanswered(attempt.unanswered[1])
                    raise
                time.sleep(OUTAGE_PAUSE_SECONDS)
            attempt.is_retry = True
        raise Contended(f"{job_id} was changed by others {MAX_COLLISIONS} times in a row")

    def purge(self, job_id: str) -> None:
        """Delete every document of a job, the job itself last, so that one left half-purged is found again.

        May be called twice, even at once. The ledger keeps what the job has cost.
        """
        documents = JobDocuments(self._db, job_id)
        for collection in documents.parts_of_it:
            while self._delete_some(collection):
                pass
        with _translated():
            documents.job.delete(retry=None, timeout=TIMEOUT_SECONDS)

    def events(self, job_id: str) -> list[dict[str, Any]]:
        """Return what happened to a job, in order."""
        query = JobDocuments(self._db, job_id).events.order_by("at")
        with _translated():
            return [document.to_dict() or {} for document in query.get(retry=ONCE, timeout=TIMEOUT_SECONDS)]

    def operations(self, backend: str) -> int:
        """Return how many paid calls are unsettled at a video backend; others may change it at any time."""
        with _translated():
            found = self._db.document(OPERATIONS, backend).get(retry=None, timeout=TIMEOUT_SECONDS)
        return int((found.to_dict() or {}).get(OPERATIONS, 0))

    def check(self) -> None:
        """Make one cheap read, to know whether Firestore answers."""
        with _translated():
            self._db.document("switches", "ready").get(retry=None, timeout=TIMEOUT_SECONDS)

    def _commit_new(
        self,
        state: JobState,
        receipt: str,
        idempotency_id: str | None,
        request_hash: str,
        is_claimed: bool,
    ) -> JobState:
        batch = self._db.batch()
        write_new(batch, JobDocuments(self._db, state.job.job_id), state, receipt)
        if idempotency_id:
            record = IdempotencyRecord(
                job_id=state.job.job_id, request_hash=request_hash, expire_at=state.job.expire_at
            )
            batch.create(self._idempotency(idempotency_id), record.model_dump())
        if is_claimed:
            write_accepted(batch, self._db, state.job.job_id)
        with _translated():
            results = batch.commit(retry=None, timeout=TIMEOUT_SECONDS)
        news.tell(state, state)
        created_at = results[0].transform_results[0].timestamp_value
        return state.evolve(job=state.job.evolve(created_at=created_at), news=())

    def _try(self, attempt: "_Attempt") -> JobState:
        before = self.load(attempt.job_id, shots=attempt.shots)
        if attempt.is_retry and self._is_stored(attempt.job_id, attempt.receipt):
            if attempt.unanswered:
                news.tell(*attempt.unanswered)
            return before.state
        after = attempt.step(before.state, before.now)
        return after if after == before.state else self._commit(attempt, before, after)

    def _commit(self, attempt: "_Attempt", before: Snapshot, after: JobState) -> JobState:
        batch = self._db.batch()
        written = write_changes(
            batch,
            JobDocuments(self._db, attempt.job_id),
            before,
            after,
            attempt.receipt,
            fence=attempt.fence,
            beside_job=attempt.beside_job,
        )
        try:
            with _translated():
                results = batch.commit(retry=None, timeout=TIMEOUT_SECONDS)
        except StoreUnavailable:
            attempt.unanswered = before.state, after
            raise
        counts = [result.integer_value for result in results[0].transform_results]
        counted = dict(zip(written.progress, counts, strict=False))
        after = after.evolve(progress=after.progress.evolve(**counted))
        news.tell(before.state, after)
        last = results[len(results) - len(written.operations) :]
        operations = {
            backend: result.transform_results[0].integer_value
            for backend, result in zip(written.operations, last, strict=True)
        }
        return after.evolve(news=(), operations=operations)

    def _is_stored(self, job_id: str, receipt: str) -> bool:
        """Tell whether a commit whose answer got lost was carried out: its first event is there."""
        with _translated():
            return bool(
                JobDocuments(self._db, job_id)
                .event(receipt, 0)
                .get(retry=None, timeout=TIMEOUT_SECONDS)
                .exists
            )

    def _delete_some(self, collection: firestore.CollectionReference) -> bool:
        """Delete up to a batch of documents, and tell whether there may be more."""
        with _translated():
            found = collection.select([]).limit(BATCH).get(retry=ONCE, timeout=TIMEOUT_SECONDS)
            batch = self._db.batch()
            for document in found:
                batch.delete(document.reference)
            if found:
                batch.commit(retry=None, timeout=TIMEOUT_SECONDS)
        return len(found) == BATCH

    def _idempotency(self, idempotency_id: str) -> firestore.DocumentReference:
        return self._db.document("idempotency", idempotency_id)


def _tell_unanswered(state: JobState) -> None:
    """Name what is stored or not, nobody here knows: no line of its own will say so."""
    if state.news:
        names = [event.name for event in state.news]
        log.warning("store.unanswered", job_id=state.job.job_id, events=names)


def _the_same(state: JobState, record: IdempotencyRecord, request_hash: str) -> JobState:
    if record.request_hash != request_hash:
        raise IdempotencyKeyReused("this Idempotency-Key was used before with another request")
    return state
