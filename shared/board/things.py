"""Draws small things one can carry, about 1 high, standing at (0, 0). It must not know who carries them."""

from shared.board.colour import RGB, mix, shade, tint
from shared.board.geometry import Pairs, ellipse
from shared.board.sketch import Sketch

FLAME = (255, 204, 106)
PAPER = (244, 234, 208)
STEEL = (204, 212, 220)
BRASS = (214, 172, 80)
WOOD = (126, 92, 64)
INK = (70, 58, 52)


def book(colour: RGB) -> Sketch:
    """An open book, its cover showing around the pages."""
    sketch = Sketch()
    sketch.corners([(-0.74, 0.2), (0.0, 0.06), (0.74, 0.2), (0.74, 0.96), (0.0, 0.82), (-0.74, 0.96)], colour)
    for side in (-1, 1):
        page: Pairs = [(0.0, 0.14), (side * 0.3, 0.22), (side * 0.66, 0.24), (side * 0.66, 0.98)]
        sketch.corners([*page, (side * 0.3, 0.98), (0.0, 0.88)], tint(PAPER, 0.4 if side > 0 else 0.1))
        for y in (0.4, 0.54, 0.68, 0.82):
            sketch.stroke([(side * 0.14, y - 0.05), (side * 0.56, y)], 0.03, (170, 160, 150))
    sketch.stroke([(0.0, 0.1), (0.0, 0.86)], 0.03, shade(PAPER, 0.7))
    return sketch


def letter(seal: RGB) -> Sketch:
    """A sealed envelope."""
    sketch = Sketch()
    sketch.box(-0.72, 0.0, 0.72, 0.94, PAPER)
    for side in (-1, 1):
        sketch.stroke([(side * 0.7, 0.03), (side * 0.12, 0.46)], 0.03, shade(PAPER, 0.72))
    sketch.corners([(-0.72, 0.94), (0.72, 0.94), (0.0, 0.36)], shade(PAPER, 0.9))
    sketch.stroke([(-0.7, 0.92), (0.0, 0.36), (0.7, 0.92)], 0.035, shade(PAPER, 0.68))
    sketch.oval(0.0, 0.4, 0.14, 0.14, seal)
    sketch.oval(0.0, 0.4, 0.07, 0.07, shade(seal, 0.75))
    return sketch


def chart(colour: RGB) -> Sketch:
    """A map on a scroll: a coast, a dotted way, a cross."""
    sketch = Sketch()
    sketch.corners([(-0.76, 0.06), (0.76, 0.0), (0.78, 0.94), (-0.74, 1.0)], colour)
    coast: Pairs = [(-0.6, 0.16), (-0.2, 0.24), (-0.1, 0.6), (-0.4, 0.84), (-0.64, 0.74)]
    sketch.blob(coast, mix(colour, (110, 150, 110), 0.55))
    for x, y in ((-0.05, 0.3), (0.1, 0.38), (0.22, 0.5), (0.34, 0.6)):
        sketch.oval(x, y, 0.035, 0.035, INK)
    for slope in (-1, 1):
        sketch.stroke([(0.42, 0.68 - slope * 0.09), (0.6, 0.68 + slope * 0.09)], 0.06, (190, 48, 40))
    for y in (0.02, 0.97):
        sketch.stroke([(-0.8, y + 0.02), (0.82, y)], 0.1, shade(colour, 0.8))
    return sketch


def cup(colour: RGB) -> Sketch:
    """A steaming mug."""
    sketch = Sketch()
    for x in (-0.14, 0.1):
        sketch.stroke([(x, 0.78), (x + 0.07, 0.9), (x - 0.02, 1.02), (x + 0.05, 1.14)], 0.04, (236, 236, 236))
    ring = ellipse(0.4, 0.36, 0.18, 0.19)
    sketch.stroke([(float(x), float(y)) for x, y in [*ring[::4], ring[0]]], 0.08, shade(colour, 0.85))
    sketch.corners([(-0.4, 0.7), (0.4, 0.7), (0.34, 0.0), (-0.34, 0.0)], colour)
    sketch.oval(0.0, 0.7, 0.4, 0.07, shade(colour, 0.8))
    sketch.oval(0.0, 0.69, 0.33, 0.05, (96, 62, 44))
    return sketch


