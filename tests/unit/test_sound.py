"""The joined video's sound: in step with its pictures at every seam, as long as they are, and never lost."""

import hashlib
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from functions.finalize.hearing import heard
from functions.finalize.join import JoinFacts, join
from functions.finalize.slowing import slowed
from shared.domain.generation import Transition
from shared.probe import decode_fully, probe
from tests.unit.sounding_clips import (
    RATE,
    Samples,
    click,
    clicks,
    flashes,
    loudness_of,
    rms,
    sound_of,
    sounding_clip,
    tone,
    with_damaged_sound,
)

CUT, CROSSFADE, FADE = Transition
SECONDS = 3
AAC_FRAME = 1024

ClipMaker = Callable[..., Path]


@pytest.fixture
def a_clip(tmp_path: Path) -> ClipMaker:
    """Make clips of 3 s."""
    made = iter(range(1000))

    def make(sound: Samples | None, *, fps: int = 24, suffix: str = "mp4", **how: Any) -> Path:  # noqa: ANN401 - see `sounding_clip`
        path = tmp_path / f"clip-{next(made)}.{suffix}"
        return sounding_clip(path, SECONDS * fps, sound, fps=fps, **how)

    return make


def joined(clips: list[Path], transition: Transition = CUT, **how: Any) -> tuple[Path, JoinFacts]:  # noqa: ANN401 - see `join`
    video = clips[0].with_name("video.mp4")
    return video, join(clips, video, {}, lambda _done: None, transition, **how)


def marked(make: ClipMaker, flash: int, *, fps: int = 24, late: float = 0, **how: Any) -> Path:  # noqa: ANN401 - see `sounding_clip`
    """Make a clip with one bright frame, and a click in its middle; the sound before `late` is missing."""
    rate, channels = how.pop("rate", RATE), how.pop("channels", 2)
    at = (flash + 0.5) / fps - 0.002 - late
    sound = click(how.pop("ends", SECONDS) - late, at, rate=rate, channels=channels)
    return make(sound, fps=fps, flash=flash, rate=rate, begins=late, **how)


def assert_in_step(video: Path, fps: int, marks: int) -> None:
    """Hold every click against its flash: to one frame."""
    heard_at, seen_at = clicks(sound_of(video)), flashes(video)
    assert len(heard_at) == len(seen_at) == marks
    assert max(abs(a - b) for a, b in zip(heard_at, seen_at, strict=True)) < 1 / fps


@pytest.mark.parametrize("transition", Transition)
@pytest.mark.parametrize("fps", [24, 25, 30])
def test_clicks_and_flashes_stay_together_around_every_seam(
    a_clip: ClipMaker, transition: Transition, fps: int
) -> None:
    """Some of them within the transitions, where in a crossfade all goes at half its speed."""
    last = SECONDS * fps - 1
    clips = [marked(a_clip, flash, fps=fps) for flash in (fps, last - 3, fps, 4, last - 6, fps, 2)]
    video, facts = joined(clips, transition)
    assert_in_step(video, fps, len(clips))
    assert facts.sound is not None
    assert facts.sound.shots == tuple(range(7))


@pytest.mark.parametrize("transition", Transition)
@pytest.mark.parametrize(
    "how",
    [
        {"late": 0.7},
        {"ends": 2.2},
        {"ends": 3.4},
        {"rate": 44_100, "channels": 1},
        {"rate": 22_050, "channels": 1, "late": 0.3},
        {"video_starts": 7},
        {"muxing": {"use_editlist": "0"}},
        {"muxing": {"movflags": "+frag_keyframe+empty_moov"}},
        {"suffix": "mkv"},
        {"suffix": "mkv", "codec": "libopus"},
        {"suffix": "mkv", "codec": "pcm_s16le", "rate": 32_000},
        {"suffix": "mov", "codec": "pcm_s16le"},
        {"codec": "libmp3lame", "rate": 44_100},
        {"codec": "flac"},
    ],
    ids=str,
)
def test_whatever_sound_a_clip_brings_is_in_step(
    a_clip: ClipMaker, transition: Transition, how: dict[str, Any]
) -> None:
    clips = [marked(a_clip, 40), marked(a_clip, 50, **how), marked(a_clip, 30)]
    video, facts = joined(clips, transition)
    assert_in_step(video, 24, 3)
    assert facts.unreadable == {}


