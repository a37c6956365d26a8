"""The user's own shots: checked when they are asked for, and planned as they were written."""

from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.keyframes.planners import PlanRequest
from functions.keyframes.planners.rules import RulesPlanner
from functions.submit.creation import new_job
from shared.board.scene import Place, TimeOfDay, read_scene
from shared.domain.capabilities import BUILT_IN, VIDEO_BACKENDS, Capabilities, Offer
from shared.domain.durations import divide_seconds, possible_totals
from shared.domain.errors import InvalidInput, PlanImpossible
from shared.domain.generation import MAX_SECONDS, Layer
from shared.domain.job import Job
from shared.domain.plan import GivenShot, Plan

STORY = (
    "Mara, a young woman in a red coat, and Otto, her small grey cat, spend a day at the harbour."
    " In a watercolour style."
)
ANY_LENGTH = tuple(range(2, 11))


def asked(offered: Offer = BUILT_IN, /, **body: object) -> Job:
    request = {"prompt": STORY, **body}
    new = new_job(request, owner="somebody", trace_id="f" * 32, offered=offered)
    return new.job


def shots(*seconds: int | None) -> list[dict[str, Any]]:
    said = [{} if each is None else {"seconds": each} for each in seconds]
    return [{"prompt": f"Mara counts to {number}."} | each for number, each in enumerate(said)]


def planned(
    *told: str, prompt: str = STORY, seconds: int = 24, each: tuple[int, ...] = (), style: str = ""
) -> Plan:
    given_shots = tuple(
        GivenShot(prompt=text, seconds=each[number] if each else None) for number, text in enumerate(told)
    )
    request = PlanRequest(
        prompt=prompt, seconds=seconds, clip_seconds=ANY_LENGTH, seed=1, shots=given_shots, style=style
    )
    return RulesPlanner().plan(request)


# As they are asked for


def test_shots_with_seconds_make_the_video_as_long_as_their_sum() -> None:
    job = asked(shots=shots(4, 3, 5))
    assert (job.config.seconds, job.config_layers["seconds"]) == (12, Layer.HTTP)
    assert [shot.seconds for shot in job.given_shots] == [4, 3, 5]
    assert asked(shots=shots(4, 3, 5), seconds=12).config.seconds == 12


def test_shots_without_seconds_share_the_length_of_the_video() -> None:
    job = asked(shots=shots(None, None), seconds=9)
    assert (job.config.seconds, [shot.seconds for shot in job.given_shots]) == (9, [None, None])
    assert asked(shots=shots(None, None, None)).config_layers["seconds"] is Layer.DEFAULT


