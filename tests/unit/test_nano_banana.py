"""What Google's image model is told, and what is taken of what it draws."""

import io
import struct
import zlib
from types import SimpleNamespace
from typing import Any, cast

import pytest
from google import genai
from google.genai.types import GenerateContentResponse
from PIL import Image, PngImagePlugin
from structlog.testing import capture_logs

from functions.keyframes.image_backends import KeyframeRequest
from functions.keyframes.image_backends.nano_banana import NanoBanana, aspect_ratio, image_size
from functions.keyframes.image_backends.picture import MAX_BYTES, fitted, is_png
from functions.keyframes.image_backends.wording import introduced, told
from functions.keyframes.references import within
from shared.domain.capabilities import IMAGE_BACKENDS
from shared.domain.errors import BackendFailed
from shared.domain.plan import Character
from shared.google_ai import Google
from shared.references import Reference

REQUEST = KeyframeRequest(
    prompt="Mara walks.",
    caption="",
    characters=(Character(name="Mara", description="woman in a red coat"),),
    width=640,
    height=360,
    seed=7,
)
SHEET = Reference(picture=b"sheet", shows="Mara", is_sheet=True)
GIVEN = Reference(picture=b"given", shows="Mara")
MOOD = Reference(picture=b"mood")
BEFORE = Reference(picture=b"before", is_keyframe=True)


def png(size: tuple[int, int] = (320, 180), colour: str = "teal", **options: Any) -> bytes:  # noqa: ANN401 - Pillow's
    encoded = io.BytesIO()
    Image.new("RGB", size, colour).save(encoded, "PNG", **options)
    return encoded.getvalue()


def opened(drawn: bytes) -> Image.Image:
    with Image.open(io.BytesIO(drawn)) as picture:
        picture.load()
        return picture


def bomb(side: int) -> bytes:
    """A PNG of a few bytes that says it is vast."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    body = chunk(b"IDAT", zlib.compress(b"\0" * 1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + body + chunk(b"IEND", b"")


class Stub:
    """Stands for the SDK's client: answers with one picture, and keeps what it was sent."""

    def __init__(self) -> None:
        self.contents: Any = None
        client = SimpleNamespace(models=SimpleNamespace(generate_content=self._answer))
        self.backend = NanoBanana(Google(cast(genai.Client, client), is_vertex=True), "model")

    def _answer(self, *, model: str, contents: object, config: object) -> GenerateContentResponse:
        self.contents = contents
        part = {"inlineData": {"mimeType": "image/png", "data": png()}}
        return GenerateContentResponse.model_validate({"candidates": [{"content": {"parts": [part]}}]})


@pytest.mark.parametrize(
    "damaged", [b"", b"no picture", png()[:60], png((63, 63)), bomb(30_000), bomb(6_400)]
)
def test_what_is_no_picture_of_a_useful_size_is_not_taken(damaged: bytes) -> None:
    with pytest.raises(BackendFailed):
        fitted(damaged, 640, 360)


def test_what_is_larger_than_any_picture_is_not_even_decoded() -> None:
    with pytest.raises(BackendFailed, match="bytes"):
        fitted(png() + b"\0" * MAX_BYTES, 640, 360)


def test_of_the_providers_file_nothing_is_kept() -> None:
    notes = PngImagePlugin.PngInfo()
    notes.add_text("ttv:caption-strip-pixels", "90")
    drawn = fitted(png(pnginfo=notes, icc_profile=b"a profile", dpi=(72, 72)), 640, 360)
    assert opened(drawn).info == {}
    assert (b"caption" in drawn, b"iCCP" in drawn) == (False, False)


def test_of_a_picture_of_another_shape_the_middle_is_kept() -> None:
    square = Image.new("RGB", (600, 600), "red")
    square.paste("blue", (0, 200, 600, 400))
    encoded = io.BytesIO()
    square.save(encoded, "PNG")
    drawn = opened(fitted(encoded.getvalue(), 600, 200))
    assert (drawn.size, drawn.getpixel((300, 100)), drawn.getpixel((5, 100))) == (
        (600, 200),
        (0, 0, 255),
        (0, 0, 255),
    )


def test_a_whole_png_of_that_size_is_told_from_others() -> None:
    assert is_png(png((640, 360)), 640, 360)
    for other in (png(), png((640, 360))[:-40], b"", bomb(30_000)):
        assert not is_png(other, 640, 360)


def test_words_are_filled_in_once() -> None:
    words = told(REQUEST.evolve(prompt="A sign says $style.", style="oil"), has_pictures=False)
    assert "A sign says $style." in words
    assert "looks: oil" in words


