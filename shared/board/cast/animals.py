"""Draws four-legged animals in profile, from one table of breeds. It must not know people."""

from shared.board.appearance import Look
from shared.board.cast.animal_heads import draw_animal_head
from shared.board.cast.breeds import BREEDS, Breed
from shared.board.cast.figure import Figure
from shared.board.cast.round_faces import draw_round_face
from shared.board.cast.tails import draw_tail
from shared.board.colour import RGB, mix, shade
from shared.board.pose import Action
from shared.board.sketch import Sketch
from shared.board.wardrobe import Species

STRIDES: dict[Action, tuple[float, float, float, float]] = {
    Action.RUNNING: (0.98, 0.72, -1.0, -0.74),
    Action.WALKING: (0.34, -0.2, -0.36, 0.2),
}
"""How far the feet reach (near front, far front, near hind, far hind), in leg lengths; others stand."""

ROUND_FACED = frozenset({Species.CAT, Species.LION, Species.BEAR, Species.RABBIT, Species.MOUSE})

STAND = (0.03, 0.1, -0.06, 0.06)


def draw_animal(look: Look, action: Action) -> Figure:
    """Draw a four-legged animal facing right."""
    breed = BREEDS[look.species]
    fur = look.coat
    sketch = Sketch()
    asleep = action is Action.SLEEPING
    if asleep:
        neck = _draw_lying(sketch, breed, fur)
    elif action is Action.SITTING and breed.sits:
        neck = _draw_sitting(sketch, breed, fur)
    else:
        neck = _draw_standing(sketch, breed, fur, STRIDES.get(action, STAND))
    tilt = {Action.LOOKING_UP: 14.0, Action.SLEEPING: -breed.head_turn - 8.0}.get(action, 0.0)
    if breed.mane:
        sketch.oval(neck[0] - 0.02, neck[1] - 0.02, breed.head * 0.66, breed.head * 0.7, shade(fur, 0.66))
    round_face = look.species in ROUND_FACED
    head = (draw_round_face if round_face else draw_animal_head)(look.species, breed, fur, asleep=asleep)
    sketch.join(head, neck, scale=breed.head, turn=breed.head_turn + tilt)
    whole = Sketch()
    whole.join(sketch, scale=look.height)
    return Figure(
        sketch=whole,
        head=(look.height * (neck[0] + breed.head * 0.1), look.height * neck[1]),
        head_size=look.height * breed.head * 0.86,
        waist=0.0,
    )


def _draw_standing(
    sketch: Sketch, breed: Breed, fur: RGB, stride: tuple[float, float, float, float]
) -> tuple[float, float]:
    leg, half, girth = breed.leg, breed.length / 2, breed.girth
    back = leg + girth
    reaching = max(abs(step) for step in stride)
    sink = leg * reaching * reaching * 0.16
    front, hind = half * 0.74, -half * 0.78
    middle = back - girth / 2 - sink
    draw_tail(sketch, breed, (-half, back - girth * 0.22 - sink), fur)
    far = shade(fur, 0.76)
    _draw_leg(sketch, breed, (front + 0.02, middle), stride[1], far, fore=True)
    _draw_leg(sketch, breed, (hind + 0.03, middle), stride[3], far, fore=False)
    neck = (half * 0.72 + breed.neck * breed.neck_forward, back - sink + breed.neck)
    chest = (half * 0.78, back - girth * 0.36 - sink)
    _draw_leg(sketch, breed, (hind, middle), stride[2], fur, fore=False)
    _draw_leg(sketch, breed, (front, middle), stride[0], fur, fore=True)
    sketch.stroke([chest, neck], (girth * 0.86, breed.head * 0.5), fur)
    _draw_barrel(sketch, breed, fur, back - sink)
    if breed.hooves:
        mane: list[tuple[float, float]] = [
            (neck[0] - 0.06, neck[1] + 0.05),
            (half * 0.55, back + breed.neck * 0.45),
            (half * 0.4, back - sink),
        ]
        sketch.stroke(mane, (0.05, 0.09, 0.03), shade(fur, 0.5))
    return neck


def _draw_barrel(sketch: Sketch, breed: Breed, fur: RGB, back: float) -> None:
    """Chest, back and belly; `back` is the height of the withers."""
    half, girth = breed.length / 2, breed.girth
    flank = (-0.3 * half, back - girth * breed.tuck)
    outline = [
        (-1.0, 0.3), (-0.62, 0.0), (0.0, 0.07), (0.6, -0.03), (1.0, 0.25), (0.94, 0.8), (0.4, 0.98),
    ]  # fmt: skip
    rump = (-0.86 * half, back - girth * 0.72)
    sketch.blob([*((x * half, back - down * girth) for x, down in outline), flank, rump], fur)
    belly = mix(fur, breed.belly, 0.75) if breed.belly else shade(fur, 0.88)
    underside = [(half * x, back - girth * down) for x, down in ((0.96, 0.45), (0.94, 0.8), (0.4, 0.97))]
    sketch.blob([*underside, flank, (half * 0.3, back - girth * 0.8)], belly)


