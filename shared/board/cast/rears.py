"""Draws four-legged animals from behind, from the table of breeds. It must not know people."""

from shared.board.appearance import Look
from shared.board.cast.breeds import BREEDS, Breed, Ears, Tail
from shared.board.cast.figure import Figure
from shared.board.colour import RGB, mix, shade, tint
from shared.board.geometry import Pairs
from shared.board.sketch import Sketch

HIGH_LEGGED = 0.3
"""Leg, in heights of a grown person, from which a tail hangs: a lion's, an elephant's."""

LOWERED = frozenset({Tail.HAIRY, Tail.BUSHY})


def draw_animal_from_behind(look: Look, *, striding: bool) -> Figure:
    """Draw a four-legged animal that walks away from us: hind legs, rump, tail, ears above.

    Args:
        striding: whether one leg is ahead of the other.
    """
    breed, fur = BREEDS[look.species], look.coat
    sketch = Sketch()
    half, back = breed.girth * 0.6, breed.leg + breed.girth
    head = (0.0, back + breed.neck * 0.85)
    for side in (-1, 1):
        _draw_leg(sketch, breed, side * half * 0.45, breed.leg, shade(fur, 0.66), lifted=0.05)
    sketch.stroke([(0.0, back * 0.9), head], (breed.girth * 0.7, breed.head * 0.55), shade(fur, 0.9))
    _draw_head(sketch, breed, head, fur)
    rump = [(-1.0, -0.1), (-0.78, 0.62), (0.0, 0.95), (0.78, 0.62), (1.0, -0.1), (0.7, -0.8), (-0.7, -0.8)]
    sketch.blob([(x * half, breed.leg + breed.girth * (0.5 + 0.52 * y)) for x, y in rump], fur)
    for side in (-1, 1):
        lifted = 0.1 if striding and side > 0 else 0.0
        _draw_leg(sketch, breed, side * half * 0.62, breed.leg * 1.15, shade(fur, 0.94), lifted=lifted)
    _draw_tail(sketch, breed, (0.0, breed.leg + breed.girth * 0.72), fur)
    whole = Sketch()
    whole.join(sketch, scale=look.height)
    size = look.height
    return Figure(whole, (0.0, size * head[1]), size * breed.head * 0.86, 0.0, from_behind=True)


def _draw_leg(sketch: Sketch, breed: Breed, x: float, tall: float, colour: RGB, *, lifted: float) -> None:
    thick, foot = breed.leg_width, 0.02 + lifted * breed.leg
    sketch.stroke([(x * 0.92, tall), (x, foot)], (thick * 1.7, thick * 0.7), colour)
    tip = (54, 46, 44) if breed.hooves else breed.paw or shade(colour, 0.86)
    sketch.stroke([(x, foot), (x, foot - 0.006)], (thick * 0.8, thick * 0.7), tip)


def _draw_head(sketch: Sketch, breed: Breed, at: tuple[float, float], fur: RGB) -> None:
    x, y, size = *at, breed.head
    for side in (-1, 1):
        match breed.ears:
            case Ears.FLOPPY:
                ear: Pairs = [(0.2, 0.26), (0.42, 0.16), (0.46, -0.2), (0.3, -0.26)]
                sketch.blob([(x + side * dx * size, y + dy * size) for dx, dy in ear], shade(fur, 0.74))
            case Ears.ROUND | Ears.LARGE:
                radius = size * (0.27 if breed.ears is Ears.LARGE else 0.14)
                sketch.oval(x + side * size * 0.36, y + size * 0.34, radius, radius, shade(fur, 0.84))
            case Ears.TALL:
                sketch.oval(x + side * size * 0.17, y + size * 0.66, size * 0.1, size * 0.4, shade(fur, 0.88))
            case _:
                ear = [(0.4, 0.06), (0.34, 0.62), (0.06, 0.34)]
                sketch.corners([(x + side * dx * size, y + dy * size) for dx, dy in ear], shade(fur, 0.84))
    if breed.mane:
        sketch.oval(x, y, size * 0.66, size * 0.7, shade(fur, 0.66))
    sketch.oval(x, y, size * 0.4, size * 0.4, fur)
    if breed.hooves:
        sketch.stroke([(x, y + size * 0.3), (x, y - size * 0.5)], (size * 0.14, size * 0.2), shade(fur, 0.5))


def _draw_tail(sketch: Sketch, breed: Breed, root: tuple[float, float], fur: RGB) -> None:
    x, y = root
    size = breed.tail_length
    if breed.tail is Tail.STUB:
        sketch.oval(x, y, size * 1.2, size * 1.2, tint(fur, 0.4))
    elif breed.tail in LOWERED:
        colour = shade(fur, 0.5) if breed.tail is Tail.HAIRY else shade(fur, 0.86)
        low = max(0.03, y - size)
        sketch.stroke([(x, y), (x + 0.03, (y + low) / 2), (x, low)], (0.06, 0.14, 0.04), colour)
        if breed.tail is Tail.BUSHY:
            sketch.stroke([(x + 0.01, low + 0.07), (x, low)], (0.09, 0.03), mix(fur, (250, 246, 238), 0.8))
    else:
        rise = -0.9 if breed.leg > HIGH_LEGGED else 0.8
        tip = (x + size * 0.35, y + size * rise)
        sketch.stroke(
            [(x, y), (x + size * 0.3, y + size * rise * 0.25), tip], (0.05, 0.04, 0.022), shade(fur, 0.86)
        )
