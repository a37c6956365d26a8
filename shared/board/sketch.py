"""A drawing as flat coloured outlines, y up, feet at (0, 0). It knows neither pixels nor light."""

from dataclasses import dataclass, field

import numpy as np

from shared.board.colour import RGB
from shared.board.geometry import (
    Pairs,
    Points,
    ellipse,
    limb,
    polygon,
    rotate,
    smooth,
)


@dataclass(frozen=True)
class Shape:
    """One filled outline."""

    points: Points
    colour: RGB
    glows: bool = False
    """Gives its own light: shown as it is, at any time of day."""


@dataclass
class Sketch:
    """Shapes in painting order, the farthest first."""

    shapes: list[Shape] = field(default_factory=list)

    def add(self, points: Points, colour: RGB, *, glows: bool = False) -> None:
        """Put an outline on top."""
        self.shapes.append(Shape(points, colour, glows))

    def blob(self, pairs: Pairs, colour: RGB) -> None:
        """Put a rounded form through control points on top."""
        self.add(smooth(pairs), colour)

    def corners(self, pairs: Pairs, colour: RGB, *, glows: bool = False) -> None:
        """Put a form with sharp corners on top."""
        self.add(polygon(pairs), colour, glows=glows)

    def box(
        self, left: float, bottom: float, right: float, top: float, colour: RGB, *, glows: bool = False
    ) -> None:
        """Put an upright rectangle on top."""
        self.corners([(left, bottom), (right, bottom), (right, top), (left, top)], colour, glows=glows)

    def oval(
        self,
        x: float,
        y: float,
        radius_x: float,
        radius_y: float,
        colour: RGB,
        *,
        turn: float = 0,
        glows: bool = False,
    ) -> None:
        """Put an ellipse on top; `turn` in degrees."""
        self.add(ellipse(x, y, radius_x, radius_y, turn=turn), colour, glows=glows)

    def stroke(self, pairs: Pairs, width: float | tuple[float, ...], colour: RGB) -> None:
        """Put a line with round ends on top; several widths make it taper."""
        self.add(limb(pairs, (width, width) if isinstance(width, float) else width), colour)

    def join(
        self, other: "Sketch", at: tuple[float, float] = (0.0, 0.0), *, scale: float = 1.0, turn: float = 0.0
    ) -> None:
        """Put another sketch on top: scaled, turned by degrees, its origin moved to `at`."""
        for shape in other.shapes:
            self.add(rotate(shape.points * scale, turn) + at, shape.colour, glows=shape.glows)

    def mirrored(self) -> "Sketch":
        """Return the sketch facing the other way."""
        return Sketch([Shape(shape.points * (-1, 1), shape.colour, shape.glows) for shape in self.shapes])

    def footing(self) -> tuple[float, float]:
        """Left and right end of what is near the ground."""
        points = np.vstack([shape.points for shape in self.shapes])
        low = points[points[:, 1] < points[:, 1].min() + 0.12]
        return (float(low[:, 0].min()), float(low[:, 0].max()))

    def bounds(self) -> tuple[float, float, float, float]:
        """Left, bottom, right, top; zeros for an empty sketch."""
        if not self.shapes:
            return (0.0, 0.0, 0.0, 0.0)
        points = np.vstack([shape.points for shape in self.shapes])
        left, bottom = points.min(axis=0)
        right, top = points.max(axis=0)
        return (float(left), float(bottom), float(right), float(top))
