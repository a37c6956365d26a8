"""Reads what a text says of its setting. Pure; knows neither planner nor brush."""

from dataclasses import dataclass
from enum import StrEnum


class Place(StrEnum):
    FOREST = "forest"
    CITY = "city"
    BEACH = "beach"
    HARBOUR = "harbour"
    MOUNTAINS = "mountains"
    DESERT = "desert"
    FIELD = "field"
    ROOM = "room"


class TimeOfDay(StrEnum):
    DAWN = "dawn"
    DAY = "day"
    DUSK = "dusk"
    NIGHT = "night"


class Weather(StrEnum):
    CLEAR = "clear"
    RAIN = "rain"
    SNOW = "snow"
    FOG = "fog"


class Framing(StrEnum):
    WIDE = "wide"
    MEDIUM = "medium"
    CLOSE_UP = "close-up"


@dataclass(frozen=True)
class Scene:
    """A setting; None where the text does not say."""

    place: Place | None = None
    time_of_day: TimeOfDay | None = None
    weather: Weather | None = None
    framing: Framing | None = None


def read_scene(text: str) -> Scene:
    """Recognise place, time of day, weather and framing by their words."""
    return Scene()
