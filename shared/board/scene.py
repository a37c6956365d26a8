"""Reads what a text says of its setting. Pure; knows neither planner nor brush.

Where words disagree the earliest plain word wins; hints (weak words such as `sun`) count only without one.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from shared.board.vocabulary import Cue, Vocabulary

T = TypeVar("T", bound=StrEnum)


class Place(StrEnum):
    FOREST = "forest"
    CITY = "city"
    BEACH = "beach"
    HARBOUR = "harbour"
    MOUNTAINS = "mountains"
    DESERT = "desert"
    FIELD = "field"
    VILLAGE = "village"
    ROOM = "room"
    KITCHEN = "kitchen"
    SPACESHIP = "spaceship"


INDOORS = frozenset({Place.ROOM, Place.KITCHEN, Place.SPACESHIP})


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
    """How much of whom it shows a picture takes in, from the farthest to the nearest."""

    EXTREME_WIDE = "extreme wide"
    WIDE = "wide"
    FULL = "full"
    MEDIUM = "medium"
    CLOSE_UP = "close-up"
    DETAIL = "extreme close-up"


class Angle(StrEnum):
    """Where the camera stands to those it shows."""

    EYE_LEVEL = "eye level"
    LOW = "low"
    HIGH = "high"
    OVER_SHOULDER = "over the shoulder"
    BEHIND = "from behind"


@dataclass(frozen=True)
class Scene:
    """A setting; None where the text does not say."""

    place: Place | None = None
    time_of_day: TimeOfDay | None = None
    weather: Weather | None = None
    framing: Framing | None = None
    angle: Angle | None = None


# Vocabulary: lower case, without accents, singular where the plural adds s or es. Hints count only where no
# plain word is found; the `NOT` phrases look like a word of the list and mean something else.

PLACE_WORDS = {
    Place.FOREST: """
        forest, woods, woodland, jungle, rainforest, grove, thicket, glade, undergrowth, treeline,
        swamp, pine tree, fir tree, birch, wald, foret, bosque
""",
    Place.CITY: """
        city, cityscape, street, alley, alleyway, skyline, market, marketplace, town, downtown, suburb,
        metropolis, avenue, boulevard, sidewalk, pavement, crosswalk, intersection, traffic, skyscraper,
        rooftop, plaza, town square, subway, metro, train station, bus stop, neon sign, bazaar,
        junkyard, scrapyard, stadt, ville, ciudad
""",
    Place.BEACH: """
        beach, seashore, shore, shoreline, seaside, coast, coastline, sand dunes by the sea, surf,
        island, lagoon, tide, underwater, coral reef, ocean floor, strand, plage, playa
""",
    Place.HARBOUR: """
        harbour, harbor, pier, dock, docks, quay, quayside, wharf, jetty, marina, lighthouse, boat,
        fishing boat, ship, sailing ship, port, seaport, sea port, harbourside, waterfront, ferry,
        trawler, anchor, hafen, puerto
""",
    Place.MOUNTAINS: """
        mountain, mountaintop, mountainside, mountain hut, peak, summit, cliff, ridge, alps, himalayas,
        canyon, gorge, glacier, valley, volcano, snow capped, highlands, cave, berge, montagne, montana
""",
    Place.DESERT: """
        desert, dune, sand dune, sahara, oasis, cactus, cacti, wasteland, salt flat, badlands, mars,
        martian, on the moon, lunar surface, wuste
""",
    Place.FIELD: """
        field, meadow, grassland, prairie, savanna, savannah, steppe, farm, farmland, farmyard, pasture,
        garden, park, lawn, orchard, vineyard, countryside, moor, plain, plains, cornfield, wheat, rice
        paddy, playground, riverbank, lakeside, campo, champ, feld
""",
    Place.VILLAGE: """
        village, hamlet, castle, kingdom, palace, fortress, cobbled street, village square, dorf
""",
    Place.KITCHEN: "kitchen, bakery, pizzeria, kuche, cuisine, cocina",
    Place.SPACESHIP: """
        spaceship, starship, space ship, space station, cockpit, mission control, airlock, shuttle
""",
    Place.ROOM: """
        room, bedroom, living room, bathroom, classroom, ballroom, office, inside, indoors, cafe,
        coffee shop, coffeehouse, restaurant, diner, pub, tavern, library, bookshop, bookstore,
        shop, hut, workshop, studio, attic, cellar, basement, hallway, corridor, hall, apartment,
        flat, hospital, laboratory, lab, museum, gallery, theatre, theater, cinema, greenhouse,
        garage, train carriage, bar, jazz club, nightclub, elevator, prison cell, nursery, parlour,
        at home, in the house, into the house, in the cabin, church, temple, warehouse, school
