"""Joining against a bare stream copy, and the animatic against bare encoding, frame for frame."""

import statistics
import time
from collections.abc import Callable
from itertools import cycle, islice
from pathlib import Path

import av
from av.video.frame import VideoFrame

from functions.finalize.join import join
from functions.keyframes.image_backends import KeyframeRequest, image_backend
from functions.render.video_backends import ClipRequest, video_backend
from functions.render.video_backends.clip_writer import write_clip
from tests.bench.table import Row

ROUNDS = 5
CLIPS = 10
PROMPT = "Wide shot, harbour at dusk. Mara (woman in a red coat) walks along the pier. Slow push in."


def measure(folder: Path) -> list[Row]:
    """Render one clip of each kind, then join ten."""
    return [*_animatic(folder, 1280, 720), *_animatic(folder, 1920, 1080), _join(folder)]


def _nothing(_done: float) -> None:
    """Take a report of progress."""


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _animatic(folder: Path, width: int, height: int) -> list[Row]:
    request = ClipRequest(prompt=PROMPT, seconds=5, width=width, height=height, fps=24, seed=7)
    keyframe = folder / f"keyframe-{height}.png"
    drawing = KeyframeRequest(prompt=PROMPT, caption="Mara", width=width, height=height, seed=7)
    keyframe.write_bytes(image_backend("storyboard").draw(drawing, []))
    clip, bare = folder / f"clip-{height}.mp4", folder / "bare.mp4"
    backend, total = video_backend("animatic"), request.seconds * request.fps
    backend.render(request, keyframe, clip, _nothing)
    with av.open(str(clip)) as container:
        ready = [_copied(frame) for frame in islice(container.decode(video=0), 48)]

    def encode() -> None:
        write_clip((_copied(frame) for frame in islice(cycle(ready), total)), request, bare, _nothing)

    pairs = [
        (_seconds(lambda: backend.render(request, keyframe, clip, _nothing)), _seconds(encode))
        for _ in range(ROUNDS)
    ]
    ours, theirs = (statistics.median(column) for column in zip(*pairs, strict=True))
    ratio = statistics.median(mine / bare_time for mine, bare_time in pairs)
    figures = f"{total / ours:.0f} frames/s against {total / theirs:.0f} = {ratio:.2f}x the time"
    return [Row(f"animatic against bare encoding, {height}p", figures, note="the rest resizes the still")]


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
