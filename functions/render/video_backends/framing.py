"""Fits a still into a frame: what of it lies where while the camera is at rest. Pure."""

import math
from fractions import Fraction
from typing import NamedTuple

from functions.render.video_backends.camera import Room
from functions.render.video_backends.negative import Negative
from shared.domain.errors import MediaCorrupt

SLACK = 2
"""Pixels of the frame, at the outer edge of a still, that no view reaches: stills are cut at even places."""


class Box(NamedTuple):
    """Part of a picture, in its pixels; fractions are exact places between them."""

    left: float
    top: float
    right: float
    bottom: float


class Framing(NamedTuple):
    """How a still fills the frame."""

    width: int
    """Of the frame, in pixels."""
    rows: int
    """Of the frame, filled by the picture; even, so that no colour sample belongs to the caption too."""
    caption_rows: int
    """Of the frame, below the picture; even."""
    covered: Box
    """What fills the frame at rest, in the still's pixels; what has another shape is cut off evenly."""
    extent: Box
    """All there is to be seen, in the still's pixels."""

    @property
    def room(self) -> Room:
        """How far the still goes on beyond the frame."""
        covered, extent = self.covered, self.extent
        across, down = covered.right - covered.left, covered.bottom - covered.top
        slack_across, slack_down = SLACK / self.width, SLACK / self.rows
        return Room(
            left=max(0.0, (covered.left - extent.left) / across - slack_across),
            top=max(0.0, (covered.top - extent.top) / down - slack_down),
            right=max(0.0, (extent.right - covered.right) / across - slack_across),
            bottom=max(0.0, (extent.bottom - covered.bottom) / down - slack_down),
        )


def frame_still(negative: Negative, width: int, height: int) -> Framing:
    """Fit a still into a frame of `width` x `height` pixels, both even.

    Raises:
        MediaCorrupt: its caption would fill more than half of the frame.
    """
    picture = negative.picture
    pitch = Fraction(picture.width, width)
    caption_rows = 2 * math.ceil(negative.caption_rows / pitch / 2)
    if 2 * caption_rows > height:
        raise MediaCorrupt(f"{negative.caption_rows} rows of caption leave no room for a picture")
    rows = height - caption_rows
    end = picture.height - caption_rows * pitch
    across = min(Fraction(picture.width), end * width / rows)
    left, top = (picture.width - across) / 2, (end - across * rows / width) / 2
    extent = Box(0, 0, picture.width, float(end))
    if negative.layers:
        farthest = negative.layers[0]
        right, bottom = farthest.left + farthest.picture.width, farthest.top + farthest.picture.height
        extent = Box(farthest.left, farthest.top, right, bottom)
    return Framing(
        width=width,
        rows=rows,
        caption_rows=caption_rows,
        covered=Box(float(left), float(top), float(left + across), float(end - top)),
        extent=extent,
    )
