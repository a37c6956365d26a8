"""A refused shot in milder words: the same story, without what filters stop at."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.keyframes.planners.rewording import MILDER, TONE, milder
from shared.domain.plan import Wording


def reworded(text: str) -> str:
    return milder(Wording(prompt=text, keyframe_prompt=text)).prompt


@pytest.mark.parametrize(
    ("refused", "mild"),
    [
        ("Mara kills the guard with a knife.", "Mara confront the guard with a tool."),
        ("Blood on the floor, a GUN on the table.", "red on the floor, a prop on the table."),
        ("Bloodied Mara walks on.", "red Mara walks on."),
    ],
)
def test_words_that_filters_stop_at_are_replaced_and_the_rest_stays(refused: str, mild: str) -> None:
    assert reworded(refused) == f"{mild} {TONE}"


@pytest.mark.parametrize("harmless", ["Mara skillfully gunned the engine.", "A guttering candle.", "bloom"])
def test_words_that_only_contain_such_a_word_stay(harmless: str) -> None:
    assert reworded(harmless) == f"{harmless} {TONE}"


@given(st.text(max_size=300))
def test_rewording_any_text_says_the_tone_and_never_fails(text: str) -> None:
    assert reworded(text).endswith(TONE)


def test_no_replacement_is_itself_one_that_filters_stop_at() -> None:
    assert [mild for mild in MILDER.values() if reworded(mild) != f"{mild} {TONE}"] == []


def test_the_still_a_shot_ends_on_is_reworded_too_and_none_is_made_up() -> None:
    words = Wording(prompt="A knife.", keyframe_prompt="A knife.", end_keyframe_prompt="A knife at rest.")
    assert milder(words).end_keyframe_prompt == f"A tool at rest. {TONE}"
    assert milder(Wording(prompt="A knife.", keyframe_prompt="A knife.")).end_keyframe_prompt == ""
