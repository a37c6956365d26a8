"""Where one shot gives way to the next: every frame once and in order, none black, none lost."""

import hashlib
from collections import Counter
from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from av.video.frame import VideoFrame

from functions.finalize.join import JoinFacts, join
from functions.finalize.normalise import Footage
from functions.finalize.seams import Edit, mixed
from shared.domain.generation import Transition
from shared.probe import decode_fully, probe
from tests.unit.numbered_clips import BRIGHT, DARK, block_lumas, blocks_of, lumas, read, write_clip

LANDSCAPE, PORTRAIT, SQUARE = (128, 72), (72, 128), (96, 96)
CUT, CROSSFADE, FADE = Transition

ClipMaker = Callable[..., list[Path]]


@pytest.fixture
def clips(tmp_path: Path) -> ClipMaker:
    """Make one clip for each number of seconds."""

    def make(*seconds: int, **how: Any) -> list[Path]:  # noqa: ANN401 - see `write_clip`
        fps = how.get("fps", 24)
        return [
            write_clip(tmp_path / f"clip-{number}.mp4", number, length * fps, **how)
            for number, length in enumerate(seconds)
        ]

    return make


def joined(clips: list[Path], transition: Transition) -> tuple[Path, JoinFacts]:
    video = clips[0].with_name("video.mp4")
    return video, join(clips, video, {}, lambda _done: None, transition)


def said(video: Path) -> list[tuple[int, int]]:
    return [read(blocks) for blocks in lumas(video)]


def every_frame(*frames: int) -> list[tuple[int, int]]:
    return [(number, place) for number, count in enumerate(frames) for place in range(count)]


