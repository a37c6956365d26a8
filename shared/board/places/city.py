"""Paints a city street: skylines in haze, house fronts, a road, lamps. It must not know who stands there."""

import numpy as np

from shared.board.backdrop import Backdrop
from shared.board.colour import RGB, mix, shade
from shared.board.geometry import Points, ellipse, polygon
from shared.board.places import land
from shared.board.scene import Weather

WINDOW_LIGHTS: tuple[RGB, ...] = ((255, 208, 120), (255, 188, 96), (255, 226, 160))


def paint_city(backdrop: Backdrop) -> None:
    """Paint the whole place below the sky."""
    backdrop.nearer(0.02)
    _paint_skyline(backdrop, "far", 0.02, low=0.12, high=0.36, width=0.1, colour=(132, 146, 170))
    _paint_skyline(backdrop, "middle", 0.09, low=0.1, high=0.27, width=0.12, colour=(104, 116, 142))
    backdrop.nearer(0.13)
    land.ground(backdrop, (128, 130, 138), (96, 98, 108))
    _paint_road(backdrop)
    for side in (-1, 1):
        _paint_fronts(backdrop, side)
    for near in (0.3, 0.46, 0.72):
        for side in (-1, 1):
            land.put_lamp(backdrop, side * (0.2 + 0.72 * near), near, facing=-side)
    if backdrop.light.weather is Weather.RAIN:
        _paint_wet_road(backdrop)


def _box(left: float, bottom: float, right: float, top: float) -> Points:
    return polygon([(left, bottom), (right, bottom), (right, top), (left, top)])


def _paint_skyline(
    backdrop: Backdrop, topic: str, nearness: float, *, low: float, high: float, width: float, colour: RGB
) -> None:
    random = backdrop.random(f"skyline {topic}")
    houses, x = [], -2.3
    windows: list[Points] = []
    while x < 2.3:
        wide, tall = width * random.uniform(0.6, 1.4), random.uniform(low, high)
        tall *= 0.7 if abs(x) < 0.22 else 1.0
        houses.append(_box(x, -0.03, x + wide, tall))
        if random.uniform() < 0.3:
            houses.append(_box(x + wide * 0.3, tall, x + wide * 0.7, tall + 0.03))
        if random.uniform() < 0.2:
            houses.append(_box(x + wide * 0.48, tall, x + wide * 0.52, tall + 0.08))
        windows += _windows(random, x, wide, tall, pitch=0.021, share=0.4)
        x += wide + random.uniform(-0.01, 0.02)
    backdrop.paint(houses, nearness, colour, mist=0.75)
    _light_windows(backdrop, windows, nearness, colour)


def _windows(
    random: np.random.Generator, x: float, wide: float, tall: float, *, pitch: float, share: float
) -> list[Points]:
    found = []
    for column in np.arange(x + pitch * 0.5, x + wide - pitch * 0.7, pitch):
        for line in np.arange(0.03, tall - pitch, pitch * 1.35):
            if random.uniform() < share:
                found.append(_box(column, line, column + pitch * 0.46, line + pitch * 0.7))
    return found


def _light_windows(backdrop: Backdrop, windows: list[Points], nearness: float, wall: RGB) -> None:
    light = backdrop.light
    if light.lamps_lit:
        haze = 0.25 if light.weather is Weather.CLEAR else 0.5
        for i, glow in enumerate(WINDOW_LIGHTS):
            backdrop.fill(windows[i::4], nearness, mix(glow, light.haze, haze * (1 - nearness)), alpha=0.85)
    else:
        backdrop.paint(windows, nearness, shade(wall, 0.8), alpha=0.45)


def _kerb(nearness: float) -> float:
    """Half the width of the road."""
    return 0.05 + 0.62 * nearness


def _paint_road(backdrop: Backdrop) -> None:
    near, far = 2.4, 0.06
    road = polygon(
        [
            (-_kerb(far), land.row(far)),
            (_kerb(far), land.row(far)),
            (_kerb(near), land.row(near)),
            (-_kerb(near), land.row(near)),
        ]
    )
    backdrop.paint([road], 0.55, (84, 86, 98), covered=False)
    kerbs = [
        polygon(
            [
                (s * _kerb(far), land.row(far)),
                (s * (_kerb(far) + 0.004), land.row(far)),
                (s * (_kerb(near) + 0.05), land.row(near)),
                (s * _kerb(near), land.row(near)),
            ]
        )
        for s in (-1, 1)
    ]
    backdrop.paint(kerbs, 0.55, (186, 184, 180), covered=True)
    dashes = []
    for start in (0.1, 0.16, 0.24, 0.36, 0.54, 0.82):
        a, b = start, start * 1.22
        dashes.append(
            polygon(
                [
                    (-0.012 * a, land.row(a)),
                    (0.012 * a, land.row(a)),
                    (0.014 * b, land.row(b)),
                    (-0.014 * b, land.row(b)),
                ]
            )
        )
    backdrop.paint(dashes, 0.55, (220, 214, 196), alpha=0.7)


