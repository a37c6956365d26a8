"""State in Firestore: nothing is lost between writers, nothing is written once a job is final."""

import json
import secrets
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from google.cloud import firestore

from infra.local.clients import job_store
from infra.local.stack import LocalStack
from shared.documents import JobDocuments
from shared.domain.capabilities import KeyframeMode
from shared.domain.claims import claim
from shared.domain.due_tasks import due_task, due_tasks, is_ready_to_finalize
from shared.domain.errors import (
    IdempotencyKeyReused,
    JobIsFinal,
    LeaseLost,
    NotFound,
    Refused,
    StoreUnavailable,
)
from shared.domain.job import JobState, Lease, Progress, StageWork, Status
from shared.domain.keyframes import without_keyframes
from shared.domain.paid_calls import Remedy, remedied
from shared.domain.plan import Wording
from shared.domain.progress import percent
from shared.domain.transitions import cancel, clip_rendered, delete, keyframe_drawn, save_plan, shot_reworded
from shared.job_store import JobStore, Step
from tests.integration.forgetful import Forgetful
from tests.unit.jobs import KEYFRAMES, LEASE, NOW, a_plan, drawn_job, planned_job, queued_job, render


@pytest.fixture
def store(stack: LocalStack) -> JobStore:
    """A store of this test's own: each project has its own database in the emulator."""
    return job_store(stack.environment | {"GOOGLE_CLOUD_PROJECT": f"test-{secrets.token_hex(4)}"})


@pytest.fixture
def job_id(store: JobStore) -> str:
    state, is_new = store.create(queued_job().tell("job.accepted"))
    assert is_new
    return state.job.job_id


def claimed(store: JobStore, job_id: str, key: Any, token: str) -> JobState:  # noqa: ANN401 - a work key
    def step(state: JobState, now: Any) -> JobState:  # noqa: ANN401 - Firestore's clock
        return claim(state, due_task(state, key).task, token=token, now=now, lasts=LEASE)

    return store.change(job_id, step, shots="all")


def drawn(store: JobStore, job_id: str, shots: int) -> None:
    claimed(store, job_id, KEYFRAMES, "draws")
    store.change(job_id, lambda s, _: save_plan(s, a_plan(shots), token="draws"), shots="all")
    for index in range(shots):
        store.change(job_id, partial(draw, index), shots="all")


def draw(index: int, state: JobState, _now: datetime) -> JobState:
    return keyframe_drawn(state, index, path=f"{index}.png", token="draws")


def rendered(store: JobStore, job_id: str, index: int) -> JobState:
    claimed(store, job_id, render(index), f"renders {index}")
    return store.change(
        job_id,
        lambda s, _: clip_rendered(s, render(index), path=f"{index}.mp4", token=f"renders {index}"),
        shots=(index,),
    )


def test_a_stored_job_reads_back_as_it_was_with_the_time_of_the_store(store: JobStore) -> None:
    stored, _ = store.create(queued_job())
    read = store.load(stored.job.job_id)
    assert read.state == stored
    assert abs(read.now - stored.job.created_at) < timedelta(seconds=10)


def test_a_missing_job_is_not_found_rather_than_empty(store: JobStore) -> None:
    with pytest.raises(NotFound):
        store.load("video_ffffffffffffffffffffffff")


def test_sixteen_workers_at_once_lose_nothing_and_exactly_one_finds_finalize_due(
    store: JobStore, job_id: str
) -> None:
    drawn(store, job_id, 16)
    with ThreadPoolExecutor(16) as workers:
        states = list(workers.map(lambda index: rendered(store, job_id, index), range(16)))
    assert sorted(state.progress.clips_rendered for state in states) == list(range(1, 17))
    assert sum(is_ready_to_finalize(state) for state in states) == 1
    assert store.load(job_id).state.progress.clips_rendered == 16


def test_after_a_cancel_no_worker_can_write(store: JobStore, job_id: str) -> None:
    drawn(store, job_id, 8)
    barrier = threading.Barrier(9)

    def racing(index: int) -> bool:
        claimed(store, job_id, render(index), f"races {index}")
        barrier.wait(10)
        try:
            store.change(
                job_id,
                lambda s, _: clip_rendered(s, render(index), path="p", token=f"races {index}"),
                shots=(index,),
            )
        except (JobIsFinal, LeaseLost):
            return False
        return True

    with ThreadPoolExecutor(9) as workers:
        races = [workers.submit(racing, index) for index in range(8)]
        barrier.wait(10)
        final = store.change(job_id, cancel, shots="all")
        written = sum(race.result() for race in races)
    after = store.load(job_id, shots="all").state
    assert after.job == final.job.evolve(revision=after.job.revision)
    assert after.progress.clips_rendered == written
    assert [shot.lease for shot in after.shots] == [None] * 8


