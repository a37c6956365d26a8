"""Paints a kitchen: tiles, a window on the sky, stove, shelves, lamps. It must not know who cooks there."""

import itertools
from dataclasses import replace

import numpy as np

from shared.board.backdrop import Backdrop
from shared.board.colour import RGB, shade, tint
from shared.board.geometry import Points, polygon
from shared.board.places.room import indoor_light, lamp_share
from shared.board.sketch import Sketch
from shared.board.sky import paint_sky
from shared.board.weather import paint_falling

WALL, BEFORE_WALL = 0.3, 0.36
"""Nearness of the wall, and of where the floor begins."""

FLOOR, WORKTOP = -0.16, 0.04
"""Elevations at which the wall meets the floor, and of the worktop before it."""

WALLS: tuple[RGB, ...] = ((214, 204, 180), (188, 206, 204), (216, 192, 170))
CUPBOARDS: tuple[RGB, ...] = ((96, 136, 138), (176, 108, 84), (108, 122, 152))
TILE, STEEL, WOOD = (236, 234, 226), (172, 178, 186), (164, 122, 84)
LAMP: RGB = (255, 214, 140)


def paint_kitchen(backdrop: Backdrop) -> None:
    """Paint the sky, the wall with its window before it, then the kitchen and its floor."""
    random = backdrop.random("kitchen")
    inside = replace(backdrop, light=indoor_light(backdrop.light))
    wall, cupboard = WALLS[int(random.integers(3))], CUPBOARDS[int(random.integers(3))]
    side = -1 if backdrop.source_x < 0 else 1
    outside = replace(backdrop, view=replace(backdrop.view, horizon=max(0.5, backdrop.view.horizon)))
    paint_sky(outside)
    paint_falling(outside, backdrop.random("window weather"), coarse=0.6)
    backdrop.nearer(WALL)
    _paint_wall(inside, wall, side)
    _paint_units(inside, cupboard)
    _paint_shelf(inside, -side)
    backdrop.nearer(BEFORE_WALL)
    _paint_floor(inside)
    _paint_stove(inside, -side)
    _paint_lamps(inside)


def _paint_wall(inside: Backdrop, wall: RGB, side: int) -> None:
    canvas, view = inside.canvas, inside.view
    lit = inside.light.on_place(wall, WALL)
    canvas.gradient(
        [(0.0, shade(lit, 0.74)), (0.6, lit), (1.0, shade(lit, 0.94))],
        view.top,
        view.y(FLOOR, WALL) + 2,
        rows=(0, canvas.height),
    )
    inside.paint([_rect(-3, FLOOR, 3, 0.17)], WALL, TILE)
    lines = [_rect(float(x), WORKTOP, float(x) + 0.003, 0.17) for x in np.arange(-2.4, 2.4, 0.06)]
    lines += [_rect(-3, float(y), 3, float(y) + 0.003) for y in np.arange(WORKTOP + 0.04, 0.18, 0.06)]
    inside.paint(lines, WALL, shade(TILE, 0.84))
    half = min(0.2, view.reach * 0.4)
    middle = side * min(0.26, max(0.0, view.reach - half - 0.06))
    window = _rect(middle - half, 0.1, middle + half, 0.4)
    inside.paint([_rect(middle - half - 0.024, 0.076, middle + half + 0.024, 0.424)], WALL, (240, 236, 226))
    canvas.cut([inside.pixels(window, WALL)])
    bars = [_rect(middle - 0.007, 0.1, middle + 0.007, 0.4), _rect(middle - half, 0.25, middle + half, 0.262)]
    inside.paint(bars, WALL, (240, 236, 226))
    inside.paint([_rect(middle - half - 0.05, 0.06, middle + half + 0.05, 0.082)], WALL, WOOD)
    for dx in (-0.1, 0.02):
        inside.put(herb(), middle + dx, 0.08, WALL, size=0.1)


def _paint_units(inside: Backdrop, colour: RGB) -> None:
    """Cupboards along the wall under a worktop."""
    inside.paint([_rect(-3, FLOOR, 3, WORKTOP)], WALL, colour)
    doors = [
        _rect(float(x) + 0.012, FLOOR + 0.03, float(x) + 0.208, WORKTOP - 0.03)
        for x in np.arange(-2.2, 2.2, 0.22)
    ]
    inside.paint(doors, WALL, tint(colour, 0.12))
    knobs = [_rect(float(x) + 0.18, -0.05, float(x) + 0.194, -0.03) for x in np.arange(-2.2, 2.2, 0.22)]
    inside.paint(knobs, WALL, (222, 196, 130))
    inside.paint([_rect(-3, FLOOR, 3, FLOOR + 0.02)], WALL, shade(colour, 0.6))
    inside.paint([_rect(-3, WORKTOP - 0.012, 3, WORKTOP + 0.014)], WALL, WOOD)
    inside.paint([_rect(-3, WORKTOP - 0.018, 3, WORKTOP - 0.01)], WALL, shade(WOOD, 0.7))


def _paint_shelf(inside: Backdrop, side: int) -> None:
    """A shelf with plates and jars, and pans that hang from it."""
    middle = inside.view.within(side * 0.4, WALL, clear=0.26)
    inside.put(shelf(inside.random("jars")), middle, 0.28, WALL, size=0.5)


