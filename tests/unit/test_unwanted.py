"""What a negative prompt names is not drawn; words the board does not know change nothing."""

import io

import numpy as np
import pytest
from PIL import Image

from functions.keyframes.image_backends import KeyframeRequest
from functions.keyframes.image_backends.storyboard import Storyboard
from functions.render.video_backends import ClipRequest
from functions.render.video_backends.negative import draw_opening
from shared.board.brief import Brief
from shared.board.scene import Weather
from shared.board.shot import Shot, read_shot
from shared.board.unwanted import read_unwanted
from shared.board.wardrobe import HeldKind, Species
from shared.domain.naming import CAPTION_STRIP_KEY
from shared.domain.plan import Character

MARA = Character(name="Mara", description="young woman in a red coat, carrying an umbrella")
REX = Character(name="Rex", description="small brown dog")
PIP = Character(name="Pip", description="black crow")
TIGER = Character(name="the tiger", description="old tiger")
PROMPT = "Wide shot, harbour at dusk, rain. Mara walks along the pier with Rex and a bicycle."


def shot(negative_prompt: str, *cast: Character, prompt: str = PROMPT) -> Shot:
    characters = cast or (MARA, REX)
    return read_shot(Brief(prompt=prompt, characters=characters, negative_prompt=negative_prompt, seed=3))


def species(seen: Shot) -> list[Species]:
    return [look.species for look in seen.cast]


def keyframe(negative_prompt: str) -> Image.Image:
    request = KeyframeRequest(
        prompt=PROMPT,
        caption="Mara walks",
        characters=(MARA, REX),
        negative_prompt=negative_prompt,
        width=320,
        height=180,
        seed=3,
    )
    return Image.open(io.BytesIO(Storyboard().draw(request, [])))


@pytest.mark.parametrize("named", ["rain", "heavy rain", "no rain", "blurry, a thunderstorm", "Rain; text"])
def test_weather_that_is_named_gives_way_to_a_clear_sky(named: str) -> None:
    assert shot("").weather is Weather.RAIN
    assert shot(named).weather is Weather.CLEAR


@pytest.mark.parametrize("named", ["snow", "raincoat", "blurry", "", "low quality, extra fingers", "wet"])
def test_other_weather_and_unknown_words_change_nothing(named: str) -> None:
    assert shot(named) == shot("")


@pytest.mark.parametrize(
    "named", ["umbrella", "umbrellas", "red umbrella", "no umbrellas and rain", "the umbrella in her hand"]
)
def test_nobody_holds_what_is_named(named: str) -> None:
    held = shot("").cast[0].held
    assert held
    assert held[0] is HeldKind.UMBRELLA
    assert [look.held for look in shot(named).cast] == [None, None]


@pytest.mark.parametrize(
    "named",
    ["hands on the umbrella", "a man with an umbrella", "men holding umbrellas", "fog in the rain, grain"],
)
def test_what_only_says_more_of_another_thing_is_left_where_it_is(named: str) -> None:
    assert shot(named) == shot("")


def test_what_the_prompt_puts_into_somebodys_hands_is_left_out_as_well() -> None:
    mara = Character(name="Mara", description="woman in a red coat")
    reads = "Medium shot, field. Mara reads a letter."
    assert shot("", mara, prompt=reads).cast[0].held
    unread = shot("letters", mara, prompt=reads)
    assert (unread.cast[0].held, unread.prop) == (None, None)


def test_a_thing_that_is_named_is_not_there_and_the_next_one_may_be() -> None:
    assert shot("").prop == "bicycle"
    assert shot("bike").prop is None
    assert shot("bike", prompt=f"{PROMPT} A bench stands there.").prop == "bench"


@pytest.mark.parametrize(
    ("named", "left"),
    [
        ("dog", [Species.PERSON]),
        ("dogs, cats", [Species.PERSON]),
        ("animals", [Species.PERSON]),
        ("people", [Species.DOG]),
        ("a woman", [Species.DOG]),
        ("women", [Species.DOG]),
        ("men and children", [Species.PERSON, Species.DOG]),
        ("black dog", [Species.PERSON, Species.DOG]),
        ("people in the background", [Species.PERSON, Species.DOG]),
        ("dark, small, young", [Species.PERSON, Species.DOG]),
    ],
)
def test_figures_of_a_kind_that_is_named_are_not_there(named: str, left: list[Species]) -> None:
    assert species(shot(named)) == left


def test_a_word_for_all_of_a_kind_means_each_and_a_word_for_one_only_that() -> None:
    assert species(shot("bird", PIP)) == []
    assert species(shot("crow", PIP)) == []
    assert species(shot("seagull", PIP)) == [Species.BIRD]
    assert species(shot("lion", TIGER)) == [Species.LION]
    assert species(shot("tigers", TIGER)) == []


@pytest.mark.parametrize(
    ("named", "description"),
    [("men", "old man"), ("women", "tall woman"), ("children", "small child"), ("mice", "grey mouse")],
)
def test_a_plural_means_each_of_them_however_it_is_formed(named: str, description: str) -> None:
    kim = Character(name="Kim", description=description)
    assert len(species(shot("", kim))) == 1
    assert species(shot(named, kim)) == []


def test_all_else_stays_where_it_was() -> None:
    clear, rainy = shot("rain"), shot("")
    assert (clear.place, clear.facing, clear.pan, clear.cast) == (
        rainy.place,
        rainy.facing,
        rainy.pan,
        rainy.cast,
    )


@pytest.mark.parametrize("named", ["text", "captions", "subtitles, watermark", "no text on the umbrella"])
def test_a_keyframe_has_no_caption_where_writing_is_named(named: str) -> None:
    assert CAPTION_STRIP_KEY in keyframe("").info
    assert CAPTION_STRIP_KEY not in keyframe(named).info
    assert keyframe(named).size == (320, 180)


def test_the_picture_differs_where_something_is_left_out_and_only_then() -> None:
    assert keyframe("") == keyframe("blurry, deformed")
    assert keyframe("") != keyframe("umbrella")


def test_animatic_leaves_it_out_of_what_it_draws_by_itself() -> None:
    request = ClipRequest(
        prompt=PROMPT, characters=(MARA, REX), seconds=2, width=320, height=180, fps=24, seed=3, job_seed=3
    )
    wet, dry = (
        draw_opening(each).picture for each in (request, request.evolve(negative_prompt="rain, text"))
    )
    assert np.asarray(dry).mean() > np.asarray(wet).mean() + 10, "the sky is clear"


def test_any_text_can_be_read() -> None:
    for odd in (",,;", "no", "\n", "no, no", "🐕", "a" * 500):
        assert not read_unwanted(odd).things
