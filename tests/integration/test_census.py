"""What the census counts, and that it is counted once, however many count."""

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, cast

import pytest
from google.api_core.exceptions import FailedPrecondition
from google.cloud import firestore
from structlog.testing import capture_logs

from functions.finalize.census import take_census
from functions.finalize.sweep import sweep
from infra.local.clients import job_store
from infra.local.stack import LocalStack
from shared.assignment import Services
from shared.census_store import CensusStore, Latest
from shared.domain.census import Census
from shared.domain.errors import BackendFailed, Refused
from shared.domain.job import Stage, Status
from shared.domain.transitions import cancel, delete, fail
from shared.job_queries import JobQueries
from shared.job_store import ALL, JobStore
from shared.limits import Limits
from shared.object_store import ObjectStore
from tests.integration.stored import stored
from tests.integration.test_sweep import RecordingObjects
from tests.unit.jobs import NOW, completed_job, drawn_job, queued_job, running_job

AT_ONCE = timedelta(0)

Count = Callable[[], Census]


@pytest.fixture
def store(stack: LocalStack) -> JobStore:
    return job_store(stack.environment | {"GOOGLE_CLOUD_PROJECT": f"test-{secrets.token_hex(4)}"})


@pytest.fixture
def kept(store: JobStore) -> CensusStore:
    return CensusStore(store._db)


@pytest.fixture
def count(store: JobStore, kept: CensusStore) -> Count:
    def counted() -> Census:
        assert take_census(JobQueries(store._db), kept, settled=AT_ONCE)
        census = kept.latest().census
        assert census is not None
        return census

    return counted


def charge(store: JobStore, usd_micros: int) -> None:
    store._db.collection("ledger").add({"usd_micros": usd_micros, "at": firestore.SERVER_TIMESTAMP})


def test_jobs_are_counted_by_status_and_those_in_progress_by_stage(store: JobStore, count: Count) -> None:
    for state in (queued_job(), queued_job(), drawn_job(), completed_job(), cancel(drawn_job(), NOW)):
        stored(store, state)
    standing = count().standing
    expected = {Status.QUEUED: 2, Status.IN_PROGRESS: 1, Status.COMPLETED: 1, Status.CANCELLED: 1}
    assert standing.by_status == {**dict.fromkeys(Status, 0), **expected}
    assert standing.by_stage == {**dict.fromkeys(Stage, 0), drawn_job().job.stage: 1}


def test_a_census_that_is_stored_is_told_in_one_line(store: JobStore, count: Count) -> None:
    for state in (queued_job(), drawn_job()):
        stored(store, state)

    class Lost(CensusStore):
        def replace(self, seen: Latest, census: Census) -> bool:
            return False

    with capture_logs() as lines:
        assert not take_census(JobQueries(store._db), Lost(store._db), settled=AT_ONCE)
        assert lines == []
        standing = count().standing
    (line,) = lines
    assert (line["event"], line["queued"], line["in_progress"], line["failed"]) == ("census.taken", 1, 1, 0)
    assert line[f"in_{drawn_job().job.stage}"] == 1
    assert line["oldest_waiting_seconds"] == round(standing.oldest_waiting_seconds, 1)


def test_the_oldest_job_that_waits_tells_its_age_and_none_does_when_none_waits(
    store: JobStore, count: Count
) -> None:
    assert count().standing.oldest_waiting_seconds == 0
    oldest = stored(store, queued_job())
    stored(store, queued_job())
    created_at = store.load(oldest).state.job.created_at
    census = count()
    waited = (census.counted_up_to - created_at).total_seconds()
    assert census.standing.oldest_waiting_seconds == pytest.approx(waited)


def test_what_happens_is_counted_once_over_many_censuses(store: JobStore, count: Count) -> None:
    job_id = stored(store, queued_job())
    first = count().totals.events
    again = count().totals.events
    store.change(job_id, lambda s, now: fail(s, now, failure=BackendFailed("no")), shots=ALL)
    last = count().totals.events
    assert first == again
    assert last == {**first, "job.failed": first["job.failed"] + 1}