def meanwhile(happens: Callable[[], object], step: Step) -> Step:
    """Let something happen once between a step's reading and its writing."""
    happened: list[object] = []

    def interrupted(state: JobState, now: datetime) -> JobState:
        if not happened:
            happened.append(happens())
        return step(state, now)

    return interrupted


def test_a_cancel_between_reading_and_writing_rejects_the_whole_commit(store: JobStore, job_id: str) -> None:
    drawn(store, job_id, 2)
    claimed(store, job_id, render(0), "t")

    def step(state: JobState, _now: datetime) -> JobState:
        return clip_rendered(state, render(0), path="p", token="t")

    def cancels() -> object:
        return store.change(job_id, cancel, shots=())  # touches the job alone

    with pytest.raises(JobIsFinal):
        store.change(job_id, meanwhile(cancels, step), shots=(0,))
    after = store.load(job_id, shots="all").state
    assert (after.progress.clips_rendered, after.shots[0].clip) == (0, None)
    assert "clip.rendered" not in [event["name"] for event in store.events(job_id)]


def test_a_lease_taken_between_reading_and_writing_rejects_the_whole_commit(
    store: JobStore, job_id: str
) -> None:
    claimed(store, job_id, KEYFRAMES, "mine")
    store.change(job_id, lambda s, _: save_plan(s, a_plan(2), token="mine"), shots="all")

    def taken(state: JobState, now: datetime) -> JobState:
        return state.evolve(keyframes=state.keyframes.evolve(lease=Lease(token="theirs", expires_at=now)))

    def takes() -> object:
        return store.change(job_id, taken, shots=())

    step = meanwhile(takes, lambda s, _: keyframe_drawn(s, 0, path="p", token="mine"))
    with pytest.raises(LeaseLost):
        store.change(job_id, step, shots="all", fence=KEYFRAMES)
    assert store.load(job_id, shots="all").state.shots[0].keyframe is None


def test_a_shot_refused_while_the_keyframes_stage_ends_keeps_it_from_ending(
    store: JobStore, job_id: str
) -> None:
    drawn(store, job_id, 2)

    def refuse(index: int) -> JobState:
        claimed(store, job_id, render(index), "t")
        step = partial(remedied, key=render(index), remedy=Remedy.REWORD, failure=Refused("no"), token="t")
        return store.change(job_id, lambda state, _now: step(state), shots=(index,))

    refuse(0)
    claimed(store, job_id, KEYFRAMES, "t")
    words = Wording(prompt="p", keyframe_prompt="k")
    reworded = meanwhile(lambda: refuse(1), lambda s, _: shot_reworded(s, 0, words, token="t"))
    state = store.change(job_id, reworded, shots="all", fence=KEYFRAMES)
    assert (state.keyframes.done, state.shots[1].awaits_rewording) == (False, True)


def test_a_clip_counted_while_a_job_is_cancelled_does_not_make_its_progress_fall(
    store: JobStore, job_id: str
) -> None:
    drawn(store, job_id, 2)
    progress = JobDocuments(store._db, job_id).progress
    shown = percent(*store.glance(job_id))

    def counted() -> object:
        return progress.update({"clips_rendered": firestore.Increment(1)})  # as read by a torn reading

    final = store.change(job_id, meanwhile(counted, cancel), shots="all")
    assert final.job.progress_percent > shown
    assert final.job.progress_percent == percent(*store.glance(job_id))


def test_fields_of_a_newer_revision_survive_a_change_by_this_one(store: JobStore, job_id: str) -> None:
    job = JobDocuments(store._db, job_id).job
    config = json.dumps({**json.loads(job.get().get("config")), "added_later": 1})
    job.update({"added_later": "keep me", "config": config})
    claimed(store, job_id, KEYFRAMES, "t")
    stored = job.get()
    assert (stored.get("added_later"), stored.get("config")) == ("keep me", config)
    assert store.load(job_id).state.job.status is Status.IN_PROGRESS


