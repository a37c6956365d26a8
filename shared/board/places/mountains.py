"""Paints mountains: lit peaks, hazy ridges, firs, a meadow. It must not know who stands there."""

import numpy as np

from shared.board.backdrop import Backdrop
from shared.board.colour import RGB, mix, shade
from shared.board.geometry import Points, polygon, rolling, smooth
from shared.board.light import SNOW
from shared.board.places import land

ROCK = (104, 120, 148)

BELOW = 0.03
"""How far the peaks go on below the horizon, for a camera that moves what is before them aside."""

MEADOW = 0.34
"""Nearness of the crest behind which the foothills lie."""


def paint_mountains(backdrop: Backdrop) -> None:
    """Paint the whole place below the sky."""
    backdrop.nearer(0.1)
    _paint_peaks(backdrop, "far", 0.1, height=0.42, count=7, colour=(132, 150, 182))
    _paint_peaks(backdrop, "near", 0.19, height=0.27, count=6, colour=ROCK)
    backdrop.nearer(0.22)
    land.ridge(backdrop, "foothills", 0.22, (84, 110, 104), base=0.05, rise=0.045, roughness=0.4)
    _paint_firs(backdrop, "slope", 0.24, count=90, tall=0.05, foot=0.02)
    land.ground(backdrop, (112, 142, 98), (92, 122, 72))
    backdrop.nearer(MEADOW)
    meadow = -0.075 + 0.02 * rolling(land.ACROSS, backdrop.random("meadow"), roughness=0.3)
    land.swell(backdrop, meadow, MEADOW, (112, 142, 92), (92, 122, 72))
    _paint_firs(backdrop, "wood", 0.4, count=34, tall=0.15, foot=-0.13)
    _paint_path(backdrop)
    land.rocks(backdrop, "stones", (124, 126, 130), 12, farthest=MEADOW)
    for near, blade in land.tufts(backdrop.random("grass"), 56, nearest=1.25, size=0.045):
        if near > MEADOW:
            backdrop.paint([blade], near, (82, 112, 62), covered=True)


def _paint_peaks(
    backdrop: Backdrop, topic: str, nearness: float, *, height: float, count: int, colour: RGB
) -> None:
    random = backdrop.random(f"peaks {topic}")
    places = np.linspace(-1.9, 1.9, count) + random.uniform(-0.22, 0.22, count)
    heights = height * random.uniform(0.62, 1.12, count)
    for i in np.argsort(heights):
        _paint_peak(backdrop, random, nearness, float(places[i]), float(heights[i]), colour)


def _paint_peak(
    backdrop: Backdrop, random: np.random.Generator, nearness: float, x: float, tall: float, colour: RGB
) -> None:
    """One mountain: a dark and a lit face that meet in a broken crest, and snow above."""
    half = tall * random.uniform(0.95, 1.35)
    down = np.linspace(0, 1, 7)
    left = [(x - half * d + _jag(random, tall, d), tall * (1 - d)) for d in down]
    right = [(x + half * d + _jag(random, tall, d), tall * (1 - d)) for d in down]
    crest = [(x + tall * 0.16 * ((i % 2) * 1.5 - 0.4) * d, tall * (1 - d)) for i, d in enumerate(down)]
    left[0] = right[0] = crest[0] = (x, tall)
    for line in (left, right, crest):
        line.append((line[-1][0], -BELOW))
    toward_right = backdrop.source_x > x
    bright, dark = mix(colour, backdrop.light.key, 0.16), shade(colour, 0.82)
    for side, is_right in ((left, False), (right, True)):
        face = bright if is_right == toward_right else dark
        backdrop.paint(
            [polygon([*side, *crest[::-1]])], nearness, face, mist=0.85, covered=backdrop.light.snows
        )
        cap = polygon(
            [
                *side[:3],
                _between(side[2], crest[2], 0.4, tall * 0.07),
                _between(side[2], crest[2], 0.7, -tall * 0.07),
                *crest[2::-1],
            ]
        )
        backdrop.paint([cap], nearness, SNOW if is_right == toward_right else shade(SNOW, 0.84))


def _jag(random: np.random.Generator, tall: float, down: float) -> float:
    return float(random.uniform(-1, 1) * tall * 0.08 * min(1.0, down * 3))


def _between(
    a: tuple[float, float], b: tuple[float, float], share: float, lift: float
) -> tuple[float, float]:
    return (a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share + lift)


def _paint_firs(
    backdrop: Backdrop, topic: str, nearness: float, *, count: int, tall: float, foot: float
) -> None:
    random = backdrop.random(f"firs {topic}")
    x = random.choice([-1, 1], count) * random.uniform(0.22, 2.2, count)
    firs = [
        land.pine(float(at), foot - random.uniform(0, 0.03), tall * random.uniform(0.6, 1.25)) for at in x
    ]
    backdrop.paint(firs, nearness, (50, 84, 74), mist=0.3, covered=False)
    if backdrop.light.snows:
        caps = [np.asarray([[f[:, 0].mean(), f[:, 1].max()], *_shoulders(f)]) for f in firs]
        backdrop.paint(caps, nearness, SNOW, alpha=0.8)


def _shoulders(fir: Points) -> list[tuple[float, float]]:
    x, top, foot = float(fir[:, 0].mean()), float(fir[:, 1].max()), float(fir[:, 1].min())
    tall = top - foot
    return [
        (x + tall * 0.09, top - tall * 0.4),
        (x + tall * 0.02, top - tall * 0.34),
        (x - tall * 0.09, top - tall * 0.4),
    ]


def _paint_path(backdrop: Backdrop) -> None:
    bend = [(0.22, 0.02), (0.3, 0.08), (0.5, -0.06), (0.75, 0.02), (1.1, 0.1), (1.6, 0.26)]
    left = [(x - 0.10 * near, land.row(near)) for near, x in bend]
    right = [(x + 0.10 * near, land.row(near)) for near, x in bend]
    middle = smooth(left, closed=False), smooth(right, closed=False)
    backdrop.paint([np.vstack([middle[0], middle[1][::-1]])], 0.6, (176, 158, 124), alpha=0.75, covered=True)
