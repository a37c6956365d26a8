"""Draws single things a prompt may name, in heights of a grown person. It must not know where they stand."""

from collections.abc import Callable

from shared.board import furnishings, things
from shared.board.colour import RGB, shade, tint
from shared.board.geometry import Points, smooth
from shared.board.inventory import LARGE, SMALL
from shared.board.sketch import Sketch
from shared.board.things import FLAME

WOOD = (126, 92, 64)
GLASS = (86, 108, 128)


def lighthouse(*, lit: bool = False) -> Sketch:
    """A striped tower with its lamp at 3.86."""
    sketch = Sketch()
    white, red = (238, 232, 222), (186, 60, 52)

    def half(y: float) -> float:
        return 0.46 - 0.062 * y

    for i in range(5):
        low, high = i * 0.7, (i + 1) * 0.7
        sketch.corners(
            [(-half(low), low), (half(low), low), (half(high), high), (-half(high), high)],
            white if i % 2 else red,
        )
    sketch.corners(
        [(half(0) * 0.2, 0), (half(0), 0), (half(3.5), 3.5), (half(3.5) * 0.3, 3.5)], shade(white, 0.86)
    )
    for i in range(0, 5, 2):
        low, high = i * 0.7, (i + 1) * 0.7
        sketch.corners(
            [(half(low) * 0.25, low), (half(low), low), (half(high), high), (half(high) * 0.25, high)],
            shade(red, 0.82),
        )
    sketch.box(-0.34, 3.5, 0.34, 3.6, (70, 70, 78))
    sketch.box(-0.2, 3.6, 0.2, 4.05, FLAME if lit else GLASS, glows=lit)
    for x in (-0.2, -0.02, 0.17):
        sketch.box(x, 3.6, x + 0.035, 4.05, (70, 70, 78))
    sketch.corners([(-0.27, 4.05), (0.27, 4.05), (0.0, 4.4)], shade(red, 0.9))
    sketch.box(-0.1, 0.0, 0.1, 0.42, (84, 58, 50))
    sketch.box(-0.06, 1.7, 0.06, 1.95, (70, 80, 96))
    return sketch


def boat(hull: RGB = (176, 62, 54)) -> Sketch:
    """A fishing boat, its water line at 0."""
    sketch = Sketch()
    sketch.stroke([(-0.1, 0.3), (-0.1, 2.0)], (0.06, 0.035), WOOD)
    sketch.stroke([(-0.1, 1.9), (1.15, 0.42)], 0.012, (90, 84, 80))
    sketch.stroke([(-0.1, 1.9), (-1.1, 0.4)], 0.012, (90, 84, 80))
    sketch.stroke([(-0.1, 0.75), (-0.95, 1.15)], 0.035, WOOD)
    sketch.corners([(0.12, 0.3), (0.72, 0.3), (0.66, 0.88), (0.2, 0.88)], (236, 230, 216))
    sketch.corners([(0.08, 0.86), (0.74, 0.86), (0.7, 0.96), (0.12, 0.96)], shade(hull, 0.85))
    sketch.box(0.42, 0.55, 0.62, 0.78, GLASS)
    sketch.box(0.2, 0.55, 0.36, 0.78, GLASS)
    sketch.blob(
        [
            (-1.1, 0.45),
            (-0.4, 0.3),
            (0.5, 0.3),
            (1.22, 0.56),
            (1.0, 0.06),
            (0.7, -0.06),
            (-0.7, -0.06),
            (-1.02, 0.04),
        ],
        hull,
    )
    sketch.stroke([(-1.1, 0.42), (-0.3, 0.3), (0.5, 0.3), (1.2, 0.53)], 0.05, tint(hull, 0.55))
    sketch.stroke([(-0.98, 0.03), (0.0, -0.015), (0.95, 0.03)], 0.06, shade(hull, 0.6))
    return sketch


def tree(*, leaf: RGB = (92, 134, 72)) -> Sketch:
    """A broad tree, about 1.5 high."""
    sketch = Sketch()
    sketch.stroke([(0, 0), (0.02, 0.5), (0.0, 0.8)], (0.16, 0.09, 0.07), WOOD)
    sketch.stroke([(0.01, 0.5), (0.24, 0.8)], (0.06, 0.03), WOOD)
    sketch.stroke([(0.01, 0.55), (-0.22, 0.86)], (0.055, 0.03), WOOD)
    for x, y, radius, factor in (
        (-0.32, 0.86, 0.27, 0.8), (0.34, 0.84, 0.27, 0.8), (0.0, 0.84, 0.3, 0.82),
        (-0.18, 1.1, 0.3, 0.92), (0.2, 1.12, 0.3, 1.0), (0.02, 1.34, 0.24, 1.08), (0.3, 1.02, 0.16, 1.1),
    ):  # fmt: skip
        sketch.oval(x, y, radius, radius * 0.86, shade(leaf, factor))
    return sketch


