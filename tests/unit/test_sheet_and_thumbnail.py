"""The still that stands for a video or its keyframes, and the page with all its shots."""

from fractions import Fraction
from io import BytesIO
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from functions.finalize.lettering import Lettering
from functions.finalize.sheet import MARGIN, WIDTH, Panel, storyboard_sheet
from functions.finalize.thumbnail import keyframe_thumbnail, thumbnail
from shared.domain.errors import MediaCorrupt
from shared.domain.naming import CAPTION_STRIP_KEY

Colour = tuple[int, int, int]

RED, GREEN, BLUE, BLACK = (200, 30, 30), (30, 160, 30), (30, 30, 200), (0, 0, 0)


def a_video(folder: Path, scenes: list[Colour | None], size: tuple[int, int] = (96, 64)) -> Path:
    """Make a video of 12 frames a scene: a coloured square on white; None is black throughout."""
    path = folder / "video.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=12, options={"preset": "veryfast"})
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        stream.codec_context.colorspace, stream.codec_context.color_range = Colorspace.ITU709, ColorRange.MPEG
        for place in range(12 * len(scenes)):
            colour = scenes[place // 12]
            pixels = np.full((size[1], size[0], 3), 255 if colour else 0, np.uint8)
            pixels[size[1] // 4 : -size[1] // 4, size[0] // 4 : -size[0] // 4] = colour or BLACK
            frame = VideoFrame.from_ndarray(pixels).reformat(
                format="yuv420p", dst_colorspace=Colorspace.ITU709, dst_color_range=ColorRange.MPEG
            )
            frame.pts, frame.time_base = place, Fraction(1, 12)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def a_keyframe(folder: Path, colour: Colour, name: str, *, caption_rows: int = 0) -> Path:
    picture, chunks = Image.new("RGB", (192, 108), colour), PngInfo()
    if caption_rows:
        picture.paste("white", (0, 108 - caption_rows, 192, 108))
        chunks.add_text(CAPTION_STRIP_KEY, str(caption_rows))
    picture.save(folder / name, pnginfo=chunks)
    return folder / name


def opened(encoded: bytes) -> Image.Image:
    return Image.open(BytesIO(encoded)).convert("RGB")


def colours_in(picture: Image.Image) -> set[object]:
    return {colour for _, colour in picture.getcolors(picture.width * picture.height) or ()}


def test_thumbnail_is_a_jpeg_of_a_frame_a_third_in(tmp_path: Path) -> None:
    encoded = thumbnail(a_video(tmp_path, [RED, GREEN, BLUE]))
    assert encoded[:2] == b"\xff\xd8"
    picture = opened(encoded)
    assert picture.size == (96, 64)
    assert np.allclose(np.asarray(picture)[32, 48], GREEN, atol=8)


def test_thumbnail_is_at_most_640_wide_and_keeps_its_shape(tmp_path: Path) -> None:
    assert opened(thumbnail(a_video(tmp_path, [RED], (1280, 720)))).size == (640, 360)


def test_thumbnail_passes_over_a_dark_moment(tmp_path: Path) -> None:
    picture = opened(thumbnail(a_video(tmp_path, [RED, None, None, None, BLUE, BLUE])))
    assert np.allclose(np.asarray(picture)[32, 48], RED, atol=8)


def test_thumbnail_of_a_dark_video_is_dark(tmp_path: Path) -> None:
    assert np.asarray(opened(thumbnail(a_video(tmp_path, [None])))).max() < 10


def test_thumbnail_of_what_is_no_video_is_refused(tmp_path: Path) -> None:
    (tmp_path / "video.mp4").write_bytes(b"not a video")
    with pytest.raises(MediaCorrupt):
        thumbnail(tmp_path / "video.mp4")


@pytest.mark.parametrize("count", [1, 2, 3, 5, 8, 13, 40])
def test_sheet_shows_every_keyframe(tmp_path: Path, count: int) -> None:
    colours = [(40 + 5 * place, 250 - 5 * place, 90) for place in range(count)]
    panels = [
        Panel(picture=a_keyframe(tmp_path, colour, f"{place}.png"), caption=f"Shot {place}", seconds=5)
        for place, colour in enumerate(colours)
    ]
    encoded = storyboard_sheet("A title", panels)
    assert encoded[:4] == b"\x89PNG"
    sheet = opened(encoded)
    assert sheet.width == WIDTH
    assert colours_in(sheet) > set(colours)


def test_sheet_reads_from_left_to_right_and_down(tmp_path: Path) -> None:
    colours = [RED, GREEN, BLUE, (200, 200, 30)]
    panels = [
        Panel(picture=a_keyframe(tmp_path, colour, f"{place}.png"), caption="", seconds=5)
        for place, colour in enumerate(colours)
    ]
    pixels = np.asarray(opened(storyboard_sheet("", panels)))
    corners = [tuple(np.argwhere((pixels == colour).all(axis=2))[0]) for colour in colours]
    assert corners == sorted(corners)
    assert corners[0][1] == corners[2][1] == MARGIN


@pytest.mark.parametrize("size", [(960, 540), (540, 960), (720, 720)])
@pytest.mark.parametrize("count", [1, 2, 3, 5, 8, 12])
def test_sheet_of_any_shape_fits_a_screen(tmp_path: Path, size: tuple[int, int], count: int) -> None:
    Image.new("RGB", size, RED).save(tmp_path / "keyframe.png")
    panels = [Panel(picture=tmp_path / "keyframe.png", caption="A shot", seconds=5)] * count
    sheet = opened(storyboard_sheet("A title of some words", panels))
    assert 700 < sheet.width <= WIDTH
    assert sheet.height <= 1700
    pixels = np.asarray(sheet)
    rows, columns = np.nonzero((pixels == RED).all(axis=2))
    assert columns.min() == MARGIN
    assert sheet.width - MARGIN - 4 <= columns.max() < sheet.width - MARGIN
    assert len(rows) > 0.25 * sheet.width * sheet.height


def test_sheet_cuts_off_the_keyframes_own_caption(tmp_path: Path) -> None:
    keyframe = a_keyframe(tmp_path, BLUE, "0.png", caption_rows=20)
    sheet = opened(storyboard_sheet("", [Panel(picture=keyframe, caption="", seconds=5)]))
    assert (255, 255, 255) not in colours_in(sheet)


def test_sheet_has_no_letters_outside_its_margins(tmp_path: Path) -> None:
    word = "W" * 400
    panels = [Panel(picture=a_keyframe(tmp_path, BLUE, "0.png"), caption=word, seconds=5)] * 7
    pixels = np.asarray(opened(storyboard_sheet(word, panels)))
    left, right = pixels[:, : MARGIN - 1], pixels[:, -MARGIN + 1 :]
    top, bottom = pixels[: MARGIN // 2], pixels[-MARGIN // 2 :]
    assert all((edge == pixels[0, 0]).all() for edge in (left, right, top, bottom))


@pytest.mark.parametrize("broken", [b"", b"not a picture", None])
def test_sheet_names_the_shot_whose_keyframe_is_corrupt(tmp_path: Path, broken: bytes | None) -> None:
    keyframes = [a_keyframe(tmp_path, RED, f"{place}.png") for place in range(3)]
    panels = [Panel(picture=keyframe, caption="", seconds=5) for keyframe in keyframes]
    if broken is None:
        keyframes[2].unlink()
    else:
        keyframes[2].write_bytes(broken)
    with pytest.raises(MediaCorrupt) as caught:
        storyboard_sheet("A title", panels)
    assert caught.value.shot == 2


def test_picture_of_the_end_is_no_shot(tmp_path: Path) -> None:
    """It has neither number nor length; where it is corrupt the last shot is named."""
    shots = [
        Panel(picture=a_keyframe(tmp_path, colour, f"{place}.png"), caption="", seconds=5)
        for place, colour in enumerate((RED, GREEN))
    ]
    end = a_keyframe(tmp_path, BLUE, "end.png")
    as_end, as_shot = (
        np.asarray(
            opened(storyboard_sheet("", [*shots, Panel(picture=end, caption="The end", seconds=seconds)]))
        )
        for seconds in (None, 5)
    )
    assert BLUE in colours_in(Image.fromarray(as_end))
    assert written_below(as_end, BLUE) == (True, False)
    assert written_below(as_shot, BLUE) == (True, True)
    end.write_bytes(b"")
    with pytest.raises(MediaCorrupt) as caught:
        storyboard_sheet("", [*shots, Panel(picture=end, caption="", seconds=None)])
    assert caught.value.shot == 1


def written_below(pixels: NDArray[np.uint8], colour: Colour) -> tuple[bool, bool]:
    """Whether there are letters on the line below a picture: at its left end, and at its right."""
    rows, columns = np.nonzero((pixels == colour).all(axis=2))
    line = pixels[rows.max() + 2 : rows.max() + 40, columns.min() : columns.max()]
    written = (line != pixels[0, 0]).any(axis=2)
    return bool(written[:, :100].any()), bool(written[:, -60:].any())


def test_thumbnail_of_a_keyframe_has_no_caption_and_keeps_its_shape(tmp_path: Path) -> None:
    picture = opened(keyframe_thumbnail(a_keyframe(tmp_path, BLUE, "0.png", caption_rows=20)))
    assert picture.size == (192, 88)
    assert np.allclose(np.asarray(picture), BLUE, atol=8)
    Image.new("RGB", (1080, 1920), RED).save(tmp_path / "large.png")
    assert opened(keyframe_thumbnail(tmp_path / "large.png")).size == (640, 1138)


def test_still_of_a_clip_for_the_sheet_is_larger_than_a_thumbnail(tmp_path: Path) -> None:
    picture = opened(thumbnail(a_video(tmp_path, [RED, GREEN, BLUE], (1280, 720)), 0.5, max_width=1600))
    assert picture.size == (1280, 720)
    assert np.allclose(np.asarray(picture)[360, 640], GREEN, atol=8)


@settings(max_examples=20, deadline=None)
@given(text=st.text(max_size=200))
@example(text="\ud800 lone surrogate, \x00 nothing, \u202e backwards, e\u0301\u0301\u0301, \U0010ffff")
def test_any_text_can_be_drawn(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    folder = tmp_path_factory.mktemp("sheet")
    panel = Panel.model_construct(picture=a_keyframe(folder, RED, "0.png"), caption=text, seconds=5)
    storyboard_sheet(text, [panel])


@given(text=st.text(max_size=300), width=st.integers(60, 600), lines=st.integers(1, 3))
def test_wrapped_lines_fit(text: str, width: int, lines: int) -> None:
    lettering = Lettering(20)
    wrapped = lettering.wrap(text, width, lines=lines)
    assert len(wrapped) <= lines
    assert all(lettering.width(line) <= width for line in wrapped)


def test_text_that_does_not_fit_ends_in_an_ellipsis() -> None:
    assert Lettering(20).wrap("one two three four five six seven", 120, lines=1)[0].endswith("…")
    assert Lettering(20).wrap("one two", 200, lines=1) == ["one two"]


def test_letters_of_europe_are_kept_and_unknown_ones_left_out() -> None:
    said = "Größe, naïve—café, Ελλάδα, Україна ﬁn e\u0301 \u202esea\u200b 光 \ue000"
    assert Lettering(20).wrap(said, 900, lines=1) == ["Größe, naïve—café, Ελλάδα, Україна ﬁn é sea"]
