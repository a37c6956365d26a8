"""Chooses how the camera moves over a still, and says what it sees at each moment.

Pure: it knows neither pixels nor files, only shares of the frame.
"""

import random
import re
from enum import StrEnum
from typing import NamedTuple


class Move(StrEnum):
    """How the camera moves. What is in the picture goes the other way: it drifts left in a pan right."""

    PUSH = "push"
    PULL = "pull"
    PAN_LEFT = "pan_left"
    PAN_RIGHT = "pan_right"
    TILT_UP = "tilt_up"
    TILT_DOWN = "tilt_down"


class Window(NamedTuple):
    """The part of a layer that fills the frame, in shares of the frame: (0, 0, 1) is the still's own."""

    left: float
    top: float
    size: float
    """Of both sides: a window of 0.5 shows a quarter of the still, twice as large."""


class View(NamedTuple):
    """Where the camera is, told by what it does to the nearest things."""

    zoom: float
    """How much larger they appear than in the still."""
    across: float
    """Share of the frame's width they have gone to the left."""
    down: float
    """Share of its height they have gone up."""
    aim: tuple[float, float]
    """The point of the frame, in shares, that stays where it is while it zooms."""

    def window(self, weight: float) -> Window:
        """Return what it sees of a layer that takes part in the move by `weight`, 0 to 1."""
        size = self.zoom**-weight
        x, y = self.aim
        return Window(x * (1 - size) + self.across * weight, y * (1 - size) + self.down * weight, size)


class Room(NamedTuple):
    """How far a still goes on beyond the frame, in shares of the frame's width or height."""

    left: float
    top: float
    right: float
    bottom: float


class Travel(NamedTuple):
    """The camera's way to the place where it sees the still as it is, and on from there."""

    before: View
    after: View

    def at(self, course: float) -> View:
        """Return the view at `course`: -1 is `before`, 0 the still exactly as it is, 1 is `after`."""
        end, share = (self.after, course) if course >= 0 else (self.before, -course)
        # A steady rate to the eye is a ratio where it zooms, and a difference where it pans.
        return View(end.zoom**share, end.across * share, end.down * share, end.aim)

    @property
    def is_straight(self) -> bool:
        """Whether both legs are one motion, so that the camera may pass the still without turning."""
        before, after = self.before.zoom - 1, self.after.zoom - 1
        return before == after == 0 or before * after < 0


REACH = (0.08, 0.14)
"""Share of the frame a move covers: enough to be seen within a second, too little to show a still is one."""

LEAST_REACH = 0.04
"""Where a still leaves less room than that beyond the frame, the camera cannot go there."""

FARTHEST_WEIGHT = 0.25
"""By how much the farthest layer takes part in a move: a sky that stood still would look pasted on."""

ASIDE = r"(?:\s+(?:slowly|gently|smoothly|quickly|slightly|softly|gradually))?"
TOWARDS = ASIDE + r"(?:\s+(?:to|towards?|from)\s+(?:the\s+)?)?\s*"

