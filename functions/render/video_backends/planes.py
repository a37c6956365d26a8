"""Pictures as the encoder wants them: brightness and two colours apart, in planes of yuv420p.

It knows pixels, not what they show.
"""

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace
from numpy.typing import NDArray
from PIL import Image

from shared.h264 import plane_pixels

SUBSAMPLING = (1, 2, 2)
"""yuv420p: brightness in full, the two colour planes at half width and half height."""

Pixels = NDArray[np.uint8]
Planes = tuple[Pixels, ...]
"""One array, (height, width), for each of `SUBSAMPLING`; limited range, BT.709."""

SHARE_BITS = 7
SHARES = 1 << SHARE_BITS
"""Opacity and dissolves in so many steps: with 8-bit brightness that is all that 16 bits can multiply."""


def to_planes(picture: Image.Image) -> Planes:
    """Convert an RGB picture of even width and height."""
    converted = VideoFrame.from_ndarray(np.asarray(picture)).reformat(
        format="yuv420p",
        interpolation="BICUBIC",
        dst_colorspace=Colorspace.ITU709,
        dst_color_range=ColorRange.MPEG,
    )
    return planes_of(converted)


def planes_of(frame: VideoFrame) -> Planes:
    """View the planes of a yuv420p frame: what is written to them is in the frame."""
    return tuple(plane_pixels(plane) for plane in frame.planes)


def lay_over(below: Pixels, above: Pixels, share: Pixels | np.int16) -> None:
    """Let `above` replace what is below it by a share, 0 to `SHARES`: one for all, or one for each pixel."""
    change = np.subtract(above, below, dtype=np.int16)
    change *= share
    change += SHARES // 2
    change >>= SHARE_BITS
    # Wraps around, as it should: a fall by 3 is a rise by 253.
    below += change.astype(np.uint8)
