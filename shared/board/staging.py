"""Places figures in the picture: size, spread, facing. It must not know colours or light."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from shared.board.cast import Figure
from shared.board.perspective import foreshortened
from shared.board.rows import Extent, across, chest, in_rows, span
from shared.board.scene import Angle, Framing


@dataclass(frozen=True)
class Stand:
    """How those stand whose feet are in the picture."""

    person: float
    """Height of a grown person, as a share of the picture's height."""
    feet: float
    """Row of the feet, as a share of the height."""


OUTDOORS = {
    Framing.EXTREME_WIDE: Stand(0.13, 0.8),
    Framing.WIDE: Stand(0.34, 0.9),
    Framing.FULL: Stand(0.74, 0.95),
}
INDOORS = {
    Framing.EXTREME_WIDE: Stand(0.3, 0.82),
    Framing.WIDE: Stand(0.52, 0.9),
    Framing.FULL: Stand(0.78, 0.95),
}
GROWS = {Angle.LOW: 1.3, Angle.HIGH: 0.82}
"""Against eye level: whom one looks up at towers."""
LOWEST_FEET = {
    Angle.LOW: {Framing.EXTREME_WIDE: 0.93, Framing.WIDE: 0.97, Framing.FULL: 1.02},
    Angle.HIGH: {Framing.EXTREME_WIDE: 0.66, Framing.WIDE: 0.74, Framing.FULL: 0.9},
}
TALLEST = {Framing.EXTREME_WIDE: 0.6, Framing.WIDE: 0.7, Framing.FULL: 0.84}
"""No figure takes a larger share of the height: a lighthouse is not a person."""

LEAST = {Framing.EXTREME_WIDE: 0.11, Framing.WIDE: 0.15, Framing.FULL: 0.42}
"""The tallest is no smaller: a fox must be seen from afar."""

CLOSE_HEADS = (0.5, 0.4, 0.32, 0.26)
"""Height of heads in a close-up of one, two, three, four."""

HEAD_SLOT, MUZZLE_SLOT = 1.75, 2.3
"""Width that one needs in a close-up, in heads: shoulders, or a muzzle."""

DETAIL_HEAD = 1.9
"""Height of a head of which only the eyes are in the picture."""

DEPTHS = (0.0, 0.022, -0.012, 0.014)
"""How far each one stands ahead of the first, in picture heights: a group, not a row."""
DEPTHS_FROM_ABOVE = (0.0, 0.07, -0.06, 0.03)


@dataclass(frozen=True)
class Placed:
    """A figure with its position."""

    figure: Figure
    feet: tuple[float, float]
    """Pixels."""
    unit: float
    """Pixels per height of a grown person."""
    order: int
    """Place in the request."""


@dataclass(frozen=True)
class Stage:
    """What figures are placed in."""

    width: int
    height: int
    """Pixels."""
    facing: int
    """Direction of those who face the same way: -1 left, 1 right."""
    indoors: bool = False
    marching: bool = False
    """Whether all move the same way; else they turn to each other."""


def arrange(figures: Sequence[Figure], framing: Framing, angle: Angle, stage: Stage) -> list[Placed]:
    """Place figures so that none covers another's head; the farthest come first."""
    if not figures:
        return []
    if angle is Angle.OVER_SHOULDER and any(figure.from_behind for figure in figures):
        return _over_shoulder(figures, framing, stage)
    seen = [foreshortened(figure, angle) for figure in figures]
    turned = [_turned(figure, i, len(seen), stage) for i, figure in enumerate(seen)]
    return _placed(turned, framing, angle, stage)


def _turned(figure: Figure, i: int, count: int, stage: Stage) -> Figure:
    right = stage.facing > 0 if stage.marching or count == 1 else i < count / 2
    return figure if right else figure.mirrored()


def _placed(figures: list[Figure], framing: Framing, angle: Angle, stage: Stage) -> list[Placed]:
    match framing:
        case Framing.EXTREME_WIDE | Framing.WIDE | Framing.FULL:
            return _standing(figures, framing, angle, stage)
        case Framing.MEDIUM:
            return _medium(figures, angle, stage)
        case Framing.CLOSE_UP:
            return _close(figures, stage)
        case Framing.DETAIL:
            return [_detail(figure, i, stage) for i, figure in enumerate(figures[:1])]