FRONTS: tuple[RGB, ...] = ((150, 92, 78), (120, 112, 124), (168, 136, 104), (96, 108, 128), (136, 120, 108))


def _paint_fronts(backdrop: Backdrop, side: int) -> None:
    """The houses along one side, the nearest last, each with its own height, colour and shop."""
    random = backdrop.random(f"fronts {side}")
    for i, near in enumerate((0.14, 0.2, 0.3)):
        inner = 0.16 + 0.86 * near + i * 0.05
        outer = inner + 0.34 + 0.9 * i
        tall = (0.28, 0.4, 0.56)[i] * random.uniform(0.85, 1.1)
        foot = land.row(near) + 0.004
        colour = FRONTS[int(random.integers(len(FRONTS)))]
        left, right = sorted((side * inner, side * outer))
        backdrop.paint([_box(left, foot, right, tall)], near, colour, mist=0.35)
        backdrop.paint(
            [_box(left - 0.008, tall, right + 0.008, tall + 0.016)], near, shade(colour, 0.74), covered=True
        )
        _paint_front_windows(backdrop, random, (left, foot, right, tall), near, colour)
        _paint_shop(backdrop, random, (left, foot, right), near)


def _paint_front_windows(
    backdrop: Backdrop,
    random: np.random.Generator,
    wall: tuple[float, float, float, float],
    near: float,
    colour: RGB,
) -> None:
    left, foot, right, tall = wall
    pitch = 0.09 * (0.5 + near * 1.6)
    panes, sills = [], []
    for x in np.arange(left + pitch * 0.4, right - pitch * 0.6, pitch):
        for y in np.arange(foot + pitch * 1.6, tall - pitch * 0.9, pitch * 1.15):
            panes.append(_box(x, y, x + pitch * 0.42, y + pitch * 0.66))
            sills.append(_box(x - pitch * 0.05, y - pitch * 0.06, x + pitch * 0.47, y))
    random.shuffle(panes)
    backdrop.paint(panes, near, mix(shade(colour, 0.5), (60, 74, 96), 0.5))
    backdrop.paint(sills, near, shade(colour, 1.2), covered=True)
    if backdrop.light.lamps_lit:
        backdrop.fill(panes[::3], near, WINDOW_LIGHTS[0], alpha=0.9)
        backdrop.fill(panes[1::7], near, WINDOW_LIGHTS[1], alpha=0.8)


def _paint_shop(
    backdrop: Backdrop, random: np.random.Generator, wall: tuple[float, float, float], near: float
) -> None:
    left, foot, right = wall
    right = min(right, left + 0.5) if left > 0 else right
    left = max(left, right - 0.5) if right < 0 else left
    high = 0.19 * (0.5 + near)
    inset = (right - left) * 0.12
    lit = backdrop.light.lamps_lit
    glass = _box(left + inset, foot + high * 0.16, right - inset, foot + high * 0.8)
    if lit:
        backdrop.fill([glass], near, mix((255, 200, 120), backdrop.light.haze, 0.12))
        backdrop.shine((left + right) / 2, foot + high * 0.3, near, 0.3, land.LAMP, 0.35)
    else:
        backdrop.paint([glass], near, (74, 92, 108))
    awning = ((168, 60, 54), (54, 104, 96), (70, 84, 130), (190, 140, 70))[int(random.integers(4))]
    cover = polygon(
        [
            (left + inset * 0.6, foot + high * 0.95),
            (right - inset * 0.6, foot + high * 0.95),
            (right - inset * 0.3, foot + high * 0.72),
            (left + inset * 0.3, foot + high * 0.72),
        ]
    )
    backdrop.paint([cover], near, awning, covered=True)


def _paint_wet_road(backdrop: Backdrop) -> None:
    """Long mirror images of lamps and sky on the wet ground."""
    light, random = backdrop.light, backdrop.random("puddles")
    for near in np.sort(random.uniform(0.3, 1.0, 14)):
        x = random.uniform(-0.9, 0.9)
        wide = 0.16 * near * random.uniform(0.5, 1.4)
        backdrop.fill(
            [ellipse(x, land.row(float(near)), wide, wide * 0.13)],
            float(near),
            mix(light.sky[2], light.sky[1], 0.4),
            alpha=0.3,
        )
    if light.lamps_lit:
        for near in (0.3, 0.46, 0.72):
            for side in (-1, 1):
                x = side * (0.2 + 0.72 * near - 0.1 * near)
                streak = ellipse(x, land.row(near) - 0.13 * near, 0.03 * near, 0.16 * near)
                pixels = backdrop.pixels(streak, near)
                backdrop.canvas.fill([pixels], land.LAMP, alpha=0.4, blur=backdrop.view.height * 0.008)
