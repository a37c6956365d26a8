"""Which tasks should exist, at each point of a job's life."""

import pytest

from shared.domain import capabilities
from shared.domain.due_tasks import due_task, due_tasks
from shared.domain.job import JobState, Stage
from shared.domain.transitions import cancel, keyframe_drawn, replace_task
from tests.unit.jobs import KEYFRAMES, NOW, completed_job, drawn_job, planned_job, queued_job, rendered_job


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


@pytest.mark.parametrize("state", [completed_job(), cancel(drawn_job(), NOW)])
def test_nothing_is_due_for_a_final_job(state: JobState) -> None:
    assert due_tasks(state) == ()


def test_a_replaced_task_is_due_under_its_new_generation() -> None:
    (task,) = due_tasks(replace_task(queued_job(), due_task(queued_job(), KEYFRAMES).task))
    assert (task.task.stage, task.task.generation) == (Stage.KEYFRAMES, 1)
