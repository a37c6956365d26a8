"""A picture's colours are found, dress whom it shows, and tone the whole where it is a style."""

import io

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from functions.keyframes.image_backends import KeyframeRequest
from functions.keyframes.image_backends.storyboard import Storyboard
from shared.board.appearance import look_of
from shared.board.brief import Brief, Palette
from shared.board.colour import RGB, luminance
from shared.board.light import light_for, toned
from shared.board.palette import palette_of
from shared.board.scene import TimeOfDay, Weather
from shared.board.shot import read_shot
from shared.board.wardrobe import COLOURS, HAIR_COLOURS
from shared.domain.errors import MediaCorrupt
from shared.domain.plan import Character
from shared.references import Reference
from tests.unit.drawn_pictures import encoded, person, portrait

RED, NAVY, BLACK, MAGENTA = (190, 30, 35), (40, 60, 140), (30, 26, 30), (200, 20, 160)
MARA = Character(name="Mara", description="young woman")
KEEPER = Character(name="the old fisherman", description="old fisherman")


def near(one: RGB | None, other: RGB, *, by: int = 24) -> bool:
    return one is not None and max(abs(a - b) for a, b in zip(one, other, strict=True)) <= by


def seen(top: RGB = MAGENTA) -> Palette:
    return palette_of(encoded(person(top, trousers=(20, 160, 40), hair=(230, 200, 40))), "Mara")


# Reading a picture


@pytest.mark.parametrize("behind", [(250, 250, 250), (120, 150, 110), (90, 90, 200), (200, 190, 60)])
@pytest.mark.parametrize("top", [RED, MAGENTA, (30, 140, 60)])
def test_a_whole_figure_is_read_from_head_to_foot(top: RGB, behind: RGB) -> None:
    palette = palette_of(encoded(person(top, behind=behind)), "Mara")
    assert near(palette.body, top)
    assert near(palette.legs, NAVY)
    assert near(palette.head, BLACK)


def test_a_portrait_has_no_legs() -> None:
    palette = palette_of(encoded(portrait(RED)), "Mara")
    assert near(palette.body, RED)
    assert near(palette.head, BLACK)
    assert palette.legs is None


