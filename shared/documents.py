"""Where each part of a job lies in Firestore, and how it is read and written there.

Knows nothing of calls, retries or outages.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

from google.cloud import firestore

from shared.domain.charges import new_charges
from shared.domain.job import (
    SCHEMA_VERSION,
    Job,
    JobState,
    Progress,
    Shot,
    Stage,
    StageWork,
    Work,
    WorkKey,
)
from shared.domain.model import Record
from shared.domain.naming import ledger_id, limits_id, shot_document_id
from shared.domain.paid_calls import unsettled_calls
from shared.domain.spending import held_usd_micros

R = TypeVar("R", bound=Record)

WANTED = {"config", "config_layers", "given_shots", "metadata"}
"""Fields of a job that say what was asked for. They are stored as JSON text: nobody queries them, Firestore
would index every value in them and permits not every name, and encoding them one by one took a third of the
time in which a job is accepted."""

OPERATIONS = "operations"
"""Also a collection: `operations/{backend}` counts the paid calls that are unsettled at a video backend."""

SPENT = "spent_usd_micros"
"""Of a limits document: month -> what is held of the spending limit."""


def limits_document(db: firestore.Client, owner: str) -> firestore.DocumentReference:
    """Refer to what an owner uses of their limits."""
    return db.document("limits", limits_id(owner))


def limits_change(owner: str, *, running: int, month: str, usd_micros: int) -> dict[str, Any]:
    """Return what to merge into that document.

    Its transform results are the numbers of running videos and of the month's spending, in this order.

    Args:
        running: by how many more videos of the owner are unfinished.
        month: in which the money counts; empty for a job of before it was counted.
        usd_micros: by how much more is held of the spending limit.
    """
    spent = {SPENT: {month: firestore.Increment(usd_micros)}} if month else {}
    counts = {"running": firestore.Increment(running), **spent}
    return {"owner": owner, **counts, "schema_version": SCHEMA_VERSION}


def spent_in(month: str) -> str:
    """Return the path of a month's spending in that document."""
    return firestore.Client.field_path(SPENT, month)


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

    @property
    def parts_of_it(self) -> tuple[firestore.CollectionReference, ...]:
        """The collections below the job."""
        names = ("events", "shots", "stages", "state")
        return tuple(self.db.collection("jobs", self.job_id, name) for name in names)

    def ledger(self, key: WorkKey, number: int) -> firestore.DocumentReference:
        return self.db.document("ledger", ledger_id(self.job_id, key, number))

    def limits(self, owner: str) -> firestore.DocumentReference:
        return limits_document(self.db, owner)

    def event(self, receipt: str, number: int) -> firestore.DocumentReference:
        return self.db.document("jobs", self.job_id, "events", f"{receipt}-{number}")

    def work(self, key: WorkKey) -> firestore.DocumentReference:
        match key.stage:
            case Stage.KEYFRAMES:
                return self.keyframes
            case Stage.FINALIZE:
                return self.finalize
            case Stage.RENDER:
                return self.shot(key.shot or 0)

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


class Counters(NamedTuple):
    """What a batch increments, so that its answer can be read."""

    progress: tuple[str, ...]
    """Of the job: those of its first write, in the order of its transform results."""
    operations: tuple[str, ...]
    """The video backends whose paid calls are counted by its last writes, one each."""


class Glance(NamedTuple):
    """How a job stands, without any of its work."""

    job: Job
    progress: Progress


def glance(documents: JobDocuments, found: Iterable[firestore.DocumentSnapshot[Any]]) -> Glance | None:
    """Put together how a job stands; None when there is no such job."""
    by_path = {document.reference.path: document for document in found}
    job = _job(by_path[documents.job.path])
    return None if job is None else Glance(job, _decoded(Progress, by_path[documents.progress.path]))


