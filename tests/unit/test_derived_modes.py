"""What a derived job takes over in every keyframe mode, and how approved keyframes are rendered."""

from datetime import timedelta
from typing import Any

import pytest

from shared.domain.derivation import AFTER_APPROVAL, Particulars, approved, retried
from shared.domain.due_tasks import due_tasks
from shared.domain.errors import BackendFailed, IllegalTransition, InvalidInput, JobFailure, MediaCorrupt
from shared.domain.generation import Layer
from shared.domain.job import JobState, ReferenceImage, Reused, StoredPicture
from shared.domain.keyframes import LastFrame
from shared.domain.transitions import clip_rendered, complete, fail
from tests.unit.jobs import (
    ARTIFACT,
    FINALIZE,
    NOW,
    OFFERED,
    claimed,
    completed_job,
    drawn_job,
    queued_job,
    render,
)

NEW = Particulars("video_aaaaaaaaaaaaaaaaaaaaaaaa", NOW, timedelta(days=30), 600, "f" * 32)
NO = BackendFailed("no")


def with_clips(state: JobState, *indices: int) -> JobState:
    for index in indices:
        state = claimed(state, render(index), token="renders")
        last = LastFrame(path=f"last-{index}.png") if state.job.config.keyframes == "chain" else None
        state = clip_rendered(
            state, render(index), path=f"{index}.mp4", crc32c=f"c{index}", last_frame=last, token="renders"
        )
    return state


def again(state: JobState, failure: JobFailure = NO) -> JobState:
    return retried(fail(state, NOW, failure=failure), NEW)


def reuse(state: JobState) -> list[tuple[str | None, str | None, str | None]]:
    reused = [shot.reused or Reused() for shot in state.shots]
    return [(each.keyframe, each.end_keyframe, each.clip) for each in reused]


def stopped_job(**wishes: Any) -> JobState:  # noqa: ANN401 - fields of a configuration
    state = drawn_job(stop_after="keyframes", **wishes)
    return complete(claimed(state, FINALIZE), ARTIFACT, now=NOW, token="mine")


def test_a_pair_is_taken_over_with_the_keyframe_that_ends_it() -> None:
    new = again(with_clips(drawn_job(keyframes="pair"), 1))
    assert reuse(new)[-1] == ("2.png", "3.png", None)
    assert reuse(new)[1] == ("1.png", "2.png", "1.mp4")


def test_spoilt_media_of_a_pair_takes_the_clips_with_it_that_were_made_of_them() -> None:
    failure = MediaCorrupt("damaged", shot=1)
    new = again(with_clips(drawn_job(4, keyframes="pair"), 0, 1, 2, 3), failure)
    assert reuse(new) == [
        ("0.png", None, None),
        (None, None, None),
        (None, "3.png", None),
        ("3.png", "4.png", "3.mp4"),
    ]


def test_of_a_pair_only_what_is_known_to_be_spoilt_is_made_anew() -> None:
    whole = with_clips(drawn_job(3, keyframes="pair"), 0, 1, 2)
    clip = again(whole, MediaCorrupt("damaged", shot=1, path="1.mp4"))
    assert reuse(clip)[0::2] == [("0.png", "1.png", "0.mp4"), ("2.png", "3.png", "2.mp4")]
    assert reuse(clip)[1] == ("1.png", "2.png", None)
    still = again(whole, MediaCorrupt("damaged", shot=1, path="2.png"))
    assert reuse(still) == [("0.png", "1.png", "0.mp4"), ("1.png", None, None), (None, "3.png", None)]


def test_a_chain_is_taken_over_as_far_as_it_is_whole() -> None:
    whole = with_clips(drawn_job(4, keyframes="chain"), 0, 1, 2)
    assert reuse(again(whole)) == [
        ("0.png", None, "0.mp4"),
        (None, None, "1.mp4"),
        (None, None, "2.mp4"),
        (None, None, None),
    ]
    assert reuse(again(whole, MediaCorrupt("damaged", shot=1))) == [
        ("0.png", None, "0.mp4"),
        *[(None, None, None)] * 3,
    ]


