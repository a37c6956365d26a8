"""A failed job asked once more: what is finished is taken over, everything else begins anew."""

from datetime import timedelta

import pytest

from shared.domain.derivation import Particulars, retried
from shared.domain.due_tasks import due_task, due_tasks
from shared.domain.errors import BackendFailed, IllegalTransition, JobFailure, MediaCorrupt, MediaMissing
from shared.domain.job import JobState, Reused, Shot, ShotStatus, Status, StoredPicture
from shared.domain.pricing import clip_cost_usd_micros, estimate_usd_micros
from shared.domain.transitions import cancel, clip_rendered, fail, keyframe_drawn
from tests.unit.jobs import (
    KEYFRAMES,
    NOW,
    a_plan,
    claimed,
    completed_job,
    drawn_job,
    planned_job,
    queued_job,
    render,
    rendered_job,
)

LATER = NOW + timedelta(hours=1)
NO = BackendFailed("no")


def again(source: JobState, job_id: str = "video_aaaaaaaaaaaaaaaaaaaaaaaa") -> JobState:
    return retried(source, Particulars(job_id, LATER, timedelta(days=30), 600, "f" * 32))


def failed(state: JobState, failure: JobFailure = NO) -> JobState:
    return fail(state, NOW, failure=failure)


def half_made_job() -> JobState:
    """Three shots: one rendered, one drawn, one only planned."""
    state = planned_job()
    for index in range(2):
        state = keyframe_drawn(state, index, path=f"{index}.png", crc32c=f"k{index}", token="mine")
    rendering = claimed(state, render(0), token="renders")
    return clip_rendered(rendering, render(0), path="0.mp4", crc32c="c0", token="renders")


def test_finished_keyframes_and_clips_are_taken_over_with_their_checksums() -> None:
    new = again(failed(half_made_job()))
    assert [shot.reused for shot in new.shots] == [
        Reused(keyframe="0.png", keyframe_crc32c="k0", clip="0.mp4", clip_crc32c="c0"),
        Reused(keyframe="1.png", keyframe_crc32c="k1"),
        None,
    ]


def test_every_shot_begins_anew_with_the_words_it_had() -> None:
    source = failed(half_made_job())
    spent = source.shots[1].evolve(prompt="reworded", attempt=4, generation=2, step=7, rewordings=1)
    new = again(source.evolve(shots=(source.shots[0], spent, source.shots[2])))
    reused = Reused(keyframe="1.png", keyframe_crc32c="k1")
    assert new.shots[1] == Shot(
        index=1,
        prompt="reworded",
        keyframe_prompt="k",
        caption="c",
        seconds=4,
        characters=("Mara",),
        reused=reused,
    )
    assert all(shot.status is ShotStatus.PLANNED for shot in new.shots)


def test_the_new_job_asks_for_the_same_and_says_where_it_comes_from() -> None:
    source = failed(half_made_job())
    new = again(source)
    for field in ("owner", "prompt", "config", "config_layers", "plan"):
        assert getattr(new.job, field) == getattr(source.job, field)
    assert (new.job.status, new.job.error, new.job.derived_from) == (Status.QUEUED, None, source.job.job_id)
    assert (new.job.created_at, new.job.deadline) == (LATER, LATER + timedelta(seconds=600))
    assert (new.progress.shots_total, new.progress.keyframes_drawn, new.progress.clips_rendered) == (3, 0, 0)
    assert [event.name for event in new.news] == ["job.accepted"]


def test_only_its_keyframes_are_due_at_first() -> None:
    new = again(failed(rendered_job()))
    assert due_tasks(new) == (due_task(new, KEYFRAMES),)


def test_only_clips_that_are_not_taken_over_are_estimated() -> None:
    source = failed(half_made_job())
    config = source.job.config.evolve(model="scripted")
    source = source.evolve(job=source.job.evolve(config=config))
    one_clip = clip_cost_usd_micros("scripted", 4, config.width, config.height)
    assert again(source).job.cost_estimate_usd_micros == 2 * one_clip > 0
    unplanned = failed(queued_job())
    unplanned = unplanned.evolve(job=unplanned.job.evolve(config=config))
    assert again(unplanned).job.cost_estimate_usd_micros == estimate_usd_micros(config)


def test_a_job_that_failed_before_it_was_planned_is_simply_asked_again() -> None:
    new = again(failed(queued_job()))
    assert (new.job.plan, new.shots, new.progress.shots_total) == (None, (), 0)


@pytest.mark.parametrize("spoilt", [MediaMissing("gone", shot=0), MediaCorrupt("broken", shot=0)])
def test_media_that_failed_the_job_are_not_taken_over(spoilt: JobFailure) -> None:
    new = again(failed(rendered_job(), spoilt))
    assert [shot.reused is None for shot in new.shots] == [True, False, False]


@pytest.mark.parametrize("kind", [MediaMissing, MediaCorrupt])
def test_a_sheet_that_failed_the_job_is_drawn_anew(kind: type[MediaMissing | MediaCorrupt]) -> None:
    source = drawn_job()
    assert source.job.plan is not None
    sheets = {name: StoredPicture(path=f"{name}.png") for name in ("Mara", "the dog")}
    config = source.job.config.evolve(image_model="nano_banana")
    job = source.job.evolve(plan=source.job.plan.evolve(sheets=sheets), config=config)
    new = again(failed(source.evolve(job=job), kind("gone", shot=1, path="Mara.png")))
    assert new.job.plan is not None
    assert set(new.job.plan.sheets) == {"the dog"}
    assert [shot.reused is None for shot in new.shots] == [False, False, False]


def test_a_job_derived_from_a_derived_one_takes_over_what_that_did_not_come_to() -> None:
    first = again(failed(half_made_job()))
    copied = keyframe_drawn(
        claimed(first, KEYFRAMES, now=LATER), 0, path="copy.png", crc32c="k0", token="mine"
    )
    second = again(failed(copied), "video_bbbbbbbbbbbbbbbbbbbbbbbb")
    assert [shot.reused for shot in second.shots] == [
        Reused(keyframe="copy.png", keyframe_crc32c="k0", clip="0.mp4", clip_crc32c="c0"),
        Reused(keyframe="1.png", keyframe_crc32c="k1"),
        None,
    ]
    assert second.job.derived_from == first.job.job_id


@pytest.mark.parametrize("source", [queued_job(), drawn_job(), completed_job(), cancel(drawn_job(), NOW)])
def test_only_a_failed_job_can_be_retried(source: JobState) -> None:
    with pytest.raises(IllegalTransition, match=f"this one is {source.job.status}"):
        again(source)


def test_the_plan_is_kept_whole() -> None:
    plan = again(failed(planned_job())).job.plan
    assert plan is not None
    assert (plan.title, plan.characters) == (a_plan().title, a_plan().characters)