def test_a_background_that_changes_slowly_is_no_figure() -> None:
    figure = person(RED, behind=(1, 2, 3))
    sky = Image.linear_gradient("L").resize(figure.size).convert("RGB").point(lambda value: 120 + value // 3)
    where = Image.fromarray((np.asarray(figure).max(axis=-1) > 29).astype(np.uint8) * 255)
    sky.paste(figure, mask=where)
    assert near(palette_of(encoded(sky), "Mara").body, RED)


def test_tones_are_ordered_and_come_from_the_picture() -> None:
    picture = Image.new("RGB", (90, 90), (20, 40, 90))
    picture.paste((250, 220, 120), (0, 0, 90, 30))
    picture.paste((200, 90, 40), (0, 30, 90, 60))
    dark, middle, bright = palette_of(encoded(picture), None).tones
    assert (dark, middle, bright) == ((20, 40, 90), (200, 90, 40), (250, 220, 120))


@pytest.mark.parametrize("data", [b"", b"no picture", encoded(person(RED))[:3000]])
def test_what_cannot_be_decoded_is_corrupt(data: bytes) -> None:
    with pytest.raises(MediaCorrupt):
        palette_of(data, None)


def test_a_picture_of_one_colour_has_a_palette_as_well() -> None:
    palette = palette_of(encoded(Image.new("RGB", (64, 64), "teal")), "Mara")
    assert near(palette.main, (0, 128, 128), by=2)


# Dressing a character


def test_a_picture_decides_what_no_word_says() -> None:
    look = look_of(MARA, seen())
    assert near(look.coat, MAGENTA)
    assert near(look.bottom_colour, (20, 160, 40))
    assert near(look.hair_colour, (230, 200, 40))
    assert not near(look_of(MARA).coat, MAGENTA)


def test_words_go_before_the_picture() -> None:
    told = Character(name="Mara", description="woman, red coat, black hair, white trousers")
    look = look_of(told, seen())
    assert (look.coat, look.hair_colour, look.bottom_colour) == (
        COLOURS["red"],
        HAIR_COLOURS["black"],
        COLOURS["white"],
    )


def test_the_picture_goes_before_what_one_expects_of_a_calling_and_of_age() -> None:
    assert look_of(KEEPER).coat == COLOURS["navy"]
    look = look_of(KEEPER, seen())
    assert near(look.coat, MAGENTA)
    assert near(look.hair_colour, (230, 200, 40))
    assert look.beard, "what a fisherman has is still expected, only its colour is not"


def test_an_animal_has_the_main_colour_of_its_picture_unless_words_tell_it() -> None:
    picture = Image.new("RGB", (200, 200), "white")
    picture.paste((90, 140, 60), (40, 60, 160, 180))
    palette = palette_of(encoded(picture), "Rex")
    assert near(look_of(Character(name="Rex", description="dog"), palette).coat, (90, 140, 60))
    assert look_of(Character(name="Rex", description="black dog"), palette).coat == COLOURS["black"]


@pytest.mark.parametrize(
    ("shows", "name", "fits"),
    [
        ("mara", "Mara", True),
        ("The  Old FISHERMAN", "the old fisherman", True),
        ("fisherman", "the old fisherman", True),
        ("Captain Rosa", "Rosa", True),
        ("the young fisherman", "the old fisherman", False),
        ("Anna", "Captain Anna Lee", True),
        ("captain", "Captain Anna Lee", True),
        ("the", "the old fisherman", False),
        ("Tom", "Mara", False),
        (None, "Mara", False),
    ],
)
def test_a_picture_is_of_whom_it_names(shows: str | None, name: str, fits: bool) -> None:
    character = Character(name=name, description="somebody")
    assert seen().evolve(shows=shows).shows_character(character) is fits


def test_everyone_is_dressed_from_their_own_picture() -> None:
    palettes = (seen(), seen(RED).evolve(shows="fisherman"))
    brief = Brief(prompt="wide shot, field", characters=(MARA, KEEPER), seed=1, palettes=palettes)
    mara, keeper = read_shot(brief).cast
    assert near(mara.coat, MAGENTA)
    assert near(keeper.coat, RED)


# Toning a picture


def drawn(prompt: str, *references: Reference, cast: tuple[Character, ...] = ()) -> bytes:
    request = KeyframeRequest(prompt=prompt, caption="", characters=cast, width=320, height=180, seed=5)
    return Storyboard().draw(request, references)


def colour_of(keyframe: bytes) -> NDArray[np.float64]:
    pixels = np.asarray(Image.open(io.BytesIO(keyframe)).convert("RGB"))
    return np.array([pixels[..., channel].mean() for channel in range(3)])


def style(colour: RGB) -> Reference:
    light = Image.linear_gradient("L").resize((200, 150))
    return Reference(
        picture=encoded(Image.merge("RGB", [light.point(lambda v, c=c: v * c // 255) for c in colour]))
    )


@pytest.mark.parametrize("colour", [(255, 120, 60), (60, 160, 255), (110, 220, 90)])
@pytest.mark.parametrize(
    "prompt",
    [
        "wide shot, harbour at noon",
        "wide shot, city street at night in the rain",
        "wide shot in a room at night",
    ],
)
def test_a_style_pulls_the_whole_picture_towards_its_colours_and_leaves_it_as_bright(
    prompt: str, colour: RGB
) -> None:
    plain, toned = colour_of(drawn(prompt)), colour_of(drawn(prompt, style(colour)))
    wanted = np.array(colour) / sum(colour)
    before, after = (np.abs(each / each.sum() - wanted).sum() for each in (plain, toned))
    assert after < before * 0.93
    assert abs(toned.sum() / plain.sum() - 1) < 0.12


def test_the_sky_takes_on_the_tones_and_keeps_its_brightness() -> None:
    light = light_for(TimeOfDay.DAY, Weather.CLEAR)
    sunset = toned(light, ((90, 20, 60), (210, 90, 40), (255, 210, 120)))
    for before, after in zip(light.sky, sunset.sky, strict=True):
        assert after[0] - after[2] > before[0] - before[2] + 10
        assert abs(luminance(after) - luminance(before)) < 0.1


def test_a_character_in_red_is_seen_in_red() -> None:
    reference = Reference(picture=encoded(person((214, 20, 24))), shows="Mara")
    prompt = "medium shot in a field at noon"
    red = [
        (pixels[..., 0] > 140) & (pixels[..., 1] < 70) & (pixels[..., 2] < 70)
        for pixels in (
            np.asarray(Image.open(io.BytesIO(drawn(prompt, *given, cast=(MARA,)))).convert("RGB"))
            for given in ((), (reference,))
        )
    ]
    assert red[1].mean() > red[0].mean() + 0.04


def test_keyframes_and_pictures_of_others_change_nothing() -> None:
    prompt = "medium shot in a field at noon"
    plain = drawn(prompt, cast=(MARA,))
    before = Reference(picture=b"never decoded", is_keyframe=True)
    other = Reference(picture=encoded(person(RED)), shows="Tom")
    assert drawn(prompt, before, cast=(MARA,)) == drawn(prompt, other, cast=(MARA,)) == plain