def test_a_job_without_keyframes_is_rendered_again_at_once() -> None:
    new = again(with_clips(drawn_job(keyframes="none"), 0))
    assert [str(due.task.key) for due in due_tasks(new)] == ["render/0", "render/1", "render/2"]
    assert reuse(new)[0] == (None, None, "0.mp4")


def test_one_that_failed_before_it_was_planned_is_planned_in_any_mode() -> None:
    new = again(claimed(queued_job(keyframes="none"), FINALIZE.evolve(stage="keyframes")))
    assert [str(due.task.key) for due in due_tasks(new)] == ["keyframes"]


def test_the_users_pictures_are_taken_over_and_their_owner_kept() -> None:
    source = drawn_job()
    first = "video_bbbbbbbbbbbbbbbbbbbbbbbb"
    given = ReferenceImage(path=f"jobs/{first}/given/reference-0.png", crc32c="x", shows="Mara")
    initial = StoredPicture(path=f"jobs/{source.job.job_id}/given/initial.png", crc32c="y")
    job = source.job.evolve(reference_images=(given,), initial_image=initial)
    new = again(source.evolve(job=job)).job
    assert (new.reference_images, new.initial_image) == ((given,), initial)
    assert set(new.reuses) == {first, source.job.job_id}


@pytest.mark.parametrize("mode", ["single", "pair"])
def test_approved_keyframes_are_rendered_with_their_checksums(mode: str) -> None:
    new = approved(stopped_job(keyframes=mode), {}, NEW)
    assert [shot.reused.keyframe_crc32c for shot in new.shots if shot.reused] == ["k0", "k1", "k2"]
    assert new.job.config.stop_after is None
    assert new.job.derived_from == queued_job().job.job_id
    assert [str(due.task.key) for due in due_tasks(new)] == ["keyframes"]


def test_another_backend_may_render_what_was_approved() -> None:
    new = approved(stopped_job(), {"model": "scripted", "transition": "fade"}, NEW, offered=OFFERED)
    assert (new.job.config.model, new.job.config.transition) == ("scripted", "fade")
    assert new.job.config_layers["model"] is Layer.HTTP
    assert new.job.config_layers["seconds"] is stopped_job().job.config_layers["seconds"]
    assert new.job.cost_estimate_usd_micros > 0 == stopped_job().job.cost_estimate_usd_micros


@pytest.mark.parametrize(
    ("source", "wishes", "problem"),
    [
        (stopped_job(), {"model": "sora"}, InvalidInput),
        (stopped_job(keyframe_position="last"), {"model": "scripted"}, InvalidInput),
        (stopped_job(), {"transition": "wipe"}, InvalidInput),
        (completed_job(), {}, IllegalTransition),
        (drawn_job(stop_after="keyframes"), {}, IllegalTransition),
    ],
    ids=["unknown", "incapable", "transition", "has a video", "not done"],
)
def test_what_cannot_be_rendered_is_refused(
    source: JobState, wishes: dict[str, Any], problem: type[Exception]
) -> None:
    with pytest.raises(problem):
        approved(source, wishes, NEW, offered=OFFERED)


@pytest.mark.parametrize(
    ("drawn", "wishes", "field"),
    [
        ({"keyframe_position": "middle"}, {"model": "scripted"}, "model"),
        ({"keyframe_position": "last"}, {"fallback_models": ("scripted",)}, "model"),
        ({}, {"fallback_models": ("sora",)}, "fallback_models.0"),
        ({"keyframes": "pair"}, {"transition": "fade"}, "transition"),
    ],
)
def test_what_cannot_be_rendered_is_blamed_on_what_was_asked(
    drawn: dict[str, Any], wishes: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        approved(stopped_job(**drawn), wishes, NEW, offered=OFFERED)
    assert refused.value.field == field
    assert all(str(value) in str(refused.value) for value in drawn.values())


def test_nothing_that_changes_the_keyframes_can_be_asked_for_after_approval() -> None:
    drawn_from = {
        "seconds",
        "size",
        "fps",
        "planner",
        "image_model",
        "keyframes",
        "keyframe_position",
        "seed",
    }
    assert drawn_from.isdisjoint(AFTER_APPROVAL)