def key(colour: RGB) -> Sketch:
    """A key that stands on its bit."""
    sketch = Sketch()
    sketch.stroke([(0.0, 0.0), (0.0, 0.68)], 0.09, colour)
    for y, wide in ((0.06, 0.26), (0.22, 0.18)):
        sketch.box(0.0, y - 0.05, wide, y + 0.05, colour)
    ring = ellipse(0.0, 0.82, 0.2, 0.19)
    sketch.stroke([(float(x), float(y)) for x, y in [*ring[::3], ring[0]]], 0.11, colour)
    sketch.oval(0.0, 0.6, 0.09, 0.05, shade(colour, 0.8))
    return sketch


def sword(colour: RGB) -> Sketch:
    """A sword, point up, its pommel at 0."""
    sketch = Sketch()
    sketch.corners([(-0.05, 0.26), (0.05, 0.26), (0.045, 0.92), (0.0, 1.04), (-0.045, 0.92)], colour)
    sketch.corners([(0.0, 0.26), (0.05, 0.26), (0.045, 0.92), (0.0, 1.04)], shade(colour, 0.8))
    sketch.stroke([(-0.17, 0.26), (0.17, 0.26)], 0.05, BRASS)
    sketch.stroke([(0.0, 0.04), (0.0, 0.24)], 0.05, WOOD)
    sketch.oval(0.0, 0.03, 0.045, 0.045, BRASS)
    return sketch


def guitar(colour: RGB) -> Sketch:
    """A guitar, upright."""
    sketch = Sketch()
    sketch.stroke([(0.0, 0.3), (0.0, 0.94)], 0.06, shade(WOOD, 0.7))
    sketch.corners([(-0.05, 0.92), (0.05, 0.92), (0.06, 1.06), (-0.06, 1.06)], shade(WOOD, 0.55))
    body: Pairs = [
        (0.0, 0.0), (0.2, 0.05), (0.24, 0.18), (0.15, 0.3), (0.18, 0.42), (0.08, 0.52), (-0.08, 0.52),
        (-0.18, 0.42), (-0.15, 0.3), (-0.24, 0.18), (-0.2, 0.05),
    ]  # fmt: skip
    sketch.blob(body, colour)
    sketch.oval(0.0, 0.32, 0.07, 0.07, shade(colour, 0.35))
    sketch.box(-0.09, 0.12, 0.09, 0.15, shade(colour, 0.5))
    sketch.stroke([(0.0, 0.14), (0.0, 1.0)], 0.022, (232, 224, 206))
    return sketch


def suitcase(colour: RGB) -> Sketch:
    """A suitcase, its handle on top."""
    sketch = Sketch()
    sketch.stroke([(-0.16, 0.8), (-0.14, 0.96), (0.14, 0.96), (0.16, 0.8)], 0.06, shade(colour, 0.6))
    sketch.blob([(-0.62, 0.05), (0.62, 0.05), (0.64, 0.42), (0.62, 0.8), (-0.62, 0.8), (-0.64, 0.42)], colour)
    for x in (-0.4, 0.32):
        sketch.box(x, 0.02, x + 0.09, 0.83, shade(colour, 0.66))
        sketch.box(x - 0.01, 0.5, x + 0.1, 0.6, BRASS)
    return sketch


def flower(colour: RGB) -> Sketch:
    """A flower on its stem."""
    sketch = Sketch()
    green = (86, 138, 70)
    sketch.stroke([(0.0, 0.0), (0.03, 0.4), (0.0, 0.74)], 0.05, green)
    sketch.blob([(0.02, 0.24), (0.22, 0.42), (0.3, 0.36), (0.14, 0.2)], green)
    sketch.blob([(0.0, 0.16), (-0.2, 0.32), (-0.28, 0.26), (-0.12, 0.12)], shade(green, 0.85))
    for turn, dx, dy in (
        (90, 0, 0.17),
        (18, 0.16, 0.05),
        (-54, 0.1, -0.14),
        (54, -0.1, -0.14),
        (-18, -0.16, 0.05),
    ):
        sketch.oval(dx, 0.8 + dy, 0.15, 0.11, colour, turn=turn)
    sketch.oval(0.0, 0.8, 0.1, 0.1, (246, 204, 92))
    return sketch


