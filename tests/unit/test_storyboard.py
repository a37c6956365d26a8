"""What a storyboard picture must tell at a glance: time, place, framing, and who is who."""

import io
import itertools

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from functions.keyframes.image_backends import KeyframeRequest
from functions.keyframes.image_backends.storyboard import Storyboard
from shared.board.scene import Place, Weather
from shared.domain.naming import CAPTION_STRIP_KEY
from shared.domain.plan import Character
from shared.references import Reference

Pixels = NDArray[np.int16]

MARA = Character(name="Mara", description="woman, red coat, short black hair")
LILY = Character(name="Lily", description="little girl, blue dress, long blonde hair")
REX = Character(name="Rex", description="brown dog")

PLACES = {
    Place.FOREST: "in a forest",
    Place.CITY: "in a city street",
    Place.BEACH: "on a beach",
    Place.HARBOUR: "in a harbour",
    Place.MOUNTAINS: "in the mountains",
    Place.DESERT: "in a desert",
    Place.FIELD: "in a field",
    Place.ROOM: "in a room",
}
TIMES = ("at dawn", "at noon", "at dusk", "at night")
WEATHERS = {
    Weather.CLEAR: "clear",
    Weather.RAIN: "in the rain",
    Weather.SNOW: "in falling snow",
    Weather.FOG: "in fog",
}
FRAMINGS = ("wide shot", "medium shot", "close-up")


def draw(
    prompt: str,
    *cast: Character,
    caption: str = "A caption",
    size: tuple[int, int] = (320, 180),
    seed: int = 5,
) -> Image.Image:
    request = KeyframeRequest(
        prompt=prompt, caption=caption, characters=cast, width=size[0], height=size[1], seed=seed
    )
    image = Image.open(io.BytesIO(Storyboard().draw(request, [])))
    image.load()
    return image


def strip_of(image: Image.Image) -> int:
    return int(image.info[CAPTION_STRIP_KEY])


def picture(image: Image.Image) -> Pixels:
    return np.asarray(image).astype(np.int16)[: image.height - strip_of(image)]


def strip(image: Image.Image) -> Pixels:
    return np.asarray(image).astype(np.int16)[image.height - strip_of(image) :]


def hue_share(pixels: Pixels, hue: float, *, tolerance: float = 14, saturation: float = 0.5) -> float:
    """Share of well saturated pixels within `tolerance` degrees of `hue`."""
    high, low = pixels.max(axis=-1), pixels.min(axis=-1)
    spread = np.maximum(high - low, 1)
    red, green, blue = (pixels[..., i] for i in range(3))
    turn = np.where(
        high == red,
        (green - blue) / spread % 6,
        np.where(high == green, (blue - red) / spread + 2, (red - green) / spread + 4),
    )
    away = np.abs((turn * 60 - hue + 180) % 360 - 180)
    return float(((away < tolerance) & (spread > high * saturation) & (high > 40)).mean())


@pytest.mark.parametrize("where", PLACES.values(), ids=PLACES.keys())
def test_night_is_darker_than_dusk_and_dusk_darker_than_day(where: str) -> None:
    day, dusk, night = (
        picture(draw(f"wide shot {where} {when}", MARA)).mean() for when in ("at noon", "at dusk", "at night")
    )
    assert night < dusk * 0.85
    assert dusk < day * 0.9


def test_dawn_and_dusk_are_told_apart() -> None:
    dawn, dusk = (picture(draw(f"wide shot on a beach {when}")) for when in ("at dawn", "at dusk"))
    assert dawn.mean() > dusk.mean() * 1.3


@pytest.mark.parametrize("framing", FRAMINGS)
@pytest.mark.parametrize("when", TIMES)
def test_a_red_coat_is_red_in_every_shot(framing: str, when: str) -> None:
    prompt = f"{framing} in the mountains {when}"
    with_coat = hue_share(picture(draw(prompt, MARA)), 4, saturation=0.62)
    without = hue_share(picture(draw(prompt)), 4, saturation=0.62)
    assert with_coat - without > {"wide shot": 0.0025, "medium shot": 0.04, "close-up": 0.03}[framing]


def test_a_look_depends_on_neither_seed_nor_company() -> None:
    yellow = Character(name="Ann", description="woman, yellow coat")
    for seed, company in itertools.product((1, 2, 3), ((), (LILY,))):
        pixels = picture(draw("medium shot in a harbour at noon", yellow, *company, seed=seed))
        assert hue_share(pixels, 46, saturation=0.7) > 0.03


def test_two_characters_are_found_by_their_own_colours() -> None:
    pixels = picture(draw("medium shot in the desert in fog", MARA, LILY))
    assert hue_share(pixels, 4) > 0.02
    assert hue_share(pixels, 216) > 0.01


def test_characters_without_a_word_about_clothes_differ() -> None:
    pictures = [
        picture(draw("medium shot in a room", Character(name=n, description="man"))) for n in ("Tom", "Kai")
    ]
    assert (np.abs(pictures[0] - pictures[1]).max(axis=-1) > 40).mean() > 0.05


