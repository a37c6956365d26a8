"""Clips with sound whose times and loudness are known, and what a video of them sounds like, measured."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.video.frame import VideoFrame
from numpy.typing import NDArray

from shared.h264 import add_h264_stream

RATE = 48_000
SIZE = 64, 36
DARK, FLASH = 60, 230
"""Luma of a frame."""

Samples = NDArray[np.float32]
"""(channels, n)."""


def tone(seconds: float, dbfs: float, *, hertz: float = 1000, rate: int = RATE, channels: int = 2) -> Samples:
    """Return a sine whose peaks are at `dbfs`. In stereo at 1 kHz that is its loudness in LUFS, too.

    Source: EBU Tech 3341, test case 1.
    """
    wave = np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate) * 10 ** (dbfs / 20)
    return np.repeat(wave[None].astype(np.float32), channels, axis=0)


def click(
    seconds: float, at: float, *, rate: int = RATE, channels: int = 2, amplitude: float = 0.5
) -> Samples:
    """Return silence with a burst of 4 ms that begins at a time in seconds."""
    samples = np.zeros((channels, round(seconds * rate)), np.float32)
    start, length = round(at * rate), round(0.004 * rate)
    burst = amplitude * np.sin(2 * np.pi * 2000 * np.arange(length) / rate)
    samples[:, start : start + length] = burst[: samples.shape[1] - start]
    return samples


def sounding_clip(
    path: Path,
    frames: int,
    sound: Samples | None,
    *,
    fps: int = 24,
    size: tuple[int, int] = SIZE,
    rate: int = RATE,
    begins: float = 0,
    flash: int | None = None,
    codec: str = "aac",
    video_starts: int = 0,
    muxing: dict[str, str] | None = None,
) -> Path:
    """Encode a clip.

    Args:
        sound: (1 or 2, n); None for a clip without.
        begins: seconds by which the sound begins late.
        flash: number of the one bright frame.
        video_starts: number of frames by which all of the clip is shown late.
        muxing: the container's options.
    """
    with av.open(str(path), "w", container_options=muxing or {}) as container:
        pictures = add_h264_stream(container, width=size[0], height=size[1], fps=Fraction(fps), crf=20)
        late = Fraction(video_starts, fps)
        stream = container.add_stream(codec, rate=rate) if sound is not None else None
        if stream is not None and sound is not None:
            assert isinstance(stream, av.AudioStream)
            stream.layout = "stereo" if len(sound) == 2 else "mono"
            for frame in audio_frames(sound, rate, round((begins + late) * rate)):
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
        for place in range(frames):
            picture = flat(FLASH if place == flash else DARK, size)
            picture.pts, picture.time_base = place + video_starts, Fraction(1, fps)
            container.mux(pictures.encode(picture))
        container.mux(pictures.encode())
    return path


def with_damaged_sound(clip: Path, keep: int) -> Path:
    """Overwrite all of a clip's sound but its first packets."""
    with av.open(str(clip)) as container:
        places = [(packet.pos, packet.size) for packet in container.demux(audio=0) if packet.size]
    data = bytearray(clip.read_bytes())
    noise = np.random.default_rng(11)
    for position, size in places[keep:]:
        assert position is not None
        data[position : position + size] = noise.bytes(size)
    clip.write_bytes(data)
    return clip


def audio_frames(sound: Samples, rate: int, first: int) -> Iterator[AudioFrame]:
    layout = "stereo" if len(sound) == 2 else "mono"
    for start in range(0, sound.shape[1], 1024):
        part = np.ascontiguousarray(sound[:, start : start + 1024])
        frame = AudioFrame.from_ndarray(part, format="fltp", layout=layout)
        frame.sample_rate, frame.pts, frame.time_base = rate, first + start, Fraction(1, rate)
        yield frame


def flat(luma: int, size: tuple[int, int]) -> VideoFrame:
    planes = np.full((size[1] * 3 // 2, size[0]), 128, np.uint8)
    planes[: size[1]] = luma
    return VideoFrame.from_ndarray(planes, format="yuv420p")


def sound_of(video: Path) -> Samples:
    """Return a video's sound as a player plays it, from its time 0 on."""
    with av.open(str(video)) as container:
        frames = list(container.decode(audio=0))
        assert {(frame.sample_rate, frame.layout.name) for frame in frames} == {(RATE, "stereo")}
        assert frames[0].pts == 0
        samples: Samples = np.concatenate([frame.to_ndarray() for frame in frames], axis=1)
        return samples


def loudness_of(sound: Samples) -> tuple[float, float]:
    """Return integrated loudness in LUFS and true peak in dBTP, after FFmpeg's meter."""
    graph = av.filter.Graph()
    source = graph.add_abuffer(sample_rate=RATE, format="fltp", layout="stereo", time_base=Fraction(1, RATE))
    meter = graph.add("ebur128", "metadata=1:peak=true:framelog=quiet")
    graph.link_nodes(source, meter, graph.add("abuffersink")).configure()
    whole = np.pad(sound, ((0, 0), (0, -sound.shape[1] % (RATE // 10))))  # of less nothing is told
    for frame in audio_frames(whole, RATE, 0):
        graph.push(frame)
    graph.push(None)
    told: dict[str, str] = {}
    while True:
        try:
            told = graph.pull().metadata
        except (av.error.BlockingIOError, EOFError):
            break
    peak = max(float(told["lavfi.r128.true_peak"]), 1e-9)
    return float(told["lavfi.r128.I"]), 20 * float(np.log10(peak))


def rms(sound: Samples, start: float, stop: float) -> float:
    """Return the level between two times in seconds, in dB; a full-scale sine has -3."""
    part = sound[:, round(start * RATE) : round(stop * RATE)].astype(float)
    return float(10 * np.log10(max(1e-12, (part**2).mean())))


def clicks(sound: Samples, *, apart: float = 0.1) -> list[float]:
    """Return the times in seconds of bursts: the middle of each one's energy."""
    energy = (sound.astype(float) ** 2).sum(axis=0)
    loud = np.flatnonzero(energy > energy.max() / 100)
    groups = np.split(loud, np.flatnonzero(np.diff(loud) > apart * RATE) + 1)
    return [float((group * energy[group]).sum() / energy[group].sum() / RATE) for group in groups]


def flashes(video: Path) -> list[float]:
    """Return the times in seconds of bright frames: the middle of each group of them."""
    with av.open(str(video)) as container:
        shown = [
            (
                float((frame.pts or 0) * (frame.time_base or 0)),
                float(frame.to_ndarray()[: frame.height].mean()),
            )
            for frame in container.decode(video=0)
        ]
    frame_seconds = shown[1][0] - shown[0][0]
    groups: list[list[tuple[float, float]]] = []
    for time, luma in shown:
        if luma <= DARK + 12:
            continue
        if groups and time - groups[-1][-1][0] < 1.5 * frame_seconds:
            groups[-1].append((time, luma))
        else:
            groups.append([(time, luma)])
    return [sum(time for time, _ in group) / len(group) + frame_seconds / 2 for group in groups]
