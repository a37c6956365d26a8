"""Decides what a shot shows from its request: setting, action, props, camera. It draws nothing."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from shared.board import chance
from shared.board.appearance import Look, look_of, looks_of, species_of
from shared.board.backdrop import View
from shared.board.brief import Brief, Palette
from shared.board.colour import RGB, mix
from shared.board.inventory import OPEN_AIR, find_thing
from shared.board.lens import Lens, lens_of
from shared.board.light import Light, light_for, toned
from shared.board.pose import Action, only_one_sleeps, read_action
from shared.board.scene import INDOORS, Angle, Framing, Place, TimeOfDay, Weather, read_scene
from shared.board.unwanted import Unwanted, read_unwanted
from shared.board.wardrobe import (
    COLOURS,
    HELD,
    PLAIN_HELD,
    SWIMMERS,
    UPRIGHT,
    HeldKind,
)
from shared.domain.plan import Character

NEUTRAL_PLACES = (Place.FIELD, Place.MOUNTAINS, Place.FOREST)
"""Where a story without a setting happens; one of them for all shots of a job. All may lie under snow."""

WATERS = frozenset({Place.HARBOUR, Place.BEACH})

MOST_FIGURES = 4
"""More in one picture are too small to be told apart; characters beyond it are drawn all the same."""

_FILLING = re.compile(r"\bThe (\w+) fills the frame")

_HANDLES = (
    r"hold\w*|carr\w+|under|rais\w+|lift\w*|open\w*|with|read\w*|writ\w+|play\w*|drink\w*|sip\w*|finds?|found|"
    r"discover\w*|picks?(?:\s+up)?|tak(?:es|ing)|took|brings?|brought|giv\w+|gave|offer\w*|hand\w*|clutch\w*|"
    r"hug\w*|swing\w*|draws|grab\w*|grip\w*|fl(?:y|ies|ying)|study|studies|studying|unfold\w*|show\w*|light\w*|"
    r"look\w*\s+(?:through|at)|gaz\w+\s+through|pull\w*|packs?|bak\w+|unwrap\w*|wav\w+|answer\w*|check\w*|"
    r"pour\w*|bounc\w+|throw\w*|catch\w*|sniff\w*|smell\w*|steal\w*|stole|get\w*|buy\w*|receiv\w*"
)
_THINGS = {word: kind for kind, names in HELD.items() for word in names.split()}
_CARRIED = re.compile(
    rf"\b(?:{_HANDLES})\s+(?:[\w'-]+\s+){{0,4}}?({'|'.join(sorted(_THINGS, key=len, reverse=True))})\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Shot:
    """All decisions about one picture."""

    place: Place
    time_of_day: TimeOfDay
    weather: Weather
    framing: Framing
    angle: Angle
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
    tones: tuple[RGB, RGB, RGB] | None = None
    """The dark, middle and bright colour that pictures of a style pull the light towards."""

    @property
    def light(self) -> Light:
        """The light of its time and weather, in the tones of its style."""
        light = light_for(self.time_of_day, self.weather)
        return toned(light, self.tones) if self.tones else light

    @property
    def lens(self) -> Lens:
        """How the camera sees it."""
        return lens_of(self.framing, self.angle)

    def is_turned_away(self, index: int) -> bool:
        """Whether one of the cast shows their back: all of them, or the one over whose shoulder one looks."""
        return self.angle is Angle.BEHIND or (
            self.angle is Angle.OVER_SHOULDER and index == _shoulder(self.cast, self.actor)
        )


def read_shot(brief: Brief) -> Shot:
    """Read the prompt; where it says nothing, choose by the seed, which all shots of a job share."""
    scene, unwanted = read_scene(brief.prompt), read_unwanted(brief.negative_prompt)
    drawn = [each for each in brief.characters if species_of(each) and not unwanted.leaves_out(each)]
    ashore = [character for character in drawn if species_of(character) not in SWIMMERS]
    neutral = NEUTRAL_PLACES[chance.pick(len(NEUTRAL_PLACES), brief.seed, "place")]
    place = scene.place or (neutral if len(ashore) == len(drawn) else Place.BEACH)
    own = (brief.seed, brief.prompt, "shot")
    groups = _groups(ashore, brief)
    actor = _actor([character.name for character in ashore], brief.prompt, groups)
    company = tuple(_empty_handed(look, unwanted) for group in groups for look in group)
    cast = _carrying(company, brief.prompt, actor, unwanted)
    framing = scene.framing or Framing.MEDIUM
    prop = _prop(brief.prompt, place, cast, framing, unwanted)
    angle = scene.angle or Angle.EYE_LEVEL
    if framing is Framing.DETAIL:
        cast, actor = (() if prop else cast[actor : actor + 1]), 0
        angle = angle if angle in {Angle.LOW, Angle.HIGH} else Angle.EYE_LEVEL
    swimmers = [character for character in drawn if character not in ashore and place in WATERS]
    action = read_action(brief.prompt)
    leader = (brief.seed, brief.characters[0].name) if brief.characters else own
    return Shot(
        place=place,
        time_of_day=scene.time_of_day or TimeOfDay.DAY,
        weather=Weather.CLEAR if scene.weather in unwanted.weathers else scene.weather or Weather.CLEAR,
        framing=framing,
        angle=angle,
        action=action,
        alone=action is Action.REACHING or (action is Action.SLEEPING and only_one_sleeps(brief.prompt)),
        cast=tuple(_indoors(look) if place in INDOORS else look for look in cast),
        swimmers=tuple(look_of(swimmer, brief.palette_of(swimmer)) for swimmer in swimmers),
        actor=actor,
        prop=prop,
        facing=1 if chance.pick(2, *leader, "facing") else -1,
        pan=float(chance.stream(*own, "pan").uniform(-0.2, 0.2)),
        job=(brief.seed, place),
        own=own,
        tones=_tones(brief.style),
    )


def view_of(shot: Shot, width: int, height: int) -> View:
    """Set up the camera for a picture of that size."""
    lens = shot.lens
    return View(width=width, height=height, horizon=lens.horizon, zoom=lens.zoom, pan=shot.pan)


def _tones(style: Sequence[Palette]) -> tuple[RGB, RGB, RGB] | None:
    """Return the tones of one style, or those half-way between several."""
    if not style:
        return None
    dark, middle, bright = style[0].tones
    for number, other in enumerate(style[1:], start=2):
        dark, middle, bright = (
            mix(own, its, 1 / number) for own, its in zip((dark, middle, bright), other.tones, strict=True)
        )
    return dark, middle, bright


def _groups(characters: Sequence[Character], brief: Brief) -> list[tuple[Look, ...]]:
    """Who stands for each character: one, or several where it is a group and there is room."""
    groups: list[tuple[Look, ...]] = []
    room = MOST_FIGURES - len(characters)
    for character in characters:
        groups.append(looks_of(character, max(1, room + 1), brief.palette_of(character)))
        room -= len(groups[-1]) - 1
    return groups


def _actor(names: list[str], prompt: str, groups: list[tuple[Look, ...]]) -> int:
    """Return the one the prompt names first, by the last word of names such as `the old fisherman`."""
    text = prompt.lower()
    places = [text.find(name.lower().rsplit(" ", 1)[-1]) for name in names]
    first = min(range(len(names)), key=lambda i: places[i] if places[i] >= 0 else len(text) + i, default=0)
    return sum(map(len, groups[:first]))


def _shoulder(cast: Sequence[Look], actor: int) -> int:
    """Over whose shoulder one looks at the actor: the tallest person's or robot's beside the actor."""
    others = [i for i in range(len(cast)) if i != actor] or [actor]
    return max(others, key=lambda i: (cast[i].species in UPRIGHT, cast[i].height))


def _prop(
    prompt: str, place: Place, cast: Sequence[Look], framing: Framing, unwanted: Unwanted
) -> str | None:
    """Return the thing to show beside what is in somebody's hands; a detail is of any thing."""
    outside = unwanted.things | (OPEN_AIR if place in INDOORS else frozenset[str]())
    if framing is Framing.DETAIL:
        filling = _FILLING.search(prompt)
        return find_thing(filling[1] if filling else prompt, but=outside)[0] or None
    elsewhere = {look.held[0].value for look in cast if look.held}
    if place is Place.KITCHEN:
        elsewhere.add("pot")  # It stands on the stove.
    return find_thing(prompt, but=outside | elsewhere)[0] or None