def test_documents_carry_their_expiry(store: JobStore, job_id: str) -> None:
    drawn(store, job_id, 1)
    documents = JobDocuments(store._db, job_id)
    singles = (documents.job, documents.progress, documents.keyframes, documents.shot(0))
    snapshots = [each.get() for each in singles] + list(documents.events.get())
    assert len(snapshots) == 4 + 4
    assert all("expire_at" in (snapshot.to_dict() or {}) for snapshot in snapshots)


def test_a_key_stands_for_one_job(store: JobStore) -> None:
    first, _ = store.create(queued_job(), idempotency_id="k", request_hash="h")
    twin = queued_job()
    twin = twin.evolve(job=twin.job.evolve(job_id="video_ffffffffffffffffffffffff"))
    again, is_new = store.create(twin, idempotency_id="k", request_hash="h")
    assert (again, is_new) == (first, False)
    with pytest.raises(IdempotencyKeyReused):
        store.create(twin, idempotency_id="k", request_hash="another")
    with pytest.raises(NotFound):
        store.load(twin.job.job_id)


@pytest.fixture
def forgetful(store: JobStore, monkeypatch: pytest.MonkeyPatch, stack: LocalStack) -> Callable[[], JobStore]:
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", stack.environment["FIRESTORE_EMULATOR_HOST"])
    return lambda: JobStore(Forgetful(project=store._db.project))


def test_a_commit_whose_answer_is_lost_is_done_once(
    store: JobStore, job_id: str, forgetful: Callable[[], JobStore]
) -> None:
    drawn(store, job_id, 2)
    claimed(store, job_id, render(0), "t")
    state = forgetful().change(
        job_id,
        lambda s, _: clip_rendered(s, render(0), path="0.mp4", token="t"),
        shots=(0,),
        patience=timedelta(seconds=5),
    )
    assert (state.shots[0].clip, state.progress.clips_rendered) == ("0.mp4", 1)
    assert [event["name"] for event in store.events(job_id)].count("clip.rendered") == 1


def test_an_impatient_caller_hears_of_the_outage_at_once(
    job_id: str, forgetful: Callable[[], JobStore]
) -> None:
    with pytest.raises(StoreUnavailable):
        forgetful().change(job_id, cancel, shots="all")


def test_an_expired_job_is_gone_before_firestore_has_deleted_it(store: JobStore, job_id: str) -> None:
    JobDocuments(store._db, job_id).job.update({"expire_at": NOW - timedelta(days=1)})
    for read in (store.load, store.glance):
        with pytest.raises(NotFound):
            read(job_id)


def test_a_key_whose_job_has_been_deleted_is_free_again(store: JobStore) -> None:
    first, _ = store.create(queued_job(), idempotency_id="k", request_hash="h")
    store.change(first.job.job_id, delete, shots="all")
    twin = queued_job()
    twin = twin.evolve(job=twin.job.evolve(job_id="video_ffffffffffffffffffffffff"))
    second, is_new = store.create(twin, idempotency_id="k", request_hash="another")
    assert (second.job.job_id, is_new) == (twin.job.job_id, True)


def test_a_new_job_is_stored_with_the_shots_it_begins_with(store: JobStore) -> None:
    state = drawn_job()
    stored, _ = store.create(state.evolve(news=(), keyframes=StageWork()))
    assert store.load(stored.job.job_id, shots="all").state == stored


def test_a_key_whose_job_has_expired_is_free_again(store: JobStore) -> None:
    first, _ = store.create(queued_job(), idempotency_id="k", request_hash="h")
    JobDocuments(store._db, first.job.job_id).job.delete()
    twin = queued_job()
    twin = twin.evolve(job=twin.job.evolve(job_id="video_ffffffffffffffffffffffff"))
    second, is_new = store.create(twin, idempotency_id="k", request_hash="another")
    assert (second.job.job_id, is_new) == (twin.job.job_id, True)


def test_a_repeated_creation_finds_what_is_due_of_a_job_that_began_with_shots(store: JobStore) -> None:
    shots = without_keyframes(planned_job().shots, KeyframeMode.NONE)
    new = queued_job(keyframes="none")
    derived = new.evolve(shots=shots, progress=Progress(shots_total=3), keyframes=StageWork(done=True))
    store.create(derived, idempotency_id="once", request_hash="x")
    found = store.standing_for("once", "x")
    assert found is not None
    assert [str(due.task.key) for due in due_tasks(found)] == ["render/0", "render/1", "render/2"]
