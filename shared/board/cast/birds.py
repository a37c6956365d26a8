"""Draws birds, standing or on the wing. It must not know other animals."""

from shared.board.appearance import Look
from shared.board.cast.figure import Figure
from shared.board.colour import luminance, mix, shade, tint
from shared.board.pose import Action
from shared.board.sketch import Sketch

LIFT = 0.55
"""How high a flying bird is above the ground."""

INK = (34, 30, 36)


def draw_bird(look: Look, action: Action) -> Figure:
    """Draw a bird facing right; one that runs or rushes flies."""
    flying = action is Action.RUNNING
    sketch, body = Sketch(), _body(look, flying, asleep=action is Action.SLEEPING)
    if not flying:
        for x in (-0.005, 0.03):
            sketch.stroke([(x, 0.09), (x + 0.008, 0.008), (x + 0.04, 0.006)], 0.011, (190, 134, 60))
    lift = LIFT if flying else 0.0
    sketch.join(body, (0.0, lift))
    whole = Sketch()
    scale = 1.15 * look.height
    whole.join(sketch, scale=scale)
    return Figure(whole, (0.11 * scale, (lift + 0.27) * scale), 0.13 * scale, 0.0)


def _body(look: Look, flying: bool, *, asleep: bool) -> Sketch:
    sketch = Sketch()
    coat = look.coat
    wing, belly = shade(coat, 0.76 if luminance(coat) > 0.2 else 1.35), mix(coat, (244, 234, 214), 0.62)
    if flying:
        sketch.blob(
            [(0.02, 0.2), (-0.02, 0.36), (-0.14, 0.52), (-0.2, 0.5), (-0.14, 0.3), (-0.08, 0.18)],
            shade(wing, 0.84),
        )
    sketch.corners([(-0.13, 0.2), (-0.33, 0.14), (-0.34, 0.1), (-0.3, 0.075), (-0.1, 0.12)], shade(wing, 0.9))
    sketch.blob(
        [
            (0.17, 0.24),
            (0.08, 0.27),
            (-0.06, 0.23),
            (-0.16, 0.16),
            (-0.1, 0.09),
            (0.02, 0.07),
            (0.12, 0.11),
            (0.17, 0.18),
        ],
        coat,
    )
    sketch.blob([(0.18, 0.21), (0.14, 0.12), (0.03, 0.075), (-0.05, 0.085), (0.03, 0.14), (0.11, 0.2)], belly)
    sketch.oval(0.115, 0.265, 0.075, 0.072, coat)
    sketch.corners([(0.175, 0.285), (0.265, 0.252), (0.175, 0.24)], (226, 158, 60))
    if asleep:
        sketch.stroke([(0.122, 0.282), (0.14, 0.272), (0.158, 0.282)], 0.007, INK)
    else:
        sketch.oval(0.14, 0.28, 0.017, 0.018, INK)
        sketch.oval(0.146, 0.286, 0.006, 0.006, (255, 255, 255))
    if flying:
        sketch.blob(
            [(0.08, 0.2), (0.05, 0.36), (-0.03, 0.55), (-0.1, 0.58), (-0.1, 0.36), (-0.06, 0.18)], wing
        )
        sketch.stroke([(-0.06, 0.52), (-0.03, 0.24)], (0.004, 0.012), tint(wing, 0.2))
    else:
        sketch.blob(
            [(0.09, 0.21), (0.02, 0.225), (-0.1, 0.18), (-0.22, 0.1), (-0.06, 0.115), (0.05, 0.14)], wing
        )
        sketch.stroke([(-0.16, 0.115), (0.0, 0.15)], (0.003, 0.012), shade(wing, 0.8))
    return sketch
