"""Carries the setting from moment to moment, so that a story stays where it is. Knows no characters."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Generic, TypeVar

from functions.keyframes.planners.phrases import any_of
from shared.board.scene import (
    INDOORS,
    PLACES,
    TIMES,
    WEATHERS,
    Place,
    TimeOfDay,
    Weather,
)
from shared.board.vocabulary import Cue, Vocabulary, phrases_of

PLACE_CHANGES = any_of("""
    enter, enters, entered, reach, reaches, reached, arrives, arrived, into, onto, toward, towards,
    later, next, finally, then, until, leave, leaves, return, returns, suddenly, run to, runs to, walk
    to, walks to, goes to, come to, comes to
""")
TIME_CHANGES = any_of("""
    falls, fell, breaks, sets, rises, comes, came, later, next, finally, then, until, till, now, turn,
    turns, become, becomes, by the time, after, as night, as dawn, as dusk, as evening, as morning, that
    night, that evening, that morning, that afternoon, when, goes down, sinks
""")
WEATHER_CHANGES = any_of("""
    begin, begins, began, start, starts, started, falls, fell, break, breaks, broke, turn, turns,
    become, becomes, come, comes, came, roll in, rolls in, later, finally, then, suddenly, until,
    approach, approaches, gather, gathers, stop, stops, stopped, end, ends, ended, clear, clears, lift,
    lifts, passes, strike, strikes, struck, hits, flash, flashes
""")
"""Words after which a setting first named is new, so that it does not hold for what came before."""

ARRIVAL = re.compile(
    r"\b(?:in)?to\s+(?:(?:an?|the|his|her|their|its)\s+)?(?:\w+\s+){0,2}$|\buntil\s+(?:\w+\s+){0,1}$"
)
IMAGINING = """
    dream, dreams, dreaming, dreamed, decide, decides, decided, want, wants, wanted, hope, hopes,
    hoping, wish, wishes, search for, searches for, searching for, look for, looks for, looking for,
    think, thinks, thinking, remember, remembers, remembering, tells, talks, talking, plans to, longs
    for
"""
ONLY_IMAGINED = re.compile(rf"{any_of(IMAGINING).pattern}[^.;!?]{{0,30}}$", re.IGNORECASE)
"""Before a cue: it is spoken or thought of, and not where the story is."""

OPENING = re.compile(
    r"(?:^|[.!?;:\n]\s*)(?:(?:and|but|then|later)\s+)?"
    r"(?:at|in|on|by|during|towards?|before|after|late|early)\s+(?:\w+\s+){0,3}$",
    re.IGNORECASE,
)
"""Before a time: `At night it sleeps` tells a new time, and not that of what came before."""

GOING_OUT = re.compile(
    r"\b(?:step|walk|run|ran|go|went|come|came|rush|hurr|head|burst|sneak|escape|storm|stroll)\w*\s+(?:\w+\s+){0,2}?"
    r"(?:out|outside|outdoors|away|home|along the|down the|over the)\b|\bleaves?\b|\b(?:back )?outdoors\b",
    re.IGNORECASE,
)
"""Whoever does so is in no room any more, though no word says where they are."""

_SEASON = r"(?:spring|summer|autumn|fall|winter)(?:time)?"
_SPAN = r"(?:day|week|month|year|decade|season)s?"
_OF_A_DAY = r"(?:day|week|month|year|morning|afternoon|evening|night)"
STARTS_AFRESH = re.compile(
    rf"""(?:^|[.!?;\n]\s*)(?:(?:and|but|then|finally)\s+)?
    (?:in\s+(?:(?:the|early|late|following|next)\s+){{0,2}}{_SEASON}\b
      |(?:on\s+)?(?:the\s+)?(?:next|following)\s+(?:{_OF_A_DAY}|{_SEASON})\b
      |(?:[\w-]+\s+){{0,3}}{_SPAN}\s+(?:later|pass|passes|passed|go\s+by|went\s+by)\b
      |after\s+(?:[\w-]+\s+){{1,3}}{_SPAN}\b
      |(?:(?:when|as|then)\s+)?{_SEASON}\s+(?:is|has|comes|came|arrives|arrived|returns|returned|begins|began)\b)""",
    re.IGNORECASE | re.VERBOSE,
)
"""A new season or day: what was told of light and weather before holds no longer."""

NOT_A_NAME = frozenset(
    phrases_of("""
        inside, indoors, int, interior, room, traffic, anchor, boat, boats, fishing, ship, ships,
        sailing, ferry, tide, surf, crosswalk, wheat, martian, cactus, cacti, birch, trawler,
        snow-capped, hafen, wald, strand, stadt, berge, foret, ville, plage, champ, feld, montagne,
        campo, bosque, ciudad, playa, puerto