@pytest.mark.parametrize(
    ("body", "field", "permitted"),
    [
        ({"shots": shots(4, None)}, "shots.1.seconds", "2 to 10 with animatic"),
        ({"shots": shots(None, 4)}, "shots.0.seconds", "2 to 10 with animatic"),
        ({"shots": shots(4, 1)}, "shots.1.seconds", "2 to 10 with animatic"),
        ({"shots": shots(4, 11)}, "shots.1.seconds", "2 to 10 with animatic"),
        ({"shots": shots(4, 0)}, "shots.1.seconds", "1 or more"),
        ({"shots": shots(4, 4), "seconds": 9}, "seconds", "8, the sum of the shots, or none at all"),
        ({"shots": shots(*[10] * 31)}, "shots", "at most 300 together"),
        ({"shots": shots(None, None), "seconds": 21}, "seconds", "4 to 20 with 2 shots of animatic"),
        ({"shots": shots(*[None] * 20)}, "seconds", "40 to 200 with 20 shots of animatic"),
        ({"shots": []}, "shots", "at least 1"),
        ({"shots": shots(*[None] * 41)}, "shots", "at most 40"),
        ({"shots": "Mara walks."}, "shots", "a list"),
        ({"shots": ["Mara walks."]}, "shots.0", "an object"),
        ({"shots": [{"prompt": "?!"}]}, "shots.0.prompt", "text with at least one letter or digit"),
        ({"shots": [{"prompt": "x" * 1001}]}, "shots.0.prompt", "at most 1000 characters"),
        ({"shots": [{"prompt": "x", "duration": 4}]}, "shots.0.duration", "the fields that are documented"),
        ({"shots": [{"seconds": 4}]}, "shots.0.prompt", "a value is required"),
    ],
)
def test_shots_that_cannot_be_made_so_are_refused_with_what_can(
    body: dict[str, object], field: str, permitted: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        asked(**body)
    assert (refused.value.field, refused.value.permitted) == (field, permitted)


@pytest.mark.parametrize(
    ("body", "field", "permitted"),
    [
        ({"seconds": 10}, "seconds", "6 to 300 with choosy, in clips of 6 or 8"),
        (
            {"shots": shots(None, None), "seconds": 18},
            "seconds",
            "12 to 16 with 2 shots of choosy, in clips of 6 or 8",
        ),
        ({"shots": shots(6, 7)}, "shots.1.seconds", "6 or 8 with choosy"),
    ],
)
def test_a_backend_of_few_lengths_says_which_they_are(
    monkeypatch: pytest.MonkeyPatch, body: dict[str, object], field: str, permitted: str
) -> None:
    choosy = VIDEO_BACKENDS["scripted"].evolve(clip_seconds=(6, 8))
    monkeypatch.setitem(cast("dict[str, Capabilities]", VIDEO_BACKENDS), "choosy", choosy)
    with pytest.raises(InvalidInput) as refused:
        asked(Offer(video=("choosy",)), **body, model="choosy")
    assert (refused.value.field, refused.value.permitted) == (field, permitted)


def test_a_reference_image_may_show_whom_only_a_shot_names() -> None:
    told = [{"prompt": "Kim arrives."}]
    with pytest.raises(InvalidInput, match=r"reference_images\.0\.data"):
        asked(shots=told, seconds=4, reference_images=[{"data": "no picture", "shows": "Kim"}])


@given(
    permitted=st.sets(st.integers(1, 12), min_size=1, max_size=4).map(lambda them: tuple(sorted(them))),
    count=st.integers(1, 12),
    total=st.integers(1, 100),
)
def test_exactly_those_totals_are_possible_that_can_be_divided(
    permitted: tuple[int, ...], count: int, total: int
) -> None:
    possible = total in possible_totals([count], permitted, MAX_SECONDS)
    try:
        divide_seconds(total, count, permitted)
        assert possible
    except PlanImpossible:
        assert not possible


# As they are planned


def test_the_plan_has_exactly_these_shots_in_order_and_in_their_own_words() -> None:
    made = planned("She wakes up. Then she opens the window.", "Otto sleeps.", seconds=7, each=(4, 3))
    assert [shot.seconds for shot in made.shots] == [4, 3]
    assert [shot.caption for shot in made.shots] == [
        "She wakes up. Then she opens the window",
        "Otto sleeps",
    ]


def test_whom_the_prompt_introduces_looks_the_same_in_every_shot_that_means_them() -> None:
    made = planned(
        "She runs along the pier.", "The cat watches.", "They rest, and Kim, an old sailor, waves."
    )
    assert [shot.characters for shot in made.shots] == [("Mara",), ("Otto",), ("Mara", "Otto", "Kim")]
    for shot in (made.shots[0], made.shots[2]):
        assert "Mara (young woman in a red coat)" in shot.keyframe_prompt
    assert "Otto (small grey cat)" in made.shots[1].prompt


@pytest.mark.parametrize(
    "told",
    [
        "Mara, a young woman in a red coat, and her grey cat Otto, at the harbour.",
        "Mara: a young woman in a red coat. Otto: a grey cat.",
        "Mara is a young woman in a red coat. Otto is a grey cat.",
        "Mara (young woman in a red coat) and Otto (grey cat) at the harbour.",
        "A day in the life of Mara, a young woman in a red coat, and Otto, her grey cat.",
    ],
)
def test_a_prompt_may_introduce_characters_in_any_of_the_usual_ways(told: str) -> None:
    made = planned("Mara walks along the pier with Otto.", prompt=told, seconds=4)
    assert {each.name: each.description for each in made.characters} == {
        "Mara": "young woman in a red coat",
        "Otto": "grey cat",
    }


def test_whom_an_earlier_shot_introduces_is_known_in_later_ones() -> None:
    made = planned("Ben, an old man in a blue coat, waits.", "Ben waves.", "He leaves.")
    assert [shot.characters for shot in made.shots] == [("Ben",)] * 3
    assert all("old man in a blue coat" in shot.prompt for shot in made.shots)


def test_a_shot_that_shows_nobody_stays_empty() -> None:
    made = planned("The sea glitters at noon.", "Mara waits.", seconds=8)
    assert [shot.characters for shot in made.shots] == [(), ("Mara",)]
    assert [character.name for character in made.characters] == ["Mara"]


@pytest.mark.parametrize("prompt", ["Scene 4:", "Shot 1:", "FADE IN:"])
def test_a_prompt_that_shows_nothing_by_itself_may_open_shots_that_do(prompt: str) -> None:
    made = planned("Mara waits.", "She runs.", prompt=prompt, seconds=8)
    assert [shot.caption for shot in made.shots] == ["Mara waits", "She runs"]
    assert [shot.characters for shot in made.shots] == [("Mara",)] * 2
    assert made.title == "Mara waits"


def test_place_and_light_of_the_prompt_hold_until_a_shot_says_otherwise() -> None:
    made = planned("Mara waits.", "INT. KITCHEN - NIGHT. Mara cooks.", "Mara eats.")
    scenes = [read_scene(shot.keyframe_prompt) for shot in made.shots]
    assert [scene.place for scene in scenes] == [Place.HARBOUR, Place.KITCHEN, Place.KITCHEN]
    assert scenes[2].time_of_day is TimeOfDay.NIGHT


def test_a_style_goes_before_the_one_the_prompt_names() -> None:
    assert planned("Mara waits.", seconds=4).style == "watercolour"
    made = planned("Mara waits.", "Mara runs.", seconds=8, style="ink wash")
    assert made.style == "ink wash"
    for shot in made.shots:
        assert shot.prompt.endswith("Style: ink wash.")
        assert shot.keyframe_prompt.endswith("Style: ink wash.")


def test_shots_without_seconds_are_the_longer_the_more_they_tell() -> None:
    made = planned("Mara waits.", "Mara walks along the pier and looks for her cat.", seconds=7)
    assert [shot.seconds for shot in made.shots] == [3, 4]


@pytest.mark.parametrize("each", [(4, 4), (4, 20), (3, 4)])
def test_a_plan_whose_shots_do_not_make_up_its_length_is_impossible(each: tuple[int, ...]) -> None:
    with pytest.raises(PlanImpossible, match="seconds are not 24 seconds"):
        planned("Mara waits.", "Mara runs.", each=each)


@given(told=st.lists(st.text(min_size=1, max_size=60), min_size=1, max_size=6))
def test_whatever_shots_say_there_are_as_many_as_were_given(told: list[str]) -> None:
    made = planned(*told, seconds=4 * len(told))
    assert [shot.seconds for shot in made.shots] == [4] * len(told)
