"""What a model wrote is checked against what was asked, and becomes a plan that carries looks and style."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.keyframes.planners.gemini_answers import WrittenCharacter
from functions.keyframes.planners.gemini_checks import LIMITS, faults_of
from functions.keyframes.planners.gemini_wording import plan_of, with_looks
from infra.archives import files_of
from shared.domain.capabilities import KeyframeMode
from shared.domain.plan import Character, GivenShot
from tests.unit.gemini_stub import REQUEST, written, written_shot

MARA = Character(name="Mara", description="young woman in a red coat")
DOG = Character(name="the dog", description="small white dog")


def second_shot(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - field values of a shot
    return {"shots": (written_shot(1, 4), written_shot(2, **{"seconds": 8, **changes}))}


def test_a_plan_that_fits_has_no_faults() -> None:
    assert faults_of(written(4, 8), REQUEST) == ()


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"title": "…"}, "title of the plan is empty"),
        ({"title": "a" * 121}, "title of the plan has 121 characters; at most 120"),
        (
            {"characters": [WrittenCharacter(name="Mara", description="")]},
            "description of character 1 is empty",
        ),
        (
            {"characters": [WrittenCharacter(name=f"P{n}", description="a person") for n in range(7)]},
            "there are 7 characters; at most 6",
        ),
        (
            {"characters": [WrittenCharacter(name=name, description="one") for name in ("Mara", "MARA")]},
            "two characters are called mara",
        ),
        (second_shot(characters=("Mara", "Mara")), "shot 2 names a character twice"),
        (
            second_shot(characters=("Otto",)),
            "shot 2 shows Otto, which is no name in the list of characters",
        ),
        (second_shot(prompt=" "), "prompt of shot 2 is empty"),
        (second_shot(dialogue="a" * 401), "dialogue of shot 2 has 401 characters; at most 400"),
        (second_shot(seconds=7), "shot 2 has 7 seconds; permitted: 4, 6 or 8"),
        (second_shot(seconds=6), "the shots' seconds add up to 10; they must add up to 12"),
        (
            {"shots": (written_shot(1, 4), written_shot(3, 8))},
            "the shots are not numbered 1 to 2 in the order of the story",
        ),
        ({"shots": ()}, "there are 0 shots; permitted: 2 or 3"),
        ({"shots": (written_shot(1, 12),)}, "there are 1 shots; permitted: 2 or 3"),
    ],
)
def test_every_fault_is_told(changes: dict[str, Any], fault: str) -> None:
    assert fault in faults_of(written(4, 8, **changes), REQUEST)


def test_the_users_own_shots_keep_their_number_and_seconds() -> None:
    request = REQUEST.evolve(shots=tuple(GivenShot(prompt="a", seconds=each) for each in (4, 8)))
    assert faults_of(written(4, 8), request) == ()
    assert faults_of(written(8, 4), request) == (
        "shot 1 has 8 seconds; its user wants 4",
        "shot 2 has 4 seconds; its user wants 8",
    )
    assert faults_of(written(4, 4, 4), request) == ("there are 3 shots; permitted: 2",)


def test_the_last_shot_in_mode_pair_must_say_what_it_ends_with() -> None:
    request = REQUEST.evolve(keyframes=KeyframeMode.PAIR)
    assert faults_of(written(4, 8), request) == ("end_keyframe_prompt of the last shot is empty",)


def test_a_clips_prompt_must_fit_its_backend_with_all_that_code_adds() -> None:
    request = REQUEST.evolve(prompt_characters=120)
    (fault,) = faults_of(written(4, 8), request)
    longest = len(plan_of(written(4, 8), REQUEST).shots[0].prompt)
    assert fault.endswith(f"come to {longest} characters; at most 120")


@given(
    st.lists(st.tuples(st.integers(0, 4), st.integers(-1, 12)), max_size=5),
    st.lists(st.sampled_from(["Mara", "mara", "Otto", ""]), max_size=3),
    st.sampled_from(KeyframeMode),
    st.text(max_size=20),
)
def test_a_plan_without_faults_has_permitted_lengths_that_add_up_and_known_characters(
    shots: list[tuple[int, int]], cast: list[str], mode: KeyframeMode, text: str
) -> None:
    request = REQUEST.evolve(keyframes=mode)
    said = written(
        shots=tuple(
            written_shot(number, seconds, characters=tuple(cast), prompt=text, end_keyframe_prompt=text)
            for number, seconds in shots
        )
    )
    if not faults_of(said, request):
        plan = plan_of(said, request)
        assert sum(shot.seconds for shot in plan.shots) == request.seconds
        assert {shot.seconds for shot in plan.shots} <= {*request.clip_seconds}
        known = {each.name for each in plan.characters}
        assert all({*shot.characters} <= known for shot in plan.shots)
        assert bool(plan.shots[-1].end_keyframe_prompt) is (mode is KeyframeMode.PAIR)
        assert all(len(shot.prompt) <= request.prompt_characters for shot in plan.shots)


# The plan that is made of it


def test_every_prompt_carries_the_looks_of_who_is_in_frame_and_the_style() -> None:
    shot = written_shot(1, 12, dialogue="Mara: We are home")
    (planned,) = plan_of(written(shots=(shot,)), REQUEST).shots
    assert planned.prompt == (
        "Wide shot, slow push in. Mara (young woman in a red coat) walks along the quay."
        " In frame: the dog (small white dog). Dialogue: Mara: We are home. Style: watercolour."
    )
    assert planned.keyframe_prompt == (
        "Harbour at dawn, fog. Mara (young woman in a red coat) stands still."
        " In frame: the dog (small white dog). Style: watercolour."
    )


def test_the_users_style_wins_over_the_models() -> None:
    plan = plan_of(written(), REQUEST.evolve(style="oil painting"))
    assert plan.style == "oil painting"
    assert all(shot.prompt.endswith("Style: oil painting.") for shot in plan.shots)
    assert "watercolour" not in str(plan)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Mara runs. Mara rests.", "Mara (young woman in a red coat) runs. Mara rests."),
        ("MARA runs.", "MARA (young woman in a red coat) runs."),
        ("Maramba is far.", "Maramba is far. In frame: Mara (young woman in a red coat)."),
        ("Mara's hat. Mara runs.", "Mara's hat. Mara (young woman in a red coat) runs."),
        ("A young woman in a red coat runs.", "A young woman in a red coat runs."),
    ],
)
def test_looks_stand_once_behind_the_first_mention(text: str, told: str) -> None:
    assert with_looks(text, [MARA]) == told


def test_a_name_within_a_description_is_not_described_there() -> None:
    dog = Character(name="the dog", description="dog of Mara")
    assert with_looks("The dog barks at Mara.", [dog, MARA]) == (
        "The dog (dog of Mara) barks at Mara (young woman in a red coat)."
    )


@given(st.text(max_size=80), st.lists(st.text(min_size=1, max_size=8), max_size=4, unique_by=str.casefold))
def test_whatever_is_written_all_looks_are_in_it(text: str, names: list[str]) -> None:
    cast = [Character(name=name, description=f"look {number}") for number, name in enumerate(names)]
    told = with_looks(text, cast)
    assert all(each.description in told for each in cast)


# The readable files


def test_the_archive_carries_the_prompts() -> None:
    carried = {name for name in files_of("keyframes") if "/prompts/" in name}
    assert {
        f"functions/keyframes/planners/prompts/{name}.md" for name in ("plan", "repair", "reword", "judge")
    } <= (carried)


def test_the_director_is_told_of_every_field_of_the_brief() -> None:
    told = files_of("keyframes")["functions/keyframes/planners/prompts/plan.md"].decode()
    for field in ("prompt", "seconds", "clip_seconds", "shot_counts", "style", "keyframes", "shots"):
        assert f"- `{field}`:" in told
    assert all(f"`{mode}`:" in told for mode in KeyframeMode)


def test_every_text_that_is_written_has_a_limit() -> None:
    said = written(4, 8)
    parts = (said, *said.characters, *said.shots)
    assert {field for part in parts for field, value in part if isinstance(value, str)} == {*LIMITS}
