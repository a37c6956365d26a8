"""How loud the joined video is: one gain for all of it, measured first, and no peak over the ceiling."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from functions.finalize.hearing import BLOCK, Block
from functions.finalize.join import JoinFacts, join
from functions.finalize.loudness import Levelling, levelled, levelling, measure
from tests.unit.sounding_clips import RATE, Samples, loudness_of, rms, sound_of, sounding_clip, tone


def blocks(sound: Samples) -> Iterator[Block]:
    for start in range(0, sound.shape[1], BLOCK):
        yield sound[:, start : start + BLOCK]


def video_of(folder: Path, *sounds: Samples | None) -> tuple[Samples, JoinFacts]:
    clips = [sounding_clip(folder / f"{place}.mp4", 96, sound) for place, sound in enumerate(sounds)]
    facts = join(clips, folder / "video.mp4", {}, lambda _done: None)
    return sound_of(folder / "video.mp4"), facts


def speech(seconds: float, dbfs: float) -> Samples:
    """Return noise in syllables: peaks far over its loudness, as speech has."""
    generator = np.random.default_rng(3)
    noise = generator.normal(0, 1, (1, round(seconds * RATE)))
    beat = np.abs(np.sin(2 * np.pi * 2 * np.arange(noise.shape[1]) / RATE)) ** 20
    return np.repeat(noise * beat * 10 ** (dbfs / 20), 2, axis=0).astype(np.float32)


@pytest.mark.parametrize("dbfs", [-40.0, -33.0, -23.0, -16.0, -6.0])
def test_tone_of_known_loudness_is_measured(dbfs: float) -> None:
    measured = measure(blocks(tone(4, dbfs)))
    assert measured.lufs == pytest.approx(dbfs, abs=0.1)
    assert measured.true_peak_dbtp == pytest.approx(dbfs, abs=0.2)


def test_peaks_between_samples_are_measured() -> None:
    """A quarter of the rate, an eighth of a turn late: no sample meets the wave's top, 3 dB above them."""
    wave = np.sin(np.pi / 2 * np.arange(4 * RATE) + np.pi / 4).astype(np.float32) * 0.5
    wave[:BLOCK] *= np.linspace(0, 1, BLOCK, dtype=np.float32)
    measured = measure(blocks(np.stack([wave, wave])))
    assert measured.true_peak_dbtp == pytest.approx(-6, abs=0.3)


def test_last_moments_are_measured_too() -> None:
    sound = np.concatenate([tone(2, -30), tone(0.05, -3)], axis=1)
    assert measure(blocks(sound)).true_peak_dbtp == pytest.approx(-3, abs=0.3)


@pytest.mark.parametrize("dbfs", [-35.0, -23.0, -16.0, -3.0])
def test_video_comes_out_at_the_target(tmp_path: Path, dbfs: float) -> None:
    sound, facts = video_of(tmp_path, tone(4, dbfs))
    lufs, peak = loudness_of(sound)
    assert lufs == pytest.approx(-16, abs=0.5)
    assert peak <= -1
    assert facts.sound is not None
    assert facts.sound.levelling.gain_db == pytest.approx(-16 - dbfs, abs=0.5)


def test_clips_keep_their_differences(tmp_path: Path) -> None:
    sound, _ = video_of(tmp_path, tone(4, -30), None, tone(4, -20), tone(4, -24))
    assert loudness_of(sound)[0] == pytest.approx(-16, abs=0.5)
    quiet, silent, loud, middle = (rms(sound, at + 0.1, at + 3.9) for at in (0, 4, 8, 12))
    assert loud - quiet == pytest.approx(10, abs=0.2)
    assert loud - middle == pytest.approx(4, abs=0.2)
    assert silent < -80


@pytest.mark.parametrize("dbfs", [-120.0, -75.0])
def test_silence_stays_silence(tmp_path: Path, dbfs: float) -> None:
    sound, facts = video_of(tmp_path, tone(4, dbfs))
    assert facts.sound is not None
    assert (facts.sound.measured.lufs, facts.sound.levelling.gain_db) == (None, 0)
    assert rms(sound, 0.1, 3.9) < dbfs + 3


def test_digital_silence_has_no_loudness() -> None:
    measured = measure(blocks(np.zeros((2, RATE), np.float32)))
    assert (measured.lufs, measured.true_peak_dbtp) == (None, None)
    assert levelling(measured) == Levelling(gain_db=0, limited=False)


def test_what_is_meant_to_be_quiet_is_not_blown_up(tmp_path: Path) -> None:
    sound, _ = video_of(tmp_path, tone(4, -60))
    assert loudness_of(sound)[0] == pytest.approx(-40, abs=0.5)


def test_peaks_are_held_where_the_gain_takes_them_over_the_ceiling(tmp_path: Path) -> None:
    sound, facts = video_of(tmp_path, speech(4, -24))
    assert facts.sound is not None
    assert facts.sound.levelling.limited
    measured = facts.sound.measured
    assert measured.true_peak_dbtp is not None
    assert measured.true_peak_dbtp + facts.sound.levelling.gain_db > -1
    lufs, peak = loudness_of(sound)
    assert lufs == pytest.approx(-16, abs=1)
    assert peak <= -1


def test_few_loud_moments_do_not_blow_up_the_rest(tmp_path: Path) -> None:
    still = tone(4, -50)
    still[:, RATE : RATE + 400] = tone(400 / RATE, -1)
    _, facts = video_of(tmp_path, still)
    assert facts.sound is not None
    assert facts.sound.levelling.gain_db <= 5.1


@pytest.mark.parametrize("limited", [False, True])
def test_levelling_neither_shifts_nor_cuts(limited: bool) -> None:
    noise = np.random.default_rng(1).normal(0, 0.1, (2, 3 * RATE + 123)).astype(np.float32)
    result = np.concatenate(list(levelled(blocks(noise), Levelling(gain_db=-20, limited=limited))), axis=1)
    assert result.shape == noise.shape
    inner = slice(2000, -2000)
    expected = noise[0, inner] * 0.1
    error = result[0, inner] - expected
    assert (error**2).mean() < (expected**2).mean() / (10 if limited else 1e6)


def test_limiter_lets_go_between_peaks() -> None:
    """A moment later all is as loud as without it, so nothing pumps."""
    sound = tone(2, -20)
    sound[:, RATE : RATE + 100] = tone(100 / RATE, 0)
    result = np.concatenate(list(levelled(blocks(sound), Levelling(gain_db=0, limited=True))), axis=1)
    assert np.abs(result).max() <= 10 ** (-1.8 / 20)
    assert rms(result, 1.2, 1.9) == pytest.approx(rms(sound, 1.2, 1.9), abs=0.1)
    assert rms(result, 0.1, 0.9) == pytest.approx(rms(sound, 0.1, 0.9), abs=0.1)
