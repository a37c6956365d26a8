"""Chooses framing and angle of each shot, by its words and how many it shows. Writes no prompt."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from functions.keyframes.planners.camera import Camera
from functions.keyframes.planners.coverage import View
from functions.keyframes.planners.phrases import any_of
from shared.board.inventory import HANDY, find_thing
from shared.board.scene import INDOORS, Angle, Framing, Place, read_scene

VIEW_CAMERAS = {
    View.ESTABLISHING: Camera(Framing.EXTREME_WIDE),
    View.FACE: Camera(Framing.CLOSE_UP),
    View.DETAIL: Camera(Framing.DETAIL),
    View.BEHIND: Camera(Framing.FULL, Angle.BEHIND),
    View.LOW: Camera(Framing.MEDIUM, Angle.LOW),
    View.SIDE: Camera(Framing.MEDIUM),
    View.HIGH: Camera(Framing.WIDE, Angle.HIGH),
    View.CLOSING: Camera(Framing.WIDE),
}
OTHERWISE = (
    Camera(Framing.MEDIUM),
    Camera(Framing.WIDE),
    Camera(Framing.CLOSE_UP),
    Camera(Framing.FULL),
)
"""Where nothing that was wished for fits what is around it."""

UPWARD = any_of("""
    climb, climbs, rises above, tower, towers, lighthouse, skyscraper, skyscrapers, summit, fly, flies,
    soar, soars, lightning, look up, looks up, looking up, waterfall, giant, proud, proudly, hero, heroic,
    triumphant, cheer, cheers, raise, raises, holds up, hold up, leap, leaps
""")
VAST = any_of("""
    vast, endless, alone, lonely, empty, deserted, far away, in the distance, lost, tiny figure, horizon,
    as far as the eye can see
""")
LOOKED_DOWN_ON = any_of("""
    trapped, cornered, defeated, collapse, collapses, surrounded, helpless, down below, lies, buried,
    hide, hides, hiding
""")
LEAVING = any_of("""
    away, leave, leaves, home, into, off together, homewards, disappear, disappears,
    vanish, vanishes, depart, departs, set off, sets off, out of
""")
TALKING = any_of("""
    talk, talks, speak, speaks, say, says, tell, tells, ask, asks, argue, argues, answer, answers, meet,
    meets, face, faces, greet, greets, chess, offer, offers, give, gives, show, shows, propose, proposes,
    confront, confronts, thank, thanks, negotiate, negotiates, listen, listens, beg, begs