def read(documents: JobDocuments, found: Iterable[firestore.DocumentSnapshot[Any]]) -> Snapshot | None:
    """Put a job together from its documents; None when there is no such job."""
    by_path = {document.reference.path: document for document in found}
    document = by_path[documents.job.path]
    job = _job(document)
    if job is None:
        return None
    fixed = {documents.job.path, documents.progress.path, documents.keyframes.path, documents.finalize.path}
    shots = [document for path, document in sorted(by_path.items()) if path not in fixed and document.exists]
    return Snapshot(
        state=JobState(
            job=job,
            progress=_decoded(Progress, by_path[documents.progress.path]),
            keyframes=_decoded(StageWork, by_path[documents.keyframes.path]),
            finalize=_decoded(StageWork, by_path[documents.finalize.path]),
            shots=tuple(_decoded(Shot, shot) for shot in shots),
        ),
        now=document.read_time,
        update_times={path: document.update_time for path, document in by_path.items() if document.exists},
    )


def write_new(batch: firestore.WriteBatch, documents: JobDocuments, state: JobState, receipt: str) -> None:
    """Add a whole new job to `batch`, with what of its work is there or done already.

    Its first write returns the creation time as transform result.
    """
    said = {name: value for name, value in _stored_job(state.job).items() if value is not None}
    asked_for = {"deleted_at": None, "created_at": firestore.SERVER_TIMESTAMP}  # listings look for the null
    batch.create(documents.job, {**said, **asked_for})
    batch.create(documents.progress, {**state.progress.model_dump(), **_lifetime(state.job)})
    if state.keyframes != StageWork():
        batch.create(documents.keyframes, {**state.keyframes.model_dump(), **_lifetime(state.job)})
    for shot in state.shots:
        batch.create(documents.shot(shot.index), {**shot.model_dump(), **_lifetime(state.job)})
    _write_news(batch, documents, state, receipt)


def write_changes(
    batch: firestore.WriteBatch,
    documents: JobDocuments,
    before: Snapshot,
    after: JobState,
    receipt: str,
    *,
    fence: WorkKey | None,
    beside_job: bool,
) -> Counters:
    """Add to `batch` what turns `before` into `after`, each change conditional on nobody else's.

    The job is verified even where it does not change, so nothing is written once it is final. A step that
    speaks of all work, since it ends the job or its keyframes, is verified with all that was loaded. A job
    that ends gives back what it uses of its owner's limits, and holds of their spending no more than it has
    spent. Every new charge is also entered into the ledger. The paid calls that are unsettled at each video
    backend are counted in the same batch, so that the count can neither leak nor drift.

    Args:
        fence: a piece of work that is verified too, even where it does not change.
        beside_job: do not verify the job; for heartbeats, which must not disturb it.
    """
    ends_job = after.job.status.is_final and not before.state.job.status.is_final
    ends_keyframes = after.keyframes.done and not before.state.keyframes.done
    increments = after.progress.minus(before.state.progress)
    _write_progress(batch, documents, before, increments, is_verified=ends_job)
    verified = set() if beside_job else {documents.job.path}
    if after.job.status.is_final or ends_keyframes:
        verified |= before.update_times.keys()
    if fence:
        verified.add(documents.work(fence).path)
    known = {reference.path: part for reference, part in documents.parts(before.state)}
    for reference, part in documents.parts(after):
        was = known.get(reference.path)
        if reference.path not in before.update_times:
            if part != was:
                batch.create(reference, {**part.model_dump(), **_lifetime(after.job)})
        elif part != was or reference.path in verified:
            batch.update(reference, _changed_fields(was, part), option=_unchanged(before, reference))
    _write_limits(batch, documents, before.state, after)
    _write_charges(batch, documents, before.state, after)
    _write_news(batch, documents, after, receipt)
    backends = _write_operations(batch, documents, before.state, after)
    return Counters(tuple(sorted(increments)), backends)


def _write_progress(
    batch: firestore.WriteBatch,
    documents: JobDocuments,
    before: Snapshot,
    increments: Mapping[str, int],
    *,
    is_verified: bool,
) -> None:
    """Increment counters. Verified, they are what was read: a job's last percentage is made of them."""
    fields: dict[str, Any] = {name: firestore.Increment(by) for name, by in increments.items()}
    if is_verified:
        unchanged = {"shots_total": before.state.progress.shots_total}
        batch.update(documents.progress, fields or unchanged, option=_unchanged(before, documents.progress))
    elif fields:
        batch.update(documents.progress, fields)


