"""Takes pixels from places between those there are. Pure arithmetic, on arrays.

A few times as fast as Pillow's resize, since NumPy works on many pixels at once.
"""

from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from functions.render.video_backends.planes import Pixels

N = TypeVar("N", np.uint8, np.int16)

PHASE_BITS = 6
PHASES = 1 << PHASE_BITS
"""Places told apart between two pixels; more would not fit 16 bits with 8-bit brightness."""

TURNED_AT_ONCE = 256
"""Rows that become columns: as many lines as a processor's first cache holds."""


class Line(NamedTuple):
    """Where the pixels of one direction are taken from."""

    places: NDArray[np.intp]
    """The pixel at or before; any outside stands for the outermost one."""
    phases: NDArray[np.intp]
    """How far it is on to the next, 0 to `PHASES` - 1."""

    @classmethod
    def of(cls, start: float, step: float, pixels: int) -> "Line":
        """Take `pixels` pixels at a distance of `step`, the edge of the first one at `start`."""
        middles = start - 0.5 + step * (np.arange(pixels) + 0.5)
        counted = np.floor(middles * PHASES + 0.5).astype(np.intp)
        return cls(counted >> PHASE_BITS, counted & (PHASES - 1))

    def part(self, first: int, last: int) -> "Line":
        """Return what is taken for some of the pixels."""
        return Line(self.places[first:last], self.phases[first:last])

    @property
    def is_shift(self) -> bool:
        """Whether all is moved alike, and nothing scaled."""
        is_contiguous = self.places[-1] - self.places[0] == len(self.places) - 1
        return bool(is_contiguous and (self.phases == self.phases[0]).all())


def _linear() -> NDArray[np.int16]:
    later = np.arange(PHASES)
    return np.stack([PHASES - later, later], axis=1).astype(np.int16)


def _cubic() -> NDArray[np.int16]:
    """Source: the Catmull-Rom spline, which is what Pillow calls bicubic."""
    x = np.arange(PHASES) / PHASES
    first, third, last = (-x + 2 * x**2 - x**3) / 2, (x + 4 * x**2 - 3 * x**3) / 2, (x**3 - x**2) / 2
    others = np.round(np.stack([first, third, last], axis=1) * PHASES)
    return np.insert(others, 1, PHASES - others.sum(axis=1), axis=1).astype(np.int16)


LINEAR, CUBIC = _linear(), _cubic()
"""Weights of the pixels around a place, for each phase: (PHASES, 2 or 4). They add up to `PHASES`."""


class Source(NamedTuple):
    """A plane to take pixels from."""

    pixels: Pixels
    """(height, width), or if turned (width, height)."""
    is_turned: bool
    """Whether its columns are rows: what is scaled is then taken twice as fast, what is only shifted half."""

    @classmethod
    def of(cls, plane: Pixels, *, is_turned: bool) -> "Source":
        """Keep a plane, of (height, width)."""
        return cls(_turned(plane) if is_turned else plane.copy(), is_turned)

    def taken(self, columns: Line, rows: Line, weights: NDArray[np.int16]) -> Pixels:
        """Return pixels from between those of the plane: (rows, columns).

        Args:
            weights: `LINEAR`, or `CUBIC`, which is sharper and takes twice the time.
        """
        length = self.pixels.shape[1 if self.is_turned else 0]
        first = min(max(0, int(rows.places[0]) - 1), length - 1)
        last = max(first + 1, min(int(rows.places[-1]) + 3, length))
        rows = rows._replace(places=rows.places - first)
        if self.is_turned:
            near = np.ascontiguousarray(self.pixels[:, first:last])
            return _mixed(_turned(_mixed(near, columns, weights, axis=0)), rows, weights, axis=0)
        return _mixed(_mixed(self.pixels[first:last], columns, weights, axis=1), rows, weights, axis=0)


def _mixed(source: Pixels, line: Line, weights: NDArray[np.int16], *, axis: int) -> Pixels:
    """Mix neighbours along one axis."""
    is_shift = line.is_shift
    phases = line.phases[:1] if is_shift else line.phases
    if not phases.any():
        return _neighbours(source, line.places, is_shift, axis)
    shares = weights[phases]
    before = weights.shape[1] // 2 - 1
    shares = shares.T[:, :, None] if axis == 0 else shares.T[:, None]
    wide = source.astype(np.int16)  # once: NumPy takes twice the time to multiply numbers of two kinds
    total = _neighbours(wide, line.places - before, is_shift, axis) * shares[0]
    product = np.empty_like(total)
    for tap in range(1, len(shares)):
        pixels = _neighbours(wide, line.places + (tap - before), is_shift, axis)
        total += np.multiply(pixels, shares[tap], out=product)
    total += PHASES // 2
    total >>= PHASE_BITS
    mixed: Pixels = np.clip(total, 0, 255, out=total).astype(np.uint8)
    return mixed


def _neighbours(source: NDArray[N], places: NDArray[np.intp], is_shift: bool, axis: int) -> NDArray[N]:
    first, last = int(places[0]), int(places[-1]) + 1
    if is_shift and first >= 0 and last <= source.shape[axis]:
        return source[first:last] if axis == 0 else source[:, first:last]
    return source.take(places, axis=axis, mode="clip")


def _turned(plane: Pixels) -> Pixels:
    turned = np.empty(plane.shape[::-1], np.uint8)
    for first in range(0, len(plane), TURNED_AT_ONCE):
        turned[:, first : first + TURNED_AT_ONCE] = plane[first : first + TURNED_AT_ONCE].T
    return turned
