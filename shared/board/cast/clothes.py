"""Draws what people wear on torso and hips. It must not know heads, limbs or light."""

import numpy as np

from shared.board.appearance import Look
from shared.board.cast.body import Body
from shared.board.colour import RGB, luminance, shade, tint
from shared.board.geometry import Pairs, Points, smooth
from shared.board.pose import Pose
from shared.board.sketch import Sketch
from shared.board.wardrobe import TopKind

HEM = {TopKind.COAT: 0.2, TopKind.JACKET: 0.035, TopKind.SHIRT: 0.015, TopKind.DRESS: 0.2}
"""How far each garment falls below the hip."""

FLARE = {TopKind.COAT: 1.24, TopKind.JACKET: 1.06, TopKind.SHIRT: 1.0, TopKind.DRESS: 1.6}
"""Width of the hem against the hips."""


def seam(colour: RGB) -> RGB:
    """Return the colour of lines and folds on cloth: darker, or lighter on what is nearly black."""
    return shade(colour, 0.74) if luminance(colour) > 0.24 else tint(colour, 0.16)


def draw_lower_garment(sketch: Sketch, look: Look, body: Body, pose: Pose) -> None:
    """Draw what hangs from the hips: the skirt of a coat or dress, or a skirt; nothing for short tops."""
    skirt = look.skirt and look.top in {TopKind.JACKET, TopKind.SHIRT}
    if not skirt and HEM[look.top] < 0.1:
        return
    colour = look.bottom_colour if skirt else look.coat
    flare = FLARE[TopKind.DRESS if skirt else look.top]
    if pose.seated:
        _drape_over_lap(sketch, body, colour)
        return
    hip_x, hip_y = body.hip
    swing = (body.near_leg.middle[0] + body.far_leg.middle[0]) * 0.4
    reach = max(abs(body.near_leg.middle[0]), abs(body.far_leg.middle[0])) * 0.75
    half = max(body.hip_half * flare, reach + body.hip_half * 0.45)
    drop = hip_y - HEM[TopKind.DRESS if skirt else look.top] * (
        1 - 0.4 * max(0.0, half - body.hip_half * flare) / half
    )
    waist, hip = body.waist_half, body.hip_half
    right = smooth([(hip_x + waist, hip_y + 0.09), (hip_x + hip, hip_y), (swing + half, drop)], closed=False)
    left = smooth([(swing - half, drop), (hip_x - hip, hip_y), (hip_x - waist, hip_y + 0.09)], closed=False)
    bottom = smooth([(swing + half, drop), (swing, drop - 0.014), (swing - half, drop)], closed=False)
    sketch.add(np.vstack([right, bottom, left]), colour)
    for share in (-0.45, 0.15, 0.6):
        fold = [(hip_x + share * hip * 0.6, hip_y - 0.03), (swing + share * half, drop + 0.004)]
        sketch.stroke(fold, (0.002, 0.009), shade(seam(colour), 1.12))


def _drape_over_lap(sketch: Sketch, body: Body, colour: RGB) -> None:
    hip_x, hip_y = body.hip
    knee_x, knee_y = body.near_leg.middle
    lap: Pairs = [
        (hip_x - body.hip_half, hip_y + 0.05),
        (hip_x + 0.05, hip_y + 0.07),
        (knee_x - 0.02, knee_y + 0.055),
        (knee_x + 0.035, knee_y + 0.01),
        (knee_x + 0.02, knee_y - 0.07),
        (knee_x - 0.03, knee_y - 0.075),
        (hip_x, hip_y - 0.07),
        (hip_x - body.hip_half * 1.05, hip_y - 0.045),
    ]
    sketch.blob(lap, colour)
    sketch.stroke([(hip_x, hip_y + 0.01), (knee_x - 0.03, knee_y + 0.012)], (0.003, 0.008), seam(colour))


def draw_upper_garment(sketch: Sketch, look: Look, body: Body) -> None:
    """Draw coat, jacket, shirt or dress down to the hips, around the origin at the hip."""
    colour = look.coat
    sketch.add(torso_outline(body, short=look.top is TopKind.SHIRT), colour)
    match look.top:
        case TopKind.COAT:
            _draw_opening(sketch, body, colour, down_to=-0.05)
            draw_belt(sketch, body, shade(seam(colour), 0.9))
        case TopKind.JACKET:
            _draw_opening(sketch, body, colour, down_to=-0.015)
        case TopKind.SHIRT:
            _draw_shirt_lines(sketch, body, colour)
        case TopKind.DRESS:
            _draw_dress_neck(sketch, look, body)
            draw_belt(sketch, body, seam(colour))
    if look.scarf:
        _draw_scarf(sketch, body, look.scarf)


