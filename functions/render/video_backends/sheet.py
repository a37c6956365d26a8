"""One layer of a still, made ready to be laid into frames at subpixel places.

It knows pixels and windows, neither the other layers nor why the camera moves.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from functions.render.video_backends.camera import Window
from functions.render.video_backends.planes import SUBSAMPLING, Pixels, Planes, lay_over
from functions.render.video_backends.resample import CUBIC, LINEAR, Line, Source

SHARPNESS = (CUBIC, LINEAR, LINEAR)
"""Of each plane; colour at half size shows no difference."""

REACH = 4
"""Pixels that may be mixed with their neighbours, colour at half size included."""

NOWHERE = 1 << 30
"""A column that no layer has."""


class Outline(NamedTuple):
    """Where in each row of a layer there is anything. All arrays: (height,)."""

    first: NDArray[np.intp]
    """Column where it begins; `NOWHERE` in an empty row."""
    last: NDArray[np.intp]
    """Column after its end; 0 in an empty row."""
    full: NDArray[np.bool_]
    """Whether the row is opaque from edge to edge."""


class Sheet(NamedTuple):
    """A layer, as planes, cut to what will be seen of it."""

    planes: tuple[Source, ...]
    masks: tuple[Source, ...]
    """Its opacity, 0 to `SHARES`, for brightness and for colour; none where it is opaque."""
    outline: Outline
    left: int
    """Column where it begins, in its own pixels, from the frame's left edge at rest; even."""
    top: int
    """Likewise its row."""
    across: int
    """Its own pixels to the frame's width at rest; even."""
    down: int
    """Likewise to the picture's height."""
    weight: float
    """By how much it takes part in the camera's moves, 0 to 1."""

    def seen_through(self, window: Window, width: int, rows: int) -> "Seen":
        """Return what is in a window, for a frame whose picture has `width` x `rows` pixels."""
        left, top = window.left * self.across - self.left, window.top * self.down - self.top
        x_step, y_step = window.size * self.across / width, window.size * self.down / rows
        return Seen(
            sheet=self,
            columns=tuple(Line.of(left / shrink, x_step, width // shrink) for shrink in SUBSAMPLING[:2]),
            rows=tuple(Line.of(top / shrink, y_step, rows // shrink) for shrink in SUBSAMPLING[:2]),
        )


class Part(NamedTuple):
    """A rectangle of a frame that a layer has something in, in pixels of the frame; all even."""

    left: int
    top: int
    right: int
    bottom: int
    hides: bool
    """Whether nothing behind is seen, in all of the frame's width."""


class Seen(NamedTuple):
    """A layer through a window."""

    sheet: Sheet
    columns: tuple[Line, ...]
    """For brightness, and for colour."""
    rows: tuple[Line, ...]

    def part(self, top: int, bottom: int) -> Part | None:
        """Return what of the frame's rows from `top` to `bottom`, both even, the layer has anything in."""
        outline, columns = self.sheet.outline, self.columns[0]
        places = self.rows[0].places
        rows = slice(max(0, int(places[top]) - REACH), max(0, int(places[bottom - 1]) + REACH + 1))
        first, last = outline.first[rows].min(initial=NOWHERE), outline.last[rows].max(initial=0)
        left, right = np.searchsorted(columns.places, (first - REACH, last + REACH))
        if first >= last or left >= right:
            return None
        right = min(int(right) + 1, len(columns.places))
        return Part(int(left) // 2 * 2, top, (right + 1) // 2 * 2, bottom, bool(outline.full[rows].all()))

    def lay(self, part: Part, over: Planes) -> None:
        """Lay that part of the layer over the planes of a frame."""
        masks: list[Pixels] = []
        for place, shrink in enumerate(SUBSAMPLING):
            kind = min(place, 1)
            left, top, right, bottom = (edge // shrink for edge in part[:4])
            columns, rows = self.columns[kind].part(left, right), self.rows[kind].part(top, bottom)
            pixels = self.sheet.planes[place].taken(columns, rows, SHARPNESS[place])
            below = over[place][top:bottom, left:right]
            if part.hides:
                below[:] = pixels
                continue
            if len(masks) <= kind:
                masks.append(self.sheet.masks[kind].taken(columns, rows, LINEAR))
            lay_over(below, pixels, masks[kind])