def _empty_handed(look: Look, unwanted: Unwanted) -> Look:
    """Take away what nobody is to have in hand."""
    return replace(look, held=None) if look.held and look.held[0] in unwanted.held else look


def _indoors(look: Look) -> Look:
    """Nobody opens an umbrella in a room."""
    if look.held is None or look.held[0] is not HeldKind.UMBRELLA:
        return look
    return replace(look, held=(HeldKind.FURLED_UMBRELLA, look.held[1]))


def _carrying(cast: tuple[Look, ...], prompt: str, actor: int, unwanted: Unwanted) -> tuple[Look, ...]:
    """Give what the prompt says is handled to the person who acts, unless someone has it anyway."""
    able = [i for i, look in enumerate(cast) if look.species in UPRIGHT and not look.held]
    if not able:
        return cast
    carrier = actor if actor in able else able[0]
    for found in _CARRIED.finditer(re.sub(r"\s*\([^)]*\)", "", prompt)):
        kind = _THINGS[found[1].lower()]
        if kind in unwanted.held or any(look.held and look.held[0] is kind for look in cast):
            continue
        said = [COLOURS[word] for word in re.findall(r"[a-z]+", found[0].lower()) if word in COLOURS]
        held = replace(cast[carrier], held=(kind, said[-1] if said else PLAIN_HELD[kind]))
        return (*cast[:carrier], held, *cast[carrier + 1 :])
    return cast
