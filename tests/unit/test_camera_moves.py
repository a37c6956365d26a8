"""How the camera moves: chosen by words, else by the seed; smooth, and never outside the picture."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.render.video_backends.camera import REACH, Move, choose_move, plan_travel

SEEDS = st.integers(min_value=0, max_value=2**63)
SHARES = st.floats(min_value=0, max_value=1)


@pytest.mark.parametrize(
    ("prompt", "move"),
    [
        ("Slow push in on the lighthouse", Move.PUSH),
        ("The camera pushes slowly in", Move.PUSH),
        ("zoom-in on her eyes", Move.PUSH),
        ("we dolly in through the door", Move.PUSH),
        ("dollying in", Move.PUSH),
        ("The camera moves closer", Move.PUSH),
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


@given(move=st.sampled_from(Move), seed=SEEDS)
def test_same_seed_travels_the_same_way(move: Move, seed: int) -> None:
    assert plan_travel(move, seed) == plan_travel(move, seed)


@given(move=st.sampled_from(Move), seed=SEEDS, progress=SHARES)
def test_view_lies_inside_the_picture_at_every_moment(move: Move, seed: int, progress: float) -> None:
    view = plan_travel(move, seed).at(progress)
    assert view.zoom >= 1 - 1e-12
    assert 0 <= view.across <= 1
    assert 0 <= view.down <= 1


@given(move=st.sampled_from(Move), seed=SEEDS)
def test_move_covers_a_modest_share_of_the_frame(move: Move, seed: int) -> None:
    closest = max(view.zoom for view in plan_travel(move, seed))
    assert REACH[0] - 1e-9 <= 1 - 1 / closest <= REACH[1] + 1e-9


@given(move=st.sampled_from(Move), seed=SEEDS)
def test_move_is_slow_at_both_ends_and_never_turns_back(move: Move, seed: int) -> None:
    travel = plan_travel(move, seed)
    views = [travel.at(step / 40) for step in range(41)]
    ways = [sum(abs(a - b) for a, b in zip(one, two, strict=True)) for one, two in pairwise(views)]
    assert max(ways[0], ways[-1]) < max(ways) / 8
    middle = ways.index(max(ways))
    assert all(a < b for a, b in pairwise(ways[: middle + 1]))
    assert all(a > b for a, b in pairwise(ways[middle + 1 :]))


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
    start, end = plan_travel(move, 7)
    assert (end.across - start.across, end.down - start.down) == (across, down)
    assert start.zoom == end.zoom


def test_push_ends_closer_and_pull_ends_wider() -> None:
    push, pull = plan_travel(Move.PUSH, 7), plan_travel(Move.PULL, 7)
    assert push.start.zoom == pull.end.zoom == 1
    assert push.end.zoom == pull.start.zoom > 1