""",
}
PLACE_HINTS = {
    Place.FOREST: "tree, fern, moss, mushroom, stream, waterfall",
    Place.CITY: """
        neon, bridge, roof, streetlight, lamppost, street lamp, taxi, bus, tram, car, tokyo, new york,
        paris, london, berlin, venice, rome
    """,
    Place.BEACH: "wave, ocean, seagull, sand, palm tree",
    Place.HARBOUR: "sea, sail, deck, gull",
    Place.MOUNTAINS: "hill, hillside, rock, snowfield",
    Place.VILLAGE: "knight, king, queen, princess, medieval",
    Place.SPACESHIP: "outer space, galaxy, asteroid, zero gravity",
    Place.KITCHEN: "stove, oven, frying pan",
    Place.DESERT: "camel, planet",
    Place.FIELD: """
        grass, wildflower, among the flower, river, lake, pond, road, highway, barn, fence, cabin, cottage,
        train, sky
""",
    Place.ROOM: """
        window, desk, bed, sofa, armchair, fireplace, bookshelf, mirror, piano, home, int, interior
""",
}
PLACE_NOT = """
    magnetic field, force field, deep inside her, deep inside him, forest green, sea green, sea
    of, hall of fame, city girl, city boy, plain clothes, on purpose, no room, make room, makes
    room, room to, market value, field trip, ocean blue, sand coloured, sand colored, rock
    music, tide of, surf the, moss green, sky blue, grass green, inside the forest, inside a
    forest, inside the woods, inside the city, inside a city, inside the cave, inside a cave,
    inside is, inside was, inside are, inside lies, inside it, inside the bag, inside the box,
    inside a box, inside the chest, inside the egg, school bag, schoolbag, flower crown, garden
    gnome, flat cap, castle in the air, sand castle, shuttle bus, shop window, ship in a bottle,
    across town, candy bar, chocolate bar, field notes, wave at, wave to, waves at, waves to,
    waves goodbye, wave goodbye, street clothes, beach hat
"""

TIME_WORDS = {
    TimeOfDay.DAWN: """
        dawn, sunrise, morning, daybreak, first light, sun rises, sun is rising, rising sun, sun comes
        up, early light, sunup, cockcrow
""",
    TimeOfDay.DAY: """
        day, by day, noon, midday, daytime, daylight, afternoon, broad daylight, high noon, lunchtime,
        blazing sun, sunny, sunshine
""",
    TimeOfDay.DUSK: """
        dusk, sunset, sundown, evening, twilight, golden hour, nightfall, sun sets, sun is setting,
        setting sun, sun goes down, sun sinks, blue hour, gloaming
""",
    TimeOfDay.NIGHT: """
        night, midnight, moonlit, moonlight, nighttime, night time, tonight, starry, starlight, starlit,
        after dark, nocturnal, full moon, under the stars, northern lights, aurora borealis, witching hour
""",
}
TIME_HINTS = {
    TimeOfDay.DAY: "sun, sunlight, sunlit, blue sky",
    TimeOfDay.NIGHT: """
        moon, star, dark, darkness, neon, firefly, fireflies, streetlight, campfire, torchlight
""",
}
TIME_NOT = """
    one day, every day, day after day, days, someday, some day, day by day, good morning, good evening,
    good night, night gown, evening gown, evening dress, morning coat, night sky blue, movie star, film
    star, rock star, sea star, star shaped, dark red, dark blue, dark green, dark brown, dark grey, dark
    gray, dark hair, dark haired, dark eyes, dark coat, dark skin, dark skinned, dark suit, on the moon,
    sun hat, straw sun hat, dark wood, all day, all night
"""

WEATHER_WORDS = {
    Weather.CLEAR: """
        clear sky, clear skies, clear weather, the stars, starry sky, sunny, sunshine, cloudless,
        blue sky, blue skies, clear
        day, clear night, clear morning, clear evening, blazing sun, bright sun, stops raining, stopped
        raining, stops snowing, stopped snowing, sun breaks through, sun comes out, sky clears, skies
        clear, sky is clear
""",
    Weather.RAIN: """
        rain, rainy, raining, rainfall, drizzle, drizzling, downpour, storm, stormy, thunderstorm,
        thunder, lightning, rainswept, rain soaked, torrent, monsoon, regen, pluie, lluvia
""",
    Weather.SNOW: """
        snow, snowy, snowing, snowfall, snowflake, blizzard, snowstorm, snowdrift, snow covered, sleet,
        hail, schnee, neige, nieve
""",
    Weather.FOG: "fog, foggy, mist, misty, haze, hazy, smog, nebel, brouillard, niebla",
}
WEATHER_HINTS = {
    Weather.CLEAR: "sun, sunlight, sunlit, starry, starlit, moonlit",
    Weather.RAIN: "puddle, raindrop, wet street",
    Weather.SNOW: "winter, frozen, frost, ice, icy, icicle, christmas, arctic, antarctic, north pole",
}
WEATHER_NOT = """
    white as snow, snow white, snow capped, rain coat, rain boots, rain jacket, rain hat, snow boots,
    snow suit, snow leopard, snow globe, brainstorm, sandstorm, sand storm, dust storm, hail a, hails a,
    ice cream, ice cube, after the rain, after the storm, after the snow, no rain, no snow, no fog,
    without rain, storms into, storms out, rain of, sun hat, snow peak, snowy peak
