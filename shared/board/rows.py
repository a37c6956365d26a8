"""Divides the room across a picture among figures, in one row or two. It knows neither framing nor light."""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.board.cast import Figure

CROWDED = 0.5
"""In one row figures may be this much smaller than wished; beyond it they stand in two."""
STAGGER = 0.5
"""How far the front row stands aside of the back row, in slots: heads show between heads."""


@dataclass(frozen=True)
class Extent:
    """Where the head of a figure is, in its units."""

    chin: float
    top: float
    """Hat included."""
    tall: float
    """Who is taller stands behind."""


@dataclass(frozen=True)
class Rows:
    """Two rows of figures."""

    unit: float
    """Pixels per height of a grown person."""
    places: list[tuple[int, float, float]]
    """Of each figure: its number, its column in pixels, and how far its feet are above the front row's."""
    deepest: float
    """How far the back row's feet are above the front row's, in units."""


def in_rows(
    figures: Sequence[Extent],
    slots: Sequence[float],
    wanted: float,
    width: float,
    *,
    largest: float | None = None,
) -> Rows | None:
    """Place the tall behind the small, so that all heads show; None where one row does.

    Args:
        slots: width each needs, in units.
        wanted: pixels per unit, were there room.
        largest: pixels per unit that two rows may have at most; `wanted` by default.
    """
    if len(figures) < 3 or width / sum(slots) >= wanted * CROWDED:
        return None
    tall = sorted(range(len(figures)), key=lambda i: -figures[i].tall)[: len(figures) // 2]
    back = [i for i in range(len(figures)) if i in tall]
    front = [i for i in range(len(figures)) if i not in tall]
    needs = [sum(slots[i] for i in row) for row in (back, front)]
    stagger = STAGGER * sum(slots) / len(slots) if len(back) == len(front) else 0.0
    unit = min(largest or wanted, width / (max(needs) + stagger))
    if unit <= 1.15 * width / sum(slots):
        return None
    deepest = max(0.0, max(figures[i].top for i in front) - min(figures[i].chin for i in back)) + 0.04
    places = []
    for row, aside, up in ((back, -stagger / 2, deepest), (front, stagger / 2, 0.0)):
        columns = across([slots[i] for i in row], unit, width, 1, 0.0)
        places += [(i, column + aside * unit, up) for i, column in zip(row, columns, strict=True)]
    return Rows(unit, places, deepest)


def across(slots: Sequence[float], unit: float, width: float, facing: int, off_centre: float) -> list[float]:
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


def span(figure: Figure) -> float:
    """Width of all of a figure."""
    left, _, right, _ = figure.sketch.bounds()
    return right - left


def chest(figure: Figure) -> float:
    """Width one needs in a medium picture: the whole animal, or a person with some room for the arms."""
    return span(figure) * 1.06 if figure.waist == 0 else min(max(0.42, span(figure) * 0.95), 0.8)
