"""Chooses who encodes a clip: the GPU's own encoder where it opens, else x264.

It knows encoders, not what is in the frames. PyAV loads with it.
"""

from fractions import Fraction
from functools import cache
from typing import cast

import av
import structlog
from av.container import OutputContainer
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream

from shared.h264 import AddStream, add_h264_stream, shape_stream

NVENC = "h264_nvenc"

OPTIONS = {"preset": "p5", "tune": "hq", "rc": "vbr", "b": "0"}
"""Slower than its default and better; quality alone decides how many bits. Not run on a GPU yet.
Source: `ffmpeg -h encoder=h264_nvenc`."""

log = structlog.get_logger()


def clip_encoder(width: int, height: int, fps: int, *, codec: str = NVENC) -> AddStream:
    """Return what adds the stream of a clip of this size: by NVENC if it opens for it now, else by x264.

    Which of both is told in the logs once for each answer.
    """
    why_not = _why_it_does_not_open(codec, width, height, fps)
    _tell(codec, why_not)
    return add_h264_stream if why_not else add_nvenc_stream


def add_nvenc_stream(
    container: OutputContainer, *, width: int, height: int, fps: Fraction, crf: int
) -> VideoStream:
    """Add a video stream as `add_h264_stream` does, encoded by the GPU.

    Args:
        crf: NVENC's constant quality, which has nearly the same scale.
    """
    stream = cast(VideoStream, container.add_stream(NVENC, rate=fps, options=OPTIONS | {"cq": str(crf)}))
    shape_stream(stream.codec_context, width=width, height=height, fps=fps)
    return stream


def _why_it_does_not_open(codec: str, width: int, height: int, fps: int) -> str:
    """Try it on nothing: a stream that was added cannot be taken back. Empty: it opens."""
    try:
        trial = cast(VideoCodecContext, av.CodecContext.create(codec, "w"))
        shape_stream(trial, width=width, height=height, fps=Fraction(fps))
        trial.open()
    except (av.error.FFmpegError, ValueError) as error:  # the latter where FFmpeg was built without it
        return str(error) or type(error).__name__
    return ""


@cache
def _tell(codec: str, why_not: str) -> None:
    if why_not:
        log.warning("encoder.fell_back", wanted=codec, to="libx264", reason=why_not)
    else:
        log.info("encoder.chosen", codec=codec)
