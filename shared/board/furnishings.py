"""Draws large things that stand in a place: vehicles, a bench, a chess table. It must not know users."""

from shared.board.colour import RGB, shade, tint
from shared.board.geometry import Pairs, ellipse
from shared.board.sketch import Sketch

WOOD = (126, 92, 64)
TYRE = (44, 44, 50)
GLASS = (86, 108, 128)
BLACK, IVORY = (52, 46, 50), (246, 240, 226)
LIT = (255, 214, 132)


def bicycle() -> Sketch:
    """A bicycle, about 0.6 high, facing right."""
    sketch = Sketch()
    frame = (196, 64, 54)
    for x in (-0.34, 0.34):
        ring = ellipse(x, 0.22, 0.21)
        sketch.stroke([(float(a), float(b)) for a, b in [*ring[::2], ring[0]]], 0.03, TYRE)
        for turn in (0, 60, 120):
            spoke = ellipse(x, 0.22, 0.2, 0.004, turn=turn)
            sketch.add(spoke, (170, 174, 180))
        sketch.oval(x, 0.22, 0.025, 0.025, TYRE)
    crank, saddle, head = (-0.04, 0.22), (-0.14, 0.5), (0.24, 0.5)
    for ends in (
        [(-0.34, 0.22), crank],
        [crank, saddle],
        [crank, head],
        [saddle, head],
        [(-0.34, 0.22), saddle],
    ):
        sketch.stroke(ends, 0.03, frame)
    sketch.stroke([(0.34, 0.22), (0.24, 0.5), (0.22, 0.6), (0.32, 0.62)], 0.026, TYRE)
    sketch.stroke([(-0.22, 0.55), (-0.07, 0.54)], 0.05, TYRE)
    sketch.stroke([(-0.15, 0.52), saddle], 0.025, TYRE)
    sketch.oval(*crank, 0.045, 0.045, shade(frame, 0.6))
    return sketch


def bench() -> Sketch:
    """A park bench."""
    sketch = Sketch()
    iron = (62, 64, 70)
    for x in (-0.6, 0.6):
        sketch.stroke([(x, 0.0), (x, 0.3), (x * 1.04, 0.66)], 0.04, iron)
        sketch.stroke([(x * 0.86, 0.0), (x * 0.9, 0.28)], 0.04, iron)
    for y in (0.42, 0.53, 0.64):
        sketch.box(-0.7, y - 0.035, 0.7, y + 0.035, WOOD)
    sketch.box(-0.72, 0.25, 0.72, 0.33, tint(WOOD, 0.14))
    return sketch


def train(*, lit: bool = False) -> Sketch:
    """A steam engine with two carriages, facing right, its wheels on the ground."""
    sketch = Sketch()
    for left, body in ((-3.2, (150, 58, 50)), (-1.75, (150, 58, 50))):
        _draw_carriage(sketch, left, body, lit=lit)
    iron = (52, 62, 74)
    sketch.box(-0.2, 0.24, 0.3, 1.02, (150, 58, 50))
    sketch.box(-0.26, 1.0, 0.36, 1.08, iron)
    sketch.box(-0.1, 0.62, 0.2, 0.92, LIT if lit else GLASS, glows=lit)
    sketch.blob([(0.28, 0.3), (1.24, 0.3), (1.3, 0.5), (1.24, 0.74), (0.28, 0.74)], iron)
    for x in (0.5, 0.85):
        sketch.box(x, 0.3, x + 0.05, 0.75, shade(iron, 0.7))
    sketch.corners([(1.0, 0.72), (1.16, 0.72), (1.2, 1.04), (0.96, 1.04)], shade(iron, 0.8))
    sketch.oval(0.66, 0.76, 0.1, 0.09, (214, 172, 80))
    sketch.oval(1.28, 0.62, 0.07, 0.08, (255, 240, 190), glows=lit)
    sketch.corners([(1.24, 0.26), (1.5, 0.04), (1.2, 0.04)], (150, 58, 50))
    for x, radius in ((0.0, 0.2), (0.46, 0.2), (0.92, 0.15), (1.18, 0.13)):
        sketch.oval(x, radius, radius, radius, TYRE)
        sketch.oval(x, radius, radius * 0.5, radius * 0.5, (190, 64, 54))
    for x, y, radius in ((1.06, 1.2, 0.13), (0.9, 1.4, 0.18), (0.62, 1.56, 0.22)):
        sketch.oval(x, y, radius * 1.2, radius, (226, 226, 230))
    return sketch