def test_sound_before_a_clips_first_frame_is_not_heard(a_clip: ClipMaker) -> None:
    """An encoder's priming comes before 0; without an edit list it is for the times to say so."""
    ahead = a_clip(np.concatenate([tone(0.5, -10), click(3, 1)], axis=1), begins=-0.5, video_starts=24)
    whole = np.concatenate(list(heard(ahead, probe(ahead), 3 * RATE)), axis=1)
    assert rms(whole, 0.03, 0.9) < -60
    assert clicks(whole) == [pytest.approx(1.002, abs=0.001)]


def test_gap_within_a_clips_sound_is_silent_and_shifts_nothing(a_clip: ClipMaker, tmp_path: Path) -> None:
    """A second of packets is missing, as if it had been cut out; the sound after it keeps its time."""
    whole = a_clip(click(3, 2.5) + tone(3, -40))
    lacking = tmp_path / "lacking.mkv"
    with av.open(str(whole)) as source, av.open(str(lacking), "w") as copy:
        streams = {stream.index: copy.add_stream_from_template(stream) for stream in source.streams}
        for packet in source.demux():
            missing = packet.stream.type == "audio" and 1 <= float((packet.pts or 0) * packet.time_base) < 2
            if packet.size and not missing:
                packet.stream = streams[packet.stream.index]
                copy.mux(packet)
    sound = np.concatenate(list(heard(lacking, probe(lacking), 3 * RATE)), axis=1)
    assert rms(sound, 1.1, 1.9) < -100
    assert rms(sound, 0.1, 0.9) > -45
    assert clicks(sound) == [pytest.approx(2.502, abs=0.002)]


@pytest.mark.parametrize("transition", Transition)
@pytest.mark.parametrize("fps", [24, 25, 30])
def test_sound_is_as_long_as_the_pictures(a_clip: ClipMaker, transition: Transition, fps: int) -> None:
    clips = [a_clip(tone(length, -20), fps=fps) for length in (3, 2.1, 4)] + [a_clip(None, fps=fps)]
    video, facts = joined(clips, transition)
    assert abs(sound_of(video).shape[1] - facts.frames * RATE / fps) <= AAC_FRAME
    assert (probe(video).duration_seconds, decode_fully(video)) == (12, 12 * fps)


def test_track_is_stereo_aac_of_48_khz_beside_pictures_that_begin_at_zero(a_clip: ClipMaker) -> None:
    noise = np.random.default_rng(5).normal(0, 0.05, (2, 3 * RATE)).astype(np.float32)
    video, _ = joined([a_clip(noise), a_clip(noise)])
    with av.open(str(video)) as container:
        pictures, sound = container.streams
        assert isinstance(sound, av.AudioStream)
        assert (sound.codec_context.name, sound.rate, sound.layout.name) == ("aac", RATE, "stereo")
        assert sound.codec_context.bit_rate == pytest.approx(192_000, rel=0.1)
        assert (pictures.type, pictures.start_time, sound.start_time) == ("video", 0, 0)


def test_silent_clips_stay_silent_between_others(a_clip: ClipMaker) -> None:
    video, facts = joined([a_clip(tone(3, -20)), a_clip(None), a_clip(tone(3, -20))])
    sound = sound_of(video)
    assert facts.sound is not None
    assert facts.sound.shots == (0, 2)
    assert rms(sound, 3.05, 5.95) < -80
    assert rms(sound, 0.1, 2.9) == pytest.approx(rms(sound, 6.1, 8.9), abs=0.2)


@pytest.mark.parametrize("transition", Transition)
def test_video_without_any_sound_has_no_track(a_clip: ClipMaker, transition: Transition) -> None:
    video, facts = joined([a_clip(None), a_clip(None)], transition)
    assert (facts.sound, facts.silenced, probe(video).has_audio) == (None, (), False)


def test_sound_that_is_not_wanted_is_left_out_and_named(a_clip: ClipMaker) -> None:
    video, facts = joined([a_clip(None), a_clip(tone(3, -20))], with_sound=False)
    assert (facts.sound, facts.silenced, probe(video).has_audio) == (None, (1,), False)


def packets(video: Path) -> list[str]:
    with av.open(str(video)) as container:
        return [
            hashlib.sha256(bytes(packet)).hexdigest() for packet in container.demux(video=0) if packet.size
        ]


