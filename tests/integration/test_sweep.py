"""What the sweep finds and puts right. How it gets stuck jobs going is shown in test_recovery.py."""

import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, cast

import pytest

from functions.finalize.sweep import Report, sweep
from infra.local.clients import job_store
from infra.local.stack import LocalStack
from shared.assignment import Services
from shared.documents import JobDocuments
from shared.domain.derivation import Particulars, retried
from shared.domain.due_tasks import due_tasks
from shared.domain.errors import BackendFailed, ObjectStoreUnavailable
from shared.domain.job import JobState
from shared.domain.messages import Task
from shared.domain.naming import objects_prefix
from shared.domain.transitions import cancel, complete, delete, fail
from shared.job_queries import JobQueries
from shared.job_store import ALL, JobStore
from shared.limits import Limits
from shared.object_store import ObjectStore
from shared.switches import Switches
from shared.task_queue import TaskQueue
from tests.integration.reserving import AMPLE, one_video
from tests.integration.stored import stored
from tests.unit.jobs import (
    ARTIFACT,
    FINALIZE,
    NOW,
    claimed,
    completed_job,
    drawn_job,
    queued_job,
    rendered_job,
    running_job,
    submitted_job,
)

AT_ONCE = timedelta(0)
"""A lease so short that what was deleted can be purged at once."""


@dataclass
class RecordingQueue:
    """Has the tasks it was given, and remembers them in order."""

    enqueued: list[Task] = field(default_factory=list)

    def exists(self, task: Task) -> bool:
        return task in self.enqueued

    def enqueue(self, task: Task, **_: Any) -> bool:  # noqa: ANN401 - as TaskQueue's
        self.enqueued.append(task)
        return True


@dataclass
class RecordingObjects:
    """Remembers what was deleted."""

    deleted: list[str] = field(default_factory=list)
    is_down: bool = False

    def delete_prefix(self, prefix: str) -> int:
        if self.is_down:
            raise ObjectStoreUnavailable("down")
        self.deleted.append(prefix)
        return 0


@pytest.fixture
def store(stack: LocalStack) -> JobStore:
    return job_store(stack.environment | {"GOOGLE_CLOUD_PROJECT": f"test-{secrets.token_hex(4)}"})


@pytest.fixture
def queue() -> RecordingQueue:
    return RecordingQueue()


@pytest.fixture
def objects() -> RecordingObjects:
    return RecordingObjects()


@pytest.fixture
def limits(store: JobStore) -> Limits:
    return Limits(store._db)


@pytest.fixture
def services(store: JobStore, queue: RecordingQueue, objects: RecordingObjects) -> Services:
    return Services(
        store, cast(TaskQueue, queue), cast(ObjectStore, objects), cast(Switches, None), lease=AT_ONCE
    )


@pytest.fixture
def swept(services: Services, limits: Limits) -> Callable[[], Report]:
    return lambda: sweep(services, JobQueries(services.store._db), limits)


def documents(store: JobStore, job_id: str) -> list[str]:
    """Return the paths of all that is left of a job."""
    job = JobDocuments(store._db, job_id).job
    below = [document.id for each in job.collections() for document in each.list_documents()]
    return below + [job.id] * job.get().exists


def test_a_job_this_revision_cannot_read_does_not_keep_the_sweep_from_the_others(
    store: JobStore, queue: RecordingQueue, swept: Callable[[], Report]
) -> None:
    unreadable, other = stored(store, queued_job()), stored(store, queued_job())
    JobDocuments(store._db, unreadable).job.update({"stage": "a stage of the future"})
    report = swept()
    assert (report.jobs, report.crashed, report.enqueued) == (2, 1, 1)
    assert [task.job_id for task in queue.enqueued] == [other]


def test_active_jobs_are_those_that_are_not_final(store: JobStore) -> None:
    job_id, queries = stored(store, queued_job()), JobQueries(store._db)
    assert list(queries.active_jobs(10)) == [job_id]
    store.change(job_id, cancel, shots=ALL)
    assert list(queries.active_jobs(10)) == []


def test_of_more_jobs_than_one_sweep_looks_at_each_gets_its_turn(store: JobStore) -> None:
    jobs = {stored(store, queued_job()) for _ in range(6)}
    queries = JobQueries(store._db)
    assert set(queries.active_jobs(6)) == jobs
    seen: set[str] = set()
    while seen != jobs:
        some = queries.active_jobs(2)
        assert len(some) == len(set(some)) == 2
        seen |= set(some)


def test_the_paid_call_of_a_final_job_gets_its_missing_task_once(
    store: JobStore, queue: RecordingQueue, swept: Callable[[], Report]
) -> None:
    job_id = stored(store, cancel(running_job(), NOW))
    first, second = swept(), swept()
    assert (first.unsettled, first.enqueued, first.purged) == (1, 1, 0)
    assert (second.unsettled, second.enqueued) == (1, 0)
    (due,) = due_tasks(store.load(job_id, shots=ALL).state)
    assert queue.enqueued == [due.task]


def test_a_final_job_without_paid_calls_left_is_noted_as_settled(
    store: JobStore, swept: Callable[[], Report]
) -> None:
    job_id = stored(store, cancel(submitted_job(), NOW))

    def settled_but_not_noted(state: JobState, _now: object) -> JobState:
        return state.evolve(shots=(state.shots[0].evolve(submission=None), *state.shots[1:]))

    store.change(job_id, settled_but_not_noted, shots=ALL)
    assert (swept().unsettled, store.load(job_id).state.job.unsettled) == (1, False)
    assert swept().unsettled == 0


