"""Draws the round faces of cats, lions, bears and rabbits, in units of one head. It must not know bodies."""

from shared.board.cast.breeds import Breed, Ears
from shared.board.colour import RGB, luminance, mix, shade, tint
from shared.board.geometry import Pairs
from shared.board.sketch import Sketch
from shared.board.wardrobe import Species

INK = (36, 30, 34)
TURN = 0.07
"""How far the face is turned to its right."""


PINK = (196, 112, 112)
FACE: Pairs = [
    (-0.44, 0.02),
    (-0.34, 0.3),
    (0.0, 0.4),
    (0.34, 0.3),
    (0.46, 0.02),
    (0.36, -0.24),
    (0.06, -0.38),
    (-0.3, -0.27),
]
CHEEKS: Pairs = [(0.0, 0.02), (0.26, -0.14), (0.1, -0.36), (-0.12, -0.36), (-0.28, -0.15)]


def draw_round_face(species: Species, breed: Breed, fur: RGB, *, asleep: bool) -> Sketch:
    """Draw a face at three quarters, its middle at (0, 0)."""
    sketch = Sketch()
    inner = mix(fur, (226, 150, 150), 0.45)
    for side in (1, -1):
        _draw_ear(sketch, breed.ears, side, shade(fur, 0.88 if side > 0 else 1.0), inner)
    sketch.blob(FACE, fur)
    pale = mix(fur, breed.belly or (236, 220, 196), 0.72)
    if species is Species.BEAR:
        sketch.oval(TURN + 0.02, -0.15, 0.21, 0.17, tint(fur, 0.3))
    else:
        sketch.blob([(TURN + x, y) for x, y in CHEEKS], pale)
    if asleep:
        for x in (TURN - 0.19, TURN + 0.19):
            sketch.stroke([(x - 0.07, 0.08), (x, 0.045), (x + 0.07, 0.08)], (0.016, 0.024, 0.016), INK)
    else:
        _draw_eyes(sketch, species)
    _draw_nose(sketch, INK if species is Species.BEAR else PINK, shade(pale, 0.5))
    if species is not Species.BEAR:
        _draw_whiskers(sketch, tint(fur, 0.55) if luminance(fur) < 0.5 else shade(fur, 0.6))
    return sketch


def _draw_nose(sketch: Sketch, colour: RGB, line: RGB) -> None:
    sketch.blob([(TURN - 0.06, -0.08), (TURN + 0.06, -0.08), (TURN, -0.15)], colour)
    for side in (1, -1):
        lip = [(TURN, -0.14), (TURN + side * 0.03, -0.22), (TURN + side * 0.11, -0.21)]
        sketch.stroke(lip, (0.014, 0.018, 0.01), line)


def _draw_whiskers(sketch: Sketch, colour: RGB) -> None:
    for side in (1, -1):
        for drop in (0.05, -0.02, -0.09):
            hair = [(TURN + side * 0.18, -0.13), (TURN + side * 0.56, -0.12 + drop)]
            sketch.stroke(hair, (0.011, 0.004), colour)


def _draw_eyes(sketch: Sketch, species: Species) -> None:
    slit = species in {Species.CAT, Species.LION}
    for x, wide in ((TURN - 0.19, 1.0), (TURN + 0.19, 0.9)):
        if slit:
            sketch.oval(x, 0.08, 0.082 * wide, 0.08, (210, 200, 92))
            sketch.oval(x + 0.01, 0.08, 0.036 * wide, 0.072, INK)
        else:
            sketch.oval(x, 0.07, 0.052 * wide, 0.06, INK)
        sketch.oval(x + 0.025, 0.105, 0.02, 0.02, (255, 255, 255))


def _draw_ear(sketch: Sketch, ears: Ears, side: int, colour: RGB, inner: RGB) -> None:
    match ears:
        case Ears.ROUND:
            sketch.oval(side * 0.3, 0.32, 0.14, 0.14, colour)
            sketch.oval(side * 0.29, 0.31, 0.08, 0.08, inner)
        case Ears.LARGE:
            sketch.oval(side * 0.4, 0.4, 0.27, 0.27, colour)
            sketch.oval(side * 0.39, 0.39, 0.18, 0.18, inner)
        case Ears.TALL:
            sketch.oval(side * 0.17, 0.68, 0.11, 0.42, colour, turn=-side * 8)
            sketch.oval(side * 0.17, 0.66, 0.055, 0.32, inner, turn=-side * 8)
        case _:
            sketch.corners([(side * 0.43, 0.06), (side * 0.4, 0.6), (side * 0.06, 0.34)], colour)
            sketch.corners([(side * 0.36, 0.2), (side * 0.36, 0.49), (side * 0.16, 0.32)], inner)
