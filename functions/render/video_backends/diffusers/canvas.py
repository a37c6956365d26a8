"""How a clip's picture lies in the frames that a model renders: a little larger, and cut evenly.

It knows pixels and stills, neither models nor how frames are encoded.
"""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace
from numpy.typing import NDArray
from PIL import Image, ImageOps

from shared.stills import caption_rows, open_picture


class Canvas(NamedTuple):
    """The rendered size, with the clip's own in the middle of it. All in pixels."""

    width: int
    height: int
    left: int
    top: int
    shown_width: int
    shown_height: int


def canvas_of(width: int, height: int, multiple: int) -> Canvas:
    """Return the smallest rendered size with sides of this multiple that holds the clip's."""
    across, down = (-(-side // multiple) * multiple for side in (width, height))
    return Canvas(across, down, (across - width) // 2, (down - height) // 2, width, height)


def lay_on(canvas: Canvas, still: Path) -> Image.Image:
    """Read a still and lay it on the canvas, pixel for pixel where the clip will show it.

    What has another shape than the clip is cut off evenly, and so is its caption. The margin around the clip,
    which nobody sees, mirrors what is beside it, so that the model sees a picture that goes on.

    Raises:
        MediaCorrupt: it cannot be decoded.
    """
    picture = open_picture(still)
    uncaptioned = picture.crop((0, 0, picture.width, picture.height - caption_rows(picture)))
    size = canvas.shown_width, canvas.shown_height
    fitted = (
        uncaptioned if uncaptioned.size == size else ImageOps.fit(uncaptioned, size, Image.Resampling.LANCZOS)
    )
    right = canvas.width - canvas.left - canvas.shown_width
    bottom = canvas.height - canvas.top - canvas.shown_height
    margins = ((canvas.top, bottom), (canvas.left, right), (0, 0))
    return Image.fromarray(np.pad(np.asarray(fitted), margins, mode="symmetric"))


def encodable(pixels: NDArray[np.uint8]) -> VideoFrame:
    """Turn RGB pixels, (height, width, 3), into what the encoder takes: yuv420p, BT.709, limited range."""
    return VideoFrame.from_ndarray(pixels, format="rgb24").reformat(
        format="yuv420p",
        interpolation="BICUBIC",
        dst_colorspace=Colorspace.ITU709,
        dst_color_range=ColorRange.MPEG,
    )