def test_pictures_are_copied_as_they_are_beside_sound(a_clip: ClipMaker) -> None:
    clips = [a_clip(tone(3, -20)), a_clip(None), a_clip(tone(3, -30, rate=44_100, channels=1), rate=44_100)]
    video, facts = joined(clips)
    assert (facts.encoded, facts.normalised) == (0, None)
    assert packets(video) == [packet for clip in clips for packet in packets(clip)]


def test_pictures_and_sound_lie_together_in_the_file(a_clip: ClipMaker) -> None:
    """Or else a player over HTTP would fetch two places at once."""
    video, _ = joined([a_clip(tone(3, -20)) for _ in range(4)])
    with av.open(str(video)) as container:
        times = [(packet.dts or 0) * float(packet.time_base) for packet in container.demux() if packet.size]
    assert max(earlier - later for earlier, later in pairwise(times)) < 0.2


@pytest.mark.parametrize("transition", Transition)
def test_nothing_clicks_at_a_seam(a_clip: ClipMaker, transition: Transition) -> None:
    """Two tones that would break off in mid-wave; a step of theirs from sample to sample is at most 2 %."""
    clips = [
        a_clip(tone(3, -16, hertz=331.25)),
        a_clip(tone(3, -16, hertz=447.25)),
        a_clip(tone(3, -16, hertz=389.25)),
    ]
    video, _ = joined(clips, transition)
    sound = sound_of(video)
    steps = np.abs(np.diff(sound[0])).max()
    assert steps < 1.5 * 2 * np.pi * 447 / RATE * np.abs(sound).max()


def test_crossfade_keeps_the_power_of_unlike_sounds(a_clip: ClipMaker) -> None:
    generator = np.random.default_rng(7)
    noises = [generator.normal(0, 0.05, (2, 3 * RATE)).astype(np.float32) for _ in range(2)]
    video, _ = joined([a_clip(noise) for noise in noises], CROSSFADE)
    sound = sound_of(video)
    levels = [rms(sound, at / 10, at / 10 + 0.1) for at in range(20, 40)]
    assert max(levels) - min(levels) < 2


def test_crossfade_lets_one_sound_give_way_to_the_other(a_clip: ClipMaker) -> None:
    video, _ = joined([a_clip(tone(3, -20, hertz=300)), a_clip(tone(3, -20, hertz=3000))], CROSSFADE)
    sound = sound_of(video)

    def share(of_hertz: int, at: float) -> float:
        part = sound[0, round((at - 0.05) * RATE) : round((at + 0.05) * RATE)].astype(float)
        wave = np.exp(-2j * np.pi * of_hertz * np.arange(len(part)) / RATE)
        whole = np.abs(
            (
                sound[0, RATE : RATE + len(part)] * np.exp(-2j * np.pi * 300 * np.arange(len(part)) / RATE)
            ).sum()
        )
        return float(np.abs((part * wave).sum()) / whole)

    leaving = [share(300, at) for at in (2.4, 2.8, 3.0, 3.2, 3.6)]
    coming = [share(3000, at) for at in (2.4, 2.8, 3.0, 3.2, 3.6)]
    assert leaving == pytest.approx([1, 0.92, 0.71, 0.38, 0], abs=0.08)
    assert coming == pytest.approx([0, 0.38, 0.71, 0.92, 1], abs=0.08)


def test_fade_goes_down_to_silence_and_comes_back_up(a_clip: ClipMaker) -> None:
    video, _ = joined([a_clip(tone(3, -20)), a_clip(tone(3, -20))], FADE)
    sound = sound_of(video)
    down = [rms(sound, at / 10, at / 10 + 0.1) for at in range(24, 30)]
    up = [rms(sound, at / 10, at / 10 + 0.1) for at in range(30, 36)]
    assert all(later < earlier for earlier, later in pairwise(down[1:]))
    assert all(later > earlier for earlier, later in pairwise(up[:-1]))
    assert max(down[-1], up[0]) < down[0] - 12


