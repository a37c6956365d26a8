"""Joining against a bare stream copy, with sound against without, the animatic against bare encoding."""

import multiprocessing
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from itertools import cycle, islice
from pathlib import Path

import av
import numpy as np
from av.video.frame import VideoFrame
from PIL import Image

from functions.finalize.hearing import LAYOUT, RATE
from functions.finalize.join import join
from functions.finalize.loudness import frame_of
from functions.finalize.reel import BIT_RATE, CODER
from functions.keyframes.image_backends import KeyframeRequest, image_backend
from functions.render.video_backends import ClipRequest, Stills, video_backend
from functions.render.video_backends.clip_writer import write_clip
from shared.domain.capabilities import KeyframePosition
from shared.domain.generation import Transition
from shared.probe import probe
from tests.bench.memory import peak_mb
from tests.bench.table import Row

ROUNDS = 5
CLIPS = 10
RSS_BUDGET_MB = 400
"""Of a process that renders at 1080p; x264 takes 250 of it."""

PROMPT = "Wide shot, harbour at dusk. Mara (woman in a red coat) walks along the pier."


def measure(folder: Path) -> list[Row]:
    """Render clips of each kind, then join ten, without sound and with it."""
    return [
        *_animatic(folder, 1280, 720),
        *_animatic(folder, 1920, 1080),
        *_memory(folder),
        _join(folder),
        *_join_with_sound(folder),
    ]


def _nothing(_done: float) -> None:
    """Take a report of progress."""


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _request(width: int, height: int, move: str) -> ClipRequest:
    prompt = f"{PROMPT} {move}."
    return ClipRequest(prompt=prompt, seconds=5, width=width, height=height, fps=24, seed=7, job_seed=7)


def _keyframe(folder: Path, request: ClipRequest) -> Path:
    """Draw a still in layers."""
    keyframe = folder / f"keyframe-{request.height}.png"
    drawing = KeyframeRequest(
        prompt=PROMPT, caption="Mara", width=request.width, height=request.height, seed=7
    )
    keyframe.write_bytes(image_backend("storyboard").draw(drawing, []))
    return keyframe


def _flat(still: Path) -> Path:
    flat = still.with_stem(f"{still.stem}-flat")
    with Image.open(still) as picture:
        picture.save(flat, compress_level=1)
    return flat


def _animatic(folder: Path, width: int, height: int) -> list[Row]:
    push, pan = (_request(width, height, move) for move in ("Slow push in", "Pan right"))
    layered = _keyframe(folder, push)
    clip = folder / f"clip-{height}.mp4"
    return [
        _against_encoding(f"push in on layers, {height}p", push, layered, clip),
        _against_encoding(f"pan over layers, {height}p", pan, layered, clip),
        _against_encoding(f"push in on a flat still, {height}p", push, _flat(layered), clip),
    ]


def _against_encoding(what: str, request: ClipRequest, still: Path, clip: Path) -> Row:
    backend, total, bare = video_backend("animatic"), request.seconds * request.fps, clip.with_stem("bare")
    stills = {KeyframePosition.FIRST: still}
    backend.render(request, stills, clip, _nothing)
    with av.open(str(clip)) as container:
        ready = [_copied(frame) for frame in islice(container.decode(video=0), 48)]

    def encode() -> None:
        write_clip((_copied(frame) for frame in islice(cycle(ready), total)), request, bare, _nothing)

    pairs = [
        (_seconds(lambda: backend.render(request, stills, clip, _nothing)), _seconds(encode))
        for _ in range(ROUNDS)
    ]
    ours, theirs = (statistics.median(column) for column in zip(*pairs, strict=True))
    ratio = statistics.median(bare_time / mine for mine, bare_time in pairs)
    figures = f"{total / ours:.0f} frames/s against {total / theirs:.0f} = {ratio:.2f} of its speed"
    return Row(f"animatic against bare encoding: {what}", figures, note="the rest resizes layers")


def _memory(folder: Path) -> list[Row]:
    """Render at 1080p, each clip in a process of its own."""
    request = _request(1920, 1080, "Slow push in")
    layered = _keyframe(folder, request)
    first, last = KeyframePosition.FIRST, KeyframePosition.LAST
    kinds: dict[str, tuple[ClipRequest, Stills]] = {
        "one still": (request, {first: layered}),
        "pair": (request, {first: layered, last: layered}),
        "chain": (request.evolve(follows_on=True), {first: _flat(layered)}),
    }
    rows = []
    for kind, (asked, stills) in kinds.items():
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as apart:
            peak = apart.submit(_peak_mb, asked, stills, folder / "memory.mp4").result()
        budget = f"{RSS_BUDGET_MB} MB"
        rows.append(Row(f"animatic's memory, 1080p, {kind}", f"{peak} MB", budget, peak <= RSS_BUDGET_MB))
    return rows


