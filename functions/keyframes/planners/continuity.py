"""Carries the setting from moment to moment, so that a story stays where it is. Knows no characters."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from functions.keyframes.planners.character_words import words_of
from functions.keyframes.planners.phrases import any_of
from functions.keyframes.scene import (
    PLACES,
    TIMES,
    WEATHERS,
    Cue,
    Place,
    TimeOfDay,
    Vocabulary,
    Weather,
)

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

NOT_A_NAME = frozenset(
    words_of("""
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

T = TypeVar("T", Place, TimeOfDay, Weather)


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
        if weather and self.place is Place.ROOM:
            weather = f"{weather} outside"
        return ", ".join(filter(None, (" ".join(filter(None, (self.place_name, time))), weather)))


def carry_settings(texts: Sequence[str], headings: Sequence[str]) -> tuple[Setting, ...]:
    """Tell the setting of each text: its own words, else what was last said, else what is said first.

    Args:
        headings: the slugline of each text, or empty; it comes before the text's own words.
    """
    full = [f"{heading}\n{text}" if heading else text for text, heading in zip(texts, headings, strict=True)]
    places = _carry(full, PLACES, PLACE_CHANGES, starts_anew=lambda index: bool(headings[index]))
    times = _carry(full, TIMES, TIME_CHANGES, starts_anew=lambda index: bool(headings[index]))
    placed = next((index for index, text in enumerate(full) if PLACES.cues(text, hints=False)), 0)
    # Weather told only after the place is news: a desert is not snowed in because its mountains are.
    weathers = _carry(
        full, WEATHERS, WEATHER_CHANGES, starts_anew=lambda index: bool(headings[index]) or index > placed
    )
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
    texts: Sequence[str],
    vocabulary: Vocabulary[T],
    changes: re.Pattern[str],
    starts_anew: Callable[[int], bool],
) -> list[tuple[T, str] | None]:
    """Give each text a value and its words: its own, else the last, else the first later one, else a hint."""
    values: list[tuple[T, str] | None] = []
    last: tuple[T, str] | None = None
    for index, text in enumerate(texts):
        plain = vocabulary.cues(text, hints=False)
        cues = [cue for cue in plain if not ONLY_IMAGINED.search(text[: cue.start])]
        values.append(_told(text, cues, cues[0]) if cues else last)
        if cues and last is None and not changes.search(text) and not starts_anew(index):
            values = [values[-1]] * len(values)
        last = _told(text, cues, _closing(text, cues)) if cues else last
    return _fill_with_hints(texts, vocabulary, values)


def _fill_with_hints(
    texts: Sequence[str], vocabulary: Vocabulary[T], values: list[tuple[T, str] | None]
) -> list[tuple[T, str] | None]:
    hinted = [
        None if value else next(iter(vocabulary.cues(text)), None)
        for value, text in zip(values, texts, strict=True)
    ]
    first = next((cue for cue in hinted if cue), None)
    last = (first.value, "") if first else None
    filled = []
    for value, hint in zip(values, hinted, strict=True):
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
