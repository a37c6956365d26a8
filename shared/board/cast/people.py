"""Draws people: legs, clothes, arms, what they carry. It must not know where they stand."""

from dataclasses import replace

from shared.board.appearance import Look
from shared.board.cast.backs import draw_back_of_garment, draw_back_of_head
from shared.board.cast.body import Body, Limb, body_of
from shared.board.cast.clothes import (
    draw_lower_garment,
    draw_upper_garment,
    seam,
)
from shared.board.cast.figure import Figure
from shared.board.cast.hair import draw_back_hair
from shared.board.cast.heads import draw_head, draw_neck
from shared.board.cast.held import draw_held, held_arm
from shared.board.cast.seat import draw_seat
from shared.board.colour import RGB, shade
from shared.board.pose import POSES, POSES_FROM_BEHIND, Action, Pose
from shared.board.sketch import Sketch
from shared.board.wardrobe import TopKind

RESTING = Pose((-2, -2), (2, 2), (-4, 4), (-6, 0))
BEDROLL = (150, 132, 108)
PILLOW = (232, 226, 212)
BLANKET = (104, 122, 138)
SOLE = 0.013
"""Height of the middle line of a shoe that stands on the ground."""
FAR_SIDE = 0.84
"""How much darker the limbs on the far side are."""


def draw_person(look: Look, action: Action, *, detailed: bool) -> Figure:
    """Draw a person facing right."""
    if action is Action.SLEEPING:
        return _lying(look, detailed=detailed)
    pose = POSES[action]
    body = body_of(look, pose)
    sketch = Sketch()
    if pose.seated:
        draw_seat(sketch, body)
    torso_turn = -pose.lean
    sketch.join(_behind(look, body, pose), body.hip, turn=torso_turn)
    _draw_leg(sketch, look, body.far_leg, FAR_SIDE)
    _draw_leg(sketch, look, body.near_leg, 1.0)
    draw_lower_garment(sketch, look, body, pose)
    sketch.join(_upper(look, body, pose, detailed), body.hip, turn=torso_turn)
    whole = Sketch()
    whole.join(sketch, scale=look.height)
    head = body.torso + 0.042 + body.head_size / 2
    return Figure(
        sketch=whole,
        head=(look.height * head * 0.017 * pose.lean, look.height * (body.hip[1] + head)),
        head_size=look.height * body.head_size,
        waist=look.height * (body.hip[1] - 0.02),
    )


def draw_person_from_behind(look: Look, action: Action) -> Figure:
    """Draw a person who faces away from us."""
    pose = POSES_FROM_BEHIND[action]
    body = body_of(look, pose)
    sketch = Sketch()
    _draw_leg(sketch, look, body.far_leg, FAR_SIDE, away=True)
    _draw_leg(sketch, look, body.near_leg, 1.0, away=True)
    draw_lower_garment(sketch, look, body, replace(pose, seated=False))
    if pose.seated:
        draw_seat(sketch, body)
    sketch.join(_upper_back(look, body, pose), body.hip)
    whole = Sketch()
    whole.join(sketch, scale=look.height)
    head = look.height * (body.hip[1] + body.torso + 0.042 + body.head_size / 2)
    return Figure(
        sketch=whole,
        head=(0.0, head),
        head_size=look.height * body.head_size,
        waist=look.height * (body.hip[1] - 0.02),
        from_behind=True,
    )


def _upper_back(look: Look, body: Body, pose: Pose) -> Sketch:
    sketch = Sketch()
    near = held_arm(look.held[0], body) if look.held else body.near_arm
    if look.held:
        draw_held(sketch, look.held, body, behind=True)
        draw_held(sketch, look.held, body, behind=False)
    _draw_arm(sketch, look, body.far_arm, FAR_SIDE)
    _draw_arm(sketch, look, near, 1.0)
    draw_back_of_garment(sketch, look, body)
    _join_head(sketch, body, pose, draw_back_of_head(look))
    return sketch


def _lying(look: Look, *, detailed: bool) -> Figure:
    """On the back on a bedroll, a blanket over the legs; nothing is held."""
    awake = replace(look, held=None, hat=None)
    body = body_of(awake, RESTING)
    upright = Sketch()
    upright.join(_behind(awake, body, RESTING), body.hip)
    _draw_leg(upright, awake, body.near_leg, 1.0)
    upright.join(_upper(awake, body, RESTING, detailed, asleep=True), body.hip)
    sketch = Sketch()
    sketch.stroke([(-0.54, 0.04), (0.5, 0.04)], 0.08, BEDROLL)
    sketch.oval(-0.44, 0.1, 0.12, 0.055, PILLOW)
    sketch.join(upright, (0.48, 0.17), turn=90)
    sketch.blob(
        [(-0.06, 0.02), (-0.04, 0.2), (0.04, 0.28), (0.3, 0.25), (0.46, 0.29), (0.54, 0.14), (0.52, 0.02)],
        BLANKET,
    )
    sketch.stroke([(0.0, 0.09), (0.02, 0.25)], 0.024, shade(BLANKET, 1.15))
    whole = Sketch()
    whole.join(sketch, scale=look.height)
    head = 0.48 - (body.hip[1] + body.torso + 0.042 + body.head_size / 2)
    return Figure(whole, (head * look.height, 0.17 * look.height), look.height * body.head_size, waist=0.0)


def _behind(look: Look, body: Body, pose: Pose) -> Sketch:
    """What the torso hides: hair at the back, the far arm, an umbrella's cover."""
    sketch = Sketch()
    if look.held:
        draw_held(sketch, look.held, body, behind=True)
    _join_head(sketch, body, pose, draw_back_hair(look))
    _draw_arm(sketch, look, body.far_arm, FAR_SIDE)
    return sketch


