"""Makes as many takes of the moments as there are shots: joins, parts, covers. Knows no characters."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from functions.keyframes.planners.character_words import FINITE_ACTIONS
from functions.keyframes.planners.sentences import Moment, finish
from shared.board.scene import read_scene

NEW_SCENE_PENALTY = 40
"""Words a join costs more where the right moment opens a new scene."""

MANY_PER_SHOT = 6
"""More moments than this for one shot are joined in pairs first, whatever they say."""
FEWEST_WORDS = 3
_NEXT_ACTION = re.compile(r"(?:,\s*(?:and\s+)?(?:then\s+)?|\s+and\s+(?:then\s+)?)(?=(?P<verb>[a-z]+)\s)")


class View(StrEnum):
    """What one take of a moment is for."""

    ESTABLISHING = "establishing"
    ACTION = "action"
    FACE = "face"
    DETAIL = "detail"
    BEHIND = "behind"
    LOW = "low"
    SIDE = "side"
    HIGH = "high"
    CLOSING = "closing"


BETWEEN = (View.ACTION, View.FACE, View.BEHIND, View.DETAIL, View.SIDE, View.HIGH, View.LOW)
"""The order in which one moment is looked at between its first and its last view."""


@dataclass(frozen=True)
class Take:
    """One shot's share of the story."""

    moment: int
    view: View


def fit_moments(moments: Sequence[Moment], shots: int) -> tuple[Moment, ...]:
    """Join neighbours until there are at most `shots`; or part chained actions to come nearer to it."""
    fitted = list(moments)
    while len(fitted) > MANY_PER_SHOT * shots:
        fitted = [_joined(*fitted[index : index + 2]) for index in range(0, len(fitted), 2)]
    while len(fitted) > shots:
        cheapest = min(
            range(len(fitted) - 1), key=lambda index: _cost_of_joining(fitted[index], fitted[index + 1])
        )
        left, right = fitted[cheapest : cheapest + 2]
        fitted[cheapest : cheapest + 2] = [
            Moment(f"{left.text} {right.text}", left.slugline or right.slugline)
        ]
    while len(fitted) < shots:
        divided = [
            (len(moment.text), index) for index, moment in enumerate(fitted) if part_actions(moment.text)
        ]
        if not divided:
            break
        _, longest = max(divided)
        first, second = part_actions(fitted[longest].text)
        fitted[longest : longest + 1] = [Moment(first, fitted[longest].slugline), Moment(second)]
    return tuple(fitted)


def part_actions(text: str) -> tuple[str, ...]:
    """Part `She enters the cafe and looks out.` into two actions near the middle; empty if it is one."""
    points = [
        match
        for match in _NEXT_ACTION.finditer(text)
        if match["verb"] in FINITE_ACTIONS - {"is", "has"}
        and len(text[: match.start()].split()) >= FEWEST_WORDS
        and len(text[match.end() :].split()) >= FEWEST_WORDS
        and any(word.strip(",").lower() in FINITE_ACTIONS for word in text[: match.start()].split())
        and text[: match.start()].count('"') % 2 == 0
    ]
    if not points:
        return ()
    middle = min(points, key=lambda match: abs(match.start() - len(text) / 2))
    return finish(text[: middle.start()]), finish(text[middle.end() :])


def cover(moments: int, shots: int) -> tuple[Take, ...]:
    """Give every moment at least one take; the first, then the last, then the others in turn get more."""
    order = list(dict.fromkeys([0, moments - 1, *range(1, moments - 1)]))
    takes = [1] * moments
    for extra in range(shots - moments):
        takes[order[extra % moments]] += 1
    return tuple(
        Take(moment, view)
        for moment, count in enumerate(takes)
        for view in _views(count, opens=moment == 0, ends=moment == moments - 1)
    )


def _views(count: int, *, opens: bool, ends: bool) -> list[View]:
    if count == 1:
        return [View.ACTION]
    first = [View.ESTABLISHING] if opens else []
    last = [View.CLOSING] if ends and count > len(first) + 1 else []
    between = count - len(first) - len(last)
    return [*first, *(BETWEEN[index % len(BETWEEN)] for index in range(between)), *last]


def _joined(*moments: Moment) -> Moment:
    sluglines = [moment.slugline for moment in moments if moment.slugline]
    return Moment(" ".join(moment.text for moment in moments), next(iter(sluglines), ""))


def _cost_of_joining(left: Moment, right: Moment) -> int:
    words = len(left.text.split()) + len(right.text.split())
    here, there = read_scene(left.text, hints=False), read_scene(right.text, hints=False)
    elsewhere = there.place is not None and there.place is not here.place
    at_another_time = there.time_of_day is not None and there.time_of_day is not here.time_of_day
    return words + NEW_SCENE_PENALTY * (bool(right.slugline) + elsewhere + at_another_time)
