"""Where each part of a job lies in Firestore, and how it is read and written there.

Knows nothing of calls, retries or outages.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

from google.cloud import firestore

from shared.domain.job import Job, JobState, Progress, Shot, StageWork, Work
from shared.domain.model import Record
from shared.domain.naming import shot_document_id

R = TypeVar("R", bound=Record)


@dataclass(frozen=True)
class JobDocuments:
    """References to the documents of one job."""

    db: firestore.Client
    job_id: str

    @property
    def job(self) -> firestore.DocumentReference:
        return self.db.document("jobs", self.job_id)

    @property
    def progress(self) -> firestore.DocumentReference:
        return self.db.document("jobs", self.job_id, "state", "progress")

    @property
    def keyframes(self) -> firestore.DocumentReference:
        return self.db.document("jobs", self.job_id, "stages", "keyframes")

    @property
    def finalize(self) -> firestore.DocumentReference:
        return self.db.document("jobs", self.job_id, "stages", "finalize")

    @property
    def shots(self) -> firestore.CollectionReference:
        return self.db.collection("jobs", self.job_id, "shots")

    @property
    def events(self) -> firestore.CollectionReference:
        return self.db.collection("jobs", self.job_id, "events")

    def shot(self, index: int) -> firestore.DocumentReference:
        return self.db.document("jobs", self.job_id, "shots", shot_document_id(index))

    def event(self, receipt: str, number: int) -> firestore.DocumentReference:
        return self.db.document("jobs", self.job_id, "events", f"{receipt}-{number}")

    def parts(self, state: JobState) -> Iterator[tuple[firestore.DocumentReference, Job | Work]]:
        """Pair each document that is changed by compare-and-set with its contents."""
        yield self.job, state.job
        yield self.keyframes, state.keyframes
        yield self.finalize, state.finalize
        for shot in state.shots:
            yield self.shot(shot.index), shot


@dataclass(frozen=True)
class Snapshot:
    """A job as read, with what a compare-and-set needs to know of the reading."""

    state: JobState
    now: datetime
    """Firestore's clock at the reading."""
    update_times: dict[str, Any]
    """Document path -> when it last changed; a document that does not exist is missing here."""


class Glance(NamedTuple):
    """How a job stands, without any of its work."""

    job: Job
    progress: Progress


def glance(documents: JobDocuments, found: Iterable[firestore.DocumentSnapshot[Any]]) -> Glance | None:
    """Put together how a job stands; None when there is no such job."""
    by_path = {document.reference.path: document for document in found}
    job = by_path[documents.job.path]
    if not job.exists:
        return None
    return Glance(_decoded(Job, job), _decoded(Progress, by_path[documents.progress.path]))


def read(documents: JobDocuments, found: Iterable[firestore.DocumentSnapshot[Any]]) -> Snapshot | None:
    """Put a job together from its documents; None when there is no such job."""
    by_path = {document.reference.path: document for document in found}
    job = by_path[documents.job.path]
    if not job.exists:
        return None
    fixed = {documents.job.path, documents.progress.path, documents.keyframes.path, documents.finalize.path}
    shots = [document for path, document in sorted(by_path.items()) if path not in fixed and document.exists]
    return Snapshot(
        state=JobState(
            job=_decoded(Job, job),
            progress=_decoded(Progress, by_path[documents.progress.path]),
            keyframes=_decoded(StageWork, by_path[documents.keyframes.path]),
            finalize=_decoded(StageWork, by_path[documents.finalize.path]),
            shots=tuple(_decoded(Shot, shot) for shot in shots),
        ),
        now=job.read_time,
        update_times={path: document.update_time for path, document in by_path.items() if document.exists},
    )


def write_new(batch: firestore.WriteBatch, documents: JobDocuments, state: JobState, receipt: str) -> None:
    """Add a whole new job to `batch`; its first write returns the creation time as transform result."""
    expiry = {"expire_at": state.job.expire_at}
    batch.create(documents.job, {**state.job.model_dump(), "created_at": firestore.SERVER_TIMESTAMP})
    batch.create(documents.progress, {**state.progress.model_dump(), **expiry})
    _write_news(batch, documents, state, receipt)


def write_changes(
    batch: firestore.WriteBatch, documents: JobDocuments, before: Snapshot, after: JobState, receipt: str
) -> tuple[str, ...]:
    """Add to `batch` what turns `before` into `after`, each change conditional on nobody else's.

    The job is verified even where it does not change, so nothing is written once it is final. A job that
    becomes final is verified together with all work that was loaded, so that none of it stays leased.

    Returns:
        The counters that the first write of the batch increments, in the order of its transform results.
    """
    increments = after.progress.minus(before.state.progress)
    if increments:
        batch.update(documents.progress, {name: firestore.Increment(by) for name, by in increments.items()})
    ends = after.job.status.is_final
    known = {reference.path: part for reference, part in documents.parts(before.state)}
    for reference, part in documents.parts(after):
        was = known.get(reference.path)
        if reference.path not in before.update_times:
            if part != was:
                batch.create(reference, {**part.model_dump(), "expire_at": after.job.expire_at})
        elif part != was or reference.path == documents.job.path or ends:
            unchanged_since = firestore.Client.write_option(
                last_update_time=before.update_times[reference.path]
            )
            batch.update(reference, _changed_fields(was, part), option=unchanged_since)
    _write_news(batch, documents, after, receipt)
    return tuple(sorted(increments))


def _changed_fields(before: Job | Work | None, after: Job | Work) -> dict[str, Any]:
    """Return what an update must set. Naming an equal revision changes nothing, and so only verifies."""
    old = before.model_dump() if before else {}
    changed = {name: value for name, value in after.model_dump().items() if old.get(name) != value}
    return {**changed, "revision": after.revision + (1 if changed else 0)}


def _write_news(batch: firestore.WriteBatch, documents: JobDocuments, state: JobState, receipt: str) -> None:
    for number, event in enumerate(state.news):
        stamped = {"at": firestore.SERVER_TIMESTAMP, "expire_at": state.job.expire_at}
        batch.create(documents.event(receipt, number), {**event.model_dump(), **stamped})


def _decoded(model: type[R], document: firestore.DocumentSnapshot[Any]) -> R:
    return model.model_validate(document.to_dict() or {})
