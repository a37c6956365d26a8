"""Draws the heads of animals in profile, in units of one head. It must not know bodies."""

from shared.board.cast.breeds import Breed, Ears
from shared.board.colour import RGB, luminance, mix, shade, tint
from shared.board.geometry import Pairs
from shared.board.sketch import Sketch
from shared.board.wardrobe import Species

INK = (36, 30, 34)


def draw_animal_head(species: Species, breed: Breed, fur: RGB, *, asleep: bool) -> Sketch:
    """Draw a head facing right, the middle of the skull at (0, 0)."""
    if species is Species.ELEPHANT:
        return _elephant_head(fur, asleep=asleep)
    sketch = Sketch()
    dark = shade(fur, 0.72)
    if breed.antlers:
        _draw_antlers(sketch, (150, 118, 86))
    tip_of_ear = 0.52 if breed.hooves else 0.66
    _draw_ear(sketch, breed.ears, dark, fur, tip_of_ear, far=True)
    sketch.oval(0.0, 0.02, 0.37, 0.35, fur)
    tip = (0.14 + breed.muzzle * 0.62, -0.1 - breed.muzzle * 0.1)
    sketch.stroke([(0.08, -0.06), tip], (0.5, breed.muzzle_width), fur)
    _draw_muzzle(sketch, breed, tip, fur)
    _draw_ear(sketch, breed.ears, fur, dark, tip_of_ear, far=False)
    _draw_eye(sketch, species, asleep=asleep)
    if breed.hooves:
        lock: Pairs = [(-0.2, 0.42), (0.04, 0.36), (0.12, 0.12), (0.0, 0.24)]
        if not breed.antlers:
            sketch.blob(lock, shade(fur, 0.5))
    return sketch


def _draw_muzzle(sketch: Sketch, breed: Breed, tip: tuple[float, float], fur: RGB) -> None:
    width = breed.muzzle_width
    pale = mix(fur, breed.belly, 0.8) if breed.belly else tint(fur, 0.12)
    if breed.belly:
        sketch.blob(
            [
                (tip[0] + width * 0.4, tip[1] - width * 0.1),
                (tip[0] - 0.12, tip[1] - width * 0.12),
                (0.06, -0.2),
                (-0.14, -0.24),
                (0.08, -0.31),
                (tip[0], tip[1] - width * 0.46),
            ],
            pale,
        )
    middle = (tip[0] - 0.08, tip[1] - width * 0.3)
    sketch.stroke(
        [(tip[0] + width * 0.36, tip[1] - width * 0.16), middle, (0.24, tip[1] - width * 0.12)],
        0.014,
        shade(fur, 0.5),
    )
    nose = (tip[0] + width * 0.4, tip[1] + width * 0.22)
    size = 0.05 if breed.hooves else 0.075
    sketch.oval(*nose, size, size * 0.8, INK if luminance(fur) > 0.1 else (84, 76, 80))


def _elephant_head(skin: RGB, *, asleep: bool) -> Sketch:
    """Trunk, tusk, and an ear like a sail."""
    sketch = Sketch()
    hanging: Pairs = [(0.34, 0.02), (0.56, -0.4), (0.56, -0.8), (0.74, -0.96)]
    laid: Pairs = [(0.34, 0.02), (0.58, -0.2), (0.9, -0.26), (1.2, -0.2)]
    sketch.stroke(laid if asleep else hanging, (0.36, 0.24, 0.16, 0.12), skin)
    sketch.oval(0.08, 0.08, 0.44, 0.44, skin)
    sketch.blob([(0.3, -0.2), (0.44, -0.36), (0.74, -0.34), (0.46, -0.44), (0.26, -0.34)], (244, 238, 222))
    _draw_eye(sketch, Species.ELEPHANT, asleep=asleep, at=(0.26, 0.1))
    ear: Pairs = [
        (0.0, 0.4),
        (-0.3, 0.5),
        (-0.62, 0.24),
        (-0.6, -0.2),
        (-0.34, -0.52),
        (-0.1, -0.3),
        (0.02, 0.0),
    ]
    sketch.blob(ear, shade(skin, 0.84))
    sketch.blob([(x * 0.74 - 0.06, y * 0.74) for x, y in ear], mix(shade(skin, 0.9), (214, 160, 160), 0.3))
    return sketch


def _draw_eye(
    sketch: Sketch, species: Species, *, asleep: bool, at: tuple[float, float] = (0.16, 0.08)
) -> None:
    x, y = at
    if asleep:
        sketch.stroke(
            [(x - 0.06, y + 0.01), (x, y - 0.025), (x + 0.06, y + 0.01)], (0.018, 0.026, 0.018), INK
        )
        return
    if species is Species.WOLF:
        sketch.oval(x, y, 0.068, 0.06, (222, 196, 92))
        sketch.oval(x + 0.015, y, 0.028, 0.055, INK)
    else:
        sketch.oval(x, y, 0.056, 0.06, INK)
    sketch.oval(x + 0.022, y + 0.023, 0.018, 0.018, (255, 255, 255))


def _draw_ear(sketch: Sketch, ears: Ears, colour: RGB, inner: RGB, tip: float, *, far: bool) -> None:
    shift = 0.15 if far else 0.0
    match ears:
        case Ears.POINTED:
            outline: Pairs = [(-0.3, 0.16), (-0.2, tip), (0.06, 0.28)]
            sketch.corners([(x + shift, y) for x, y in outline], colour)
            if not far and tip > 0.6:
                sketch.corners([(-0.2, 0.26), (-0.17, tip - 0.12), (-0.02, 0.3)], inner)
        case Ears.FLOPPY:
            if far:
                return
            sketch.blob(
                [(-0.24, 0.28), (-0.06, 0.27), (-0.03, 0.02), (-0.12, -0.26), (-0.28, -0.3), (-0.36, -0.05)],
                shade(colour, 0.74),
            )


def _draw_antlers(sketch: Sketch, colour: RGB) -> None:
    for shift, factor in ((0.12, 0.75), (0.0, 1.0)):
        horn = shade(colour, factor)
        sketch.stroke(
            [(-0.08 + shift, 0.28), (-0.3 + shift, 0.75), (-0.16 + shift, 1.25)], (0.08, 0.06, 0.03), horn
        )
        sketch.stroke([(-0.22 + shift, 0.6), (0.06 + shift, 0.9)], (0.05, 0.02), horn)
        sketch.stroke([(-0.28 + shift, 0.85), (-0.5 + shift, 1.15)], (0.05, 0.02), horn)
