"""What a still must keep for a camera that moves through it: layers that go on beyond its edges."""

import io
import itertools
import struct
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, PngImagePlugin

from functions.keyframes.image_backends import KeyframeRequest
from functions.keyframes.image_backends.storyboard import Storyboard
from shared.board import depth
from shared.board.brief import Brief
from shared.board.depth import MARGIN
from shared.board.picture import paint_layers
from shared.board.scene import INDOORS, Place
from shared.board.shot import read_shot
from shared.domain.errors import MediaCorrupt
from shared.domain.naming import CAPTION_STRIP_KEY
from shared.domain.plan import Character
from shared.layers import CHUNK, MOST_LAYERS, Layer, add_layers, flatten, read_layers

MARA = Character(name="Mara", description="woman, red coat, short black hair")
PLACES = {
    Place.FOREST: "in a forest",
    Place.CITY: "in a city street",
    Place.BEACH: "on a beach",
    Place.HARBOUR: "in a harbour",
    Place.MOUNTAINS: "in the mountains",
    Place.DESERT: "in a desert",
    Place.FIELD: "in a field",
    Place.ROOM: "in a room",
    Place.KITCHEN: "in a kitchen",
    Place.SPACESHIP: "in a spaceship",
    Place.VILLAGE: "in a village",
}
FRAMINGS = ("wide shot", "medium shot", "close-up")
SIZES = ((192, 108), (108, 192), (120, 120))
SIDES = ((1, 0), (-1, 0), (0, 1), (0, -1))


def shot_layers(prompt: str, size: tuple[int, int], *, seed: int = 5) -> tuple[Layer, ...]:
    shot = read_shot(Brief(prompt=prompt, characters=(MARA,), seed=seed))
    return tuple(layer.enlarged() for layer in paint_layers(shot, *size))


def keyframe(prompt: str, folder: Path, size: tuple[int, int] = (192, 108)) -> Path:
    request = KeyframeRequest(
        prompt=prompt, caption="A caption", characters=(MARA,), width=size[0], height=size[1], seed=5
    )
    path = folder / "keyframe.png"
    path.write_bytes(Storyboard().draw(request, []))
    return path


def opacity(
    layers: tuple[Layer, ...], size: tuple[int, int], *, towards: tuple[int, int] = (0, 0), beyond: float = 0
) -> NDArray[np.uint8]:
    """Return how much the layers cover, 0-255: of the still and a share of its size `beyond` each edge.

    Args:
        towards: the camera goes by `MARGIN` of the still's size that way, nearer layers farther than others.
    """
    around = [int(length * beyond) for length in size]
    covered = Image.new("L", (size[0] + 2 * around[0], size[1] + 2 * around[1]))
    for layer in layers:
        left, top = (
            corner - round(way * MARGIN * length * (0.3 + 0.7 * layer.nearness))
            for way, length, corner in zip(towards, size, (layer.left, layer.top), strict=True)
        )
        alpha = layer.picture.getchannel("A")
        covered.paste(255, (left + around[0], top + around[1]), alpha)
    return np.asarray(covered)


def written(layers: list[Layer], folder: Path) -> Path:
    chunks = PngImagePlugin.PngInfo()
    add_layers(chunks, layers)
    Image.new("RGB", (8, 8)).save(folder / "still.png", pnginfo=chunks)
    return folder / "still.png"


def test_every_place_is_looked_at_here() -> None:
    assert set(PLACES) == set(Place)


@pytest.mark.parametrize("framing", FRAMINGS)
@pytest.mark.parametrize(
    "scene", ["in a forest at dusk in the rain", "in a room at night", "in a harbour in fog"]
)
def test_layers_laid_over_each_other_are_the_keyframe(framing: str, scene: str, tmp_path: Path) -> None:
    path = keyframe(f"{framing} {scene}", tmp_path)
    with Image.open(path) as still:
        picture_rows = still.height - int(still.info[CAPTION_STRIP_KEY])
        shown = np.asarray(still)[:picture_rows]
    laid = flatten(read_layers(path), (shown.shape[1], shown.shape[0]))
    assert np.array_equal(np.asarray(laid), shown)


@pytest.mark.parametrize("where", PLACES.values(), ids=PLACES.keys())
def test_what_falls_is_nearer_than_all_else_and_moves_with_the_foreground(where: str) -> None:
    clear, snowy = (
        shot_layers(f"wide shot {where} at noon, {sky}", (192, 108)) for sky in ("clear", "falling snow")
    )
    falling = len(snowy) - len(clear)
    assert falling == (where not in {PLACES[place] for place in INDOORS})
    assert (snowy[-1].nearness == 1) == bool(falling)


