"""Shows one still through a moving camera, its layers shifting against each other.

It knows pixels and views, not why the camera moves nor how frames are encoded.
"""

from collections.abc import Sequence

from PIL import Image

from functions.render.video_backends.camera import View
from functions.render.video_backends.cutting import ready_sheet
from functions.render.video_backends.framing import Framing
from functions.render.video_backends.negative import Negative
from functions.render.video_backends.planes import Planes, to_planes
from functions.render.video_backends.sheet import Part, Seen
from shared.layers import Layer

STRIP = 256
"""Rows painted at a time, even: few enough for a processor's cache, and to skip what is hidden in them."""

FLAT = 1.0
"""Nearness of a still without layers: all of it moves with the foreground."""


class Still:
    """A still made ready to be looked at through a moving camera.

    It is turned into the encoder's own planes once, so that a frame costs no colour conversion. Safe to use
    from several threads.

    Args:
        negative: what to show. Nothing of it is kept.
        framing: where it lies in the frame.
        views: those at the ends and the turns of the camera's way; it may be asked for all between them.
    """

    def __init__(self, negative: Negative, framing: Framing, views: Sequence[View]) -> None:
        self._framing = framing
        self._caption = _caption(negative, framing)
        layers = negative.layers or (Layer(negative.picture, 0, 0, FLAT),)
        ready = (ready_sheet(layer, framing, views) for layer in layers)
        self._sheets = [sheet for sheet in ready if sheet]

    def paint(self, view: View, into: Planes) -> None:
        """Fill a frame with what the camera sees."""
        framing = self._framing
        seen = [
            sheet.seen_through(view.window(sheet.weight), framing.width, framing.rows)
            for sheet in self._sheets
        ]
        for top in range(0, framing.rows, STRIP):
            _paint_strip(seen, top, min(top + STRIP, framing.rows), into)
        if self._caption:
            for plane, caption in zip(into, self._caption, strict=True):
                plane[-len(caption) :] = caption


def _paint_strip(seen: Sequence[Seen], top: int, bottom: int, into: Planes) -> None:
    """Fill some rows, beginning with the farthest layer that can be seen there."""
    parts: list[tuple[Seen, Part]] = []
    for layer in reversed(seen):
        part = layer.part(top, bottom)
        if part:
            parts.append((layer, part))
        if part and part.hides:
            break
    for layer, part in reversed(parts):
        layer.lay(part, into)


def _caption(negative: Negative, framing: Framing) -> Planes | None:
    """Cut the caption out, which stays still while the picture moves."""
    if not framing.caption_rows:
        return None
    picture = negative.picture
    size = framing.width, framing.caption_rows
    box = (0, picture.height - framing.caption_rows * picture.width / framing.width, *picture.size)
    part = picture.resize(size, Image.Resampling.LANCZOS, box=box, reducing_gap=3.0)
    return tuple(plane.copy() for plane in to_planes(part))
