"""Places figures in the picture: size, spread and facing by framing. It must not know colours or light."""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.board.cast import Figure
from shared.board.scene import Framing

WIDE_PERSON = 0.34
"""Height of a grown person in a wide picture outdoors, as a share of the picture's height."""

WIDE_PERSON_INDOORS = 0.52
WIDE_FEET = 0.9
TALLEST = 0.7
"""No figure is taller than this share of a wide picture: a lighthouse is not a person."""

CLOSE_HEADS = (0.5, 0.4, 0.32, 0.26)
"""Height of heads in a close-up of one, two, three, four."""

DEPTHS = (0.0, 0.022, -0.012, 0.014)
"""How far each one stands ahead of the first, in picture heights: a group, not a row."""


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


def arrange(
    figures: Sequence[Figure],
    framing: Framing,
    width: int,
    height: int,
    *,
    facing: int,
    indoors: bool,
    marching: bool,
) -> list[Placed]:
    """Place figures so that none covers another; the farthest come first.

    Args:
        facing: direction of those who face the same way.
        marching: whether all move the same way; else they turn to each other.
    """
    if not figures:
        return []
    turned = [_turned(f, i, len(figures), facing, marching) for i, f in enumerate(figures)]
    match framing:
        case Framing.WIDE:
            placed = _wide(turned, width, height, facing, indoors)
        case Framing.MEDIUM:
            placed = _medium(turned, width, height, facing)
        case Framing.CLOSE_UP:
            placed = _close(turned, width, height, facing)
    return sorted(placed, key=lambda p: p.feet[1])


def _turned(figure: Figure, i: int, count: int, facing: int, marching: bool) -> Figure:
    right = facing > 0 if marching or count == 1 else i < count / 2
    return figure if right else figure.mirrored()


def _wide(figures: list[Figure], width: int, height: int, facing: int, indoors: bool) -> list[Placed]:
    unit = height * (WIDE_PERSON_INDOORS if indoors else WIDE_PERSON)
    unit = min(unit, height * TALLEST / max(f.top for f in figures))
    slots = [max(0.4, _span(f)) + 0.12 for f in figures]
    unit = min(unit, width * 0.9 / sum(slots))
    placed = []
    for i, (figure, centre) in enumerate(
        zip(figures, _centres(slots, unit, width, facing, 0.14), strict=True)
    ):
        ahead = DEPTHS[i % 4]
        size = unit * (1 + ahead * 1.6)
        left, _, right, _ = figure.sketch.bounds()
        placed.append(
            Placed(figure, (centre - (left + right) / 2 * size, height * (WIDE_FEET + ahead)), size, i)
        )
    return placed


def _medium(figures: list[Figure], width: int, height: int, facing: int) -> list[Placed]:
    high = max(f.top for f in figures)
    upright = [f.waist for f in figures if f.waist > 0]
    low = (
        -0.07 * high if not upright else min(upright) if len(upright) == len(figures) else min(upright) * 0.6
    )
    unit = height * 0.87 / (high - low)
    slots = [_chest(f) for f in figures]
    unit = min(unit, width * 1.04 / sum(slots))
    floor = max(height * 0.13 + high * unit, height * (1.0 if upright else 0.94))
    placed = []
    for i, (figure, centre) in enumerate(
        zip(figures, _centres(slots, unit, width, facing, 0.07), strict=True)
    ):
        lowest_head = height * (0.62 if figure.waist == 0 and upright else 0.9)
        raised = floor - 0.4 * (high - figure.top) * unit if figure.waist > 0 else floor
        feet = min(raised, lowest_head + figure.head[1] * unit)
        middle = figure.head[0] * 0.5 if figure.waist > 0 else sum(figure.sketch.bounds()[::2]) / 2
        placed.append(Placed(figure, (centre - middle * unit, feet), unit, i))
    return placed


def _close(figures: list[Figure], width: int, height: int, facing: int) -> list[Placed]:
    head = min(
        height * CLOSE_HEADS[min(len(figures), 4) - 1], width * 0.5, width * 0.98 / (1.75 * len(figures))
    )
    slots = [1.75] * len(figures)
    placed = []
    for i, (figure, centre) in enumerate(
        zip(figures, _centres(slots, head, width, facing, 0.05), strict=True)
    ):
        unit = head / figure.head_size
        row = height * (0.49 + 0.02 * (i % 2))
        placed.append(Placed(figure, (centre - figure.head[0] * unit, row + figure.head[1] * unit), unit, i))
    return placed


def _span(figure: Figure) -> float:
    left, _, right, _ = figure.sketch.bounds()
    return right - left


def _chest(figure: Figure) -> float:
    """Width one needs in a medium picture: the whole animal, or a person with some room for the arms."""
    return _span(figure) * 1.06 if figure.waist == 0 else min(max(0.42, _span(figure) * 0.95), 0.8)


def _centres(slots: Sequence[float], unit: float, width: int, facing: int, off_centre: float) -> list[float]:
    """Return the columns of all slots: one alone stands off the middle and looks across the picture."""
    total = sum(slots) * unit
    gap = min((width * 0.9 - total) / (len(slots) + 1), unit * 0.3) if total < width * 0.9 else 0.0
    shift = -facing * off_centre * width if len(slots) == 1 and total < width * 0.6 else 0.0
    column = width / 2 + shift - (total + gap * (len(slots) - 1)) / 2
    centres = []
    for slot in slots:
        centres.append(column + slot * unit / 2)
        column += slot * unit + gap
    return centres
