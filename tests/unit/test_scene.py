"""What a text says of its setting is read back by its words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.board.scene import (
    FRAMINGS,
    PLACES,
    TIMES,
    WEATHERS,
    Angle,
    Framing,
    Place,
    Scene,
    TimeOfDay,
    Weather,
    read_scene,
)
from shared.board.vocabulary import fold


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("deep in the woods", Place.FOREST),
        ("an alley full of neon signs", Place.CITY),
        ("Waves roll onto the shore", Place.BEACH),
        ("the fishing boats at the pier", Place.HARBOUR),
        ("snow-capped peaks", Place.MOUNTAINS),
        ("over the dunes of the Sahara", Place.DESERT),
        ("a meadow of poppies", Place.FIELD),
        ("inside a warm CAFÉ", Place.ROOM),
        ("inside the lighthouse", Place.ROOM),
        ("back in the lighthouse kitchen", Place.KITCHEN),
        ("inside a warm kitchen", Place.KITCHEN),
        ("INT. SPACESHIP - NIGHT", Place.SPACESHIP),
        ("INT. SUBMARINE", Place.ROOM),
        ("a castle in the mountains", Place.VILLAGE),
        ("the ship's library", Place.ROOM),
        ("he opens the bag. Inside is a kitten", None),
        ("from the harbour to the kitchen", Place.HARBOUR),
        ("nothing in particular", None),
    ],
)
def test_place_is_read_from_its_words(text: str, place: Place | None) -> None:
    assert read_scene(text).place is place


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("at first light", TimeOfDay.DAWN),
        ("in broad daylight", TimeOfDay.DAY),
        ("the golden hour", TimeOfDay.DUSK),
        ("a moonlit road", TimeOfDay.NIGHT),
        ("one day a man came", None),
        ("a fox finds a lantern", None),
    ],
)
def test_time_of_day_is_read_from_its_words(text: str, time: TimeOfDay | None) -> None:
    assert read_scene(text).time_of_day is time


@pytest.mark.parametrize(
    ("text", "weather"),
    [
        ("a heavy downpour", Weather.RAIN),
        ("the first snowflakes", Weather.SNOW),
        ("mist over the water", Weather.FOG),
        ("a cloudless sky", Weather.CLEAR),
        ("the rain has stopped", Weather.CLEAR),
        ("the fog finally lifts", Weather.CLEAR),
        ("the rain never stops", Weather.RAIN),
        ("a boy in a rain coat", None),
    ],
)
def test_weather_is_read_and_weather_that_has_ended_is_clear(text: str, weather: Weather | None) -> None:
    assert read_scene(text).weather is weather


@pytest.mark.parametrize(
    ("text", "framing"),
    [
        ("Establishing shot of a castle", Framing.WIDE),
        ("an aerial view", Framing.EXTREME_WIDE),
        ("a full shot of the dancer", Framing.FULL),
        ("from the waist up", Framing.MEDIUM),
        ("extreme close-up", Framing.DETAIL),
        ("macro shot of a beetle", Framing.DETAIL),
        ("close up of her hands", Framing.CLOSE_UP),
        ("they stand face to face", None),
    ],
)
def test_framing_is_read_from_its_words(text: str, framing: Framing | None) -> None:
    assert read_scene(text).framing is framing


@pytest.mark.parametrize(
    ("text", "angle"),
    [
        ("low-angle shot of a tower", Angle.LOW),
        ("a bird's-eye view of the bay", Angle.HIGH),
        ("over-the-shoulder shot of Tom", Angle.OVER_SHOULDER),
        ("seen from behind, she walks on", Angle.BEHIND),
        ("a cat jumps out from behind the sofa", None),
        ("she glances over her shoulder", None),
        ("birds fly overhead", None),
    ],
)
def test_angle_is_read_from_its_words(text: str, angle: Angle | None) -> None:
    assert read_scene(text).angle is angle


def test_slugline_tells_place_and_time() -> None:
    assert read_scene("INT. KITCHEN - NIGHT") == Scene(place=Place.KITCHEN, time_of_day=TimeOfDay.NIGHT)
    assert read_scene("EXT. BEACH - SUNSET") == Scene(place=Place.BEACH, time_of_day=TimeOfDay.DUSK)


def test_earliest_of_several_words_decides() -> None:
    assert read_scene("from the forest to the beach").place is Place.FOREST
    assert read_scene("from the beach to the forest").place is Place.BEACH


def test_plain_word_outweighs_an_earlier_hint() -> None:
    text = "She looks out of the window at the harbour"
    assert read_scene(text).place is Place.HARBOUR
    assert read_scene("She looks out of the window").place is Place.ROOM
    assert read_scene("She looks out of the window", hints=False).place is None


def test_words_inside_other_words_are_not_read() -> None:
    assert read_scene("important citywide brainstorming, a raincoat, a boathouse") == Scene()


@given(st.text(max_size=300))
def test_any_text_can_be_read_and_keeps_its_positions(text: str) -> None:
    assert len(fold(text)) == len(text)
    assert all(cue.start < cue.end <= len(text) for cue in PLACES.cues(text))


@given(
    framing=st.sampled_from(
        ["extreme wide shot", "wide shot", "full shot", "medium shot", "close-up", "extreme close-up"]
    ),
    place=st.sampled_from(["forest", "city", "beach", "harbour", "mountains", "desert", "field", "kitchen"]),
    time=st.sampled_from(["dawn", "noon", "dusk", "night"]),
    weather=st.sampled_from(["rain", "snow", "fog", "clear sky"]),
    upper=st.booleans(),
)
def test_a_heading_is_read_back_whole(framing: str, place: str, time: str, weather: str, upper: bool) -> None:
    text = f"{framing}, {place} at {time}, {weather}. A fox runs."
    scene = read_scene(text.upper() if upper else text)
    assert scene == Scene(
        place=PLACES.cues(place)[0].value,
        time_of_day=TIMES.cues(time)[0].value,
        weather=WEATHERS.cues(weather)[0].value,
        framing=FRAMINGS.cues(framing)[0].value,
    )
    assert None not in (scene.place, scene.time_of_day, scene.weather, scene.framing)