def test_a_refusal_that_ends_a_job_is_counted_as_one(store: JobStore, count: Count) -> None:
    job_id = stored(store, running_job())
    before = count().totals.events["shot.refused"]
    store.change(job_id, lambda s, now: fail(s, now, failure=Refused("no")), shots=ALL)
    assert count().totals.events["shot.refused"] == before + 1


def test_counters_do_not_fall_when_what_they_counted_is_purged(store: JobStore, count: Count) -> None:
    job_id = stored(store, completed_job())
    before = count().totals
    store.purge(job_id)
    assert count().totals == before


def test_charges_and_refunds_are_added_up_apart_so_that_neither_falls(store: JobStore, count: Count) -> None:
    charge(store, 400_000)
    charge(store, 150_000)
    first = count().totals
    charge(store, -400_000)
    second = count().totals
    assert (first.charged_usd_micros, first.refunded_usd_micros) == (550_000, 0)
    assert (second.charged_usd_micros, second.refunded_usd_micros) == (550_000, 400_000)


def test_what_is_too_young_is_left_to_the_next_census(
    store: JobStore, kept: CensusStore, count: Count
) -> None:
    stored(store, queued_job())
    assert take_census(JobQueries(store._db), kept, settled=timedelta(hours=1))
    first = kept.latest().census
    assert first is not None
    assert first.totals.events["job.accepted"] == 0
    assert count().totals.events["job.accepted"] == accepted(store)


def test_a_sweep_takes_its_census_before_it_purges(store: JobStore) -> None:
    job_id = stored(store, completed_job())
    store.change(job_id, delete, shots=ALL)

    class Watching(CensusStore):
        def latest(self) -> Latest:
            assert store.events(job_id)
            return super().latest()

    nothing: Any = None
    services = Services(store, nothing, cast(ObjectStore, RecordingObjects()), nothing, lease=AT_ONCE)
    report = sweep(services, JobQueries(store._db), Limits(store._db), Watching(store._db))
    assert report.purged == 1


class WithoutIndex(JobQueries):
    """Firestore as it answers while an index is not there yet."""

    def events(self, name: str, *, after: datetime, up_to: datetime) -> int:
        raise FailedPrecondition("the query requires an index")  # type: ignore[no-untyped-call]  # typed in part


def test_a_census_that_cannot_be_taken_keeps_nothing_from_being_purged(
    store: JobStore, kept: CensusStore
) -> None:
    store.change(stored(store, completed_job()), delete, shots=ALL)
    nothing: Any = None
    services = Services(store, nothing, cast(ObjectStore, RecordingObjects()), nothing, lease=AT_ONCE)
    report = sweep(services, WithoutIndex(store._db), Limits(store._db), kept)
    assert (report.crashed, report.purged) == (1, 1)
    assert kept.latest().census is None


def test_two_censuses_at_once_count_everything_once(store: JobStore, kept: CensusStore, count: Count) -> None:
    stored(store, queued_job())
    count()
    stored(store, queued_job())

    class Overtaken(JobQueries):
        """Another sweep takes its whole census while this one counts."""

        def by_stage(self) -> dict[Stage, int]:
            count()
            return super().by_stage()

    assert not take_census(Overtaken(store._db), kept, settled=AT_ONCE)
    assert count().totals.events["job.accepted"] == accepted(store)


def test_two_first_censuses_at_once_count_everything_once(
    store: JobStore, kept: CensusStore, count: Count
) -> None:
    stored(store, queued_job())

    class Overtaken(JobQueries):
        def oldest_waiting_since(self) -> datetime | None:
            count()
            return super().oldest_waiting_since()

    assert not take_census(Overtaken(store._db), kept, settled=AT_ONCE)
    assert count().totals.events["job.accepted"] == accepted(store)


def accepted(store: JobStore) -> int:
    return sum(event.get("name") == "job.accepted" for event in store._db.collection_group("events").get())
