"""What a commit brings is told in one log line each: once it is stored, and no more often than it is."""

import secrets
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from infra.local.clients import job_store
from infra.local.stack import LocalStack
from shared.domain.claims import extend_lease
from shared.domain.errors import JobIsFinal, StoreUnavailable, Superseded
from shared.domain.job import JobState
from shared.domain.paid_calls import operation_started
from shared.domain.transitions import cancel
from shared.job_store import ALL, JobStore
from tests.integration.forgetful import Forgetful
from tests.integration.stored import stored
from tests.unit.jobs import LEASE, NOW, PRICE, SUBMISSION, queued_job, render, submitted_job


@pytest.fixture
def store(stack: LocalStack) -> JobStore:
    return job_store(stack.environment | {"GOOGLE_CLOUD_PROJECT": f"test-{secrets.token_hex(4)}"})


@pytest.fixture
def forgetful(store: JobStore, monkeypatch: pytest.MonkeyPatch, stack: LocalStack) -> JobStore:
    """The same store, whose next commit is carried out but not answered."""
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", stack.environment["FIRESTORE_EMULATOR_HOST"])
    return JobStore(Forgetful(project=store._db.project))


@pytest.fixture
def told() -> Iterator[Callable[[], list[str]]]:
    """Return the names of the lines so far."""
    with capture_logs() as lines:
        yield lambda: [line["event"] for line in lines if line["log_level"] != "debug"]


def started(state: JobState, _now: object) -> JobState:
    return operation_started(
        state, render(0), submission_id=SUBMISSION, operation_name="o", now=NOW, token="mine"
    )


def names(store: JobStore, job_id: str) -> list[str]:
    return [event["name"] for event in store.events(job_id)]


def test_each_event_of_a_commit_and_each_entry_of_the_ledger_is_one_line(
    store: JobStore, told: Callable[[], list[str]]
) -> None:
    job_id = stored(store, submitted_job())
    before = Counter(told())
    store.change(job_id, started, shots=ALL)
    assert Counter(told()) - before == Counter(["operation.started", "charge.entered"])
    lines = Counter(name for name in told() if name != "charge.entered")
    assert lines == Counter(names(store, job_id))
    assert told().count("charge.entered") == len(store._db.collection("ledger").get())


def test_a_new_job_is_told_once_it_is_stored(store: JobStore, told: Callable[[], list[str]]) -> None:
    new = queued_job().tell("job.accepted")
    with pytest.raises(Superseded):
        store.create(new, is_claimed=True)  # without a claim to accept
    assert told() == []
    store.create(new)
    assert told() == ["job.accepted"]


def test_what_is_not_stored_is_not_told(store: JobStore, told: Callable[[], list[str]]) -> None:
    job_id = stored(store, submitted_job())
    store.change(job_id, cancel, shots=ALL)
    before = told()
    with pytest.raises(JobIsFinal):
        store.change(job_id, cancel, shots=ALL)
    assert told() == before


def test_a_heartbeat_is_not_told(store: JobStore, told: Callable[[], list[str]]) -> None:
    job_id, before = stored(store, submitted_job()), told()

    def extended(state: JobState, _now: object) -> JobState:
        return extend_lease(state, render(0), token="mine", now=NOW, lasts=2 * LEASE)

    store.change(job_id, extended, shots=(0,), beside_job=True)
    assert told() == before


def test_a_commit_whose_answer_is_lost_is_told_once_with_its_charges(
    store: JobStore, forgetful: JobStore, told: Callable[[], list[str]]
) -> None:
    job_id = stored(store, submitted_job())
    before = Counter(told())
    forgetful.change(job_id, started, shots=ALL, patience=timedelta(seconds=5))
    assert Counter(told()) - before == Counter(["operation.started", "charge.entered"])
    assert store.load(job_id).state.progress.spent_usd_micros == PRICE


def test_a_new_job_whose_answer_is_lost_is_told_as_unanswered(forgetful: JobStore) -> None:
    new = queued_job().tell("job.accepted")
    with capture_logs() as lines, pytest.raises(StoreUnavailable):
        forgetful.create(new)
    told = [(line["event"], line["events"], line["job_id"]) for line in lines]
    assert told == [("store.unanswered", ["job.accepted"], new.job.job_id)]


def test_a_heartbeat_that_is_not_answered_is_none_of_anybodys_business(
    store: JobStore, forgetful: JobStore
) -> None:
    job_id = stored(store, submitted_job())

    def extended(state: JobState, _now: object) -> JobState:
        return extend_lease(state, render(0), token="mine", now=NOW, lasts=2 * LEASE)

    with capture_logs() as lines, pytest.raises(StoreUnavailable):
        forgetful.change(job_id, extended, shots=(0,), beside_job=True)
    assert lines == []


def test_a_commit_that_nobody_waits_for_any_longer_is_told_as_unanswered(
    store: JobStore, forgetful: JobStore
) -> None:
    job_id = stored(store, submitted_job())
    with capture_logs() as lines, pytest.raises(StoreUnavailable):
        forgetful.change(job_id, started, shots=ALL)
    (line,) = lines
    assert (line["event"], line["events"], line["job_id"]) == (
        "store.unanswered",
        ["operation.started"],
        job_id,
    )