def _standing(figures: list[Figure], framing: Framing, angle: Angle, stage: Stage) -> list[Placed]:
    """Everyone from head to foot, in one row, or in two where they would be too small."""
    width, height = stage.width, stage.height
    stand = (INDOORS if stage.indoors else OUTDOORS)[framing]
    tallest = max(figure.top for figure in figures)
    wanted = height * max(stand.person * GROWS.get(angle, 1.0), LEAST[framing] / tallest)
    wanted = min(wanted, height * TALLEST[framing] / tallest)
    slots = [max(0.4, span(figure)) + 0.12 for figure in figures]
    feet = height * LOWEST_FEET.get(angle, {}).get(framing, stand.feet)
    if rows := in_rows([extent_of(figure) for figure in figures], slots, wanted, width * 0.92):
        return [
            Placed(
                figures[i], (column - middle_of(figures[i]) * rows.unit, feet - up * rows.unit), rows.unit, i
            )
            for i, column, up in rows.places
        ]
    unit = min(wanted, width * 0.9 / sum(slots))
    placed = []
    depths = DEPTHS_FROM_ABOVE if angle is Angle.HIGH else DEPTHS
    for i, (figure, centre) in enumerate(
        zip(figures, across(slots, unit, width, stage.facing, 0.14), strict=True)
    ):
        ahead = depths[i % 4] * min(1.0, stand.person * 3)
        size = unit * (1 + ahead * 1.6)
        placed.append(Placed(figure, (centre - middle_of(figure) * size, feet + height * ahead), size, i))
    return _farthest_first(placed)


def _medium(figures: list[Figure], angle: Angle, stage: Stage) -> list[Placed]:
    """From the waist up; those without a waist, such as dogs, whole or as much as fits."""
    width, height = stage.width, stage.height
    high = max(figure.top for figure in figures)
    upright = [figure.waist for figure in figures if figure.waist > 0]
    low = (
        -0.07 * high if not upright else min(upright) if len(upright) == len(figures) else min(upright) * 0.6
    )
    headroom = {Angle.LOW: 0.06, Angle.HIGH: 0.2}.get(angle, 0.13)
    wanted = height * (1 - headroom) / (high - low)
    slots = [chest(figure) for figure in figures]
    if rows := in_rows([extent_of(figure) for figure in figures], slots, wanted, width):
        floor = max(height * headroom + (high + rows.deepest) * rows.unit, height * 0.97)
        return [
            Placed(
                figures[i], (column - trunk_of(figures[i]) * rows.unit, floor - up * rows.unit), rows.unit, i
            )
            for i, column, up in rows.places
        ]
    unit = min(wanted, width * 1.04 / sum(slots))
    floor = max(height * headroom + high * unit, height * (1.0 if upright else 0.94))
    placed = []
    for i, (figure, centre) in enumerate(
        zip(figures, across(slots, unit, width, stage.facing, 0.07), strict=True)
    ):
        lowest_head = height * (0.62 if figure.waist == 0 and upright else 0.9)
        raised = floor - 0.4 * (high - figure.top) * unit if figure.waist > 0 else floor
        feet = min(raised, lowest_head + figure.head[1] * unit)
        placed.append(Placed(figure, (centre - trunk_of(figure) * unit, feet), unit, i))
    return _farthest_first(placed)


