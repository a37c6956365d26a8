"""Draws what shows of those who live in the sea, the water line at 0. It must not know the water."""

from shared.board.appearance import Look
from shared.board.cast.figure import Figure
from shared.board.colour import RGB, mix, shade, tint
from shared.board.sketch import Sketch
from shared.board.wardrobe import Species

INK = (26, 28, 36)
FOAM = (232, 240, 244)
PALE = (226, 230, 228)


def draw_swimmer(look: Look) -> Figure:
    """Draw a whale, dolphin or shark at the surface, facing right."""
    sketch = Sketch()
    match look.species:
        case Species.WHALE:
            head = _draw_whale(sketch, look.coat)
        case Species.DOLPHIN:
            head = _draw_dolphin(sketch, look.coat)
        case _:
            head = _draw_shark(sketch, look.coat)
    whole = Sketch()
    whole.join(sketch, scale=look.height)
    return Figure(whole, (head[0] * look.height, head[1] * look.height), 0.5 * look.height, 0.0)


def _draw_whale(sketch: Sketch, skin: RGB) -> tuple[float, float]:
    """A back like a hill, the flukes raised, a spout."""
    belly = mix(skin, PALE, 0.8)
    sketch.stroke([(-0.9, 0.16), (-1.28, 0.18), (-1.42, 0.5)], (0.34, 0.2, 0.1), skin)
    sketch.blob([(-1.42, 0.46), (-1.6, 0.72), (-1.95, 0.8), (-1.78, 0.56), (-1.5, 0.44)], shade(skin, 0.85))
    sketch.blob([(-1.42, 0.46), (-1.3, 0.74), (-0.98, 0.86), (-1.1, 0.6), (-1.34, 0.44)], skin)
    for reach, top in ((-0.26, 1.2), (-0.1, 1.34), (0.1, 1.34), (0.26, 1.2)):
        sketch.stroke(
            [(0.3, 0.74), (0.3 + reach * 0.4, top), (0.3 + reach * 1.5, top - 0.14)], (0.03, 0.05, 0.02), FOAM
        )
    sketch.blob(
        [(-1.16, 0.0), (-0.8, 0.34), (-0.2, 0.66), (0.42, 0.74), (0.9, 0.6), (1.16, 0.3), (1.14, 0.0)], skin
    )
    sketch.blob([(1.15, 0.16), (1.14, 0.0), (0.0, 0.0), (0.34, 0.12), (0.8, 0.2)], belly)
    for x in (0.4, 0.58, 0.76, 0.94):
        sketch.stroke([(x, 0.1), (x - 0.2, 0.02)], 0.014, shade(belly, 0.82))
    sketch.stroke([(1.14, 0.2), (0.82, 0.24), (0.64, 0.32)], 0.018, shade(skin, 0.6))
    sketch.oval(0.62, 0.4, 0.045, 0.05, INK)
    sketch.oval(0.635, 0.418, 0.014, 0.014, (255, 255, 255))
    sketch.blob([(0.2, 0.16), (0.32, 0.06), (0.06, 0.0), (-0.16, 0.02)], shade(skin, 0.8))
    _draw_foam(sketch, -1.3, 1.24)
    return (0.7, 0.36)


def _draw_dolphin(sketch: Sketch, skin: RGB) -> tuple[float, float]:
    """A leap, the tail just leaving the water."""
    belly = mix(skin, PALE, 0.8)
    sketch.stroke([(-0.72, 0.1), (-0.42, 0.42), (0.02, 0.62), (0.46, 0.5)], (0.08, 0.2, 0.3, 0.24), skin)
    sketch.blob([(-0.62, 0.2), (-0.8, 0.26), (-1.0, 0.16), (-0.86, 0.1), (-0.84, -0.02), (-0.7, 0.06)], skin)
    sketch.blob([(-0.02, 0.74), (-0.24, 1.0), (-0.34, 0.96), (-0.26, 0.68)], shade(skin, 0.85))
    sketch.oval(0.5, 0.5, 0.16, 0.145, skin, turn=-20)
    sketch.stroke([(0.58, 0.45), (0.8, 0.33)], (0.1, 0.045), skin)
    sketch.blob([(0.72, 0.34), (0.5, 0.37), (0.1, 0.47), (-0.3, 0.4), (0.1, 0.54), (0.48, 0.45)], belly)
    sketch.stroke([(0.78, 0.345), (0.56, 0.43)], 0.012, shade(skin, 0.6))
    sketch.blob([(0.26, 0.46), (0.2, 0.22), (0.1, 0.2), (0.06, 0.46)], shade(skin, 0.8))
    sketch.oval(0.54, 0.54, 0.026, 0.028, INK)
    sketch.oval(0.548, 0.55, 0.009, 0.009, (255, 255, 255))
    _draw_foam(sketch, -1.0, -0.5)
    return (0.54, 0.48)


def _draw_shark(sketch: Sketch, skin: RGB) -> tuple[float, float]:
    """The fins and the back of one that circles."""
    sketch.corners([(-0.96, 0.0), (-1.22, 0.42), (-1.04, 0.4), (-0.72, 0.0)], shade(skin, 0.84))
    sketch.blob([(-0.72, 0.0), (-0.2, 0.16), (0.4, 0.2), (0.84, 0.1), (0.96, 0.0)], skin)
    sketch.blob([(-0.24, 0.12), (-0.2, 0.44), (-0.3, 0.74), (-0.22, 0.76), (0.06, 0.5), (0.22, 0.16)], skin)
    for x in (0.36, 0.42, 0.48):
        sketch.stroke([(x, 0.13), (x - 0.03, 0.03)], 0.012, shade(skin, 0.6))
    sketch.oval(0.7, 0.1, 0.024, 0.022, INK)
    _draw_foam(sketch, -1.1, 1.0)
    return (0.4, 0.3)


def _draw_foam(sketch: Sketch, left: float, right: float) -> None:
    """White water along the line where they break the surface."""
    count = max(3, round((right - left) / 0.22))
    for i in range(count + 1):
        x = left + (right - left) * i / count
        high = (0.045, 0.03, 0.05)[i % 3]
        sketch.oval(x, high * 0.4, 0.14, high, tint(FOAM, 0.2 * (i % 2)))
