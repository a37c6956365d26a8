"""Cuts frames for the encoder out of one still, at subpixel places.

It knows pixels and views, not why the camera moves nor how frames are encoded.
"""

import math
from fractions import Fraction
from typing import NamedTuple

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace
from numpy.typing import NDArray
from PIL import Image

from functions.render.video_backends.camera import Travel, View
from shared.domain.errors import MediaCorrupt
from shared.h264 import plane_pixels


class Box(NamedTuple):
    """Part of a picture, in its pixels; fractions are exact places between them."""

    left: float
    top: float
    right: float
    bottom: float


SUBSAMPLING = (1, 2, 2)
"""yuv420p: brightness in full, the two colour planes at half width and half height."""

RESAMPLING = (Image.Resampling.BICUBIC, Image.Resampling.BILINEAR, Image.Resampling.BILINEAR)
"""Colour at half size shows no difference between the two, and bilinear costs half."""


class Still:
    """A keyframe made ready to be looked at through a moving camera.

    The picture is turned into the encoder's own planes once, so that a frame costs three resizes of single
    planes and no colour conversion: half the time of resizing RGB. Safe to call from several threads.

    Args:
        picture: RGB, of any size and shape; what does not fit the frame's shape is cut off evenly.
        caption_rows: rows at the bottom of `picture` that stay where they are while the rest moves.
        width, height: of the frames, in pixels; even.
        travel: how the camera will move.

    Raises:
        MediaCorrupt: the caption would fill more than half of the frame.
    """

    def __init__(
        self, picture: Image.Image, *, caption_rows: int, width: int, height: int, travel: Travel
    ) -> None:
        self._width, self._height = width, height
        scale = Fraction(width, picture.width)
        # Even, so that no colour sample belongs to both parts; a last odd row of picture stays still with it.
        still_rows = 2 * math.ceil(caption_rows * scale / 2)
        if 2 * still_rows > height:
            raise MediaCorrupt(f"{caption_rows} rows of caption leave no room for a picture")
        self._moving_rows = height - still_rows
        cut = float(picture.height - still_rows / scale)
        self._caption = _planes(picture, Box(0, cut, picture.width, picture.height), (width, still_rows))
        shape = Fraction(width, self._moving_rows)
        self._zooms = travel.start.zoom != travel.end.zoom
        box, size = self._working_picture(_cover(picture.width, cut, shape), travel)
        self._picture = [Image.fromarray(plane) for plane in _planes(picture, box, size)]

    def _working_picture(self, covered: Box, travel: Travel) -> tuple[Box, tuple[int, int]]:
        """Return what part of the keyframe will ever be seen, and the size to keep it at.

        In a pan or tilt, a pixel of it is a pixel of the frame and it is no longer than needed the other
        way: then every frame is resampled in one direction only.
        """
        left, top, right, bottom = covered
        width, height = self._width, self._moving_rows
        closest = max(travel.start.zoom, travel.end.zoom)
        if self._zooms:
            enough = min(max(right - left, width), width * closest)
            return covered, (_even(enough), _even(enough * height / width))
        start, end = travel
        seen_width, seen_height = (right - left) / closest, (bottom - top) / closest
        if start.across == end.across:
            left += start.across * (right - left - seen_width)
            return Box(left, top, left + seen_width, bottom), (width, _even(height * closest))
        top += start.down * (bottom - top - seen_height)
        return Box(left, top, right, top + seen_height), (_even(width * closest), height)

    def frame(self, view: View) -> VideoFrame:
        """Return what the camera sees: yuv420p, limited range, BT.709."""
        frame = VideoFrame(self._width, self._height, "yuv420p")
        box = self._seen(view)
        for place, (plane, shrink) in enumerate(zip(frame.planes, SUBSAMPLING, strict=True)):
            size = (self._width // shrink, self._moving_rows // shrink)
            part = Box(*(edge / shrink for edge in box))
            seen = self._picture[place].resize(size, RESAMPLING[place], box=part)
            pixels = plane_pixels(plane)
            pixels[: size[1]] = np.asarray(seen)
            pixels[size[1] :] = self._caption[place]
        return frame

    def _seen(self, view: View) -> Box:
        full_width, full_height = self._picture[0].size
        width, height = float(self._width), float(self._moving_rows)
        if self._zooms:
            width, height = full_width / view.zoom, full_height / view.zoom
        # A zoom of 1 comes out of its power a hair below it; Pillow refuses boxes a hair outside.
        left = max(0.0, view.across * (full_width - width))
        top = max(0.0, view.down * (full_height - height))
        return Box(left, top, min(left + width, full_width), min(top + height, full_height))


def _cover(width: float, height: float, shape: Fraction) -> Box:
    """Return the largest box of the given width to height, in the middle of the picture."""
    covered_width, covered_height = min(width, height * shape), min(height, width / shape)
    left, top = (width - covered_width) / 2, (height - covered_height) / 2
    return Box(float(left), float(top), float(left + covered_width), float(top + covered_height))


def _planes(picture: Image.Image, box: Box, size: tuple[int, int]) -> list[NDArray[np.uint8]]:
    """Cut `box` out of an RGB picture, at `size`, as the planes of yuv420p."""
    if 0 in size:
        return [np.empty((0, size[0] // shrink), np.uint8) for shrink in SUBSAMPLING]
    part = picture.resize(size, Image.Resampling.LANCZOS, box=box, reducing_gap=3.0)
    converted = VideoFrame.from_ndarray(np.asarray(part)).reformat(
        format="yuv420p",
        interpolation="BICUBIC",
        dst_colorspace=Colorspace.ITU709,
        dst_color_range=ColorRange.MPEG,
    )
    return [plane_pixels(plane).copy() for plane in converted.planes]


def _even(length: float) -> int:
    return 2 * round(length / 2)
