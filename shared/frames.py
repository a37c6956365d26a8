"""Turns decoded frames into pictures. Knows neither files nor what pictures are for; PyAV loads with it."""

from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace
from PIL import Image

from shared.h264 import UNTOLD_COLORSPACE


def picture_of(frame: VideoFrame, *, max_width: int | None = None) -> Image.Image:
    """Return a frame as RGB, in the colours a player would show.

    Args:
        max_width: pixels; what is wider is scaled down.
    """
    width = min(frame.width, max_width or frame.width)
    picture = frame.reformat(
        width=width,
        height=max(1, round(frame.height * width / frame.width)),
        format="rgb24",
        interpolation="AREA" if width < frame.width else "BICUBIC",
        src_colorspace=Colorspace.ITU709 if frame.colorspace == UNTOLD_COLORSPACE else None,
        dst_color_range=ColorRange.JPEG,
    )
    return Image.fromarray(picture.to_ndarray())
