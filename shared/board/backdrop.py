"""A place seen through a camera: turns positions into lit pixels. It knows no place by name.

Positions: x in units of `View.unit`, 0 in the middle; elevation likewise above the horizon, negative on the
ground; nearness from 0.0 (horizon: the camera's moves hardly shift it) to 1.0 (the foreground).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from shared.board import chance
from shared.board.canvas import Canvas
from shared.board.colour import RGB, mix
from shared.board.geometry import Points
from shared.board.light import Light
from shared.board.raster import Veil, draw_sketch
from shared.board.sketch import Sketch

GROUND_DEPTH = 0.42
"""Elevation of the ground at nearness 1.0 is minus this: the lower edge of a wide picture."""

LOW_GROUND = 0.35
"""Share of the picture's height below the horizon from which all of the ground up to us fits no more."""

TALLEST = 1.42
"""Height over width from which a picture shows more ground and sky rather than ever less to both sides."""

PERSON = 0.43
"""Height of a grown person at nearness 1.0; heads meet the horizon, as seen from eye level."""


@dataclass(frozen=True)
class View:
    """Where the camera stands, and where on the canvas its picture lies: the canvas may go on beyond it."""

    width: float
    height: float
    """Pixels of the picture, without the caption."""
    horizon: float
    """Row of the horizon, as a share of the height from the top."""
    zoom: float
    """How much larger the foreground is than in a wide picture."""
    pan: float
    """How far the camera stands to the right, in picture heights."""
    left: float = 0.0
    top: float = 0.0
    """Where the picture's upper left corner lies on the canvas, in pixels."""

    def on(self, *, left: int, top: int, softness: int) -> "View":
        """Return the view on a canvas that begins so many pixels earlier and is `softness` times smaller."""
        return replace(
            self,
            width=self.width / softness,
            height=self.height / softness,
            left=left / softness,
            top=top / softness,
        )

    @property
    def unit(self) -> float:
        """Pixels of one unit in the distance: the picture's height, or less where the picture is tall."""
        return min(self.height, self.width * TALLEST)

    def scale(self, nearness: float) -> float:
        """Pixels per unit of position."""
        return self.unit * (1 + (self.zoom - 1) * nearness)

    def x(self, x: float, nearness: float) -> float:
        """Column of a position."""
        return self.left + self.width / 2 + (x - self.pan * nearness) * self.scale(nearness)

    def y(self, elevation: float, nearness: float) -> float:
        """Row of a position."""
        fall = self.fall if elevation < 0 else 1.0
        return self.top + self.horizon * self.height - elevation * fall * self.scale(nearness)

    @property
    def fall(self) -> float:
        """How steeply the ground comes towards us, 1.0 as from eye level: flatter from below."""
        return min(1.0, (1 - self.horizon) / LOW_GROUND)

    @property
    def bottom(self) -> float:
        """Row below the picture's last, on the canvas."""
        return self.top + self.height

    @property
    def reach(self) -> float:
        """Half the width of the picture, in units."""
        return self.width / self.unit / 2

    def within(self, x: float, nearness: float, *, clear: float) -> float:
        """Return the position nearest to `x` that is at least `clear` units inside the picture."""
        closer, room = self.scale(nearness) / self.unit, max(0.0, self.reach - clear)
        return min(max((x - self.pan * nearness) * closer, -room), room) / closer + self.pan * nearness


@dataclass
class Backdrop:
    """A canvas, the camera before it and the light on it."""

    canvas: Canvas
    view: View
    light: Light
    source_x: float
    """Position of the sun or moon."""
    names: tuple[object, ...]
    """What all chance in this place depends on: shots of one job in one place share it."""

    def nearer(self, begins: float) -> None:
        """Step forward: paint what begins at that nearness on a layer of its own."""
        self.canvas.lay(begins)

    def random(self, topic: str) -> np.random.Generator:
        """Open the stream of chance for one part of the place."""
        return chance.stream(*self.names, topic)

    def pixels(self, points: Points, nearness: float) -> Points:
        """Turn positions into pixels."""
        scale = self.view.scale(nearness)
        corner = (self.view.x(0, nearness), self.view.y(0, nearness))
        if self.view.fall < 1:
            points = np.where(points * (0, 1) < 0, points * self.view.fall, points)
        return points * (scale, -scale) + corner

    def paint(
        self,
        outlines: Sequence[Points],
        nearness: float,
        colour: RGB,
        *,
        mist: float = 0.0,
        alpha: float = 1.0,
        covered: bool = False,
    ) -> None:
        """Fill outlines in the light of the place.

        Args:
            mist: share of haze at their lower end; what stands in mist parts from what is behind.
            covered: snow would lie on it.
        """
        lit = (self.light.on_ground if covered else self.light.on_place)(colour, nearness)
        foot = mix(lit, self.light.haze, mist * min(1.0, self.light.haze_strength * 1.05))
        self.fill(
            outlines, nearness, [(0.0, lit), (0.25, mix(lit, foot, 0.1)), (1.0, foot)] if mist else lit, alpha
        )

    def fill(
        self,
        outlines: Sequence[Points],
        nearness: float,
        colour: RGB | list[tuple[float, RGB]],
        alpha: float = 1.0,
    ) -> None:
        """Fill outlines with a colour as it is."""
        self.canvas.fill([self.pixels(outline, nearness) for outline in outlines], colour, alpha=alpha)

    def put(self, sketch: Sketch, x: float, elevation: float, nearness: float, *, size: float) -> None:
        """Place a sketch, its feet at a position; `size` is one unit of the sketch in picture heights."""
        veil = Veil(lambda colour: self.light.on_place(colour, nearness))
        where = (self.view.x(x, nearness), self.view.y(elevation, nearness))
        draw_sketch(self.canvas, sketch, where, size * self.view.scale(nearness), veil)

    def stand(self, sketch: Sketch, x: float, nearness: float, *, size: float = 1.0) -> None:
        """Stand a sketch drawn in person heights on the ground, with its shadow."""
        elevation = -GROUND_DEPTH * nearness
        left, right = sketch.footing()
        unit = PERSON * nearness * size
        self.pool(x + (left + right) / 2 * unit, elevation, nearness, ((right - left) * 0.8 + 0.12) * unit)
        self.put(sketch, x, elevation, nearness, size=unit)

    def pool(self, x: float, elevation: float, nearness: float, radius: float) -> None:
        """Lay a soft shadow on the ground."""
        column, row = self.view.x(x, nearness), self.view.y(elevation, nearness)
        dark = mix(self.light.on_place((20, 22, 36), 1.0), (0, 0, 0), 0.3)
        self.canvas.glow(
            column, row, radius * self.view.scale(nearness), dark, self.light.shadow * 1.6, squash=0.22
        )

    def shine(
        self, x: float, elevation: float, nearness: float, radius: float, colour: RGB, strength: float
    ) -> None:
        """Let a light glow; `radius` in picture heights."""
        self.canvas.glow(
            self.view.x(x, nearness),
            self.view.y(elevation, nearness),
            radius * self.view.scale(nearness),
            colour,
            strength,
        )
