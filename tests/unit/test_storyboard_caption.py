"""The file itself: its size, the caption strip, and text nobody expects."""

import io

import numpy as np
import pytest
from PIL import Image

from functions.keyframes.image_backends import KeyframeRequest
from functions.keyframes.image_backends.storyboard import Storyboard
from shared.domain.naming import CAPTION_STRIP_KEY
from shared.domain.plan import Character

MARA = Character(name="Mara", description="woman, red coat")


def draw(
    prompt: str, caption: str, width: int = 320, height: int = 180, cast: tuple[Character, ...] = (MARA,)
) -> Image.Image:
    request = KeyframeRequest(
        prompt=prompt, caption=caption, characters=cast, width=width, height=height, seed=2
    )
    image = Image.open(io.BytesIO(Storyboard().draw(request, [])))
    image.load()
    return image


def split(image: Image.Image) -> tuple[bytes, bytes]:
    """Picture and strip, as bytes."""
    pixels, rows = np.asarray(image), image.height - int(image.info[CAPTION_STRIP_KEY])
    return pixels[:rows].tobytes(), pixels[rows:].tobytes()


@pytest.mark.parametrize(
    ("width", "height"),
    [
        (256, 144),
        (640, 360),
        (1280, 720),
        (1920, 1080),
        (1080, 1920),
        (512, 512),
        (854, 480),
        (16, 16),
        (1000, 100),
    ],
)
def test_the_png_has_exactly_the_size_asked_for(width: int, height: int) -> None:
    image = draw("medium shot in a forest at dusk", "A caption", width, height, (MARA, MARA))
    assert (image.format, image.mode, image.size) == ("PNG", "RGB", (width, height))


@pytest.mark.parametrize("height", [144, 180, 360, 480, 719, 720, 1080])
def test_the_strip_is_even_and_about_a_tenth(height: int) -> None:
    strip = int(draw("close-up", "x", 256, height).info[CAPTION_STRIP_KEY])
    assert strip % 2 == 0
    assert 0.08 * height < strip < 0.12 * height


def test_the_strip_depends_on_the_caption_alone() -> None:
    prompts = (
        "wide shot on a beach at noon",
        "close-up in a city at night in the rain",
        "medium shot, he sits, snow",
    )
    strips = {split(draw(prompt, "The same words"))[1] for prompt in prompts}
    assert len(strips) == 1


def test_the_picture_does_not_depend_on_the_caption() -> None:
    pictures = {
        split(draw("close-up in a field", caption))[0]
        for caption in ("Two", "One", "A much longer caption " * 9)
    }
    assert len(pictures) == 1


def test_the_caption_is_legible() -> None:
    blank, written = (
        np.frombuffer(split(draw("wide shot", caption, 1280, 720))[1], np.uint8) for caption in (".", "Mara")
    )
    assert (np.abs(blank.astype(int) - written) > 150).sum() > 600


def test_accents_are_written_and_unknown_scripts_left_out() -> None:
    plain, accented, mixed = (split(draw("wide shot", caption))[1] for caption in ("Zoe", "Zoé", "Zoe 漢字"))
    assert plain != accented
    assert plain == mixed


@pytest.mark.parametrize("caption", ["", " \n", "漢字", "一只猫在雨中走过街道"])
def test_a_caption_that_cannot_be_written_leaves_the_whole_picture(caption: str) -> None:
    image = draw("wide shot in a field at noon", caption, cast=())
    assert CAPTION_STRIP_KEY not in image.info
    bottom = np.asarray(image)[-16:].astype(int)
    assert (bottom[..., 1] > bottom[..., 2] + 20).mean() > 0.5, "grass down to the last row"


def test_a_long_caption_keeps_its_margin() -> None:
    image = draw("wide shot", "The old fisherman watches the storm " * 30, 640, 360)
    strip = np.asarray(image)[-int(image.info[CAPTION_STRIP_KEY]) :].astype(int)
    background = strip[4, 1]
    edges = np.concatenate([strip[4:, :12], strip[4:, -12:]], axis=1)
    assert np.abs(edges - background).max() < 8


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \t\n ",
        "🚀👩‍🚀 emoji 🎬",
        "مرحبا بالعالم שלום",
        "漢字とかな",
        "a\u0000b\u202ec\ud800d",
        "x" * 4000,
        "word " * 800,
        "e\u0301" * 300,
        "<b>%s{}\\",
    ],
    ids=["empty", "blank", "emoji", "rtl", "cjk", "controls", "one word", "many words", "accents", "markup"],
)
def test_any_text_is_drawn(text: str) -> None:
    safe = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    draw(safe, safe, 256, 144, (Character(name=safe, description=safe),))


def test_more_than_four_characters_are_drawn() -> None:
    crowd = tuple(Character(name=f"P{i}", description="woman") for i in range(9))
    for framing in ("wide shot", "medium shot", "close-up"):
        draw(framing, "A crowd", 256, 144, crowd)
