"""Paints one shot: sky, place, weather, figures, grading. It must not know requests or captions."""

import numpy as np
from PIL import Image, ImageFilter

from shared.board import chance
from shared.board.appearance import Look
from shared.board.backdrop import Backdrop
from shared.board.canvas import Canvas
from shared.board.cast import Figure, draw_figure
from shared.board.colour import RGB, mix, tint
from shared.board.geometry import limb
from shared.board.light import Light, light_for
from shared.board.places import PAINTERS
from shared.board.places.room import lamp_share
from shared.board.pose import Action
from shared.board.props import FLAME, PROPS
from shared.board.raster import Veil, draw_sketch
from shared.board.scene import Place, Weather
from shared.board.shot import Shot, view_of
from shared.board.sketch import Sketch
from shared.board.sky import paint_sky
from shared.board.staging import Placed, arrange
from shared.board.wardrobe import UPRIGHT
from shared.board.weather import paint_falling, paint_fog

STREET_LIGHT = {Place.CITY: 0.4, Place.HARBOUR: 0.22}
"""Share of lamplight on figures outdoors, when lamps are lit."""

DETAILED_HEAD = 34
"""Pixels of a head from which faces get features."""

LAMPLIGHT: RGB = (255, 190, 112)

VIGNETTE = 0.2
"""Darkening of the corners, 0.0-1.0."""


def paint(shot: Shot, width: int, height: int) -> Image.Image:
    """Return the picture: (height, width) RGB."""
    light = light_for(shot.time_of_day, shot.weather)
    source_x = _source_x(shot, width / height)
    figures = _figures(shot, width, height)
    if shot.cast and _stands_beside(shot):
        prop = _prop_figure(shot, BESIDE_SIZE)
        figures = [*figures, prop] if shot.facing > 0 else [prop, *figures]
    canvas = Canvas(width, height)
    canvas.image = _paint_place(shot, light, source_x, width, height)
    backdrop = Backdrop(canvas, view_of(shot, width, height), light, source_x, shot.job)
    placed = arrange(
        figures,
        shot.framing,
        width,
        height,
        facing=shot.facing,
        indoors=shot.place is Place.ROOM,
        marching=shot.action in {Action.WALKING, Action.RUNNING},
    )
    for one in placed:
        _paint_figure(canvas, shot, light, source_x, one)
    if shot.place is not Place.ROOM:
        paint_fog(backdrop, ahead=True)
        paint_falling(canvas, light, chance.stream(*shot.own, "falling"))
    _darken_corners(canvas)
    return canvas.image


def _source_x(shot: Shot, aspect: float) -> float:
    """Where the sun or moon stands: the same in all shots of a place, within the narrowest picture."""
    random = chance.stream(*shot.job, "source")
    side = -1 if random.uniform() < 0.5 else 1
    return side * min(0.62, aspect * 0.5 * 0.75) * float(random.uniform(0.55, 1.0))


