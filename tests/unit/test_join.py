"""The joined video: every frame of every clip, once, in order, at i / fps."""

import hashlib
from collections.abc import Callable, Iterator
from fractions import Fraction
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

import av
import numpy as np
import pytest
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from functions.finalize.join import join
from shared.domain.errors import MediaCorrupt
from shared.probe import decode_fully, probe

FPS = 12

MILLISECONDS = Fraction(1, 1000)

ClipMaker = Callable[..., Path]


@pytest.fixture
def a_clip(tmp_path: Path) -> ClipMaker:
    """Make clips whose every frame differs from every other, with B-frames unless told otherwise."""
    made = iter(range(1000))

    def make(frames: int = 14, **changes: Any) -> Path:  # noqa: ANN401 - see `encode`
        number = next(made)
        path = tmp_path / f"clip-{number}.mp4"
        encode(path, frames, number, **changes)
        return path

    return make


def encode(
    path: Path,
    frames: int,
    number: int,
    *,
    size: tuple[int, int] = (96, 64),
    fps: Fraction | int = FPS,
    clock: Fraction | None = None,
    start: int = 0,
    options: dict[str, str] | None = None,
    movflags: str = "+faststart",
    pts: Callable[[int], int] = int,
    audio: bool = False,
    codec: Literal["libx264", "mpeg4"] = "libx264",
) -> None:
    muxing = {"movflags": movflags} if movflags else {}
    with av.open(str(path), "w", container_options=muxing) as container:
        stream = container.add_stream(codec, rate=fps, options=options or {"preset": "veryfast"})
        assert isinstance(stream, VideoStream)
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        stream.codec_context.time_base = 1 / Fraction(fps)
        if clock:
            stream.time_base = clock
        if audio:
            sound = container.add_stream("aac", rate=8000)
            container.mux([*sound.encode(silence()), *sound.encode(None)])
        for place in range(frames):
            frame = picture(size, number, place)
            frame.pts, frame.time_base = start + pts(place), 1 / Fraction(fps)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


def silence() -> av.AudioFrame:
    frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
    frame.sample_rate = 8000
    return frame


