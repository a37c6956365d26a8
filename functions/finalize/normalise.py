"""Encodes clips that differ into one stream of one size and frame rate.

It knows frames and the encoder, neither jobs nor where clips come from.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from itertools import accumulate, pairwise
from pathlib import Path

from av.container import OutputContainer
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace

from shared.domain.errors import MediaCorrupt
from shared.h264 import UNTOLD_COLORSPACE, add_h264_stream, plane_pixels
from shared.probe import MediaFacts, open_media, read_frames, video_stream

Tick = Callable[[float], None]
"""Called with the fraction done, 0 to 1. It may raise to stop the work."""

CRF = 18
"""Finer than the clips, since what is encoded here was encoded before."""

BLACK = (16, 128, 128)
"""In yuv420p, limited range."""


def encode_alike(
    clips: Sequence[Path], facts: Sequence[MediaFacts], video: OutputContainer, tick: Tick
) -> int:
    """Encode all clips at the first one's size and frame rate, and return how many frames that makes.

    A clip begins at the frame nearest to where those before it end, so that rounding never adds up.

    Raises:
        MediaCorrupt: a clip cannot be decoded; names its shot.
    """
    fps = facts[0].fps
    ends = accumulate((clip.frames / clip.fps for clip in facts), initial=Fraction(0))
    seams = [math.floor(end * fps + Fraction(1, 2)) for end in ends]
    width, height = (side // 2 * 2 for side in (facts[0].width, facts[0].height))  # yuv420p: even sizes only
    stream = add_h264_stream(video, width=width, height=height, fps=fps, crf=CRF)
    encoded = 0
    for shot, (clip, known, (start, end)) in enumerate(zip(clips, facts, pairwise(seams), strict=True)):
        try:
            for frame in _frames(clip, known, fps, end - start, (stream.width, stream.height)):
                frame.pts, frame.time_base = encoded, 1 / fps
                video.mux(stream.encode(frame))
                encoded += 1
                tick(encoded / seams[-1])
        except MediaCorrupt as error:
            raise MediaCorrupt(str(error), shot=shot) from error
    video.mux(stream.encode())
    return encoded


def _frames(
    clip: Path, known: MediaFacts, fps: Fraction, count: int, size: tuple[int, int]
) -> Iterator[VideoFrame]:
    """Yield exactly `count` frames of a clip, fitted, each the one whose time is nearest."""
    sent = 0
    with open_media(clip) as container:
        stream = video_stream(container)
        shape = stream.sample_aspect_ratio or Fraction(1)
        current: VideoFrame | None = None
        for following in read_frames(container, stream):
            if current is not None:
                passed = ((following.pts or 0) - known.first_pts) * known.clock
                while sent < min(count, math.floor(passed * fps + Fraction(1, 2))):
                    yield _fit(current, size, shape)
                    sent += 1
            current = following
        if current is None:
            raise MediaCorrupt(f"{clip.name} has no frame that can be decoded")
        while sent < count:
            yield _fit(current, size, shape)
            sent += 1


def _fit(frame: VideoFrame, size: tuple[int, int], pixel_shape: Fraction) -> VideoFrame:
    """Scale a frame into `size`, with black bars where the shapes differ; yuv420p, limited range, BT.709."""
    width, height = size
    shape = Fraction(frame.width, frame.height) * pixel_shape
    inner = _even(min(Fraction(width), height * shape)), _even(min(Fraction(height), width / shape))
    scaled = frame.reformat(
        width=inner[0],
        height=inner[1],
        format="yuv420p",
        interpolation="BICUBIC",
        src_colorspace=Colorspace.ITU709 if frame.colorspace == UNTOLD_COLORSPACE else None,
        dst_colorspace=Colorspace.ITU709,
        dst_color_range=ColorRange.MPEG,
    )
    fitted = VideoFrame(width, height, "yuv420p")
    left, top = (width - inner[0]) // 4 * 2, (height - inner[1]) // 4 * 2
    for place, (plane, part) in enumerate(zip(fitted.planes, scaled.planes, strict=True)):
        shrink = 1 if place == 0 else 2
        pixels = plane_pixels(plane)
        pixels[:] = BLACK[place]
        rows = slice(top // shrink, top // shrink + part.height)
        pixels[rows, left // shrink : left // shrink + part.width] = plane_pixels(part)
    return fitted


def _even(length: Fraction) -> int:
    return max(2, 2 * round(length / 2))
