"""Draws what people carry, around the origin at their hip. It must not know who carries it."""

from dataclasses import dataclass

import numpy as np

from shared.board.cast.body import Body, Limb
from shared.board.colour import RGB, shade, tint
from shared.board.geometry import smooth
from shared.board.props import DRAWN_SMALL
from shared.board.sketch import Sketch
from shared.board.things import FLAME, kite, spyglass
from shared.board.wardrobe import HeldKind

HANDLE = (92, 72, 58)


def held_arm(kind: HeldKind, body: Body) -> Limb:
    """Return the near arm as it carries the thing."""
    x, y = body.near_arm.root
    reach = body.torso * 0.5
    match kind:
        case HeldKind.UMBRELLA | HeldKind.BALLOON:
            return Limb((x, y), (x - reach * 0.28, y - reach * 0.92), (x + reach * 0.42, y - reach * 0.42))
        case HeldKind.LANTERN:
            return Limb((x, y), (x - reach * 0.1, y - reach * 0.95), (x + reach * 0.78, y - reach * 0.72))
        case HeldKind.STICK | HeldKind.FURLED_UMBRELLA | HeldKind.SUITCASE:
            return Limb((x, y), (x - reach * 0.3, y - reach * 0.9), (x + reach * 0.02, y - reach * 1.6))
        case HeldKind.TELESCOPE:
            return Limb((x, y), (x + reach * 0.3, y - reach * 0.66), (x + reach * 1.05, y + reach * 0.14))
        case HeldKind.SWORD | HeldKind.KITE:
            return Limb((x, y), (x + reach * 0.24, y - reach * 0.86), (x + reach * 1.06, y - reach * 0.5))
        case _:
            return Limb((x, y), (x - reach * 0.06, y - reach * 0.95), (x + reach * 0.84, y - reach * 0.82))


@dataclass(frozen=True)
class _Grip:
    """How a small thing sits in a hand."""

    size: float
    """Of the thing, in the bearer's heights."""
    at: tuple[float, float] = (0.02, 0.0)
    """Where its foot is from the hand."""
    turn: float = 0.0
    """Degrees."""


GRIPS = {
    HeldKind.BOOK: _Grip(0.16, (0.06, -0.03)),
    HeldKind.LETTER: _Grip(0.14, (0.07, -0.02)),
    HeldKind.MAP: _Grip(0.15, (0.06, -0.03)),
    HeldKind.CUP: _Grip(0.12, (0.06, -0.02)),
    HeldKind.KEY: _Grip(0.17, (0.04, -0.02)),
    HeldKind.SWORD: _Grip(0.5, (0.03, -0.05), -24),
    HeldKind.GUITAR: _Grip(0.52, (-0.1, -0.04), -66),
    HeldKind.SUITCASE: _Grip(0.2, (0.0, -0.2)),
    HeldKind.FLOWER: _Grip(0.2, (0.02, -0.04), -8),
    HeldKind.CANDLE: _Grip(0.18, (0.05, -0.01)),
    HeldKind.CAKE: _Grip(0.19, (0.07, 0.0)),
    HeldKind.TELESCOPE: _Grip(0.26, (-0.06, 0.04), 10),
    HeldKind.BALL: _Grip(0.13, (0.05, 0.0)),
    HeldKind.PHONE: _Grip(0.13, (0.05, -0.02)),
    HeldKind.GIFT: _Grip(0.17, (0.06, -0.01)),
    HeldKind.BOTTLE: _Grip(0.2, (0.05, -0.05)),
}


def draw_held(sketch: Sketch, held: tuple[HeldKind, RGB], body: Body, *, behind: bool) -> None:
    """Draw the part of the thing that is behind the body, or the part in front of it."""
    kind, colour = held
    hand = held_arm(kind, body).end
    match kind, behind:
        case HeldKind.UMBRELLA, True:
            _draw_umbrella(sketch, hand, body, colour)
        case HeldKind.UMBRELLA, False:
            sketch.stroke(
                [(hand[0] - 0.004, hand[1] - 0.05), (hand[0] + 0.006, body.torso + 0.02)], 0.011, HANDLE
            )
        case HeldKind.BALLOON, True:
            _draw_balloon(sketch, hand, body, colour)
        case HeldKind.LANTERN, False:
            _draw_lantern(sketch, hand, colour)
        case HeldKind.KITE, True:
            _draw_kite(sketch, hand, body, colour)
        case HeldKind.FURLED_UMBRELLA, False:
            _draw_furled(sketch, hand, colour)
        case HeldKind.STICK, False:
            sketch.stroke(
                [(hand[0] - 0.01, hand[1] + 0.05), (hand[0] + 0.01, -body.hip[1] + 0.005)],
                (0.016, 0.011),
                colour,
            )
        case _, False if kind in GRIPS:
            grip = GRIPS[kind]
            thing = spyglass(colour) if kind is HeldKind.TELESCOPE else DRAWN_SMALL[kind.value][0](colour)
            at = (hand[0] + grip.at[0], hand[1] + grip.at[1])
            sketch.join(thing, at, scale=grip.size, turn=grip.turn)


