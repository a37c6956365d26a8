"""Paints a shot as layers: sky, place, figures, what falls before them. It knows no requests or captions."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from PIL import Image

from shared.board import chance
from shared.board.appearance import Look
from shared.board.backdrop import PERSON, Backdrop
from shared.board.canvas import Canvas
from shared.board.cast import draw_figure
from shared.board.company import (
    LAMPLIGHT,
    arrange_company,
    is_afloat,
    is_carried,
    paint_company,
    stands_beside,
)
from shared.board.depth import canvas_with_margins, layers_of, margins
from shared.board.places import PAINTERS
from shared.board.props import PROPS
from shared.board.scene import INDOORS, Place
from shared.board.shot import Shot, view_of
from shared.board.sky import paint_sky
from shared.board.staging import Placed
from shared.board.weather import paint_falling, paint_fog
from shared.layers import Layer, flatten

COMPANY_BEGINS = 0.8
"""Nearness of the farthest figures."""

AHEAD_BEGINS = 1.0
"""Nearness of what falls or drifts before the figures."""

PROP_SIZES = {
    "lighthouse": (0.44, 0.48),
    "boat": (0.4, 0.8),
    "house": (0.56, 0.64),
    "tree": (0.5, 1.5),
    "pine": (0.5, 1.2),
}
"""Nearness and size beside figures; others stand at 0.6 in their own size."""

ROOM_ENOUGH = 0.02
"""Free room beside something that leaves nothing to wish for."""

AFLOAT = 0.34
"""Nearness of a boat or swimmer that the picture is about."""


def paint(shot: Shot, width: int, height: int) -> Image.Image:
    """Return the picture: (height, width) RGB."""
    return flatten(paint_layers(shot, width, height), (width, height))


def paint_layers(shot: Shot, width: int, height: int) -> tuple[Layer, ...]:
    """Return the picture as layers, the farthest first; at most six.

    They go on beyond its edges by `depth.MARGIN`; the first covers all of that.
    """
    company = arrange_company(shot, shot.light, width, height)
    scene = _Scene(shot, width, height, company, _source_x(shot, width / height))
    return (*_place(scene), *_company(scene))


@dataclass(frozen=True)
class _Scene:
    """A shot at the size it is painted in, in its light."""

    shot: Shot
    width: int
    height: int
    company: Sequence[Placed]
    source_x: float

    @property
    def taken(self) -> list["Span"]:
        """Where figures hide what is behind them."""
        unit = view_of(self.shot, self.width, self.height).unit
        return [_span(placed, self.width, unit) for placed in self.company]

    def backdrop(self, canvas: Canvas, softness: int = 1) -> Backdrop:
        """Set up the camera before a canvas with margins."""
        left, top = margins(self.width, self.height, softness)
        view = view_of(self.shot, self.width, self.height).on(left=left, top=top, softness=softness)
        return Backdrop(canvas, view, self.shot.light, self.source_x, self.shot.job)


def _source_x(shot: Shot, aspect: float) -> float:
    """Where the sun or moon stands: the same in all shots of a place, within the narrowest picture."""
    random = chance.stream(*shot.job, "source")
    side = -1 if random.uniform() < 0.5 else 1
    return side * min(0.62, aspect * 0.5 * 0.75) * float(random.uniform(0.55, 1.0))


def _place(scene: _Scene) -> Iterator[Layer]:
    shot, width, height = scene.shot, scene.width, scene.height
    before_it = shot.cast or (shot.prop and not is_afloat(shot) and not shot.swimmers)
    softness = shot.lens.softness if before_it else 1
    canvas = canvas_with_margins(width, height, softness=softness)
    backdrop = scene.backdrop(canvas, softness)
    outdoors = shot.place not in INDOORS
    if outdoors:
        paint_sky(backdrop)
    PAINTERS[shot.place](backdrop)
    for index, look in enumerate(shot.swimmers):
        _paint_swimmer(backdrop, shot, look, index)
    if is_afloat(shot) or (shot.cast and not shot.lens.is_close and not stands_beside(shot)):
        _paint_prop_behind(backdrop, shot, scene.taken)
    if outdoors:
        paint_fog(backdrop, ahead=False)
    blur = height / 180 if softness > 2 else 0.0
    corner = margins(width, height, softness)
    return layers_of(canvas, corner, ends=COMPANY_BEGINS, softness=softness, blur=blur)


def _company(scene: _Scene) -> Iterator[Layer]:
    shot, width, height = scene.shot, scene.width, scene.height
    canvas = canvas_with_margins(width, height, begins=COMPANY_BEGINS)
    backdrop = scene.backdrop(canvas)
    paint_company(backdrop, shot, scene.company)
    if shot.place not in INDOORS:
        backdrop.nearer(AHEAD_BEGINS)
        paint_fog(backdrop, ahead=True)
        paint_falling(backdrop, chance.stream(*shot.own, "falling"))
    return layers_of(canvas, margins(width, height), ends=AHEAD_BEGINS)


def _paint_swimmer(backdrop: Backdrop, shot: Shot, look: Look, index: int) -> None:
    figure = draw_figure(look, shot.action, detailed=True)
    sketch = (figure if shot.facing > 0 else figure.mirrored()).sketch
    nearness = AFLOAT + 0.05 * index
    aside = (0.5 if shot.cast else 0.0) + 0.45 * index
    x = shot.pan * nearness + shot.facing * min(aside, backdrop.view.reach * 0.6)
    backdrop.canvas.turn_to(nearness)
    backdrop.stand(sketch, x, nearness, size=shot.lens.afloat if not shot.cast else 1.0)


Span = tuple[float, float]
"""Left and right end of what is seen, in units of the view from the middle of the still."""


def _span(placed: Placed, width: int, unit: float) -> Span:
    left, _, right, _ = placed.figure.sketch.bounds()
    ends = (placed.feet[0] + end * placed.unit for end in (left, right))
    first, last = ((end - width / 2) / unit for end in ends)
    return first, last


def _clearest(candidates: Sequence[float], half: float, taken: Sequence[Span]) -> float:
    """Return the first place where something twice `half` wide is free of what is taken, else the freest."""

    def clearance(x: float) -> float:
        return min([ROOM_ENOUGH, *(max(left - x - half, x - half - right) for left, right in taken)])

    return max(candidates, key=clearance)


def _paint_prop_behind(backdrop: Backdrop, shot: Shot, taken: Sequence[Span]) -> None:
    """Set what the prompt names into the place, where it is not hidden by what is taken."""
    if shot.prop is None or is_carried(shot) or (shot.place is Place.HARBOUR and shot.prop == "lighthouse"):
        return
    sketch = PROPS[shot.prop][0](backdrop.light.lamps_lit)
    nearness, size = PROP_SIZES.get(shot.prop, (0.6, 1.0))
    if is_afloat(shot):
        nearness, size = (AFLOAT, shot.lens.afloat if not shot.cast else 1.0)
    closer = 1 + (backdrop.view.zoom - 1) * nearness
    side = -shot.facing if shot.swimmers else shot.facing
    aside = side * min(0.5, backdrop.view.reach * 0.55) * (1.0 if shot.cast or shot.swimmers else 0.3)
    left, _, right, _ = sketch.bounds()
    half = (right - left) / 2 * PERSON * nearness * size * closer
    seen = _clearest((aside, -aside, 1.4 * aside, -1.4 * aside, 0.0), half, taken)
    x = shot.pan * nearness + seen / closer
    backdrop.canvas.turn_to(nearness)
    backdrop.stand(sketch, x, nearness, size=size)
    if shot.prop == "campfire" or (shot.prop == "lantern" and backdrop.light.lamps_lit):
        backdrop.shine(x, -0.36 * nearness, nearness, 0.4, LAMPLIGHT, 0.6)