def test_what_is_left_open_is_not_spoken_of() -> None:
    bare = KeyframeRequest(prompt="A boat.", caption="", width=640, height=360, seed=0)
    words = told(bare, has_pictures=False)
    for unsaid in ("style", "looks", "not to be seen", "Who is in it", "pictures above", "$"):
        assert unsaid not in words, unsaid


def test_a_style_that_the_prompt_tells_already_is_not_told_twice() -> None:
    words = told(REQUEST.evolve(prompt="Mara walks. Style: oil.", style="oil"), has_pictures=True)
    assert words.count("oil") == 1


def test_a_sheet_is_asked_for_in_other_words_than_a_keyframe() -> None:
    words = told(REQUEST.evolve(prompt="", is_sheet=True), has_pictures=False)
    assert "character sheet" in words
    assert "Mara: woman in a red coat" in words


def test_every_kind_of_picture_is_introduced_by_its_number() -> None:
    said = [introduced(each, number) for number, each in enumerate((SHEET, GIVEN, MOOD, BEFORE), 1)]
    assert len(set(said)) == 4
    assert all(words.startswith(f"Image {number}: ") for number, words in enumerate(said, 1))


def test_of_too_many_references_those_go_that_say_least_of_who_is_there() -> None:
    references = [SHEET, MOOD, GIVEN, MOOD, BEFORE]
    assert within(references, 5) == references
    assert within(references, 4) == [SHEET, MOOD, GIVEN, BEFORE]
    assert within(references, 3) == [SHEET, GIVEN, BEFORE]
    assert within(references, 2) == [SHEET, BEFORE]
    assert within(references, 1) == [BEFORE]
    assert within([SHEET, SHEET.evolve(picture=b"second")], 1) == [SHEET]


def test_what_is_dropped_is_counted_in_the_log() -> None:
    limit = IMAGE_BACKENDS["nano_banana"].references
    stub = Stub()
    with capture_logs() as logs:
        stub.backend.draw(REQUEST, [SHEET] * limit + [MOOD, BEFORE])
    assert {"event": "references.dropped", "dropped": 2, "given": limit, "log_level": "info"} in logs
    pictures = [part.inline_data.data for part in stub.contents.parts if part.inline_data]
    assert pictures == [b"sheet"] * (limit - 1) + [b"before"]


@pytest.mark.parametrize(
    "other",
    [
        (REQUEST.evolve(seed=8), [SHEET, BEFORE]),
        (REQUEST.evolve(prompt="Mara runs."), [SHEET, BEFORE]),
        (REQUEST.evolve(style="oil"), [SHEET, BEFORE]),
        (REQUEST.evolve(negative_prompt="rain"), [SHEET, BEFORE]),
        (REQUEST.evolve(width=1280, height=720), [SHEET, BEFORE]),
        (REQUEST.evolve(is_sheet=True), [SHEET, BEFORE]),
        (REQUEST, [BEFORE, SHEET]),
        (REQUEST, [SHEET]),
        (REQUEST, [SHEET, BEFORE.evolve(picture=b"another")]),
        (REQUEST, [SHEET.evolve(shows="Tom"), BEFORE]),
    ],
)
def test_whatever_the_model_is_told_has_an_address_of_its_own(
    other: tuple[KeyframeRequest, list[Reference]],
) -> None:
    backend = Stub().backend
    assert backend.address(REQUEST, [SHEET, BEFORE]) == backend.address(REQUEST, [SHEET, BEFORE])
    assert backend.address(*other) != backend.address(REQUEST, [SHEET, BEFORE])
    assert NanoBanana(cast(Google, None), "newer").address(REQUEST, []) != backend.address(REQUEST, [])


@pytest.mark.parametrize(
    ("width", "height", "asked"),
    [
        *((640, 360, ("16:9", "1K")), (1280, 720, ("16:9", "1K")), (1920, 1080, ("16:9", "2K"))),
        *((720, 1280, ("9:16", "1K")), (1080, 1920, ("9:16", "2K")), (720, 720, ("1:1", "1K"))),
        *((1080, 1080, ("1:1", "2K")), (1000, 700, ("3:2", "1K")), (5000, 2000, ("21:9", "4K"))),
    ],
)
def test_the_nearest_shape_and_the_next_larger_size_are_asked_for(
    width: int, height: int, asked: tuple[str, str]
) -> None:
    assert (aspect_ratio(width, height), image_size(width, height)) == asked