def _peak_mb(request: ClipRequest, stills: Stills, into: Path) -> int:
    video_backend("animatic").render(request, stills, into, _nothing)
    return peak_mb()


def _copied(frame: VideoFrame) -> VideoFrame:
    return frame.reformat(format="yuv420p")


def _join(folder: Path) -> Row:
    clips = [folder / "clip-720.mp4"] * CLIPS
    video, bare = folder / "video.mp4", folder / "bare.mp4"
    pairs = [
        (_seconds(lambda: join(clips, video, {}, _nothing)), _seconds(lambda: _stream_copy(clips, bare)))
        for _ in range(ROUNDS + 1)
    ][1:]
    ours, theirs = (statistics.median(column) for column in zip(*pairs, strict=True))
    ratio = statistics.median(mine / bare_time for mine, bare_time in pairs)
    figures = f"{ours * 1000:.0f} ms against {theirs * 1000:.0f} ms = {ratio:.2f}x"
    return Row(f"join of {CLIPS} clips against bare stream copy", figures, "1.50x", ratio <= 1.5)


def _join_with_sound(folder: Path) -> list[Row]:
    """Join clips with sound: all that is heard is encoded, even where all that is seen is copied."""
    clip, sound = folder / "clip-720-sound.mp4", folder / "sound.m4a"
    _with_sound(folder / "clip-720.mp4", clip)
    clips, video = [clip] * CLIPS, folder / "video.mp4"
    seconds = probe(clip).duration_seconds * CLIPS

    def joined(transition: Transition, *, with_sound: bool) -> float:
        return _seconds(lambda: join(clips, video, {}, _nothing, transition, with_sound=with_sound))

    def bare() -> float:
        return _seconds(lambda: _encode_sound(sound, seconds))

    rows = []
    for what, transition, baseline, budget in (
        ("crossfades, against joining without it", Transition.CROSSFADE, None, 2),
        ("cuts, against bare encoding of as much sound", Transition.CUT, bare, 4),
    ):
        pairs = [
            (
                joined(transition, with_sound=True),
                baseline() if baseline else joined(transition, with_sound=False),
            )
            for _ in range(ROUNDS)
        ]
        ours, theirs = (statistics.median(column) for column in zip(*pairs, strict=True))
        ratio = statistics.median(mine / other for mine, other in pairs)
        figures = f"{ours * 1000:.0f} ms against {theirs * 1000:.0f} ms = {ratio:.2f}x"
        rows.append(
            Row(f"join of {CLIPS} clips with sound, {what}", figures, f"{budget:.2f}x", ratio <= budget)
        )
    return rows


def _with_sound(clip: Path, into: Path) -> None:
    """Copy a clip's pictures and give it sound as long as they are."""
    track = into.with_suffix(".m4a")
    _encode_sound(track, probe(clip).duration_seconds)
    with av.open(str(clip)) as seen, av.open(str(track)) as heard, av.open(str(into), "w") as output:
        pairs = [
            (source, stream, output.add_stream_from_template(stream))
            for source, stream in ((seen, seen.streams.video[0]), (heard, heard.streams.audio[0]))
        ]
        for source, stream, copy in pairs:
            for packet in source.demux(stream):
                if packet.size:
                    packet.stream = copy
                    output.mux(packet)


def _encode_sound(into: Path, seconds: float) -> None:
    """Encode chords over noise as finalize does: AAC, 48 kHz, stereo."""
    times = np.arange(RATE) / RATE
    chord = sum(np.sin(2 * np.pi * hertz * times) for hertz in (110, 220, 331, 440, 880, 1320)) / 20
    noise = np.random.default_rng(7).normal(0, 0.01, (2, RATE))
    second = (noise + chord).astype(np.float32)
    with av.open(str(into), "w", format="mp4") as output:
        stream = output.add_stream("aac", rate=RATE, options=CODER)
        stream.bit_rate, stream.layout = BIT_RATE, LAYOUT
        for number in range(round(seconds)):
            output.mux(stream.encode(frame_of(second, number * RATE)))
        output.mux(stream.encode(None))


def _stream_copy(clips: list[Path], into: Path) -> None:
    """Copy packets one clip after the other, and check nothing."""
    with av.open(str(into), "w", format="mp4", container_options={"movflags": "+faststart"}) as output:
        stream, offset = None, 0
        for clip in clips:
            with av.open(str(clip)) as source:
                template = source.streams.video[0]
                stream = stream or output.add_stream_from_template(template)
                for packet in source.demux(template):
                    if packet.dts is not None and packet.pts is not None:
                        packet.pts, packet.dts = packet.pts + offset, packet.dts + offset
                        packet.stream = stream
                        output.mux(packet)
                offset += template.duration or 0
