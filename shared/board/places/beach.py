"""Paints a beach: sea, headland, surf, sand, palms or dune grass. It must not know who stands there."""

import numpy as np

from shared.board.backdrop import Backdrop
from shared.board.colour import mix, shade
from shared.board.geometry import limb, rolling, under
from shared.board.places import land
from shared.board.sketch import Sketch

SURF = 0.4
"""Nearness of the water's edge."""

SAND = (226, 202, 156)


def paint_beach(backdrop: Backdrop) -> None:
    """Paint the whole place below the sky."""
    _paint_headland(backdrop)
    land.ground(backdrop, SAND, (214, 186, 136))
    land.water(backdrop, (44, 122, 150), until=SURF)
    _paint_surf(backdrop)
    _paint_sand(backdrop)
    side = -1 if backdrop.random("palm side").uniform() < 0.5 else 1
    palm = _palm() if side < 0 else _palm().mirrored()
    backdrop.stand(palm, side * 0.9, 0.62, size=1.0)
    backdrop.stand(palm, side * 1.2, 0.5, size=0.9)
    for near, blade in land.tufts(backdrop.random("dune grass"), 60, nearest=0.98, size=0.07):
        if blade[:, 0].mean() * side > 0.5 or abs(blade[:, 0].mean()) > 0.95:
            backdrop.paint([blade], near, (142, 146, 84), covered=True)


def _paint_headland(backdrop: Backdrop) -> None:
    side = 1 if backdrop.random("headland").uniform() < 0.5 else -1
    x = land.ACROSS
    lift = np.clip((x * side + 0.05) * 0.28, 0, 0.16)
    for nearness, factor, colour in ((0.03, 1.0, (112, 138, 140)), (0.08, 0.55, (88, 116, 108))):
        rough = 0.016 * rolling(x, backdrop.random(f"cliff {factor}"), roughness=0.5, coarsest=4)
        heights = np.where(
            lift > 0,
            np.maximum(0, np.clip(lift * factor - (1 - factor) * 0.02, 0, 1) + rough * (lift > 0.01)),
            0,
        )
        backdrop.paint([under(x, heights, -0.005)], nearness, colour, mist=0.4, covered=True)


def _paint_surf(backdrop: Backdrop) -> None:
    x = land.ACROSS
    foam = mix(backdrop.light.on_place((250, 252, 250), 0.8), backdrop.light.sky[2], 0.15)
    for i, near in enumerate((0.2, 0.29, SURF)):
        wave = land.row(near) + 0.011 * (0.4 + near) * rolling(
            x, backdrop.random(f"surf {i}"), roughness=0.4, coarsest=2.2
        )
        thick = (0.0025, 0.005, 0.012)[i] * (1 + 0.5 * rolling(x, backdrop.random(f"foam {i}"), coarsest=6))
        line = np.vstack([np.stack([x, wave], axis=1), np.stack([x, wave - np.abs(thick)], axis=1)[::-1]])
        if i == 2:
            wet = np.vstack([np.stack([x, wave], axis=1), np.stack([x, wave - 0.042], axis=1)[::-1]])
            backdrop.fill(
                [wet],
                near,
                mix(backdrop.light.on_place((164, 146, 118), 0.6), backdrop.light.sky[1], 0.3),
                alpha=0.75,
            )
        backdrop.fill([line], near, foam, alpha=0.85)


def _paint_sand(backdrop: Backdrop) -> None:
    x = land.ACROSS
    for i, near in enumerate((0.66, 0.84)):
        swell = land.row(near) + 0.016 * rolling(
            x, backdrop.random(f"sand {i}"), roughness=0.35, coarsest=1.2
        )
        backdrop.paint(
            [under(x, swell, -1.0)], near, shade(SAND, 0.97 - 0.05 * i), mist=0.0, alpha=0.55, covered=True
        )
    land.rocks(backdrop, "pebbles", (150, 140, 128), 9, size=0.026)


def _palm() -> Sketch:
    """A palm, in heights of a grown person."""
    sketch = Sketch()
    bark, leaf = (118, 92, 66), (64, 118, 74)
    sketch.stroke([(0, 0), (0.12, 0.8), (0.34, 1.5), (0.62, 2.05)], (0.16, 0.1, 0.075), bark)
    top = (0.62, 2.05)
    for angle, reach in (
        (205, 0.75),
        (182, 0.95),
        (158, 0.95),
        (132, 0.75),
        (-25, 0.75),
        (0, 0.95),
        (24, 0.95),
        (52, 0.75),
    ):
        swing = np.radians(angle)
        end = (top[0] + reach * np.cos(swing), top[1] + reach * np.sin(swing) * 0.55 - 0.42)
        middle = (top[0] + reach * 0.52 * np.cos(swing), top[1] + reach * 0.55 * np.sin(swing) * 0.8 + 0.1)
        sketch.add(limb([top, middle, end], (0.04, 0.11, 0.01)), shade(leaf, 0.86 + 0.002 * (angle % 90)))
    for dx in (-0.05, 0.05):
        sketch.oval(top[0] + dx, top[1] - 0.06, 0.055, 0.055, (104, 74, 50))
    return sketch
