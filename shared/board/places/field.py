"""Paints open country: hills, a farm, furrows, a fence, flowers. It must not know who stands there."""

import numpy as np

from shared.board.backdrop import Backdrop
from shared.board.colour import RGB, mix, shade
from shared.board.geometry import ellipse, polygon, rolling
from shared.board.light import SNOW
from shared.board.places import land
from shared.board.props import house, tree

NEAREST = 1.25
"""Nearness of what grows in front of the lower edge."""

GRASS = (126, 160, 78)
RISE = 0.36
"""Nearness of the crest behind which the fields lie."""

FLOWERS: tuple[RGB, ...] = ((214, 70, 60), (244, 212, 96), (240, 236, 226), (150, 110, 190))


def paint_field(backdrop: Backdrop) -> None:
    """Paint the whole place below the sky."""
    backdrop.nearer(0.03)
    land.ridge(backdrop, "far hills", 0.03, (128, 156, 150), base=0.085, rise=0.04, roughness=0.35)
    land.ridge(backdrop, "hills", 0.09, (118, 152, 112), base=0.04, rise=0.03, roughness=0.35, coarsest=1.0)
    _paint_treeline(backdrop)
    backdrop.nearer(0.12)
    land.ground(backdrop, (176, 178, 96), GRASS)
    _paint_furrows(backdrop)
    side = -1 if backdrop.random("farm side").uniform() < 0.5 else 1
    farm = backdrop.view.within(side * 0.62, 0.12, clear=0.1)
    backdrop.put(
        house(lit=backdrop.light.lamps_lit, roof=SNOW if backdrop.light.snows else (150, 82, 66)),
        farm,
        land.row(0.12),
        0.12,
        size=0.085,
    )
    if backdrop.light.lamps_lit:
        backdrop.shine(farm, land.row(0.12) + 0.05, 0.12, 0.14, land.LAMP, 0.4)
    backdrop.nearer(RISE)
    rise = -0.14 + 0.014 * rolling(land.ACROSS, backdrop.random("rise"), roughness=0.3)
    land.swell(backdrop, rise, RISE, (146, 174, 88), GRASS)
    _paint_fence(backdrop)
    backdrop.stand(
        tree(leaf=(198, 210, 218) if backdrop.light.snows else (92, 134, 72)), -side * 0.86, 0.5, size=1.5
    )
    _paint_meadow(backdrop)


def _paint_treeline(backdrop: Backdrop) -> None:
    random = backdrop.random("treeline")
    crowns = [
        land.crown(random, float(x), 0.012 + random.uniform(0, 0.02), 0.028 * random.uniform(0.7, 1.5))
        for x in random.choice([-1, 1], 44) * random.uniform(0.1, 2.2, 44)
    ]
    backdrop.paint(crowns, 0.14, (74, 112, 78), mist=0.35, covered=True)


def _paint_furrows(backdrop: Backdrop) -> None:
    stripes = []
    for i in np.arange(-26, 27):
        a, b = 0.03, 0.4
        x = i * 0.42
        stripes.append(
            polygon(
                [
                    (x * a * 1.6, land.row(a)),
                    ((x + 0.2) * a * 1.6, land.row(a)),
                    ((x + 0.2) * b, land.row(b)),
                    (x * b, land.row(b)),
                ]
            )
        )
    backdrop.paint(stripes, 0.28, (150, 140, 72), alpha=0.42, covered=True)


def _paint_fence(backdrop: Backdrop) -> None:
    near, wood = 0.42, (128, 104, 82)
    foot = land.row(near)
    posts = [
        polygon([(x, foot), (x + 0.011, foot), (x + 0.01, foot + 0.078), (x + 0.001, foot + 0.08)])
        for x in np.arange(-2.4, 2.4, 0.16)
    ]
    rails = [
        polygon(
            [(-2.5, foot + y), (2.5, foot + y + 0.004), (2.5, foot + y + 0.013), (-2.5, foot + y + 0.009)]
        )
        for y in (0.028, 0.056)
    ]
    backdrop.paint(rails, near, shade(wood, 0.9))
    backdrop.paint(posts, near, wood)


def _paint_meadow(backdrop: Backdrop) -> None:
    random = backdrop.random("meadow")
    greens = (shade(GRASS, 0.84), shade(GRASS, 0.74), mix(GRASS, (190, 180, 90), 0.4))
    for i, (near, blade) in enumerate(land.tufts(random, 134, nearest=NEAREST, size=0.05)):
        if near > 0.42:
            backdrop.paint([blade], near, greens[i % 3], covered=True)
    if backdrop.light.snows:
        return
    for i, near in enumerate(np.sort(random.uniform(0.44, NEAREST, 76))):
        x, size = random.uniform(-1.5, 1.5), 0.0075 * near * random.uniform(0.7, 1.3)
        backdrop.paint(
            [ellipse(x, land.row(float(near)) + 0.03 * near, size)],
            float(near),
            FLOWERS[(i // 3) % len(FLOWERS)],
        )