""")
)
"""Words that tell a place without being its name: the heading then says `harbour`, not `boat`."""

GENERAL_NAMES = {
    Place.ROOM: "indoors",
    Place.FIELD: "open field",
    Place.CITY: "city street",
    Place.BEACH: "beach",
}

T = TypeVar("T", bound=StrEnum)


@dataclass(frozen=True)
class Setting:
    """Where and when a shot plays; None where the whole story does not say."""

    place: Place | None = None
    place_name: str = ""
    """The story's own word, such as `cafe`; the same for as long as the place is."""
    time_of_day: TimeOfDay | None = None
    weather: Weather | None = None

    def in_words(self) -> str:
        """`harbour at dusk, rain`; empty where nothing is known."""
        times = {TimeOfDay.DAY: "by day"}
        time = times.get(self.time_of_day, f"at {self.time_of_day}") if self.time_of_day else ""
        weather = {None: "", Weather.CLEAR: "clear sky"}.get(self.weather, str(self.weather))
        if weather and self.place in INDOORS:
            weather = f"{weather} outside"
        return ", ".join(filter(None, (" ".join(filter(None, (self.place_name, time))), weather)))


@dataclass(frozen=True)
class _Aspect(Generic[T]):
    """One aspect of the setting, and when it does not hold for what came before it was told."""

    vocabulary: Vocabulary[T]
    changes: re.Pattern[str]
    """Words of the whole text that make it news."""
    opens: re.Pattern[str] | None = None
    """Words right before it that make it news."""
    afresh: T | None = None
    """What holds where the story starts afresh and does not say."""
    hints_reach_back: bool = True
    reaches_back_from_late: bool = True
    """Whether what only the second half of a story tells holds for the first as well."""
    hints_stand_first: bool = False
    """Whether a text's own hint counts for more than what a later text is the first to tell plainly."""
    leaves: re.Pattern[str] | None = None
    """Words that lead away from where it held."""
    left: frozenset[T] = frozenset()
    """What they lead away from."""


_PLACE = _Aspect(PLACES, PLACE_CHANGES, hints_stand_first=True, leaves=GOING_OUT, left=INDOORS)
_TIME = _Aspect(
    TIMES, TIME_CHANGES, OPENING, TimeOfDay.DAY, hints_reach_back=False, reaches_back_from_late=False
)
_WEATHER = _Aspect(WEATHERS, WEATHER_CHANGES, afresh=Weather.CLEAR)


def carry_settings(texts: Sequence[str], headings: Sequence[str]) -> tuple[Setting, ...]:
    """Tell the setting of each text: its own words, else what was last said, else what is said first.

    Args:
        headings: the slugline of each text, or empty; it comes before the text's own words.
    """
    full = [f"{heading}\n{text}" if heading else text for text, heading in zip(texts, headings, strict=True)]
    places = _carry(full, _PLACE, starts_anew=lambda index: bool(headings[index]))
    times = _carry(full, _TIME, starts_anew=lambda index: bool(headings[index]))
    placed = next((index for index, text in enumerate(full) if PLACES.cues(text, hints=False)), 0)
    # Weather told only after the place is news: a desert is not snowed in because its mountains are.
    weathers = _carry(full, _WEATHER, starts_anew=lambda index: bool(headings[index]) or index > placed)
    settings: list[Setting] = []
    for place, time, weather in zip(places, times, weathers, strict=True):
        place_name = _name_of(place)
        setting = Setting(place and place[0], place_name, time and time[0], weather and weather[0])
        before = settings[-1] if settings else Setting()
        if setting.place is before.place and place_name == general_name(setting.place):
            setting = replace(setting, place_name=before.place_name)
        settings.append(setting)
    return tuple(settings)


