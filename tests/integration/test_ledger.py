"""What every paid call has cost stands in a ledger that outlives its job."""

import secrets
from typing import Any

import pytest

from infra.local.clients import job_store
from infra.local.stack import LocalStack
from shared.domain.job import JobState
from shared.domain.paid_calls import Payment, call_ended
from shared.job_store import ALL, JobStore
from tests.integration.stored import stored
from tests.unit.jobs import PRICE, SUBMISSION, render, running_job, submitted_job


@pytest.fixture
def store(stack: LocalStack) -> JobStore:
    return job_store(stack.environment | {"GOOGLE_CLOUD_PROJECT": f"test-{secrets.token_hex(4)}"})


def ledger(store: JobStore) -> dict[str, dict[str, Any]]:
    return {document.id: document.to_dict() or {} for document in store._db.collection("ledger").get()}


def refunded(state: JobState, _now: object) -> JobState:
    return call_ended(state, render(0), submission_id=SUBMISSION, payment=Payment.REFUNDED, token="mine")


def test_a_charge_is_entered_with_all_that_accounts_need(store: JobStore) -> None:
    job_id = stored(store, running_job(), owner="a customer")
    ((entry_id, entry),) = ledger(store).items()
    assert entry_id == f"{job_id}-0000-0"
    assert entry.pop("at") is not None
    assert entry == {
        "owner": "a customer",
        "job_id": job_id,
        "month": "2026-11",
        "stage": "render",
        "shot": 0,
        "model": "scripted",
        "usd_micros": PRICE,
        "reason": "clip",
        "ambiguous": False,
        "submission_id": SUBMISSION,
        "schema_version": 1,
    }


def test_nothing_is_entered_before_it_is_paid(store: JobStore) -> None:
    stored(store, submitted_job())
    assert ledger(store) == {}


def test_a_refund_is_a_further_entry(store: JobStore) -> None:
    job_id = stored(store, submitted_job())
    running = running_job().shots[0]

    def started(state: JobState, _now: object) -> JobState:
        return state.evolve(shots=(running, *state.shots[1:]))

    def leased(state: JobState, _now: object) -> JobState:
        shot = state.shots[0].evolve(lease=submitted_job().shots[0].lease)
        return state.evolve(shots=(shot, *state.shots[1:]))

    for step in (started, leased, refunded):
        store.change(job_id, step, shots=ALL)
    assert {entry_id: entry["usd_micros"] for entry_id, entry in ledger(store).items()} == {
        f"{job_id}-0000-0": PRICE,
        f"{job_id}-0000-1": -PRICE,
    }


def test_the_ledger_stays_when_the_job_is_purged(store: JobStore) -> None:
    job_id = stored(store, running_job())
    store.purge(job_id)
    assert list(ledger(store)) == [f"{job_id}-0000-0"]
    assert "expire_at" not in ledger(store)[f"{job_id}-0000-0"]