SPOKEN: tuple[tuple[str, tuple[Move, ...]], ...] = (
    (rf"\b(?:push|zoom|doll(?:y|ie)|mov|track)(?:e?s|ing|e)?{ASIDE}[\s-]+(?:in|closer)\b", (Move.PUSH,)),
    (r"\b(?:close|closes|closing)\s+in\b", (Move.PUSH,)),
    (r"\bholds?\s+still\b", (Move.PUSH,)),  # the least of all moves: nothing leaves the picture
    (rf"\b(?:pull|zoom|doll(?:y|ie)|mov)(?:e?s|ing|e)?{ASIDE}[\s-]+(?:back|out|away)\b", (Move.PULL,)),
    (r"\breveal(?:s|ing)?\b", (Move.PULL,)),
    (rf"\b(?:pan|track)(?:s|ning|ing)?{TOWARDS}left\b", (Move.PAN_LEFT,)),
    (rf"\b(?:pan|track)(?:s|ning|ing)?{TOWARDS}right\b", (Move.PAN_RIGHT,)),
    (r"\bfrom\s+(?:the\s+)?right\s+to\s+(?:the\s+)?left\b", (Move.PAN_LEFT,)),
    (r"\bfrom\s+(?:the\s+)?left\s+to\s+(?:the\s+)?right\b", (Move.PAN_RIGHT,)),
    (rf"\b(?:tilt|look|crane|ris)(?:s|es|ing|e)?{ASIDE}\s+up(?:wards?)?\b", (Move.TILT_UP,)),
    (rf"\b(?:tilt|look|crane)(?:s|ing)?{ASIDE}\s+down(?:wards?)?\b", (Move.TILT_DOWN,)),
    (
        r"\b(?:pans|panning|panning shot|tracking|tracks|follows|following)\b",
        (Move.PAN_LEFT, Move.PAN_RIGHT),
    ),
    (r"\b(?:crane|craning)\b(?!\s+down)", (Move.TILT_UP,)),
)
"""What a prompt says, and the moves it allows; of several, the seed chooses."""

TURNS: dict[Move, tuple[int, int]] = {
    Move.PAN_LEFT: (-1, 0),
    Move.PAN_RIGHT: (1, 0),
    Move.TILT_UP: (0, -1),
    Move.TILT_DOWN: (0, 1),
}
"""The moves that go across or down, and which way."""


def choose_move(prompt: str, seed: int) -> Move:
    """Return the move that the prompt names first, else one chosen by the seed."""
    said = [
        (found.start(), place, allowed)
        for place, (words, allowed) in enumerate(SPOKEN)
        if (found := re.search(words, prompt, re.IGNORECASE))
    ]
    allowed = min(said)[2] if said else tuple(Move)
    return _chance(seed).choice(allowed)


def weight_of(nearness: float) -> float:
    """Return by how much a layer takes part in a move: from `FARTHEST_WEIGHT` to 1."""
    return FARTHEST_WEIGHT + (1 - FARTHEST_WEIGHT) * nearness


def plan_travel(move: Move, seed: int, room: Room) -> Travel:
    """Return the camera's way through a still; the seed varies its reach and aim a little.

    Where the still does not go on beyond the frame, as a photograph does not, the camera cannot leave it:
    it pushes in towards where the move would have gone, and comes from a push-in on the other side.
    """
    chance = _chance(seed)
    reach = chance.uniform(*REACH)
    aim = chance.uniform(0.35, 0.65), chance.uniform(0.35, 0.6)
    return Travel(*(_leg(move, way, reach, aim, room) for way in (-1, 1)))


def _leg(move: Move, way: int, reach: float, aim: tuple[float, float], room: Room) -> View:
    """Return where the camera has come from (`way` -1) or goes (1)."""
    closer = 1 / (1 - reach)
    if move in TURNS:
        right, down = (way * turn for turn in TURNS[move])
        beyond = {-1: room.left, 1: room.right}[right] if right else {-1: room.top, 1: room.bottom}[down]
        free = min(reach, beyond)
        if free >= LEAST_REACH:
            return View(1, right * free, down * free, aim)
        x, y = aim
        return View(closer, 0, 0, ((right + 1) / 2 if right else x, (down + 1) / 2 if down else y))
    is_wider = (move is Move.PULL) is (way > 0)
    if is_wider and (wider := min(reach / (1 - reach), _room_around(aim, room))) >= LEAST_REACH:
        return View(1 / (1 + wider), 0, 0, aim)
    return View(closer, 0, 0, aim)


def _room_around(aim: tuple[float, float], room: Room) -> float:
    """Return by what share of the frame a view can widen about a point."""
    x, y = aim
    return min(room.left / x, room.right / (1 - x), room.top / y, room.bottom / (1 - y))


def _chance(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - the same shot must move the same way again; nothing is secret
