"""Paints a forest: trunks in haze, a roof of leaves, shafts of light. It must not know who stands there."""

import numpy as np

from shared.board.backdrop import Backdrop
from shared.board.colour import RGB, mix, shade
from shared.board.geometry import (
    Points,
    limb,
    polygon,
    rolling,
    smooth,
    under,
)
from shared.board.places import land
from shared.board.scene import TimeOfDay, Weather

TRUNK = (84, 66, 54)
LEAF = (70, 112, 70)

ROOF = 1.6
"""Elevation up to which leaves are painted: beyond the upper edge, wherever the horizon lies."""


def paint_forest(backdrop: Backdrop) -> None:
    """Paint the whole place below the sky."""
    backdrop.nearer(0.04)
    land.ridge(backdrop, "treeline", 0.04, (104, 138, 112), base=0.13, rise=0.05, roughness=0.6, coarsest=3)
    for nearness, count, width, leaf_line in (
        (0.1, 34, 0.016, 0.33),
        (0.22, 20, 0.03, 0.38),
        (0.4, 11, 0.055, 0.42),
    ):
        since = 0.0
        if nearness > 0.1:
            backdrop.nearer(nearness)
            since = nearness + 0.05
        land.ground(backdrop, (124, 138, 84), (78, 92, 52), since=since)
        _paint_stand(backdrop, nearness, count, width, leaf_line)
    _paint_floor(backdrop)
    _paint_shafts(backdrop)
    _paint_near_trees(backdrop)


def _paint_stand(backdrop: Backdrop, nearness: float, count: int, width: float, leaf_line: float) -> None:
    """One row of trees with the bushes at its feet."""
    random = backdrop.random(f"stand {nearness}")
    foot = land.row(nearness)
    x = np.linspace(-2.2, 2.2, count) + random.uniform(-1.4, 1.4, count) / count
    if nearness > 0.3:
        x = x[np.abs(x) > 0.2]
    trunks = [_trunk(random, float(at), foot, width * random.uniform(0.6, 1.4)) for at in x]
    backdrop.paint(trunks, nearness, TRUNK, mist=0.5)
    bushes = foot + 0.02 + 0.03 * rolling(land.ACROSS, random, roughness=0.55, coarsest=4) - nearness * 0.02
    backdrop.paint(
        [under(land.ACROSS, np.maximum(bushes, foot - 0.02), foot - 0.03)],
        nearness,
        LEAF,
        mist=0.4,
        covered=True,
    )
    leaves = leaf_line + 0.05 * rolling(land.ACROSS, random, roughness=0.62, coarsest=3.4)
    leaves -= 0.07 * np.clip(np.abs(land.ACROSS) - 0.25, 0, 0.9)
    backdrop.paint(
        [under(land.ACROSS, leaves, ROOF)],
        nearness,
        shade(LEAF, 1.0 - nearness * 0.45),
        covered=backdrop.light.snows,
    )


def _trunk(random: np.random.Generator, x: float, foot: float, width: float) -> Points:
    lean = random.uniform(-0.03, 0.03)
    right = [
        (x + width * 0.85, foot - 0.008),
        (x + width * 0.5, foot + 0.05),
        (x + width * 0.38 + lean, foot + 0.9),
    ]
    left = [
        (x - width * 0.38 + lean, foot + 0.9),
        (x - width * 0.5, foot + 0.05),
        (x - width * 0.85, foot - 0.008),
    ]
    return polygon([*right, *left])


def _paint_floor(backdrop: Backdrop) -> None:
    bend = [(0.14, 0.05), (0.3, -0.04), (0.55, 0.05), (0.8, 0.0), (1.15, -0.04), (1.6, -0.04)]
    left, right = (
        smooth([(x + side * 0.16 * near, land.row(near)) for near, x in bend], closed=False)
        for side in (-1, 1)
    )
    path = np.vstack([left, right[::-1]])
    backdrop.paint([path], 0.6, (168, 148, 108), alpha=0.6, covered=True)
    random = backdrop.random("ferns")
    for near in np.sort(random.uniform(0.35, 1.2, 32)):
        x = random.choice([-1, 1]) * random.uniform(0.3, 1.5)
        backdrop.paint(
            _fern(random, x, float(near)),
            float(near),
            mix(LEAF, (44, 74, 50), random.uniform(0, 1)),
            covered=True,
        )


def _fern(random: np.random.Generator, x: float, nearness: float) -> list[Points]:
    foot, size = land.row(nearness), 0.085 * nearness * random.uniform(0.7, 1.3)
    fronds = []
    for angle in (-68, -40, -14, 12, 38, 66):
        swing = np.radians(angle)
        tip = (x + size * np.sin(swing) * 1.25, foot + size * np.cos(swing) * 0.8)
        middle = (x + size * np.sin(swing) * 0.6, foot + size * np.cos(swing) * 0.72)
        fronds.append(limb([(x, foot), middle, tip], (size * 0.06, size * 0.16, size * 0.02)))
    return fronds


def _paint_shafts(backdrop: Backdrop) -> None:
    light = backdrop.light
    if light.weather is not Weather.CLEAR:
        return
    strength = {TimeOfDay.DAY: 0.16, TimeOfDay.DAWN: 0.2, TimeOfDay.DUSK: 0.13, TimeOfDay.NIGHT: 0.07}[
        light.time_of_day
    ]
    random = backdrop.random("shafts")
    slope = -0.35 if backdrop.source_x > 0 else 0.35
    for i in range(5):
        top = backdrop.source_x * 0.7 + (i - 2) * 0.2 + random.uniform(-0.05, 0.05)
        width = random.uniform(0.03, 0.08)
        beam = polygon(
            [(top, 0.62), (top + width, 0.62), (top + width * 2.4 + slope, -0.16), (top + slope, -0.16)]
        )
        pixels = backdrop.pixels(beam, 0.2)
        backdrop.canvas.fill([pixels], light.key, alpha=strength, blur=backdrop.view.height * 0.012)


def _paint_near_trees(backdrop: Backdrop) -> None:
    random = backdrop.random("near trees")
    for x, near in ((-0.78, 0.62), (0.84, 0.66), (-1.3, 0.8), (1.36, 0.74)):
        at = x + random.uniform(-0.06, 0.06)
        width = 0.1 * random.uniform(0.85, 1.2)
        foot = land.row(near)
        backdrop.pool(at, foot, near, width * 2.6)
        trunk = _trunk(random, at, foot, width)
        backdrop.paint([trunk], near, shade(TRUNK, 0.62), covered=False)
        lit_side = 1 if backdrop.source_x > at else -1
        edge: RGB = mix(TRUNK, backdrop.light.key, 0.25)
        strip = polygon(
            [
                (at + lit_side * width * 0.42, foot + 0.05),
                (at + lit_side * width * 0.24, foot + 0.05),
                (at + lit_side * width * 0.2, foot + 0.9),
                (at + lit_side * width * 0.36, foot + 0.9),
            ]
        )
        backdrop.paint([strip], near, edge, alpha=0.4)
    crown = (
        0.5
        + 0.06 * rolling(land.ACROSS, random, roughness=0.65, coarsest=3.2)
        - 0.16 * np.clip(np.abs(land.ACROSS) - 0.4, 0, 0.7)
    )
    backdrop.paint([under(land.ACROSS, crown, ROOF)], 0.55, shade(LEAF, 0.5), covered=False)
