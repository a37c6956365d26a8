"""A still as it was made: flat, with the layers it keeps. Read from a file, or drawn for want of one.

It knows files and the board, neither frames nor cameras.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from PIL import Image

from functions.render.video_backends import ClipRequest
from shared.board.brief import Brief
from shared.board.palette import palettes_of
from shared.board.picture import paint_layers
from shared.board.shot import read_shot
from shared.domain.errors import MediaCorrupt
from shared.layers import Layer, flatten, read_layers
from shared.stills import caption_rows, open_picture

APART = 0.12
"""Difference in nearness from which two layers are seen to move apart: by about a hundredth of the frame."""


class Negative(NamedTuple):
    """A still before it is fitted to a frame."""

    picture: Image.Image
    """RGB, all of it."""
    caption_rows: int
    """Pixel rows at the bottom of `picture` that belong to its caption, and to no layer."""
    layers: tuple[Layer, ...]
    """The farthest first, which is opaque and covers the picture. None: it moves as one."""


def read_negative(still: Path) -> Negative:
    """Read a still.

    Raises:
        MediaCorrupt: it cannot be decoded, or its farthest layer leaves part of it uncovered.
    """
    picture = open_picture(still)
    rows, layers = caption_rows(picture), read_layers(still)
    if layers and not _covers(layers[0], picture.width, picture.height - rows):
        raise MediaCorrupt("the farthest layer does not cover the picture")
    return Negative(picture, rows, _grouped(layers))


def draw_opening(request: ClipRequest) -> Negative:
    """Draw a shot's own opening picture, of the frame's size and without a caption."""
    brief = Brief(
        prompt=request.prompt,
        characters=request.characters,
        negative_prompt=request.negative_prompt,
        seed=request.job_seed,
        palettes=palettes_of(request.references),
    )
    shot = read_shot(brief)
    layers = _grouped(layer.enlarged() for layer in paint_layers(shot, request.width, request.height))
    return Negative(flatten(layers, (request.width, request.height)), 0, layers)


def _grouped(layers: Iterable[Layer]) -> tuple[Layer, ...]:
    """Lay those together that would hardly move apart: each layer costs time and memory in every frame."""
    grouped: list[Layer] = []
    for layer in layers:
        within = _clipped(layer, grouped[0] if grouped else layer)
        if within is None:
            continue
        if grouped and within.nearness - grouped[-1].nearness < APART:
            grouped[-1] = _joined(grouped[-1], within)
        else:
            grouped.append(within)
    return tuple(grouped)


def _clipped(layer: Layer, farthest: Layer) -> Layer | None:
    """Cut off what lies beyond the farthest layer: no view goes there, and files may claim any place."""
    (left, top, right, bottom), area = _bounds(layer), _bounds(farthest)
    box = (max(left, area[0]), max(top, area[1]), min(right, area[2]), min(bottom, area[3]))
    if box == (left, top, right, bottom):
        return layer
    if box[0] >= box[2] or box[1] >= box[3]:
        return None
    part = layer.picture.crop((box[0] - left, box[1] - top, box[2] - left, box[3] - top))
    return layer._replace(picture=part, left=box[0], top=box[1])


def _joined(far: Layer, near: Layer) -> Layer:
    left, top = min(far.left, near.left), min(far.top, near.top)
    right, bottom = (max(_bounds(far)[i], _bounds(near)[i]) for i in (2, 3))
    joined = Image.new("RGBA", (right - left, bottom - top))
    joined.paste(far.picture, (far.left - left, far.top - top))
    joined.alpha_composite(near.picture, (near.left - left, near.top - top))
    return Layer(joined, left, top, far.nearness)


def _covers(layer: Layer, width: int, height: int) -> bool:
    left, top, right, bottom = _bounds(layer)
    is_large_enough = left <= 0 and top <= 0 and right >= width and bottom >= height
    return is_large_enough and layer.picture.getchannel("A").getextrema() == (255, 255)


def _bounds(layer: Layer) -> tuple[int, int, int, int]:
    """Return left, top, right and bottom, in pixels of the still."""
    picture = layer.picture
    return layer.left, layer.top, layer.left + picture.width, layer.top + picture.height
