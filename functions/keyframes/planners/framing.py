"""Chooses framing and camera move of each shot, by its words and how many it shows. Writes no prompt."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from functions.keyframes.planners.coverage import View
from functions.keyframes.planners.phrases import any_of
from shared.board.scene import Framing, Place, read_scene

VIEW_FRAMINGS = {
    View.ESTABLISHING: Framing.WIDE,
    View.FACE: Framing.CLOSE_UP,
    View.DETAIL: Framing.CLOSE_UP,
    View.BEHIND: Framing.MEDIUM,
    View.LOW: Framing.MEDIUM,
    View.SIDE: Framing.MEDIUM,
    View.HIGH: Framing.WIDE,
    View.CLOSING: Framing.WIDE,
}
VIEW_MOVES = {
    View.ESTABLISHING: "Slow push in.",
    View.FACE: "Slow push in.",
    View.DETAIL: "The camera holds still.",
    View.BEHIND: "Slow push in.",
    View.LOW: "Slow tilt up.",
    View.HIGH: "Slow pull back.",
    View.CLOSING: "Slow pull back.",
}

CAMERA_WORDS = any_of("""
    camera, pan, pans, panning, zoom, zooms, zooming, dolly, tilt, tilts, tracking shot, push in, pushes
    in, pull back, pulls back, crane shot, orbit, orbits
""")
UPWARD = any_of("""
    climb, climbs, rise, rises, tower, lighthouse, skyscraper, skyscrapers, mountain, mountains, summit,
    fly, flies, soar, soars, lightning, look up, looks up, waterfall, stars, castle, tall
""")
ON_THE_MOVE = re.compile(
    r"\b(?:walk|run|hurr(?:y|ie)|rush|sprint|stroll|wander|ride|drive|sail|row|gallop|trot|chase|flee|march|skate|ski|"
    r"drift|glide|cycle|travel|race|swim|cross|follow|hop|dash)\w*\b",
    re.IGNORECASE,
)
INTIMATE = re.compile(
    r"\b(?:look|gaze|stare|smile|laugh|cr(?:y|ie)|weep|whisper|sigh|watch|read|write|draw|paint|dream|sleep|listen|think|"
    r"remember|kiss|hug|blink|tremble|shiver|notice|wonder|examine|inspect|hold|eye|tear|breathe)\w*\b",
    re.IGNORECASE,
)
CROWD = 3
"""So many together do not fit a close-up."""
SHORTEST_ARC = 3
"""From so many shots on, the last one steps back."""


@dataclass(frozen=True)
class Glimpse:
    """As much of a shot as its framing depends on."""

    text: str
    view: View
    place: Place | None
    figures: int


def choose_framings(glimpses: Sequence[Glimpse]) -> tuple[Framing, ...]:
    """Choose what the text demands, else by view and rhythm; never by choice the same thrice running."""
    demanded = [_demanded(glimpse) for glimpse in glimpses]
    chosen: list[Framing] = []
    for index in range(len(glimpses)):
        own = demanded[index]
        if own is None:
            wishes = [_wish(glimpses, index, chosen), Framing.MEDIUM, Framing.WIDE, Framing.CLOSE_UP]
            own = next(wish for wish in wishes if not _thrice(chosen, wish, demanded[index + 1 : index + 3]))
        chosen.append(own)
    return tuple(chosen)


def choose_move(glimpse: Glimpse, framing: Framing, *, index: int, shots: int, seed: int) -> str:
    """Choose the camera words of a shot; empty where the text has its own."""
    if CAMERA_WORDS.search(glimpse.text):
        return ""
    side = "right" if (seed + index) % 2 else "left"
    if glimpse.view is View.BEHIND and ON_THE_MOVE.search(glimpse.text):
        return "Tracking shot, following."
    if glimpse.view is not View.ACTION:
        return VIEW_MOVES.get(glimpse.view, f"Slow pan {side}.")
    if index == 0 or framing is Framing.CLOSE_UP:
        return "Slow push in."
    if index == shots - 1:
        return "Slow pull back."
    if UPWARD.search(glimpse.text):
        return "Slow tilt up."
    if ON_THE_MOVE.search(glimpse.text) and glimpse.figures:
        return f"Pan {side}, following."
    return f"Slow pan {side}." if framing is Framing.WIDE or not glimpse.figures else "Slow push in."


def _demanded(glimpse: Glimpse) -> Framing | None:
    """The framing the text itself asks for; it means only the main view of a moment."""
    return read_scene(glimpse.text, hints=False).framing if glimpse.view is View.ACTION else None


def _wish(glimpses: Sequence[Glimpse], index: int, chosen: Sequence[Framing]) -> Framing:
    glimpse = glimpses[index]
    if glimpse.view is not View.ACTION:
        return VIEW_FRAMINGS[glimpse.view]
    if index == 0:
        return Framing.WIDE
    if glimpse.text == glimpses[index - 1].text:
        return Framing.MEDIUM
    before = chosen[-1]
    if not glimpse.figures or (index == len(glimpses) - 1 and index + 1 >= SHORTEST_ARC):
        return Framing.MEDIUM if before is Framing.WIDE else Framing.WIDE
    intimate = INTIMATE.search(glimpse.text) is not None and glimpse.figures < CROWD
    moved = glimpse.place is not glimpses[index - 1].place
    if moved and not (intimate and glimpse.place is Place.ROOM):
        return Framing.MEDIUM if before is Framing.WIDE else Framing.WIDE
    if before is Framing.CLOSE_UP:
        return Framing.MEDIUM if index % 2 else Framing.WIDE
    if intimate or (
        before is Framing.MEDIUM and glimpse.figures < CROWD and not ON_THE_MOVE.search(glimpse.text)
    ):
        return Framing.CLOSE_UP
    return Framing.MEDIUM if before is Framing.WIDE else Framing.WIDE


def _thrice(chosen: Sequence[Framing], wish: Framing, demanded_next: Sequence[Framing | None]) -> bool:
    """Whether a choice would make three alike in a row, with those before or those demanded after it."""
    around = [*chosen[-2:], wish, *demanded_next]
    return any(set(around[start : start + 3]) == {wish} for start in range(len(around) - 2))
