"""Chooses how the camera moves over a still, and says what it sees at each moment.

Pure: it knows neither pixels nor files, only shares of the picture.
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


class View(NamedTuple):
    """What the camera sees of the picture. Every value in range lies wholly inside it."""

    zoom: float
    """From 1, the whole picture; at 2 half its width and half its height are seen."""
    across: float
    """Place of the view in the room that zoom leaves: 0 at the left edge, 1 at the right."""
    down: float
    """Likewise: 0 at the top, 1 at the bottom."""


class Travel(NamedTuple):
    """A move from one view to another."""

    start: View
    end: View

    def at(self, progress: float) -> View:
        """Return the view at `progress`, 0 to 1: slow at both ends, fastest halfway."""
        eased = progress * progress * (3 - 2 * progress)
        start, end = self.start, self.end
        return View(
            zoom=start.zoom * (end.zoom / start.zoom) ** eased,  # a steady rate to the eye is a ratio
            across=start.across + (end.across - start.across) * eased,
            down=start.down + (end.down - start.down) * eased,
        )


REACH = (0.08, 0.14)
"""Share of the frame a move covers: enough to be seen within a second, too little to show a still is one."""

ASIDE = r"(?:\s+(?:slowly|gently|smoothly|quickly|slightly|softly|gradually))?"
TOWARDS = ASIDE + r"(?:\s+(?:to|towards?|from)\s+(?:the\s+)?)?\s*"

SPOKEN: tuple[tuple[str, tuple[Move, ...]], ...] = (
    (rf"\b(?:push|zoom|doll(?:y|ie)|mov|track)(?:e?s|ing|e)?{ASIDE}[\s-]+(?:in|closer)\b", (Move.PUSH,)),
    (r"\b(?:close|closes|closing)\s+in\b", (Move.PUSH,)),
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


def choose_move(prompt: str, seed: int) -> Move:
    """Return the move that the prompt names first, else one chosen by the seed."""
    said = [
        (found.start(), place, allowed)
        for place, (words, allowed) in enumerate(SPOKEN)
        if (found := re.search(words, prompt, re.IGNORECASE))
    ]
    allowed = min(said)[2] if said else tuple(Move)
    return _chance(seed).choice(allowed)


def plan_travel(move: Move, seed: int) -> Travel:
    """Return the views a move begins and ends with; the seed varies its reach and aim a little."""
    chance = _chance(seed)
    zoom = 1 / (1 - chance.uniform(*REACH))
    across, down = chance.uniform(0.35, 0.65), chance.uniform(0.35, 0.6)
    whole, close = View(1, across, down), View(zoom, across, down)
    match move:
        case Move.PUSH:
            return Travel(whole, close)
        case Move.PULL:
            return Travel(close, whole)
        case Move.PAN_LEFT:
            return Travel(close._replace(across=1), close._replace(across=0))
        case Move.PAN_RIGHT:
            return Travel(close._replace(across=0), close._replace(across=1))
        case Move.TILT_UP:
            return Travel(close._replace(down=1), close._replace(down=0))
        case Move.TILT_DOWN:
            return Travel(close._replace(down=0), close._replace(down=1))


def _chance(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - the same shot must move the same way again; nothing is secret
