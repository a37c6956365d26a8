"""Draws robots: plates, tubes and a lit visor. It must not know people's clothes."""

from shared.board.appearance import Look
from shared.board.cast.body import Body, Limb, body_of
from shared.board.cast.figure import Figure
from shared.board.cast.seat import draw_seat
from shared.board.colour import RGB, mix, shade, tint
from shared.board.geometry import Pairs
from shared.board.pose import POSES, POSES_FROM_BEHIND, Action
from shared.board.sketch import Sketch

JOINT = (66, 70, 80)
VISOR = (34, 40, 54)
EYE = (126, 232, 255)


def draw_robot(look: Look, action: Action, *, from_behind: bool = False) -> Figure:
    """Draw a robot facing right, or away from us."""
    from_behind = from_behind and action in POSES_FROM_BEHIND
    pose = (POSES_FROM_BEHIND if from_behind else POSES)[action]
    body = body_of(look, pose)
    plate = look.coat
    sketch = Sketch()
    if pose.seated and not from_behind:
        draw_seat(sketch, body)
    _draw_leg(sketch, body.far_leg, shade(plate, 0.74), away=from_behind)
    _draw_leg(sketch, body.near_leg, plate, away=from_behind)
    if pose.seated and from_behind:
        draw_seat(sketch, body)
    sketch.join(_upper(body, plate, pose.head_tilt, from_behind=from_behind), body.hip, turn=-pose.lean)
    whole = Sketch()
    whole.join(sketch, scale=look.height)
    head_y = body.hip[1] + body.torso + 0.125
    waist = look.height * (body.hip[1] - 0.02)
    return Figure(whole, (0.01, look.height * head_y), look.height * 0.2, waist, from_behind)


def _upper(body: Body, plate: RGB, tilt: float, *, from_behind: bool) -> Sketch:
    sketch = Sketch()
    top, half = body.torso, body.shoulder_half
    _draw_arm(sketch, body.far_arm, shade(plate, 0.74))
    sketch.stroke([(0.0, -0.03), (0.0, top * 0.4)], 0.13, JOINT)
    sketch.blob(_rounded(-half * 0.78, -0.05, half * 0.78, 0.045), shade(plate, 0.86))
    sketch.stroke([(0.0, top - 0.02), (0.0, top + 0.06)], 0.055, JOINT)
    sketch.blob(_rounded(-half * 1.06, top * 0.26, half * 1.06, top + 0.012), plate)
    if from_behind:
        _draw_vents(sketch, -half * 0.6, half * 0.6, top * 0.46, top * 0.84, plate)
    else:
        sketch.blob(_rounded(-half * 0.55, top * 0.44, half * 0.86, top * 0.86), shade(plate, 0.86))
        sketch.oval(half * 0.5, top * 0.72, 0.02, 0.02, (255, 190, 92), glows=True)
        for share in (0.5, 0.58):
            sketch.stroke([(-half * 0.4, top * share), (half * 0.2, top * share)], 0.009, shade(plate, 0.62))
    head = _back_of_head(plate) if from_behind else _head(plate)
    sketch.join(head, (0.0, top + 0.05), turn=tilt)
    _draw_arm(sketch, body.near_arm, plate)
    return sketch


def _back_of_head(plate: RGB) -> Sketch:
    sketch = Sketch()
    sketch.stroke([(-0.05, 0.15), (-0.06, 0.225)], 0.01, JOINT)
    sketch.oval(-0.06, 0.23, 0.014, 0.014, (255, 112, 92), glows=True)
    for side in (-1, 1):
        sketch.oval(side * 0.112, 0.075, 0.02, 0.036, shade(plate, 0.7))
    sketch.blob(_rounded(-0.112, -0.02, 0.112, 0.168), plate)
    _draw_vents(sketch, -0.06, 0.06, 0.02, 0.1, plate)
    return sketch


def _draw_vents(sketch: Sketch, left: float, right: float, low: float, high: float, plate: RGB) -> None:
    sketch.blob(_rounded(left, low, right, high), shade(plate, 0.84))
    for share in (0.25, 0.5, 0.75):
        y = low + (high - low) * share
        sketch.stroke([(left * 0.7, y), (right * 0.7, y)], 0.008, shade(plate, 0.55))


def _head(plate: RGB) -> Sketch:
    sketch = Sketch()
    sketch.stroke([(-0.05, 0.15), (-0.06, 0.225)], 0.01, JOINT)
    sketch.oval(-0.06, 0.23, 0.014, 0.014, (255, 112, 92), glows=True)
    sketch.blob(_rounded(-0.112, -0.02, 0.112, 0.168), plate)
    sketch.oval(-0.106, 0.075, 0.026, 0.036, shade(plate, 0.7))
    sketch.blob(_rounded(-0.058, 0.03, 0.108, 0.13), VISOR)
    for x in (-0.008, 0.062):
        sketch.oval(x, 0.08, 0.017, 0.02, EYE, glows=True)
        sketch.oval(x + 0.005, 0.087, 0.006, 0.006, (255, 255, 255), glows=True)
    sketch.stroke([(-0.07, 0.148), (0.04, 0.152)], (0.006, 0.012), tint(plate, 0.4))
    return sketch


def _draw_arm(sketch: Sketch, arm: Limb, plate: RGB) -> None:
    sketch.stroke([arm.root, arm.middle], 0.046, JOINT)
    sketch.stroke([arm.middle, arm.end], (0.056, 0.066), plate)
    sketch.oval(*arm.root, 0.046, 0.046, shade(plate, 0.9))
    sketch.oval(*arm.middle, 0.026, 0.026, JOINT)
    x, y = arm.end
    sketch.stroke([(x, y), (x + 0.02, y - 0.035)], (0.03, 0.016), JOINT)
    sketch.stroke([(x, y), (x - 0.016, y - 0.035)], (0.03, 0.016), JOINT)


def _draw_leg(sketch: Sketch, leg: Limb, plate: RGB, *, away: bool) -> None:
    sketch.stroke([leg.root, leg.middle], 0.056, JOINT)
    sketch.stroke([leg.middle, leg.end], (0.062, 0.082), plate)
    sketch.oval(*leg.middle, 0.034, 0.034, mix(plate, JOINT, 0.4))
    x, y = leg.end
    toe = 0.02 if away else 0.05
    sketch.stroke([(x - 0.02, y - 0.014), (x + toe, y - 0.014)], 0.042, shade(plate, 0.82))


def _rounded(left: float, bottom: float, right: float, top: float) -> Pairs:
    inset = min(right - left, top - bottom) * 0.14
    return [
        (left + inset, bottom), (right - inset, bottom), (right, bottom + inset), (right, top - inset),
        (right - inset, top), (left + inset, top), (left, top - inset), (left, bottom + inset),
    ]  # fmt: skip