def candle(colour: RGB) -> Sketch:
    """A burning candle in its holder."""
    sketch = Sketch()
    sketch.oval(0.0, 0.06, 0.34, 0.07, shade(BRASS, 0.8))
    sketch.box(-0.12, 0.06, 0.12, 0.62, colour)
    sketch.box(0.03, 0.06, 0.12, 0.62, shade(colour, 0.86))
    sketch.stroke([(0.0, 0.6), (0.0, 0.7)], 0.03, INK)
    flame: Pairs = [(-0.08, 0.74), (0.0, 0.66), (0.08, 0.74), (0.05, 0.86), (0.0, 1.0), (-0.05, 0.86)]
    sketch.corners(flame, FLAME, glows=True)
    sketch.oval(0.0, 0.77, 0.035, 0.07, (255, 248, 222), glows=True)
    return sketch


def cake(colour: RGB) -> Sketch:
    """A cake of two tiers with candles."""
    sketch = Sketch()
    icing = (250, 240, 228)
    sketch.oval(0.0, 0.04, 0.74, 0.07, (206, 206, 210))
    for half, low, high in ((0.58, 0.05, 0.42), (0.38, 0.42, 0.72)):
        sketch.box(-half, low, half, high, colour)
        sketch.box(-half, high - 0.09, half, high, icing)
        for i in range(7):
            x = -half + half * 2 * (i + 0.5) / 7
            sketch.oval(x, high - 0.09, half / 8, 0.06, icing)
    for x in (-0.2, 0.0, 0.2):
        sketch.stroke([(x, 0.72), (x, 0.88)], 0.04, (96, 140, 196))
        sketch.oval(x, 0.95, 0.035, 0.06, FLAME, glows=True)
    return sketch


def telescope(colour: RGB) -> Sketch:
    """A telescope on three legs, looking up to the right."""
    sketch = Sketch()
    for x in (-0.26, 0.26, 0.04):
        sketch.stroke([(0.0, 0.62), (x, 0.0)], 0.04, WOOD)
    sketch.join(spyglass(colour), (-0.3, 0.5), turn=30)
    return sketch


def spyglass(colour: RGB) -> Sketch:
    """A spyglass that lies along x, the eye at 0."""
    sketch = Sketch()
    for left, right, half in ((0.0, 0.34, 0.05), (0.3, 0.62, 0.07), (0.58, 0.96, 0.095)):
        sketch.box(left, -half, right, half, colour)
        sketch.box(right - 0.05, -half * 1.12, right, half * 1.12, shade(colour, 0.72))
    return sketch


def kite(colour: RGB) -> Sketch:
    """A kite with its tail."""
    sketch = Sketch()
    sketch.stroke([(0.0, 0.36), (-0.16, 0.24), (0.02, 0.14), (-0.12, 0.0)], 0.02, (240, 236, 230))
    for x, y in ((-0.13, 0.23), (0.0, 0.13)):
        sketch.corners(
            [(x - 0.07, y + 0.04), (x + 0.07, y - 0.04), (x + 0.07, y + 0.04), (x - 0.07, y - 0.04)], colour
        )
    halves: tuple[tuple[Pairs, float], ...] = (
        ([(0.0, 0.34), (0.32, 0.72), (0.0, 1.04)], 0.82),
        ([(0.0, 0.34), (-0.32, 0.72), (0.0, 1.04)], 1.0),
    )
    for outline, factor in halves:
        sketch.corners(outline, shade(colour, factor))
    sketch.corners([(0.0, 0.72), (0.32, 0.72), (0.0, 1.04)], tint(colour, 0.5))
    return sketch


def ball(colour: RGB) -> Sketch:
    """A ball with two bands."""
    sketch = Sketch()
    sketch.oval(0.0, 0.5, 0.5, 0.5, colour)
    sketch.stroke([(-0.44, 0.34), (0.0, 0.24), (0.44, 0.34)], 0.1, tint(colour, 0.7))
    sketch.stroke([(-0.42, 0.72), (0.0, 0.64), (0.42, 0.72)], 0.07, tint(colour, 0.7))
    sketch.oval(-0.18, 0.78, 0.09, 0.06, tint(colour, 0.6), turn=30)
    return sketch


def balloon(colour: RGB) -> Sketch:
    """A balloon on its string."""
    sketch = Sketch()
    sketch.stroke([(0.02, 0.0), (-0.05, 0.2), (0.0, 0.44)], 0.014, (220, 216, 210))
    sketch.blob([(0.0, 1.0), (0.22, 0.84), (0.16, 0.56), (0.0, 0.45), (-0.16, 0.56), (-0.22, 0.84)], colour)
    sketch.corners([(-0.04, 0.42), (0.04, 0.42), (0.0, 0.47)], shade(colour, 0.8))
    sketch.oval(0.09, 0.84, 0.035, 0.07, tint(colour, 0.5), turn=20)
    return sketch


