"""Encodes frames into a clip, as they come.

It knows the encoder and the container, not what is in the frames. Clips of one job come out with the same
parameter sets, so that they can be joined without encoding them again.
"""

import os
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import av
from av.codec.context import Flags
from av.video.frame import VideoFrame
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc
from av.video.stream import VideoStream

from functions.render.video_backends import ClipRequest, Tick

CORES = os.cpu_count() or 1

ENCODER_THREADS = min(CORES, 4)
"""One a core. More only hold more frames in memory, and slow down 1080p on two cores by a third."""

X264 = {"preset": "veryfast", "crf": "20"}
"""Twice as fast as x264's default preset; at this quality a moving still shows no loss."""

GOP_SECONDS = 2
"""Longest way from one I-frame to the next, so that players can jump and a thumbnail is quick to reach."""

FASTSTART = {"movflags": "+faststart"}
"""The index goes in front, so that a clip plays while it loads."""


def write_clip(frames: Iterable[VideoFrame], request: ClipRequest, into: Path, tick: Tick) -> None:
    """Encode frame i at i / fps as H.264 in an MP4 at `into`, without audio.

    Args:
        frames: yuv420p, limited range, BT.709, of the request's size; taken one by one and never kept.
        tick: called after every frame. Whatever it or `frames` raises is passed on, and no file is left.
    """
    total = request.seconds * request.fps
    try:
        with av.open(str(into), "w", format="mp4", container_options=FASTSTART) as container:
            stream = container.add_stream("libx264", rate=request.fps, options=X264)
            _configure(stream, request)
            for place, frame in enumerate(frames):
                frame.pts, frame.time_base = place, Fraction(1, request.fps)
                container.mux(stream.encode(frame))
                tick((place + 1) / total)
            container.mux(stream.encode())
    except BaseException:
        into.unlink(missing_ok=True)
        raise


def _configure(stream: VideoStream, request: ClipRequest) -> None:
    context = stream.codec_context
    context.width, context.height, context.pix_fmt = request.width, request.height, "yuv420p"
    context.time_base = Fraction(1, request.fps)
    context.gop_size = GOP_SECONDS * request.fps
    context.flags |= Flags.closed_gop
    context.thread_count = ENCODER_THREADS
    context.color_range, context.colorspace = ColorRange.MPEG, Colorspace.ITU709
    context.color_primaries, context.color_trc = ColorPrimaries.BT709, ColorTrc.BT709
