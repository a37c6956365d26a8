"""Draws furniture, about one unit high, feet at (0, 0). It must not know the room."""

import numpy as np

from shared.board.colour import RGB, shade, tint
from shared.board.sketch import Sketch

SPINES: tuple[RGB, ...] = (
    (160, 66, 56),
    (60, 92, 122),
    (196, 152, 82),
    (84, 118, 92),
    (222, 208, 180),
    (104, 74, 104),
)


def bookcase(random: np.random.Generator, wood: RGB) -> Sketch:
    """Four shelves of books, 1.25 high."""
    sketch = Sketch()
    sketch.box(-0.42, 0.0, 0.42, 1.25, wood)
    for shelf in range(4):
        low = 0.06 + 0.3 * shelf
        sketch.box(-0.37, low, 0.37, low + 0.25, shade(wood, 0.58))
        x = -0.36
        while x < 0.3:
            wide, tall = random.uniform(0.03, 0.07), random.uniform(0.14, 0.22)
            if random.uniform() < 0.86:
                sketch.box(x, low, x + wide, low + tall, SPINES[int(random.integers(len(SPINES)))])
            x += wide + 0.004
    return sketch


def picture(wall: RGB) -> Sketch:
    """A framed landscape."""
    sketch = Sketch()
    sketch.box(-0.42, 0.0, 0.42, 0.7, (96, 72, 54))
    sketch.box(-0.36, 0.06, 0.36, 0.64, (222, 212, 186))
    sketch.corners(
        [(-0.36, 0.06), (0.36, 0.06), (0.36, 0.26), (0.1, 0.42), (-0.14, 0.24), (-0.36, 0.34)],
        shade(wall, 0.66),
    )
    sketch.oval(0.18, 0.5, 0.06, 0.06, (218, 142, 92))
    return sketch


def armchair(cloth: RGB) -> Sketch:
    """A chair facing left."""
    sketch = Sketch()
    for x in (-0.3, 0.34):
        sketch.box(x - 0.03, 0.0, x + 0.03, 0.12, (74, 54, 42))
    sketch.blob(
        [(-0.1, 0.2), (-0.06, 0.8), (0.1, 0.98), (0.36, 0.94), (0.46, 0.7), (0.44, 0.14), (0.1, 0.12)],
        shade(cloth, 0.84),
    )
    sketch.blob([(-0.42, 0.36), (0.22, 0.4), (0.26, 0.24), (-0.4, 0.22)], tint(cloth, 0.14))
    sketch.blob([(-0.42, 0.12), (-0.42, 0.3), (0.3, 0.3), (0.42, 0.12)], shade(cloth, 0.92))
    sketch.blob([(-0.3, 0.14), (-0.36, 0.46), (-0.24, 0.56), (0.2, 0.54), (0.34, 0.42), (0.32, 0.14)], cloth)
    sketch.stroke([(-0.3, 0.5), (0.2, 0.49)], (0.02, 0.035), tint(cloth, 0.2))
    return sketch


def side_table(wood: RGB, *, lit: bool) -> Sketch:
    """A small table with a lamp; the lamp's light is at 0.92."""
    sketch = Sketch()
    for x in (-0.22, 0.18):
        sketch.corners([(x, 0.0), (x + 0.03, 0.0), (x + 0.05, 0.48), (x - 0.01, 0.48)], shade(wood, 0.8))
    sketch.box(-0.3, 0.46, 0.3, 0.52, wood)
    sketch.blob(
        [(-0.05, 0.52), (-0.08, 0.6), (-0.02, 0.76), (0.02, 0.76), (0.08, 0.6), (0.05, 0.52)], (92, 124, 130)
    )
    shade_colour = (255, 216, 146) if lit else (226, 208, 176)
    sketch.corners([(-0.22, 0.76), (0.22, 0.76), (0.13, 1.08), (-0.13, 1.08)], shade_colour, glows=lit)
    sketch.box(0.12, 0.52, 0.26, 0.55, (160, 66, 56))
    return sketch


def plant() -> Sketch:
    """A leafy plant in a pot."""
    sketch = Sketch()
    leaf = (74, 116, 78)
    for angle, reach in ((-62, 0.5), (-36, 0.66), (-12, 0.8), (14, 0.76), (38, 0.64), (64, 0.5)):
        swing = np.radians(angle)
        tip = (reach * np.sin(swing), 0.3 + reach * np.cos(swing))
        middle = (reach * 0.45 * np.sin(swing) * 0.8, 0.3 + reach * 0.5 * np.cos(swing))
        sketch.stroke(
            [(0.0, 0.26), middle, tip], (0.02, 0.12, 0.01), shade(leaf, 0.84 + 0.003 * (angle + 62))
        )
    sketch.corners([(-0.17, 0.3), (0.17, 0.3), (0.12, 0.0), (-0.12, 0.0)], (178, 110, 78))
    sketch.box(-0.19, 0.26, 0.19, 0.33, (190, 122, 88))
    return sketch
