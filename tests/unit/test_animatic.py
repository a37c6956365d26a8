"""The free video backend as a writer of files: exact frames, true colours, nothing left when stopped."""

from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import av.logging
import numpy as np
import pytest
from PIL import Image

from functions.render.video_backends.animatic import Animatic
from shared import h264
from shared.domain.errors import MediaCorrupt
from shared.layers import Layer
from shared.probe import decode_fully, open_media, probe, read_packets, video_stream
from tests.unit.moving_stills import (
    FIRST,
    FPS,
    FRAMES,
    HEIGHT,
    LAST,
    SPOKEN,
    WIDTH,
    a_picture,
    a_request,
    render,
    saved,
    saved_layers,
)


@pytest.mark.parametrize(
    ("seconds", "fps", "size"),
    [
        (1, 1, (192, 108)),
        (1, 24, (192, 108)),
        (3, 25, (108, 192)),
        (1, 30, (108, 108)),
        (2, 30, (190, 106)),
        (5, 7, (16, 16)),
    ],
)
def test_clip_has_exactly_the_frames_asked_for(
    tmp_path: Path, seconds: int, fps: int, size: tuple[int, int]
) -> None:
    request = a_request(seconds=seconds, fps=fps, width=size[0], height=size[1])
    clip = render(tmp_path, saved_layers(tmp_path, 20), request)
    facts = probe(clip)
    assert facts.frames == decode_fully(clip) == seconds * fps
    assert facts.duration_seconds == seconds
    assert (facts.fps, facts.steady, facts.first_pts) == (Fraction(fps), True, 0)
    assert (facts.codec, facts.pixel_format, facts.has_audio) == ("h264", "yuv420p", False)
    assert (facts.width, facts.height) == size


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
    stills = {FIRST: saved_layers(tmp_path, 20), LAST: saved(a_picture(), tmp_path)}
    assert len({render(tmp_path, stills).read_bytes() for _ in range(3)}) == 1


def test_the_encoder_knows_every_parameter_it_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It only warns of others."""

    def warnings() -> list[str]:
        with av.logging.Capture(local=False) as lines:
            render(tmp_path, saved(a_picture(), tmp_path))
        return [line for level, _, line in lines if level <= av.logging.WARNING]

    av.logging.set_level(av.logging.WARNING)
    try:
        assert not warnings()
        monkeypatch.setattr(h264, "X264_PARAMETERS", h264.X264_PARAMETERS + ":unheard-of=1")
        assert any("unheard-of" in line for line in warnings())
    finally:
        av.logging.set_level(None)


@pytest.mark.parametrize("said", ["-1", "many", "90", "1.5", "²"])
def test_caption_of_an_impossible_height_is_refused(tmp_path: Path, said: str) -> None:
    with pytest.raises(MediaCorrupt):
        render(tmp_path, saved(a_picture(), tmp_path, said))


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
    stills = {FIRST: saved(a_picture(), tmp_path)}
    Animatic().render(a_request(), stills, tmp_path / "clip.mp4", done.append)
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
        Animatic().render(a_request(), {FIRST: keyframe}, tmp_path / "clip.mp4", tick)
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


def test_layers_that_leave_a_hole_are_corrupt(tmp_path: Path) -> None:
    clear = Layer(Image.new("RGBA", (WIDTH, HEIGHT), (9, 9, 9, 254)), 0, 0, 0.0)
    small = Layer(Image.new("RGBA", (WIDTH - 1, HEIGHT), "red"), 0, 0, 0.0)
    aside = Layer(Image.new("RGBA", (WIDTH, HEIGHT), "red"), 1, 0, 0.0)
    for farthest in (clear, small, aside):
        with pytest.raises(MediaCorrupt, match="does not cover"):
            render(tmp_path, saved(a_picture(), tmp_path, layers=[farthest]))


def test_layers_that_claim_to_lie_anywhere_cost_no_memory(tmp_path: Path) -> None:
    far = Layer(Image.new("RGBA", (WIDTH, HEIGHT), "red"), 0, 0, 0.0)
    speck = Image.new("RGBA", (9, 9), "white")
    astray = [
        Layer(speck, left, top, 0.05) for left, top in ((2**31 - 1, 5), (-(2**31), 5), (5, 2**30), (-4, 5))
    ]
    keyframe = saved(Image.new("RGB", (WIDTH, HEIGHT), "red"), tmp_path, layers=[far, *astray])
    assert probe(render(tmp_path, keyframe)).frames == FRAMES


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
