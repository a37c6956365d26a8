"""Paints who stands before the place: figures, their shadows, the light they carry. It knows no sky."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from shared.board.backdrop import Backdrop
from shared.board.cast import Figure, draw_figure
from shared.board.colour import RGB, mix, tint
from shared.board.geometry import limb
from shared.board.inventory import BESIDE, BETWEEN
from shared.board.light import Light
from shared.board.places.room import lamp_share
from shared.board.pose import ON_FOOT, Action
from shared.board.props import PROPS
from shared.board.raster import Veil, draw_sketch
from shared.board.scene import INDOORS, Place, Weather
from shared.board.shot import Shot
from shared.board.sketch import Sketch
from shared.board.staging import Placed, Stage, arrange
from shared.board.things import FLAME
from shared.board.wardrobe import UPRIGHT

STREET_LIGHT = {Place.CITY: 0.4, Place.HARBOUR: 0.22}
"""Share of lamplight on figures outdoors, when lamps are lit."""

DETAILED_HEAD = 34
"""Pixels of a head from which faces get features."""

LAMPLIGHT: RGB = (255, 190, 112)

BESIDE_SIZE = 0.6
"""They are drawn larger than life, for pictures of their own."""


def arrange_company(shot: Shot, light: Light, width: int, height: int) -> list[Placed]:
    """Say where in a still of that size all figures stand, the farthest first."""
    return arrange(
        _figures(shot, light, width, height),
        shot.framing,
        shot.angle,
        Stage(
            width,
            height,
            facing=shot.facing,
            indoors=shot.place in INDOORS,
            marching=shot.action in ON_FOOT,
        ),
    )


def paint_company(backdrop: Backdrop, shot: Shot, company: Sequence[Placed]) -> None:
    """Paint figures over what is on the canvas, whose pixels are as large as those of the still."""
    view = backdrop.view
    for placed in company:
        feet = (placed.feet[0] + view.left, placed.feet[1] + view.top)
        _paint_figure(backdrop, shot, replace(placed, feet=feet))


def is_afloat(shot: Shot) -> bool:
    """Whether the named thing is a boat that lies on water, and so belongs to the place."""
    return shot.prop == "boat" and shot.place in {Place.HARBOUR, Place.BEACH}


def is_carried(shot: Shot) -> bool:
    """Whether someone holds the named thing."""
    return any(look.held and look.held[0].value == shot.prop for look in shot.cast)


def stands_beside(shot: Shot) -> bool:
    """Whether the named thing stands on the same ground as the figures, and that ground is in the picture."""
    grounded = shot.lens.shows_ground or not any(look.species in UPRIGHT for look in shot.cast)
    seen = grounded and not shot.lens.is_close
    return seen and shot.prop in BESIDE and not is_carried(shot)


def _figures(shot: Shot, light: Light, width: int, height: int) -> Sequence[Figure]:
    if not shot.cast:
        in_place = (
            shot.swimmers or is_afloat(shot) or (shot.place is Place.HARBOUR and shot.lens.shows_ground)
        )
        return [_prop_figure(shot, light)] if shot.prop and not in_place else []
    detailed = min(height, width) * shot.lens.head > DETAILED_HEAD
    others = Action.STANDING if shot.alone else shot.action
    figures = [
        draw_figure(
            look,
            shot.action if i == shot.actor else others,
            detailed=detailed,
            from_behind=shot.is_turned_away(i),
        )
        for i, look in enumerate(shot.cast)
    ]
    if not stands_beside(shot):
        return figures
    prop = _prop_figure(shot, light, BESIDE_SIZE)
    if len(figures) == 2 and shot.prop in BETWEEN:
        return [figures[0], prop, figures[1]]
    return [*figures, prop] if shot.facing > 0 else [prop, *figures]


def _prop_figure(shot: Shot, light: Light, size: float = 1.0) -> Figure:
    draw, _ = PROPS[shot.prop or "tree"]
    sketch = Sketch()
    sketch.join(draw(light.lamps_lit), scale=size)
    left, _, right, top = sketch.bounds()
    return Figure(sketch, ((left + right) / 2, top * 0.55), top * 0.62, 0.0, is_thing=True)


def _paint_figure(backdrop: Backdrop, shot: Shot, placed: Placed) -> None:
    light = backdrop.light
    light_from = 1 if backdrop.source_x > 0 else -1
    indoors = shot.place in INDOORS
    lamp = lamp_share(light) if indoors else STREET_LIGHT.get(shot.place, 0.0) * light.lamps_lit
    bright = shot.lens.exposure * light.lamps_lit
    share = (
        shot.lens.haze
        * {Weather.FOG: 1.0, Weather.CLEAR: 0.15}.get(light.weather, 0.45)
        * (0.0 if indoors else 1.0)
    )
    veil = Veil(
        recolour=lambda colour: mix(
            _lamplit(mix(light.on_figure(colour), colour, bright), colour, lamp), light.haze, share
        ),
        shading=0.34 if light.sun else 0.22,
        rim_colour=mix(light.key, LAMPLIGHT, lamp),
        rim_strength=max(light.rim * (0.7 if indoors else 1.0), 0.7 * lamp),
        light_from=light_from,
    )
    _paint_shadow(backdrop, placed, away=-light_from, long=not indoors)
    draw_sketch(backdrop.canvas, placed.figure.sketch, placed.feet, placed.unit, veil)
    if light.lamps_lit:
        _paint_carried_light(backdrop, placed)


def _lamplit(dimmed: RGB, own: RGB, lamp: float) -> RGB:
    warm = (round(own[0] * 0.97), round(own[1] * 0.84), round(own[2] * 0.72))
    return mix(dimmed, warm, 0.7 * lamp)


def _paint_shadow(backdrop: Backdrop, placed: Placed, *, away: int, long: bool) -> None:
    light, canvas = backdrop.light, backdrop.canvas
    x, y = placed.feet
    left, _, right, _ = placed.figure.sketch.bounds()
    radius = min(right - left, 1.1) * 0.6 * placed.unit
    middle = x + (left + right) / 2 * placed.unit
    dark = (12, 12, 28)
    canvas.glow(middle, y, radius, dark, min(0.85, light.shadow * 1.7), squash=0.16)
    if long and light.sun > 0.5:
        reach = placed.unit * placed.figure.top * (0.9 if light.source_elevation < 0.2 else 0.45)
        thick = placed.unit * 0.075
        fall = limb([(middle, y), (middle + away * reach, y + reach * 0.07)], (thick, thick * 0.7))
        canvas.fill([fall], dark, alpha=light.shadow * 0.8, blur=max(0.6, thick * 0.16))


def _paint_carried_light(backdrop: Backdrop, placed: Placed) -> None:
    """Let a carried flame shine around it."""
    flames = [shape.points for shape in placed.figure.sketch.shapes if shape.colour == FLAME]
    if not flames:
        return
    middle = np.vstack(flames).mean(axis=0)
    x, y = placed.feet[0] + middle[0] * placed.unit, placed.feet[1] - middle[1] * placed.unit
    backdrop.canvas.glow(float(x), float(y), placed.unit * 0.6, LAMPLIGHT, 0.42)
    backdrop.canvas.glow(float(x), float(y), placed.unit * 0.14, tint(LAMPLIGHT, 0.6), 0.7)