def _upper(look: Look, body: Body, pose: Pose, detailed: bool, *, asleep: bool = False) -> Sketch:
    sketch = Sketch()
    _join_head(sketch, body, pose, draw_neck(look))
    draw_upper_garment(sketch, look, body)
    _join_head(sketch, body, pose, draw_head(look, detailed=detailed, asleep=asleep))
    near = held_arm(look.held[0], body) if look.held else body.near_arm
    if look.held:
        draw_held(sketch, look.held, body, behind=False)
    _draw_arm(sketch, look, near, 1.0)
    return sketch


def _join_head(sketch: Sketch, body: Body, pose: Pose, head: Sketch) -> None:
    neck = (0.004, body.torso + (0.034 if body.head_size < 0.18 else 0.02))
    lifted = Sketch()
    lifted.join(head, (0.0, 0.5))
    sketch.join(lifted, neck, scale=body.head_size, turn=pose.head_tilt + pose.lean * 0.6)


def _draw_leg(sketch: Sketch, look: Look, leg: Limb, factor: float, *, away: bool = False) -> None:
    bare = look.skirt or look.top is TopKind.DRESS
    colour = shade(look.skin if bare else look.bottom_colour, factor)
    thick = look.breadth * (0.78 if bare else 1.0)
    draw_shoe = _draw_heel if away else _draw_shoe
    draw_shoe(sketch, leg, shade(look.shoe_colour, factor), boots=bare)
    widths = (0.096 * thick, 0.07 * thick, 0.056 * thick)
    if bare:
        sketch.stroke(leg.joints, (0.07, 0.056, 0.036), colour)
        draw_shoe(sketch, leg, shade(look.shoe_colour, factor), boots=True)
    else:
        sketch.stroke(leg.joints, widths, colour)


def _draw_shoe(sketch: Sketch, leg: Limb, colour: RGB, *, boots: bool) -> None:
    """The foot stands across the shin: flat under one who stands, toes down behind one who runs."""
    (knee_x, knee_y), (x, y) = leg.middle, leg.end
    length = max(1e-6, ((x - knee_x) ** 2 + (y - knee_y) ** 2) ** 0.5)
    down = ((x - knee_x) / length, (y - knee_y) / length)
    if boots:
        _draw_boot(sketch, leg, colour)

    def sole(ahead: float) -> tuple[float, float]:
        return (x - down[1] * ahead + down[0] * 0.02, max(SOLE, y + down[0] * ahead + down[1] * 0.02))

    heel, toe = sole(-0.022), sole(0.062)
    sketch.stroke([(x, y), heel], (0.042, 0.034), colour)
    sketch.stroke([heel, toe], (0.036, 0.026), colour)


def _draw_boot(sketch: Sketch, leg: Limb, colour: RGB) -> None:
    (knee_x, knee_y), (x, y) = leg.middle, leg.end
    up = 0.3
    sketch.stroke([(x + (knee_x - x) * up, y + (knee_y - y) * up), (x, y)], (0.052, 0.05), colour)


def _draw_heel(sketch: Sketch, leg: Limb, colour: RGB, *, boots: bool) -> None:
    """A shoe from behind."""
    if boots:
        _draw_boot(sketch, leg, colour)
    x, y = leg.end
    sketch.stroke([(x, y), (x, y - 0.016)], (0.044, 0.05), colour)


def _draw_arm(sketch: Sketch, look: Look, arm: Limb, factor: float) -> None:
    sleeve = shade(look.coat, factor * 0.93)
    hand = shade(look.skin, factor)
    thick = look.breadth * (0.9 if look.feminine else 1.0)
    (elbow_x, elbow_y), (x, y) = arm.middle, arm.end
    over = 0.24
    tip = (x + (x - elbow_x) * over, y + (y - elbow_y) * over)
    half_way = ((x + tip[0]) / 2, (y + tip[1]) / 2)
    sketch.stroke([half_way, (half_way[0] + 0.02, half_way[1] - 0.006)], (0.015, 0.011), hand)
    sketch.stroke([(x, y), tip], (0.032, 0.026), hand)
    if look.top is TopKind.DRESS:
        sketch.stroke(arm.joints, (0.05, 0.042, 0.03), hand)
        half = ((arm.root[0] + elbow_x) / 2, (arm.root[1] + elbow_y) / 2)
        sketch.stroke([arm.root, half], (0.06 * thick, 0.064 * thick), sleeve)
        return
    inner = [(px + 0.006, py - 0.003) for px, py in arm.joints]
    widths = (0.066 * thick, 0.062 * thick, 0.048 * thick)
    sketch.stroke(inner, widths, seam(sleeve))
    sketch.stroke(arm.joints, widths, sleeve)
    _draw_cuff(sketch, arm, 0.026 * thick, seam(sleeve))


def _draw_cuff(sketch: Sketch, arm: Limb, half: float, colour: RGB) -> None:
    (elbow_x, elbow_y), (x, y) = arm.middle, arm.end
    length = max(1e-6, ((x - elbow_x) ** 2 + (y - elbow_y) ** 2) ** 0.5)
    along = ((x - elbow_x) / length, (y - elbow_y) / length)
    across = (-along[1] * half, along[0] * half)
    band = [(x + along[0] * d, y + along[1] * d) for d in (-0.018, 0.012)]
    corners = [
        (px + s * across[0], py + s * across[1])
        for s, (px, py) in ((1, band[0]), (1, band[1]), (-1, band[1]), (-1, band[0]))
    ]
    sketch.corners(corners, colour)
