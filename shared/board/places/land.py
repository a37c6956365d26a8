"""What several places share: ridges, ground, water, plants, lamps. It must not know any place by name."""

import numpy as np

from shared.board.backdrop import GROUND_DEPTH, Backdrop
from shared.board.colour import RGB, mix, shade, tint
from shared.board.geometry import (
    Points,
    ellipse,
    polygon,
    rolling,
    smooth,
    under,
)
from shared.board.sketch import Sketch

ACROSS = np.linspace(-2.6, 2.6, 420)
"""Positions over the whole virtual width of a place, wider than any picture."""

LAMP = (255, 206, 128)


def ridge(
    backdrop: Backdrop,
    topic: str,
    nearness: float,
    colour: RGB,
    *,
    base: float,
    rise: float,
    roughness: float = 0.45,
    coarsest: float = 1.4,
    mist: float = 0.6,
) -> Points:
    """Paint a line of hills and return its heights along `ACROSS`.

    Args:
        base: mean elevation of the line.
        rise: how far it departs from the mean.
        mist: share of haze at its foot.
    """
    heights = base + rise * rolling(ACROSS, backdrop.random(topic), roughness=roughness, coarsest=coarsest)
    foot = -GROUND_DEPTH * nearness - 0.02
    backdrop.paint(
        [under(ACROSS, np.maximum(heights, foot), foot)], nearness, colour, mist=mist, covered=True
    )
    return heights


def ground(backdrop: Backdrop, far: RGB, near: RGB, *, since: float = 0.0) -> None:
    """Fill everything below the horizon, from `far` at the horizon to `near` at the lower edge.

    Args:
        since: nearness from which it is filled, for the ground of a nearer sheet.
    """
    light, view = backdrop.light, backdrop.view
    top = view.y(0.0, 0.0)
    stops = [
        (0.0, light.on_ground(far, 0.12)),
        (0.25, light.on_ground(mix(far, near, 0.35), 0.45)),
        (1.0, light.on_ground(shade(near, 0.86), 1.0)),
    ]
    backdrop.canvas.gradient(
        stops, top, view.bottom, rows=(view.y(row(since), since), backdrop.canvas.height)
    )


def swell(backdrop: Backdrop, heights: Points, nearness: float, far: RGB, near: RGB) -> None:
    """Fill from a line of heights along `ACROSS` down to the lower edge, blending like `ground`."""
    light, view = backdrop.light, backdrop.view
    stops = [
        (0.0, light.on_ground(far, nearness)),
        (0.5, light.on_ground(near, 0.9)),
        (1.0, light.on_ground(shade(near, 0.86), 1.0)),
    ]
    floor = (view.y(0, nearness) - backdrop.canvas.height) / (view.scale(nearness) * view.fall) - 0.01
    backdrop.fill([under(ACROSS, heights, floor)], nearness, stops)


def row(nearness: float) -> float:
    """Return the elevation of the ground at a nearness."""
    return -GROUND_DEPTH * nearness


def water(backdrop: Backdrop, colour: RGB, *, until: float) -> None:
    """Fill from the horizon with sea that mirrors the sky.

    Args:
        until: nearness of its shore. It is filled on below, for a nearer sheet to cover: that may move aside.
    """
    light, view = backdrop.light, backdrop.view
    top, bottom = view.y(0, 0), view.y(row(until), until)
    sky = light.sky
    stops = [
        (0.0, mix(light.on_place(colour, 0.1), sky[2], 0.55)),
        (0.3, mix(light.on_place(colour, 0.4), sky[1], 0.4)),
        (1.0, mix(light.on_place(colour, 0.9), sky[1], 0.18)),
    ]
    backdrop.canvas.gradient(stops, top, bottom, rows=(top, backdrop.canvas.height))
    _ripples(backdrop, until)
    if light.sun > 0.3:
        glitter(backdrop, backdrop.source_x, until, light.key)


def _ripples(backdrop: Backdrop, until: float) -> None:
    random = backdrop.random("ripples")
    pale, dark = tint(backdrop.light.sky[2], 0.2), shade(backdrop.light.sky[0], 0.8)
    for colour, alpha in ((pale, 0.22), (dark, 0.13)):
        lines = []
        for _ in range(70):
            near = until * random.uniform(0.03, 1) ** 0.8
            x, half = random.uniform(-2, 2), (0.02 + 0.16 * near) * random.uniform(0.5, 1.5)
            lines.append(backdrop.pixels(ellipse(x, row(near), half, 0.0012 + 0.004 * near), near))
        backdrop.canvas.fill(lines, colour, alpha=alpha)


def glitter(backdrop: Backdrop, x: float, until: float, colour: RGB, *, strength: float = 0.55) -> None:
    """Lay the broken mirror image of a light on water."""
    random = backdrop.random(f"glitter {x:.3f}")
    for nearest, alpha in ((0.4, 1.0), (0.7, 0.75), (1.0, 0.5)):
        lines = []
        for near in until * random.uniform(max(0.02, nearest - 0.38), nearest, 20):
            spread = 0.016 + 0.085 * near
            at = x + spread * random.normal(0, 0.45)
            half = (0.01 + 0.04 * near) * random.uniform(0.4, 1.2)
            lines.append(
                backdrop.pixels(ellipse(at, row(float(near)) * 0.98, half, 0.0015 + 0.0042 * near), 0.0)
            )
        backdrop.canvas.fill(lines, tint(colour, 0.3), alpha=strength * alpha * max(0.4, backdrop.light.sun))