def house(*, lit: bool = False, roof: RGB = (150, 82, 66)) -> Sketch:
    """A cottage with a chimney."""
    sketch = Sketch()
    wall = (222, 206, 180)
    sketch.box(0.32, 1.2, 0.5, 1.95, (140, 104, 92))
    sketch.box(-0.9, 0, 0.9, 1.0, wall)
    sketch.box(0.2, 0, 0.9, 1.0, shade(wall, 0.88))
    sketch.corners([(-1.06, 0.96), (1.06, 0.96), (0.72, 1.66), (-0.72, 1.66)], roof)
    sketch.corners([(0.2, 0.96), (1.06, 0.96), (0.72, 1.66), (0.2, 1.66)], shade(roof, 0.86))
    for x in (-0.68, 0.42):
        sketch.box(x - 0.03, 0.36, x + 0.33, 0.78, (244, 238, 226))
        sketch.box(x, 0.39, x + 0.3, 0.75, FLAME if lit else GLASS, glows=lit)
        sketch.box(x + 0.135, 0.39, x + 0.165, 0.75, (244, 238, 226))
    sketch.box(-0.15, 0, 0.17, 0.68, (96, 70, 58))
    return sketch


def car(*, lit: bool = False) -> Sketch:
    """A small round car, facing right."""
    sketch = Sketch()
    body = (64, 118, 138)
    sketch.blob([(-0.75, 0.5), (-0.55, 0.82), (-0.1, 0.88), (0.35, 0.82), (0.62, 0.52)], body)
    sketch.blob([(-0.6, 0.54), (-0.48, 0.76), (-0.12, 0.8), (-0.1, 0.54)], GLASS)
    sketch.blob([(-0.03, 0.54), (-0.03, 0.8), (0.28, 0.75), (0.5, 0.54)], GLASS)
    sketch.blob(
        [
            (-1.0, 0.2),
            (-1.02, 0.46),
            (-0.7, 0.56),
            (0.6, 0.56),
            (0.98, 0.46),
            (1.06, 0.26),
            (1.0, 0.16),
            (-0.9, 0.15),
        ],
        body,
    )
    sketch.stroke([(-0.96, 0.3), (1.0, 0.3)], 0.025, tint(body, 0.45))
    sketch.oval(0.98, 0.38, 0.06, 0.07, (255, 240, 190), glows=lit)
    sketch.oval(-1.0, 0.4, 0.035, 0.06, (200, 60, 50), glows=lit)
    for x in (-0.6, 0.6):
        sketch.oval(x, 0.17, 0.19, 0.19, (38, 38, 44))
        sketch.oval(x, 0.17, 0.09, 0.09, (190, 192, 196))
    return sketch


def lantern() -> Sketch:
    """A storm lantern, larger than life so that it is seen."""
    sketch = Sketch()
    iron = (66, 58, 54)
    sketch.stroke([(-0.1, 0.4), (0.0, 0.6), (0.1, 0.4)], 0.02, iron)
    sketch.box(-0.11, 0.08, 0.11, 0.38, FLAME, glows=True)
    flame = smooth([(-0.045, 0.12), (0.045, 0.12), (0.03, 0.22), (0.0, 0.32), (-0.03, 0.22)])
    sketch.add(flame, (255, 248, 222), glows=True)
    sketch.corners([(-0.16, 0.38), (0.16, 0.38), (0.08, 0.46), (-0.08, 0.46)], iron)
    sketch.box(-0.15, 0.0, 0.15, 0.09, iron)
    for x in (-0.11, 0.09):
        sketch.box(x, 0.08, x + 0.02, 0.38, iron)
    return sketch


def door(*, lit: bool = False) -> Sketch:
    """A door in its frame, a little open when there is light behind it."""
    sketch = Sketch()
    sketch.box(-0.36, 0, 0.36, 1.3, (92, 70, 56))
    sketch.box(-0.29, 0, 0.29, 1.23, FLAME if lit else (54, 44, 44), glows=lit)
    panel = (146, 62, 52)
    sketch.corners([(-0.29, 0), (0.2, -0.04), (0.2, 1.27), (-0.29, 1.23)], panel)
    for low, high in ((0.12, 0.52), (0.64, 1.12)):
        sketch.box(-0.21, low, 0.1, high, shade(panel, 0.82))
    sketch.oval(0.13, 0.58, 0.028, 0.028, (222, 182, 92))
    return sketch


def table() -> Sketch:
    """A table with a jug and a bowl."""
    sketch = Sketch()
    for x in (-0.5, 0.42):
        sketch.box(x, 0, x + 0.08, 0.44, shade(WOOD, 0.78))
    sketch.box(-0.62, 0.42, 0.62, 0.5, WOOD)
    sketch.box(-0.62, 0.42, 0.62, 0.44, shade(WOOD, 0.75))
    sketch.blob(
        [(-0.3, 0.5), (-0.34, 0.62), (-0.26, 0.76), (-0.16, 0.76), (-0.08, 0.62), (-0.12, 0.5)],
        (96, 136, 150),
    )
    sketch.blob([(0.08, 0.6), (0.4, 0.6), (0.34, 0.51), (0.14, 0.51)], (206, 160, 90))
    for x in (0.16, 0.24, 0.32):
        sketch.oval(x, 0.62, 0.055, 0.055, (196, 74, 56))
    return sketch


