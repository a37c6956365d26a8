"""Draws heads of people: neck, face, features, beard, glasses. It must not know bodies.

Units: one head from chin to crown, its middle at (0, 0), facing right at three quarters.
"""

from shared.board.appearance import Look
from shared.board.cast.hair import draw_front_hair
from shared.board.cast.hats import draw_hat, hides_hair
from shared.board.colour import RGB, mix, shade
from shared.board.geometry import Pairs, ellipse
from shared.board.sketch import Sketch
from shared.board.wardrobe import Age

FACE: Pairs = [
    (-0.37, 0.12),
    (-0.31, 0.38),
    (-0.05, 0.5),
    (0.2, 0.45),
    (0.335, 0.22),
    (0.335, 0.02),
    (0.32, -0.18),
    (0.25, -0.36),
    (0.13, -0.47),
    (0.02, -0.48),
    (-0.13, -0.4),
    (-0.26, -0.24),
    (-0.34, -0.05),
]
NEAR_EYE = (-0.045, -0.025)
FAR_EYE = (0.225, -0.02)
INK = (44, 34, 40)


def draw_neck(look: Look) -> Sketch:
    """Draw the neck, which goes under the collar."""
    sketch = Sketch()
    wide = 0.27 if look.feminine or look.age is Age.CHILD else 0.35
    sketch.stroke([(-0.05, -0.3), (-0.02, -0.62)], (wide, wide * 1.15), shade(look.skin, 0.82))
    return sketch


def draw_head(look: Look, *, detailed: bool, asleep: bool = False) -> Sketch:
    """Draw the head without the neck.

    Args:
        detailed: whether there is room for more than dots as eyes.
    """
    sketch = Sketch()
    skin = look.skin
    wide = 1.12 if look.age is Age.CHILD else 1.0 if look.feminine else 1.03
    sketch.blob([(x * wide, y) for x, y in FACE], skin)
    if look.age is Age.OLD and detailed:
        _draw_wrinkles(sketch, shade(skin, 0.86))
    if look.beard:
        _draw_beard(sketch, look.hair_colour)
    (_draw_features if detailed else _draw_hints)(sketch, look, asleep=asleep)
    hat = look.hat
    if not (hat and hides_hair(hat[0])):
        draw_front_hair(sketch, look)
    if look.glasses:
        _draw_glasses(sketch)
    if hat:
        draw_hat(sketch, hat, look.coat)
    return sketch


def _draw_hints(sketch: Sketch, look: Look, *, asleep: bool) -> None:
    for x, y in (NEAR_EYE, FAR_EYE):
        if asleep:
            _draw_closed_eye(sketch, x, y, 1.0)
        else:
            sketch.oval(x, y, 0.042, 0.058, INK)
    sketch.stroke([(0.02, -0.29), (0.19, -0.285)], 0.035, shade(look.skin, 0.6))


def _draw_closed_eye(sketch: Sketch, x: float, y: float, wide: float) -> None:
    lid = [(x - 0.066 * wide, y), (x, y - 0.035), (x + 0.066 * wide, y)]
    sketch.stroke(lid, (0.014, 0.022, 0.014), INK)


def _draw_features(sketch: Sketch, look: Look, *, asleep: bool) -> None:
    skin = look.skin
    blush = mix(skin, (222, 92, 88), 0.26)
    sketch.oval(-0.13, -0.17, 0.075, 0.05, blush)
    sketch.oval(0.27, -0.155, 0.05, 0.045, blush)
    _draw_ear(sketch, skin)
    for eye, wide in ((NEAR_EYE, 1.0), (FAR_EYE, 0.86)):
        if asleep:
            _draw_closed_eye(sketch, *eye, wide)
        else:
            _draw_eye(sketch, *eye, wide, look)
    brow = mix(look.hair_colour, INK, 0.35)
    thick = 0.022 if look.feminine else 0.034
    sketch.stroke([(-0.125, 0.105), (-0.04, 0.14), (0.045, 0.115)], (thick * 0.7, thick, thick * 0.8), brow)
    sketch.stroke([(0.165, 0.12), (0.235, 0.14), (0.29, 0.105)], (thick * 0.8, thick, thick * 0.6), brow)
    sketch.blob(
        [(0.125, 0.0), (0.165, -0.09), (0.2, -0.165), (0.15, -0.19), (0.085, -0.17), (0.125, -0.13)],
        shade(skin, 0.87),
    )
    _draw_mouth(sketch, look)


