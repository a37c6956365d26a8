"""Chooses who encodes a clip: the GPU's own encoder where it works, else x264.

It knows encoders, not what is in the frames. PyAV loads with it.
"""

from collections.abc import Callable
from fractions import Fraction
from functools import cache
from typing import cast

import av
import structlog
from av.codec.codec import UnknownCodecError
from av.container import OutputContainer
from av.video.stream import VideoStream

from shared.h264 import AddStream, add_h264_stream, shape_stream

NVENC = "h264_nvenc"

OPTIONS = {"preset": "p5", "tune": "hq", "rc": "vbr", "b": "0"}
"""Slower than its default and better; quality alone decides how many bits. Not run on a GPU yet.
Source: `ffmpeg -h encoder=h264_nvenc`."""

log = structlog.get_logger()


def encode(write: Callable[[AddStream], None]) -> None:
    """Let a clip be written by NVENC; where that does not open, or fails under way, once more by x264.

    That NVENC failed is logged once for each reason.

    Args:
        write: writes the whole clip with the stream it is given, or leaves nothing.
    """
    try:
        return write(add_nvenc_stream)
    except av.error.FFmpegError as error:
        _tell(error.strerror)
    except UnknownCodecError:
        _tell("FFmpeg was built without it")
    return write(add_h264_stream)


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


@cache
def _tell(why: str) -> None:
    log.warning("encoder.fell_back", wanted=NVENC, to="libx264", reason=why)
