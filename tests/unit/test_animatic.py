"""The free video backend: exact frames, smooth moves in the right direction, a caption that stays still."""

from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from PIL.PngImagePlugin import PngInfo

from functions.render.video_backends import ClipRequest
from functions.render.video_backends.animatic import Animatic
from functions.render.video_backends.camera import Move, plan_travel
from functions.render.video_backends.still import Still
from shared.domain.errors import MediaCorrupt
from shared.domain.naming import CAPTION_STRIP_KEY
from shared.probe import decode_fully, open_media, probe, read_packets, video_stream

WIDTH, HEIGHT, FPS, SECONDS = 192, 108, 12, 2
FRAMES = FPS * SECONDS

SPOKEN = {
    Move.PUSH: "push in",
    Move.PULL: "pull back",
    Move.PAN_LEFT: "pan left",
    Move.PAN_RIGHT: "pan right",
    Move.TILT_UP: "tilt up",
    Move.TILT_DOWN: "tilt down",
}


def a_request(prompt: str = "push in", **changes: Any) -> ClipRequest:  # noqa: ANN401 - any field
    asked = ClipRequest(prompt=prompt, seconds=SECONDS, width=WIDTH, height=HEIGHT, fps=FPS, seed=3)
    return asked.evolve(**changes)


def a_picture(width: int = WIDTH, height: int = HEIGHT) -> Image.Image:
    picture = Image.linear_gradient("L").resize((width, height)).convert("RGB")
    pen = ImageDraw.Draw(picture)
    pen.ellipse((width // 4, height // 4, width // 2, height // 2), fill="#c03020")
    pen.rectangle((width * 5 // 8, height // 3, width * 3 // 4, height * 2 // 3), fill="#2050c0")
    return picture


def a_spot(width: int = WIDTH, height: int = HEIGHT) -> Image.Image:
    """One soft bright spot on black, whose middle can be measured to a hundredth of a pixel."""
    down, across = np.mgrid[:height, :width]
    distance = (across - width / 2) ** 2 + (down - height / 2) ** 2
    spot = (255 * np.exp(-distance / (2 * 12.0**2))).round().astype(np.uint8)
    return Image.fromarray(spot).convert("RGB")


def saved(picture: Image.Image, folder: Path, caption_rows: str | None = None) -> Path:
    chunks = PngInfo()
    if caption_rows is not None:
        chunks.add_text(CAPTION_STRIP_KEY, caption_rows)
    path = folder / "keyframe.png"
    picture.save(path, pnginfo=chunks)
    return path


def render(folder: Path, keyframe: Path, request: ClipRequest | None = None, name: str = "clip.mp4") -> Path:
    clip = folder / name
    Animatic().render(request or a_request(), keyframe, clip, lambda _done: None)
    return clip


def brightness(clip: Path) -> list[NDArray[np.float64]]:
    with av.open(str(clip)) as container:
        return [frame.to_ndarray(format="gray").astype(float) for frame in container.decode(video=0)]


def middle(frame: NDArray[np.float64]) -> tuple[float, float, float]:
    """Return across, down and size of the spot: its weighted mean and spread, in pixels."""
    light = np.clip(frame - 40, 0, None)
    down, across = np.mgrid[: frame.shape[0], : frame.shape[1]]
    total = light.sum()
    x, y = (light * across).sum() / total, (light * down).sum() / total
    return x, y, float(np.sqrt((light * ((across - x) ** 2 + (down - y) ** 2)).sum() / total))


def a_still(picture: Image.Image, move: Move, caption_rows: int = 0) -> list[NDArray[np.uint8]]:
    """Return the brightness planes that go to the encoder."""
    travel = plan_travel(move, 3)
    still = Still(picture, caption_rows=caption_rows, width=WIDTH, height=HEIGHT, travel=travel)
    frames = (still.frame(travel.at(place / (FRAMES - 1))) for place in range(FRAMES))
    return [np.asarray(frame.to_ndarray()[:HEIGHT], np.uint8) for frame in frames]


@pytest.mark.parametrize(("seconds", "fps"), [(1, 1), (1, 24), (3, 25), (5, 7)])
def test_clip_has_exactly_the_frames_asked_for(tmp_path: Path, seconds: int, fps: int) -> None:
    clip = render(tmp_path, saved(a_picture(), tmp_path), a_request(seconds=seconds, fps=fps))
    facts = probe(clip)
    assert facts.frames == decode_fully(clip) == seconds * fps
    assert facts.duration_seconds == seconds
    assert (facts.fps, facts.steady, facts.first_pts) == (Fraction(fps), True, 0)
    assert (facts.codec, facts.pixel_format, facts.has_audio) == ("h264", "yuv420p", False)
    assert (facts.width, facts.height) == (WIDTH, HEIGHT)


def test_i_frames_come_at_least_every_two_seconds(tmp_path: Path) -> None:
    clip = render(tmp_path, saved(a_picture(), tmp_path), a_request(seconds=7))
    with open_media(clip) as container:
        packets = list(read_packets(container, video_stream(container)))
    starts = [place for place, packet in enumerate(packets) if packet.is_keyframe]
    assert starts[0] == 0
    assert max(b - a for a, b in pairwise([*starts, len(packets)])) <= 2 * FPS


def test_clips_of_one_job_share_their_parameter_sets(tmp_path: Path) -> None:
    keyframe = saved(a_picture(), tmp_path)
    requests = [a_request(prompt, seed=seed) for seed, prompt in enumerate(SPOKEN.values())]
    assert len({probe(render(tmp_path, keyframe, request)).copy_key for request in requests}) == 1


def test_same_request_renders_the_same_bytes(tmp_path: Path) -> None:
    keyframe = saved(a_picture(), tmp_path)
    first, second = (render(tmp_path, keyframe, name=name) for name in ("a.mp4", "b.mp4"))
    assert first.read_bytes() == second.read_bytes()


@pytest.mark.parametrize(
    ("move", "across", "down", "size"),
    [
        (Move.PUSH, 0, 0, 1),
        (Move.PULL, 0, 0, -1),
        (Move.PAN_LEFT, 1, 0, 0),
        (Move.PAN_RIGHT, -1, 0, 0),
        (Move.TILT_UP, 0, 1, 0),
        (Move.TILT_DOWN, 0, -1, 0),
    ],
)
def test_picture_moves_against_the_camera(
    tmp_path: Path, move: Move, across: int, down: int, size: int
) -> None:
    frames = brightness(render(tmp_path, saved(a_spot(), tmp_path), a_request(SPOKEN[move])))
    x, y, spread = (end - start for start, end in zip(middle(frames[0]), middle(frames[-1]), strict=True))
    for way, moved, least in ((across, x, 0.07 * WIDTH), (down, y, 0.07 * HEIGHT), (size, spread, 0.8)):
        if way:
            assert moved * way > least
    if not across:
        assert abs(x) < 4
    if not down:
        assert abs(y) < 4
    if not size:
        assert abs(spread) < 0.2


@pytest.mark.parametrize(("move", "axis"), [(Move.PAN_RIGHT, 0), (Move.TILT_DOWN, 1), (Move.PUSH, 2)])
def test_motion_is_smooth_below_a_pixel(move: Move, axis: int) -> None:
    travel = plan_travel(move, 3)
    places = np.array([middle(frame.astype(float))[axis] for frame in a_still(a_spot(), move)])
    views = [travel.at(place / (FRAMES - 1)) for place in range(FRAMES)]
    course = np.array([view.zoom if axis == 2 else view[axis + 1] for view in views])
    slope, offset = np.polyfit(course, places, 1)
    assert abs(places - (slope * course + offset)).max() < 0.06
    assert (np.diff(places) * np.sign(places[-1] - places[0])).min() > -0.005


@pytest.mark.parametrize("move", Move)
def test_nothing_beyond_the_picture_is_ever_shown(move: Move) -> None:
    for frame in a_still(Image.new("RGB", (WIDTH, HEIGHT), "white"), move):
        assert frame.min() >= 234


@pytest.mark.parametrize("seed", range(12))
def test_first_and_last_view_can_be_cut_whatever_the_rounding(seed: int) -> None:
    for move in Move:
        travel = plan_travel(move, seed)
        still = Still(a_picture(), caption_rows=0, width=WIDTH, height=HEIGHT, travel=travel)
        assert {still.frame(travel.at(progress)).width for progress in (0.0, 1.0)} == {WIDTH}


@pytest.mark.parametrize("rows", [1, 20, 21, 54])
def test_caption_stays_still_while_the_picture_moves(rows: int) -> None:
    picture = a_picture()
    ImageDraw.Draw(picture).text((8, HEIGHT - rows), "3  A caption", fill="white")
    frames = a_still(picture, Move.PAN_RIGHT, caption_rows=rows)
    assert all(np.array_equal(frame[-rows:], frames[0][-rows:]) for frame in frames)
    assert abs(frames[0][:-rows].astype(int) - frames[-1][:-rows]).mean() > 1
    assert np.array_equal(frames[0][-rows:], a_still(picture, Move.TILT_UP, caption_rows=rows)[9][-rows:])


def test_caption_named_in_the_file_is_still_in_the_clip(tmp_path: Path) -> None:
    picture = a_picture()
    ImageDraw.Draw(picture).rectangle((0, HEIGHT - 20, WIDTH, HEIGHT), fill="black")
    ImageDraw.Draw(picture).text((8, HEIGHT - 17), "3  A caption", fill="white")
    frames = brightness(render(tmp_path, saved(picture, tmp_path, "20"), a_request("pan right")))
    assert abs(frames[0][-20:] - frames[-1][-20:]).mean() < 1
    assert abs(frames[0][:-20] - frames[-1][:-20]).mean() > 3


@pytest.mark.parametrize("said", ["-1", "many", "90", "1.5", "²"])
def test_caption_of_an_impossible_height_is_refused(tmp_path: Path, said: str) -> None:
    with pytest.raises(MediaCorrupt):
        render(tmp_path, saved(a_picture(), tmp_path, said))


@pytest.mark.parametrize("size", [(64, 36), (108, 192), (801, 333), (3000, 20)])
@pytest.mark.parametrize("move", [Move.PULL, Move.PAN_LEFT, Move.TILT_UP])
def test_keyframe_of_any_size_and_shape_fills_the_frame(size: tuple[int, int], move: Move) -> None:
    assert min(frame.min() for frame in a_still(Image.new("RGB", size, "white"), move)) >= 234


@pytest.mark.parametrize(
    ("colour", "expected"),
    [("#ff0000", (63, 102, 240)), ("#00ff00", (173, 42, 26)), ("#808080", (126, 128, 128))],
)
def test_colours_are_bt709_in_limited_range(tmp_path: Path, colour: str, expected: tuple[int, ...]) -> None:
    clip = render(tmp_path, saved(Image.new("RGB", (WIDTH, HEIGHT), colour), tmp_path))
    with av.open(str(clip)) as container:
        frame = next(container.decode(video=0))
        got = [np.frombuffer(plane, np.uint8)[0] for plane in frame.planes]  # type: ignore[call-overload]  # a plane is a buffer
        tags = frame.colorspace, frame.color_primaries, frame.color_trc, frame.color_range
    assert np.allclose(got, expected, atol=2)
    assert tags == (1, 1, 1, 1)


def test_ticks_once_a_frame_up_to_the_whole(tmp_path: Path) -> None:
    done: list[float] = []
    Animatic().render(a_request(), saved(a_picture(), tmp_path), tmp_path / "clip.mp4", done.append)
    assert done == [(place + 1) / FRAMES for place in range(FRAMES)]


class Stopped(BaseException):
    """As a cancelled scope raises: no Exception."""


@pytest.mark.parametrize("after", [0.0, 0.5, 1.0])
def test_tick_that_raises_stops_the_work_and_leaves_no_file(tmp_path: Path, after: float) -> None:
    def tick(done: float) -> None:
        if done >= after:
            raise Stopped

    keyframe = saved(a_picture(), tmp_path)
    with pytest.raises(Stopped):
        Animatic().render(a_request(), keyframe, tmp_path / "clip.mp4", tick)
    assert list(tmp_path.iterdir()) == [keyframe]


def test_keyframe_that_cannot_be_decoded_is_corrupt(tmp_path: Path) -> None:
    whole = saved(a_picture(), tmp_path).read_bytes()
    damaged = bytearray(whole)
    damaged[len(whole) // 2] ^= 0xFF
    for broken in (
        b"",
        b"not a picture",
        whole[: len(whole) // 2],
        bytes(damaged),
        b"#EXTM3U\nfile:///etc/passwd\n",
    ):
        (tmp_path / "keyframe.png").write_bytes(broken)
        with pytest.raises(MediaCorrupt):
            render(tmp_path, tmp_path / "keyframe.png")
    with pytest.raises(MediaCorrupt):
        render(tmp_path, tmp_path / "missing.png")
    assert not (tmp_path / "clip.mp4").exists()


@pytest.mark.parametrize("size", [(8000, 5001), (10000, 10000), (20000, 20000)])
def test_decompression_bomb_is_refused_before_it_unpacks(tmp_path: Path, size: tuple[int, int]) -> None:
    (tmp_path / "bomb.png").write_bytes(b"\x89PNG\r\n\x1a\n" + png_header(*size))
    with pytest.raises(MediaCorrupt, match=r"too large|DecompressionBomb"):
        render(tmp_path, tmp_path / "bomb.png")


def png_header(width: int, height: int) -> bytes:
    import struct
    import zlib

    body = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = b"IDAT" + zlib.compress(b"\0" * 64)
    return b"".join(
        struct.pack(">I", len(part) - 4) + part + struct.pack(">I", zlib.crc32(part)) for part in (body, data)
    )