def _write_limits(
    batch: firestore.WriteBatch, documents: JobDocuments, before: JobState, after: JobState
) -> None:
    """Count what a step changes of what the owner uses: an end does, and money that moves after it."""
    job = after.job
    running = before.job.status.is_final - job.status.is_final
    held = held_usd_micros(job, after.progress) - held_usd_micros(before.job, before.progress)
    if running or (job.spend_month and held):
        change = limits_change(job.owner, running=running, month=job.spend_month, usd_micros=held)
        batch.set(documents.limits(job.owner), change, merge=True)


def _write_operations(
    batch: firestore.WriteBatch, documents: JobDocuments, before: JobState, after: JobState
) -> tuple[str, ...]:
    """Count by how many paid calls more, or less, a video backend is at work; return which."""
    change = unsettled_calls(after)
    change.subtract(unsettled_calls(before))
    backends = tuple(backend for backend, by in sorted(change.items()) if by)
    for backend in backends:
        count = {OPERATIONS: firestore.Increment(change[backend]), "schema_version": SCHEMA_VERSION}
        batch.set(documents.db.document(OPERATIONS, backend), count, merge=True)
    return backends


def _unchanged(before: Snapshot, reference: firestore.DocumentReference) -> firestore.WriteOption:
    return firestore.Client.write_option(last_update_time=before.update_times[reference.path])


def _changed_fields(before: Job | Work | None, after: Job | Work) -> dict[str, Any]:
    """Return what an update must set. Naming an equal revision changes nothing, and so only verifies."""
    old = _stored(before) if before else {}
    changed = {name: value for name, value in _stored(after).items() if old.get(name) != value}
    return {**changed, "revision": after.revision + (1 if changed else 0)}


def _stored(part: Job | Work) -> dict[str, Any]:
    return _stored_job(part) if isinstance(part, Job) else part.model_dump()


def _stored_job(job: Job) -> dict[str, Any]:
    wanted = job.model_dump(mode="json", include=WANTED)
    return {**job.model_dump(exclude=WANTED), **{name: json.dumps(value) for name, value in wanted.items()}}


def _write_charges(
    batch: firestore.WriteBatch, documents: JobDocuments, before: JobState, after: JobState
) -> None:
    """Enter new charges into the ledger, which outlives the job: it is only ever appended to."""
    for key, number, charge in new_charges(before, after):
        entry = {
            **charge.model_dump(),
            "owner": after.job.owner,
            "job_id": after.job.job_id,
            "month": after.job.spend_month,
            "stage": key.stage,
            "shot": key.shot,
            "at": firestore.SERVER_TIMESTAMP,
            "schema_version": SCHEMA_VERSION,
        }
        batch.create(documents.ledger(key, number), entry)


def _write_news(batch: firestore.WriteBatch, documents: JobDocuments, state: JobState, receipt: str) -> None:
    for number, event in enumerate(state.news):
        stamped = {**event.model_dump(), "at": firestore.SERVER_TIMESTAMP, **_lifetime(state.job)}
        batch.create(documents.event(receipt, number), stamped)


def _lifetime(job: Job) -> dict[str, Any]:
    """Return what every document carries: its expiry, and which revision of the schema wrote it."""
    return {"expire_at": job.expire_at, "schema_version": SCHEMA_VERSION}


def _job(document: firestore.DocumentSnapshot[Any]) -> Job | None:
    """Return a job that exists and has not expired: Firestore may take a day to delete those that have."""
    if not document.exists:
        return None
    fields = document.to_dict() or {}
    wanted = {name: json.loads(fields[name]) for name in WANTED & fields.keys()}
    job = Job.model_validate({**fields, **wanted})
    return job if job.expire_at > document.read_time else None


def _decoded(model: type[R], document: firestore.DocumentSnapshot[Any]) -> R:
    return model.model_validate(document.to_dict() or {})
