"""How many paid calls are under way at a backend: never more than permitted, and each end makes room."""

import secrets
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, cast

import pytest

from functions.render import paid, settlement
from functions.render.settlement import settle_paid_call
from functions.render.video_backends import Broken, ClipRequest, HandedOut, OperationState, Running, Stills
from functions.render.work import render_shot
from infra.local.clients import job_store
from infra.local.stack import LocalStack
from shared.assignment import Services
from shared.documents import OPERATIONS
from shared.domain.due_tasks import due_task
from shared.domain.errors import (
    AnswerLost,
    BackendFailed,
    BackendUnavailable,
    QuotaExhausted,
    StoreUnavailable,
)
from shared.domain.job import JobState, Shot
from shared.domain.transitions import cancel
from shared.job_store import ALL, JobStore
from shared.object_store import ObjectStore
from shared.stage import Outcome, perform
from shared.switches import Switches
from shared.task_queue import TaskQueue
from tests.unit.jobs import drawn_job, render

LIMIT, WORKERS = 3, 16
AT_ONCE = timedelta(seconds=30)


class Provider:
    """Accepts every call, and says that each still runs until it is told otherwise."""

    def __init__(self) -> None:
        self.accepted: list[str] = []
        self.state: OperationState = Running()
        self.loses_answers = False
        self.cannot_be_asked: Exception | None = None

    def start(self, request: ClipRequest, stills: Stills, output: str) -> str:
        self.accepted.append(output)
        if self.loses_answers:
            raise AnswerLost("lost")
        return f"operations/{len(self.accepted)}"

    def poll(self, operation_name: str) -> OperationState:
        return self.state

    def download(self, operation_name: str, into: Path) -> None:
        raise BackendFailed("it is not there any more")

    def cancel(self, operation_name: str) -> bool:
        if self.cannot_be_asked:
            raise self.cannot_be_asked
        return False


class NoBucket:
    """Holds nothing."""

    def uri(self, path: str) -> str:
        return f"gs://nowhere/{path}"

    def names(self, _prefix: str) -> list[str]:
        return []


class NoQueue:
    """Delivers nothing: the tests do."""

    def enqueue(self, *_: Any, **__: Any) -> bool:  # noqa: ANN401 - as TaskQueue's
        return True


class AnswersNoSubmission(JobStore):
    """A store that carries out the saving of a paid call, and whose answer to it gets lost."""

    lost = 0

    def _commit(self, attempt: Any, before: Any, after: JobState) -> JobState:  # noqa: ANN401 - as JobStore's
        state = super()._commit(attempt, before, after)
        if state.operations and not self.lost:
            self.lost += 1
            raise StoreUnavailable("the answer got lost")
        return state


@pytest.fixture
def store(stack: LocalStack) -> JobStore:
    """A store of this test's own: each project has its own database in the emulator."""
    return job_store(stack.environment | {"GOOGLE_CLOUD_PROJECT": f"test-{secrets.token_hex(4)}"})


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Provider:
    provider = Provider()
    for module in (paid, settlement):
        monkeypatch.setattr(module, "paid_backend", lambda _name: provider)
    return provider


@pytest.fixture
def services(store: JobStore) -> Services:
    return services_of(store)


def services_of(store: JobStore, permitted: int = LIMIT) -> Services:
    return Services(
        store,
        cast(TaskQueue, NoQueue()),
        cast(ObjectStore, NoBucket()),
        Switches(store._db),
        AT_ONCE,
        max_operations=lambda _backend: permitted,
    )


def waiting_jobs(
    store: JobStore, number: int = WORKERS, *, prompt: str = "a boat", **wishes: object
) -> list[str]:
    """Store jobs of one shot that is due to be rendered."""
    made = drawn_job(1, model="scripted", keyframes="none", **wishes)
    made = made.with_work(render(0), made.shots[0].evolve(prompt=prompt))
    ids = [f"video_{secrets.token_hex(12)}" for _ in range(number)]
    for each in ids:
        store.create(made.evolve(job=made.job.evolve(job_id=each), news=()))
    return ids


def shot_of(store: JobStore, job_id: str) -> Shot:
    return store.load(job_id, shots=ALL).state.shots[0]


def worked(services: Services, job_id: str) -> Outcome:
    task = due_task(services.store.load(job_id, shots=ALL).state, render(0)).task
    return perform(task, render_shot, services, settle_paid_call)


def worked_at_once(services: Services, job_ids: Sequence[str]) -> list[Outcome]:
    barrier = threading.Barrier(len(job_ids))

    def deliver(job_id: str) -> Outcome:
        barrier.wait(20)
        return worked(services, job_id)

    with ThreadPoolExecutor(len(job_ids)) as all_of_them:
        return list(all_of_them.map(deliver, job_ids))


def counted(store: JobStore) -> int:
    return int((store._db.document(OPERATIONS, "scripted").get().to_dict() or {}).get(OPERATIONS, 0))


def unsettled(store: JobStore, job_ids: Sequence[str]) -> list[str]:
    return [job_id for job_id in job_ids if shot_of(store, job_id).is_unsettled]


def test_sixteen_at_once_against_a_limit_of_three_start_exactly_three(
    store: JobStore, services: Services, provider: Provider
) -> None:
    job_ids = waiting_jobs(store)
    outcomes = worked_at_once(services, job_ids)
    assert sorted(outcomes) == [Outcome.DONE] * LIMIT + [Outcome.WAITING] * (WORKERS - LIMIT)
    assert (len(provider.accepted), len(unsettled(store, job_ids)), counted(store)) == (LIMIT, LIMIT, LIMIT)