def phone(colour: RGB) -> Sketch:
    """A phone, its screen lit."""
    sketch = Sketch()
    sketch.blob([(-0.26, 0.02), (0.26, 0.02), (0.28, 0.5), (0.26, 0.98), (-0.26, 0.98), (-0.28, 0.5)], colour)
    sketch.box(-0.22, 0.1, 0.22, 0.9, (150, 206, 236), glows=True)
    for y, wide in ((0.72, 0.3), (0.56, 0.22), (0.4, 0.28)):
        sketch.box(-0.16, y, -0.16 + wide, y + 0.07, (240, 248, 252), glows=True)
    return sketch


def gift(colour: RGB) -> Sketch:
    """A parcel with a ribbon."""
    sketch = Sketch()
    ribbon = (246, 214, 120) if colour[0] > 150 else (222, 70, 60)
    sketch.box(-0.46, 0.0, 0.46, 0.62, colour)
    sketch.box(-0.5, 0.58, 0.5, 0.76, tint(colour, 0.14))
    sketch.box(-0.08, 0.0, 0.08, 0.76, ribbon)
    for side in (-1, 1):
        sketch.blob([(0.0, 0.76), (side * 0.2, 1.0), (side * 0.34, 0.92), (side * 0.22, 0.78)], ribbon)
    return sketch


def bottle(colour: RGB) -> Sketch:
    """A bottle with a label."""
    sketch = Sketch()
    glass: Pairs = [(-0.24, 0.03), (0.24, 0.03), (0.26, 0.46), (0.2, 0.62), (0.08, 0.72), (0.08, 0.92)]
    sketch.corners([*glass, *[(-x, y) for x, y in glass[:1:-1]]], colour)
    sketch.box(-0.1, 0.9, 0.1, 1.02, WOOD)
    sketch.box(-0.25, 0.16, 0.25, 0.44, PAPER)
    sketch.box(-0.15, 0.27, 0.15, 0.33, shade(colour, 0.7))
    sketch.stroke([(-0.17, 0.5), (-0.13, 0.6)], 0.03, tint(colour, 0.6))
    return sketch


def pot(colour: RGB) -> Sketch:
    """A steaming pot."""
    sketch = Sketch()
    for x in (-0.2, 0.04, 0.24):
        sketch.stroke([(x, 0.62), (x + 0.08, 0.76), (x - 0.03, 0.9), (x + 0.05, 1.04)], 0.04, (232, 232, 232))
    for side in (-1, 1):
        sketch.stroke([(side * 0.5, 0.4), (side * 0.66, 0.42)], 0.08, shade(colour, 0.6))
    sketch.blob([(-0.5, 0.56), (0.5, 0.56), (0.48, 0.2), (0.34, 0.0), (-0.34, 0.0), (-0.48, 0.2)], colour)
    sketch.oval(0.0, 0.55, 0.5, 0.08, shade(colour, 0.7))
    sketch.oval(0.0, 0.55, 0.43, 0.055, (222, 146, 70))
    return sketch


def treasure(colour: RGB) -> Sketch:
    """An open chest full of gold."""
    sketch = Sketch()
    sketch.blob(
        [(-0.6, 0.5), (-0.62, 0.84), (-0.4, 1.0), (0.4, 1.0), (0.62, 0.84), (0.6, 0.5)], shade(colour, 0.7)
    )
    for x, y in (
        (-0.38, 0.56),
        (-0.14, 0.64),
        (0.12, 0.66),
        (0.36, 0.56),
        (0.0, 0.54),
        (0.24, 0.54),
        (-0.26, 0.54),
    ):
        sketch.oval(x, y, 0.12, 0.08, (250, 208, 92), glows=True)
    sketch.box(-0.64, 0.0, 0.64, 0.5, colour)
    for x in (-0.5, 0.4):
        sketch.box(x, 0.0, x + 0.1, 0.5, BRASS)
    sketch.box(-0.09, 0.3, 0.09, 0.54, BRASS)
    sketch.oval(0.0, 0.42, 0.03, 0.045, INK)
    return sketch