def _draw_leg(
    sketch: Sketch, breed: Breed, root: tuple[float, float], step: float, colour: RGB, *, fore: bool
) -> None:
    x, y = root
    foot = (x + step * breed.leg * 0.9, max(0.02, abs(step) ** 2 * breed.leg * 0.2))
    bend = 0.05 if fore else -0.11
    knee = (x + step * breed.leg * 0.5 + bend * breed.leg, (y + foot[1]) * 0.47)
    thick = breed.leg_width
    sketch.stroke([root, knee, foot], (thick * (1.5 if fore else 2.3), thick * 0.82, thick * 0.66), colour)
    paw = breed.paw or shade(colour, 0.9)
    tip = (54, 46, 44) if breed.hooves else paw
    sketch.stroke(
        [(foot[0] - 0.002, foot[1] - 0.002), (foot[0] + thick * 0.55, foot[1] - 0.004)],
        (thick * 0.66, thick * 0.5),
        tip,
    )


def _draw_lying(sketch: Sketch, breed: Breed, fur: RGB) -> tuple[float, float]:
    """Curled up, the head on the paws, the tail around it all."""
    half, girth = breed.length / 2, breed.girth
    high = max(girth * 1.02, breed.head * 0.72)
    outline = [
        (-0.96, 0.02), (-1.0, 0.5), (-0.6, 0.94), (0.0, 1.0),
        (0.56, 0.86), (0.86, 0.5), (0.84, 0.02), (0.0, 0.0),
    ]  # fmt: skip
    sketch.blob([(x * half, y * high) for x, y in outline], fur)
    sketch.oval(-half * 0.48, high * 0.42, half * 0.44, high * 0.4, shade(fur, 0.92))
    belly = mix(fur, breed.belly, 0.6) if breed.belly else shade(fur, 0.86)
    chest = [(0.84, 0.5), (0.9, 0.1), (0.4, 0.02), (0.1, 0.1), (0.5, 0.34)]
    sketch.blob([(x * half, y * high) for x, y in chest], belly)
    thick = breed.leg_width
    tip = (54, 46, 44) if breed.hooves else breed.paw or shade(fur, 0.86)
    chin = 0.7 if breed.mane else 0.52 if breed.hooves else 0.4
    neck = (half * 0.86, max(breed.head * chin, high * 0.34))
    sketch.stroke([(half * 0.5, high * 0.6), neck], (girth * 0.6, breed.head * 0.5), fur)
    paw = neck[0] + breed.head * 0.7
    sketch.stroke(
        [(half * 0.6, thick * 0.5), (paw, thick * 0.5)], (thick * 1.1, thick * 0.9), shade(fur, 0.9)
    )
    sketch.oval(paw, thick * 0.48, thick * 0.62, thick * 0.5, tip)
    draw_tail(sketch, breed, (-half * 0.86, girth * 0.24), shade(fur, 0.94), low=True)
    return neck


def _draw_sitting(sketch: Sketch, breed: Breed, fur: RGB) -> tuple[float, float]:
    leg, girth, half = breed.leg, breed.girth, breed.length / 2
    top = leg + girth * 0.95
    draw_tail(sketch, breed, (-half * 0.8, girth * 0.25), fur, low=True)
    _draw_leg(sketch, breed, (half * 0.42, top * 0.62), 0.06, shade(fur, 0.76), fore=True)
    sketch.blob(
        [
            (-half * 0.72, 0.03),
            (-half * 0.82, girth * 0.6),
            (-half * 0.4, top * 0.75),
            (half * 0.1, top * 1.02),
            (half * 0.55, top * 0.98),
            (half * 0.62, top * 0.66),
            (half * 0.36, top * 0.35),
            (half * 0.1, 0.03),
        ],
        fur,
    )
    belly = mix(fur, breed.belly, 0.75) if breed.belly else shade(fur, 0.9)
    sketch.blob(
        [
            (half * 0.6, top * 0.92),
            (half * 0.64, top * 0.66),
            (half * 0.42, top * 0.42),
            (half * 0.36, top * 0.72),
        ],
        belly,
    )
    sketch.oval(-half * 0.34, girth * 0.5, girth * 0.46, girth * 0.5, shade(fur, 0.93))
    sketch.stroke([(-half * 0.4, 0.022), (half * 0.1, 0.02)], (0.05, 0.04), shade(fur, 0.93))
    _draw_leg(sketch, breed, (half * 0.3, top * 0.6), 0.06, fur, fore=True)
    neck = (half * 0.46 + breed.neck * breed.neck_forward * 0.4, top + breed.neck * 0.9)
    sketch.stroke([(half * 0.36, top * 0.86), neck], (girth * 0.7, breed.head * 0.5), fur)
    return neck