def _paint_place(shot: Shot, light: Light, source_x: float, width: int, height: int) -> Image.Image:
    before_it = shot.cast or (shot.prop and not _is_afloat(shot) and not shot.swimmers)
    softness = shot.lens.softness if before_it else 1
    canvas = Canvas(max(8, width // softness), max(8, height // softness))
    backdrop = Backdrop(canvas, view_of(shot, canvas.width, canvas.height), light, source_x, shot.job)
    if shot.place is not Place.ROOM:
        paint_sky(backdrop)
    PAINTERS[shot.place](backdrop)
    for index, look in enumerate(shot.swimmers):
        _paint_swimmer(backdrop, shot, look, index)
    if _is_afloat(shot) or (shot.cast and not shot.lens.is_close and not _stands_beside(shot)):
        _paint_prop_behind(backdrop, shot)
    if shot.place is not Place.ROOM:
        paint_fog(backdrop, ahead=False)
    if softness > 2:
        canvas.image = canvas.image.filter(ImageFilter.GaussianBlur(height / 180))
    if softness == 1:
        return canvas.image
    return canvas.image.resize((width, height), Image.Resampling.BICUBIC)


PROP_SIZES = {
    "lighthouse": (0.3, 0.7),
    "boat": (0.4, 0.8),
    "house": (0.36, 1.0),
    "tree": (0.5, 1.5),
    "pine": (0.5, 1.2),
}
"""Nearness and size beside figures; others stand at 0.6 in their own size."""


BESIDE = frozenset({"lantern", "campfire", "umbrella", "table"})
"""Things small enough to stand with the figures, and not somewhere behind them."""
BESIDE_SIZE = 0.6
"""They are drawn larger than life, for pictures of their own."""


def _is_afloat(shot: Shot) -> bool:
    """Whether the named thing is a boat that lies on water, and so belongs to the place."""
    return shot.prop == "boat" and shot.place in {Place.HARBOUR, Place.BEACH}


def _stands_beside(shot: Shot) -> bool:
    """Whether the named thing stands on the same ground as the figures, and that ground is in the picture."""
    grounded = shot.lens.shows_ground or not any(look.species in UPRIGHT for look in shot.cast)
    seen = grounded and not shot.lens.is_close
    return seen and shot.prop in BESIDE and not _is_carried(shot)


def _is_carried(shot: Shot) -> bool:
    return any(look.held and look.held[0].value == shot.prop for look in shot.cast)


def _paint_swimmer(backdrop: Backdrop, shot: Shot, look: Look, index: int) -> None:
    figure = draw_figure(look, shot.action, detailed=True)
    sketch = (figure if shot.facing > 0 else figure.mirrored()).sketch
    nearness = 0.34 + 0.05 * index
    aside = (0.5 if shot.cast else 0.0) + 0.45 * index
    x = shot.pan * nearness + shot.facing * min(aside, backdrop.view.reach * 0.6)
    backdrop.stand(sketch, x, nearness, size=shot.lens.afloat if not shot.cast else 1.0)


def _paint_prop_behind(backdrop: Backdrop, shot: Shot) -> None:
    """Set what the prompt names into the place, on the side where the figures are not."""
    if shot.prop is None or _is_carried(shot) or (shot.place is Place.HARBOUR and shot.prop == "lighthouse"):
        return
    draw, _ = PROPS[shot.prop]
    nearness, size = PROP_SIZES.get(shot.prop, (0.6, 1.0))
    if _is_afloat(shot):
        nearness, size = (0.34, shot.lens.afloat if not shot.cast else 1.0)
    aside = min(0.5, backdrop.view.reach * 0.55) / (1 + (backdrop.view.zoom - 1) * nearness)
    side = -shot.facing if shot.swimmers else shot.facing
    x = shot.pan * nearness + side * aside * (1.0 if shot.cast or shot.swimmers else 0.3)
    backdrop.stand(draw(backdrop.light.lamps_lit), x, nearness, size=size)
    if shot.prop == "campfire" or (shot.prop == "lantern" and backdrop.light.lamps_lit):
        backdrop.shine(x, -0.36 * nearness, nearness, 0.4, LAMPLIGHT, 0.6)


def _figures(shot: Shot, width: int, height: int) -> list[Figure]:
    if not shot.cast:
        in_place = (
            shot.swimmers or _is_afloat(shot) or (shot.place is Place.HARBOUR and shot.lens.shows_ground)
        )
        return [_prop_figure(shot)] if shot.prop and not in_place else []
    detailed = min(height, width) * shot.lens.head > DETAILED_HEAD
    others = Action.STANDING if shot.alone else shot.action
    return [
        draw_figure(look, shot.action if i == shot.actor else others, detailed=detailed)
        for i, look in enumerate(shot.cast)
    ]


def _prop_figure(shot: Shot, size: float = 1.0) -> Figure:
    draw, _ = PROPS[shot.prop or "tree"]
    sketch = Sketch()
    sketch.join(draw(light_for(shot.time_of_day, shot.weather).lamps_lit), scale=size)
    left, _, right, top = sketch.bounds()
    return Figure(sketch, ((left + right) / 2, top * 0.55), top * 0.62, 0.0)


def _paint_figure(canvas: Canvas, shot: Shot, light: Light, source_x: float, placed: Placed) -> None:
    indoors = shot.place is Place.ROOM
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
        light_from=1 if source_x > 0 else -1,
    )
    _paint_shadow(canvas, light, source_x, placed, long=not indoors)
    draw_sketch(canvas, placed.figure.sketch, placed.feet, placed.unit, veil)
    if light.lamps_lit:
        _paint_carried_light(canvas, placed)


def _lamplit(dimmed: RGB, own: RGB, lamp: float) -> RGB:
    warm = (round(own[0] * 0.97), round(own[1] * 0.84), round(own[2] * 0.72))
    return mix(dimmed, warm, 0.7 * lamp)


def _paint_shadow(canvas: Canvas, light: Light, source_x: float, placed: Placed, *, long: bool) -> None:
    x, y = placed.feet
    left, _, right, _ = placed.figure.sketch.bounds()
    radius = min(right - left, 1.1) * 0.6 * placed.unit
    middle = x + (left + right) / 2 * placed.unit
    dark = (12, 12, 28)
    canvas.glow(middle, y, radius, dark, min(0.85, light.shadow * 1.7), squash=0.16)
    if long and light.sun > 0.5:
        away = -1 if source_x > 0 else 1
        reach = placed.unit * placed.figure.top * (0.9 if light.source_elevation < 0.2 else 0.45)
        thick = placed.unit * 0.075
        fall = limb([(middle, y), (middle + away * reach, y + reach * 0.07)], (thick, thick * 0.7))
        canvas.fill([fall], dark, alpha=light.shadow * 0.8, blur=max(0.6, thick * 0.16))


def _paint_carried_light(canvas: Canvas, placed: Placed) -> None:
    """Let a carried flame shine around it."""
    flames = [shape.points for shape in placed.figure.sketch.shapes if shape.colour == FLAME]
    if not flames:
        return
    middle = np.vstack(flames).mean(axis=0)
    x, y = placed.feet[0] + middle[0] * placed.unit, placed.feet[1] - middle[1] * placed.unit
    canvas.glow(float(x), float(y), placed.unit * 0.6, LAMPLIGHT, 0.42)
    canvas.glow(float(x), float(y), placed.unit * 0.14, tint(LAMPLIGHT, 0.6), 0.7)


def _darken_corners(canvas: Canvas) -> None:
    axis = np.linspace(-1, 1, 48)
    distance = np.hypot(axis[:, None], axis[None, :])
    level = np.clip((distance - 0.62) / 0.8, 0, 1) ** 1.6 * 255 * VIGNETTE
    mask = Image.fromarray(np.round(level).astype(np.uint8), "L").resize(
        canvas.image.size, Image.Resampling.BICUBIC
    )
    canvas.image.paste((8, 8, 20), (0, 0), mask)
