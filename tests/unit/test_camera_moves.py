"""How the camera moves: chosen by words, else by the seed; smooth, and never outside of what there is."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.render.video_backends.camera import (
    FARTHEST_WEIGHT,
    LEAST_REACH,
    REACH,
    Move,
    Room,
    choose_move,
    plan_travel,
    weight_of,
)
from functions.render.video_backends.take import Pace, Timeline
from shared.domain.capabilities import KeyframePosition

SEEDS = st.integers(min_value=0, max_value=2**63)
SHARES = st.floats(min_value=0, max_value=1)
COURSES = st.floats(min_value=-1, max_value=1)
ROOMS = st.builds(Room, *[st.floats(min_value=0, max_value=0.5)] * 4)
AMPLE, NONE = Room(0.2, 0.2, 0.2, 0.2), Room(0, 0, 0, 0)
PACES = st.builds(Pace, st.booleans(), st.booleans(), st.none() | SHARES)


@pytest.mark.parametrize(
    ("prompt", "move"),
    [
        ("Slow push in on the lighthouse", Move.PUSH),
        ("The camera pushes slowly in", Move.PUSH),
        ("zoom-in on her eyes", Move.PUSH),
        ("we dolly in through the door", Move.PUSH),
        ("dollying in", Move.PUSH),
        ("The camera moves closer", Move.PUSH),
        ("The camera holds still", Move.PUSH),
        ("Pull back from the crowd", Move.PULL),
        ("zooming out over the city", Move.PULL),
        ("a wide shot reveals the valley", Move.PULL),
        ("pan left across the harbour", Move.PAN_LEFT),
        ("The camera pans slowly to the right", Move.PAN_RIGHT),
        ("panning right", Move.PAN_RIGHT),
        ("tracking left along the wall", Move.PAN_LEFT),
        ("from left to right", Move.PAN_RIGHT),
        ("Tilt up to the tower", Move.TILT_UP),
        ("she looks up", Move.TILT_UP),
        ("crane shot over the bay", Move.TILT_UP),
        ("the crane moves; tilting down", Move.TILT_UP),
        ("he looks down at his hands", Move.TILT_DOWN),
        ("crane down to the street", Move.TILT_DOWN),
        ("PAN LEFT", Move.PAN_LEFT),
    ],
)
def test_prompt_that_names_a_move_gets_it(prompt: str, move: Move) -> None:
    assert {choose_move(prompt, seed) for seed in range(20)} == {move}


def test_first_of_several_named_moves_wins() -> None:
    assert choose_move("pull back, then pan left", 1) is Move.PULL
    assert choose_move("pan left, then pull back", 1) is Move.PAN_LEFT


def test_following_shot_pans_either_way() -> None:
    assert {choose_move("the camera follows Mara", seed) for seed in range(20)} == {
        Move.PAN_LEFT,
        Move.PAN_RIGHT,
    }


@pytest.mark.parametrize("prompt", ["", "a frying pan on the stove", "she pushes the door", "a steep zoo"])
def test_prompt_without_a_move_leaves_it_to_the_seed(prompt: str) -> None:
    assert {choose_move(prompt, seed) for seed in range(60)} == set(Move)


@given(move=st.sampled_from(Move), seed=SEEDS, room=ROOMS)
def test_same_seed_travels_the_same_way(move: Move, seed: int, room: Room) -> None:
    assert plan_travel(move, seed, room) == plan_travel(move, seed, room)


@given(move=st.sampled_from(Move), seed=SEEDS, room=ROOMS, course=COURSES, nearness=SHARES)
def test_window_lies_within_the_room_there_is_at_every_moment(
    move: Move, seed: int, room: Room, course: float, nearness: float
) -> None:
    window = plan_travel(move, seed, room).at(course).window(weight_of(nearness))
    hair = 1e-9
    assert window.left >= -room.left - hair
    assert window.top >= -room.top - hair
    assert window.left + window.size <= 1 + room.right + hair
    assert window.top + window.size <= 1 + room.bottom + hair


@given(move=st.sampled_from(Move), seed=SEEDS, room=ROOMS, weight=SHARES)
def test_still_is_seen_exactly_as_it_is_on_the_way(move: Move, seed: int, room: Room, weight: float) -> None:
    assert plan_travel(move, seed, room).at(0).window(weight) == (0, 0, 1)


@given(
    move=st.sampled_from(Move), seed=SEEDS, room=st.sampled_from([AMPLE, NONE]), way=st.sampled_from([-1, 1])
)
def test_move_covers_a_modest_share_of_the_frame(move: Move, seed: int, room: Room, way: int) -> None:
    window = plan_travel(move, seed, room).at(way).window(1)
    moved = max(abs(window.left), abs(window.top), abs(1 - window.size), abs(1 - 1 / window.size))
    assert REACH[0] - 1e-9 <= moved <= REACH[1] / (1 - REACH[1]) + 1e-9


@given(move=st.sampled_from(Move), seed=SEEDS, room=ROOMS, way=st.sampled_from([-1, 1]))
def test_camera_moves_visibly_however_little_room_there_is(
    move: Move, seed: int, room: Room, way: int
) -> None:
    window = plan_travel(move, seed, room).at(way).window(1)
    assert max(abs(window.left), abs(window.top), abs(1 - window.size)) >= LEAST_REACH - 1e-9


@pytest.mark.parametrize(
    ("move", "across", "down"),
    [
        (Move.PAN_LEFT, -1, 0),
        (Move.PAN_RIGHT, 1, 0),
        (Move.TILT_UP, 0, -1),
        (Move.TILT_DOWN, 0, 1),
    ],
)
def test_view_goes_where_the_camera_turns(move: Move, across: int, down: int) -> None:
    before, after = plan_travel(move, 7, AMPLE)
    assert before.zoom == after.zoom == 1
    assert (before.across, before.down) == (-after.across, -after.down)
    assert (after.across * across > 0, after.down * down > 0) == (across != 0, down != 0)


def test_push_ends_closer_and_pull_ends_wider() -> None:
    push, pull = plan_travel(Move.PUSH, 7, AMPLE), plan_travel(Move.PULL, 7, AMPLE)
    assert push.before.zoom < 1 < push.after.zoom
    assert pull.after.zoom < 1 < pull.before.zoom


@pytest.mark.parametrize("move", Move)
def test_camera_passes_a_still_with_room_but_turns_round_before_one_without(move: Move) -> None:
    assert plan_travel(move, 7, AMPLE).is_straight
    assert not plan_travel(move, 7, NONE).is_straight
    assert min(view.zoom for view in plan_travel(move, 7, NONE)) > 1


def test_far_things_take_less_part_but_some() -> None:
    assert weight_of(0) == FARTHEST_WEIGHT < weight_of(0.5) < weight_of(1) == 1


@given(pace=PACES, place=SHARES)
def test_pace_never_goes_back_nor_beyond(pace: Pace, place: float) -> None:
    assert pace.at(0) == 0 or pace.stop == 0
    assert pace.at(1) == 1 or pace.stop == 1
    assert 0 <= pace.at(place) <= 1
    assert pace.at(min(1.0, place + 0.01)) >= pace.at(place) - 1e-12


def speeds(pace: Pace) -> list[float]:
    return [40 * (b - a) for a, b in pairwise(pace.at(step / 40) for step in range(41))]


def test_camera_alone_is_slow_at_both_ends_and_fastest_halfway() -> None:
    ways = speeds(Pace(starts_slowly=True, ends_slowly=True))
    assert min(ways[0], ways[-1]) > 0.2
    assert max(ways[0], ways[-1]) < max(ways) / 3
    middle = ways.index(max(ways))
    assert all(a < b for a, b in pairwise(ways[: middle + 1]))
    assert all(a > b for a, b in pairwise(ways[middle + 1 :]))


def test_camera_that_goes_on_passes_the_seam_at_its_own_speed() -> None:
    leads_on = speeds(Pace(starts_slowly=True, ends_slowly=False))
    follows_on = speeds(Pace(starts_slowly=False, ends_slowly=True))
    assert leads_on[0] < 0.5
    assert follows_on[-1] < 0.5
    assert leads_on[-1] == pytest.approx(1, abs=0.05) == follows_on[0]
    assert speeds(Pace(starts_slowly=False, ends_slowly=False)) == pytest.approx([1.0] * 40)


def test_camera_that_stops_on_the_way_does_so_halfway() -> None:
    pace = Pace(starts_slowly=True, ends_slowly=True, stop=0.3)
    assert pace.at(0.3) == 0.5
    assert pace.at(0.29) == pytest.approx(0.5, abs=0.01)
    assert pace.at(0.31) == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize("frames", [1, 2, 3, 24, 25])
def test_timeline_begins_at_0_and_ends_at_1_unless_it_joins_another(frames: int) -> None:
    alone = Timeline(frames, follows_on=False, stops_short=False)
    places = [alone.at(frame) for frame in range(frames)]
    assert places[0] == 0
    assert frames == 1 or places[-1] == 1
    joined = Timeline(frames, follows_on=True, stops_short=True)
    step = 1 / (frames + 1)
    assert [joined.at(frame) for frame in range(frames)] == pytest.approx(
        [step * (frame + 1) for frame in range(frames)]
    )
    assert [places.index(alone.place_of(position)) for position in KeyframePosition] == [
        0,
        frames // 2,
        frames - 1,
    ]