@pytest.mark.parametrize("where", PLACES.values(), ids=PLACES.keys())
def test_layers_come_from_far_to_near(where: str) -> None:
    for framing, weather in itertools.product(FRAMINGS, ("at noon", "in falling snow")):
        layers = shot_layers(f"{framing} {where} {weather}", (192, 108))
        nearness = [layer.nearness for layer in layers]
        assert 4 <= len(layers) <= 6
        assert nearness == sorted(set(nearness))
        assert 0 <= nearness[0] < 0.2
        assert nearness[-1] >= 0.85


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("where", PLACES.values(), ids=PLACES.keys())
def test_the_farthest_layer_covers_the_still_and_all_of_the_margin(where: str, size: tuple[int, int]) -> None:
    for framing in FRAMINGS:
        assert opacity(shot_layers(f"{framing} {where}", size)[:1], size, beyond=MARGIN).min() == 255


@pytest.mark.parametrize("framing", FRAMINGS)
@pytest.mark.parametrize("where", PLACES.values(), ids=PLACES.keys())
@pytest.mark.parametrize("size", SIZES[:2], ids=str)
def test_no_hole_opens_between_layers_that_move_apart(
    where: str, framing: str, size: tuple[int, int]
) -> None:
    """Below the horizon no sky comes through the ground, and indoors no outdoors through the floor."""
    shot = read_shot(Brief(prompt=f"{framing} {where} at noon", characters=(MARA,), seed=5))
    layers = tuple(layer.enlarged() for layer in paint_layers(shot, *size))
    lowest_sky = shot.lens.horizon + MARGIN if shot.place not in INDOORS else 1 - MARGIN
    below = round(size[1] * lowest_sky) + 3
    for towards in SIDES:
        assert opacity(layers, size, towards=towards).min() == 255
        assert opacity(layers[1:], size, towards=towards)[below:].min() > 250  # the end of a soft edge


def test_what_lies_beyond_the_edges_belongs_to_the_same_place() -> None:
    """Just beyond an edge it looks as just within: no seam that a camera could cross."""
    for where in PLACES.values():
        size = (192, 108)
        layers = shot_layers(f"wide shot {where} at noon", size)
        moved = [layer._replace(left=layer.left + 18, top=layer.top + 10) for layer in layers]
        whole = np.asarray(flatten(moved, (size[0] + 36, size[1] + 20))).astype(int)
        upright = whole.swapaxes(0, 1)
        for seam in (whole[:, 17:19], whole[:, 209:211], upright[:, 9:11], upright[:, 117:119]):
            assert np.median(np.abs(seam[:, 0] - seam[:, 1]).max(axis=-1)) <= 16


