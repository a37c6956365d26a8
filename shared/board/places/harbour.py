"""Paints a harbour: a town, a lighthouse, boats, a stone quay. It must not know who stands there."""

import numpy as np

from shared.board.backdrop import Backdrop
from shared.board.colour import RGB, mix, shade
from shared.board.geometry import Points, ellipse, polygon, rolling, under
from shared.board.places import land
from shared.board.props import boat, lighthouse

QUAY = 0.52
"""Nearness of the edge of the quay."""

STONE = (152, 146, 140)
HOUSES: tuple[RGB, ...] = (
    (206, 182, 156),
    (176, 122, 104),
    (160, 170, 178),
    (214, 200, 176),
    (150, 134, 130),
)


def paint_harbour(backdrop: Backdrop) -> None:
    """Paint the whole place below the sky."""
    side = -1 if backdrop.random("lighthouse side").uniform() < 0.5 else 1
    backdrop.nearer(0.03)
    land.ridge(backdrop, "hills", 0.03, (122, 144, 150), base=0.085, rise=0.045, roughness=0.42)
    _paint_town(backdrop, -side)
    backdrop.nearer(0.12)
    land.water(backdrop, (46, 96, 118), until=QUAY + 0.06)
    _paint_town_glitter(backdrop, -side)
    _paint_breakwater(backdrop, side)
    _paint_boats(backdrop)
    backdrop.nearer(QUAY)
    _paint_quay(backdrop)
    lamp = backdrop.view.within(-side * 0.72, 0.72, clear=0.08)
    land.put_lamp(backdrop, lamp, 0.72, facing=side)


def _paint_town(backdrop: Backdrop, side: int) -> None:
    """Small houses stepping down a slope to the water, on one side of it."""
    random = backdrop.random("town")
    windows: list[Points] = []
    for step in range(3):
        roofs = []
        for x in np.arange(0.02, 1.9, 0.085):
            wide, tall = 0.075 * random.uniform(0.8, 1.2), 0.05 * random.uniform(0.8, 1.5)
            slope = max(0.056 - 0.034 * step + 0.02 * random.uniform(-1, 1), -0.006) * min(1.0, x * 2 + 0.2)
            left, top = side * (x + random.uniform(0, 0.03) + step * 0.02), slope + tall
            colour = HOUSES[int(random.integers(len(HOUSES)))]
            backdrop.paint([_block(left, -0.03, left + wide, top)], 0.07, colour, mist=0.2)
            gable = (left + wide * 0.5, top + 0.028)
            roofs.append(polygon([(left - 0.006, top), (left + wide + 0.006, top), gable]))
            sill = slope + tall * 0.45
            windows += [
                _block(at, sill, at + 0.01, sill + 0.014) for at in (left + wide * 0.22, left + wide * 0.6)
            ]
        backdrop.paint(roofs, 0.07, (150, 88, 74), covered=True)
    if backdrop.light.lamps_lit:
        backdrop.fill(windows[::2], 0.07, mix((255, 206, 124), backdrop.light.haze, 0.1))
    else:
        backdrop.paint(windows, 0.07, (70, 80, 96), alpha=0.7)


def _paint_town_glitter(backdrop: Backdrop, side: int) -> None:
    """Mirror the lit windows in the water."""
    if backdrop.light.lamps_lit:
        for x in (0.12, 0.3, 0.52, 0.8):
            land.glitter(backdrop, side * x, 0.2, (255, 196, 110), strength=0.3)


def _block(left: float, bottom: float, right: float, top: float) -> Points:
    return polygon([(left, bottom), (right, bottom), (right, top), (left, top)])


