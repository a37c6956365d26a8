"""Where the animatic shows its stills, exactly as they are, and how its clips follow on each other."""

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from functions.render.video_backends import ClipRequest
from functions.render.video_backends.camera import Move
from functions.render.video_backends.scene import TURNS_INTO
from shared.domain.capabilities import KeyframePosition
from shared.domain.plan import Character
from shared.references import Reference
from tests.unit.drawn_pictures import encoded, person
from tests.unit.moving_stills import (
    FIRST,
    FRAMES,
    HEIGHT,
    LAST,
    MIDDLE,
    SPOKEN,
    WIDTH,
    Brightness,
    a_picture,
    a_request,
    a_spot,
    brightness,
    brightness_of,
    captioned,
    change,
    likeness,
    painted,
    render,
    saved,
    saved_layers,
)

ALIKE = 35
"""dB from which two pictures look the same."""

MOVING = 0.05
"""Mean difference of brightness between neighbouring frames of a picture that is not at rest."""

SHOWN_AT = {FIRST: 0, MIDDLE: FRAMES // 2, LAST: FRAMES - 1}

SCENE = "Mara walks through the forest, push in"
MARA = Character(name="Mara", description="a woman in a red coat")


def frames_of(
    folder: Path, stills: Mapping[KeyframePosition, Path], request: ClipRequest
) -> list[Brightness]:
    return brightness(render(folder, stills, request))


def a_flat(folder: Path, name: str = "flat.png", rows: int = 0) -> Path:
    picture = a_picture()
    return saved(captioned(picture, rows, name) if rows else picture, folder, str(rows), name=name)


@pytest.mark.parametrize("position", KeyframePosition)
@pytest.mark.parametrize("move", Move)
@pytest.mark.parametrize("rows", [0, 20])
def test_still_is_shown_exactly_where_it_stands(
    tmp_path: Path, position: KeyframePosition, move: Move, rows: int
) -> None:
    for still in (saved_layers(tmp_path, rows), a_flat(tmp_path, rows=rows)):
        frames = frames_of(tmp_path, {position: still}, a_request(SPOKEN[move]))
        likenesses = [likeness(frame, brightness_of(still)) for frame in frames]
        assert likenesses[SHOWN_AT[position]] > ALIKE
        away = {FIRST: -1, MIDDLE: 0, LAST: 0}[position]
        assert change(frames[away][: HEIGHT - rows], brightness_of(still)[: HEIGHT - rows]) > 1


@pytest.mark.parametrize("position", KeyframePosition)
@pytest.mark.parametrize("fps", [1, 2, 3])
def test_short_clips_show_the_still_as_well(tmp_path: Path, position: KeyframePosition, fps: int) -> None:
    still = a_flat(tmp_path)
    for move in (SPOKEN[Move.PULL], SPOKEN[Move.PAN_LEFT]):
        frames = frames_of(tmp_path, {position: still}, a_request(move, seconds=1, fps=fps))
        place = {FIRST: 0, MIDDLE: fps // 2, LAST: fps - 1}[position]
        assert likeness(frames[place], brightness_of(still)) > ALIKE


@pytest.mark.parametrize("size", [(108, 192), (108, 108), (190, 106), (64, 36)])
def test_still_of_another_shape_is_cut_evenly_to_the_frame(tmp_path: Path, size: tuple[int, int]) -> None:
    still = saved(a_picture(384, 216), tmp_path)
    frames = frames_of(tmp_path, {FIRST: still}, a_request(width=size[0], height=size[1]))
    across, down = min(384, 216 * size[0] / size[1]), min(216, 384 * size[1] / size[0])
    box = (192 - across / 2, 108 - down / 2, 192 + across / 2, 108 + down / 2)
    expected = Image.open(still).resize(size, Image.Resampling.LANCZOS, box=box)
    assert likeness(frames[0], brightness_of(expected)) > ALIKE - 5


def test_lone_clip_starts_and_ends_slowly_but_shows_no_frame_twice(tmp_path: Path) -> None:
    frames = frames_of(tmp_path, {FIRST: saved_layers(tmp_path)}, a_request("pan right", seconds=6))
    halfway = len(frames) // 2
    most = change(frames[halfway], frames[halfway + 1])
    for one, other in ((frames[0], frames[1]), (frames[-2], frames[-1])):
        assert most / 10 < change(one, other) < most / 2


def test_pair_goes_from_exactly_the_first_to_exactly_the_last(tmp_path: Path) -> None:
    stills = {FIRST: saved_layers(tmp_path, 20), LAST: a_flat(tmp_path, rows=30)}
    frames = frames_of(tmp_path, stills, a_request("pan right"))
    assert likeness(frames[0], brightness_of(stills[FIRST])) > ALIKE
    assert likeness(frames[-1], brightness_of(stills[LAST])) > ALIKE


def test_captions_of_a_pair_dissolve_and_do_not_move(tmp_path: Path) -> None:
    stills = {FIRST: a_flat(tmp_path, "one.png", 20), LAST: a_flat(tmp_path, "other.png", 40)}
    frames = frames_of(tmp_path, stills, a_request("pan right", seconds=4))
    first, last = (brightness_of(still) for still in stills.values())
    assert likeness(frames[FRAMES // 3][-20:], first[-20:]) > ALIKE
    assert likeness(frames[-3][-40:], last[-40:]) > ALIKE
    halfway = round(sum(TURNS_INTO) / 2 * (len(frames) - 1))
    assert likeness(frames[halfway][-20:], (first[-20:] + last[-20:]) / 2) > ALIKE - 5


def test_pair_that_leads_on_stops_one_step_short_and_is_not_at_rest(tmp_path: Path) -> None:
    a, b = saved_layers(tmp_path), a_flat(tmp_path)
    frames = painted({FIRST: a, LAST: b}, a_request("tilt up", leads_on=True))
    following = painted({FIRST: b, LAST: a}, a_request("pan right", leads_on=True))
    steps = [change(one, other) for one, other in pairwise([*frames, *following])]
    around = steps[FRAMES - 3 : FRAMES + 2]
    assert likeness(frames[0], brightness_of(a)) > ALIKE
    assert likeness(following[0], brightness_of(b)) > ALIKE
    assert min(around) > MOVING
    assert max(around) < 1  # neither a jump nor a frame that was left out


def test_clip_that_follows_on_starts_one_step_on_and_ends_in_a_picture_of_its_own(tmp_path: Path) -> None:
    request = a_request(SCENE, characters=(MARA,), job_seed=5)
    before = a_flat(tmp_path)
    frames = painted({FIRST: before}, request.evolve(follows_on=True, leads_on=True))
    steps = [change(one, other) for one, other in pairwise([brightness_of(before), *frames])]
    assert MOVING < steps[0] < 4
    assert min(steps) > MOVING
    own = painted({}, request)[0]
    assert min(change(frame, own) for frame in frames[FRAMES // 2 :]) < change(frames[0], own) / 4


def test_motion_of_a_clip_that_follows_on_is_going_from_its_first_frame(tmp_path: Path) -> None:
    """The spot is brighter by far than what dissolves in so early, so that it can be followed."""
    spot = saved(a_spot(), tmp_path)
    frames = painted({FIRST: spot}, a_request("pan right", follows_on=True))
    places = [middle_of(frame) for frame in [brightness_of(spot), *frames[:3]]]
    ways = [before - after for before, after in pairwise(places)]
    assert min(ways) > 0.2
    assert max(ways) < 2 * min(ways)


def middle_of(frame: Brightness) -> float:
    """Return how far across the bright spot is, in pixels."""
    light = np.clip(frame - 100, 0, None).sum(axis=0)
    return float((light * np.arange(len(light))).sum() / light.sum())


def test_camera_comes_to_rest_at_a_flat_still_in_the_middle_before_it_turns_round(tmp_path: Path) -> None:
    frames = painted({MIDDLE: a_flat(tmp_path)}, a_request("pull back", seconds=4))
    steps = [change(one, other) for one, other in pairwise(frames)]
    assert max(steps[FRAMES - 3 : FRAMES + 2]) < max(steps) / 3


def test_camera_passes_a_layered_still_in_the_middle_without_a_stop(tmp_path: Path) -> None:
    frames = painted({MIDDLE: saved_layers(tmp_path)}, a_request("pull back", seconds=4))
    steps = [change(one, other) for one, other in pairwise(frames)]
    assert min(steps[FRAMES - 3 : FRAMES + 2]) > max(steps) / 3


def test_clips_of_a_chain_join_without_a_stall(tmp_path: Path) -> None:
    clip = render(tmp_path, {FIRST: saved_layers(tmp_path)}, a_request("pan right", leads_on=True))
    handed_on = saved(Image.fromarray(last_of(clip)), tmp_path)
    shot = painted({FIRST: tmp_path / "layered.png"}, a_request("pan right", leads_on=True))
    request = a_request(SCENE, follows_on=True, leads_on=True)
    steps = [change(one, other) for one, other in pairwise([*shot, *painted({FIRST: handed_on}, request)])]
    assert min(steps) > MOVING
    assert steps[FRAMES - 2] > max(steps[: FRAMES - 1]) / 2


def last_of(clip: Path) -> NDArray[np.uint8]:
    """Return the last frame, (height, width, 3) RGB."""
    with av.open(str(clip)) as container:
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    return frames[-1].astype(np.uint8)


def test_clip_without_stills_draws_the_same_opening_every_time(tmp_path: Path) -> None:
    request = a_request(SCENE, characters=(MARA,), job_seed=5)
    clips = {render(tmp_path, {}, request).read_bytes() for _ in range(2)}
    assert len(clips) == 1
    frame = frames_of(tmp_path, {}, request)[0]
    assert frame.shape == (HEIGHT, WIDTH)
    assert frame.std() > 10
    elsewhere = frames_of(tmp_path, {}, request.evolve(prompt="A café at night, push in"))[0]
    assert change(frame, elsewhere) > 10


def test_characters_look_as_they_are_described(tmp_path: Path) -> None:
    request = a_request("Close-up of Mara, push in", characters=(MARA,), job_seed=5)
    bald = Character(name="Mara", description="a bald robot")
    frames = [painted({}, request.evolve(characters=cast))[0] for cast in ((MARA,), (bald,), ())]
    assert min(change(frames[0], other) for other in frames[1:]) > 5


def test_picture_of_its_own_agrees_with_the_users_pictures(tmp_path: Path) -> None:
    magenta = Reference(picture=encoded(person((200, 20, 160))), shows="Mara")
    undescribed = Character(name="Mara", description="a woman")
    plain = a_request("Medium shot, field at noon. Mara waits.", characters=(undescribed,), follows_on=True)
    still = {FIRST: a_flat(tmp_path)}
    colours = [
        last_of(render(tmp_path, still, request)).astype(int)
        for request in (plain, plain.evolve(references=(magenta,)))
    ]
    like_it = [(abs(each - (200, 20, 160)).max(axis=-1) < 50).mean() for each in colours]
    assert like_it[0] < 0.01 < 0.05 < like_it[1]


def test_job_seed_decides_the_place_and_the_shot_seed_the_camera(tmp_path: Path) -> None:
    request = a_request("A lone house", job_seed=5)
    first = frames_of(tmp_path, {}, request)[0]
    other_shot, other_job = (
        frames_of(tmp_path, {}, request.evolve(**changes))[0] for changes in ({"seed": 8}, {"job_seed": 6})
    )
    assert likeness(first, other_shot) > ALIKE
    assert likeness(first, other_job) < ALIKE - 10
