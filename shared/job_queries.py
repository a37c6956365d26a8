"""Firestore: which jobs there are. Reads only; each query is bounded and served by an index.

The composite indexes they need are named in docs/architecture.md.
"""

import secrets
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from google.cloud import firestore
from google.cloud.firestore_v1.aggregation import AggregationQuery

from shared.documents import Glance, JobDocuments, glance
from shared.domain.errors import NotFound
from shared.domain.job import Job, Stage, Status
from shared.domain.naming import job_id
from shared.firestore_calls import ONCE, TIMEOUT_SECONDS, translated

_EVER = datetime(1970, 1, 1, tzinfo=UTC)

UNFINISHED = [status for status in Status if not status.is_final]


class Page(NamedTuple):
    """Some of an owner's jobs, in order."""

    jobs: list[Glance]
    has_more: bool


class JobQueries:
    """Finds jobs. Every method raises StoreUnavailable within about 2 s when Firestore does not answer."""

    def __init__(self, db: firestore.Client) -> None:
        self._db = db

    def owned(
        self,
        owner: str,
        *,
        limit: int,
        after: str | None = None,
        newest_first: bool = True,
        status: Status | None = None,
    ) -> Page:
        """Return jobs of an owner, without those that are deleted.

        Reads one document more than it returns, and the counters of those it returns.

        Args:
            after: id of the job that the page before ended with.
            status: only jobs that have it.

        Raises:
            NotFound: the owner has no such job.
        """
        direction = firestore.Query.DESCENDING if newest_first else firestore.Query.ASCENDING
        query = (
            self._jobs.where(filter=firestore.FieldFilter("owner", "==", owner))
            .where(filter=firestore.FieldFilter("deleted_at", "==", None))
            .order_by("created_at", direction=direction)
            .limit(limit + 1)
        )
        if status is not None:
            query = query.where(filter=firestore.FieldFilter("status", "==", status))
        if after is not None:
            query = query.start_after(self._cursor(after, owner))
        with translated():
            found = list(query.get(retry=ONCE, timeout=TIMEOUT_SECONDS))
            shown = {document.id: document for document in found[:limit]}
            parts = [JobDocuments(self._db, job_id) for job_id in shown]
            progress = {
                document.reference.path: document
                for document in self._db.get_all(
                    [each.progress for each in parts], retry=None, timeout=TIMEOUT_SECONDS
                )
            }
        seen = [glance(each, (shown[each.job_id], progress[each.progress.path])) for each in parts]
        return Page([each for each in seen if each is not None], has_more=len(found) > limit)

    def active_jobs(self, limit: int) -> dict[str, str]:
        """Return the ids of jobs that are not final, each with its trace; of more, others each time."""
        return self._some(self._jobs.where(filter=firestore.FieldFilter("status", "in", UNFINISHED)), limit)

    def unsettled_jobs(self, limit: int) -> dict[str, str]:
        """Return final jobs whose paid calls are not accounted for, chosen and told as by `active_jobs`."""
        return self._some(self._jobs.where(filter=firestore.FieldFilter("unsettled", "==", True)), limit)

    def deleted_jobs(self, limit: int, *, rested_for: timedelta) -> dict[str, str]:
        """Return the ids of jobs that can be purged, each with its trace, first deleted first.

        They are final, their paid calls are accounted for, and they were deleted at least `rested_for` ago.
        """
        query = (
            self._jobs.where(filter=firestore.FieldFilter("unsettled", "==", False))
            .where(filter=firestore.FieldFilter("deleted_at", ">", _EVER))
            .order_by("deleted_at")
            .select(["deleted_at", "trace_id"])
            .limit(limit)
        )
        with translated():
            found = query.get(retry=ONCE, timeout=TIMEOUT_SECONDS)
        return _traces([each for each in found if each.read_time - each.get("deleted_at") >= rested_for])

    def queued_up_to(self, job: Job) -> int:
        """Count the queued jobs of all owners up to one of them: its position in the queue, from 1."""
        query = self._jobs.where(filter=firestore.FieldFilter("status", "==", Status.QUEUED)).where(
            filter=firestore.FieldFilter("created_at", "<", job.created_at)
        )
        return self._count(query) + 1

    def running(self, owner: str) -> int:
        """Count an owner's jobs that are not final."""
        query = self._jobs.where(filter=firestore.FieldFilter("owner", "==", owner)).where(
            filter=firestore.FieldFilter("status", "in", UNFINISHED)
        )
        return self._count(query)

    def has_unfinished_heirs(self, job_id: str) -> bool:
        """Tell whether a job that is not final may still take over what this one has made."""
        query = self._jobs.where(filter=firestore.FieldFilter("reuses", "array_contains", job_id)).where(
            filter=firestore.FieldFilter("status", "in", UNFINISHED)
        )
        return bool(self._found(query.limit(1)))

    def by_status(self) -> dict[Status, int]:
        """Count all stored jobs by status."""
        return {status: self._count(self._with_status(status)) for status in Status}

    def by_stage(self) -> dict[Stage, int]:
        """Count the jobs in progress by stage."""
        running = self._with_status(Status.IN_PROGRESS)
        return {
            stage: self._count(running.where(filter=firestore.FieldFilter("stage", "==", stage)))
            for stage in Stage
        }

    def oldest_waiting_since(self) -> datetime | None:
        """Return when the oldest queued job was created; None when none waits."""
        query = self._with_status(Status.QUEUED).order_by("created_at").select(["created_at"]).limit(1)
        with translated():
            found = query.get(retry=ONCE, timeout=TIMEOUT_SECONDS)
        return found[0].get("created_at") if found else None

    def events(self, name: str, *, after: datetime, up_to: datetime) -> int:
        """Count how often something has happened to any job, later than `after` and no later than `up_to`."""
        query = self._db.collection_group("events").where(filter=firestore.FieldFilter("name", "==", name))
        return self._count(_between(query, after, up_to))

    def charged_usd_micros(self, *, after: datetime, up_to: datetime) -> int:
        """Return what providers have charged in that time, whatever they gave back."""
        charges = self._db.collection("ledger").where(filter=firestore.FieldFilter("usd_micros", ">", 0))
        return self._sum_usd_micros(_between(charges, after, up_to))

    def refunded_usd_micros(self, *, after: datetime, up_to: datetime) -> int:
        """Return what providers have given back in that time."""
        refunds = self._db.collection("ledger").where(filter=firestore.FieldFilter("usd_micros", "<", 0))
        return -self._sum_usd_micros(_between(refunds, after, up_to))

    @property
    def _jobs(self) -> firestore.CollectionReference:
        return self._db.collection("jobs")

    def _cursor(self, job_id: str, owner: str) -> firestore.DocumentSnapshot[Any]:
        with translated():
            document = self._jobs.document(job_id).get(
                ["owner", "created_at"], retry=None, timeout=TIMEOUT_SECONDS
            )
        if not document.exists or document.get("owner") != owner:
            raise NotFound(f"there is no job {job_id}")
        return document

    def _count(self, query: firestore.Query) -> int:
        with translated():
            ((count,),) = AggregationQuery(query).count().get(retry=ONCE, timeout=TIMEOUT_SECONDS)
        return int(count.value)

    def _sum_usd_micros(self, query: firestore.Query) -> int:
        with translated():
            ((total,),) = AggregationQuery(query).sum("usd_micros").get(retry=ONCE, timeout=TIMEOUT_SECONDS)
        return int(total.value)

    def _with_status(self, status: Status) -> firestore.Query:
        return self._jobs.where(filter=firestore.FieldFilter("status", "==", status))

    def _some(self, query: firestore.Query, limit: int) -> dict[str, str]:
        """Return jobs from a random id on, since ids are random themselves, and then from the first."""
        start = {"__name__": self._jobs.document(job_id(secrets.token_bytes(12)))}
        by_id = query.order_by("__name__").limit(limit)
        found = self._found(by_id.start_at(start))
        if len(found) < limit:
            found += self._found(by_id.end_before(start))
        return _traces(found[:limit])

    def _found(self, query: firestore.Query) -> list[firestore.DocumentSnapshot[Any]]:
        with translated():
            return list(query.select(["trace_id"]).get(retry=ONCE, timeout=TIMEOUT_SECONDS))


def _traces(found: list[firestore.DocumentSnapshot[Any]]) -> dict[str, str]:
    """Return job id -> trace id."""
    return {document.id: str((document.to_dict() or {}).get("trace_id", "")) for document in found}


def _between(query: firestore.Query, after: datetime, up_to: datetime) -> firestore.Query:
    return query.where(filter=firestore.FieldFilter("at", ">", after)).where(
        filter=firestore.FieldFilter("at", "<=", up_to)
    )
