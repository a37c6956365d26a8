"""What is charged by a commit of its own is charged once, whether or not the store's answer arrives."""

import secrets
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import cast

import pytest

from functions.keyframes.purse import Purse
from infra.local.clients import job_store
from infra.local.stack import LocalStack
from shared.assignment import Assignment, Services
from shared.domain.claims import claim
from shared.domain.due_tasks import due_task
from shared.domain.job import Charge, JobState
from shared.job_store import ALL, JobStore
from shared.object_store import ObjectStore
from shared.switches import Switches
from shared.task_queue import TaskQueue
from tests.integration.forgetful import Forgetful
from tests.integration.stored import stored
from tests.unit.jobs import KEYFRAMES, LEASE, queued_job


@dataclass
class NoQueue:
    """Takes every task, and does nothing with it."""

    def enqueue(self, *_: object, **__: object) -> bool:
        return True


@pytest.fixture
def store(stack: LocalStack) -> JobStore:
    return job_store(stack.environment | {"GOOGLE_CLOUD_PROJECT": f"test-{secrets.token_hex(4)}"})


def test_a_charge_whose_commit_was_not_answered_is_entered_once(
    store: JobStore, stack: LocalStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", stack.environment["FIRESTORE_EMULATOR_HOST"])
    job_id = stored(store, queued_job())

    def claimed(state: JobState, now: object) -> JobState:
        task = due_task(state, KEYFRAMES).task
        return claim(state, task, token="mine", now=state.job.created_at, lasts=timedelta(hours=1))

    state = store.change(job_id, claimed, shots=ALL)
    forgetful = JobStore(Forgetful(project=store._db.project))
    services = Services(
        forgetful, cast(TaskQueue, NoQueue()), cast(ObjectStore, None), cast(Switches, None), LEASE
    )
    assignment = Assignment(services, KEYFRAMES, "mine", state, time.monotonic())
    Purse(assignment).charge(Charge(usd_micros=7000, reason="plan", model="gemini"))
    charges = [entry.get("usd_micros") for entry in store._db.collection("ledger").get()]
    assert charges == [7000]
    assert store.load(job_id).state.progress.spent_usd_micros == 7000
