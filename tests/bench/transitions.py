"""Joining with a crossfade against bare encoding of as many frames, and what memory it takes."""

import multiprocessing
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from fractions import Fraction
from itertools import cycle, islice
from pathlib import Path

import av
import numpy as np
from av.video.frame import VideoFrame

from functions.finalize.join import JoinFacts, join
from shared.domain.generation import Transition
from shared.h264 import add_h264_stream
from tests.bench.memory import peak_mb
from tests.bench.table import Row

FPS, SECONDS, CLIPS = 24, 5, 10
RSS_BUDGET_MB = 450


def measure(folder: Path) -> list[Row]:
    """Join ten clips of 5 s, at 720p and at 1080p."""
    return [*_crossfade(folder, 1280, 720), *_crossfade(folder, 1920, 1080)]


def _crossfade(folder: Path, width: int, height: int) -> list[Row]:
    clip, video, bare = (folder / f"{name}-{height}.mp4" for name in ("clip", "video", "bare"))
    pictures = [_drifting(width, height, place) for place in range(2 * FPS)]
    _encode(pictures, FPS * SECONDS, clip)
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as apart:
        ours, facts, peak = apart.submit(_join, [clip] * CLIPS, video).result()
    theirs = _timed(lambda: _encode(pictures, facts.encoded, bare))
    share = f"{facts.encoded} of {facts.frames} frames are encoded"
    figures = f"{ours:.1f} s against {theirs:.1f} s = {ours / theirs:.2f}x"
    memory = f"{peak} MB"
    return [
        Row(f"crossfade of {CLIPS} clips against encoding, {height}p", figures, note=share),
        Row(f"crossfade's memory, {height}p", memory, f"{RSS_BUDGET_MB} MB", peak <= RSS_BUDGET_MB),
    ]


def _join(clips: list[Path], into: Path) -> tuple[float, JoinFacts, int]:
    """Return how long it took, what was joined, and the process's largest memory so far, in MB."""
    began = time.perf_counter()
    facts = join(clips, into, {}, lambda _done: None, Transition.CROSSFADE)
    took = time.perf_counter() - began
    return took, facts, peak_mb()


def _timed(work: Callable[[], None]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _drifting(width: int, height: int, place: int) -> VideoFrame:
    """Return a picture of soft waves that drift by."""
    down, across = np.mgrid[0:height, 0:width]
    waves = np.sin((across + 3 * place) / 37) + np.sin((down + across / 3 - place) / 23)
    planes = np.full((height * 3 // 2, width), 128, np.uint8)
    planes[:height] = 128 + 45 * waves
    return VideoFrame.from_ndarray(planes, format="yuv420p")


def _encode(pictures: list[VideoFrame], frames: int, into: Path) -> None:
    with av.open(str(into), "w") as container:
        stream = add_h264_stream(
            container, width=pictures[0].width, height=pictures[0].height, fps=Fraction(FPS), crf=18
        )
        for place, frame in enumerate(islice(cycle(pictures), frames)):
            frame.pts, frame.time_base = place, Fraction(1, FPS)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
