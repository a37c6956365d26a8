"""Decides what a shot shows from its request: setting, action, props, camera. It draws nothing."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from shared.board import chance
from shared.board.appearance import Look, look_of, looks_of, species_of
from shared.board.backdrop import View
from shared.board.brief import Brief
from shared.board.lens import LENSES, Lens
from shared.board.pose import Action, only_one_sleeps, read_action
from shared.board.props import PROPS
from shared.board.scene import Framing, Place, TimeOfDay, Weather, read_scene
from shared.board.wardrobe import (
    COLOURS,
    HELD,
    PLAIN_HELD,
    SWIMMERS,
    HeldKind,
    Species,
)
from shared.domain.plan import Character

NEUTRAL_PLACES = (Place.FIELD, Place.MOUNTAINS, Place.FOREST)
"""Where a story without a setting happens; one of them for all shots of a job. All may lie under snow."""

WATERS = frozenset({Place.HARBOUR, Place.BEACH})

MOST_FIGURES = 4
"""More in one picture are too small to be told apart; characters beyond it are drawn all the same."""

OPEN_AIR_PROPS = frozenset({"lighthouse", "boat", "car", "house", "pine", "tree", "campfire"})

_CARRIED = re.compile(
    r"\b(?:hold\w*|carr\w+|under|rais\w+|lift\w*|open\w*|with)\s+(?:\w+\s+){0,3}?(umbrella|lantern|balloon)s?\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Shot:
    """All decisions about one picture."""

    place: Place
    time_of_day: TimeOfDay
    weather: Weather
    framing: Framing
    action: Action
    cast: tuple[Look, ...]
    swimmers: tuple[Look, ...]
    """Those in the water, which belong to the place."""
    actor: int
    """Who in the cast does what only one does, such as pointing."""
    alone: bool
    """Whether only the actor does it."""
    prop: str | None
    """Key in `PROPS` of the thing the prompt names, if it fits the place."""
    facing: int
    """-1: left; 1: right. The same for a character in all shots: whoever walks goes on the same way."""
    pan: float
    job: tuple[object, ...]
    """What chance of the place depends on."""
    own: tuple[object, ...]
    """What chance of this shot alone depends on."""

    @property
    def lens(self) -> Lens:
        """How the camera sees it."""
        return LENSES[self.framing]


def read_shot(brief: Brief) -> Shot:
    """Read the prompt; where it says nothing, choose by the seed, which all shots of a job share."""
    scene = read_scene(brief.prompt)
    drawn = [character for character in brief.characters if species_of(character)]
    ashore = [character for character in drawn if species_of(character) not in SWIMMERS]
    neutral = NEUTRAL_PLACES[chance.pick(len(NEUTRAL_PLACES), brief.seed, "place")]
    place = scene.place or (neutral if len(ashore) == len(drawn) else Place.BEACH)
    own = (brief.seed, brief.prompt, "shot")
    groups = _groups(ashore)
    cast = _carrying(tuple(look for group in groups for look in group), brief.prompt)
    afloat = [look_of(character) for character in drawn if character not in ashore and place in WATERS]
    action = read_action(brief.prompt)
    leader = (brief.seed, brief.characters[0].name) if brief.characters else own
    return Shot(
        place=place,
        time_of_day=scene.time_of_day or TimeOfDay.DAY,
        weather=scene.weather or Weather.CLEAR,
        framing=scene.framing or Framing.MEDIUM,
        action=action,
        alone=action is Action.REACHING or (action is Action.SLEEPING and only_one_sleeps(brief.prompt)),
        cast=tuple(_indoors(look) if place is Place.ROOM else look for look in cast),
        swimmers=tuple(afloat),
        actor=_actor([character.name for character in ashore], brief.prompt, groups),
        prop=_prop(brief.prompt, place),
        facing=1 if chance.pick(2, *leader, "facing") else -1,
        pan=float(chance.stream(*own, "pan").uniform(-0.2, 0.2)),
        job=(brief.seed, place),
        own=own,
    )


def view_of(shot: Shot, width: int, height: int) -> View:
    """Set up the camera for a picture of that size."""
    lens = shot.lens
    return View(width=width, height=height, horizon=lens.horizon, zoom=lens.zoom, pan=shot.pan)


def _groups(characters: Sequence[Character]) -> list[tuple[Look, ...]]:
    """Who stands for each character: one, or several where it is a group and there is room."""
    groups: list[tuple[Look, ...]] = []
    room = MOST_FIGURES - len(characters)
    for character in characters:
        groups.append(looks_of(character, max(1, room + 1)))
        room -= len(groups[-1]) - 1
    return groups


def _actor(names: list[str], prompt: str, groups: list[tuple[Look, ...]]) -> int:
    """Return the one the prompt names first, by the last word of names such as `the old fisherman`."""
    text = prompt.lower()
    places = [text.find(name.lower().rsplit(" ", 1)[-1]) for name in names]
    first = min(range(len(names)), key=lambda i: places[i] if places[i] >= 0 else len(text) + i, default=0)
    return sum(map(len, groups[:first]))


def _prop(prompt: str, place: Place) -> str | None:
    known = set(re.findall(r"[a-z]+", prompt.lower()))
    for key, (_, names) in PROPS.items():
        if known & set(names.split()) and not (place is Place.ROOM and key in OPEN_AIR_PROPS):
            return key
    return None


def _indoors(look: Look) -> Look:
    """Nobody opens an umbrella in a room."""
    if look.held is None or look.held[0] is not HeldKind.UMBRELLA:
        return look
    return replace(look, held=(HeldKind.FURLED_UMBRELLA, look.held[1]))


def _carrying(cast: tuple[Look, ...], prompt: str) -> tuple[Look, ...]:
    """Give what the prompt says is carried to the first person, unless someone has it anyway."""
    found = _CARRIED.search(prompt)
    first = next((i for i, look in enumerate(cast) if look.species is Species.PERSON and not look.held), None)
    if found is None or first is None:
        return cast
    kind = next(kind for kind, names in HELD.items() if found[1].lower() in names.split())
    if any(look.held and look.held[0] is kind for look in cast):
        return cast
    said = [COLOURS[word] for word in re.findall(r"[a-z]+", found[0].lower()) if word in COLOURS]
    carrier = replace(cast[first], held=(kind, said[-1] if said else PLAIN_HELD[kind]))
    return (*cast[:first], carrier, *cast[first + 1 :])
