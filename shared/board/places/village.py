"""Paints a village under a castle: cottages, a cobbled way, a well. It must not know who stands there."""

import numpy as np

from shared.board.backdrop import Backdrop
from shared.board.colour import RGB, mix, shade
from shared.board.geometry import ellipse, polygon
from shared.board.light import SNOW
from shared.board.places import land
from shared.board.props import house
from shared.board.sketch import Sketch

NEAREST = 1.25
"""Nearness of what lies in front of the lower edge."""

WAY_ENDS = 3.0
"""Nearness to which the way goes on, in front of whatever is the lower edge."""

GRASS, COBBLES = (134, 156, 92), (176, 164, 146)
STONE: RGB = (164, 160, 162)
ROOFS: tuple[RGB, ...] = ((150, 82, 66), (128, 92, 70), (172, 104, 70), (112, 82, 84))
WINDOW_LIGHT = (255, 206, 124)
COTTAGES = ((0.16, 0.34), (0.24, 0.56), (0.38, 0.9), (0.62, 1.42))
"""Nearness of each pair of cottages, and how far they are from the way, from far to near."""


def paint_village(backdrop: Backdrop) -> None:
    """Paint the whole place below the sky."""
    backdrop.nearer(0.03)
    land.ridge(backdrop, "far hills", 0.03, (128, 148, 156), base=0.08, rise=0.04, roughness=0.4)
    side = -1 if backdrop.random("castle side").uniform() < 0.5 else 1
    _paint_castle(backdrop, backdrop.view.within(side * 0.3, 0.06, clear=0.18))
    land.ridge(backdrop, "hills", 0.1, (116, 146, 104), base=0.02, rise=0.025, roughness=0.35, coarsest=1.0)
    backdrop.nearer(0.12)
    land.ground(backdrop, (168, 170, 110), GRASS)
    _paint_way(backdrop)
    _paint_cottages(backdrop)
    _paint_well(backdrop, -side)
    _paint_tufts(backdrop)


def castle(*, lit: bool, roof: RGB) -> Sketch:
    """A castle on its rock, about 1.5 wide and 1.4 high."""
    sketch = Sketch()
    sketch.blob(
        [(-0.95, 0.0), (-0.6, 0.26), (0.0, 0.36), (0.6, 0.26), (0.95, 0.0), (0.0, -0.1)], (112, 122, 96)
    )
    for x, wide, low, high in ((-0.5, 0.16, 0.2, 0.86), (0.5, 0.16, 0.2, 0.8), (0.14, 0.2, 0.3, 1.16)):
        sketch.box(x - wide, low, x + wide, high, STONE)
        sketch.box(x, low, x + wide, high, shade(STONE, 0.84))
        sketch.corners([(x - wide * 1.25, high), (x + wide * 1.25, high), (x, high + wide * 2.4)], roof)
        sketch.box(
            x - 0.03, high - 0.2, x + 0.03, high - 0.08, WINDOW_LIGHT if lit else (70, 76, 92), glows=lit
        )
    sketch.box(-0.5, 0.2, 0.5, 0.56, shade(STONE, 0.94))
    for i in range(7):
        x = -0.5 + i / 6.6
        sketch.box(x, 0.54, x + 0.08, 0.64, shade(STONE, 0.94))
    sketch.box(-0.1, 0.2, 0.1, 0.4, (84, 62, 52))
    sketch.oval(0.0, 0.4, 0.1, 0.08, (84, 62, 52))
    sketch.stroke([(0.14, 1.6), (0.14, 1.84)], 0.02, (90, 80, 80))
    sketch.corners([(0.15, 1.84), (0.4, 1.76), (0.15, 1.68)], (196, 62, 56))
    return sketch


def well() -> Sketch:
    """A well with a little roof."""
    sketch = Sketch()
    for x in (-0.3, 0.26):
        sketch.box(x, 0.3, x + 0.05, 0.86, (112, 84, 62))
    sketch.corners([(-0.46, 0.82), (0.46, 0.82), (0.0, 1.12)], (140, 78, 62))
    sketch.box(-0.36, 0.0, 0.36, 0.4, STONE)
    for row, aside in ((0.12, 0.0), (0.26, 0.12)):
        sketch.box(-0.36, row, 0.36, row + 0.015, shade(STONE, 0.76))
        for x in np.arange(-0.3 + aside, 0.36, 0.24):
            sketch.box(float(x), row - 0.12, float(x) + 0.015, row, shade(STONE, 0.76))
    sketch.oval(0.0, 0.4, 0.36, 0.06, shade(STONE, 0.6))
    return sketch


def _roof(backdrop: Backdrop, colour: RGB) -> RGB:
    return SNOW if backdrop.light.snows else colour


def _paint_castle(backdrop: Backdrop, x: float) -> None:
    lit = backdrop.light.lamps_lit
    backdrop.put(castle(lit=lit, roof=_roof(backdrop, (92, 88, 122))), x, 0.015, 0.06, size=0.2)
    if lit:
        backdrop.shine(x, 0.14, 0.06, 0.2, WINDOW_LIGHT, 0.3)


def _paint_way(backdrop: Backdrop) -> None:
    """Cobbles that come from between the cottages towards us."""
    edge = [(0.02, 0.14), (0.07, 0.3), (0.17, 0.6), (0.34, 1.0), (1.2, WAY_ENDS)]
    right = [(half, land.row(near)) for half, near in edge]
    backdrop.paint([polygon([*right, *[(-x, y) for x, y in right[::-1]]])], 0.5, COBBLES, covered=True)
    random = backdrop.random("cobbles")
    stones = []
    for near in np.sort(random.uniform(0.2, WAY_ENDS, 300)):
        half = float(np.interp(near, [at for _, at in edge], [wide for wide, _ in edge]))
        x, wide = random.uniform(-0.9, 0.9) * half, 0.024 * near * random.uniform(0.7, 1.3)
        stones.append(ellipse(float(x), land.row(float(near)), wide, wide * 0.36))
    backdrop.paint(stones, 0.5, shade(COBBLES, 0.84), alpha=0.7, covered=True)


def _paint_cottages(backdrop: Backdrop) -> None:
    random, lit = backdrop.random("cottages"), backdrop.light.lamps_lit
    for near, aside in COTTAGES:
        for side in (-1, 1):
            roof = ROOFS[int(random.integers(len(ROOFS)))]
            x = side * (aside + random.uniform(-0.03, 0.03))
            backdrop.stand(house(lit=lit, roof=_roof(backdrop, roof)), x, near, size=1.15)
            if lit:
                backdrop.shine(x, land.row(near) + 0.25 * near, near, 0.5 * near, WINDOW_LIGHT, 0.3)


def _paint_well(backdrop: Backdrop, side: int) -> None:
    near = 0.7
    backdrop.stand(well(), backdrop.view.within(side * 0.52, near, clear=0.16), near, size=0.62)


def _paint_tufts(backdrop: Backdrop) -> None:
    random = backdrop.random("tufts")
    colour = mix(GRASS, (70, 104, 60), 0.6)
    for near, outline in land.tufts(random, 26, nearest=NEAREST, size=0.03):
        if abs(outline[:, 0]).min() > 0.46:
            backdrop.paint([outline], near, colour, covered=True)
