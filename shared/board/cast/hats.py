"""Draws hats, in units of one head. It must not know faces or hair."""

from shared.board.colour import RGB, luminance, shade, tint
from shared.board.geometry import Pairs, ellipse
from shared.board.sketch import Sketch
from shared.board.wardrobe import HatKind

CROWNS: dict[HatKind, Pairs] = {
    HatKind.BRIMMED: [
        (-0.4, 0.24),
        (-0.36, 0.56),
        (-0.2, 0.7),
        (0.0, 0.66),
        (0.18, 0.7),
        (0.32, 0.54),
        (0.36, 0.24),
    ],
    HatKind.BEANIE: [
        (-0.46, 0.16),
        (-0.43, 0.45),
        (-0.14, 0.7),
        (0.2, 0.65),
        (0.39, 0.4),
        (0.39, 0.16),
        (0.0, 0.2),
    ],
    HatKind.CAP: [
        (-0.45, 0.2),
        (-0.42, 0.46),
        (-0.12, 0.64),
        (0.22, 0.58),
        (0.4, 0.36),
        (0.38, 0.2),
        (0.0, 0.24),
    ],
    HatKind.POINTED: [
        (-0.4, 0.25),
        (-0.24, 0.7),
        (-0.16, 1.15),
        (-0.3, 1.35),
        (-0.04, 1.2),
        (0.18, 0.72),
        (0.37, 0.25),
    ],
}
"""What sits on the head."""

BRIM: Pairs = [
    (-0.72, 0.24),
    (-0.4, 0.33),
    (0.0, 0.3),
    (0.4, 0.33),
    (0.68, 0.25),
    (0.35, 0.17),
    (0.0, 0.15),
    (-0.4, 0.17),
]

SPIKES: Pairs = [
    (-0.36, 0.22),
    (-0.4, 0.62),
    (-0.24, 0.44),
    (-0.1, 0.68),
    (0.02, 0.45),
    (0.16, 0.68),
    (0.24, 0.44),
    (0.38, 0.62),
    (0.34, 0.22),
]

HOOD: Pairs = [
    (0.3, -0.42),
    (0.42, -0.1),
    (0.42, 0.2),
    (0.3, 0.46),
    (0.02, 0.58),
    (-0.25, 0.5),
    (-0.4, 0.25),
    (-0.42, -0.1),
    (-0.3, -0.45),
]
"""Middle line of the ring of cloth around the face."""


def hides_hair(kind: HatKind) -> bool:
    """Whether nothing of the fringe shows under such a hat."""
    return kind is HatKind.HOOD


def _draw_bowl(sketch: Sketch, colour: RGB) -> None:
    """The rim and the gleam of a helmet whose glass is clear."""
    ring = [(float(x), float(y)) for x, y in ellipse(0.0, 0.02, 0.62, 0.64)]
    sketch.stroke([*ring[::3], ring[0]], 0.075, colour)
    sketch.stroke([(-0.5, -0.5), (0.0, -0.6), (0.5, -0.5)], 0.17, shade(colour, 0.86))
    sketch.stroke([(0.3, 0.46), (0.47, 0.28), (0.52, 0.06)], (0.02, 0.05, 0.02), tint(colour, 0.5))


def draw_hat(sketch: Sketch, hat: tuple[HatKind, RGB], coat: RGB) -> None:
    """Draw a hat on top of head and hair; a hood has the colour of the coat."""
    kind, colour = hat
    if kind is HatKind.HELMET:
        _draw_bowl(sketch, colour)
        return
    band = shade(colour, 0.74) if luminance(colour) > 0.25 else tint(colour, 0.2)
    if kind in CROWNS:
        sketch.blob(CROWNS[kind], colour)
    match kind:
        case HatKind.BRIMMED:
            sketch.corners([(-0.41, 0.26), (0.37, 0.26), (0.365, 0.38), (-0.405, 0.38)], band)
            sketch.blob(BRIM, colour)
        case HatKind.BEANIE:
            sketch.stroke([(-0.43, 0.16), (0.0, 0.235), (0.37, 0.19)], 0.15, band)
        case HatKind.CAP:
            sketch.stroke([(0.1, 0.23), (0.38, 0.22), (0.66, 0.15)], (0.09, 0.09, 0.05), band)
        case HatKind.POINTED:
            sketch.oval(-0.02, 0.25, 0.66, 0.1, band)
        case HatKind.HOOD:
            sketch.stroke(HOOD, (0.14, 0.2, 0.3, 0.3, 0.2), coat)
            sketch.stroke([(x * 0.84, y * 0.84) for x, y in HOOD], 0.03, shade(coat, 0.7))
        case HatKind.CROWN:
            sketch.corners(SPIKES, colour)
            sketch.corners([(-0.37, 0.22), (0.35, 0.22), (0.36, 0.3), (-0.38, 0.3)], band)
