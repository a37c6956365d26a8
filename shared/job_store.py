"""Firestore: reads of a job, and every change of it as compare-and-set. Knows the state, not what it means.

Read-write transactions are never used: contended ones are slow in production and unusable on the emulator.
"""

import random
import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, Literal

import structlog
from google.api_core import exceptions as google
from google.cloud import firestore

from shared.documents import Glance, JobDocuments, Snapshot, glance, read, write_changes, write_new
from shared.domain.errors import Contended, IdempotencyKeyReused, NotFound, StoreUnavailable
from shared.domain.job import Job, JobState, Status
from shared.domain.model import Record

TIMEOUT_SECONDS = 2.0
"""Of every call. The client's default is to retry a dead store for more than four minutes."""

log = structlog.get_logger()

OUTAGE_PAUSE_SECONDS = 0.25
"""Between two tries of a patient caller while Firestore does not answer."""

MAX_COLLISIONS = 12
"""Lost races for one document before we give up; with the pauses below, about 2 s."""

Step = Callable[[JobState, datetime], JobState]
"""A transition with its arguments filled in: (state, Firestore's clock) -> next state."""

Shots = Sequence[int] | Literal["all"]
"""Which shots of a job to read: these, or all of them."""

ALL: Literal["all"] = "all"


class IdempotencyRecord(Record):
    """What a client's idempotency key stands for."""

    job_id: str
    request_hash: str


