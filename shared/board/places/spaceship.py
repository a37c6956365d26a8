"""Paints the bridge of a spaceship: a window on the stars, consoles. It must not know who is in it."""

from dataclasses import replace

import numpy as np

from shared.board.backdrop import Backdrop
from shared.board.colour import RGB, mix, shade, tint
from shared.board.geometry import Points, ellipse, polygon, smooth
from shared.board.places.room import indoor_light
from shared.board.sketch import Sketch

WALL, BEFORE_WALL, CONSOLE = 0.3, 0.36, 0.5
"""Nearness of the wall, of where the floor begins, and of the consoles."""

FLOOR = -0.16
"""Elevation at which the wall meets the floor."""

SPACE: tuple[RGB, RGB] = (10, 12, 34), (28, 26, 66)
HULL, SEAM = (120, 130, 148), (84, 92, 110)
SHIP_LIGHT = (0.74, 0.8, 0.9)
"""What is left of each colour in the light on board, where it is never day."""
GLOW: RGB = (116, 214, 240)
BUTTONS: tuple[RGB, ...] = ((250, 104, 88), (250, 206, 96), (110, 226, 150), GLOW)
PLANETS: tuple[RGB, ...] = ((206, 122, 84), (96, 150, 206), (188, 160, 210))


def paint_spaceship(backdrop: Backdrop) -> None:
    """Paint space, the wall with its window before it, then floor and consoles."""
    inside = replace(backdrop, light=replace(indoor_light(backdrop.light), ambient=SHIP_LIGHT))
    _paint_space(backdrop)
    backdrop.nearer(WALL)
    _paint_wall(inside)
    backdrop.nearer(BEFORE_WALL)
    _paint_floor(inside)
    _paint_consoles(inside)


def _paint_space(backdrop: Backdrop) -> None:
    canvas, random = backdrop.canvas, backdrop.random("space")
    canvas.gradient([(0.0, SPACE[0]), (1.0, SPACE[1])], 0, canvas.height, rows=(0, canvas.height))
    for bright in (0.4, 0.7, 1.0):
        stars = [
            ellipse(float(x), float(y), 0.0016 + 0.0014 * bright)
            for x, y in zip(random.uniform(-1.5, 1.5, 70), random.uniform(-0.4, 0.8, 70), strict=True)
        ]
        backdrop.fill(stars, 0.0, (228, 234, 255), bright)
    colour = PLANETS[int(random.integers(len(PLANETS)))]
    x = backdrop.view.within(0.3 if backdrop.source_x > 0 else -0.3, 0.0, clear=0.2)
    backdrop.shine(x, 0.2, 0.0, 0.34, colour, 0.35)
    backdrop.fill([ellipse(x, 0.2, 0.15)], 0.0, colour)
    for y, half, thick in ((0.26, 0.13, 0.014), (0.19, 0.148, 0.022), (0.12, 0.125, 0.012)):
        backdrop.fill([ellipse(x, y, half, thick)], 0.0, shade(colour, 0.86))
    backdrop.fill([_crescent(x, 0.2, 0.15)], 0.0, shade(colour, 0.6), 0.55)


def _crescent(x: float, y: float, radius: float) -> Points:
    angle = np.linspace(-np.pi / 2, np.pi / 2, 24)
    outer = np.stack([x + radius * np.cos(angle), y + radius * np.sin(angle)], axis=1)
    inner = np.stack([x + radius * 0.45 * np.cos(angle), y + radius * np.sin(angle)], axis=1)
    return np.vstack([outer, inner[::-1]])


def _window(backdrop: Backdrop) -> Points:
    half = min(0.62, backdrop.view.reach * 0.74)
    return smooth(
        [
            (-half, 0.06), (-half * 0.94, 0.36), (-half * 0.6, 0.42), (half * 0.6, 0.42),
            (half * 0.94, 0.36), (half, 0.06), (half * 0.8, -0.02), (-half * 0.8, -0.02),
        ]
    )  # fmt: skip