""")
ON_THE_MOVE = re.compile(
    r"\b(?:walk|run|hurr(?:y|ie)|rush|sprint|stroll|wander|ride|drive|sail|row|gallop|trot|chase|flee|march|skate|ski|"
    r"drift|glide|cycle|travel|race|swim|cross|follow|hop|dash|hike|dance|climb|jump|leap|escape)\w*\b",
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
    """As much of a shot as its camera depends on."""

    text: str
    view: View
    place: Place | None
    figures: int


def choose_cameras(glimpses: Sequence[Glimpse]) -> tuple[Camera, ...]:
    """Choose what the text demands, else by view and rhythm.

    By choice no framing comes thrice running, and none twice from the same angle.
    """
    demanded = [demanded_framing(glimpse) for glimpse in glimpses]
    chosen: list[Camera] = []
    for index, glimpse in enumerate(glimpses):
        angle = read_scene(glimpse.text, hints=False).angle if glimpse.view is View.ACTION else None
        own = demanded[index]
        if own is not None:
            chosen.append(Camera(own, angle or Angle.EYE_LEVEL))
            continue
        wishes = [*_wishes(glimpses, index, chosen), *OTHERWISE]
        if angle is not None:
            wishes = [Camera(wish.framing, angle) for wish in wishes]
        after = demanded[index + 1 : index + 3]
        fitting = [wish for wish in wishes if not _thrice(chosen, wish, after)]
        fresh = [wish for wish in fitting if not chosen or wish != chosen[-1]]
        chosen.append((fresh or fitting)[0])
    return tuple(chosen)


def demanded_framing(glimpse: Glimpse) -> Framing | None:
    """The framing the text itself asks for; it means only the main view of a moment."""
    return read_scene(glimpse.text, hints=False).framing if glimpse.view is View.ACTION else None


def _wishes(glimpses: Sequence[Glimpse], index: int, chosen: Sequence[Camera]) -> list[Camera]:
    """What would suit a shot, the best first."""
    glimpse, moving = glimpses[index], ON_THE_MOVE.search(glimpses[index].text) is not None
    if glimpse.view is not View.ACTION:
        return [VIEW_CAMERAS[glimpse.view]]
    if index == 0:
        return [Camera(Framing.EXTREME_WIDE if VAST.search(glimpse.text) else Framing.WIDE)]
    if glimpse.text == glimpses[index - 1].text:
        return [Camera(Framing.FULL if moving else Framing.MEDIUM)]
    if index == len(glimpses) - 1 and index + 1 >= SHORTEST_ARC:
        return _last(glimpse, chosen[-1], moving=moving)
    return [*_told(glimpse, moving=moving), _by_rhythm(glimpses, index, chosen[-1].framing)]


def _last(glimpse: Glimpse, before: Camera, *, moving: bool) -> list[Camera]:
    """The last shot steps back, or lets them go."""
    leaving = moving and glimpse.figures and LEAVING.search(glimpse.text)
    angle = Angle.BEHIND if leaving else Angle.EYE_LEVEL
    if before.framing is Framing.WIDE:
        return [Camera(Framing.FULL, angle)]
    return [Camera(Framing.WIDE, angle)]


def _told(glimpse: Glimpse, *, moving: bool) -> list[Camera]:
    """What the words of the moment themselves suggest."""
    text, figures = glimpse.text, glimpse.figures
    wishes = []
    if UPWARD.search(text):
        whole = moving or figures >= CROWD
        wishes.append(Camera(Framing.FULL if whole else Framing.MEDIUM, Angle.LOW))
    if LOOKED_DOWN_ON.search(text) and figures:
        wishes.append(Camera(Framing.FULL, Angle.HIGH))
    if VAST.search(text):
        wishes.append(Camera(Framing.EXTREME_WIDE, Angle.HIGH if figures else Angle.EYE_LEVEL))
    if figures == 2 and TALKING.search(text) and not moving:
        wishes.append(Camera(Framing.MEDIUM, Angle.OVER_SHOULDER))
    if figures and moving and LEAVING.search(text):
        wishes.append(Camera(Framing.FULL, Angle.BEHIND))
    if figures and not moving and find_thing(text)[0] in HANDY:
        wishes += [Camera(Framing.MEDIUM), Camera(Framing.FULL)]
    return wishes if figures else [Camera(Framing.WIDE, wish.angle) for wish in wishes]


def _by_rhythm(glimpses: Sequence[Glimpse], index: int, before: Framing) -> Camera:
    glimpse = glimpses[index]
    moving = ON_THE_MOVE.search(glimpse.text) is not None
    thing, _ = find_thing(glimpse.text)
    whole = moving or glimpse.figures >= CROWD or (thing and thing not in HANDY)
    near = Framing.FULL if whole else Framing.MEDIUM
    far = before in {Framing.WIDE, Framing.EXTREME_WIDE}
    if not glimpse.figures:
        return Camera(Framing.MEDIUM if far else Framing.WIDE)
    intimate = INTIMATE.search(glimpse.text) is not None and glimpse.figures < CROWD and not (moving or thing)
    moved = glimpse.place is not glimpses[index - 1].place
    if moved and not (intimate and glimpse.place in INDOORS):
        return Camera(near if far else Framing.WIDE)
    if before in {Framing.CLOSE_UP, Framing.DETAIL}:
        return Camera(near if index % 2 else Framing.WIDE)
    if intimate or (before is Framing.MEDIUM and not whole and not thing):
        return Camera(Framing.CLOSE_UP)
    return Camera(near if far else Framing.WIDE)


def _thrice(chosen: Sequence[Camera], wish: Camera, demanded_next: Sequence[Framing | None]) -> bool:
    """Whether a choice would make three alike in a row, with those before or those demanded after it."""
    around = [*(camera.framing for camera in chosen[-2:]), wish.framing, *demanded_next]
    return any(set(around[start : start + 3]) == {wish.framing} for start in range(len(around) - 2))