def expected(transition: Transition, fps: int, *frames: int) -> list[tuple[int, int]]:
    """Return what each frame shows most of; in a crossfade both clips go at half their speed."""
    shown = every_frame(*frames)
    if transition is CROSSFADE:
        for number, (before, after) in enumerate(pairwise(frames)):
            seam = sum(frames[: number + 1])
            half = min(round(0.4 * fps), before // 3, after // 3)
            for place in range(half):
                shown[seam - half + place] = (number, before - half + place // 2)
                shown[seam + place] = (number + 1, (half + place) // 2)
    return shown


def brightness(video: Path) -> list[float]:
    return [float(blocks.mean()) for blocks in lumas(video)]


@pytest.mark.parametrize("transition", Transition)
@pytest.mark.parametrize("size", [LANDSCAPE, PORTRAIT, SQUARE])
@pytest.mark.parametrize("fps", [24, 25, 30])
@pytest.mark.parametrize("foreign", [False, True])
def test_every_frame_of_every_clip_comes_once_and_in_order(
    clips: ClipMaker, transition: Transition, size: tuple[int, int], fps: int, foreign: bool
) -> None:
    video, facts = joined(clips(3, 1, 5, size=size, fps=fps, foreign=foreign), transition)
    assert said(video) == expected(transition, fps, 3 * fps, fps, 5 * fps)
    assert probe(video).fps == fps
    assert probe(video).duration_seconds == 9
    assert decode_fully(video) == facts.frames == 9 * fps


@pytest.mark.parametrize("transition", Transition)
@pytest.mark.parametrize("seconds", [(2, 2), (5, 2), (2, 5), (1, 1, 1), (5, 5, 1, 3)])
def test_any_number_of_clips_of_any_length_keeps_its_frames(
    clips: ClipMaker, transition: Transition, seconds: tuple[int, ...]
) -> None:
    video, _ = joined(clips(*seconds), transition)
    assert said(video) == expected(transition, 24, *(24 * length for length in seconds))


@pytest.mark.parametrize("transition", Transition)
@pytest.mark.parametrize("foreign", [False, True])
def test_frame_is_shown_at_its_number_over_the_frame_rate(
    clips: ClipMaker, transition: Transition, foreign: bool
) -> None:
    video, facts = joined(clips(3, 1, 5, fps=25, foreign=foreign), transition)
    with av.open(str(video)) as container:
        stream = container.streams.video[0]
        times = [(frame.pts or 0) * (frame.time_base or 1) for frame in container.decode(stream)]
        assert times == [Fraction(place, 25) for place in range(facts.frames)]
        assert (stream.start_time, stream.duration) == (0, 9 / (stream.time_base or 1))
    with av.open(str(video)) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
    assert all(a.dts < b.dts for a, b in pairwise(packets) if a.dts is not None and b.dts is not None)
    assert all((packet.dts or 0) <= (packet.pts or 0) for packet in packets)
    i_frames = [place for place, packet in enumerate(packets) if packet.is_keyframe]
    if not foreign:
        assert max(b - a for a, b in pairwise([*i_frames, facts.frames])) <= 50


@pytest.mark.parametrize(("transition", "half"), [(CROSSFADE, 10), (FADE, 12)])
@pytest.mark.parametrize("foreign", [False, True])
def test_only_frames_near_the_seam_are_changed(
    clips: ClipMaker, tmp_path: Path, transition: Transition, half: int, foreign: bool
) -> None:
    made = [
        write_clip(tmp_path / f"{luma}.mp4", 0, 72, flat=luma, foreign=foreign) for luma in (DARK, BRIGHT)
    ]
    video, _ = joined(made, transition)
    shown = np.array(brightness(video))
    own = np.repeat([DARK, BRIGHT], 72)
    changed = np.flatnonzero(np.abs(shown - own) > 1.2)
    assert (changed.min(), changed.max()) == (72 - half, 72 + half - 1)
    assert len(changed) == 2 * half


def test_crossfade_rises_from_one_picture_to_the_other_without_a_pause(tmp_path: Path) -> None:
    made = [write_clip(tmp_path / f"{luma}.mp4", 0, 72, flat=luma) for luma in (DARK, BRIGHT)]
    video, _ = joined(made, CROSSFADE)
    rising = brightness(video)[61:83]
    steps = np.diff(rising)
    assert steps.min() > 0.3 * (BRIGHT - DARK) / 20
    assert steps[1:-1].min() > 0.7 * (BRIGHT - DARK) / 20
    assert steps.max() < 1.3 * (BRIGHT - DARK) / 20


def test_both_clips_are_seen_in_the_middle_of_a_crossfade(clips: ClipMaker) -> None:
    video, _ = joined(clips(2, 2), CROSSFADE)
    before, after = list(lumas(video))[47:49]
    for shown, share, place in ((before, 0.475, 4), (after, 0.525, 5)):
        earlier, later = (blocks_of(0, 38 + place).astype(float), blocks_of(1, place).astype(float))
        assert np.abs(earlier - later).max() == BRIGHT - DARK
        assert np.abs(shown - ((1 - share) * earlier + share * later)).max() < 2.5


def test_fade_goes_down_to_near_black_and_comes_back_up(clips: ClipMaker) -> None:
    video, _ = joined(clips(3, 3), FADE)
    bright = [blocks[0, 1] for blocks in lumas(video)]
    down, up = bright[59:72], bright[72:85]
    assert all(later < earlier - 3 for earlier, later in pairwise(down))
    assert all(later > earlier + 3 for earlier, later in pairwise(up))
    assert 35 < min(bright) < 55


@pytest.mark.parametrize("transition", Transition)
def test_no_frame_is_black(clips: ClipMaker, transition: Transition) -> None:
    video, _ = joined(clips(2, 1, 2), transition)
    assert min(blocks.max() for blocks in lumas(video)) > 30


@pytest.mark.parametrize("share", [0.0, 0.02, 0.5, 1.0])
def test_mixing_a_picture_with_itself_changes_nothing(share: float) -> None:
    own = np.arange(16 * 24, dtype=np.uint8).reshape(24, 16)
    frame = VideoFrame.from_ndarray(own, format="yuv420p")
    assert np.array_equal(mixed(frame, frame, share).to_ndarray(), own)
    assert not np.array_equal(mixed(frame, None, 0.5).to_ndarray(), own)
    black = mixed(frame, None, 1.0).to_ndarray()
    assert (set(black[:16].ravel()), set(black[16:].ravel())) == ({16}, {128})


@pytest.mark.parametrize(("transition", "half"), [(CROSSFADE, 8), (FADE, 8)])
def test_third_of_a_short_clip_is_left_as_it_is(tmp_path: Path, transition: Transition, half: int) -> None:
    lengths = (72, 24, 72)
    made = [
        write_clip(tmp_path / f"{place}.mp4", 0, frames, flat=(DARK, BRIGHT, DARK)[place])
        for place, frames in enumerate(lengths)
    ]
    video, _ = joined(made, transition)
    shown = np.array(brightness(video))
    assert np.abs(shown[72 + half : 96 - half] - BRIGHT).max() < 1.2
    assert np.abs(shown[: 72 - half] - DARK).max() < 1.2
    assert np.abs(shown[[72 - half, 72 + half - 1]] - [DARK, BRIGHT]).min() > 1.2


@pytest.mark.parametrize("transition", Transition)
def test_single_clip_has_no_seam(clips: ClipMaker, transition: Transition) -> None:
    made = clips(2)
    video, facts = joined(made, transition)
    assert (facts.encoded, facts.normalised) == (0, None)
    assert said(video) == every_frame(48)


@pytest.mark.parametrize("transition", Transition)
def test_clips_too_short_for_a_transition_are_cut(tmp_path: Path, transition: Transition) -> None:
    made = [write_clip(tmp_path / f"{number}.mp4", number, 2) for number in range(3)]
    video, facts = joined(made, transition)
    assert facts.encoded == 0
    assert said(video) == every_frame(2, 2, 2)


@pytest.mark.parametrize("transition", [CROSSFADE, FADE])
def test_only_what_a_transition_touches_is_encoded(clips: ClipMaker, transition: Transition) -> None:
    """A clip of 5 s has an I-frame every 2 s; decoding must be able to begin at one after the window."""
    made = clips(5, 5, 5)
    video, facts = joined(made, transition)
    assert facts.normalised is None
    assert 2 * (48 + 10) <= facts.encoded <= 2 * (48 + 16)
    copied = packets(video) & (packets(made[0]) + packets(made[1]) + packets(made[2]))
    assert copied.total() == facts.frames - facts.encoded


def packets(video: Path) -> Counter[str]:
    with av.open(str(video)) as container:
        return Counter(
            hashlib.sha256(bytes(packet)).hexdigest() for packet in container.demux(video=0) if packet.size
        )


@pytest.mark.parametrize("transition", [CROSSFADE, FADE])
def test_clips_of_another_encoder_are_encoded_throughout(clips: ClipMaker, transition: Transition) -> None:
    _, facts = joined(clips(5, 5, foreign=True), transition)
    assert facts.encoded == facts.frames
    assert facts.normalised is not None
    assert transition in facts.normalised


@pytest.mark.parametrize("transition", Transition)
def test_clips_of_other_sizes_keep_their_frames(tmp_path: Path, transition: Transition) -> None:
    made = [
        write_clip(tmp_path / f"{number}.mp4", number, 48, size=(128 * scale, 72 * scale))
        for number, scale in enumerate((1, 2, 1))
    ]
    video, facts = joined(made, transition)
    assert facts.normalised == "shot 1: width is 256, of shot 0 128"
    assert said(video) == expected(transition, 24, 48, 48, 48)


@pytest.mark.parametrize("transition", Transition)
@pytest.mark.parametrize("rates", [(24, 30, 25), (30, 24, 30)])
def test_clips_of_other_frame_rates_keep_their_time(
    tmp_path: Path, transition: Transition, rates: tuple[int, ...]
) -> None:
    made = [
        write_clip(tmp_path / f"{number}.mp4", number, 2 * fps, fps=fps) for number, fps in enumerate(rates)
    ]
    video, facts = joined(made, transition)
    assert facts.frames == 6 * rates[0]
    fits = [
        number == shot and abs(own * rates[0] - place * rates[shot]) <= rates[0]
        for (number, own), (shot, place) in zip(
            said(video), expected(transition, rates[0], *[2 * rates[0]] * 3), strict=True
        )
    ]
    assert all(fits)


@pytest.mark.parametrize("transition", [CROSSFADE, FADE])
def test_colours_are_told_throughout(clips: ClipMaker, transition: Transition) -> None:
    video, facts = joined(clips(5, 5), transition)
    assert 0 < facts.encoded < facts.frames
    with av.open(str(video)) as container:
        told = {
            (frame.format.name, frame.colorspace, frame.color_range, frame.color_primaries, frame.color_trc)
            for frame in container.decode(video=0)
        }
    assert told == {("yuv420p", 1, 1, 1, 1)}


@pytest.mark.parametrize("foreign", [False, True])
def test_any_frame_of_a_clip_is_found(clips: ClipMaker, foreign: bool) -> None:
    made = clips(5, foreign=foreign)
    known = probe(made[0])
    assert (known.reorder_frames == 0) is foreign
    footage = Footage(made, [known])
    for start in range(120):
        assert read(block_lumas(next(footage.frames(start, 120)))) == (0, start)


class Stopped(BaseException):
    """As a cancelled scope raises: no Exception."""


@pytest.mark.parametrize("after", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("foreign", [False, True])
def test_tick_that_raises_leaves_no_file(
    clips: ClipMaker, tmp_path: Path, after: float, foreign: bool
) -> None:
    def tick(done: float) -> None:
        if done >= after:
            raise Stopped

    made = clips(3, 3, foreign=foreign)
    with pytest.raises(Stopped):
        join(made, tmp_path / "video.mp4", {}, tick, CROSSFADE)
    assert sorted(tmp_path.iterdir()) == made


@pytest.mark.parametrize("foreign", [False, True])
def test_ticks_rise_to_the_whole(clips: ClipMaker, tmp_path: Path, foreign: bool) -> None:
    done: list[float] = []
    join(clips(3, 3, foreign=foreign), tmp_path / "video.mp4", {}, done.append, FADE)
    assert done == sorted(done)
    assert (len(set(done)) > 60, done[-1]) == (True, 1)


@pytest.mark.parametrize("seconds", [(2, 2), (1, 1, 1), (5, 1, 3)])
@pytest.mark.parametrize("transition", [CROSSFADE, FADE])
@pytest.mark.parametrize("fps", [24, 25, 30])
def test_windows_never_meet(
    clips: ClipMaker, seconds: tuple[int, ...], transition: Transition, fps: int
) -> None:
    made = clips(*seconds, fps=fps, flat=DARK)
    edit = Edit(Footage(made, [probe(clip) for clip in made]), transition)
    assert len(edit.windows) == len(seconds) - 1
    assert all(a.start + a.length < b.start for a, b in pairwise(edit.windows))
    assert all(0 < window.share(place) < 1 for window in edit.windows for place in range(window.length))