@pytest.mark.parametrize("hertz", [90, 120, 300, 1000])
def test_sound_at_half_its_speed_keeps_its_pitch_and_level(hertz: int) -> None:
    voice = np.add.reduce([tone(0.5, -20, hertz=hertz * part) / part for part in range(1, 6)])
    half = slowed(voice, RATE)
    spectrum = np.abs(np.fft.rfft(half[0, : RATE * 3 // 4] * np.hanning(RATE * 3 // 4)))
    assert float(spectrum.argmax()) * 4 / 3 == pytest.approx(hertz, abs=2)
    levels = [rms(half, at / 10, at / 10 + 0.1) for at in range(9)]
    assert max(levels) - min(levels) < 0.5
    assert np.array_equal(half[:, :700], voice[:, :700])


@pytest.mark.parametrize("samples", [0, 1, 700, 2000])
def test_any_length_can_be_slowed(samples: int) -> None:
    assert slowed(np.ones((2, samples), np.float32), 2 * samples).shape == (2, 2 * samples)


@pytest.mark.parametrize("keep", [0, 60])
@pytest.mark.parametrize("transition", [CUT, CROSSFADE])
def test_shot_whose_sound_is_damaged_is_silent_and_named(
    a_clip: ClipMaker, keep: int, transition: Transition
) -> None:
    damaged = with_damaged_sound(a_clip(tone(3, -6)), keep)
    video, facts = joined([a_clip(tone(3, -20)), damaged, a_clip(tone(3, -20))], transition)
    assert facts.unreadable.keys() == {1}
    assert facts.sound is not None
    assert facts.sound.shots == (0, 2)
    assert facts.sound.measured.lufs == pytest.approx(-20, abs=0.5)
    sound = sound_of(video)
    assert rms(sound, 3.5, 5.5) < -80
    assert loudness_of(sound)[0] == pytest.approx(-16, abs=0.5)
    assert decode_fully(video) == 9 * 24


def test_video_whose_only_sound_is_damaged_has_no_track(a_clip: ClipMaker) -> None:
    damaged = with_damaged_sound(a_clip(tone(3, -6)), 0)
    video, facts = joined([a_clip(None), damaged])
    assert (facts.sound, set(facts.unreadable), probe(video).has_audio) == (None, {1}, False)


@pytest.mark.parametrize("amplitude", [np.nan, np.inf, 1e30])
def test_samples_beyond_all_measure_are_damage(a_clip: ClipMaker, amplitude: float) -> None:
    wild = tone(3, -20)
    wild[:, RATE] = amplitude
    clips = [a_clip(tone(3, -20)), a_clip(wild, suffix="mkv", codec="pcm_f32le")]
    _, facts = joined(clips)
    assert facts.unreadable.keys() == {1}


@pytest.mark.parametrize("channels", [5, 13])
def test_channels_of_any_number_are_heard_or_named(tmp_path: Path, a_clip: ClipMaker, channels: int) -> None:
    """As many as no layout has a name for cannot be mixed down."""
    pictures, odd = a_clip(None), tmp_path / "odd.mkv"
    with av.open(str(pictures)) as source, av.open(str(odd), "w") as copy:
        shown = copy.add_stream_from_template(source.streams.video[0])
        sound = copy.add_stream("pcm_s16le", rate=RATE)
        sound.layout = f"{channels}C"
        for packet in source.demux(video=0):
            if packet.size:
                packet.stream = shown
                copy.mux(packet)
        samples = np.full((1, 3 * RATE * channels), 1000, np.int16)
        frame = av.AudioFrame.from_ndarray(samples, format="s16", layout=f"{channels}C")
        frame.sample_rate = RATE
        copy.mux([*sound.encode(frame), *sound.encode(None)])
    _, facts = joined([a_clip(tone(3, -20)), odd])
    assert facts.sound is not None
    assert {*facts.sound.shots, *facts.unreadable} == {0, 1}


class Stopped(BaseException):
    """As a cancelled scope raises: no Exception."""


@pytest.mark.parametrize("transition", Transition)
@pytest.mark.parametrize("after", [0.0, 0.5, 1.0])
def test_tick_that_raises_leaves_no_file(
    a_clip: ClipMaker, tmp_path: Path, transition: Transition, after: float
) -> None:
    def tick(done: float) -> None:
        if done >= after:
            raise Stopped

    clips = [a_clip(tone(3, -20)), a_clip(tone(3, -20))]
    with pytest.raises(Stopped):
        join(clips, tmp_path / "video.mp4", {}, tick, transition)
    assert sorted(tmp_path.iterdir()) == clips


@pytest.mark.parametrize("transition", Transition)
def test_no_file_but_the_video_stays(a_clip: ClipMaker, tmp_path: Path, transition: Transition) -> None:
    done: list[float] = []
    clips = [a_clip(tone(3, -20)), a_clip(tone(3, -20))]
    join(clips, tmp_path / "video.mp4", {}, done.append, transition)
    assert sorted(tmp_path.iterdir()) == [*clips, tmp_path / "video.mp4"]
    assert (done, done[-1]) == (sorted(done), 1)