def _paint_wall(inside: Backdrop) -> None:
    canvas, view = inside.canvas, inside.view
    lit = inside.light.on_place(HULL, WALL)
    canvas.gradient(
        [(0.0, shade(lit, 0.6)), (0.5, lit), (1.0, shade(lit, 0.8))],
        view.top,
        view.y(FLOOR, WALL) + 2,
        rows=(0, canvas.height),
    )
    seams = [_rect(float(x), FLOOR, float(x) + 0.008, 1.2) for x in np.arange(-2.4, 2.4, 0.3)]
    inside.paint([*seams, _rect(-3, FLOOR, 3, FLOOR + 0.03), _rect(-3, 0.5, 3, 0.51)], WALL, SEAM)
    window = _window(inside)
    inside.paint([window * 1.07 - (0.0, 0.014)], WALL, shade(SEAM, 0.7))
    inside.paint([window * 1.035 - (0.0, 0.007)], WALL, tint(HULL, 0.3))
    canvas.cut([inside.pixels(window, WALL)])
    reach = float(window[:, 0].max())
    inside.paint(
        [_rect(x - 0.012, -0.05, x + 0.012, 0.45) for x in (-reach * 0.36, reach * 0.36)], WALL, HULL
    )
    for x in np.arange(-2.1, 2.2, 0.6):
        inside.fill([_rect(float(x), FLOOR + 0.045, float(x) + 0.28, FLOOR + 0.06)], WALL, GLOW)


def _paint_floor(inside: Backdrop) -> None:
    light, view = inside.light, inside.view
    top, below = view.y(FLOOR, WALL), inside.canvas.height
    plate = (78, 86, 104)
    inside.canvas.gradient(
        [(0.0, light.on_place(shade(plate, 0.8), 1)), (1.0, light.on_place(tint(plate, 0.1), 1))],
        top,
        view.bottom,
        rows=(top, below),
    )
    lines = []
    for i in np.arange(-9, 10):
        far, near = view.x(i * 0.26, WALL), view.x(i * 0.56, 1.0)
        near = far + (near - far) * (below - top) / (view.bottom - top)
        lines.append(polygon([(far, top), (far + 1, top), (near + 3, below), (near, below)]))
    inside.canvas.fill(lines, light.on_place(shade(plate, 0.6), 1), alpha=0.8)
    for near in (0.42, 0.54, 0.72, 1.0):
        inside.paint([_rect(-4, -0.36 * near - 0.056, 4, -0.36 * near - 0.05)], near, shade(plate, 0.6))


def _paint_consoles(inside: Backdrop) -> None:
    for side in (-1, 1):
        x = inside.view.within(side * 0.78, CONSOLE, clear=0.12)
        desk = console(inside.random(f"console {side}"))
        low = FLOOR - 0.36 * (CONSOLE - WALL)
        inside.pool(x, low, CONSOLE, 0.2)
        inside.put(desk if side < 0 else desk.mirrored(), x, low, CONSOLE, size=0.34)
        inside.shine(x, low + 0.2, CONSOLE, 0.3, GLOW, 0.22)


def console(random: np.random.Generator) -> Sketch:
    """A desk of lights under a screen, about 1 high."""
    sketch = Sketch()
    sketch.corners([(-0.5, 0.0), (0.5, 0.0), (0.42, 0.46), (-0.42, 0.46)], shade(SEAM, 0.7))
    sketch.corners([(-0.56, 0.44), (0.56, 0.44), (0.46, 0.6), (-0.46, 0.6)], SEAM)
    for row in (0.48, 0.54):
        for x in np.arange(-0.4, 0.41, 0.1):
            colour = BUTTONS[int(random.integers(len(BUTTONS)))]
            sketch.oval(float(x), row, 0.024, 0.016, colour, glows=True)
    sketch.box(-0.4, 0.62, 0.4, 1.06, (40, 46, 62))
    sketch.box(-0.36, 0.66, 0.36, 1.02, mix((18, 38, 58), GLOW, 0.18), glows=True)
    heights = random.uniform(0.1, 0.3, 8)
    for i, high in enumerate(heights):
        x = -0.32 + i * 0.082
        sketch.box(x, 0.68, x + 0.05, 0.68 + float(high), mix(GLOW, (20, 60, 90), 0.25), glows=True)
    return sketch


def _rect(left: float, bottom: float, right: float, top: float) -> Points:
    return polygon([(left, bottom), (right, bottom), (right, top), (left, top)])