class JobStore:
    """The state of all jobs.

    Every method raises StoreUnavailable within about 2 s when Firestore does not answer.
    """

    def __init__(self, db: firestore.Client) -> None:
        self._db = db

    def create(
        self, state: JobState, *, idempotency_id: str | None = None, request_hash: str = ""
    ) -> tuple[Job, bool]:
        """Store a new job, with what its idempotency key stands for.

        Returns:
            The job as stored and True; or the job that the key already stands for and False.

        Raises:
            IdempotencyKeyReused: the key stands for another request.
        """
        documents = JobDocuments(self._db, state.job.job_id)
        batch = self._db.batch()
        write_new(batch, documents, state, receipt=secrets.token_hex(8))
        if idempotency_id:
            record = IdempotencyRecord(job_id=state.job.job_id, request_hash=request_hash)
            batch.create(
                self._idempotency(idempotency_id), {**record.model_dump(), "expire_at": state.job.expire_at}
            )
        try:
            with _translated():
                results = batch.commit(retry=None, timeout=TIMEOUT_SECONDS)
        except google.AlreadyExists:
            return self._already_created(state.job.job_id, idempotency_id, request_hash)
        log.debug("store.committed", job_id=state.job.job_id, events=[event.name for event in state.news])
        created_at = results[0].transform_results[0].timestamp_value
        return state.job.evolve(created_at=created_at), True

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
                found += documents.shots.get(retry=None, timeout=TIMEOUT_SECONDS)
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
        patience: timedelta = timedelta(0),
    ) -> JobState:
        """Apply `step` to a job: read, compute, commit in one batch; again if somebody else was faster.

        Args:
            patience: how long to try on while Firestore does not answer.

        Returns:
            The state as committed, its counters as they are after the commit.

        Raises:
            NotFound: there is no such job.
            Contended: others were faster every time.
            TTVError: whatever `step` raises; then nothing is written.
        """
        receipt = secrets.token_hex(8)
        give_up_at = time.monotonic() + patience.total_seconds()
        collisions, is_retry = 0, False
        while collisions < MAX_COLLISIONS:
            try:
                return self._try_to_change(job_id, step, shots, receipt, is_retry=is_retry)
            except (google.FailedPrecondition, google.Aborted, google.AlreadyExists) as collision:
                log.debug("store.collided", job_id=job_id, reason=type(collision).__name__)
                time.sleep(random.uniform(0, 0.002 * 2 ** min(collisions, 8)))  # noqa: S311 - jitter
                collisions += 1
            except StoreUnavailable:
                if time.monotonic() > give_up_at:
                    raise
                time.sleep(OUTAGE_PAUSE_SECONDS)
            is_retry = True
        raise Contended(f"{job_id} was changed by others {MAX_COLLISIONS} times in a row")

    def active_jobs(self, limit: int) -> list[str]:
        """Return the ids of jobs that are not final, oldest first."""
        unfinished = [status for status in Status if not status.is_final]
        query = (
            self._db.collection("jobs")
            .where(filter=firestore.FieldFilter("status", "in", unfinished))
            .order_by("created_at")
            .limit(limit)
        )
        with _translated():
            return [document.id for document in query.get(retry=None, timeout=TIMEOUT_SECONDS)]

    def events(self, job_id: str) -> list[dict[str, Any]]:
        """Return what happened to a job, in order."""
        query = JobDocuments(self._db, job_id).events.order_by("at")
        with _translated():
            return [document.to_dict() or {} for document in query.get(retry=None, timeout=TIMEOUT_SECONDS)]

    def key_owner(self, api_key_id: str) -> str | None:
        """Return who an API key belongs to; None if it is unknown or disabled."""
        with _translated():
            document = self._db.document("api_keys", api_key_id).get(retry=None, timeout=TIMEOUT_SECONDS)
        stored = document.to_dict() or {"disabled": True}
        return None if stored.get("disabled") else str(stored["owner"])

    def save_key(self, api_key_id: str, owner: str) -> None:
        """Let an API key in."""
        with _translated():
            self._db.document("api_keys", api_key_id).set(
                {"owner": owner, "disabled": False}, retry=None, timeout=TIMEOUT_SECONDS
            )

    def check(self) -> None:
        """Make one cheap read, to know whether Firestore answers."""
        with _translated():
            self._db.document("switches", "ready").get(retry=None, timeout=TIMEOUT_SECONDS)

    def _try_to_change(
        self, job_id: str, step: Step, shots: Shots, receipt: str, *, is_retry: bool
    ) -> JobState:
        before = self.load(job_id, shots=shots)
        if is_retry and self._is_stored(job_id, receipt):
            return before.state
        after = step(before.state, before.now)
        return after if after == before.state else self._commit(before, after, receipt)

    def _commit(self, before: Snapshot, after: JobState, receipt: str) -> JobState:
        batch = self._db.batch()
        documents = JobDocuments(self._db, after.job.job_id)
        counters = write_changes(batch, documents, before, after, receipt)
        with _translated():
            results = batch.commit(retry=None, timeout=TIMEOUT_SECONDS)
        log.debug("store.committed", job_id=after.job.job_id, events=[event.name for event in after.news])
        counts = [result.integer_value for result in results[0].transform_results]
        counted = dict(zip(counters, counts, strict=False))
        return after.evolve(progress=after.progress.evolve(**counted), news=())

    def _is_stored(self, job_id: str, receipt: str) -> bool:
        """Tell whether a commit whose answer got lost was carried out: its first event is there."""
        with _translated():
            return bool(
                JobDocuments(self._db, job_id)
                .event(receipt, 0)
                .get(retry=None, timeout=TIMEOUT_SECONDS)
                .exists
            )

    def _already_created(
        self, job_id: str, idempotency_id: str | None, request_hash: str
    ) -> tuple[Job, bool]:
        if idempotency_id:
            with _translated():
                document = self._idempotency(idempotency_id).get(retry=None, timeout=TIMEOUT_SECONDS)
            record = IdempotencyRecord.model_validate(document.to_dict())
            if record.request_hash != request_hash:
                raise IdempotencyKeyReused("this Idempotency-Key was used before with another request")
            job_id = record.job_id
        return self.glance(job_id).job, False

    def _idempotency(self, idempotency_id: str) -> firestore.DocumentReference:
        return self._db.document("idempotency", idempotency_id)


@contextmanager
def _translated() -> Iterator[None]:
    """Turn what says that Firestore is not to be reached into StoreUnavailable."""
    try:
        yield
    except (
        google.ServerError,
        google.TooManyRequests,
        google.RetryError,
        google.Cancelled,
    ) as error:
        raise StoreUnavailable(f"Firestore did not answer: {type(error).__name__}") from error
