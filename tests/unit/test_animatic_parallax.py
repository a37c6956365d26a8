"""How stills look through the moving camera: near layers move further, and there is never a hole."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from functions.render.video_backends.camera import Move, View, choose_move, plan_travel
from functions.render.video_backends.framing import frame_still
from functions.render.video_backends.negative import Negative, read_negative
from functions.render.video_backends.planes import SHARES, lay_over, to_planes
from functions.render.video_backends.still import Still
from shared.domain.errors import MediaCorrupt
from shared.layers import Layer, flatten
from tests.unit.moving_stills import (
    FIRST,
    FRAMES,
    HEIGHT,
    MARGIN,
    SPOKEN,
    WIDTH,
    Brightness,
    a_picture,
    a_request,
    a_spot,
    brightness,
    captioned,
    change,
    likeness,
    render,
    saved,
    some_layers,
)

ROUNDED = 4
"""What scaling a layer to the frame and mixing its pixels may be off, of 255."""

DARKEST_WHITE = 231
"""White is 235; scaling a layer to the frame and mixing its pixels round a little."""
REST = View(1, 0, 0, (0.5, 0.5))


def planes_shown(
    negative: Negative,
    move: Move,
    courses: Sequence[float],
    *,
    size: tuple[int, int] = (WIDTH, HEIGHT),
    seed: int = 3,
) -> list[tuple[NDArray[np.uint8], ...]]:
    """Return the planes that go to the encoder."""
    framing = frame_still(negative, *size)
    travel = plan_travel(move, seed, framing.room)
    still = Still(negative, framing, [travel.at(course) for course in (min(courses), 0, max(courses))])
    frames = []
    for course in courses:
        planes = tuple(np.zeros((size[1] // s, size[0] // s), np.uint8) for s in (1, 2, 2))
        still.paint(travel.at(course), planes)
        frames.append(planes)
    return frames


def shown(
    negative: Negative, move: Move, courses: Sequence[float], size: tuple[int, int] = (WIDTH, HEIGHT)
) -> list[NDArray[np.uint8]]:
    """Return the brightness planes that go to the encoder."""
    return [planes[0] for planes in planes_shown(negative, move, courses, size=size)]


def flat(picture: Image.Image, rows: int = 0) -> Negative:
    return Negative(picture, rows, ())


def in_layers(layers: Sequence[Layer], width: int = WIDTH, height: int = HEIGHT) -> Negative:
    return Negative(flatten(layers, (width, height)), 0, tuple(layers))


def steps(count: int = FRAMES) -> list[float]:
    return [place / (count - 1) for place in range(count)]


def middle(frame: Brightness | NDArray[np.uint8]) -> tuple[float, float, float]:
    """Return across, down and size of a bright spot: its weighted mean and spread, in pixels."""
    light = np.clip(frame.astype(float) - 40, 0, None)
    down, across = np.mgrid[: frame.shape[0], : frame.shape[1]]
    total = light.sum()
    x, y = (light * across).sum() / total, (light * down).sum() / total
    return x, y, float(np.sqrt((light * ((across - x) ** 2 + (down - y) ** 2)).sum() / total))


def a_dark_sky() -> Layer:
    around = round(WIDTH * (1 + 2 * MARGIN)), round(HEIGHT * (1 + 2 * MARGIN))
    return Layer(Image.new("RGBA", around, "black"), -round(WIDTH * MARGIN), -round(HEIGHT * MARGIN), 0.0)


def a_mark(nearness: float, left: int, top: int) -> Layer:
    return Layer(Image.new("RGBA", (12, 12), "white"), left, top, nearness)


@pytest.mark.parametrize(
    ("move", "across", "down", "size"),
    [
        (Move.PUSH, 0, 0, 1),
        (Move.PULL, 0, 0, -1),
        (Move.PAN_LEFT, 1, 0, 0),
        (Move.PAN_RIGHT, -1, 0, 0),
        (Move.TILT_UP, 0, 1, 0),
        (Move.TILT_DOWN, 0, -1, 0),
    ],
)
def test_near_things_move_against_the_camera(
    tmp_path: Path, move: Move, across: int, down: int, size: int
) -> None:
    spot = a_spot(60, 60).convert("L")
    glow = Image.new("RGBA", (60, 60), "white")
    glow.putalpha(spot)
    layers = [a_dark_sky(), Layer(glow, WIDTH // 2 - 30, HEIGHT // 2 - 30, 1.0)]
    keyframe = saved(flatten(layers, (WIDTH, HEIGHT)), tmp_path, layers=layers)
    frames = brightness(render(tmp_path, keyframe, a_request(SPOKEN[move])))
    x, y, spread = (end - start for start, end in zip(middle(frames[0]), middle(frames[-1]), strict=True))
    for way, moved, least in ((across, x, 0.07 * WIDTH), (down, y, 0.07 * HEIGHT), (size, spread, 0.6)):
        if way:
            assert moved * way > least
    if not across:
        assert abs(x) < 4
    if not down:
        assert abs(y) < 4
    if not size:
        assert abs(spread) < 0.2


@pytest.mark.parametrize("move", [Move.PAN_LEFT, Move.PAN_RIGHT, Move.TILT_UP, Move.TILT_DOWN])
def test_near_layers_move_further_than_far_ones(move: Move) -> None:
    axis = 0 if move in (Move.PAN_LEFT, Move.PAN_RIGHT) else 1
    moved = []
    for nearness in (0.0, 0.4, 1.0):
        layers = [a_dark_sky(), a_mark(nearness, WIDTH // 2, HEIGHT // 2)]
        first, last = shown(in_layers(layers), move, [0, 1])
        moved.append(abs(middle(last)[axis] - middle(first)[axis]))
    assert moved[0] > 1
    assert moved[1] > 1.5 * moved[0]
    assert moved[2] > 1.5 * moved[1]


@pytest.mark.parametrize(("move", "way"), [(Move.PUSH, 1), (Move.PULL, -1)])
def test_near_layers_grow_and_shrink_more_than_far_ones(move: Move, way: int) -> None:
    grown = []
    for nearness in (0.0, 0.4, 1.0):
        layers = [a_dark_sky(), a_mark(nearness, 40, 40), a_mark(nearness, 140, 60)]
        first, last = shown(in_layers(layers), move, [0, 1])
        grown.append(way * (middle(last)[2] / middle(first)[2] - 1))
    assert 0.01 < grown[0] < grown[1] / 1.5 < grown[2] / 2.5


@pytest.mark.parametrize("move", Move)
@pytest.mark.parametrize("size", [(WIDTH, HEIGHT), (108, 192), (100, 100), (96, 54)])
def test_layers_at_rest_are_the_still(move: Move, size: tuple[int, int]) -> None:
    layered = in_layers(some_layers())
    (at_rest,) = shown(layered, move, [0], size)
    (as_one,) = shown(flat(layered.picture), move, [0], size)
    assert likeness(at_rest.astype(float), as_one.astype(float)) > 40 if size == (WIDTH, HEIGHT) else 32


def test_layers_too_close_to_move_apart_are_one_and_still_the_same_picture(tmp_path: Path) -> None:
    veil = Image.new("RGBA", (90, 60), (255, 255, 255, 100))
    layers = [
        *some_layers()[:2],
        Layer(veil, 20, 30, 0.35),
        Layer(veil, 60, 10, 0.38),
        *some_layers()[2:],
        Layer(veil, -9, 50, 1.0),
    ]
    still = flatten(layers, (WIDTH, HEIGHT))
    negative = read_negative(saved(still, tmp_path, layers=layers))
    assert len(negative.layers) == 4
    (at_rest,) = shown(negative, Move.PAN_LEFT, [0])
    assert likeness(at_rest.astype(float), to_planes(still)[0].astype(float)) > 45


@pytest.mark.parametrize("seed", range(25))
def test_there_is_never_a_hole(seed: int) -> None:
    """All layers are orange, so that anything else is where there is none."""
    random = np.random.default_rng(seed)

    def somewhere(least: float, below: float) -> int:
        return int(random.integers(int(least), max(int(least) + 1, int(below))))

    width, height = somewhere(16, 240), somewhere(16, 240)
    across, down = somewhere(0, width / 6), somewhere(0, height / 6)
    whole = Image.new("RGBA", (width + 2 * across, height + 2 * down), "#e08020")
    layers = [Layer(whole, -across, -down, 0.0)]
    for nearness in sorted(random.uniform(0, 1, 3)):
        picture = Image.new("RGBA", (somewhere(1, width / 2), somewhere(1, height / 2)))
        ImageDraw.Draw(picture).ellipse((0, 0, *picture.size), fill="#e08020")
        left, top = somewhere(-across, width / 2), somewhere(-down, height / 2)
        layers.append(Layer(picture, left, top, float(nearness)))
    still = in_layers(layers, width, height)
    for size in ((2 * somewhere(8, 120), 2 * somewhere(8, 120)), (width // 2 * 2, height // 2 * 2)):
        expected = to_planes(Image.new("RGB", size, "#e08020"))
        for move in Move:
            for frame in planes_shown(still, move, [-1, -0.37, 0, 0.61, 1], size=size, seed=seed):
                off = [abs(a.astype(int) - b).max() for a, b in zip(frame, expected, strict=True)]
                assert max(off) <= ROUNDED, f"seed {seed}, {move}, {size}: {off}"


@pytest.mark.parametrize("move", Move)
def test_near_layer_never_shows_its_outer_edge(move: Move) -> None:
    """A ground as wide as what was painted reaches every edge of the frame that it reaches at rest."""
    ground = Image.new("RGBA", (round(WIDTH * (1 + 2 * MARGIN)), 60), "white")
    layers = [a_dark_sky(), Layer(ground, -round(WIDTH * MARGIN), HEIGHT + round(HEIGHT * MARGIN) - 60, 1.0)]
    for frame in shown(in_layers(layers), move, [-1, -0.5, 0, 0.5, 1]):
        assert frame[-20:].min() >= DARKEST_WHITE


@pytest.mark.parametrize("size", [(WIDTH, HEIGHT), (64, 36), (108, 192), (801, 333), (3000, 20), (333, 1000)])
@pytest.mark.parametrize("move", Move)
def test_flat_still_of_any_size_and_shape_fills_the_frame(size: tuple[int, int], move: Move) -> None:
    for frame in shown(flat(Image.new("RGB", size, "white")), move, [-1, -0.4, 0, 0.4, 1]):
        assert frame.min() >= DARKEST_WHITE


@pytest.mark.parametrize(
    ("move", "edge"),
    [
        (Move.PAN_LEFT, np.s_[:, 0]),
        (Move.PAN_RIGHT, np.s_[:, -1]),
        (Move.TILT_UP, np.s_[0]),
        (Move.TILT_DOWN, np.s_[-1]),
    ],
)
def test_on_a_flat_still_the_camera_pushes_in_towards_where_the_move_would_have_gone(
    move: Move,
    edge: Any,  # noqa: ANN401 - an index is of many types
) -> None:
    picture = Image.new("RGB", (WIDTH, HEIGHT), "black")
    ImageDraw.Draw(picture).rectangle((0, 0, WIDTH - 1, HEIGHT - 1), outline="white", width=3)
    before, rest, after = shown(flat(picture), move, [-1, 0, 1])
    edges = np.s_[:, 0], np.s_[:, -1], np.s_[0], np.s_[-1]
    assert all(np.median(rest[each]) == 235 for each in edges)
    assert [np.median(after[each]) > 200 for each in edges] == [each == edge for each in edges]
    opposite = {0: -1, -1: 0}
    away = (edge[0], opposite[edge[1]]) if isinstance(edge, tuple) else opposite[edge]
    assert [np.median(before[each]) > 200 for each in edges] == [each == away for each in edges]


@pytest.mark.parametrize(("move", "axis"), [(Move.PAN_RIGHT, 0), (Move.TILT_DOWN, 1), (Move.PUSH, 2)])
def test_motion_is_smooth_below_a_pixel(move: Move, axis: int) -> None:
    layers = [a_dark_sky(), Layer(a_spot().convert("RGBA"), 0, 0, 1.0)]
    negative = in_layers(layers) if axis < 2 else flat(a_spot())
    places = np.array([middle(frame)[axis] for frame in shown(negative, move, steps())])
    travel = plan_travel(move, 3, frame_still(negative, WIDTH, HEIGHT).room)
    views = [travel.at(course) for course in steps()]
    course = np.array([(view.across, view.down, view.zoom)[axis] for view in views])
    slope, offset = np.polyfit(course, places, 1)
    assert abs(places - (slope * course + offset)).max() < 0.06
    assert (np.diff(places) * np.sign(places[-1] - places[0])).min() > -0.005


@pytest.mark.parametrize("rows", [1, 20, 21, 54])
def test_caption_stays_still_while_the_picture_moves(rows: int) -> None:
    picture = captioned(a_picture(), rows)
    frames = shown(flat(picture, rows), Move.PAN_RIGHT, steps())
    assert all(np.array_equal(frame[-rows:], frames[0][-rows:]) for frame in frames)
    assert abs(frames[0][:-rows].astype(int) - frames[-1][:-rows]).mean() > 1
    assert likeness(frames[0].astype(float), to_planes(picture)[0].astype(float)) > 45


def test_caption_that_leaves_no_room_is_refused() -> None:
    with pytest.raises(MediaCorrupt):
        frame_still(flat(a_picture(), HEIGHT // 2 + 1), WIDTH, HEIGHT)


def test_colours_do_not_darken_at_the_edges_of_layers() -> None:
    """Under what is transparent there is black, which must not be mixed in while edges lie between pixels."""
    white = Image.new("RGBA", (60, 60))
    ImageDraw.Draw(white).rectangle((10, 10, 49, 49), fill="white")
    sky = a_dark_sky()._replace(picture=Image.new("RGBA", a_dark_sky().picture.size, "white"))
    for move in Move:
        for frame in shown(in_layers([sky, Layer(white, 60, 20, 1.0)]), move, [0.13, 0.41, 0.77]):
            assert frame.min() >= DARKEST_WHITE


def test_laying_over_rounds_to_the_nearest() -> None:
    below = np.arange(256, dtype=np.uint8)
    for value in (0, 7, 128, 255):
        for share in (0, 1, 50, 64, 127, SHARES):
            laid = below.copy()
            lay_over(laid, np.full(256, value, np.uint8), np.full(256, share, np.uint8))
            assert abs(laid - (below + (value - below.astype(float)) * share / SHARES)).max() <= 0.5


def test_move_is_the_one_the_prompt_names(tmp_path: Path) -> None:
    keyframe = saved(a_picture(), tmp_path)
    requests = a_request("push in"), a_request("tilt up")
    pushes, tilts = (brightness(render(tmp_path, {FIRST: keyframe}, request))[-1] for request in requests)
    assert choose_move("tilt up", 3) is Move.TILT_UP
    assert change(pushes, tilts) > 1
