"""Deliveries of tasks to a real worker: what each outcome is, and what it leaves behind."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import httpx
import pytest

from infra.local.stack import LocalStack
from shared.domain.claims import claim
from shared.domain.due_tasks import due_task, due_tasks
from shared.domain.job import JobState, Stage, Status, WorkKey
from shared.domain.messages import Task
from shared.domain.transitions import keyframe_drawn, save_plan
from shared.job_queries import JobQueries
from shared.job_store import ALL, JobStore
from shared.stage import RECHECK_MARGIN
from tests.integration.queues import Queues
from tests.integration.service import Api, until
from tests.unit.jobs import KEYFRAMES, LEASE, a_plan


def deliver(stack: LocalStack, content: str) -> httpx.Response:
    return httpx.post(stack.environment["TTV_KEYFRAMES_URL"], content=content, timeout=60)


def first_task(store: JobStore, video_id: str) -> Task:
    return due_task(store.load(video_id).state, KEYFRAMES).task


def drawn_by_one_who_dies(state: JobState, _now: datetime) -> JobState:
    """Do all of the keyframes stage but the enqueueing."""
    state = save_plan(state, a_plan(2), token="dies")
    for index in range(2):
        state = keyframe_drawn(state, index, path="p", token="dies")
    return state


def leased_elsewhere(store: JobStore, video_id: str, token: str = "elsewhere") -> JobState:
    task = first_task(store, video_id)
    return store.change(video_id, lambda s, now: claim(s, task, token=token, now=now, lasts=LEASE), shots=ALL)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"job_id": "../../etc"}', '{"stage": "render"}'])
def test_a_malformed_task_is_settled_not_repeated(stack: LocalStack, content: str) -> None:
    answer = deliver(stack, content)
    assert (answer.status_code, answer.json()) == (200, {"outcome": "malformed"})


def test_a_task_for_another_stage_is_settled_not_done(stack: LocalStack, api: Api, queues: Queues) -> None:
    queues.pause(Stage.KEYFRAMES)
    task = first_task(api.store, api.create())
    answer = deliver(stack, task.evolve(stage=Stage.FINALIZE).model_dump_json())
    assert (answer.status_code, answer.json()) == (200, {"outcome": "misdirected"})


def test_a_task_of_a_job_that_is_gone_is_obsolete(stack: LocalStack) -> None:
    task = Task(job_id="video_" + "0" * 24, stage=Stage.KEYFRAMES, generation=0, step=0)
    assert deliver(stack, task.model_dump_json()).json() == {"outcome": "obsolete"}


def test_a_shot_that_does_not_exist_is_obsolete(stack: LocalStack, api: Api, queues: Queues) -> None:
    queues.pause(Stage.KEYFRAMES)
    task = first_task(api.store, api.create()).evolve(stage=Stage.RENDER, shot=7)
    port = stack.processes["render-1"].port
    answer = httpx.post(f"http://127.0.0.1:{port}", content=task.model_dump_json(), timeout=60)
    assert (answer.status_code, answer.json()) == (200, {"outcome": "obsolete"})


def test_unknown_fields_of_a_newer_revision_are_ignored(stack: LocalStack, api: Api, queues: Queues) -> None:
    queues.pause(Stage.KEYFRAMES)
    task = first_task(api.store, api.create(seconds=4))
    newer = task.model_dump_json().replace("{", '{"added_later": 1, ', 1)
    assert deliver(stack, newer).json() == {"outcome": "done"}


def test_a_delivery_while_another_works_waits_for_the_end_of_its_lease(
    stack: LocalStack, api: Api, queues: Queues
) -> None:
    queues.pause(Stage.KEYFRAMES)
    video_id = api.create(seconds=4)
    lease = leased_elsewhere(api.store, video_id).keyframes.lease
    assert lease is not None
    task = first_task(api.store, video_id)
    answers = [deliver(stack, task.model_dump_json()).json() for _ in range(3)]
    assert answers == [{"outcome": "waiting"}] * 3
    assert queues.holds(task, recheck_at=lease.expires_at + RECHECK_MARGIN)
    assert api.store.load(video_id).state.keyframes.attempt == 1  # waiting is none
    api.http.post(f"/v1/videos/{video_id}/cancel")


def test_a_delivery_after_the_work_is_done_enqueues_what_is_due(
    stack: LocalStack, api: Api, queues: Queues
) -> None:
    queues.pause(Stage.KEYFRAMES)
    queues.pause(Stage.RENDER)
    video_id = api.create()
    task = first_task(api.store, video_id).model_dump_json()
    leased_elsewhere(api.store, video_id, "dies")
    api.store.change(video_id, drawn_by_one_who_dies, shots=ALL)
    assert deliver(stack, task).json() == {"outcome": "obsolete"}
    due = due_tasks(api.store.load(video_id, shots=ALL).state)
    assert [str(each.task.key) for each in due] == ["render/0", "render/1"]
    assert all(queues.holds(each.task) for each in due)
    api.http.post(f"/v1/videos/{video_id}/cancel")


def test_a_delivery_for_a_final_job_does_nothing(stack: LocalStack, api: Api, queues: Queues) -> None:
    queues.pause(Stage.KEYFRAMES)
    video_id = api.create()
    task = first_task(api.store, video_id).model_dump_json()
    api.http.post(f"/v1/videos/{video_id}/cancel")
    events = len(api.store.events(video_id))
    assert deliver(stack, task).json() == {"outcome": "obsolete"}
    assert len(api.store.events(video_id)) == events


def test_the_sweep_twice_at_once_enqueues_every_missing_task_once(
    api: Api, queues: Queues, sweep: Callable[[], dict[str, int]]
) -> None:
    queues.pause(Stage.KEYFRAMES)
    videos = [api.create(seconds=4) for _ in range(4)]
    for video_id in videos:
        queues.lose(first_task(api.store, video_id))
    queues.resume(Stage.KEYFRAMES)
    with ThreadPoolExecutor(2) as two:
        reports = list(two.map(lambda _: sweep(), range(2)))
    assert sum(report["replaced"] for report in reports) >= len(videos)
    for video_id in videos:
        assert api.finished(video_id)["status"] == "completed"
        names = [event["name"] for event in api.store.events(video_id)]
        assert names.count("job.planned") == names.count("job.completed") == 1


def test_nothing_is_due_once_a_job_is_completed(api: Api) -> None:
    video_id = api.create(seconds=4)
    api.finished(video_id)
    state = api.store.load(video_id, shots=ALL).state
    assert state.job.status is Status.COMPLETED
    assert due_tasks(state) == ()
    queries = JobQueries(api.store._db)
    until(lambda: queries.active_jobs(500), lambda active: video_id not in active, what="the index")


def test_a_key_names_its_work() -> None:
    assert (str(WorkKey(stage=Stage.RENDER, shot=3)), str(KEYFRAMES)) == ("render/3", "keyframes")
