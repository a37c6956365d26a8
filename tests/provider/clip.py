"""Makes the clips that the provider delivers: a bar moving over a colour. It knows no operation."""

import io
import threading
from fractions import Fraction
from typing import NamedTuple

import av
import numpy as np
from av.video.frame import VideoFrame

from shared.h264 import add_h264_stream, plane_pixels

BLACK, WHITE = 16, 235
"""Darkest and brightest of limited range."""
BARS = 16
"""As many fit side by side."""


class ClipShape(NamedTuple):
    """What tells one clip from another."""

    seconds: int
    width: int
    """Pixels; even."""
    height: int
    """Pixels; even."""
    fps: int


class Clips:
    """Encodes a clip the first time its shape is asked for, and keeps it. May be used from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._made: dict[ClipShape, bytes] = {}

    def get(self, shape: ClipShape) -> bytes:
        """Return an MP4 of exactly `seconds * fps` frames, H.264 yuv420p."""
        with self._lock:
            if shape not in self._made:
                self._made[shape] = _encode(shape)
            return self._made[shape]


def _encode(shape: ClipShape) -> bytes:
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        stream = add_h264_stream(
            container, width=shape.width, height=shape.height, fps=Fraction(shape.fps), crf=30
        )
        stream.codec_context.options = stream.codec_context.options | {"preset": "ultrafast"}
        for place in range(shape.seconds * shape.fps):
            frame = _frame(shape, place)
            frame.pts, frame.time_base = place, Fraction(1, shape.fps)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return file.getvalue()


def _frame(shape: ClipShape, place: int) -> VideoFrame:
    frame = VideoFrame(shape.width, shape.height, "yuv420p")
    luma, *chroma = (plane_pixels(plane) for plane in frame.planes)
    luma[:] = BLACK
    bar = max(2, shape.width // BARS)
    left = place * bar // 2 % shape.width
    luma[:, left : left + bar] = WHITE
    for pixels, hue in zip(chroma, (place, -place), strict=True):
        pixels[:] = np.uint8(128 + hue % 64)
    return frame
