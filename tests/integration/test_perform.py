"""One piece of work under its lease: kept by heartbeats, stopped in time, released or failed."""

import secrets
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, NoReturn, cast

import pytest

from functions.render import work
from infra.local.clients import job_store
from infra.local.stack import LocalStack
from shared import lease
from shared.assignment import Assignment, Craft, Services
from shared.domain.claims import go_on_later
from shared.domain.due_tasks import due_task
from shared.domain.errors import (
    BackendFailed,
    ObjectStoreUnavailable,
    OperationFailed,
    QuotaExhausted,
    StoreUnavailable,
)
from shared.domain.job import JobState, Lease, Status
from shared.domain.messages import Task
from shared.domain.transitions import cancel, keyframe_drawn, save_plan
from shared.job_store import ALL, JobStore
from shared.object_store import ObjectStore
from shared.stage import Outcome, perform
from shared.switches import Switches
from shared.task_queue import TaskQueue
from tests.integration.service import until
from tests.unit.jobs import KEYFRAMES, a_plan, drawn_job, queued_job, render

LEASE = timedelta(seconds=1.2)


@dataclass
class RecordingQueue:
    """Remembers what was enqueued."""

    enqueued: list[str] = field(default_factory=list)

    def enqueue(self, task: Task, **_: Any) -> bool:  # noqa: ANN401 - as TaskQueue's
        self.enqueued.append(str(task.key))
        return True


class Empty:
    """A bucket that holds nothing, and switches that nobody has touched."""

    def checksum(self, _path: str) -> None:
        return None

    def admit(self, _backend: str) -> None:
        return None


class Unreachable(JobStore):
    """A store that takes the claim and then answers no change any more."""

    changes = 0

    def change(self, *args: Any, **kwargs: Any) -> JobState:  # noqa: ANN401 - as JobStore's
        self.changes += 1
        if self.changes > 1:
            raise StoreUnavailable("down")
        return super().change(*args, **kwargs)


class FrozenOnce(JobStore):
    """A store whose first heartbeat takes longer than the lease, and then fails."""

    changes = 0

    def change(self, *args: Any, **kwargs: Any) -> JobState:  # noqa: ANN401 - as JobStore's
        self.changes += 1
        if self.changes == 2:
            time.sleep(LEASE.total_seconds() * 1.5)
            raise StoreUnavailable("down")
        return super().change(*args, **kwargs)


@pytest.fixture
def store(stack: LocalStack) -> JobStore:
    return job_store(stack.environment | {"GOOGLE_CLOUD_PROJECT": f"test-{secrets.token_hex(4)}"})


@pytest.fixture
def queue() -> RecordingQueue:
    return RecordingQueue()


@pytest.fixture
def services(store: JobStore, queue: RecordingQueue) -> Services:
    return Services(store, cast(TaskQueue, queue), cast(ObjectStore, None), cast(Switches, None), LEASE)


@pytest.fixture
def task(store: JobStore) -> Task:
    state, _ = store.create(queued_job())
    return due_task(state, KEYFRAMES).task


def works_for(seconds: float) -> Craft:
    """Work that takes its time and can be stopped at every step."""

    def work(assignment: Assignment) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            assignment.check()
            time.sleep(0.01)
        assignment.commit(lambda s, _: save_plan(s, a_plan(1), token=assignment.token))

    return work


def events(services: Services, task: Task) -> list[str]:
    return [event["name"] for event in services.store.events(task.job_id)]


def test_work_longer_than_its_lease_keeps_it_by_heartbeats(services: Services, task: Task) -> None:
    assert perform(task, works_for(2 * LEASE.total_seconds()), services) is Outcome.DONE
    assert events(services, task) == ["work.started", "job.planned"]


