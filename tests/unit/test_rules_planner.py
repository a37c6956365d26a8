"""A prompt becomes shots that read as one story."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.keyframes.planners import PlanRequest
from functions.keyframes.planners.rules import RulesPlanner
from functions.keyframes.planners.sentences import clean, split_moments
from shared.board.scene import Framing, Place, TimeOfDay, Weather, read_scene
from shared.domain.durations import possible_shot_counts
from shared.domain.errors import PlanImpossible
from shared.domain.plan import Plan

DEMO = (
    "At dawn, Mara, a young woman in a red coat, walks along the harbour with her small white dog. "
    "Rain begins to fall over the pier and the fishing boats. "
    "She shelters inside a warm café and looks out through the window. "
    "At night the rain has stopped; Mara and the dog run home through the glowing city streets."
)
ANY_LENGTH = tuple(range(2, 11))


def plan(
    prompt: str, seconds: int = 24, clip_seconds: tuple[int, ...] = ANY_LENGTH, *, seed: int = 1
) -> Plan:
    return RulesPlanner().plan(
        PlanRequest(prompt=prompt, seconds=seconds, clip_seconds=clip_seconds, seed=seed)
    )


def moments(prompt: str) -> list[str]:
    return [moment.text for moment in split_moments(clean(prompt))]


def framings(made: Plan) -> list[Framing | None]:
    return [read_scene(shot.keyframe_prompt).framing for shot in made.shots]


def descriptions(made: Plan) -> dict[str, str]:
    return {character.name: character.description for character in made.characters}


# The demo prompt


def test_the_demo_keeps_its_two_characters_through_the_story() -> None:
    made = plan(DEMO)
    assert descriptions(made) == {
        "Mara": "young woman in a red coat",
        "the small white dog": "small white dog",
    }
    mara, dog = "Mara", "the small white dog"
    assert [shot.characters for shot in made.shots] == [(mara, dog), (), (mara,), (mara, dog)]


def test_the_demo_moves_from_harbour_to_cafe_to_city_and_from_rain_to_clear_sky() -> None:
    scenes = [read_scene(shot.keyframe_prompt) for shot in plan(DEMO).shots]
    assert [scene.place for scene in scenes] == [Place.HARBOUR, Place.HARBOUR, Place.ROOM, Place.CITY]
    assert [scene.time_of_day for scene in scenes] == [TimeOfDay.DAWN] * 3 + [TimeOfDay.NIGHT]
    assert [scene.weather for scene in scenes] == [None, Weather.RAIN, Weather.RAIN, Weather.CLEAR]


def test_the_demo_reads_as_a_director_would_write_it() -> None:
    made = plan(DEMO)
    assert made.title == "Mara walks along the harbour"
    assert made.shots[0].keyframe_prompt == (
        "Wide shot, harbour at dawn. "
        "Mara (young woman in a red coat) walks along the harbour with her small white dog."
    )
    assert made.shots[2].caption == "She shelters inside a warm café and looks out through the window"


# Sentences and cues


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("Dr. Lee walks 3.5 km. She rests.", ["Dr. Lee walks 3.5 km.", "She rests."]),
        ('"Stop! Now!" she cries. He stops.', ['"Stop! Now!" she cries.', "He stops."]),
        ("A dog runs; a cat sleeps", ["A dog runs.", "A cat sleeps."]),
        ("He eats, then he sleeps", ["He eats.", "Then he sleeps."]),
        ("A man waits meanwhile a dog sleeps", ["A man waits.", "Meanwhile a dog sleeps."]),
        ("The dog barks. Cut to: a cat.", ["The dog barks.", "A cat."]),
        ("1. A fox wakes. 2. It runs 3) It rests", ["A fox wakes.", "It runs.", "It rests."]),
        ("Scene 1: A fox. Shot 2 - An owl.", ["A fox.", "An owl."]),
        ("first line\nsecond line", ["First line.", "Second line."]),
        ("猫が歩く。雨が降る。", ["猫が歩く。", "雨が降る。"]),
        ("Create a short video about a robot who paints", ["A robot paints."]),
    ],
)
def test_moments_end_where_sentences_and_scene_cues_do(prompt: str, expected: list[str]) -> None:
    assert moments(prompt) == expected


def test_a_slugline_sets_the_scene_of_what_follows() -> None:
    made = plan("INT. KITCHEN - NIGHT\nA chef cooks.\nEXT. BEACH - SUNRISE\nHe swims.", 10)
    scenes = [read_scene(shot.keyframe_prompt) for shot in made.shots]
    assert [(scene.place, scene.time_of_day) for scene in scenes] == [
        (Place.KITCHEN, TimeOfDay.NIGHT),
        (Place.BEACH, TimeOfDay.DAWN),
    ]


# Count


def test_more_sentences_than_time_are_joined() -> None:
    made = plan("A fox wakes. It runs. It jumps. It eats. It rests.", 8, (4, 6, 8))
    assert len(made.shots) == 2
    told = " ".join(shot.prompt for shot in made.shots)
    assert all(word in told for word in ("wakes", "runs", "jumps", "eats", "rests"))


def test_chained_actions_become_shots_before_any_is_repeated() -> None:
    made = plan("A robot wakes up in a junkyard, finds a red flower, and decides to dance.", 18)
    assert [shot.caption for shot in made.shots] == [
        "A robot wakes up in a junkyard",
        "The robot finds a red flower",
        "The robot decides to dance",
    ]


def test_a_length_no_clips_can_make_is_refused() -> None:
    with pytest.raises(PlanImpossible):
        plan("A cat sleeps.", 7, (4, 6, 8))


# Setting


def test_weather_told_after_the_place_does_not_hold_for_what_came_before() -> None:
    made = plan("A fox crosses the desert at dusk. It meets an owl in the mountains in the snow.", 10)
    first, second = (shot.keyframe_prompt for shot in made.shots)
    assert first.startswith("Wide shot, desert at dusk. ")
    assert ", mountains at dusk, snow." in second


def test_a_setting_first_told_later_holds_from_the_start() -> None:
    made = plan("A fox wakes. It walks through the snowy forest at dusk.", 10)
    assert made.shots[0].keyframe_prompt.startswith("Wide shot, forest at dusk, snow.")


def test_a_setting_that_begins_later_does_not_hold_before() -> None:
    first, second = plan("A fox sleeps in the forest. Rain begins to fall.", 10).shots
    assert read_scene(first.keyframe_prompt).weather is None
    assert read_scene(second.keyframe_prompt).weather is Weather.RAIN


def test_a_place_only_thought_of_is_not_where_the_story_is() -> None:
    assert (
        read_scene(plan("A monk in the desert dreams of the sea.", 5).shots[0].keyframe_prompt).place
        is Place.DESERT
    )


def test_a_place_hinted_at_is_not_the_room_that_comes_later_and_whoever_leaves_it_is_there_again() -> None:
    made = plan(
        "Paris in the rain. A woman waits on a bridge. A man walks up to her. They drink coffee in a café. "
        "They walk away along the river.",
        25,
    )
    places = [read_scene(shot.keyframe_prompt).place for shot in made.shots]
    assert places == [Place.CITY] * 3 + [Place.ROOM, Place.CITY]


def test_a_time_that_only_the_end_tells_is_not_that_of_the_beginning() -> None:
    made = plan("A fox wakes. It eats. It plays. It dances around a campfire at night.", 20)
    times = [read_scene(shot.keyframe_prompt, hints=False).time_of_day for shot in made.shots]
    assert times == [None, None, None, TimeOfDay.NIGHT]


def test_those_described_before_are_named_again_with_those_who_are_new() -> None:
    made = plan("Ann, a tall woman, waits. Bo, a boy, waves and they laugh.", 10)
    assert "Ann (tall woman) and Bo laugh" in made.shots[1].prompt


def test_a_lantern_or_a_night_told_later_does_not_darken_what_came_before() -> None:
    made = plan("A red fox runs through fresh snow. It finds a lantern. At night it sleeps beside it.", 12)
    times = [read_scene(shot.keyframe_prompt).time_of_day for shot in made.shots]
    assert times == [None, None, TimeOfDay.NIGHT]


@pytest.mark.parametrize(
    ("opening", "time", "weather"),
    [
        ("In spring", TimeOfDay.DAY, Weather.CLEAR),
        ("Years later", TimeOfDay.DAY, Weather.CLEAR),
        ("The next morning", TimeOfDay.DAWN, Weather.CLEAR),
        ("When summer comes", TimeOfDay.DAY, Weather.CLEAR),
        ("The next winter", TimeOfDay.DAY, Weather.SNOW),
        ("The next day in the fog", TimeOfDay.DAY, Weather.FOG),
        ("In the end", TimeOfDay.NIGHT, Weather.SNOW),
    ],
)
def test_a_new_season_or_day_starts_with_its_own_light(
    opening: str, time: TimeOfDay, weather: Weather
) -> None:
    made = plan(f"A man walks through a snowy garden at night. {opening} he plants a tree.", 10)
    scene = read_scene(made.shots[1].keyframe_prompt)
    assert (scene.place, scene.time_of_day, scene.weather) == (Place.FIELD, time, weather)


def test_winter_itself_does_not_outlast_winter() -> None:
    made = plan("In winter a man walks through a garden. In spring he sings. He dances.", 15)
    weathers = [read_scene(shot.keyframe_prompt).weather for shot in made.shots]
    assert weathers == [Weather.SNOW, Weather.CLEAR, Weather.CLEAR]


# Captions and titles


def test_captions_tell_the_story_and_never_the_cameras_work() -> None:
    for seconds in (20, 60):
        captions = {shot.caption for shot in plan("A chef cooks in a kitchen.", seconds).shots}
        assert captions == {"A chef cooks in a kitchen"}


def test_a_clause_that_tells_looks_is_not_in_the_caption() -> None:
    made = plan("A boy called Tim, who wears a blue sweater, rows home. Two friends, Ann and Bo, wait.", 10)
    assert [shot.caption for shot in made.shots] == ["Tim rows home", "Ann and Bo wait"]


@pytest.mark.parametrize(
    ("prompt", "title"),
    [
        ("A red fox runs through fresh snow. It rests.", "A red fox runs through fresh snow"),
        (
            "Two old friends, Anna and Otto, play chess in a sunny park.",
            "Anna and Otto play chess in a sunny park",
        ),
        (
            "At dusk, a whale leaps out of the sea near a small boat.",
            "A whale leaps out of the sea near a small boat",
        ),
        (
            "A robot wakes up in a silent junkyard under a red moon, and it slowly begins to dance.",
            "A robot wakes up in a silent junkyard",
        ),
        (
            "A brave knight fights a dragon, and the whole village watches the fire.",
            "A brave knight fights a dragon",
        ),
        (
            "Unbelievably extraordinary circumstances notwithstanding everybody's wishes.",
            "Unbelievably extraordinary circumstances",
        ),
    ],
)
def test_a_title_ends_where_a_clause_or_phrase_does(prompt: str, title: str) -> None:
    assert plan(prompt, 10).title == title


# Laws

PEOPLE = (
    "Mara, a young woman in a red coat,",
    "an old fisherman named Tom",
    "a girl with a yellow umbrella",
    "a robot",
    "two brothers",
    "the red fox",
    "she",
    "he",
    "they",
    "the dog",
    "rain",
)
DOINGS = ("walks", "looks up", "sleeps and dreams", "runs, jumps and finds a red door", "smiles")
WHERE = (
    "",
    "in the forest",
    "at the harbour",
    "inside a warm café",
    "in the city at night",
    "at dawn",
    "in the fog",
)


def told(sentences: list[tuple[str, str, str]]) -> str:
    return ". ".join(f"{who[0].upper()}{who[1:]} {does} {where}" for who, does, where in sentences)


stories = st.lists(st.tuples(*map(st.sampled_from, (PEOPLE, DOINGS, WHERE))), min_size=1, max_size=12).map(
    told
)
clip_lengths = st.sampled_from([ANY_LENGTH, (4, 6, 8), (5, 10), (8,)])


@settings(deadline=None)
@given(
    prompt=st.one_of(stories, st.text(min_size=1, max_size=200)),
    seconds=st.integers(2, 90),
    clips=clip_lengths,
)
def test_lengths_are_permitted_and_add_up_whatever_the_prompt(
    prompt: str, seconds: int, clips: tuple[int, ...]
) -> None:
    if not moments(prompt) or not possible_shot_counts(seconds, clips, 20):
        with pytest.raises(PlanImpossible):
            plan(prompt, seconds, clips)
        return
    made = plan(prompt, seconds, clips)
    assert sum(shot.seconds for shot in made.shots) == seconds
    assert {shot.seconds for shot in made.shots} <= set(clips)
    assert 1 <= len(made.shots) <= 20
    assert 0 < len(made.title) <= 50
    assert all(
        shot.prompt.strip() and shot.caption.strip() and len(shot.caption) <= 90 for shot in made.shots
    )


@settings(deadline=None)
@given(prompt=stories, seconds=st.integers(4, 60))
def test_whoever_is_named_in_a_shot_is_described_there_in_the_same_words(prompt: str, seconds: int) -> None:
    made = plan(prompt, seconds)
    known = descriptions(made)
    assert len(known) == len(made.characters)
    assert set(known) == {name for shot in made.shots for name in shot.characters}
    for shot in made.shots:
        assert len(shot.characters) <= 4
        for name in shot.characters:
            assert known[name] in shot.prompt
            assert known[name] in shot.keyframe_prompt


@settings(deadline=None)
@given(prompt=stories, seconds=st.integers(4, 60), seed=st.integers(0, 2**31))
def test_the_same_request_makes_the_same_plan_and_the_seed_turns_only_the_camera(
    prompt: str, seconds: int, seed: int
) -> None:
    made, other = plan(prompt, seconds, seed=seed), plan(prompt, seconds, seed=seed + 1)
    assert made == plan(prompt, seconds, seed=seed)
    assert [shot.keyframe_prompt for shot in made.shots] == [shot.keyframe_prompt for shot in other.shots]


@settings(deadline=None)
@given(prompt=stories, seconds=st.integers(4, 90))
def test_framing_varies_and_the_setting_once_told_stays_told(prompt: str, seconds: int) -> None:
    made = plan(prompt, seconds)
    seen = framings(made)
    assert None not in seen
    assert seen[0] in {Framing.WIDE, Framing.EXTREME_WIDE}
    assert all(len(set(seen[start : start + 3])) > 1 for start in range(len(seen) - 2))
    for before, after in zip(made.shots, made.shots[1:], strict=False):
        here, there = read_scene(before.keyframe_prompt), read_scene(after.keyframe_prompt)
        assert here.place is None or there.place is not None
        assert here.time_of_day is None or there.time_of_day is not None
        assert here.weather is None or there.weather is not None


@settings(deadline=None)
@given(
    place=st.sampled_from(["forest", "city", "beach", "harbour", "mountains", "desert", "meadow", "kitchen"]),
    time=st.sampled_from(["at dawn", "at noon", "at sunset", "at midnight"]),
    weather=st.sampled_from(["in the rain", "in the snow", "in the fog", "under a cloudless sky"]),
    seconds=st.integers(4, 60),
)
def test_the_setting_of_a_prompt_is_read_back_from_every_shot(
    place: str, time: str, weather: str, seconds: int
) -> None:
    prompt = f"A fox walks through the {place} {time} {weather}. It stops. The fox looks around and sleeps."
    told = read_scene(prompt)
    for shot in plan(prompt, seconds).shots:
        scene = read_scene(shot.keyframe_prompt)
        assert (scene.place, scene.time_of_day, scene.weather) == (told.place, told.time_of_day, told.weather)


HOSTILE = [
    "a" * 4000,
    "a " * 2000,
    "a\n" * 2000,
    "A. " * 1300,
    "1. " * 1300,
    "INT. " * 800,
    "Mara and " * 440,
    "in a red coat " * 280,
    '"' * 2000 + "x",
    "\x00\x01hi\x07\ud800",
    "\u202eabc",
    "😀🐙",
    "مرحبا بالعالم. رجل يمشي",
    "ﬃ İstanbul ß",
]


@pytest.mark.parametrize("prompt", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_prompts_are_planned(prompt: str) -> None:
    made = plan(prompt)
    assert all(shot.prompt.encode() and shot.keyframe_prompt.strip() for shot in made.shots)


@pytest.mark.parametrize("prompt", ["", "   ", "\x00\x07", "(((", "\u202e"])
def test_a_prompt_with_nothing_to_show_is_refused(prompt: str) -> None:
    with pytest.raises(PlanImpossible, match="nothing that can be shown"):
        plan(prompt)