def test_closer_framings_show_more_of_the_character() -> None:
    """Measured by the coat for wide and medium, by the skin's hue for the face."""
    wide, medium, close = (picture(draw(f"{f} on a beach at noon, fog", MARA)) for f in FRAMINGS)
    assert hue_share(medium, 4, saturation=0.6) > 6 * hue_share(wide, 4, saturation=0.6)
    bare = [picture(draw(f"{f} on a beach at noon, fog")) for f in FRAMINGS]
    faces = [
        hue_share(a, 25, tolerance=8, saturation=0.3) - hue_share(b, 25, tolerance=8, saturation=0.3)
        for a, b in zip((wide, medium, close), bare, strict=True)
    ]
    assert faces[2] > 3 * faces[1] > 6 * faces[0]


@pytest.mark.parametrize("framing", FRAMINGS)
def test_figures_leave_each_other_visible(framing: str) -> None:
    green = Character(name="Gus", description="man, green coat")
    violet = Character(name="Vera", description="woman, violet dress")
    pixels = picture(draw(f"{framing} in the desert at noon", MARA, green, violet, LILY))
    shares = [hue_share(pixels, hue, tolerance=10) for hue in (4, 146, 272, 216)]
    assert min(shares) > 0.0004 if framing == "wide shot" else min(shares) > 0.004


def test_shots_in_one_place_of_one_job_share_the_place() -> None:
    """Two wide shots differ by a pan only, so their colours agree; another job's place differs."""

    def histogram(prompt: str, seed: int) -> NDArray[np.float64]:
        return np.histogram(picture(draw(prompt, seed=seed)), bins=32)[0] / 1e4

    first, second = (histogram(f"wide shot in a city street at noon, {n}", 4) for n in ("first", "second"))
    others = [histogram("wide shot in a city street at noon, first", seed) for seed in range(10, 16)]
    assert np.abs(first - second).sum() < np.mean([np.abs(first - other).sum() for other in others])


def test_a_setting_nobody_named_is_the_same_in_all_shots_of_a_job() -> None:
    first, second = (
        picture(draw(prompt, seed=9)) for prompt in ("wide shot, he waits", "wide shot, he leaves")
    )
    assert np.abs(first.mean(axis=(0, 1)) - second.mean(axis=(0, 1))).max() < 14


def test_a_room_at_night_is_lit_warm_and_the_street_is_cold() -> None:
    room = picture(draw("wide shot in a room at night")).mean(axis=(0, 1))
    mountains = picture(draw("wide shot in the mountains at night")).mean(axis=(0, 1))
    assert room[0] > room[2] * 1.2
    assert mountains[2] > mountains[0] * 1.2


def test_snow_whitens_the_ground_and_fog_takes_contrast_away() -> None:
    clear, snow, fog = (
        picture(draw(f"wide shot in a field at noon {w}"))
        for w in ("clear sky", "in falling snow", "in thick fog")
    )
    assert snow[-40:].min(axis=-1).mean() > clear[-40:].min(axis=-1).mean() + 60
    assert fog[60:110].std() < clear[60:110].std() * 0.8


def test_what_the_prompt_names_is_shown_when_nobody_is_in_frame() -> None:
    bare, with_boat = (picture(draw(f"wide shot {thing} at a harbour at noon")) for thing in ("", "a boat"))
    assert (np.abs(bare - with_boat).max(axis=-1) > 30).mean() > 0.01


@pytest.mark.parametrize("seed", range(4))
def test_a_small_thing_stands_beside_an_animal_and_not_behind_it(seed: int) -> None:
    """The columns of the lantern's flame, which glows, and those of the fox do not meet."""
    fox = Character(name="the fox", description="fox")
    bare, shown = (
        picture(draw(f"medium shot in a field at noon, the fox finds {thing}", fox, seed=seed))
        for thing in ("it", "a lantern")
    )
    flame = np.abs(shown - (255, 204, 106)).max(axis=-1) < 24
    new = flame & (np.abs(shown - bare).max(axis=-1) > 60)
    fur = np.abs(shown - (214, 104, 44)).max(axis=-1) < 24
    assert new.sum() > 200
    flame_columns, fur_columns = np.flatnonzero(new.sum(axis=0) > 8), np.flatnonzero(fur.sum(axis=0) > 8)
    assert flame_columns.min() > fur_columns.max() or flame_columns.max() < fur_columns.min()


def test_the_same_request_gives_the_same_bytes() -> None:
    request = KeyframeRequest(
        prompt="medium shot in a forest at dusk in the rain",
        caption="Twice",
        characters=(MARA, REX),
        width=320,
        height=180,
        seed=11,
    )
    before = Reference(picture=b"the keyframe before", is_keyframe=True)
    assert Storyboard().draw(request, []) == Storyboard().draw(request, [before])


@pytest.mark.parametrize("where", PLACES.values(), ids=PLACES.keys())
def test_every_place_is_drawn_at_every_time_in_every_weather_and_framing(where: str) -> None:
    """All times in all weathers with the framing taking turns, and all framings at all times."""
    turns = itertools.cycle(FRAMINGS)
    shots = {(next(turns), when, weather) for when, weather in itertools.product(TIMES, WEATHERS.values())}
    shots |= {(framing, when, "clear") for framing, when in itertools.product(FRAMINGS, TIMES)}
    drawn = {
        draw(f"{framing} {where} {when} {sky}", MARA, size=(96, 54)).tobytes() for framing, when, sky in shots
    }
    assert len(drawn) == len(shots)
