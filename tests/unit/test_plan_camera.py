"""Which framing, angle and move each shot gets, and how the planner says so."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.keyframes.planners import PlanRequest
from functions.keyframes.planners.camera import Camera
from functions.keyframes.planners.coverage import View
from functions.keyframes.planners.framing import Glimpse, choose_cameras, demanded_framing
from functions.keyframes.planners.rules import RulesPlanner
from shared.board.scene import Angle, Framing, Place, read_scene
from shared.domain.capabilities import KeyframeMode
from shared.domain.plan import Plan

ANY_LENGTH = tuple(range(2, 11))
STORY = (
    "Mara, a young woman in a red coat, walks along the harbour. Rain begins to fall over the pier. "
    "She meets Tom, an old fisherman, in a café. They talk. At night they walk home through the city."
)


def plan(prompt: str, seconds: int = 24, *, mode: KeyframeMode = KeyframeMode.SINGLE, seed: int = 1) -> Plan:
    return RulesPlanner().plan(
        PlanRequest(prompt=prompt, seconds=seconds, clip_seconds=ANY_LENGTH, seed=seed, keyframes=mode)
    )


def cameras(made: Plan) -> list[tuple[Framing | None, Angle]]:
    scenes = [read_scene(shot.keyframe_prompt) for shot in made.shots]
    return [(scene.framing, scene.angle or Angle.EYE_LEVEL) for scene in scenes]


# Words


@pytest.mark.parametrize(("framing", "angle"), list(itertools.product(Framing, Angle)))
def test_every_camera_is_said_in_terms_of_film_and_read_back(framing: Framing, angle: Angle) -> None:
    words = Camera(framing, angle).in_words()
    scene = read_scene(f"{words}, harbour at dusk, rain. A fox runs.")
    assert (scene.framing, scene.angle or Angle.EYE_LEVEL) == (framing, angle)


def test_the_keyframe_prompt_opens_with_the_camera() -> None:
    assert Camera(Framing.MEDIUM, Angle.LOW).in_words() == "Low-angle medium shot"
    assert Camera(Framing.FULL, Angle.BEHIND).in_words() == "Full shot from behind"
    assert plan(STORY).shots[0].keyframe_prompt.startswith("Wide shot, harbour")


# Choice


def test_one_sentence_is_covered_from_far_to_near_and_back() -> None:
    assert [framing for framing, _ in cameras(plan("A cat sleeps.", 24))] == [
        Framing.EXTREME_WIDE,
        Framing.MEDIUM,
        Framing.CLOSE_UP,
        Framing.WIDE,
    ]


def test_a_long_look_at_one_moment_uses_every_framing_and_angle() -> None:
    seen = cameras(plan("Mara, a woman in a red coat, and Tom, a tall man, talk in a field.", 70))
    assert {framing for framing, _ in seen} >= {*Framing}
    assert {angle for _, angle in seen} >= {Angle.EYE_LEVEL, Angle.LOW, Angle.HIGH, Angle.BEHIND}


def test_framing_and_angle_named_by_the_text_are_kept() -> None:
    made = plan("Close-up of a fox. Aerial shot of the forest. Low-angle medium shot of the fox.", 15)
    assert cameras(made) == [
        (Framing.CLOSE_UP, Angle.EYE_LEVEL),
        (Framing.EXTREME_WIDE, Angle.HIGH),
        (Framing.MEDIUM, Angle.LOW),
    ]
    assert [shot.caption for shot in made.shots] == ["A fox", "The forest", "The fox"]


def test_an_angle_named_without_a_framing_is_kept_too() -> None:
    made = plan("A fox waits. Seen from behind, the fox runs through the forest.", 10)
    assert cameras(made)[1][1] is Angle.BEHIND


@pytest.mark.parametrize(
    ("moment", "angle"),
    [
        ("Mara and Tom talk.", Angle.OVER_SHOULDER),
        ("Mara looks up at the lighthouse.", Angle.LOW),
        ("Mara runs away.", Angle.BEHIND),
        ("Mara hides, trapped.", Angle.HIGH),
        ("Mara smiles.", Angle.EYE_LEVEL),
    ],
)
def test_the_story_chooses_the_angle(moment: str, angle: Angle) -> None:
    people = "Mara, a woman in a red coat, meets Tom, a tall man, in a field."
    assert cameras(plan(f"{people} {moment} Rain falls.", 15))[1][1] is angle


glimpses_of_stories = st.lists(
    st.builds(
        Glimpse,
        text=st.sampled_from(
            [
                "A fox sleeps.",
                "It looks up.",
                "They run away.",
                "Close-up of it.",
                "Wide shot.",
                "Medium shot.",
            ]
        ),
        view=st.sampled_from(View),
        place=st.sampled_from([None, Place.ROOM, Place.FOREST]),
        figures=st.integers(0, 4),
    ),
    min_size=1,
    max_size=20,
)


@given(glimpses_of_stories)
def test_no_framing_comes_thrice_running_unless_the_text_demands_it(glimpses: list[Glimpse]) -> None:
    chosen = [camera.framing for camera in choose_cameras(glimpses)]
    for start in range(len(chosen) - 2):
        by_text = all(demanded_framing(glimpse) for glimpse in glimpses[start : start + 3])
        assert by_text or len(set(chosen[start : start + 3])) > 1


@given(glimpses_of_stories)
def test_no_camera_of_choice_is_the_one_before(glimpses: list[Glimpse]) -> None:
    chosen = choose_cameras(glimpses)
    for before, after, glimpse in zip(chosen, chosen[1:], glimpses[1:], strict=False):
        assert before != after or demanded_framing(glimpse)


# Details


def test_a_detail_is_of_the_thing_that_the_moment_names() -> None:
    def detail(prompt: str) -> str:
        prompts = [shot.keyframe_prompt for shot in plan(prompt, 60).shots]
        return next(prompt for prompt in prompts if "xtreme close-up" in prompt)

    assert "The lantern fills the frame." in detail("Mara, a woman in a red coat, finds a lantern.")
    assert "The eyes of Mara fill the frame." in detail("Mara, a woman in a red coat, waits.")
    assert "One small detail fills the frame." in detail("Rain falls.")


# Moves


def test_camera_words_are_added_unless_the_text_has_its_own() -> None:
    first, second = plan("A fox runs through the forest. The camera pans over the lake.", 10).shots
    assert first.prompt.endswith("Slow push in.")
    assert second.prompt.endswith("The camera pans over the lake.")


def test_in_mode_pair_the_camera_moves_towards_the_next_keyframe() -> None:
    made = plan(STORY, mode=KeyframeMode.PAIR)
    framings = [framing for framing, _ in cameras(made)]
    order = [*Framing]
    for shot, here, there in zip(made.shots, framings, framings[1:], strict=False):
        assert here is not None
        assert there is not None
        nearer = order.index(there) - order.index(here)
        assert shot.prompt.endswith(
            "Slow push in." if nearer > 0 else "Slow pull back." if nearer else ("left.", "right.")
        )


# The still a story ends on


@pytest.mark.parametrize("mode", KeyframeMode)
def test_only_the_last_shot_in_mode_pair_has_a_still_to_end_on(mode: KeyframeMode) -> None:
    ends = [shot.end_keyframe_prompt != "" for shot in plan(STORY, mode=mode).shots]
    assert ends == [False] * (len(ends) - 1) + [mode is KeyframeMode.PAIR]


def test_a_story_ends_where_it_is_with_whom_it_shows_at_rest_and_farther_off() -> None:
    last = plan(STORY, mode=KeyframeMode.PAIR).shots[-1]
    start, end = read_scene(last.keyframe_prompt), read_scene(last.end_keyframe_prompt)
    assert (end.place, end.time_of_day, end.weather) == (start.place, start.time_of_day, start.weather)
    assert start.framing is not None
    assert end.framing is not None
    assert [*Framing].index(end.framing) < [*Framing].index(start.framing)
    assert "Mara (young woman in a red coat)" in last.end_keyframe_prompt
    assert last.end_keyframe_prompt.endswith("A moment later Mara and Tom have come to rest.")


# One take


def test_in_mode_chain_a_clip_goes_on_from_the_one_before_without_a_new_framing() -> None:
    first, *others = plan(STORY, mode=KeyframeMode.CHAIN).shots
    assert read_scene(first.prompt).framing is Framing.WIDE
    for shot in others:
        assert shot.prompt.startswith("Without a cut the take ")
        assert read_scene(shot.prompt, hints=False).framing is None
        assert read_scene(shot.prompt).place is read_scene(shot.keyframe_prompt).place


def test_in_mode_chain_a_framing_that_the_text_demands_is_said() -> None:
    made = plan("A fox waits in a forest. Close-up of the fox.", 10, mode=KeyframeMode.CHAIN)
    assert made.shots[1].prompt.startswith("Close-up, forest.")


@settings(deadline=None)
@given(st.sampled_from(KeyframeMode), st.integers(4, 60), st.integers(0, 9))
def test_the_same_request_makes_the_same_plan_in_every_mode(
    mode: KeyframeMode, seconds: int, seed: int
) -> None:
    assert plan(STORY, seconds, mode=mode, seed=seed) == plan(STORY, seconds, mode=mode, seed=seed)
    stills = [shot.keyframe_prompt for shot in plan(STORY, seconds, mode=mode, seed=seed).shots]
    assert stills == [shot.keyframe_prompt for shot in plan(STORY, seconds, seed=seed + 1).shots]


# Style


def test_style_named_by_the_prompt_is_kept_and_is_no_shot() -> None:
    made = plan("Watercolour style. A fox sleeps. An owl watches.", 10)
    assert made.style == "watercolour"
    assert len(made.shots) == 2
    assert all(shot.keyframe_prompt.endswith("Style: watercolour.") for shot in made.shots)
    assert plan("A fox sleeps.", 10).style == ""
