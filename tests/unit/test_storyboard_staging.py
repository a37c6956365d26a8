"""Who stands where: from every framing and angle, in pictures of every shape, everyone is seen."""

import itertools

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from shared.board.appearance import look_of
from shared.board.cast import Figure, draw_figure
from shared.board.lens import lens_of
from shared.board.pose import POSES_FROM_BEHIND, Action
from shared.board.scene import Angle, Framing
from shared.board.staging import Placed, Stage, arrange
from shared.board.wardrobe import Species
from shared.domain.plan import Character

FOURS = {
    "people": (
        "woman, blue dress",
        "tall man, green jacket",
        "little girl, pink dress",
        "old man, beard, hat",
    ),
    "company": ("woman, red coat", "boy, yellow shirt", "small rusty robot", "brown dog"),
    "animals": ("fox", "bear", "owl", "deer"),
    "alike": ("man", "man", "man", "man"),
}
SHAPES = {"landscape": (1280, 720), "portrait": (720, 1280), "square": (720, 720)}
TOGETHER = [framing for framing in Framing if framing is not Framing.DETAIL]


def company(
    kinds: tuple[str, ...], action: Action = Action.STANDING, angle: Angle = Angle.EYE_LEVEL
) -> list[Figure]:
    """Draw them as the angle wants it: all from behind, or the one over whose shoulder one looks."""
    return [
        draw_figure(
            look_of(Character(name=f"Nr {i}", description=kind)),
            action,
            detailed=True,
            from_behind=angle is Angle.BEHIND or (angle is Angle.OVER_SHOULDER and i == 1),
        )
        for i, kind in enumerate(kinds)
    ]


def silhouettes(placed: list[Placed], width: int, height: int) -> list[NDArray[np.bool_]]:
    """What each one covers, (height, width) each, in painting order."""
    masks = []
    for one in placed:
        image = Image.new("1", (width, height))
        pen = ImageDraw.Draw(image)
        for shape in one.figure.sketch.shapes:
            pixels = shape.points * (one.unit, -one.unit) + one.feet
            pen.polygon(pixels.ravel().tolist(), fill=1)
        masks.append(np.asarray(image))
    return masks


def head_of(one: Placed, width: int, height: int) -> NDArray[np.bool_]:
    """The round of a head, cut at the edges of the picture."""
    x = one.feet[0] + one.figure.head[0] * one.unit
    y = one.feet[1] - one.figure.head[1] * one.unit
    radius = one.figure.head_size * one.unit * 0.42
    image = Image.new("1", (width, height))
    ImageDraw.Draw(image).ellipse((x - radius, y - radius, x + radius, y + radius), fill=1)
    return np.asarray(image)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("kinds", FOURS)
@pytest.mark.parametrize(("framing", "angle"), list(itertools.product(TOGETHER, Angle)))
def test_four_together_are_all_seen_and_no_head_is_covered(
    framing: Framing, angle: Angle, kinds: str, shape: str
) -> None:
    width, height = SHAPES[shape]
    figures = company(FOURS[kinds], angle=angle)
    placed = arrange(figures, framing, angle, Stage(width, height, facing=1))
    assert sorted(one.order for one in placed) == [0, 1, 2, 3]
    masks = silhouettes(placed, width, height)
    nearer = np.zeros((height, width), dtype=bool)
    for one, mask in zip(reversed(placed), reversed(masks), strict=True):
        head = head_of(one, width, height)
        assert head.sum() > 12, f"the head of {one.order} is outside"
        assert (head & nearer).sum() < 0.12 * head.sum(), f"the head of {one.order} is covered"
        seen = 0.2 if framing is Framing.CLOSE_UP else 0.45  # Of those behind it shows the heads.
        assert (mask & ~nearer).sum() > seen * mask.sum(), f"{one.order} is hidden"
        nearer |= mask


