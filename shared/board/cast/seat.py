"""Draws what a seated figure sits on. It must not know who sits."""

from shared.board.cast.body import Body
from shared.board.colour import shade
from shared.board.sketch import Sketch

WOOD = (128, 98, 70)


def draw_seat(sketch: Sketch, body: Body) -> None:
    """Draw a crate under the hips: it fits a quay as well as a kitchen."""
    top = body.hip[1] - 0.045
    sketch.box(-0.14, 0.0, 0.13, top, WOOD)
    for share in (0.0, 0.36, 0.7):
        sketch.box(-0.14, top * share, 0.13, top * share + 0.012, shade(WOOD, 0.72))
    sketch.box(-0.15, top - 0.022, 0.14, top, shade(WOOD, 1.12))