def torso_outline(body: Body, *, short: bool) -> Points:
    """Return the outline of a garment from the shoulders to the hips."""
    top, half = body.torso, body.shoulder_half
    hem = -0.012 if short else -0.03
    side: Pairs = [
        (0.036, top + 0.022),
        (half * 0.68, top + 0.006),
        (half * 0.99, top - 0.034),
        (half * 0.95, top * 0.66),
        (body.waist_half, top * 0.34),
        (body.hip_half, 0.0),
        (body.hip_half * 1.02, hem),
    ]
    right = smooth(side, closed=False)
    return np.vstack([right, right[::-1] * (-1, 1)])


CENTRE = 0.022
"""How far forward the middle of the chest lies: the body is turned a little to its right."""


def _draw_opening(sketch: Sketch, body: Body, colour: RGB, *, down_to: float) -> None:
    top = body.torso
    line = seam(colour)
    under = (236, 232, 222) if luminance(colour) < 0.7 else (92, 96, 112)
    sketch.corners([(-0.03, top + 0.026), (0.052, top + 0.026), (CENTRE, top * 0.7)], under)
    sketch.stroke([(CENTRE, top * 0.7), (CENTRE + 0.004, down_to)], 0.0055, line)
    collar = shade(colour, 0.86) if luminance(colour) > 0.24 else tint(colour, 0.12)
    sketch.corners(
        [
            (-0.04, top + 0.028),
            (-0.018, top + 0.03),
            (CENTRE, top * 0.68),
            (-0.032, top * 0.8),
            (-0.058, top - 0.03),
        ],
        collar,
    )
    sketch.corners(
        [
            (0.06, top + 0.028),
            (0.044, top + 0.03),
            (CENTRE, top * 0.68),
            (0.066, top * 0.8),
            (0.08, top - 0.03),
        ],
        collar,
    )
    for share in (0.56, 0.4, 0.14):
        sketch.oval(CENTRE + 0.018, top * share, 0.0062, 0.0062, shade(line, 0.7))


def draw_belt(sketch: Sketch, body: Body, colour: RGB, *, buckle: bool = True) -> None:
    """Draw a belt around the waist."""
    y, half = body.torso * 0.31, body.waist_half * 1.01
    sketch.corners([(-half, y - 0.012), (half, y - 0.012), (half, y + 0.012), (-half, y + 0.012)], colour)
    if buckle:
        sketch.box(CENTRE - 0.014, y - 0.013, CENTRE + 0.014, y + 0.013, tint(colour, 0.4))


def _draw_shirt_lines(sketch: Sketch, body: Body, colour: RGB) -> None:
    top, line = body.torso, seam(colour)
    sketch.stroke([(-0.04, top + 0.024), (0.016, top - 0.014), (0.062, top + 0.024)], 0.017, line)
    half = body.hip_half
    sketch.stroke([(-half, 0.0), (half, 0.0)], 0.016, line)


def _draw_dress_neck(sketch: Sketch, look: Look, body: Body) -> None:
    top = body.torso
    edge: Pairs = [
        (-0.031, top + 0.021),
        (-0.027, top),
        (0.007, top - 0.026),
        (0.043, top),
        (0.047, top + 0.021),
    ]
    sketch.add(smooth(edge, closed=False), shade(look.skin, 0.88))
    sketch.stroke(edge, 0.007, seam(look.coat))


def _draw_scarf(sketch: Sketch, body: Body, colour: RGB) -> None:
    top = body.torso
    sketch.corners(
        [(0.03, top), (0.075, top - 0.005), (0.085, top - 0.17), (0.045, top - 0.175)], shade(colour, 0.86)
    )
    draw_scarf_collar(sketch, body, colour)


def draw_scarf_collar(sketch: Sketch, body: Body, colour: RGB) -> None:
    """Draw what of a scarf lies around the neck."""
    top = body.torso
    sketch.blob(
        [
            (-0.066, top + 0.03),
            (0.0, top + 0.052),
            (0.072, top + 0.034),
            (0.078, top - 0.002),
            (0.01, top - 0.03),
            (-0.07, top - 0.004),
        ],
        colour,
    )
    sketch.stroke(
        [(-0.05, top + 0.012), (0.01, top - 0.006), (0.068, top + 0.014)], 0.007, shade(colour, 0.8)
    )