def _paint_floor(inside: Backdrop) -> None:
    light, view = inside.light, inside.view
    top, below = view.y(FLOOR, WALL), inside.canvas.height
    pale, dark = (214, 206, 192), (150, 140, 132)
    inside.canvas.gradient(
        [(0.0, light.on_place(shade(pale, 0.8), 1)), (1.0, light.on_place(pale, 1))],
        top,
        view.bottom,
        rows=(top, below),
    )
    rows = [FLOOR - 0.3 * step**1.4 for step in np.linspace(0, 1.5, 10)]
    tiles = []
    for row, (far, near) in enumerate(itertools.pairwise(rows)):
        wide_far, wide_near = (0.13 * (1 + 2.6 * (FLOOR - y)) for y in (far, near))
        for i in range(-16 + row % 2, 16, 2):
            corners = [
                (i * wide_far, far),
                ((i + 1) * wide_far, far),
                ((i + 1) * wide_near, near),
                (i * wide_near, near),
            ]
            tiles.append(polygon(corners))
    inside.paint(tiles, 0.6 if view.zoom == 1 else WALL, dark, alpha=0.55)


def _paint_stove(inside: Backdrop, side: int) -> None:
    near = 0.42
    x, low = inside.view.within(side * 0.62, near, clear=0.14), FLOOR - 0.36 * (near - WALL)
    inside.pool(x, low, near, 0.24)
    inside.put(stove(), x, low, near, size=0.3)
    inside.shine(x, low + 0.07, near, 0.14, (255, 150, 70), 0.35)


def _paint_lamps(inside: Backdrop) -> None:
    lamp = lamp_share(inside.light)
    for x in (-0.3, 0.3):
        inside.put(pendant(lit=lamp > 0), x, 0.36, BEFORE_WALL, size=0.3)
        if lamp:
            inside.shine(x, 0.37, BEFORE_WALL, 0.8, (255, 190, 104), 0.42 * lamp)


def stove() -> Sketch:
    """A range with a pot and a pan on it, 1 wide."""
    sketch = Sketch()
    body = (66, 70, 80)
    sketch.box(-0.5, 0.0, 0.5, 0.9, body)
    sketch.box(-0.54, 0.86, 0.54, 0.94, STEEL)
    sketch.box(-0.4, 0.1, 0.4, 0.6, shade(body, 0.6))
    sketch.box(-0.34, 0.16, 0.34, 0.54, (240, 138, 62), glows=True)
    sketch.box(-0.4, 0.64, 0.4, 0.68, STEEL)
    for x in (-0.36, -0.18, 0.0, 0.18, 0.36):
        sketch.oval(x, 0.77, 0.045, 0.045, STEEL)
    sketch.box(-0.4, 0.94, -0.06, 1.2, (188, 92, 72))
    sketch.box(-0.42, 1.18, -0.04, 1.24, shade(STEEL, 0.9))
    sketch.oval(-0.23, 1.27, 0.04, 0.03, (60, 60, 66))
    sketch.box(0.1, 0.94, 0.42, 1.02, (54, 56, 64))
    sketch.stroke([(0.4, 1.0), (0.66, 1.08)], 0.04, (54, 56, 64))
    for x in (-0.3, -0.16):
        sketch.stroke(
            [(x, 1.32), (x + 0.05, 1.42), (x - 0.02, 1.54), (x + 0.04, 1.64)], 0.03, (226, 226, 228)
        )
    return sketch


def shelf(random: np.random.Generator) -> Sketch:
    """A board with jars and plates, pans below."""
    sketch = Sketch()
    sketch.box(-0.5, 0.0, 0.5, 0.035, WOOD)
    for i, x in enumerate(np.linspace(-0.42, 0.4, 7)):
        high = float(random.uniform(0.1, 0.2))
        colour = ((196, 92, 70), (232, 214, 170), (96, 128, 104), (214, 164, 84))[int(random.integers(4))]
        if i % 3 == 2:
            sketch.oval(float(x), 0.12, 0.075, 0.085, (236, 238, 240))
            sketch.oval(float(x), 0.12, 0.045, 0.05, (206, 214, 222))
        else:
            sketch.box(float(x) - 0.045, 0.035, float(x) + 0.045, 0.035 + high, colour)
            sketch.box(float(x) - 0.048, 0.03 + high, float(x) + 0.048, 0.06 + high, shade(colour, 0.6))
    for x, size in ((-0.34, 0.085), (-0.1, 0.07), (0.14, 0.09)):
        sketch.stroke([(x, 0.0), (x, -0.14)], 0.016, (60, 60, 66))
        sketch.oval(x, -0.14 - size, size, size, (84, 82, 88))
        sketch.oval(x, -0.14 - size, size * 0.72, size * 0.72, (112, 108, 112))
    return sketch


def pendant(*, lit: bool) -> Sketch:
    """A lamp on a cable, its shade at 0."""
    sketch = Sketch()
    sketch.box(-0.012, 0.2, 0.012, 2.4, (60, 58, 60))
    sketch.oval(0.0, 0.02, 0.09, 0.06, LAMP if lit else (226, 222, 210), glows=lit)
    sketch.corners([(-0.26, 0.02), (0.26, 0.02), (0.08, 0.26), (-0.08, 0.26)], (168, 78, 62))
    return sketch


def herb() -> Sketch:
    """A pot of herbs."""
    sketch = Sketch()
    for x, y in ((-0.2, 0.7), (0.0, 0.86), (0.2, 0.7), (-0.1, 0.6), (0.12, 0.58)):
        sketch.oval(x, y, 0.2, 0.18, (92, 148, 84))
    sketch.corners([(-0.28, 0.5), (0.28, 0.5), (0.2, 0.0), (-0.2, 0.0)], (190, 106, 76))
    return sketch


def _rect(left: float, bottom: float, right: float, top: float) -> Points:
    return polygon([(left, bottom), (right, bottom), (right, top), (left, top)])
