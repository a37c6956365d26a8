"""Measures how loud sound is, and brings it to one loudness by one gain.

It knows samples only. Sources: ITU-R BS.1770-5 (loudness, true peak, gates), EBU R 128 (what to measure),
AES TD1008 (-16 LUFS and at most -1 dBTP for sound streamed with video).
"""

from collections.abc import Iterator
from fractions import Fraction

import numpy as np
from av.audio.frame import AudioFrame
from av.error import BlockingIOError as NotYet
from av.filter import Graph
from av.filter.context import FilterContext

from functions.finalize.hearing import LAYOUT, RATE, Block, silence
from shared.domain.model import Record

TARGET_LUFS = -16.0

CEILING_DBTP = -2.0
"""1 dB under what is permitted, since encoding to AAC adds some of its own."""

GATE_LUFS = -70.0
"""What is no louder counts as silence. Source: BS.1770's absolute gate."""

MOST_GAIN_DB = 20.0
"""What is quieter still is meant to be, or is noise."""

MOST_LIMITED_DB = 6.0
"""How far the gain may take peaks over the ceiling, where the limiter holds them: more could be heard."""

OVERSAMPLED = 4 * RATE
"""Where samples lie close enough for peaks between them to be seen. Source: BS.1770 annex 2."""


class Loudness(Record):
    """How loud sound is."""

    lufs: float | None
    """Integrated loudness; None for silence."""
    true_peak_dbtp: float | None
    """None where there is nothing but digital silence."""


class Levelling(Record):
    """What is done to sound."""

    gain_db: float
    limited: bool
    """Whether a limiter holds the peaks that the gain takes over the ceiling."""


def measure(blocks: Iterator[Block]) -> Loudness:
    """Measure sound as a whole."""
    lufs, peak = GATE_LUFS, 0.0
    for frame in _filtered(_whole(blocks), ("ebur128", "metadata=1:peak=true:framelog=quiet")):
        told = frame.metadata
        lufs = float(told.get("lavfi.r128.I", lufs))
        peak = max(peak, float(told.get("lavfi.r128.true_peak", 0.0)))
    return Loudness(
        lufs=round(lufs, 2) if lufs > GATE_LUFS else None,
        true_peak_dbtp=round(20 * float(np.log10(peak)), 2) if peak else None,
    )


def levelling(loudness: Loudness) -> Levelling:
    """Say what brings sound of that loudness to the target; silence stays as it is."""
    if loudness.lufs is None or loudness.true_peak_dbtp is None:
        return Levelling(gain_db=0.0, limited=False)
    to_ceiling = CEILING_DBTP - loudness.true_peak_dbtp
    gain = min(TARGET_LUFS - loudness.lufs, MOST_GAIN_DB, to_ceiling + MOST_LIMITED_DB)
    return Levelling(gain_db=round(gain, 2), limited=gain > to_ceiling)


def levelled(blocks: Iterator[Block], how: Levelling) -> Iterator[Block]:
    """Yield sound with that done to it, as many samples as were given and none of them shifted."""
    gain = np.float32(10 ** (how.gain_db / 20))
    amplified = (block * gain for block in blocks)
    if not how.limited:
        yield from amplified
        return
    limit = 10 ** (CEILING_DBTP / 20)
    for frame in _filtered(
        amplified,
        ("aresample", str(OVERSAMPLED)),
        ("alimiter", f"level=0:latency=1:limit={limit:.6f}"),
        ("aresample", str(RATE)),
        ("aformat", "sample_fmts=fltp"),
    ):
        yield samples_of(frame)


def frame_of(block: Block, at: int) -> AudioFrame:
    """Return samples as a frame whose first one is heard at `at` / 48,000 s."""
    frame = AudioFrame.from_ndarray(np.ascontiguousarray(block), format="fltp", layout=LAYOUT)
    frame.sample_rate, frame.pts, frame.time_base = RATE, at, Fraction(1, RATE)
    return frame


def samples_of(frame: AudioFrame) -> Block:
    """Return a frame's samples."""
    return frame.to_ndarray().astype(np.float32, copy=False)


def _whole(blocks: Iterator[Block]) -> Iterator[Block]:
    """Yield sound with silence up to the next tenth of a second: of less than one nothing is told."""
    samples = 0
    for block in blocks:
        yield block
        samples += block.shape[1]
    yield from silence(-samples % (RATE // 10))


def _filtered(blocks: Iterator[Block], *filters: tuple[str, str]) -> Iterator[AudioFrame]:
    """Yield what comes out of FFmpeg's filters, one after the other."""
    graph = Graph()
    source = graph.add_abuffer(sample_rate=RATE, format="fltp", layout=LAYOUT, time_base=Fraction(1, RATE))
    nodes: list[FilterContext] = [source, *(graph.add(*each) for each in filters), graph.add("abuffersink")]
    graph.link_nodes(*nodes).configure()
    at = 0
    for block in blocks:
        if block.shape[1]:
            graph.push(frame_of(block, at))
            at += block.shape[1]
            yield from _ready(graph)
    graph.push(None)
    yield from _ready(graph)


def _ready(graph: Graph) -> Iterator[AudioFrame]:
    while True:
        try:
            frame = graph.pull()
        except (NotYet, EOFError):
            return
        assert isinstance(frame, AudioFrame)  # noqa: S101 - for the type: nothing else comes out of sound
        yield frame
