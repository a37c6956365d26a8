"""What needs a GPU has a queue of its own, and is found, replaced and delivered there; nothing else is."""

import secrets
from datetime import UTC, datetime, timedelta
from typing import cast

import pytest

from functions.finalize.sweep import sweep
from infra.local.clients import job_store, task_queue
from infra.local.stack import LocalStack
from shared.assignment import Services
from shared.domain import capabilities
from shared.domain.due_tasks import due_task, due_tasks
from shared.domain.job import Stage
from shared.domain.messages import Destination, Task
from shared.job_queries import JobQueries
from shared.job_store import ALL, JobStore
from shared.limits import Limits
from shared.object_store import ObjectStore
from shared.switches import Switches
from shared.task_queue import TaskQueue
from tests.integration.queues import Queues
from tests.integration.service import Api, until
from tests.integration.stored import stored
from tests.unit.jobs import drawn_job, render


@pytest.fixture
def on_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let `animatic` need a GPU, as far as this process knows: the functions of the stack do not."""
    needy = capabilities.VIDEO_BACKENDS["animatic"].evolve(needs_gpu=True)
    monkeypatch.setitem(capabilities.VIDEO_BACKENDS, "animatic", needy)


@pytest.fixture
def own_store(stack: LocalStack) -> JobStore:
    return job_store(stack.environment | {"GOOGLE_CLOUD_PROJECT": f"test-{secrets.token_hex(4)}"})


@pytest.fixture
def queue(stack: LocalStack) -> TaskQueue:
    return task_queue(stack.environment | {"TTV_GPU": "cpu"})  # without one `animatic` could not need it


def swept(store: JobStore, queue: TaskQueue) -> tuple[int, int]:
    """Sweep, and return how many tasks were enqueued and how many replaced."""
    services = Services(
        store, queue, cast(ObjectStore, None), cast(Switches, None), lease=timedelta(seconds=1)
    )
    report = sweep(services, JobQueries(store._db), Limits(store._db))
    return report.enqueued, report.replaced


def due_now(store: JobStore, job_id: str) -> Task:
    (due,) = due_tasks(store.load(job_id, shots=ALL).state)
    return due.task


@pytest.mark.usefixtures("on_gpu")
def test_a_task_that_needs_a_gpu_is_found_and_replaced_in_its_own_queue(
    own_store: JobStore, queue: TaskQueue, queues: Queues
) -> None:
    queues.pause(Destination.RENDER_GPU)
    job_id = stored(own_store, drawn_job(1))
    assert swept(own_store, queue) == (1, 0)
    task = due_now(own_store, job_id)
    assert (queues.holds(task), queues.holds(task.evolve(on_gpu=False))) == (True, False)
    assert queue.exists(task)
    assert swept(own_store, queue) == (0, 0)
    queues.lose(task)
    assert swept(own_store, queue) == (0, 1)  # its name is still remembered
    replacement = due_now(own_store, job_id)
    assert (replacement.generation, queues.holds(replacement)) == (1, True)
    queues.lose(replacement)


@pytest.mark.usefixtures("on_gpu")
def test_the_recheck_of_a_task_stays_in_its_queue(queue: TaskQueue, queues: Queues) -> None:
    queues.pause(Destination.RENDER_GPU)
    state = drawn_job(1)
    state = state.evolve(job=state.job.evolve(job_id=f"video_{secrets.token_hex(12)}"))
    task, at = due_task(state, render(0)).task, datetime.now(UTC) + timedelta(hours=1)
    assert queue.enqueue(task, not_before=at, recheck=True)
    assert queues.holds(task, recheck_at=at)
    queues.purge(Destination.RENDER_GPU)


def test_clips_come_by_the_queue_of_the_gpu_while_that_of_the_cpu_is_held_back(
    api: Api, queue: TaskQueue, queues: Queues, monkeypatch: pytest.MonkeyPatch
) -> None:
    queues.pause(Stage.RENDER)
    video_id = api.create(seconds=4)
    waiting = until(
        lambda: due_tasks(api.store.load(video_id, shots=ALL).state),
        lambda due: due and all(each.task.stage is Stage.RENDER for each in due),
        what="the keyframes",
    )
    for due in waiting:
        assert queue.enqueue(due.task.evolve(on_gpu=True))
    assert api.finished(video_id)["status"] == "completed"
    assert all(queues.holds(due.task) for due in waiting)


def test_without_a_gpu_what_was_accepted_while_there_was_one_goes_to_the_cpu(
    stack: LocalStack, queues: Queues
) -> None:
    queues.pause(Stage.RENDER)
    without = task_queue(stack.environment | {"TTV_RENDER_GPU_URL": ""})
    assert Destination.RENDER_GPU not in without.destinations
    state = drawn_job(1)
    state = state.evolve(job=state.job.evolve(job_id=f"video_{secrets.token_hex(12)}"))
    task = due_task(state, render(0)).task.evolve(on_gpu=True)
    without.enqueue(task)
    assert without.exists(task)
    assert without.holds_back(task)
    assert queues.holds(task.evolve(on_gpu=False))
    assert not queues.holds(task)
    queues.purge(Stage.RENDER)