def test_heartbeats_tell_how_far_a_clip_is(services: Services, store: JobStore) -> None:
    state, _ = store.create(drawn_job(2).evolve(news=()))
    task = due_task(state, render(0)).task

    def stored() -> JobState:
        return store.load(task.job_id, shots=(0,)).state

    def is_at_42_percent(assignment: Assignment) -> None:
        assignment.reach(0.425)
        until(stored, lambda seen: seen.shots[0].rendered_percent == 42, what="a heartbeat")

    assert perform(task, is_at_42_percent, services) is Outcome.DONE
    assert stored().progress.percents_under_way == 42
    assert events(services, task) == ["work.started", "clip.progressed"]


def test_work_whose_heartbeats_fail_stops_before_the_lease_ends(
    services: Services, stack: LocalStack, task: Task
) -> None:
    down = Unreachable(services.store._db)
    began = time.monotonic()
    outcome = perform(task, works_for(30), replace(services, store=down))
    assert outcome is Outcome.RETRY
    assert time.monotonic() - began < LEASE.total_seconds()


def test_a_worker_that_was_frozen_past_its_lease_stops_without_using_up_an_attempt(
    services: Services, task: Task
) -> None:
    frozen = FrozenOnce(services.store._db)
    outcome = perform(task, works_for(30), replace(services, store=frozen))
    assert outcome is Outcome.RETRY
    work = services.store.load(task.job_id).state.keyframes
    assert (work.lease, work.attempt) == (None, 0)


@pytest.mark.parametrize("others", [["scripted"], []])
def test_a_clip_that_cannot_be_made_here_is_given_to_the_next_backend_if_there_is_one(
    services: Services,
    store: JobStore,
    queue: RecordingQueue,
    monkeypatch: pytest.MonkeyPatch,
    others: list[str],
) -> None:
    def cannot(*_: object) -> NoReturn:
        raise BackendFailed("too large for this GPU")

    monkeypatch.setattr(work, "_render", cannot)
    state, _ = store.create(drawn_job(2, fallback_models=others).evolve(news=()))
    task = due_task(state, render(0)).task
    here = replace(services, objects=cast(ObjectStore, Empty()), switches=cast(Switches, Empty()))

    outcome = perform(task, work.render_shot, here)

    after = store.load(task.job_id, shots=ALL).state
    assert (outcome, after.job.status) == (
        (Outcome.DONE, Status.IN_PROGRESS) if others else (Outcome.FAILED, Status.FAILED)
    )
    assert (after.shots[0].fallbacks, after.shots[0].lease) == (len(others), None)
    assert ("shot.fell_back" in events(services, task)) == bool(others)
    assert ("render/0" in queue.enqueued) == bool(others)


@pytest.mark.parametrize(
    ("failed_before", "others", "outcome"),
    [
        (1, ["scripted"], Outcome.WAITING),
        (2, ["scripted"], Outcome.DONE),
        (2, [], Outcome.FAILED),
    ],
)
def test_a_clip_that_fails_here_three_times_is_given_to_the_next_backend_if_there_is_one(
    services: Services,
    store: JobStore,
    monkeypatch: pytest.MonkeyPatch,
    failed_before: int,
    others: list[str],
    outcome: Outcome,
) -> None:
    def fails(*_: object) -> NoReturn:
        raise OperationFailed("the frames are no picture")

    monkeypatch.setattr(work, "_render", fails)
    drawn = drawn_job(2, fallback_models=others).evolve(news=())
    tried = drawn.with_work(render(0), drawn.shots[0].evolve(attempt=failed_before))
    state, _ = store.create(tried)
    task = due_task(state, render(0)).task
    here = replace(services, objects=cast(ObjectStore, Empty()), switches=cast(Switches, Empty()))

    assert perform(task, work.render_shot, here) is outcome

    after = store.load(task.job_id, shots=ALL).state
    assert ("shot.fell_back" in events(services, task)) == (outcome is Outcome.DONE)
    assert after.shots[0].fallbacks == (outcome is Outcome.DONE)
    error = after.job.error
    assert (error and error.code) == ("attempts_exhausted" if outcome is Outcome.FAILED else None)