def pine(x: float, foot: float, height: float, *, wide: float = 0.34) -> Points:
    """Return the outline of a fir."""
    right = [(0.03, 0.0), (0.03, 0.1)]
    for i in range(4):
        low, width = 0.1 + 0.22 * i, wide * (1 - 0.22 * i)
        right += [(width / 2, low), (width * 0.16, low + 0.2)]
    right.append((0.0, 1.0))
    outline = polygon([*right, *[(-a, b) for a, b in right[-2::-1]]])
    return outline * height + (x, foot)


def crown(random: np.random.Generator, x: float, y: float, radius: float) -> Points:
    """Return the outline of a round, uneven mass of leaves."""
    angle = np.linspace(0, 2 * np.pi, 14, endpoint=False)
    reach = radius * random.uniform(0.82, 1.12, 14)
    return smooth(np.stack([x + reach * np.cos(angle), y + reach * 0.86 * np.sin(angle)], axis=1))


def tufts(
    random: np.random.Generator, count: int, *, nearest: float, size: float
) -> list[tuple[float, Points]]:
    """Scatter blades of grass over the ground: pairs of nearness and outline, the farthest first."""
    found = []
    for near in np.sort(random.uniform(0.15, nearest, count)):
        x, tall = random.uniform(-1.6, 1.6), size * near * random.uniform(0.6, 1.3)
        blades = [(-0.5, 0.0), (-0.62, 0.8), (-0.2, 0.15), (0.02, 1.1), (0.16, 0.12), (0.6, 0.75), (0.5, 0.0)]
        outline = polygon([(x + bx * tall * 0.6, row(near) + by * tall) for bx, by in blades])
        found.append((float(near), outline))
    return found


def rocks(
    backdrop: Backdrop, topic: str, colour: RGB, count: int, *, size: float = 0.05, farthest: float = 0.2
) -> None:
    """Scatter stones over the ground, kept off the middle."""
    random = backdrop.random(topic)
    for near in np.sort(random.uniform(farthest, 0.95, count)):
        x, wide = _off_centre(random), size * near * random.uniform(0.5, 1.6)
        y = row(near)
        stone = smooth(
            [
                (x - wide, y),
                (x - wide * 0.8, y + wide * 0.5),
                (x - wide * 0.1, y + wide * 0.78),
                (x + wide * 0.7, y + wide * 0.45),
                (x + wide, y),
            ]
        )
        face = polygon(
            [
                (x - wide * 0.1, y + wide * 0.78),
                (x + wide * 0.7, y + wide * 0.45),
                (x + wide, y),
                (x + wide * 0.2, y),
            ]
        )
        backdrop.pool(x, y, near, wide * 1.5)
        backdrop.paint([stone], near, colour, covered=True)
        backdrop.paint([face], near, shade(colour, 0.8), alpha=0.7)


def _off_centre(random: np.random.Generator) -> float:
    return float(random.choice([-1, 1]) * random.uniform(0.45, 1.4))


def street_lamp(lit: bool) -> Sketch:
    """Draw a lamp post, in heights of a grown person."""
    sketch = Sketch()
    iron = (52, 54, 62)
    sketch.stroke([(0, 0), (0, 1.75)], (0.05, 0.03), iron)
    sketch.box(-0.06, 0.0, 0.06, 0.12, iron)
    sketch.stroke([(0, 1.72), (0.1, 1.86), (0.26, 1.84)], (0.03, 0.025, 0.025), iron)
    sketch.corners([(0.17, 1.83), (0.37, 1.83), (0.33, 1.75), (0.21, 1.75)], iron)
    sketch.oval(0.27, 1.75, 0.06, 0.03, LAMP if lit else (200, 204, 204), glows=lit)
    return sketch


def put_lamp(backdrop: Backdrop, x: float, nearness: float, *, facing: int) -> None:
    """Stand a street lamp on the ground; its light when lamps are lit."""
    lit = backdrop.light.lamps_lit
    sketch = street_lamp(lit)
    backdrop.stand(sketch if facing > 0 else sketch.mirrored(), x, nearness)
    if lit:
        unit = 0.43 * nearness
        head = (x + facing * 0.27 * unit, row(nearness) + 1.72 * unit)
        backdrop.shine(*head, nearness, 1.1 * unit, LAMP, 0.55)
        backdrop.shine(*head, nearness, 0.3 * unit, (255, 240, 204), 0.8)
        column, line = backdrop.view.x(head[0], nearness), backdrop.view.y(row(nearness), nearness)
        backdrop.canvas.glow(
            column, line, 1.2 * unit * backdrop.view.scale(nearness), LAMP, 0.34, squash=0.22
        )
