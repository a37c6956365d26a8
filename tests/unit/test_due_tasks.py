"""Which tasks should exist, at each point of a job's life."""

import pytest

from shared.domain import capabilities
from shared.domain.claims import replace_task
from shared.domain.due_tasks import due_task, due_tasks
from shared.domain.errors import BackendFailed
from shared.domain.job import JobState, Reused, Stage
from shared.domain.messages import Destination, Task
from shared.domain.paid_calls import Remedy, remedied
from shared.domain.transitions import cancel, keyframe_drawn
from tests.unit.jobs import (
    KEYFRAMES,
    NOW,
    claimed,
    completed_job,
    drawn_job,
    planned_job,
    queued_job,
    render,
    rendered_job,
)


def due(state: JobState) -> list[str]:
    return [str(each.task.key) for each in due_tasks(state)]


def test_a_new_job_is_due_for_its_keyframes() -> None:
    assert due(queued_job()) == ["keyframes"]


def test_a_free_clip_is_due_as_soon_as_its_keyframe_is_drawn() -> None:
    state = keyframe_drawn(planned_job(), 0, path="0.png", token="mine")
    assert due(state) == ["keyframes", "render/0"]


def test_paid_clips_wait_for_all_keyframes(monkeypatch: pytest.MonkeyPatch) -> None:
    paid = capabilities.VIDEO_BACKENDS["animatic"].evolve(paid=True)
    monkeypatch.setitem(capabilities.VIDEO_BACKENDS, "animatic", paid)
    assert due(keyframe_drawn(planned_job(), 0, path="0.png", token="mine")) == ["keyframes"]
    assert due(drawn_job()) == ["render/0", "render/1", "render/2"]


def test_finalize_is_due_once_every_clip_is_rendered() -> None:
    assert due(rendered_job()) == ["finalize"]


def test_who_holds_only_the_last_shot_finds_finalize_due_by_the_count() -> None:
    state = rendered_job()
    assert due(state.evolve(shots=state.shots[-1:])) == ["finalize"]


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let `animatic` need a GPU."""
    needy = capabilities.VIDEO_BACKENDS["animatic"].evolve(needs_gpu=True)
    monkeypatch.setitem(capabilities.VIDEO_BACKENDS, "animatic", needy)


def destinations(state: JobState) -> list[str]:
    return [each.task.destination for each in due_tasks(state)]


def test_every_task_goes_to_the_queue_of_its_stage() -> None:
    states = (queued_job(), drawn_job(1), rendered_job())
    assert [destinations(state) for state in states] == [["keyframes"], ["render"], ["finalize"]]


@pytest.mark.usefixtures("gpu")
def test_only_the_clips_of_a_backend_that_needs_a_gpu_go_where_one_is() -> None:
    states = (queued_job(), drawn_job(1), rendered_job())
    assert [destinations(state) for state in states] == [["keyframes"], ["render-gpu"], ["finalize"]]


@pytest.mark.usefixtures("gpu")
@pytest.mark.parametrize(
    ("model", "fallback", "before", "after"),
    [("scripted", "animatic", "render", "render-gpu"), ("animatic", "scripted", "render-gpu", "render")],
)
def test_a_shot_that_falls_back_goes_where_its_new_backend_is(
    model: str, fallback: str, before: str, after: str
) -> None:
    state = drawn_job(2, model=model, fallback_models=[fallback])
    assert destinations(state) == [before, before]
    state = claimed(state, render(0))
    state = remedied(state, render(0), Remedy.FALL_BACK, BackendFailed("no"), token="mine")
    assert destinations(state) == [after, before]


@pytest.mark.usefixtures("gpu")
def test_a_clip_that_is_only_copied_holds_no_gpu() -> None:
    state = drawn_job(1)
    copied = state.shots[0].evolve(reused=Reused(clip="jobs/of-another/clip.mp4"))
    assert destinations(state.evolve(shots=(copied,))) == ["render"]


@pytest.mark.usefixtures("gpu")
def test_a_task_of_before_there_were_gpus_asks_for_the_same_step_and_keeps_to_the_queue_it_is_in() -> None:
    (due_now,) = (each.task for each in due_tasks(drawn_job(1)))
    told = due_now.model_dump(mode="json", exclude={"on_gpu", "trace_id"})
    old = Task.model_validate(told)
    assert (old.destination, due_now.destination) == (Destination.RENDER, Destination.RENDER_GPU)
    assert old.asks_the_same(due_now)
    assert not old.asks_the_same(due_now.evolve(step=due_now.step + 1))


@pytest.mark.parametrize("state", [completed_job(), cancel(drawn_job(), NOW)])
def test_nothing_is_due_for_a_final_job(state: JobState) -> None:
    assert due_tasks(state) == ()


def test_a_replaced_task_is_due_under_its_new_generation() -> None:
    (task,) = due_tasks(replace_task(queued_job(), due_task(queued_job(), KEYFRAMES).task))
    assert (task.task.stage, task.task.generation) == (Stage.KEYFRAMES, 1)