def _close(figures: list[Figure], stage: Stage) -> list[Placed]:
    """Heads and shoulders, each head as large as the others."""
    width, height = stage.width, stage.height
    slots = [HEAD_SLOT if figure.waist > 0 else MUZZLE_SLOT for figure in figures]
    wanted = min(height * CLOSE_HEADS[min(len(figures), 4) - 1], width * 0.5)
    heads = [replace(extent_of(figure), chin=-0.5, top=hat_of(figure)) for figure in figures]
    if rows := in_rows(heads, slots, wanted, width * 0.98, largest=height * 0.27):
        middle = height * 0.5 + rows.deepest * rows.unit / 2
        return [
            _by_head(figures[i], i, (column, middle - up * rows.unit), rows.unit)
            for i, column, up in rows.places
        ]
    head = min(wanted, width * 0.98 / sum(slots))
    return [
        _by_head(figure, i, (centre, height * (0.49 + 0.02 * (i % 2))), head)
        for i, (figure, centre) in enumerate(
            zip(figures, across(slots, head, width, stage.facing, 0.05), strict=True)
        )
    ]


def _by_head(figure: Figure, order: int, at: tuple[float, float], head: float) -> Placed:
    """Place a figure by the middle of its head, of that many pixels."""
    unit = head / figure.head_size
    return Placed(figure, (at[0] - figure.head[0] * unit, at[1] + figure.head[1] * unit), unit, order)


def _detail(figure: Figure, order: int, stage: Stage) -> Placed:
    """The eyes of one, or the whole of one thing."""
    width, height = stage.width, stage.height
    if not figure.is_thing:
        head = min(height * DETAIL_HEAD, width * 1.25)
        return _by_head(figure, order, (width / 2, height * 0.5 + head * 0.04), head)
    unit = min(height * 0.72 / figure.top, width * 0.72 / span(figure))
    return Placed(
        figure, (width / 2 - middle_of(figure) * unit, height * 0.5 + figure.top * unit / 2), unit, order
    )


SHOULDER_HEAD = 0.46
"""Height of the head over whose shoulder one looks."""
SHOULDER_DEPTH = 1.6
"""How much of them shows below the middle of the head, in heads."""
SHOULDER_WIDTH = 0.36
"""Share of the width that is theirs; the rest is for those they look at."""


def _over_shoulder(figures: Sequence[Figure], framing: Framing, stage: Stage) -> list[Placed]:
    """One from behind at the edge, as large as fits there; the others face them in what is left."""
    near = next(i for i, figure in enumerate(figures) if figure.from_behind)
    others = [i for i in range(len(figures)) if i != near]
    room = round(stage.width * (1 - SHOULDER_WIDTH))
    left = stage.width - room if stage.facing > 0 else 0
    rest = replace(stage, width=room, facing=-stage.facing)
    seen = [figures[i] if stage.facing < 0 else figures[i].mirrored() for i in others]
    nearest = Framing.MEDIUM if framing is Framing.DETAIL else framing
    placed = _placed(seen, nearest, Angle.EYE_LEVEL, rest) if seen else []
    behind = [replace(it, feet=(it.feet[0] + left, it.feet[1]), order=others[it.order]) for it in placed]
    head = min(stage.height * SHOULDER_HEAD, stage.width * SHOULDER_WIDTH * 0.72)
    edge = stage.width * SHOULDER_WIDTH * 0.36
    column = edge if stage.facing > 0 else stage.width - edge
    row = max(stage.height * 0.46, stage.height - head * SHOULDER_DEPTH)
    near_one = figures[near] if stage.facing > 0 else figures[near].mirrored()
    return [*behind, _by_head(near_one, near, (column, row), head)]


def _farthest_first(placed: list[Placed]) -> list[Placed]:
    return sorted(placed, key=lambda one: one.feet[1])


def middle_of(figure: Figure) -> float:
    """Column of the middle of all of a figure."""
    left, _, right, _ = figure.sketch.bounds()
    return (left + right) / 2


def trunk_of(figure: Figure) -> float:
    """Column around which a medium picture places a figure."""
    return figure.head[0] * 0.5 if figure.waist > 0 else middle_of(figure)


def extent_of(figure: Figure) -> Extent:
    """What of a figure nobody may stand before."""
    return Extent(chin=figure.chin, top=figure.top, tall=figure.chin)


def hat_of(figure: Figure) -> float:
    """How far a figure reaches above the middle of its head, in heads; no umbrella fits a close-up."""
    return min(1.0, (figure.top - figure.head[1]) / figure.head_size)