def _draw_eye(sketch: Sketch, x: float, y: float, wide: float, look: Look) -> None:
    sketch.oval(x, y, 0.062 * wide, 0.047, (250, 248, 244))
    sketch.oval(x + 0.01, y, 0.037 * wide, 0.045, INK)
    sketch.oval(x + 0.022, y + 0.016, 0.012, 0.013, (255, 255, 255))
    lid = 0.02 if look.feminine else 0.014
    sketch.stroke(
        [(x - 0.07 * wide, y + 0.01), (x - 0.01, y + 0.053), (x + 0.066 * wide, y + 0.02)],
        (lid * 0.7, lid, lid * 0.7),
        INK,
    )
    if look.feminine and look.age is not Age.CHILD:
        sketch.stroke([(x - 0.066 * wide, y + 0.012), (x - 0.1 * wide, y + 0.035)], (0.016, 0.006), INK)


def _draw_mouth(sketch: Sketch, look: Look) -> None:
    if look.feminine and look.age is Age.GROWN and not look.beard:
        lips = mix(look.skin, (176, 44, 56), 0.55)
        sketch.blob(
            [
                (0.035, -0.29),
                (0.09, -0.268),
                (0.125, -0.276),
                (0.16, -0.268),
                (0.205, -0.288),
                (0.125, -0.338),
            ],
            lips,
        )
        sketch.stroke([(0.04, -0.291), (0.12, -0.3), (0.2, -0.289)], 0.009, shade(lips, 0.66))
    else:
        line = shade(look.skin, 0.5)
        sketch.stroke([(0.02, -0.283), (0.12, -0.312), (0.215, -0.277)], (0.014, 0.024, 0.014), line)


def _draw_ear(sketch: Sketch, skin: RGB) -> None:
    sketch.oval(-0.3, -0.05, 0.06, 0.1, shade(skin, 0.95), turn=8)
    sketch.oval(-0.295, -0.05, 0.03, 0.06, shade(skin, 0.8), turn=8)


def _draw_beard(sketch: Sketch, colour: RGB) -> None:
    sketch.blob(
        [
            (-0.35, 0.02),
            (-0.27, -0.13),
            (-0.14, -0.2),
            (-0.02, -0.225),
            (0.11, -0.2),
            (0.24, -0.22),
            (0.315, -0.13),
            (0.345, -0.02),
            (0.345, -0.3),
            (0.27, -0.53),
            (0.11, -0.64),
            (-0.1, -0.57),
            (-0.27, -0.38),
        ],
        colour,
    )
    sketch.stroke([(-0.05, -0.27), (0.04, -0.225), (0.12, -0.235)], (0.02, 0.065, 0.05), shade(colour, 0.9))
    sketch.stroke([(0.27, -0.27), (0.2, -0.225), (0.12, -0.235)], (0.02, 0.06, 0.05), shade(colour, 0.9))


def _draw_wrinkles(sketch: Sketch, colour: RGB) -> None:
    sketch.stroke([(-0.14, -0.1), (-0.05, -0.125), (0.03, -0.1)], 0.01, colour)
    sketch.stroke([(-0.02, -0.19), (-0.05, -0.25), (-0.03, -0.31)], 0.012, colour)
    sketch.stroke([(0.0, 0.24), (0.1, 0.255), (0.22, 0.24)], 0.01, colour)


def _draw_glasses(sketch: Sketch) -> None:
    for (x, y), radius in ((NEAR_EYE, 0.12), (FAR_EYE, 0.105)):
        ring = ellipse(x, y, radius, 0.115)
        sketch.stroke([(float(a), float(b)) for a, b in [*ring[::4], ring[0]]], 0.022, INK)
    sketch.stroke([(0.07, 0.0), (0.125, 0.0)], 0.022, INK)
    sketch.stroke([(-0.16, 0.0), (-0.31, 0.02)], 0.02, INK)
