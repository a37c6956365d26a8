"""Paints the sky: gradient, sun or moon, stars, clouds. It must not know what stands below it."""

import numpy as np

from shared.board.backdrop import Backdrop
from shared.board.colour import RGB, mix, shade, tint
from shared.board.geometry import Points, ellipse, smooth
from shared.board.light import Light
from shared.board.scene import TimeOfDay, Weather

SUN_RADIUS = 0.042
MOON_RADIUS = 0.036

LEAST_SKY = 0.3
"""Share of the picture's height over which the sky runs through its colours, wherever the horizon lies."""


def paint_sky(backdrop: Backdrop) -> None:
    """Fill the whole canvas: what is nearer may move aside."""
    light, view = backdrop.light, backdrop.view
    top, middle, low = light.sky
    lowest = max(view.y(0, 0), view.top + LEAST_SKY * view.height)
    stops = [(0.0, top), (0.55, middle), (0.93, low), (1.0, low)]
    backdrop.canvas.gradient(
        stops, view.top, view.top + (lowest - view.top) * 1.08, rows=(0, backdrop.canvas.height)
    )
    _paint_stars(backdrop, lowest)
    _paint_source(backdrop)
    if light.weather is Weather.CLEAR:
        _paint_fair_clouds(backdrop)
    elif light.weather is not Weather.FOG:
        _paint_cloud_cover(backdrop)


def _paint_stars(backdrop: Backdrop, horizon: float) -> None:
    light = backdrop.light
    if not light.stars:
        return
    random = backdrop.random("stars")
    count = round(270 * light.stars)
    x, height, size = (
        random.uniform(-2, 2, count),
        random.uniform(0.1, 1.25, count) ** 0.8,
        random.uniform(0.5, 1, count),
    )
    for i in range(count):
        where = (backdrop.view.x(x[i], 0), horizon - (horizon - backdrop.view.top) * height[i])
        radius = max(0.55, backdrop.view.height * 0.0013 * size[i] * (2.0 if i % 17 == 0 else 1.0))
        bright = light.stars * (0.25 + 0.75 * size[i] ** 3) * min(1.0, height[i] * 1.8)
        backdrop.canvas.fill([ellipse(*where, radius)], (226, 234, 255), alpha=float(bright))


def _paint_source(backdrop: Backdrop) -> None:
    light = backdrop.light
    if not light.sun:
        return
    x, elevation = backdrop.source_x, light.source_elevation
    night = light.time_of_day is TimeOfDay.NIGHT
    low = light.source_elevation < 0.2
    backdrop.shine(x, elevation, 0, 1.1 if low else 0.8, light.key, (0.75 if low else 0.45) * light.sun)
    backdrop.shine(x, elevation, 0, 0.3, tint(light.key, 0.3), 0.6 * light.sun)
    if night:
        _paint_moon(backdrop, x, elevation)
    else:
        disc = tint(light.key, 0.55)
        backdrop.fill([ellipse(x, elevation, SUN_RADIUS)], 0, disc, alpha=light.sun)


def _paint_moon(backdrop: Backdrop, x: float, elevation: float) -> None:
    light = backdrop.light
    pale = mix((244, 242, 226), light.sky[1], 1 - light.sun)
    backdrop.fill([ellipse(x, elevation, MOON_RADIUS)], 0, pale)
    seas = [(-0.3, 0.25, 0.28), (0.25, -0.1, 0.22), (-0.1, -0.4, 0.16)]
    spots = [
        ellipse(x + dx * MOON_RADIUS, elevation + dy * MOON_RADIUS, r * MOON_RADIUS) for dx, dy, r in seas
    ]
    backdrop.fill(spots, 0, shade(pale, 0.9))


def _paint_fair_clouds(backdrop: Backdrop) -> None:
    light, random = backdrop.light, backdrop.random("clouds")
    if light.time_of_day is TimeOfDay.DAY:
        for _ in range(6):
            x, elevation, width = (
                random.uniform(-1.4, 1.4),
                random.uniform(0.16, 0.44),
                random.uniform(0.14, 0.34),
            )
            _paint_cumulus(backdrop, random, x, elevation, width)
        return
    lit = mix(light.key, light.sky[1], 0.35 if light.lamps_lit else 0.5)
    for i in range(9):
        x, elevation, width = random.uniform(-1.4, 1.4), 0.05 + 0.045 * i, random.uniform(0.22, 0.55)
        colour = mix(lit, light.sky[0], min(0.85, 0.12 + 0.09 * i + (0.45 if light.stars == 1 else 0)))
        backdrop.fill(_streaks(random, x, elevation, width), 0, colour, alpha=0.5)


def _paint_cumulus(
    backdrop: Backdrop, random: np.random.Generator, x: float, elevation: float, width: float
) -> None:
    puffs = [
        ellipse(x + share * width / 2, elevation + height, radius, radius * 0.8)
        for share, height, radius in zip(
            np.linspace(-0.85, 0.85, 7),
            width * 0.13 * np.sin(np.linspace(0.5, 2.7, 7)) * random.uniform(0.4, 1.3, 7),
            width * random.uniform(0.08, 0.16, 7),
            strict=True,
        )
    ]
    base = ellipse(x, elevation, width * 0.62, width * 0.055)
    white, low = tint(backdrop.light.key, 0.6), mix(backdrop.light.sky[1], (255, 255, 255), 0.3)
    backdrop.fill([*puffs, base], 0, [(0.0, white), (0.55, mix(white, low, 0.4)), (1.0, low)], alpha=0.82)


def _streaks(random: np.random.Generator, x: float, elevation: float, width: float) -> list[Points]:
    """A long thin cloud with tapering ends, and a shorter one above it."""
    thick = width * random.uniform(0.035, 0.06)
    return [
        _lens(x, elevation, width, thick),
        _lens(x + width * random.uniform(-0.4, 0.4), elevation + thick, width * 0.5, thick),
    ]


def _lens(x: float, elevation: float, width: float, thick: float) -> Points:
    shares = [(-1, 0), (-0.5, 0.35), (0, 0.5), (0.4, 0.3), (1, 0), (0.5, -0.25), (0, -0.3), (-0.5, -0.2)]
    return smooth([(x + sx * width / 2, elevation + sy * thick) for sx, sy in shares])


def _paint_cloud_cover(backdrop: Backdrop) -> None:
    light, random = backdrop.light, backdrop.random("cover")
    wet = light.weather is Weather.RAIN
    for i in range(4):
        base = 0.5 - 0.1 * i
        colour = _cover_colour(light, i, wet)
        lumps = [
            ellipse(
                x,
                base + 0.14 + random.uniform(-0.03, 0.03),
                random.uniform(0.16, 0.3),
                random.uniform(0.07, 0.13),
            )
            for x in np.linspace(-2.2, 2.2, 16)
        ]
        backdrop.canvas.fill(
            [backdrop.pixels(o, 0) for o in lumps], colour, alpha=0.34, blur=backdrop.view.height * 0.016
        )


def _cover_colour(light: Light, i: int, wet: bool) -> RGB:
    return (
        mix(shade(light.sky[0], 0.72), light.sky[1], i / 4)
        if wet
        else mix(light.sky[0], tint(light.sky[1], 0.25), i / 4)
    )
