"""Encodes frames into a clip, as they come.

It knows the encoder and the container, not what is in the frames. Clips of one job come out with the same
parameter sets, so that they can be joined without encoding them again.
"""

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path

import av
from av.video.frame import VideoFrame

from functions.render.video_backends import ClipRequest, Tick
from shared.h264 import AddStream, add_h264_stream

CRF = 20
"""At this quality a moving still shows no loss."""

FASTSTART = {"movflags": "+faststart"}
"""The index goes in front, so that a clip plays while it loads."""


def write_clip(
    frames: Iterable[VideoFrame],
    request: ClipRequest,
    into: Path,
    tick: Tick,
    add_stream: AddStream = add_h264_stream,
) -> None:
    """Encode frame i at i / fps as H.264 in an MP4 at `into`, without audio.

    Args:
        frames: yuv420p, limited range, BT.709, of the request's size; taken one by one and never kept.
        tick: called after every frame. Whatever it or `frames` raises is passed on, and no file is left.
        add_stream: of the encoder.
    """
    total = request.seconds * request.fps
    try:
        with av.open(str(into), "w", format="mp4", container_options=FASTSTART) as container:
            stream = add_stream(
                container, width=request.width, height=request.height, fps=Fraction(request.fps), crf=CRF
            )
            for place, frame in enumerate(frames):
                frame.pts, frame.time_base = place, Fraction(1, request.fps)
                container.mux(stream.encode(frame))
                tick((place + 1) / total)
            container.mux(stream.encode())
    except BaseException:
        into.unlink(missing_ok=True)
        raise