@pytest.mark.parametrize("facing", [-1, 1])
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize("action", [Action.WALKING, Action.RUNNING, Action.SITTING, Action.DANCING])
def test_fewer_in_any_action_are_within_the_picture(
    action: Action, count: int, shape: str, facing: int
) -> None:
    width, height = SHAPES[shape]
    for framing in TOGETHER:
        stage = Stage(width, height, facing=facing, marching=True)
        placed = arrange(company(FOURS["people"][:count], action), framing, Angle.EYE_LEVEL, stage)
        for one in placed:
            x = one.feet[0] + one.figure.head[0] * one.unit
            y = one.feet[1] - one.figure.head[1] * one.unit
            assert 0 < x < width
            assert 0 < y < height


# What framings and angles do


def heads_of_one(framing: Framing, angle: Angle = Angle.EYE_LEVEL) -> float:
    (one,) = arrange(company(("woman",), angle=angle), framing, angle, Stage(1280, 720, facing=1))
    return one.figure.head_size * one.unit


def test_each_framing_is_nearer_than_the_one_before_by_a_third_at_least() -> None:
    sizes = [heads_of_one(framing) for framing in Framing]
    assert all(near > 1.33 * far for far, near in itertools.pairwise(sizes))


def test_from_below_the_horizon_is_low_and_from_above_it_is_high() -> None:
    for framing in Framing:
        low, level, high = (lens_of(framing, angle) for angle in (Angle.LOW, Angle.EYE_LEVEL, Angle.HIGH))
        assert high.horizon + 0.25 < level.horizon < low.horizon - 0.2


def test_whom_one_looks_up_at_towers_and_narrows_towards_the_head() -> None:
    figures = company(("man",))
    stage = Stage(1280, 720, facing=1)
    low, level, high = (
        arrange(figures, Framing.WIDE, angle, stage)[0] for angle in (Angle.LOW, Angle.EYE_LEVEL, Angle.HIGH)
    )
    assert low.unit > 1.2 * level.unit > 1.4 * high.unit
    heads = [one.figure.head_size / one.figure.top for one in (low, level, high)]
    assert heads[0] < heads[1] < heads[2]


def test_over_a_shoulder_one_is_large_at_the_edge_and_the_other_faces_them() -> None:
    figures = company(("woman, red coat", "man, blue jacket"), angle=Angle.OVER_SHOULDER)
    for facing in (-1, 1):
        stage = Stage(1280, 720, facing=facing)
        far, near = arrange(figures, Framing.MEDIUM, Angle.OVER_SHOULDER, stage)
        assert (near.order, far.order) == (1, 0)
        assert near.unit * near.figure.head_size > 1.4 * far.unit * far.figure.head_size
        edge = near.feet[0] / 1280 if facing > 0 else 1 - near.feet[0] / 1280
        assert edge < 0.25
        turned = figures[0].mirrored() if facing > 0 else figures[0]
        assert far.figure.sketch.bounds() == turned.sketch.bounds()


@pytest.mark.parametrize("species", [Species.PERSON, Species.ROBOT, Species.DOG, Species.HORSE, Species.LION])
@pytest.mark.parametrize("action", POSES_FROM_BEHIND)
def test_from_behind_nobody_has_a_face(species: Species, action: Action) -> None:
    look = look_of(Character(name="X", description=f"a {species}"))
    front = draw_figure(look, action, detailed=True)
    back = draw_figure(look, action, detailed=True, from_behind=True)
    white_of_the_eye, glint = (250, 248, 244), (255, 255, 255)
    assert {white_of_the_eye, glint} & {shape.colour for shape in front.sketch.shapes}
    assert not {white_of_the_eye, glint} & {shape.colour for shape in back.sketch.shapes}
    assert back.from_behind
    assert abs(back.sketch.bounds()[1]) < 0.06


def test_a_detail_is_of_one_thing_or_of_one_pair_of_eyes() -> None:
    stage = Stage(1280, 720, facing=1)
    (eyes,) = arrange(company(FOURS["people"]), Framing.DETAIL, Angle.EYE_LEVEL, stage)
    assert eyes.figure.head_size * eyes.unit > 720