def umbrella() -> Sketch:
    """An open umbrella left on the ground."""
    sketch = Sketch()
    colour = (204, 58, 50)
    sketch.stroke([(0.1, 0.25), (0.62, 0.04)], 0.02, WOOD)
    sketch.blob([(-0.5, 0.02), (-0.46, 0.38), (-0.1, 0.66), (0.32, 0.6), (0.18, 0.3), (-0.12, 0.06)], colour)
    sketch.blob([(-0.32, 0.48), (-0.1, 0.66), (0.1, 0.66), (0.02, 0.3), (-0.2, 0.08)], shade(colour, 0.85))
    return sketch


def campfire() -> Sketch:
    """Burning logs."""
    sketch = Sketch()
    sketch.add(_flame(0.30, 0.62), (240, 120, 50), glows=True)
    sketch.add(_flame(0.2, 0.44), FLAME, glows=True)
    sketch.add(_flame(0.1, 0.25), (255, 240, 190), glows=True)
    for ends in ([(-0.36, 0.04), (0.3, 0.12)], [(0.36, 0.04), (-0.3, 0.12)]):
        sketch.stroke(ends, 0.09, shade(WOOD, 0.7))
    return sketch


def _flame(half: float, tall: float) -> Points:
    return smooth(
        [
            (-half * 0.7, 0.06),
            (-half, tall * 0.35),
            (-half * 0.35, tall * 0.6),
            (0.0, tall),
            (half * 0.3, tall * 0.62),
            (half, tall * 0.35),
            (half * 0.7, 0.06),
        ]
    )


def pine_tree() -> Sketch:
    """A fir."""
    sketch = Sketch()
    leaf = (56, 98, 78)
    sketch.box(-0.06, 0, 0.06, 0.3, WOOD)
    for i in range(4):
        low, half = 0.2 + 0.38 * i, 0.55 - 0.12 * i
        sketch.corners([(-half, low), (half, low), (0.0, low + 0.68)], shade(leaf, 0.9 + 0.06 * i))
    return sketch


DRAWN_SMALL: dict[str, tuple[Callable[[RGB], Sketch], float]] = {
    "lantern": (lambda _: lantern(), 0.8),
    "umbrella": (lambda _: umbrella(), 1.0),
    "balloon": (things.balloon, 1.0),
    "book": (things.book, 0.42),
    "letter": (things.letter, 0.4),
    "map": (things.chart, 0.5),
    "cup": (things.cup, 0.4),
    "key": (things.key, 0.5),
    "sword": (things.sword, 0.9),
    "guitar": (things.guitar, 0.75),
    "suitcase": (things.suitcase, 0.5),
    "flower": (things.flower, 0.6),
    "candle": (things.candle, 0.45),
    "cake": (things.cake, 0.6),
    "telescope": (things.telescope, 0.95),
    "kite": (things.kite, 1.0),
    "ball": (things.ball, 0.3),
    "phone": (things.phone, 0.45),
    "gift": (things.gift, 0.45),
    "bottle": (things.bottle, 0.5),
    "pot": (things.pot, 0.5),
    "treasure": (things.treasure, 0.7),
}
"""How to draw each in a colour, and its size where it stands by itself."""

DRAWN_LARGE: dict[str, Callable[[bool], Sketch]] = {
    "lighthouse": lambda lit: lighthouse(lit=lit),
    "campfire": lambda _: campfire(),
    "chess": lambda _: furnishings.chess_table(),
    "bicycle": lambda _: furnishings.bicycle(),
    "rocket": lambda lit: furnishings.rocket(lit=lit),
    "train": lambda lit: furnishings.train(lit=lit),
    "tent": lambda lit: furnishings.tent(lit=lit),
    "bench": lambda _: furnishings.bench(),
    "boat": lambda _: boat(),
    "car": lambda lit: car(lit=lit),
    "house": lambda lit: house(lit=lit),
    "door": lambda lit: door(lit=lit),
    "table": lambda _: table(),
    "pine": lambda _: pine_tree(),
    "tree": lambda _: tree(),
}
"""How to draw each, given whether lamps are lit."""


def _standing(key: str) -> Callable[[bool], Sketch]:
    draw, size = DRAWN_SMALL[key]

    def drawn(_: bool) -> Sketch:
        sketch = Sketch()
        sketch.join(draw(SMALL[key][0]), scale=size)
        return sketch

    return drawn


PROPS: dict[str, tuple[Callable[[bool], Sketch], str]] = {
    **{key: (_standing(key), words) for key, (_, words) in SMALL.items()},
    **{key: (DRAWN_LARGE[key], words) for key, words in LARGE.items()},
}
"""How to draw each, given whether lamps are lit, and the words for it."""