def picture(size: tuple[int, int], number: int, place: int) -> VideoFrame:
    width, height = size
    pixels = np.full((height, width, 3), 40 + 30 * number % 160, np.uint8)
    pixels[height // 4 : height // 2, (place * 3) % (width - 10) : (place * 3) % (width - 10) + 10] = 230
    pixels[-8:, : 1 + place * 2] = (200, 30, 30)
    return VideoFrame.from_ndarray(pixels, format="rgb24")


def decoded(video: Path) -> Iterator[tuple[str, Fraction]]:
    """Yield each frame's digest and time in seconds."""
    with av.open(str(video)) as container:
        for frame in container.decode(video=0):
            assert frame.pts is not None
            assert frame.time_base is not None
            yield hashlib.sha256(frame.to_ndarray().tobytes()).hexdigest(), frame.pts * frame.time_base


def digests(*videos: Path) -> list[str]:
    return [digest for video in videos for digest, _ in decoded(video)]


def times(video: Path) -> list[Fraction]:
    return [time for _, time in decoded(video)]


def no_tick(done: float) -> None:
    """Let the work go on."""


def atoms(video: Path) -> list[str]:
    data, place, names = video.read_bytes(), 0, []
    while place < len(data):
        names.append(data[place + 4 : place + 8].decode())
        place += int.from_bytes(data[place : place + 4], "big")
    return names


def test_every_frame_of_every_clip_comes_once_and_in_order(tmp_path: Path, a_clip: ClipMaker) -> None:
    clips = [a_clip(frames) for frames in (14, 1, 25, 2, 7)]
    video = tmp_path / "video.mp4"
    facts = join(clips, video, {}, no_tick)
    assert facts.normalised is None
    assert digests(video) == digests(*clips)
    assert len(set(digests(video))) == facts.frames == 49
    assert times(video) == [Fraction(place, FPS) for place in range(49)]


def test_video_begins_at_zero_and_its_packets_never_go_back(tmp_path: Path, a_clip: ClipMaker) -> None:
    video = tmp_path / "video.mp4"
    join([a_clip(), a_clip(), a_clip()], video, {}, no_tick)
    with av.open(str(video)) as container:
        stream = container.streams.video[0]
        packets = [packet for packet in container.demux(stream) if packet.size]
        assert stream.start_time == 0
        assert stream.duration == 42 * Fraction(1, FPS) / (stream.time_base or 1)
    assert all(a.dts < b.dts for a, b in pairwise(packets) if a.dts is not None and b.dts is not None)
    assert all((packet.dts or 0) <= (packet.pts or 0) for packet in packets)
    assert probe(video).reorder_frames > 0


@pytest.mark.parametrize("fps", [Fraction(24), Fraction(30000, 1001), Fraction(25), Fraction(60)])
def test_copied_times_are_exact_at_any_frame_rate(tmp_path: Path, a_clip: ClipMaker, fps: Fraction) -> None:
    clips = [a_clip(9, fps=fps), a_clip(10, fps=fps)]
    video = tmp_path / "video.mp4"
    assert join(clips, video, {}, no_tick).normalised is None
    assert times(video) == [place / fps for place in range(19)]


def test_clocks_and_offsets_of_the_clips_leave_no_trace(tmp_path: Path, a_clip: ClipMaker) -> None:
    """A late start, an edit list, an index at the end, a clock of milliseconds."""
    clips = [
        a_clip(start=5),
        a_clip(movflags="+negative_cts_offsets"),
        a_clip(movflags="+frag_keyframe+empty_moov"),
        a_clip(clock=MILLISECONDS),
        a_clip(),
    ]
    video = tmp_path / "video.mp4"
    assert join(clips, video, {}, no_tick).normalised is None
    assert digests(video) == digests(*clips)
    assert times(video) == [Fraction(place, FPS) for place in range(70)]


def test_clips_with_and_without_b_frames_are_never_mixed_by_copying(
    tmp_path: Path, a_clip: ClipMaker
) -> None:
    clips = [a_clip(), a_clip(options={"preset": "veryfast", "bf": "0"}), a_clip()]
    facts = join(clips, tmp_path / "video.mp4", {}, no_tick)
    assert facts.normalised is not None
    assert facts.normalised.startswith("shot 1:")
    assert decode_fully(tmp_path / "video.mp4") == facts.frames == 42


def test_looking_at_packets_only_tells_all_but_the_pixel_format(a_clip: ClipMaker) -> None:
    clip = a_clip()
    assert probe(clip, packets_only=True) == probe(clip).evolve(pixel_format=None)


def test_index_comes_before_the_media(tmp_path: Path, a_clip: ClipMaker) -> None:
    clips = [a_clip(movflags=""), a_clip(movflags="")]
    assert atoms(clips[0]).index("moov") > atoms(clips[0]).index("mdat")
    for others in ([], [a_clip(size=(64, 64))]):
        join([*clips, *others], tmp_path / "video.mp4", {}, no_tick)
        assert atoms(tmp_path / "video.mp4").index("moov") < atoms(tmp_path / "video.mp4").index("mdat")


@pytest.mark.parametrize(
    "metadata",
    [
        {"title": "The last light · 光", "comment": "AI-generated by TTV Pipeline", "description": "x"},
        {
            "title": "The last light",
            "comment": "AI-generated",
            "source": "trainedAlgorithmicMedia",
        },
    ],
)
def test_metadata_is_read_back(tmp_path: Path, a_clip: ClipMaker, metadata: dict[str, str]) -> None:
    join([a_clip()], tmp_path / "video.mp4", metadata, no_tick)
    assert metadata.items() <= probe(tmp_path / "video.mp4").tags.items()


@pytest.mark.parametrize(
    ("changes", "frames", "reason"),
    [
        ({"fps": 24}, 7, "fps is 24"),
        ({"fps": 5}, 34, "fps is 5"),
        ({"fps": Fraction(30000, 1001)}, 6, "fps is 30000/1001"),
        ({"size": (128, 64)}, 14, "width is 128"),
        ({"size": (64, 96)}, 14, "width is 64"),
        ({"options": {"preset": "veryfast", "profile": "baseline"}}, 14, "encoder's parameters"),
        ({"codec": "mpeg4", "options": {"qscale": "3"}}, 14, "mpeg4"),
        ({"pts": lambda place: place + place // 5}, 16, "evenly"),
    ],
)
def test_clips_that_disagree_are_brought_to_the_first_ones_size_and_rate(
    tmp_path: Path, a_clip: ClipMaker, changes: dict[str, Any], frames: int, reason: str
) -> None:
    video = tmp_path / "video.mp4"
    facts = join([a_clip(), a_clip(**changes), a_clip()], video, {}, no_tick)
    assert facts.normalised is not None
    assert facts.normalised.startswith("shot 1:")
    assert reason in facts.normalised
    assert decode_fully(video) == facts.frames == 14 + frames + 14
    assert times(video) == [Fraction(place, FPS) for place in range(facts.frames)]
    got = probe(video)
    assert (got.width, got.height, got.fps, got.pixel_format) == (96, 64, Fraction(FPS), "yuv420p")


def test_rounding_at_the_seams_does_not_add_up(tmp_path: Path, a_clip: ClipMaker) -> None:
    clips = [a_clip(2), *(a_clip(7, fps=25) for _ in range(10))]
    facts = join(clips, tmp_path / "video.mp4", {}, no_tick)
    assert facts.frames == round((Fraction(2, FPS) + 10 * Fraction(7, 25)) * FPS)


def test_same_rate_keeps_every_frame_when_only_sizes_differ(tmp_path: Path, a_clip: ClipMaker) -> None:
    clips = [
        a_clip(),
        a_clip(size=(192, 128), clock=MILLISECONDS),
    ]
    join(clips, tmp_path / "video.mp4", {}, no_tick)
    assert len(set(digests(tmp_path / "video.mp4"))) == 28


def test_clip_of_another_shape_gets_black_bars_and_keeps_its_colours(
    tmp_path: Path, a_clip: ClipMaker
) -> None:
    clips = [a_clip(2), a_clip(2, size=(64, 128))]
    join(clips, tmp_path / "video.mp4", {}, no_tick)
    with av.open(str(tmp_path / "video.mp4")) as container:
        last = [frame.to_ndarray(format="rgb24").astype(int) for frame in container.decode(video=0)][-1]
    assert last[:, :30].max() < 8
    assert last[:, -30:].max() < 8
    assert abs(last[8, 40:56].mean() - 70) < 6


def test_colours_of_clips_that_do_not_tell_their_colour_space_are_kept(
    tmp_path: Path, a_clip: ClipMaker
) -> None:
    clips = [a_clip(), a_clip(fps=24)]
    assert join(clips, tmp_path / "video.mp4", {}, no_tick).normalised is not None
    with av.open(str(clips[0])) as before, av.open(str(tmp_path / "video.mp4")) as after:
        was, now = (list(it.decode(video=0))[13].to_ndarray().astype(int) for it in (before, after))
    assert was[64:].std() > 8
    assert abs(was - now).mean() < 1


def test_sound_changes_nothing_in_the_pictures(tmp_path: Path, a_clip: ClipMaker) -> None:
    clips = [a_clip(), a_clip(audio=True)]
    assert probe(clips[1]).has_audio
    facts = join(clips, tmp_path / "video.mp4", {}, no_tick)
    assert (facts.encoded, facts.normalised) == (0, None)
    assert digests(tmp_path / "video.mp4") == digests(*clips)
    assert times(tmp_path / "video.mp4") == [Fraction(place, FPS) for place in range(28)]


def cut_short(whole: bytes) -> bytes:
    return whole[: len(whole) - 300]


def cut_between_frames(whole: bytes) -> bytes:
    with av.open(BytesIO(whole), "r") as container:
        places = [packet.pos for packet in container.demux(video=0) if packet.pos is not None]
    return whole[: max(places)]


def without_content(whole: bytes) -> bytes:
    return b""


def other_content(whole: bytes) -> bytes:
    return b"#EXTM3U\n#EXTINF:1,\nfile:///etc/hostname\n"


@pytest.mark.parametrize("damage", [cut_short, cut_between_frames, without_content, other_content])
@pytest.mark.parametrize("movflags", ["", "+faststart"])
def test_clip_that_cannot_be_read_is_named(
    tmp_path: Path, a_clip: ClipMaker, damage: Callable[[bytes], bytes], movflags: str
) -> None:
    clips = [a_clip(), a_clip(), a_clip(movflags=movflags)]
    clips[2].write_bytes(damage(clips[2].read_bytes()))
    with pytest.raises(MediaCorrupt) as caught:
        join(clips, tmp_path / "video.mp4", {}, no_tick)
    assert caught.value.shot == 2
    assert str(tmp_path) not in str(caught.value)
    assert not (tmp_path / "video.mp4").exists()


def test_damaged_times_do_not_become_years_of_frames(tmp_path: Path, a_clip: ClipMaker) -> None:
    clips = [a_clip(), a_clip(pts=lambda place: place + 10**6 * (place > 6))]
    with pytest.raises(MediaCorrupt) as caught:
        join(clips, tmp_path / "video.mp4", {}, no_tick)
    assert caught.value.shot == 1


def test_missing_clip_is_named(tmp_path: Path, a_clip: ClipMaker) -> None:
    with pytest.raises(MediaCorrupt) as caught:
        join([a_clip(), tmp_path / "missing.mp4"], tmp_path / "video.mp4", {}, no_tick)
    assert caught.value.shot == 1


def test_damage_inside_a_frame_is_found_by_decoding(a_clip: ClipMaker) -> None:
    clip = a_clip(movflags="")
    data = bytearray(clip.read_bytes())
    media = data.index(b"mdat")
    data[media + 700 : media + 1100] = bytes(400)
    clip.write_bytes(data)
    with pytest.raises(MediaCorrupt):
        decode_fully(clip)


class Stopped(BaseException):
    """As a cancelled scope raises: no Exception."""


@pytest.mark.parametrize("size", [(96, 64), (64, 64)])
@pytest.mark.parametrize("after", [0.0, 0.6, 1.0])
def test_tick_that_raises_leaves_no_file(
    tmp_path: Path, a_clip: ClipMaker, size: tuple[int, int], after: float
) -> None:
    def tick(done: float) -> None:
        if done >= after:
            raise Stopped

    clips = [a_clip(), a_clip(size=size)]
    with pytest.raises(Stopped):
        join(clips, tmp_path / "video.mp4", {}, tick)
    assert sorted(tmp_path.iterdir()) == clips


@pytest.mark.parametrize("size", [(96, 64), (64, 64)])
def test_ticks_rise_to_the_whole(tmp_path: Path, a_clip: ClipMaker, size: tuple[int, int]) -> None:
    done: list[float] = []
    join([a_clip(), a_clip(size=size)], tmp_path / "video.mp4", {}, done.append)
    assert done == sorted(done)
    assert done[-1] == 1
