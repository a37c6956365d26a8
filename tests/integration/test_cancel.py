"""Cancel means stop: from every state and at every moment, for good, with nothing left behind."""

import json
import os
import signal
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest

from infra.local.stack import LocalStack
from shared.domain import transitions
from shared.domain.due_tasks import due_task
from shared.domain.errors import JobIsFinal
from shared.domain.job import Stage
from shared.domain.naming import objects_prefix
from shared.job_queries import JobQueries
from shared.job_store import ALL, JobStore
from tests.integration.queues import Queues
from tests.integration.service import Api, until
from tests.provider.running import RunningProvider
from tests.unit.jobs import KEYFRAMES, render

STOPS_WITHIN = timedelta(seconds=5)
LONG = {"seconds": 40, "size": "1920x1080"}
"""Work that is interrupted for sure."""


@pytest.fixture(autouse=True)
def quiet(stack: LocalStack, store: JobStore) -> None:
    """What other tests have left running is ended, and its workers are at rest."""
    for job_id in JobQueries(store._db).active_jobs(500):
        with suppress(JobIsFinal):
            store.change(job_id, transitions.cancel, shots=ALL)
    until(lambda: workers_at_rest(stack), bool, what="the workers to be at rest")


@pytest.fixture
def temporary_files(stack: LocalStack, quiet: None) -> Callable[[], set[Path]]:
    """Return what workers have there by now; what killed ones have left behind before does not count."""
    before = set(stack.folder.temporary.glob("ttv-*"))
    return lambda: set(stack.folder.temporary.glob("ttv-*")) - before


def workers_at_rest(stack: LocalStack) -> bool:
    """Tell whether no worker uses the processor: the longest work here is all computing."""
    family = [psutil.Process(part.pid) for name, part in stack.processes.items() if name.startswith("render")]
    workers = [child for parent in family for child in parent.children()]
    return sum(worker.cpu_percent(0.1) for worker in workers) < 50


def cancel(api: Api, video_id: str) -> dict[str, Any]:
    answer = api.http.post(f"/v1/videos/{video_id}/cancel")
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def assert_frozen(api: Api, video_id: str, cancelled: dict[str, Any]) -> None:
    after = api.video(video_id)
    frozen = ("status", "error", "progress", "completed_at", "stage")
    assert {name: after[name] for name in frozen} == {name: cancelled[name] for name in frozen}
    state = api.store.load(video_id, shots=ALL).state
    assert state.job.artifact is None
    assert not any(work.lease for work in (state.keyframes, state.finalize, *state.shots))


def test_cancel_while_queued_and_nothing_is_ever_begun(api: Api, queues: Queues, stack: LocalStack) -> None:
    queues.pause(Stage.KEYFRAMES)
    video_id = api.create()
    task = due_task(api.store.load(video_id).state, KEYFRAMES).task
    cancelled = cancel(api, video_id)
    queues.resume(Stage.KEYFRAMES)
    until(lambda: queues.holds(task), lambda held: not held, what="the task to be delivered")
    assert_frozen(api, video_id, cancelled)
    assert [event["name"] for event in api.store.events(video_id)] == ["job.accepted", "job.cancelled"]


@pytest.mark.parametrize("moment", ["job.planned", "keyframe.drawn", "clip.rendered"])
def test_cancel_during_the_work_stops_it_and_leaves_no_file(
    api: Api, stack: LocalStack, temporary_files: Callable[[], set[Path]], moment: str
) -> None:
    video_id = api.create(**LONG)
    api.wait_for_event(video_id, moment)
    cancelled = cancel(api, video_id)
    asked_at = api.wait_for_event(video_id, "job.cancelled")["at"]
    until(temporary_files, lambda files: not files, what="the temporary files to be gone")
    until(lambda: workers_at_rest(stack), bool, what="the workers to be at rest")
    assert_frozen(api, video_id, cancelled)
    written = [event["at"] for event in api.store.events(video_id)]
    assert max(written) == asked_at