def _draw_umbrella(sketch: Sketch, hand: tuple[float, float], body: Body, colour: RGB) -> None:
    centre = hand[0] + 0.02
    rim = body.torso + body.head_size * 0.86
    width, rise = 0.31, 0.175
    sketch.stroke([hand, (centre, rim + rise)], 0.011, HANDLE)
    dome = np.linspace(np.pi, 0, 24)
    arc = np.stack([centre + width * np.cos(dome), rim + rise * np.sin(dome) ** 0.9], axis=1)
    ribs = np.linspace(-1, 1, 6)
    edge = [(centre + width * ribs[-1], rim)]
    for left, right in zip(ribs[::-1][1:], ribs[::-1], strict=False):
        edge += [(centre + width * (left + right) / 2, rim + 0.022), (centre + width * left, rim)]
    inside = smooth([(centre - width, rim), (centre, rim + 0.07), (centre + width, rim)], closed=False)
    sketch.add(np.vstack([inside, smooth(edge, closed=False)]), shade(colour, 0.6))
    sketch.add(np.vstack([arc, smooth(edge, closed=False)]), colour)
    for i, share in enumerate((-0.6, -0.2, 0.2, 0.6)):
        if i % 2:
            panel = [
                (centre, rim + rise),
                (centre + width * share * 0.8, rim + rise * 0.62),
                (centre + width * share, rim + 0.004),
            ]
            after = [
                (centre + width * (share + 0.4), rim + 0.004),
                (centre + width * (share + 0.4) * 0.8, rim + rise * 0.6),
            ]
            sketch.blob([*panel, *after], shade(colour, 0.9))
    sketch.stroke([(centre, rim + rise - 0.005), (centre, rim + rise + 0.022)], 0.012, HANDLE)
    sketch.stroke(
        [(centre - width * 0.7, rim + rise * 0.62), (centre - width * 0.4, rim + rise * 0.86)],
        (0.004, 0.012),
        tint(colour, 0.3),
    )


def _draw_furled(sketch: Sketch, hand: tuple[float, float], colour: RGB) -> None:
    x, y = hand
    sketch.stroke([(x, y + 0.05), (x + 0.01, y - 0.05)], 0.014, HANDLE)
    sketch.stroke([(x, y - 0.02), (x + 0.012, y - 0.16), (x + 0.03, y - 0.32)], (0.03, 0.042, 0.008), colour)
    sketch.stroke([(x - 0.012, y - 0.1), (x + 0.036, y - 0.12)], 0.01, shade(colour, 0.72))


def _draw_balloon(sketch: Sketch, hand: tuple[float, float], body: Body, colour: RGB) -> None:
    x, y = hand[0] - 0.06, body.torso + 0.42
    sketch.stroke([hand, (hand[0] - 0.05, (hand[1] + y) / 2), (x, y - 0.1)], 0.006, (220, 216, 210))
    sketch.blob(
        [
            (x, y + 0.11),
            (x + 0.085, y + 0.04),
            (x + 0.05, y - 0.07),
            (x, y - 0.1),
            (x - 0.05, y - 0.07),
            (x - 0.085, y + 0.04),
        ],
        colour,
    )
    sketch.oval(x + 0.032, y + 0.05, 0.014, 0.026, tint(colour, 0.5), turn=20)


def _draw_kite(sketch: Sketch, hand: tuple[float, float], body: Body, colour: RGB) -> None:
    x, y = hand[0] + 0.3, body.torso + 0.3
    sketch.stroke([hand, (hand[0] + 0.2, (hand[1] + y) / 2), (x, y + 0.12)], 0.005, (236, 232, 226))
    sketch.join(kite(colour), (x, y), scale=0.34, turn=-16)


def _draw_lantern(sketch: Sketch, hand: tuple[float, float], colour: RGB) -> None:
    x, y = hand[0], hand[1] - 0.09
    sketch.stroke([(x - 0.026, y + 0.03), (x, hand[1]), (x + 0.026, y + 0.03)], 0.007, colour)
    sketch.box(x - 0.026, y - 0.05, x + 0.026, y + 0.025, FLAME, glows=True)
    sketch.oval(x, y - 0.016, 0.012, 0.022, (255, 246, 214), glows=True)
    sketch.box(x - 0.034, y + 0.02, x + 0.034, y + 0.036, colour)
    sketch.box(x - 0.034, y - 0.062, x + 0.034, y - 0.046, colour)
    sketch.box(x - 0.004, y - 0.05, x + 0.004, y + 0.025, shade(colour, 1.1))
