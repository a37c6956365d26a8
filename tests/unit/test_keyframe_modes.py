"""Which keyframes each mode has, when they exist, and which shots are rendered when."""

import pytest

from shared.domain.due_tasks import due_tasks
from shared.domain.errors import IllegalTransition
from shared.domain.job import JobState, ShotStatus, Stage
from shared.domain.keyframes import LastFrame, keyframes_total, next_to_draw
from shared.domain.progress import percent
from shared.domain.transitions import clip_rendered, complete, keyframe_drawn
from tests.unit.jobs import ARTIFACT, FINALIZE, NOW, claimed, drawn_job, planned_job, queued_job, render


def due(state: JobState) -> list[str]:
    return [str(each.task.key) for each in due_tasks(state)]


def statuses(state: JobState) -> list[str]:
    return [shot.status.value for shot in state.shots]


def rendered(state: JobState, index: int, last_frame: LastFrame | None = None) -> JobState:
    state = claimed(state, render(index), token="renders")
    return clip_rendered(state, render(index), path=f"{index}.mp4", last_frame=last_frame, token="renders")


@pytest.mark.parametrize(("mode", "total"), [("single", 3), ("pair", 4), ("chain", 1), ("none", 0)])
def test_every_mode_has_its_number_of_keyframes(mode: str, total: int) -> None:
    state = drawn_job(keyframes=mode)
    assert state.progress.keyframes_drawn == keyframes_total(state.job, 3) == total
    assert [event.data["number"] for event in state.news if event.name == "keyframe.drawn"] == [*range(total)]
    assert next_to_draw(state) is None
    assert state.keyframes.done
    assert state.job.stage is Stage.RENDER


def test_a_job_that_is_not_planned_has_no_keyframe_to_draw() -> None:
    state = queued_job(keyframes="pair")
    assert (next_to_draw(state), keyframes_total(state.job, 0)) == (None, 0)


def test_neighbours_in_mode_pair_share_a_keyframe() -> None:
    shots = drawn_job(keyframes="pair").shots
    assert [(shot.keyframe, shot.end_keyframe) for shot in shots] == [
        ("0.png", "1.png"),
        ("1.png", "2.png"),
        ("2.png", "3.png"),
    ]
    assert [(shot.keyframe_crc32c, shot.end_keyframe_crc32c) for shot in shots][-1] == ("k2", "k3")


def test_a_shot_in_mode_pair_is_rendered_once_it_has_both() -> None:
    state = keyframe_drawn(planned_job(keyframes="pair"), 0, path="0.png", token="mine")
    assert due(state) == ["keyframes"]
    state = keyframe_drawn(state, 1, path="1.png", token="mine")
    assert due(state) == ["keyframes", "render/0"]


def test_no_keyframe_is_skipped_nor_drawn_twice() -> None:
    state = keyframe_drawn(planned_job(keyframes="pair"), 0, path="0.png", token="mine")
    for number in (0, 2, 4):
        with pytest.raises(IllegalTransition):
            keyframe_drawn(state, number, path="x.png", token="mine")


def test_without_keyframes_every_shot_is_due_once_the_job_is_planned() -> None:
    state = planned_job(keyframes="none")
    assert due(state) == ["render/0", "render/1", "render/2"]
    assert statuses(state) == ["drawn"] * 3
    assert state.keyframes.lease is None


def test_a_chain_is_rendered_one_shot_after_the_other() -> None:
    state = drawn_job(keyframes="chain")
    for index in range(3):
        assert due(state) == [f"render/{index}"]
        handed_on = LastFrame(path=f"last-{index}.png", crc32c=f"l{index}") if index < 2 else None
        state = rendered(state, index, handed_on)
    assert due(state) == ["finalize"]
    assert [(shot.keyframe, shot.keyframe_crc32c) for shot in state.shots] == [
        ("0.png", "k0"),
        ("last-0.png", "l0"),
        ("last-1.png", "l1"),
    ]


def test_a_clip_in_a_chain_is_not_recorded_without_the_frame_that_goes_on() -> None:
    with pytest.raises(IllegalTransition, match="last frame"):
        rendered(drawn_job(keyframes="chain"), 0)


def test_paid_clips_in_a_chain_need_only_the_first_keyframe() -> None:
    assert due(drawn_job(keyframes="chain", model="scripted")) == ["render/0"]


def test_a_job_that_stops_after_its_keyframes_renders_nothing() -> None:
    state = drawn_job(keyframes="pair", stop_after="keyframes")
    assert due(state) == ["finalize"]
    assert due(planned_job(keyframes="pair", stop_after="keyframes")) == ["keyframes"]
    ended = complete(claimed(state, FINALIZE), ARTIFACT, now=NOW, token="mine")
    assert due(ended) == []
    assert {shot.status for shot in ended.shots} == {ShotStatus.DRAWN}


@pytest.mark.parametrize("mode", ["single", "pair"])
def test_the_progress_of_one_that_stops_there_comes_to_the_same_as_of_others(mode: str) -> None:
    state = planned_job(keyframes=mode, stop_after="keyframes")
    seen = [percent(state.job, state.progress)]
    while (number := next_to_draw(state)) is not None:
        state = keyframe_drawn(state, number, path="x.png", token="mine")
        seen.append(percent(state.job, state.progress))
    assert seen == sorted(seen)
    assert (seen[0], seen[-1]) == (5, 90)


@pytest.mark.parametrize("mode", ["single", "pair", "chain", "none"])
def test_progress_never_falls_in_any_mode(mode: str) -> None:
    state = drawn_job(keyframes=mode)
    seen = [percent(state.job, state.progress)]
    for index in range(3):
        handed_on = LastFrame(path="x.png") if mode == "chain" and index < 2 else None
        state = rendered(state, index, handed_on)
        seen.append(percent(state.job, state.progress))
    assert seen == sorted(seen)
    assert (seen[0], seen[-1]) == (30, 90)
