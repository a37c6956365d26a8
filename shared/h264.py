"""How everything we encode ourselves is encoded. Knows no frames and no files; PyAV loads with it."""

import math
import os
from fractions import Fraction
from typing import Any, Protocol

import numpy as np
from av.codec.context import Flags
from av.container import OutputContainer
from av.video.codeccontext import VideoCodecContext
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc
from av.video.stream import VideoStream
from numpy.typing import NDArray

CORES = os.cpu_count() or 1

ENCODER_THREADS = min(CORES, 4)
"""One a core. More only hold more frames in memory, and slow down 1080p on two cores by a third."""

PRESET = "veryfast"
"""Twice as fast as x264's default."""

GOP_SECONDS = 2
"""Longest way from one I-frame to the next, so that players can jump and a thumbnail is quick to reach."""

X264_PARAMETERS = "stitchable=1:cpu-independent=1"
"""Keeps the quality out of the parameter sets, and gives the same bytes whatever vector instructions a
machine has. Source: `b_stitchable` and `b_cpu_independent` in x264.h."""

UNTOLD_COLORSPACE = 2
"""Source: AVCOL_SPC_UNSPECIFIED in FFmpeg's libavutil/pixfmt.h."""


class AddStream(Protocol):
    """Adds a video stream of one of our encoders to a file."""

    def __call__(
        self, container: OutputContainer, *, width: int, height: int, fps: Fraction, crf: int
    ) -> VideoStream:
        """See `add_h264_stream`."""
        ...


def add_h264_stream(
    container: OutputContainer, *, width: int, height: int, fps: Fraction, crf: int
) -> VideoStream:
    """Add a video stream: H.264 yuv420p, BT.709, limited range, closed GOPs.

    Streams of the same size and rate have the same parameter sets, so that they can be joined by stream copy.

    Args:
        width, height: pixels; even.
        crf: x264's quality, 0 to 51, lower is better.
    """
    options = {"preset": PRESET, "crf": str(crf), "x264-params": X264_PARAMETERS}
    stream = container.add_stream("libx264", rate=fps, options=options)
    shape_stream(stream.codec_context, width=width, height=height, fps=fps)
    stream.codec_context.thread_count = ENCODER_THREADS
    return stream


def shape_stream(context: VideoCodecContext, *, width: int, height: int, fps: Fraction) -> None:
    """Tell an encoder, whichever it is, what every stream of ours has in common."""
    context.width, context.height, context.pix_fmt = width, height, "yuv420p"
    context.time_base = 1 / fps
    context.gop_size = math.ceil(GOP_SECONDS * fps)
    context.flags |= Flags.closed_gop
    context.color_range, context.colorspace = ColorRange.MPEG, Colorspace.ITU709
    context.color_primaries, context.color_trc = ColorPrimaries.BT709, ColorTrc.BT709


def plane_pixels(plane: Any) -> NDArray[np.uint8]:  # noqa: ANN401 - PyAV's stubs do not say that it is a buffer
    """View the memory of a frame's plane as its rows, without the padding at their ends."""
    rows = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)
    return rows[: plane.height, : plane.width]
