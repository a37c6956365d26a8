"""Paints a beach: sea, headland, surf, sand, palms or dune grass. It must not know who stands there."""

import numpy as np

from shared.board.backdrop import Backdrop
from shared.board.colour import mix, shade
from shared.board.geometry import Points, limb, rolling, under
from shared.board.places import land
from shared.board.sketch import Sketch

SURF = 0.4
"""Nearness of the water's edge."""

SAND = (226, 202, 156)


def paint_beach(backdrop: Backdrop) -> None:
    """Paint the whole place below the sky."""
    backdrop.nearer(0.03)
    _paint_headland(backdrop)
    backdrop.nearer(0.1)
    land.water(backdrop, (44, 122, 150), until=SURF)
    _paint_waves(backdrop)
    backdrop.nearer(SURF)
    _paint_sand(backdrop)
    side = -1 if backdrop.random("palm side").uniform() < 0.5 else 1
    palm = _palm() if side < 0 else _palm().mirrored()
    backdrop.stand(palm, backdrop.view.within(side * 0.9, 0.62, clear=0.02), 0.62, size=1.0)
    backdrop.stand(palm, side * 1.2, 0.5, size=0.9)
    for near, blade in land.tufts(backdrop.random("dune grass"), 76, nearest=1.25, size=0.07):
        aside = blade[:, 0].mean() * side > 0.5 or abs(blade[:, 0].mean()) > 0.95
        if aside and near > SURF + 0.08:
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
        backdrop.paint([under(x, heights, -0.03)], nearness, colour, mist=0.4, covered=True)


def _paint_waves(backdrop: Backdrop) -> None:
    for i, near in enumerate((0.2, 0.29)):
        _paint_foam(backdrop, i, near, _wave(backdrop, i, near))


def _wave(backdrop: Backdrop, i: int, near: float) -> Points:
    """Return the heights of a line of surf along `ACROSS`."""
    uneven = rolling(land.ACROSS, backdrop.random(f"surf {i}"), roughness=0.4, coarsest=2.2)
    return land.row(near) + 0.011 * (0.4 + near) * uneven


def _paint_foam(backdrop: Backdrop, i: int, near: float, wave: Points) -> None:
    foam = mix(backdrop.light.on_place((250, 252, 250), 0.8), backdrop.light.sky[2], 0.15)
    uneven = rolling(land.ACROSS, backdrop.random(f"foam {i}"), coarsest=6)
    backdrop.fill(
        [_below(wave, np.abs((0.0025, 0.005, 0.012)[i] * (1 + 0.5 * uneven)))], near, foam, alpha=0.85
    )


def _below(line: Points, thick: Points | float) -> Points:
    """Return the outline of a band that hangs from a line along `ACROSS`."""
    x = land.ACROSS
    return np.vstack([np.stack([x, line], axis=1), np.stack([x, line - thick], axis=1)[::-1]])


def _paint_sand(backdrop: Backdrop) -> None:
    """Paint all that lies this side of the water's edge."""
    x, light = land.ACROSS, backdrop.light
    edge = _wave(backdrop, 2, SURF)
    land.swell(backdrop, edge, SURF, SAND, (214, 186, 136))
    wet = mix(light.on_place((164, 146, 118), 0.6), light.sky[1], 0.3)
    backdrop.fill([_below(edge, 0.042)], SURF, wet, alpha=0.75)
    _paint_foam(backdrop, 2, SURF, edge)
    for i, near in enumerate((0.66, 0.84)):
        swell = land.row(near) + 0.016 * rolling(
            x, backdrop.random(f"sand {i}"), roughness=0.35, coarsest=1.2
        )
        backdrop.paint(
            [under(x, swell, -1.6)], near, shade(SAND, 0.97 - 0.05 * i), mist=0.0, alpha=0.55, covered=True
        )
    land.rocks(backdrop, "pebbles", (150, 140, 128), 9, size=0.026, farthest=SURF + 0.08)


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
