"""A paid clip that is nearly what was asked for is made exactly that; one far from it is not taken."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.video.frame import VideoFrame
from structlog.testing import capture_logs

from functions.render import conforming
from functions.render.conforming import SAMPLE_RATE, conformed
from functions.render.video_backends import ClipRequest
from shared.domain.errors import BackendFailed, MediaCorrupt
from shared.h264 import add_h264_stream
from shared.probe import decode_fully, probe
from tests.unit.numbered_clips import lumas, read, write_clip

ASKED = ClipRequest(prompt="a boat", seconds=2, width=128, height=72, fps=24, seed=1)
CLICK_SECONDS = 1.0
"""Where the only sound of a clip is to be heard."""


def nothing() -> None:
    """Let the work go on."""


def with_click(clip: Path, seconds: float, *, late: float = 0) -> Path:
    """Give a clip a sound track of that length, silent but for a click.

    Args:
        late: by how many seconds the track begins after the picture.
    """
    into = clip.with_name(f"sounding-{clip.name}")
    samples = np.zeros((1, round(seconds * 44_100)), np.float32)
    at = round((CLICK_SECONDS - late) * 44_100)
    samples[0, at : at + 400] = 0.9
    with av.open(str(clip)) as source, av.open(str(into), "w") as target:
        pictures = source.streams.video[0]
        copied = target.add_stream_from_template(pictures)
        stream = target.add_stream("aac", rate=44_100, layout="mono")
        for place in range(0, samples.shape[1], 1024):
            part = np.ascontiguousarray(samples[:, place : place + 1024])
            frame = AudioFrame.from_ndarray(part, format="fltp", layout="mono")
            frame.sample_rate, frame.time_base = 44_100, Fraction(1, 44_100)
            frame.pts = place + round(late * 44_100)
            target.mux(stream.encode(frame))
        target.mux(stream.encode())
        for packet in source.demux(pictures):
            if packet.pts is not None:
                packet.stream = copied
                target.mux(packet)
    return into


def with_square(clip: Path, size: tuple[int, int]) -> Path:
    """Encode a clip that shows a bright square in its middle."""
    width, height = size
    picture = np.full((height * 3 // 2, width), 128, np.uint8)
    picture[:height] = 16
    picture[height // 2 - 32 : height // 2 + 32, width // 2 - 32 : width // 2 + 32] = 235
    with av.open(str(clip), "w") as container:
        stream = add_h264_stream(container, width=width, height=height, fps=Fraction(24), crf=10)
        for _ in range(48):
            container.mux(stream.encode(VideoFrame.from_ndarray(picture, format="yuv420p")))
        container.mux(stream.encode())
    return clip


def places(clip: Path) -> list[int]:
    """Return which frame of its source each frame of a clip is."""
    return [read(blocks)[1] for blocks in lumas(clip)]


def heard(clip: Path) -> tuple[float, float]:
    """Return how long a clip's sound is, and when it is loudest: seconds."""
    resampler = AudioResampler(format="fltp", layout="mono", rate=SAMPLE_RATE)
    with av.open(str(clip)) as container:
        parts = [
            each.to_ndarray() for frame in container.decode(audio=0) for each in resampler.resample(frame)
        ]
    samples = np.abs(np.concatenate(parts, axis=1)[0])
    return samples.size / SAMPLE_RATE, float(np.argmax(samples > 0.4)) / SAMPLE_RATE


def test_a_clip_that_is_what_was_asked_for_is_taken_as_it_is(tmp_path: Path) -> None:
    clip = with_click(write_clip(tmp_path / "clip.mp4", 1, 48), 2)
    before = clip.read_bytes()
    with capture_logs() as logs:
        assert conformed(clip, ASKED, nothing) == clip
    assert (clip.read_bytes(), logs) == (before, [])


@pytest.mark.parametrize(
    ("frames", "fps", "size"),
    [
        (48, 24, (256, 144)),
        (60, 30, (128, 72)),
        (45, 24, (128, 72)),
        (51, 24, (128, 72)),
        (36, 24, (128, 72)),
        (48, 24, (142, 80)),
        (48, 24, (124, 72)),
        (48, 24, (1280, 704)),
        (48, 24, (1280, 752)),
        (50, 25, (1280, 720)),
    ],
)
def test_a_clip_that_is_nearly_that_becomes_exactly_that(
    tmp_path: Path, frames: int, fps: int, size: tuple[int, int]
) -> None:
    clip = write_clip(tmp_path / "clip.mp4", 1, frames, fps=fps, size=size, foreign=True)
    with capture_logs() as logs:
        made = conformed(clip, ASKED, nothing)
    facts = probe(made)
    assert (facts.width, facts.height, float(facts.fps), facts.frames) == (128, 72, 24, 48)
    assert (facts.codec, facts.pixel_format, facts.steady, facts.has_audio) == (
        *("h264", "yuv420p"),
        *(True, False),
    )
    assert decode_fully(made) == 48
    assert [entry["event"] for entry in logs] == ["clip.conformed"]


def test_a_short_clips_last_frame_is_held_and_a_long_ones_end_is_cut(tmp_path: Path) -> None:
    short = conformed(write_clip(tmp_path / "short.mp4", 1, 40), ASKED, nothing)
    assert places(short) == [*range(40), *[39] * 8]
    long = conformed(write_clip(tmp_path / "long.mp4", 1, 56), ASKED, nothing)
    assert places(long) == list(range(48))


