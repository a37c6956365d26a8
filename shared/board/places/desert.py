"""Paints a desert: mesas in haze, dunes with a dark flank, cacti. It must not know who stands there."""

import numpy as np

from shared.board.backdrop import Backdrop
from shared.board.colour import RGB, shade, tint
from shared.board.geometry import polygon, rolling, smooth
from shared.board.places import land
from shared.board.sketch import Sketch

SAND = (226, 168, 104)

NEVER_OUT_OF_SIGHT = 0.42
"""Nearness of the cactus that stands in every picture, narrow or near as it may be."""


def paint_desert(backdrop: Backdrop) -> None:
    """Paint the whole place below the sky."""
    backdrop.nearer(0.02)
    _paint_mesas(backdrop)
    backdrop.nearer(0.06)
    land.ground(backdrop, SAND, shade(SAND, 0.95))
    _paint_dune(backdrop, 0, 0.06, base=0.02, rise=0.03)
    _paint_dune(backdrop, 1, 0.16, base=-0.012, rise=0.045)
    backdrop.nearer(0.32)
    _paint_dune(backdrop, 2, 0.32, base=-0.08, rise=0.06)
    _paint_ripples(backdrop)
    land.rocks(backdrop, "stones", (168, 122, 92), 7, size=0.04, farthest=0.35)
    random = backdrop.random("cacti")
    for x, near in ((-0.98, 0.55), (0.72, NEVER_OUT_OF_SIGHT), (1.25, 0.66), (-0.55, 0.34)):
        at, size = x + random.uniform(-0.1, 0.1), random.uniform(0.8, 1.1)
        if near == NEVER_OUT_OF_SIGHT:
            at = backdrop.view.within(at, near, clear=0.07)
        backdrop.stand(_cactus(), at, near, size=size)


def _paint_mesas(backdrop: Backdrop) -> None:
    random = backdrop.random("mesas")
    for nearness, colour in ((0.02, (196, 132, 110)), (0.05, (180, 108, 84))):
        shapes = []
        for x in np.linspace(-1.8, 1.8, 5) + random.uniform(-0.3, 0.3, 5):
            wide, tall = random.uniform(0.1, 0.26), random.uniform(0.05, 0.15)
            side = [
                (wide * 1.3, -0.03),
                (wide * 0.9, tall * 0.45),
                (wide * 0.74, tall * 0.55),
                (wide * 0.7, tall),
            ]
            left = [(-a * random.uniform(0.9, 1.1), b) for a, b in side[::-1]]
            shapes.append(polygon([(x + a, b) for a, b in [*side, *left]]))
        backdrop.paint(shapes, nearness, colour, mist=0.5, covered=True)


def _paint_dune(backdrop: Backdrop, i: int, near: float, *, base: float, rise: float) -> None:
    """A dune whose flank away from the light is cut off by a winding crest line."""
    x = land.ACROSS
    heights = base + rise * rolling(
        x, backdrop.random(f"dune {i}"), roughness=0.28, coarsest=0.9 + 0.3 * (2 - i)
    )
    colour = tint(SAND, 0.06 * (2 - i))
    land.swell(backdrop, heights, near, colour, shade(SAND, 0.95))
    slope = np.gradient(heights, x) * (1 if backdrop.source_x > 0 else -1)
    depth = np.clip(slope, 0, None) * 0.42
    depth = np.convolve(depth, np.ones(9) / 9, mode="same")
    shadow = np.vstack([np.stack([x, heights], axis=1), np.stack([x, heights - depth], axis=1)[::-1]])
    backdrop.paint([shadow], near, shade(colour, 0.72), alpha=0.75, covered=False)


def _paint_ripples(backdrop: Backdrop) -> None:
    random = backdrop.random("ripples")
    lines = []
    for near in np.linspace(0.4, 1.05, 13):
        start, wide = random.uniform(-1.5, 0.9), random.uniform(0.4, 1.1)
        x = np.linspace(start, start + wide, 24)
        y = land.row(float(near)) + 0.006 * np.sin(x * 9 + near * 20)
        thick = 0.0045 * near * np.sin(np.linspace(0, np.pi, 24))
        lines.append(np.vstack([np.stack([x, y], axis=1), np.stack([x, y - thick], axis=1)[::-1]]))
    backdrop.paint(lines, 0.8, shade(SAND, 0.76), alpha=0.6)


def _cactus() -> Sketch:
    """A saguaro, in heights of a grown person."""
    sketch = Sketch()
    green: RGB = (82, 122, 84)
    sketch.stroke([(0.0, 0.0), (0.0, 1.2)], (0.2, 0.19), green)
    for arm in ([(0.0, 0.5), (0.26, 0.56), (0.3, 0.95)], [(0.0, 0.7), (-0.24, 0.74), (-0.28, 1.05)]):
        sketch.stroke(arm, (0.12, 0.13, 0.12), green)
    for x in (-0.04, 0.03):
        sketch.stroke([(x, 0.05), (x, 1.2)], 0.012, shade(green, 0.8))
    sketch.add(smooth([(0.05, 0.05), (0.09, 0.05), (0.085, 1.18), (0.055, 1.18)]), shade(green, 0.84))
    return sketch
