"""How a clip's picture lies in the larger frames that a model renders."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from functions.render.video_backends.diffusers.canvas import Canvas, canvas_of, encodable, lay_on
from shared.domain.errors import MediaCorrupt
from shared.domain.naming import CAPTION_STRIP_KEY


@pytest.fixture
def noise() -> Image.Image:
    pixels = np.random.default_rng(1).integers(0, 256, (36, 64, 3), np.uint8)
    return Image.fromarray(pixels)


def test_a_canvas_is_the_smallest_that_holds_the_clip() -> None:
    assert canvas_of(1280, 720, 32) == Canvas(1280, 736, 0, 8, 1280, 720)
    assert canvas_of(640, 360, 32) == Canvas(640, 384, 0, 12, 640, 360)
    assert canvas_of(1280, 720, 16) == Canvas(1280, 720, 0, 0, 1280, 720)


def test_a_still_of_the_clip_s_size_lies_there_pixel_for_pixel(noise: Image.Image, tmp_path: Path) -> None:
    noise.save(tmp_path / "still.png")
    canvas = canvas_of(64, 36, 32)
    laid = np.asarray(lay_on(canvas, tmp_path / "still.png"))
    assert laid.shape == (64, 64, 3)
    assert (laid[canvas.top : canvas.top + 36] == np.asarray(noise)).all()
    assert (laid[canvas.top - 1] == laid[canvas.top]).all(), "the margin goes on with what is beside it"


def test_the_caption_of_a_still_is_not_shown_to_the_model(noise: Image.Image, tmp_path: Path) -> None:
    captioned = Image.new("RGB", (64, 48), "white")
    captioned.paste(noise)
    told = PngInfo()
    told.add_text(CAPTION_STRIP_KEY, "12")
    captioned.save(tmp_path / "still.png", pnginfo=told)
    laid = np.asarray(lay_on(canvas_of(64, 36, 4), tmp_path / "still.png"))
    assert (laid == np.asarray(noise)).all()


def test_a_still_of_another_shape_is_cut_evenly(tmp_path: Path) -> None:
    wide = Image.new("RGB", (80, 32), "red")
    wide.paste("blue", (20, 0, 60, 32))
    wide.save(tmp_path / "still.png")
    laid = lay_on(canvas_of(40, 32, 8), tmp_path / "still.png")
    assert laid.getpixel((20, 16)) == (0, 0, 255)
    assert laid.size == (40, 32)
    assert laid.getpixel((2, 16)) == (0, 0, 255)


def test_a_still_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "still.png").write_bytes(b"none")
    with pytest.raises(MediaCorrupt):
        lay_on(canvas_of(64, 36, 32), tmp_path / "still.png")


def test_pixels_are_encoded_in_the_colours_that_players_take_them_for() -> None:
    frame = encodable(np.full((32, 32, 3), (255, 0, 0), np.uint8))
    assert (frame.format.name, frame.width, frame.height) == ("yuv420p", 32, 32)
    luma, blue, red = (int(plane[0]) for plane in (bytes(each) for each in frame.planes))
    assert (luma, blue, red) == pytest.approx((63, 102, 240), abs=1)  # BT.709, limited range