def test_frames_keep_their_times_at_another_rate(tmp_path: Path) -> None:
    made = conformed(write_clip(tmp_path / "clip.mp4", 1, 60, fps=30), ASKED, nothing)
    shown = places(made)
    assert [abs(place / 30 - number / 24) < 1 / 24 for number, place in enumerate(shown)] == [True] * 48


@pytest.mark.parametrize(
    ("frames", "fps", "size"),
    [
        (61, 24, (128, 72)),
        (35, 24, (128, 72)),
        (48, 24, (128, 96)),
        (48, 24, (72, 128)),
        (48, 24, (120, 72)),
        (48, 24, (136, 72)),
        (48, 48, (128, 72)),
    ],
)
def test_a_clip_that_is_far_from_it_is_not_taken(
    tmp_path: Path, frames: int, fps: int, size: tuple[int, int]
) -> None:
    clip = write_clip(tmp_path / "clip.mp4", 1, frames, fps=fps, size=size)
    with pytest.raises(BackendFailed):
        conformed(clip, ASKED, nothing)


@pytest.mark.parametrize("size", [(256, 138), (244, 144)])
def test_what_a_picture_has_too_much_of_is_cut_off_evenly_and_nothing_is_stretched(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    made = conformed(with_square(tmp_path / "clip.mp4", size), ASKED, nothing)
    with av.open(str(made)) as container:
        luma = next(container.decode(video=0)).to_ndarray()[: ASKED.height, : ASKED.width]
    rows, columns = np.nonzero(luma > 128)
    height, width = np.ptp(rows) + 1, np.ptp(columns) + 1
    assert abs(int(height) - int(width)) <= 1
    assert float(rows.mean()) == pytest.approx((ASKED.height - 1) / 2, abs=1)
    assert float(columns.mean()) == pytest.approx((ASKED.width - 1) / 2, abs=1)


@pytest.mark.parametrize(("seconds", "late"), [(2.3, 0.0), (1.6, 0.0), (1.5, 0.25)])
def test_sound_is_kept_in_step_and_made_as_long_as_the_picture(
    tmp_path: Path, seconds: float, late: float
) -> None:
    clip = with_click(write_clip(tmp_path / "clip.mp4", 1, 44), seconds, late=late)
    length, click = heard(conformed(clip, ASKED, nothing))
    assert length == pytest.approx(2, abs=1024 / SAMPLE_RATE)
    assert click == pytest.approx(heard(clip)[1] + late, abs=1 / 24)
    assert click == pytest.approx(CLICK_SECONDS, abs=1 / 24)


def test_sound_that_nobody_wants_is_not_carried_along(tmp_path: Path) -> None:
    clip = with_click(write_clip(tmp_path / "clip.mp4", 1, 44), 2)
    assert not probe(conformed(clip, ASKED.evolve(audio=False), nothing)).has_audio


def test_sound_that_cannot_be_decoded_is_dropped_and_the_picture_kept(tmp_path: Path) -> None:
    clip = with_click(write_clip(tmp_path / "clip.mp4", 1, 48), 2)
    data = bytearray(clip.read_bytes())
    with av.open(str(clip)) as container:
        packets = [packet for packet in container.demux(audio=0) if packet.pos and packet.size]
    for packet in packets:
        data[packet.pos or 0 : (packet.pos or 0) + packet.size] = b"\xff" * packet.size
    clip.write_bytes(data)
    with capture_logs() as logs:
        made = conformed(clip, ASKED, nothing)
    assert [entry["event"] for entry in logs] == ["clip.sound_dropped", "clip.conformed"]
    assert (probe(made).has_audio, decode_fully(made)) == (False, 48)


def test_sound_that_changes_its_rate_midway_is_dropped_and_the_picture_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = with_click(write_clip(tmp_path / "clip.mp4", 1, 48), 2)
    used_to_another = AudioResampler(format="fltp", layout="stereo", rate=SAMPLE_RATE)
    other = AudioFrame(format="fltp", layout="stereo", samples=1024)
    other.sample_rate = 32_000
    used_to_another.resample(other)
    monkeypatch.setattr(conforming, "AudioResampler", lambda **_: used_to_another)
    with capture_logs() as logs:
        made = conformed(clip, ASKED, nothing)
    assert logs[0]["event"] == "clip.sound_dropped"
    assert (probe(made).has_audio, decode_fully(made)) == (False, 48)


def test_a_clip_with_a_damaged_frame_is_not_conformed(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.mp4", 1, 44)
    data = bytearray(clip.read_bytes())
    with av.open(str(clip)) as container:
        first = next(container.demux(video=0))
    data[(first.pos or 0) + 8 : (first.pos or 0) + first.size] = b"\xff" * (first.size - 8)
    clip.write_bytes(data)
    with pytest.raises(MediaCorrupt):
        conformed(clip, ASKED, nothing)


def test_work_that_must_stop_stops_between_two_frames(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.mp4", 1, 44)
    calls = iter(range(60))

    def stopping() -> None:
        if next(calls) == 59:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        conformed(clip, ASKED, stopping)
