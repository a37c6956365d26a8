"""Draws what shows of people from behind: the back of a head, of a hat, of a garment. It must not know limbs.

Heads are in units of one head, their middle at (0, 0); garments around the origin at the hip.
"""

from shared.board.appearance import Look
from shared.board.cast.body import Body
from shared.board.cast.clothes import draw_belt, draw_scarf_collar, seam, torso_outline
from shared.board.cast.hair import CURLS, sheen
from shared.board.cast.hats import BRIM, CROWNS, SPIKES
from shared.board.colour import RGB, luminance, shade, tint
from shared.board.geometry import Pairs
from shared.board.sketch import Sketch
from shared.board.wardrobe import HairKind, HatKind, TopKind

SKULL: Pairs = [
    (-0.4, 0.05),
    (-0.36, 0.34),
    (-0.16, 0.54),
    (0.0, 0.57),
    (0.16, 0.54),
    (0.36, 0.34),
    (0.4, 0.05),
    (0.33, -0.26),
    (0.18, -0.4),
    (0.0, -0.43),
    (-0.18, -0.4),
    (-0.33, -0.26),
]
LENGTHS = {HairKind.LONG: 0.98, HairKind.BOB: 0.52}
"""How far loose hair falls below the middle of the head."""


def draw_back_of_head(look: Look) -> Sketch:
    """Draw neck, head, hair and hat as seen from behind."""
    sketch = Sketch()
    wide = 0.27 if look.feminine else 0.35
    sketch.stroke([(0.0, -0.25), (0.0, -0.6)], (wide, wide * 1.15), shade(look.skin, 0.86))
    for side in (-1, 1):
        sketch.oval(side * 0.39, -0.05, 0.07, 0.11, shade(look.skin, 0.92))
    sketch.blob(SKULL, look.skin if look.hair is HairKind.BALD else look.hair_colour)
    _draw_hair(sketch, look)
    if look.hat:
        _draw_hat(sketch, look.hat, look.coat)
    return sketch


def _draw_hair(sketch: Sketch, look: Look) -> None:
    colour, dark = look.hair_colour, shade(look.hair_colour, 0.8)
    match look.hair:
        case HairKind.BALD:
            fringe = [(-0.4, 0.04), (-0.2, -0.16), (0.2, -0.16), (0.4, 0.04), (0.32, -0.28), (0.0, -0.42)]
            sketch.blob([*fringe, (-0.32, -0.28)], colour)
            return
        case HairKind.LONG | HairKind.BOB:
            low = -LENGTHS[look.hair]
            falls = [(-0.43, 0.1), (-0.2, 0.5), (0.2, 0.5), (0.43, 0.1), (0.47, low * 0.6), (0.4, low)]
            sketch.blob([*falls, (0.0, low - 0.05), (-0.4, low), (-0.47, low * 0.6)], colour)
            for x in (-0.2, 0.04, 0.26):
                sketch.stroke([(x * 0.6, 0.3), (x, low * 0.5), (x * 1.1, low)], (0.006, 0.03, 0.012), dark)
        case HairKind.PONYTAIL:
            tail = [(0.0, 0.16), (0.11, -0.1), (0.13, -0.5), (0.0, -0.92), (-0.12, -0.5), (-0.1, -0.1)]
            sketch.blob(tail, dark)
            sketch.oval(0.0, 0.14, 0.09, 0.06, shade(colour, 0.6))
        case HairKind.BUN:
            sketch.oval(0.0, 0.32, 0.21, 0.2, dark)
            sketch.oval(0.0, 0.34, 0.17, 0.16, colour)
        case HairKind.CURLY:
            for x, y in [*CURLS, (-0.2, 0.1), (0.15, 0.2), (-0.05, -0.2), (0.2, -0.15), (0.0, 0.42)]:
                sketch.oval(x, y, 0.15, 0.15, shade(colour, 1.0 if x < 0 else 0.92))
    sketch.stroke([(-0.28, 0.34), (-0.1, 0.46), (0.12, 0.48)], (0.006, 0.03, 0.006), sheen(colour))


def _draw_hat(sketch: Sketch, hat: tuple[HatKind, RGB], coat: RGB) -> None:
    kind, colour = hat
    band = shade(colour, 0.74) if luminance(colour) > 0.25 else tint(colour, 0.2)
    if kind in CROWNS:
        sketch.blob(CROWNS[kind], colour)
    match kind:
        case HatKind.BRIMMED:
            sketch.corners([(-0.41, 0.26), (0.37, 0.26), (0.365, 0.38), (-0.405, 0.38)], band)
            sketch.blob(BRIM, colour)
        case HatKind.BEANIE | HatKind.CAP:
            sketch.stroke([(-0.41, 0.16), (0.0, 0.13), (0.38, 0.17)], 0.12, band)
        case HatKind.POINTED:
            sketch.oval(-0.02, 0.25, 0.66, 0.1, band)
        case HatKind.HOOD:
            sketch.blob([(x * 1.16, y * 1.1 - 0.02) for x, y in SKULL], coat)
            sketch.stroke([(0.0, 0.56), (0.0, -0.4)], 0.02, shade(coat, 0.72))
        case HatKind.HELMET:
            sketch.oval(0.0, 0.02, 0.64, 0.66, colour)
            sketch.oval(0.0, 0.02, 0.52, 0.54, shade(colour, 0.92))
        case HatKind.CROWN:
            sketch.corners(SPIKES, colour)
            sketch.corners([(-0.37, 0.22), (0.35, 0.22), (0.36, 0.3), (-0.38, 0.3)], band)


def draw_back_of_garment(sketch: Sketch, look: Look, body: Body) -> None:
    """Draw the back of coat, jacket, shirt or dress down to the hips."""
    colour, top = look.coat, body.torso
    sketch.add(torso_outline(body, short=look.top is TopKind.SHIRT), colour)
    line = seam(colour)
    if look.top is not TopKind.SHIRT:
        sketch.stroke([(0.0, top * 0.94), (0.0, -0.03)], 0.006, line)
    if look.top in {TopKind.COAT, TopKind.DRESS}:
        draw_belt(sketch, body, shade(line, 0.9), buckle=False)
    collar: Pairs = [(-0.062, top + 0.012), (-0.05, top + 0.042), (0.05, top + 0.042), (0.062, top + 0.012)]
    sketch.blob([*collar, (0.0, top - 0.006)], shade(colour, 0.88))
    if look.scarf:
        draw_scarf_collar(sketch, body, look.scarf)