def _carry(
    texts: Sequence[str], aspect: _Aspect[T], starts_anew: Callable[[int], bool]
) -> list[tuple[T, str] | None]:
    """Give each text a value and its words: its own, else the last, else the first later one, else a hint."""
    values: list[tuple[T, str] | None] = []
    last: tuple[T, str] | None = None
    for index, text in enumerate(texts):
        plain = aspect.vocabulary.cues(text, hints=False)
        cues = [cue for cue in plain if not ONLY_IMAGINED.search(text[: cue.start])]
        afresh = STARTS_AFRESH.search(text)
        if afresh and last and aspect.afresh:
            hint = next(iter(aspect.vocabulary.cues(text[afresh.start() :])), None)
            last = (hint.value if hint else aspect.afresh, "")
        if aspect.leaves and last and last[0] in aspect.left and not cues and aspect.leaves.search(text):
            last = _elsewhere(text, values, aspect)
        values.append(_told(text, cues, cues[0]) if cues else last)
        late = not aspect.reaches_back_from_late and index >= max(2, len(texts) / 2)
        if cues and last is None and not (late or starts_anew(index) or _is_news(text, cues[0], aspect)):
            values = _told_back(texts, values, aspect)
        last = _told(text, cues, _closing(text, cues)) if cues else last
    return _fill_with_hints(texts, aspect, values)


def _told_back(
    texts: Sequence[str], values: list[tuple[T, str] | None], aspect: _Aspect[T]
) -> list[tuple[T, str] | None]:
    """Let what the last text was the first to tell hold before it, until a text has a hint of its own."""
    told = values[-1]
    if not aspect.hints_stand_first:
        return [told] * len(values)
    held, back = told, []
    for text in texts[: len(values) - 1]:
        hint = next(iter(aspect.vocabulary.cues(text)), None)
        held = (hint.value, "") if hint else held
        back.append(held)
    return [*back, told]


def _elsewhere(text: str, values: Sequence[tuple[T, str] | None], aspect: _Aspect[T]) -> tuple[T, str] | None:
    """Where one is who has left: where the story was before, else where the text hints at, else unchanged."""
    before = next((value for value in reversed(values) if value and value[0] not in aspect.left), None)
    hint = next((cue for cue in aspect.vocabulary.cues(text) if cue.value not in aspect.left), None)
    return before or ((hint.value, "") if hint else next(iter(values[-1:]), None))


def _is_news(text: str, cue: Cue[T], aspect: _Aspect[T]) -> bool:
    """Whether the words around a cue tell that it was not so before."""
    opens = aspect.opens is not None and aspect.opens.search(text[: cue.start])
    afresh = aspect.afresh is not None and STARTS_AFRESH.search(text)
    return bool(aspect.changes.search(text) or opens or afresh)


def _fill_with_hints(
    texts: Sequence[str], aspect: _Aspect[T], values: list[tuple[T, str] | None]
) -> list[tuple[T, str] | None]:
    hinted = [
        None if value else next(iter(aspect.vocabulary.cues(text)), None)
        for value, text in zip(values, texts, strict=True)
    ]
    first = next((cue for cue in hinted if cue), None)
    last = (first.value, "") if first and aspect.hints_reach_back else None
    filled = []
    for text, value, hint in zip(texts, values, hinted, strict=True):
        if last and aspect.afresh and STARTS_AFRESH.search(text):
            last = (aspect.afresh, "")
        last = (hint.value, "") if hint else last
        filled.append(value or last)
    return filled


def _closing(text: str, cues: list[Cue[T]]) -> Cue[T]:
    """The cue that holds from here on: the last one if the text arrives there, else the first."""
    return cues[-1] if ARRIVAL.search(text[: cues[-1].start]) else cues[0]


def _told(text: str, cues: list[Cue[T]], chosen: Cue[T]) -> tuple[T, str]:
    """The value of a cue and the words for it: of those that mean the same, the first that is a name."""
    same = sorted((cue for cue in cues if cue.value is chosen.value), key=lambda cue: cue != chosen)
    words = [text[cue.start : cue.end].lower() for cue in same]
    return chosen.value, next((name for name in words if not NOT_A_NAME & set(name.split())), "")


def general_name(place: Place | None) -> str:
    """What a heading calls a place for which the story has no word of its own."""
    return GENERAL_NAMES.get(place, str(place)) if place else ""


def _name_of(place: tuple[Place, str] | None) -> str:
    if place is None:
        return ""
    value, words = place
    return re.sub(r"^(?:at|in the|into the)\s+", "", " ".join(words.split())) or general_name(value)