def _draw_carriage(sketch: Sketch, left: float, body: RGB, *, lit: bool) -> None:
    sketch.box(left, 0.2, left + 1.35, 0.92, body)
    sketch.box(left - 0.04, 0.9, left + 1.39, 0.99, (70, 62, 66))
    sketch.box(left, 0.42, left + 1.35, 0.47, (232, 206, 140))
    for i in range(4):
        x = left + 0.12 + i * 0.3
        sketch.box(x, 0.54, x + 0.2, 0.82, LIT if lit else GLASS, glows=lit)
    for x in (left + 0.25, left + 1.1):
        sketch.oval(x, 0.13, 0.13, 0.13, TYRE)
    sketch.box(left + 1.33, 0.24, left + 1.6, 0.3, TYRE)


def rocket(*, lit: bool = False) -> Sketch:
    """A rocket on its fins, 2.4 high."""
    sketch = Sketch()
    hull, red = (232, 232, 234), (202, 62, 54)
    for side in (-1, 1):
        sketch.corners([(side * 0.26, 0.3), (side * 0.62, 0.0), (side * 0.56, 0.5), (side * 0.3, 0.9)], red)
    body: Pairs = [
        (-0.26, 0.16),
        (0.26, 0.16),
        (0.36, 0.8),
        (0.3, 1.6),
        (0.0, 2.4),
        (-0.3, 1.6),
        (-0.36, 0.8),
    ]
    sketch.blob(body, hull)
    sketch.blob(
        [(0.06, 0.2), (0.26, 0.16), (0.36, 0.8), (0.3, 1.6), (0.02, 2.36), (0.14, 1.2)], shade(hull, 0.84)
    )
    sketch.blob([(-0.2, 1.86), (0.2, 1.86), (0.0, 2.42)], red)
    for y in (1.3, 0.86):
        sketch.oval(0.0, y, 0.15, 0.15, (90, 96, 108))
        sketch.oval(0.0, y, 0.11, 0.11, LIT if lit else (126, 186, 214), glows=lit)
    sketch.corners([(-0.06, 0.08), (0.06, 0.08), (0.06, 0.7), (-0.06, 0.7)], shade(red, 0.85))
    return sketch


def tent(*, lit: bool = False) -> Sketch:
    """A tent, its entrance open."""
    sketch = Sketch()
    cloth = (210, 132, 58)
    sketch.corners([(-1.0, 0.0), (-0.1, 0.98), (0.9, 0.0)], cloth)
    sketch.corners([(-0.1, 0.98), (0.34, 0.9), (1.24, 0.12), (0.9, 0.0)], shade(cloth, 0.78))
    sketch.corners([(-0.36, 0.0), (-0.1, 0.74), (0.2, 0.0)], LIT if lit else (70, 52, 46), glows=lit)
    return sketch


def chess_table() -> Sketch:
    """A chess board with its men, on a small table."""
    sketch = Sketch()
    sketch.stroke([(0.0, 0.0), (0.0, 0.42)], 0.09, shade(WOOD, 0.75))
    sketch.stroke([(-0.2, 0.02), (0.2, 0.02)], 0.05, shade(WOOD, 0.7))
    rows = 4
    for row in range(rows):
        low, high = 0.42 + row * 0.05, 0.42 + (row + 1) * 0.05
        half_low, half_high = 0.5 - row * 0.03, 0.5 - (row + 1) * 0.03
        for i in range(8):
            a, b = -1 + i / 4, -1 + (i + 1) / 4
            square = [(a * half_low, low), (b * half_low, low), (b * half_high, high), (a * half_high, high)]
            sketch.corners(square, (240, 226, 196) if (i + row) % 2 else (118, 78, 54))
    sketch.box(-0.52, 0.36, 0.52, 0.42, shade(WOOD, 0.85))
    for x, y, tall, colour in (
        (-0.36, 0.58, 0.16, BLACK), (-0.2, 0.56, 0.2, BLACK), (-0.06, 0.5, 0.13, IVORY),
        (0.12, 0.54, 0.14, BLACK), (0.26, 0.52, 0.21, IVORY), (0.38, 0.5, 0.16, IVORY),
    ):  # fmt: skip
        sketch.corners(
            [(x - 0.045, y), (x + 0.045, y), (x + 0.015, y + tall * 0.7), (x - 0.015, y + tall * 0.7)], colour
        )
        sketch.oval(x, y + tall * 0.85, 0.035, 0.035, colour)
    return sketch
