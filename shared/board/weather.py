"""Paints what falls or drifts before the camera: rain, snow, banks of fog. It must not know the place."""

import numpy as np

from shared.board.backdrop import Backdrop
from shared.board.colour import mix, tint
from shared.board.geometry import ellipse, polygon
from shared.board.scene import Weather


def paint_falling(backdrop: Backdrop, random: np.random.Generator, *, coarse: float = 1.0) -> None:
    """Draw rain or snow over the whole canvas.

    Args:
        coarse: size and number of drops; below 1.0 for what is seen far off.
    """
    if backdrop.light.weather is Weather.RAIN:
        _paint_rain(backdrop, random, coarse)
    elif backdrop.light.weather is Weather.SNOW:
        _paint_snow(backdrop, random, coarse)


def paint_fog(backdrop: Backdrop, *, ahead: bool) -> None:
    """Draw drifting banks behind the figures, or the thin ones ahead of them."""
    if backdrop.light.weather is not Weather.FOG:
        return
    random = backdrop.random(f"fog {ahead}")
    canvas, view, light = backdrop.canvas, backdrop.view, backdrop.light
    veil = tint(light.haze, 0.1)
    banks = ((0.92, 0.3),) if ahead else ((0.12, 0.75), (0.22, 0.6), (0.4, 0.42), (0.6, 0.3))
    for nearness, strength in banks:
        canvas.turn_to(nearness)
        for x in np.linspace(-1.6, 1.6, 5):
            column = view.x(float(x) + random.uniform(-0.3, 0.3), nearness)
            row = view.y(-0.4 * nearness + random.uniform(0, 0.05), nearness)
            canvas.glow(column, row, view.height * random.uniform(0.5, 0.9), veil, strength, squash=0.2)


def _paint_rain(backdrop: Backdrop, random: np.random.Generator, coarse: float) -> None:
    canvas, light, height = backdrop.canvas, backdrop.light, backdrop.view.height
    bright = tint(mix(light.sky[1], light.sky[2], 0.6), 0.42)
    for length, width, count, alpha in (
        (0.05, 0.0014, 150, 0.3),
        (0.085, 0.0022, 80, 0.36),
        (0.13, 0.0034, 26, 0.3),
    ):
        drops = []
        for _ in range(round(count * coarse * canvas.width * canvas.height / height**2)):
            x, y = random.uniform(-0.1, 1.05) * canvas.width, random.uniform(-0.1, 1) * canvas.height
            tall, thick = length * height * random.uniform(0.7, 1.2), max(0.7, width * height * coarse)
            slant = tall * 0.2
            drops.append(
                polygon([(x, y), (x + thick, y), (x - slant + thick * 0.4, y + tall), (x - slant, y + tall)])
            )
        canvas.fill(drops, bright, alpha=alpha)


def _paint_snow(backdrop: Backdrop, random: np.random.Generator, coarse: float) -> None:
    canvas, light, height = backdrop.canvas, backdrop.light, backdrop.view.height
    white = mix((255, 255, 255), light.sky[1], 0.35 if light.lamps_lit else 0.06)
    for radius, count, alpha in ((0.0022, 190, 0.8), (0.004, 90, 0.85), (0.0075, 26, 0.7), (0.013, 6, 0.35)):
        flakes = []
        for _ in range(round(count * coarse * canvas.width * canvas.height / height**2)):
            x, y = random.uniform(0, canvas.width), random.uniform(0, canvas.height)
            size = max(0.6, radius * height * coarse * random.uniform(0.7, 1.3))
            flakes.append(ellipse(x, y, size))
        canvas.fill(flakes, white, alpha=alpha)