@pytest.mark.parametrize("where", PLACES.values(), ids=PLACES.keys())
def test_what_is_painted_beyond_the_edges_changes_nothing_within(
    where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for framing, size in itertools.product(("wide shot", "medium shot"), SIZES[:2]):
        with_margin = flatten(shot_layers(f"{framing} {where} at noon", size), size)
        with monkeypatch.context() as patch:
            patch.setattr(depth, "MARGIN", 0)
            without = flatten(shot_layers(f"{framing} {where} at noon", size), size)
        apart = np.abs(np.asarray(with_margin).astype(int) - np.asarray(without)).max(axis=-1)
        assert np.mean(apart > 24) < 0.04  # edge light is as wide as the part of a figure that is painted


def test_a_moving_layer_takes_its_shadow_along() -> None:
    """The sun's shadow of a figure is dark and lies on no layer but the figure's."""
    layers = shot_layers("wide shot in a desert at noon", (384, 216))
    pixels = np.asarray(layers[-1].picture)
    feet = pixels[-12:]
    soft = (feet[..., 3] > 20) & (feet[..., 3] < 200)
    assert soft.sum() > 40
    assert feet[soft][:, :3].max(axis=-1).mean() < 60


@pytest.mark.parametrize("framing", FRAMINGS)
def test_colour_resized_apart_from_alpha_has_no_dark_fringe(framing: str) -> None:
    """Clear pixels beside painted ones have their colours."""
    for layer in shot_layers(f"{framing} in a field at noon", (384, 216))[1:4]:
        pixels = np.asarray(layer.picture).astype(int)
        alpha = pixels[..., 3]
        edges = (alpha[:-1] == 0) & (alpha[1:] > 128)
        above, below = pixels[:-1][edges][:, :3], pixels[1:][edges][:, :3]
        assert len(above) == 0 or np.median(np.abs(above - below).max(axis=-1)) < 30


def test_other_readers_see_a_normal_png(tmp_path: Path) -> None:
    path = keyframe("wide shot in a field", tmp_path)
    with Image.open(path) as still:
        still.verify()
    with Image.open(path) as still:
        assert (still.format, still.mode, still.size) == ("PNG", "RGB", (192, 108))
        again = io.BytesIO()
        still.save(again, "PNG")
    assert CHUNK in path.read_bytes()
    assert CHUNK not in again.getvalue()


def test_a_layer_is_read_as_it_was_written(tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    clear = Image.fromarray(random.integers(0, 256, (5, 7, 4), dtype=np.uint8), "RGBA")
    opaque = clear.copy()
    opaque.putalpha(255)
    layers = [Layer(opaque, -3, 2, 0.0), Layer(clear, 4, -5, 0.5)]
    read = read_layers(written(layers, tmp_path))
    assert [(each.picture.tobytes(), *each[1:]) for each in read] == [
        (each.picture.tobytes(), *each[1:]) for each in layers
    ]


def test_a_soft_layer_is_kept_small_and_read_as_large_as_in_the_still(tmp_path: Path) -> None:
    soft = Layer(Image.new("RGBA", (6, 4), (200, 100, 50, 128)), -8, 0, 0.5, softness=4)
    (read,) = read_layers(written([soft], tmp_path))
    assert (read.picture.size, read.left, read.softness) == ((24, 16), -8, 1)
    assert read.picture.getpixel((12, 8)) == (200, 100, 50, 128)


def test_a_picture_without_layers_has_none(tmp_path: Path) -> None:
    assert read_layers(written([], tmp_path)) == ()


@pytest.mark.parametrize(
    ("head", "tail"),
    [
        (struct.pack(">f", 0.5), b""),
        (struct.pack(">fiiB", 0.5, 0, 0, 1), b"no picture"),
        (struct.pack(">fiiB", 0.5, 0, 0, 0), None),
        (struct.pack(">fiiB", 0.5, 0, 0, 17), None),
    ],
    ids=["cut off", "no picture", "not enlarged at all", "enlarged too far"],
)
def test_damaged_layers_are_refused(head: bytes, tail: bytes | None, tmp_path: Path) -> None:
    encoded = io.BytesIO()
    Image.new("RGBA", (4, 4)).save(encoded, "PNG")
    chunks = PngImagePlugin.PngInfo()
    chunks.add(CHUNK, head + (encoded.getvalue() if tail is None else tail))
    Image.new("RGB", (8, 8)).save(tmp_path / "still.png", pnginfo=chunks)
    with pytest.raises(MediaCorrupt):
        read_layers(tmp_path / "still.png")


def test_a_layer_cut_off_in_the_middle_is_refused(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (64, 64, 4), dtype=np.uint8)
    encoded = io.BytesIO()
    Image.fromarray(noise, "RGBA").save(encoded, "PNG")
    chunks = PngImagePlugin.PngInfo()
    chunks.add(CHUNK, struct.pack(">fiiB", 0.5, 0, 0, 1) + encoded.getvalue()[:4000])
    Image.new("RGB", (8, 8)).save(tmp_path / "still.png", pnginfo=chunks)
    with pytest.raises(MediaCorrupt, match="cannot be decoded"):
        read_layers(tmp_path / "still.png")


def test_more_layers_than_permitted_are_refused(tmp_path: Path) -> None:
    one = Layer(Image.new("RGBA", (2, 2)), 0, 0, 0.5)
    assert len(read_layers(written([one] * MOST_LAYERS, tmp_path))) == MOST_LAYERS
    with pytest.raises(MediaCorrupt, match="layers"):
        read_layers(written([one] * (MOST_LAYERS + 1), tmp_path))


@pytest.mark.parametrize(("side", "softness"), [(6400, 1), (1600, 4)])
def test_a_layer_too_large_to_decode_is_refused(side: int, softness: int, tmp_path: Path) -> None:
    """It is refused by its header, before memory is taken for it."""
    vast = Layer(Image.new("RGBA", (side, side), (1, 2, 3, 255)), 0, 0, 0.5, softness)
    with pytest.raises(MediaCorrupt, match="too large"):
        read_layers(written([vast], tmp_path))


def test_layers_too_large_together_are_refused_though_each_would_do(tmp_path: Path) -> None:
    large = Layer(Image.new("RGBA", (1200, 1200), (1, 2, 3, 255)), 0, 0, 0.5, 4)
    assert len(read_layers(written([large], tmp_path))) == 1
    with pytest.raises(MediaCorrupt, match="in all"):
        read_layers(written([large] * 2, tmp_path))