def test_running_work_stops_within_five_seconds(
    api: Api, stack: LocalStack, temporary_files: Callable[[], set[Path]]
) -> None:
    video_id = api.create(**LONG)
    api.wait_for_event(video_id, "work.started", "render")
    until(temporary_files, bool, what="a clip to be under way")
    cancel(api, video_id)
    stops = until(lambda: stopped(stack, video_id), bool, what="the render to stop")
    asked_at = api.wait_for_event(video_id, "job.cancelled")["at"]
    assert all(stopped_at - asked_at < STOPS_WITHIN for stopped_at in stops)


def stopped(stack: LocalStack, video_id: str) -> list[datetime]:
    """Return when renderers of a video have said that they stopped."""
    said = "".join(path.read_text() for path in stack.folder.logs.glob("render-*.log"))
    lines = [json.loads(line) for line in said.splitlines() if video_id in line and "work.stopped" in line]
    return [datetime.fromisoformat(line["time"]) for line in lines]


def test_cancel_at_the_very_end_is_kept_by_a_finalize_that_knew_nothing_of_it(
    api: Api, stack: LocalStack, queues: Queues, temporary_files: Callable[[], set[Path]]
) -> None:
    queues.pause(Stage.FINALIZE)
    video_id = api.create(seconds=4)
    until(lambda: api.video(video_id)["progress"], lambda done: done >= 90, what="the clips")
    worker = psutil.Process(stack.processes["finalize"].pid).children()[0]
    queues.resume(Stage.FINALIZE)
    api.wait_for_event(video_id, "work.started", "finalize")
    os.kill(worker.pid, signal.SIGSTOP)
    try:
        answer = api.http.post(f"/v1/videos/{video_id}/cancel")
    finally:
        os.kill(worker.pid, signal.SIGCONT)
    if answer.status_code == 409:  # it had ended before it was stopped
        assert api.video(video_id)["status"] == "completed"
        return
    until(temporary_files, lambda files: not files, what="finalize to stop")
    assert_frozen(api, video_id, answer.json())


@pytest.mark.parametrize("moment", ["submission.saved", "operation.started"])
def test_cancel_of_a_paid_video_ends_its_operations_and_gives_the_money_back(
    api: Api, provider: RunningProvider, stack: LocalStack, moment: str
) -> None:
    provider.script(["endless"] * 4)
    video_id = api.create(model="scripted")
    api.wait_for_event(video_id, moment)
    cancelled = cancel(api, video_id)
    until(lambda: api.store.load(video_id).state.job.unsettled, lambda left: not left, what="the settling")
    assert_frozen(api, video_id, cancelled)
    bucket = stack.environment["TTV_BUCKET"]
    assert provider.ledger().under(f"gs://{bucket}/{objects_prefix(video_id)}").paid_outputs() == {}
    assert api.video(video_id)["cost"]["spent_usd"] == 0


def test_a_provider_that_cannot_be_asked_is_asked_again_later_and_the_queue_is_not_slowed(
    api: Api, provider: RunningProvider, stack: LocalStack
) -> None:
    provider.script(["endless"])
    provider.cancels(["unavailable"])
    video_id = api.create(model="scripted", seconds=4, prompt="Mara walks along the harbour.")
    api.wait_for_event(video_id, "operation.started")
    cancel(api, video_id)
    api.wait_for_event(video_id, "call.waits")
    until(lambda: api.store.load(video_id).state.job.unsettled, lambda left: not left, what="the settling")
    assert api.video(video_id)["cost"]["spent_usd"] == 0


def test_a_cancel_whose_task_got_lost_is_carried_out_by_the_sweep(
    api: Api, provider: RunningProvider, queues: Queues, sweep: Callable[[], dict[str, int]]
) -> None:
    provider.script(["endless"])
    video_id = api.create(model="scripted", seconds=4, prompt="Mara walks along the harbour.")
    api.wait_for_event(video_id, "operation.started")
    queues.pause(Stage.RENDER)
    cancel(api, video_id)
    state = api.store.load(video_id, shots=ALL).state
    queues.lose(due_task(state, render(0)).task)
    queues.resume(Stage.RENDER)
    assert state.job.unsettled
    assert sweep()["replaced"] >= 1
    until(lambda: api.store.load(video_id).state.job.unsettled, lambda left: not left, what="the settling")