def test_work_that_fails_while_its_process_ends_has_failed(
    services: Services, task: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A clip that a GPU is lost over ends the process: were that an interruption, it would do so for ever."""

    def fails_once_it_is_interrupted(assignment: Assignment) -> None:
        monkeypatch.setattr(lease, "is_shutting_down", lambda: True)
        try:
            while True:
                assignment.check()
        except BaseException as stopped:
            raise OperationFailed("the GPU is lost") from stopped

    assert perform(task, fails_once_it_is_interrupted, services) is Outcome.WAITING
    assert services.store.load(task.job_id).state.keyframes.attempt == 1
    assert services.store.events(task.job_id)[-1]["data"]["reason"] == "operation_failed"


def test_work_that_outlasts_its_task_is_stopped_and_tried_again(services: Services, task: Task) -> None:
    """Cloud Tasks soon delivers it anew, and were the lease kept, nobody could take it on."""
    hurried = replace(services, time_limit=timedelta(seconds=0.3))
    assert perform(task, works_for(30), hurried) is Outcome.WAITING
    work = services.store.load(task.job_id).state.keyframes
    assert (work.lease, work.attempt) == (None, 1)
    assert services.store.events(task.job_id)[-1]["data"]["reason"] == "operation_failed"


def test_work_that_does_not_stop_loses_its_lease_and_is_told_of_as_long_as_it_hangs(
    services: Services, task: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a GPU that answers no more: only the end of the process is a remedy."""
    monkeypatch.setattr(lease, "STOPS_WITHIN_SECONDS", 0)
    released = threading.Event()

    def hangs(assignment: Assignment) -> None:
        released.wait(30)
        assignment.check()

    hurried = replace(services, time_limit=timedelta(seconds=0.3))
    assert not lease.hangs()
    with ThreadPoolExecutor(1) as pool:
        hanging = pool.submit(perform, task, hangs, hurried)
        try:
            until(lease.hangs, bool, what="word of work that does not stop")
            until(lambda: taken_on(services, task), bool, what="the end of the lease")
        finally:
            released.set()
        assert hanging.result() is Outcome.STOPPED
    assert not lease.hangs()


def taken_on(services: Services, task: Task) -> bool:
    """Tell whether another worker could take on the work, and did it."""
    return perform(task, works_for(0), services) is Outcome.DONE


def test_work_of_a_cancelled_job_is_stopped_and_writes_nothing(
    services: Services, task: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lease, "CANCEL_POLL_SECONDS", 0.1)
    threading.Timer(0.5, lambda: services.store.change(task.job_id, cancel, shots=ALL)).start()
    began = time.monotonic()
    unhurried = replace(services, lease=timedelta(seconds=60))
    assert perform(task, works_for(30), unhurried) is Outcome.STOPPED
    assert time.monotonic() - began < 5
    assert events(services, task) == ["work.started", "job.cancelled"]


def cancelled(state: JobState, now: datetime) -> JobState:
    return cancel(state, now)


def test_a_failure_of_the_work_ends_the_job_with_its_reason(services: Services, task: Task) -> None:
    def work(_: Assignment) -> None:
        raise BackendFailed("the brush broke")

    assert perform(task, work, services) is Outcome.FAILED
    job = services.store.load(task.job_id).state.job
    assert job.error is not None
    assert (job.status, job.error.code, job.error.message) == (
        Status.FAILED,
        "backend_failed",
        "the brush broke",
    )


def failing(fault: Exception) -> Craft:
    def work(_: Assignment) -> None:
        raise fault

    return work


@pytest.mark.parametrize(
    ("fault", "attempts"), [(ObjectStoreUnavailable("down"), 0), (ZeroDivisionError("a bug"), 1)]
)
def test_a_fault_gives_the_lease_back_and_asks_for_another_delivery(
    services: Services, task: Task, fault: Exception, attempts: int
) -> None:
    assert perform(task, failing(fault), services) is Outcome.RETRY
    state = services.store.load(task.job_id).state
    assert (state.keyframes.lease, state.keyframes.attempt) == (None, attempts)
    assert perform(task, works_for(0), services) is Outcome.DONE


def test_the_fifth_crash_fails_the_job(services: Services, task: Task) -> None:
    outcomes = [perform(task, failing(ZeroDivisionError("a bug")), services) for _ in range(5)]
    assert outcomes == [Outcome.RETRY] * 4 + [Outcome.FAILED]
    error = services.store.glance(task.job_id).job.error
    assert error is not None
    assert error.code == "attempts_exhausted"


def test_a_provider_that_asks_us_to_wait_is_asked_again_after_its_own_delay(
    services: Services, queue: RecordingQueue, task: Task
) -> None:
    quota = QuotaExhausted(timedelta(seconds=30))
    assert perform(task, failing(quota), services) is Outcome.WAITING
    work = services.store.load(task.job_id).state.keyframes
    assert (work.lease, work.attempt, work.step) == (None, 0, 1)
    assert work.not_before is not None
    assert queue.enqueued == ["keyframes"]


def test_a_worker_whose_lease_was_taken_cannot_fail_the_job(services: Services, task: Task) -> None:
    def work(assignment: Assignment) -> None:
        services.store.change(task.job_id, taken_by_another, shots=ALL)
        raise BackendFailed("a late failure")

    assert perform(task, work, services) is Outcome.STOPPED
    assert services.store.glance(task.job_id).job.error is None


def taken_by_another(state: JobState, now: datetime) -> JobState:
    work = state.keyframes.evolve(lease=Lease(token="another", expires_at=now + LEASE))
    return state.evolve(keyframes=work)


def test_what_an_earlier_attempt_left_unenqueued_is_enqueued_by_the_first_commit(
    services: Services, queue: RecordingQueue, task: Task
) -> None:
    def dies_before_enqueueing(assignment: Assignment) -> None:
        def drawn(state: JobState, _now: datetime) -> JobState:
            state = save_plan(state, a_plan(2), token=assignment.token)
            return keyframe_drawn(state, 0, path="p", token=assignment.token)

        services.store.change(task.job_id, drawn, shots=ALL)
        raise ZeroDivisionError

    def draws_the_rest(assignment: Assignment) -> None:
        assignment.commit(partial(draw, 1, assignment.token))

    assert perform(task, dies_before_enqueueing, services) is Outcome.RETRY
    assert perform(task, draws_the_rest, services) is Outcome.DONE
    assert queue.enqueued == ["render/0", "render/1"]


def draw(index: int, token: str, state: JobState, _now: datetime) -> JobState:
    return keyframe_drawn(state, index, path="p", token=token)


def test_a_commit_enqueues_what_has_become_due_by_it_and_nothing_else(
    services: Services, queue: RecordingQueue, task: Task
) -> None:
    def work(assignment: Assignment) -> None:
        assignment.commit(lambda s, _: save_plan(s, a_plan(2), token=assignment.token))
        for index in range(2):
            assignment.commit(partial(draw, index, assignment.token))
            assert queue.enqueued[-1] == f"render/{index}"

    assert perform(task, work, services) is Outcome.DONE
    assert queue.enqueued == ["render/0", "render/1"]


def test_work_out_of_time_leaves_the_rest_to_a_further_task(
    services: Services, queue: RecordingQueue, task: Task
) -> None:
    def work(assignment: Assignment) -> None:
        assert assignment.is_out_of_time
        assignment.commit(lambda s, _: go_on_later(s, assignment.key, token=assignment.token))

    hurried = replace(services, time_budget=timedelta(0))
    assert perform(task, work, hurried) is Outcome.DONE
    assert queue.enqueued == ["keyframes"]
    assert services.store.load(task.job_id).state.keyframes.step == 1