def test_waiting_for_room_is_no_attempt_and_costs_nothing(
    store: JobStore, services: Services, provider: Provider
) -> None:
    first, second = waiting_jobs(store, 2)
    one_at_a_time = services_of(store, permitted=1)
    assert [worked(one_at_a_time, each) for each in (first, second)] == [Outcome.DONE, Outcome.WAITING]
    shot = shot_of(store, second)
    assert (shot.attempt, shot.submission, shot.charges, shot.refusals) == (0, None, (), ())
    assert len(provider.accepted) == 1


def test_a_call_for_which_there_is_no_room_is_not_even_begun(
    store: JobStore, services: Services, provider: Provider
) -> None:
    first, second = waiting_jobs(store, 2)
    one_at_a_time = services_of(store, permitted=1)
    worked(one_at_a_time, first)
    before = store._db.document(OPERATIONS, "scripted").get().update_time
    assert worked(one_at_a_time, second) is Outcome.WAITING
    assert not {"submission.saved", "submission.withdrawn"} & {each["name"] for each in store.events(second)}
    assert store._db.document(OPERATIONS, "scripted").get().update_time == before


@pytest.mark.parametrize(
    "end", [Broken(reason="oops"), Broken(reason="oops", billed=True, retryable=False), HandedOut()]
)
def test_a_call_that_ends_makes_room_for_another_once_it_is_settled(
    store: JobStore, services: Services, provider: Provider, end: OperationState
) -> None:
    first, second = waiting_jobs(store, 2)
    one_at_a_time = services_of(store, permitted=1)
    worked(one_at_a_time, first)
    provider.state = end
    worked(one_at_a_time, first)
    if unsettled(store, [first]):
        worked(one_at_a_time, first)
    assert counted(store) == 0
    assert worked(one_at_a_time, second) is Outcome.DONE
    assert counted(store) == 1


def test_a_lost_answer_keeps_its_place_until_it_is_settled(
    store: JobStore, services: Services, provider: Provider
) -> None:
    (job_id,) = waiting_jobs(store, 1)
    provider.loses_answers = True
    worked(services, job_id)
    assert (counted(store), unsettled(store, [job_id])) == (1, [job_id])


def test_cancelled_jobs_give_their_places_back(
    store: JobStore, services: Services, provider: Provider
) -> None:
    job_ids = waiting_jobs(store, 6)
    worked_at_once(services, job_ids)
    for job_id in job_ids:
        store.change(job_id, lambda state, now: cancel(state, now=now), shots=ALL)
    for job_id in unsettled(store, job_ids):
        worked(services, job_id)
    assert (counted(store), unsettled(store, job_ids)) == (0, [])


@pytest.mark.parametrize(
    "error", [BackendUnavailable("gone"), QuotaExhausted(timedelta(minutes=1))], ids=["gone", "quota"]
)
def test_a_place_is_given_back_although_the_provider_can_never_be_asked(
    store: JobStore,
    services: Services,
    provider: Provider,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
) -> None:
    (job_id,) = waiting_jobs(store, 1)
    worked(services, job_id)
    store.change(job_id, lambda state, now: cancel(state, now=now), shots=ALL)
    provider.cannot_be_asked = error
    assert (worked(services, job_id), counted(store)) == (Outcome.WAITING, 1)
    monkeypatch.setattr(settlement, "GIVE_UP_AFTER", timedelta(0))
    assert (worked(services, job_id), counted(store)) == (Outcome.DONE, 0)
    assert sum(charge.usd_micros for charge in shot_of(store, job_id).charges) > 0


def test_a_worker_that_does_not_learn_how_many_there_are_starts_nothing(
    store: JobStore, provider: Provider
) -> None:
    forgetful = AnswersNoSubmission(store._db)
    (job_id,) = waiting_jobs(store, 1)
    assert worked(services_of(forgetful), job_id) is Outcome.WAITING
    assert (forgetful.lost, provider.accepted, counted(store)) == (1, [], 0)


def test_where_there_is_no_limit_all_start(store: JobStore, provider: Provider) -> None:
    job_ids = waiting_jobs(store, 6)
    assert worked_at_once(services_of(store, permitted=0), job_ids) == [Outcome.DONE] * 6
    assert counted(store) == 6


def test_a_call_that_is_seen_to_run_still_counts_once(
    store: JobStore, services: Services, provider: Provider
) -> None:
    (job_id,) = waiting_jobs(store, 1)
    outcomes = list(map(partial(worked, services), [job_id] * 3))
    assert (outcomes, counted(store)) == ([Outcome.DONE] * 3, 1)


@pytest.mark.parametrize(
    ("fallbacks", "outcome", "fallen_back"),
    [((), Outcome.FAILED, 0), (("animatic",), Outcome.DONE, 1)],
)
def test_a_prompt_that_is_too_long_is_neither_sent_nor_saved_as_a_call(
    store: JobStore,
    services: Services,
    provider: Provider,
    fallbacks: tuple[str, ...],
    outcome: Outcome,
    fallen_back: int,
) -> None:
    (job_id,) = waiting_jobs(store, 1, prompt="a boat " * 2000, fallback_models=fallbacks)
    assert worked(services, job_id) is outcome
    shot = shot_of(store, job_id)
    assert (provider.accepted, shot.submission, shot.charges, shot.fallbacks) == ([], None, (), fallen_back)
    assert "submission.saved" not in [event["name"] for event in store.events(job_id)]
