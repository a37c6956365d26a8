"""Outlines as point lists: curves, limbs, ellipses, ridges. It knows neither colour nor pixels."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
"""Outline: (n, 2) float64, x then y."""

Pairs = Sequence[tuple[float, float]]

CURVE_STEPS = 8
"""Straight pieces between two control points: smooth up to a full-frame head."""


_ANGLE = np.linspace(0, 2 * np.pi, 40, endpoint=False)
_CIRCLE: Points = np.stack([np.cos(_ANGLE), np.sin(_ANGLE)], axis=1)

_T = np.linspace(0, 1, CURVE_STEPS, endpoint=False)
_CATMULL_ROM: Points = 0.5 * np.stack(
    [-_T + 2 * _T**2 - _T**3, 2 - 5 * _T**2 + 3 * _T**3, _T + 4 * _T**2 - 3 * _T**3, _T**3 - _T**2], axis=1
)
"""Weights of the four nearest control points at each step: (steps, 4)."""


def polygon(pairs: Pairs | Points) -> Points:
    """Take corners as they are."""
    return np.asarray(pairs, dtype=np.float64)


def smooth(pairs: Pairs | Points, *, closed: bool = True) -> Points:
    """Run a Catmull-Rom curve through all control points."""
    knots = polygon(pairs)
    ring = np.vstack([knots[-1:], knots, knots[:2]]) if closed else np.vstack([knots[:1], knots, knots[-1:]])
    count = len(knots) if closed else len(knots) - 1
    weighed = np.stack([ring[i : i + count] for i in range(4)], axis=1)
    flat: Points = (_CATMULL_ROM @ weighed).reshape(-1, 2)
    return flat if closed else np.vstack([flat, knots[-1:]])


def ellipse(
    x: float, y: float, radius_x: float, radius_y: float | None = None, *, turn: float = 0.0
) -> Points:
    """Outline of an ellipse; `turn` in degrees, anticlockwise with y up. One radius makes a circle."""
    ring = _CIRCLE * (radius_x, radius_y or radius_x)
    outline: Points = rotate(ring, turn) + (x, y)  # noqa: RUF005 - adds numbers, does not join lists
    return outline


def limb(pairs: Pairs, widths: Sequence[float]) -> Points:
    """Outline of a bent, tapering limb with round ends.

    Args:
        pairs: the joints.
        widths: full width at each joint.
    """
    joints = smooth(pairs, closed=False) if len(pairs) > 2 else polygon(pairs)
    radii = np.interp(np.linspace(0, 1, len(joints)), np.linspace(0, 1, len(widths)), widths) / 2
    along = np.gradient(joints, axis=0)
    along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-9)
    normal = np.stack([-along[:, 1], along[:, 0]], axis=1)
    sides = joints + normal * radii[:, None], joints - normal * radii[:, None]
    return np.vstack(
        [
            sides[0],
            _cap(joints[-1], along[-1], radii[-1]),
            sides[1][::-1],
            _cap(joints[0], -along[0], radii[0]),
        ]
    )


def _cap(end: Points, outward: Points, radius: float) -> Points:
    start = np.arctan2(outward[1], outward[0])
    angle = np.linspace(start + np.pi / 2, start - np.pi / 2, 9)
    return end + radius * np.stack([np.cos(angle), np.sin(angle)], axis=1)


def rotate(points: Points, degrees: float, around: tuple[float, float] = (0.0, 0.0)) -> Points:
    """Turn anticlockwise (y up) around a point."""
    if degrees == 0:
        return points
    angle = np.radians(degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    turned: Points = (points - around) @ turn.T + around
    return turned


def rolling(
    x: Points, random: np.random.Generator, *, roughness: float = 0.5, coarsest: float = 1.0
) -> Points:
    """Heights of an uneven line at positions `x`, around 0 and about within -1 to 1.

    Args:
        roughness: how much each finer octave keeps of the coarser one's height; 0.3 rolls, 0.6 is craggy.
        coarsest: waves per unit of x of the first octave.
    """
    total = np.zeros_like(x)
    height = 1.0
    for octave in range(6):
        knots = random.uniform(-1, 1, 256)
        total += height * _between_knots(x * coarsest * 2**octave + 97.3, knots)
        height *= roughness
    return total


def _between_knots(position: Points, knots: Points) -> Points:
    cell = np.floor(position).astype(int)
    t = position - cell
    t = t * t * (3 - 2 * t)
    size = len(knots)
    return np.asarray(knots[cell % size] * (1 - t) + knots[(cell + 1) % size] * t)


def under(x: Points, height: Points, floor: float) -> Points:
    """Close a line of heights downwards to `floor`, as an outline."""
    top = np.stack([x, height], axis=1)
    return np.vstack([top, [[x[-1], floor], [x[0], floor]]])
