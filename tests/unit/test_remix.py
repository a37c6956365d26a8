"""A completed job asked for with another prompt: what comes out the same is taken over, and no more."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from shared.domain.charges import with_charges
from shared.domain.derivation import Particulars, remixed, retried, taking_over
from shared.domain.errors import BackendFailed, IllegalTransition, InvalidInput
from shared.domain.job import Charge, JobState, ReferenceImage, Reused
from shared.domain.plan import Character, GivenShot, Plan, PlannedShot
from shared.domain.pricing import MICROS, estimate_usd_micros
from shared.domain.transitions import complete, fail, save_plan
from tests.unit.jobs import (
    ARTIFACT,
    FINALIZE,
    KEYFRAMES,
    NOW,
    claimed,
    completed_job,
    drawn_job,
    queued_job,
)
from tests.unit.test_derived_modes import reuse, with_clips

NEW = Particulars("video_aaaaaaaaaaaaaaaaaaaaaaaa", NOW, timedelta(days=30), 600, "f" * 32)
MARA = Character(name="Mara", description="woman in a red coat")
OTTO = Character(name="Otto", description="cat")
A_SHOT = PlannedShot(prompt="p", keyframe_prompt="k", seconds=4, caption="c", characters=("Mara",))


def source_job(shots: int = 4, **wishes: object) -> JobState:
    """A completed job, all of whose shots are as `A_SHOT`."""
    state = drawn_job(shots, **wishes)
    if not state.job.config.stop_after:
        state = with_clips(state, *range(shots))
    return complete(claimed(state, FINALIZE), ARTIFACT, now=NOW, token="mine")


def remix_of(source: JobState, shots: Sequence[PlannedShot], *characters: Character) -> JobState:
    new = remixed(source.job, "Another story.", NEW)
    plan = Plan(title="Another", characters=characters or (MARA,), shots=tuple(shots))
    return taking_over(save_plan(claimed(new, KEYFRAMES), plan, token="mine"), source)


def but(count: int, changed: int, **different: object) -> list[PlannedShot]:
    """As many shots as `A_SHOT`, one of which differs."""
    other = A_SHOT.evolve(**(different or {"prompt": "P", "keyframe_prompt": "K"}))
    return [other if index == changed else A_SHOT for index in range(count)]


def test_only_what_has_changed_is_made_anew() -> None:
    remix = remix_of(source_job(), but(4, 1))
    assert reuse(remix) == [
        ("0.png", None, "0.mp4"),
        (None, None, None),
        ("2.png", None, "2.mp4"),
        ("3.png", None, "3.mp4"),
    ]
    assert remix.shots[0].reused == Reused(
        keyframe="0.png", keyframe_crc32c="k0", clip="0.mp4", clip_crc32c="c0"
    )
    assert remix.shots[1].reused is None


def test_it_is_told_which_shots_are_taken_over() -> None:
    news = remix_of(source_job(), but(4, 1)).news[-1]
    assert (news.name, news.data) == ("shots.taken_over", {"keyframes": [0, 2, 3], "clips": [0, 2, 3]})


@pytest.mark.parametrize(
    ("different", "keyframe", "clip"),
    [
        ({"prompt": "P"}, "1.png", None),
        ({"seconds": 5}, "1.png", None),
        ({"keyframe_prompt": "K"}, None, None),
        ({"caption": "C"}, None, None),
        ({"characters": ()}, None, None),
    ],
)
def test_a_keyframe_stays_as_long_as_it_shows_the_same(
    different: dict[str, object], keyframe: str | None, clip: str | None
) -> None:
    assert reuse(remix_of(source_job(), but(4, 1, **different)))[1] == (keyframe, None, clip)


def test_a_character_who_looks_different_is_drawn_anew_wherever_they_are() -> None:
    shots = but(3, 1, characters=("Otto",))
    dressed = MARA.evolve(description="woman in a blue coat")
    assert reuse(remix_of(source_job(3), shots, dressed, OTTO)) == [(None, None, None)] * 3


@pytest.mark.parametrize(
    ("shows", "planned", "is_the_same"),
    [
        ("Mara", MARA, True),
        ("Mara", OTTO, False),
        ("the cat", MARA, True),
        ("the cat", OTTO, False),
        (None, OTTO, True),
    ],
)
def test_what_agrees_with_a_picture_stays_as_long_as_the_picture_shows_the_same(
    shows: str | None, planned: Character, is_the_same: bool
) -> None:
    """A picture of somebody whom the plan does not know counts for the whole keyframe."""
    source = source_job(1)
    pictured = source.job.evolve(reference_images=(ReferenceImage(path="r.png", shows=shows),))
    deserted = source.evolve(job=pictured, shots=(source.shots[0].evolve(characters=()),))
    remix = remix_of(deserted, [A_SHOT.evolve(characters=())], planned)
    assert reuse(remix) == [("0.png", None, "0.mp4") if is_the_same else (None, None, None)]


def test_shots_beyond_those_of_the_source_are_made_anew_and_fewer_are_taken_over() -> None:
    assert reuse(remix_of(source_job(2), but(3, 2)))[1:] == [("1.png", None, "1.mp4"), (None, None, None)]
    assert reuse(remix_of(source_job(4), [A_SHOT] * 2)) == [
        ("0.png", None, "0.mp4"),
        ("1.png", None, "1.mp4"),
    ]


def test_in_a_pair_the_clip_before_a_change_is_rendered_anew_towards_its_keyframe() -> None:
    assert reuse(remix_of(source_job(keyframes="pair"), but(4, 2))) == [
        ("0.png", "1.png", "0.mp4"),
        ("1.png", None, None),
        (None, None, None),
        ("3.png", "4.png", "3.mp4"),
    ]


@pytest.mark.parametrize("shots", [3, 5])
def test_in_a_pair_a_last_shot_that_was_not_the_last_ends_otherwise(shots: int) -> None:
    assert reuse(remix_of(source_job(keyframes="pair"), [A_SHOT] * shots))[min(shots, 4) - 1] == (
        f"{min(shots, 4) - 1}.png",
        None,
        None,
    )


def test_in_a_chain_everything_after_a_change_is_made_anew() -> None:
    assert reuse(remix_of(source_job(keyframes="chain"), but(4, 2))) == [
        ("0.png", None, "0.mp4"),
        (None, None, "1.mp4"),
        (None, None, None),
        (None, None, None),
    ]


def test_in_a_chain_a_clip_that_others_follow_differs_from_the_last() -> None:
    longer = reuse(remix_of(source_job(2, keyframes="chain"), [A_SHOT] * 3))
    assert longer == [("0.png", None, "0.mp4"), (None, None, None), (None, None, None)]


def test_without_keyframes_clips_are_taken_over_alone() -> None:
    remix = remix_of(source_job(keyframes="none"), but(4, 0))
    assert reuse(remix)[:2] == [(None, None, None), (None, None, "1.mp4")]


def test_a_storyboard_is_remixed_without_clips() -> None:
    remix = remix_of(source_job(stop_after="keyframes"), but(4, 3))
    assert reuse(remix)[2:] == [("2.png", None, None), (None, None, None)]


def test_a_source_that_is_gone_in_part_gives_what_is_left_of_it() -> None:
    source = source_job()
    remix = remix_of(source.evolve(shots=source.shots[2:]), [A_SHOT] * 4)
    assert reuse(remix) == [(None, None, None)] * 2 + [("2.png", None, "2.mp4"), ("3.png", None, "3.mp4")]


def test_what_a_reworded_shot_shows_is_not_what_its_new_words_say() -> None:
    source = source_job()
    reworded = source.shots[0].evolve(prompt="milder", keyframe_prompt="milder")
    assert reuse(remix_of(source.evolve(shots=(reworded, *source.shots[1:])), [A_SHOT] * 4))[0] == (
        None,
        None,
        None,
    )


def test_the_estimate_falls_to_what_is_left_to_render() -> None:
    source = source_job()
    config = source.job.config.evolve(model="scripted")
    source = source.evolve(job=source.job.evolve(config=config))
    assert remixed(source.job, "x", NEW).job.cost_estimate_usd_micros == estimate_usd_micros(config)
    assert remix_of(source, but(4, 1)).job.cost_estimate_usd_micros == 4 * 100_000


def test_what_its_planning_has_cost_stays_in_the_estimate() -> None:
    source = source_job()
    config = source.job.config.evolve(model="scripted")
    source = source.evolve(job=source.job.evolve(config=config))
    charge = Charge(usd_micros=10_000, reason="plan", model="gemini")
    paid = with_charges(claimed(remixed(source.job, "x", NEW), KEYFRAMES), KEYFRAMES, [charge])
    planned = save_plan(paid, Plan(title="Another", characters=(MARA,), shots=tuple(but(4, 1))), token="mine")
    assert taking_over(planned, source).job.cost_estimate_usd_micros == 4 * 100_000 + 10_000


def test_a_remix_asks_for_the_same_by_another_prompt_and_keeps_the_users_own_shots() -> None:
    source, shots = source_job(), (GivenShot(prompt="x"),)
    told = source.job.evolve(given_shots=shots, metadata={"scene": "7"})
    new = remixed(told, "Another story.", NEW).job
    assert (new.prompt, new.given_shots, new.plan, new.is_remix) == ("Another story.", shots, None, True)
    assert (new.config, new.metadata, new.derived_from) == (told.config, {"scene": "7"}, told.job_id)
    assert new.reuses == (told.job_id,), "its source is not purged while it is at work"


def test_a_remix_that_failed_is_retried_with_what_it_was_to_take_over() -> None:
    remix = fail(remix_of(source_job(), but(4, 1)), NOW, failure=BackendFailed("no"))
    again = retried(remix, NEW._replace(job_id="video_bbbbbbbbbbbbbbbbbbbbbbbb"))
    assert reuse(again) == reuse(remix)


@pytest.mark.parametrize("source", [queued_job(), drawn_job()])
def test_only_a_completed_job_can_be_remixed(source: JobState) -> None:
    with pytest.raises(IllegalTransition, match="only a completed video can be remixed"):
        remixed(source.job, "x", NEW)


def test_a_remix_that_may_cost_more_than_its_source_was_to_is_refused() -> None:
    source = completed_job().job
    config = source.config.evolve(model="scripted", max_cost_usd=0.5)
    with pytest.raises(InvalidInput, match="max_cost_usd"):
        remixed(source.evolve(config=config), "x", NEW)
    enough = config.evolve(max_cost_usd=estimate_usd_micros(config) / MICROS)
    assert remixed(source.evolve(config=enough), "x", NEW)