"""
ENDED_WEATHER = (
    r"(?:rain|drizzle|downpour|storm|thunderstorm|thunder|snow|snowfall|blizzard|fog|mist|haze)"
    r"(?: (?:has|have|had|is|finally|now|at last|slowly|suddenly|begins to|starts to)){0,3}"
    r" (?:stop|stops|stopped|end|ends|ended|pass|passes|passed|lift|lifts|lifted|lifting|clear|clears|cleared"
    r"|clearing|ease|eases|eased|(?:is|was) over|gone|melt|melts|melted|subsides|subsided|dies down)"
)
"""Weather that is over leaves a clear sky: `the rain has stopped`."""

FRAMING_WORDS = {
    Framing.EXTREME_WIDE: """
        extreme wide, extreme long, very wide, aerial, aerial view, aerial shot, drone shot, bird's eye,
        bird's eye view, birds eye view, panorama, panoramic, vista, seen from far away, from high above
""",
    Framing.WIDE: """
        wide shot, wide view, wide angle, wide establishing, establishing, establishing shot, long shot,
        master shot
""",
    Framing.FULL: "full shot, full body, full length, full figure, head to toe, head to foot",
    Framing.MEDIUM: """
        medium shot, mid shot, medium close, medium view, waist, waist up, waist shot, two shot, cowboy
        shot, american shot
""",
    Framing.CLOSE_UP: """
        close up, closeup, close shot, close on, tight shot, tight on, her face, his face, their faces,
        its face, face of
""",
    Framing.DETAIL: """
        extreme close, extreme close up, extreme closeup, big close up, macro, macro shot, detail, detail
        shot, detail of, insert shot, insert of, her eyes, his eyes
""",
}
FRAMING_HINTS = {Framing.WIDE: "wide", Framing.MEDIUM: "medium", Framing.CLOSE_UP: "face"}
FRAMING_NOT = """
    face to face, in the face of, waist deep, to her waist, to his waist, close up shop, in detail, in
    her eyes, face of the earth, face the, closes her eyes, closes his eyes, opens her eyes, opens his
    eyes, to face
"""

ANGLE_WORDS = {
    Angle.EYE_LEVEL: "eye level, straight on",
    Angle.LOW: """
        low angle, worm's eye, worm's eye view, seen from below, shot from below, view from below, viewed
        from below, seen from the ground, from a low angle
""",
    Angle.HIGH: """
        high angle, bird's eye, bird's eye view, birds eye view, aerial, aerial view, aerial shot, drone
        shot, overhead shot, overhead view, top down, top shot, crane shot, seen from above, shot from
        above, view from above, viewed from above, from high above
""",
    Angle.OVER_SHOULDER: "over the shoulder",
    Angle.BEHIND: """
        from behind, shot from behind, seen from behind, back view, rear view, back to the camera, back to
        us, backs to the camera, backs to us
""",
}
ANGLE_NOT = """
    from behind a, from behind an, from behind the, from behind her, from behind his, from behind its,
    from behind their, from behind some, slung over the shoulder, rear view mirror
"""

PLACES = Vocabulary(PLACE_WORDS, PLACE_HINTS, PLACE_NOT, heads=INDOORS)
TIMES = Vocabulary(TIME_WORDS, TIME_HINTS, TIME_NOT)
WEATHERS = Vocabulary(WEATHER_WORDS, WEATHER_HINTS, WEATHER_NOT, ended=(ENDED_WEATHER, Weather.CLEAR))
FRAMINGS = Vocabulary(FRAMING_WORDS, FRAMING_HINTS, FRAMING_NOT)
ANGLES = Vocabulary(ANGLE_WORDS, {}, ANGLE_NOT)


def read_scene(text: str, *, hints: bool = True) -> Scene:
    """Recognise place, time of day, weather, framing and camera angle by their words.

    Where several match, the earliest plain word decides; hints count only where there is no plain word.

    Args:
        hints: whether weak words (`sun` for day, `window` for a room) may decide.
    """
    return Scene(
        place=_first(PLACES.cues(text, hints=hints)),
        time_of_day=_first(TIMES.cues(text, hints=hints)),
        weather=_first(WEATHERS.cues(text, hints=hints)),
        framing=_first(FRAMINGS.cues(text, hints=hints)),
        angle=_first(ANGLES.cues(text, hints=hints)),
    )


def _first(cues: list[Cue[T]]) -> T | None:
    return cues[0].value if cues else None