def _paint_breakwater(backdrop: Backdrop, side: int) -> None:
    near = 0.16
    x = land.ACROSS
    foot = land.row(near)
    top = foot + 0.022 + 0.006 * rolling(x, backdrop.random("breakwater"), roughness=0.6, coarsest=9)
    inside = x * side > 0.34
    wall = under(x[inside], top[inside], foot - 0.004)
    backdrop.paint([wall], near, (112, 112, 116), covered=True)
    at = backdrop.view.within(side * 0.5, near, clear=0.06)
    backdrop.put(lighthouse(lit=backdrop.light.lamps_lit), at, foot + 0.02, near, size=0.088)
    if backdrop.light.lamps_lit:
        lamp = foot + 0.02 + 0.088 * 3.86
        backdrop.shine(at, lamp, near, 0.22, (255, 232, 170), 0.7)
        for turn in (-1, 1):
            beam = polygon([(at, lamp), (at + turn * 3.6, lamp + 0.4), (at + turn * 3.6, lamp - 0.06)])
            backdrop.canvas.fill(
                [backdrop.pixels(beam, near)], (255, 236, 184), alpha=0.1, blur=backdrop.view.height * 0.006
            )


def _paint_boats(backdrop: Backdrop) -> None:
    random = backdrop.random("boats")
    hulls: tuple[RGB, ...] = ((176, 62, 54), (44, 92, 130), (232, 226, 212), (60, 118, 100))
    for x, near, size in ((-0.46, 0.2, 0.05), (0.24, 0.25, 0.06), (-0.98, 0.34, 0.085), (1.02, 0.4, 0.1)):
        at = x + random.uniform(-0.08, 0.08)
        hull = hulls[int(random.integers(len(hulls)))]
        level = land.row(near)
        dark = shade(backdrop.light.on_place((40, 60, 76), 0.8), 0.8)
        backdrop.canvas.glow(
            backdrop.view.x(at, near),
            backdrop.view.y(level - size * 0.16, near),
            size * 1.3 * backdrop.view.scale(near),
            dark,
            0.8,
            squash=0.22,
        )
        sketch = boat(hull)
        backdrop.put(sketch if random.uniform() < 0.5 else sketch.mirrored(), at, level, near, size=size)


def _paint_quay(backdrop: Backdrop) -> None:
    edge = land.row(QUAY)
    backdrop.paint(
        [polygon([(-3, edge), (3, edge), (3, edge - 0.02), (-3, edge - 0.02)])],
        QUAY,
        shade(STONE, 1.16),
        covered=True,
    )
    backdrop.paint(
        [polygon([(-3, edge - 0.02), (3, edge - 0.02), (3, -1.6), (-3, -1.6)])], 0.75, STONE, covered=True
    )
    joints = []
    for near in (0.6, 0.7, 0.83, 1.0):
        y = land.row(near)
        joints.append(
            polygon([(-3, y), (3, y), (3, y - 0.0025 - 0.002 * near), (-3, y - 0.0025 - 0.002 * near)])
        )
    backdrop.paint(joints, 0.75, shade(STONE, 0.76), alpha=0.7)
    seams = []
    for i, (a, b) in enumerate(((QUAY + 0.05, 0.6), (0.6, 0.7), (0.7, 0.83), (0.83, 1.0), (1.0, 1.2))):
        for column in range(-9, 10):
            x = (column + 0.5 * (i % 2)) * 0.26
            seams.append(
                polygon(
                    [
                        (x * a, land.row(a)),
                        (x * a + 0.003, land.row(a)),
                        (x * b + 0.004, land.row(b)),
                        (x * b, land.row(b)),
                    ]
                )
            )
    backdrop.paint(seams, 0.75, shade(STONE, 0.8), alpha=0.6)
    for x in (-0.5, 0.42, 1.2, -1.3):
        _paint_bollard(backdrop, x)


def _paint_bollard(backdrop: Backdrop, x: float) -> None:
    foot, iron = land.row(QUAY + 0.07), (62, 60, 64)
    backdrop.pool(x, foot, QUAY, 0.06)
    backdrop.paint(
        [
            polygon(
                [(x - 0.017, foot), (x + 0.017, foot), (x + 0.013, foot + 0.045), (x - 0.013, foot + 0.045)]
            )
        ],
        QUAY,
        iron,
    )
    backdrop.paint([ellipse(x, foot + 0.047, 0.023, 0.01)], QUAY, shade(iron, 1.2), covered=True)
