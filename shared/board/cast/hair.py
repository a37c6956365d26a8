"""Draws hair, in units of one head. It must not know faces or bodies."""

from shared.board.appearance import Look
from shared.board.colour import RGB, luminance, shade, tint
from shared.board.geometry import Pairs
from shared.board.sketch import Sketch
from shared.board.wardrobe import HairKind

BACK: dict[HairKind, Pairs] = {
    HairKind.SHORT: [(-0.3, 0.45), (-0.43, 0.2), (-0.42, -0.12), (-0.3, -0.3), (-0.1, -0.1), (0.0, 0.4)],
    HairKind.LONG: [
        (-0.1, 0.55), (0.24, 0.46), (0.38, 0.12), (0.4, -0.32), (0.4, -0.78), (0.12, -0.86),
        (-0.3, -0.92), (-0.52, -0.78), (-0.54, -0.3), (-0.48, 0.14), (-0.36, 0.44),
    ],
    HairKind.BOB: [
        (-0.1, 0.55), (0.24, 0.46), (0.39, 0.12), (0.4, -0.2), (0.37, -0.42), (0.1, -0.5),
        (-0.3, -0.52), (-0.47, -0.42), (-0.52, -0.14), (-0.48, 0.16), (-0.36, 0.44),
    ],
}  # fmt: skip
"""Outlines behind the head; other styles start from SHORT."""

CURLS = [
    (-0.36, 0.3), (-0.46, 0.08), (-0.48, -0.16), (-0.42, -0.36), (-0.2, 0.5), (0.06, 0.55),
    (0.28, 0.42), (0.4, 0.2), (0.41, -0.04), (0.4, -0.26), (-0.3, -0.5), (0.34, -0.44),
]  # fmt: skip

FRINGE: Pairs = [
    (0.345, 0.13), (0.29, 0.25), (0.17, 0.3), (0.02, 0.27), (-0.12, 0.2), (-0.23, 0.07), (-0.27, -0.08),
    (-0.335, -0.2), (-0.41, -0.16), (-0.46, 0.1), (-0.4, 0.38), (-0.2, 0.56), (0.06, 0.585), (0.26, 0.5),
    (0.375, 0.32),
]  # fmt: skip
SOFT_FRINGE: Pairs = [
    (0.365, 0.0), (0.335, 0.16), (0.25, 0.28), (0.1, 0.36), (-0.02, 0.25), (-0.16, 0.13), (-0.25, -0.04),
    (-0.3, -0.34), (-0.42, -0.34), (-0.48, 0.08), (-0.41, 0.38), (-0.2, 0.56), (0.06, 0.58), (0.27, 0.49),
    (0.385, 0.28),
]  # fmt: skip
BALD_SIDE: Pairs = [(-0.27, -0.02), (-0.31, 0.13), (-0.38, 0.16), (-0.41, 0.0), (-0.37, -0.2), (-0.31, -0.2)]


def sheen(colour: RGB) -> RGB:
    """Return the colour of a light strand."""
    return tint(colour, 0.14) if luminance(colour) < 0.6 else shade(colour, 0.9)


def draw_back_hair(look: Look) -> Sketch:
    """Draw what hangs behind head and neck."""
    sketch = Sketch()
    colour = shade(look.hair_colour, 0.82)
    if look.hair is HairKind.BALD:
        return sketch
    sketch.blob(BACK.get(look.hair, BACK[HairKind.SHORT]), colour)
    match look.hair:
        case HairKind.PONYTAIL:
            sketch.blob(
                [
                    (-0.3, 0.3),
                    (-0.5, 0.28),
                    (-0.66, 0.05),
                    (-0.68, -0.35),
                    (-0.56, -0.66),
                    (-0.5, -0.3),
                    (-0.44, 0.0),
                ],
                colour,
            )
        case HairKind.BUN:
            sketch.oval(-0.36, 0.36, 0.2, 0.19, colour)
        case HairKind.CURLY:
            for x, y in CURLS:
                sketch.oval(x, y, 0.15, 0.15, colour)
    return sketch


def draw_front_hair(sketch: Sketch, look: Look) -> None:
    """Draw the hair that frames the face."""
    colour = look.hair_colour
    match look.hair:
        case HairKind.BALD:
            sketch.blob(BALD_SIDE, colour)
            return
        case HairKind.SHORT:
            shadow, front = [(x, y - 0.035) for x, y in FRINGE[:6]], FRINGE
        case _:
            shadow, front = [(x, y - 0.035) for x, y in SOFT_FRINGE[:6]], SOFT_FRINGE
    sketch.blob([*shadow, (0.0, 0.5)], shade(look.skin, 0.86))
    sketch.blob(front, colour)
    if look.hair is HairKind.CURLY:
        for x, y in (
            (-0.3, 0.4),
            (-0.1, 0.5),
            (0.12, 0.48),
            (0.28, 0.34),
            (-0.4, 0.16),
            (-0.02, 0.36),
            (0.16, 0.34),
        ):
            sketch.oval(x, y, 0.12, 0.11, colour)
    strand = sheen(colour)
    sketch.stroke([(-0.3, 0.36), (-0.1, 0.47), (0.12, 0.49)], (0.006, 0.03, 0.006), strand)
    sketch.stroke([(-0.39, 0.14), (-0.34, 0.28), (-0.26, 0.36)], (0.006, 0.024, 0.006), strand)