def test_nothing_is_left_of_a_deleted_job_but_its_ledger(
    store: JobStore, objects: RecordingObjects, swept: Callable[[], Report]
) -> None:
    deleted, kept = stored(store, rendered_job()), stored(store, rendered_job())
    before = documents(store, kept)
    store.change(deleted, delete, shots=ALL)
    assert swept().purged == 1
    assert objects.deleted == [objects_prefix(deleted)]
    assert documents(store, deleted) == []
    assert documents(store, kept) == before
    assert swept().purged == 0


def test_many_events_are_purged_in_bounded_batches(
    store: JobStore, swept: Callable[[], Report], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.job_store.BATCH", 4)
    job_id = stored(store, rendered_job())
    store.change(job_id, delete, shots=ALL)
    assert len(store.events(job_id)) > 8
    assert swept().purged == 1
    assert documents(store, job_id) == []


def test_a_job_is_purged_only_after_its_paid_calls_are_accounted_for(
    store: JobStore, objects: RecordingObjects, swept: Callable[[], Report]
) -> None:
    job_id = stored(store, delete(running_job(), NOW))
    report = swept()
    assert (report.unsettled, report.purged, objects.deleted) == (1, 0, [])

    def settled(state: JobState, _now: object) -> JobState:
        return state.evolve(shots=(state.shots[0].evolve(submission=None), *state.shots[1:]))

    store.change(job_id, settled, shots=ALL)
    assert swept().purged == 1
    assert documents(store, job_id) == []


def test_a_job_is_purged_only_once_no_worker_can_be_at_it(
    store: JobStore, objects: RecordingObjects, services: Services, limits: Limits
) -> None:
    store.change(stored(store, drawn_job()), delete, shots=ALL)
    unhurried = replace(services, lease=timedelta(seconds=60))
    assert sweep(unhurried, JobQueries(store._db), limits).purged == 0
    assert objects.deleted == []


def test_a_job_is_purged_only_after_those_that_take_over_its_media(
    store: JobStore, objects: RecordingObjects, swept: Callable[[], Report]
) -> None:
    source_id = stored(store, fail(rendered_job(), NOW, failure=BackendFailed("no")))
    heir = retried(
        store.load(source_id, shots=ALL).state,
        Particulars("video_aaaaaaaaaaaaaaaaaaaaaaaa", NOW, timedelta(days=3650), 10**9, ""),
    )
    store.create(heir)
    store.change(source_id, delete, shots=ALL)
    assert swept().purged == 0
    store.change(heir.job.job_id, cancel, shots=ALL)
    assert swept().purged == 1
    assert objects.deleted == [objects_prefix(source_id)]


def test_two_sweeps_at_once_purge_and_settle_without_harm(
    store: JobStore, swept: Callable[[], Report]
) -> None:
    gone = [stored(store, delete(rendered_job(), NOW)) for _ in range(3)]
    stored(store, cancel(running_job(), NOW))
    with ThreadPoolExecutor(2) as two:
        reports = list(two.map(lambda _: swept(), range(2)))
    assert [report.crashed for report in reports] == [0, 0]
    assert sum(report.purged for report in reports) >= 3
    assert [documents(store, job_id) for job_id in gone] == [[], [], []]


def test_a_store_of_objects_that_is_down_keeps_the_sweep_only_from_purging(
    store: JobStore, queue: RecordingQueue, objects: RecordingObjects, swept: Callable[[], Report]
) -> None:
    gone, waiting = stored(store, delete(rendered_job(), NOW)), stored(store, queued_job())
    objects.is_down = True
    with pytest.raises(ObjectStoreUnavailable):
        swept()
    assert [task.job_id for task in queue.enqueued] == [waiting]
    assert documents(store, gone) != []
    objects.is_down = False
    assert swept().purged == 1


def test_a_count_that_is_wrong_is_put_right_by_the_sweep(
    store: JobStore, limits: Limits, swept: Callable[[], Report]
) -> None:
    for _ in range(4):
        limits.reserve(one_video("leaks"), AMPLE)
    limits.reserve(one_video("is right"), AMPLE)
    for state in (queued_job(), drawn_job(), completed_job()):
        stored(store, state, owner="leaks")
    stored(store, queued_job(), owner="is right")
    assert swept().recounted == 1
    counted = {each.owner: each.running for each in limits.counted(10)}
    assert counted == {"leaks": 2, "is right": 1}
    assert swept().recounted == 0


def test_the_end_of_a_job_between_counting_and_setting_is_not_undone(store: JobStore, limits: Limits) -> None:
    job_id = stored(store, claimed(rendered_job(), FINALIZE))
    for _ in range(2):
        limits.reserve(one_video(), AMPLE)

    class Late(JobQueries):
        def running(self, owner: str) -> int:
            running = super().running(owner)
            store.change(job_id, lambda s, now: complete(s, ARTIFACT, now=now, token="mine"), shots=ALL)
            return running

    services = Services(
        store, cast(TaskQueue, RecordingQueue()), cast(ObjectStore, None), cast(Switches, None), AT_ONCE
    )
    assert sweep(services, Late(store._db), limits).recounted == 0
    assert [each.running for each in limits.counted(10)] == [1]
