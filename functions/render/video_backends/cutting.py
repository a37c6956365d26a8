"""Makes sheets out of layers: cuts out what will be seen, at the size it is needed, as planes.

It knows pictures and views, not the order of layers nor why the camera moves.
"""

import math
from collections.abc import Sequence

import numpy as np
from PIL import Image

from functions.render.video_backends.camera import View, Window, weight_of
from functions.render.video_backends.framing import Box, Framing
from functions.render.video_backends.planes import SHARES, Pixels, to_planes
from functions.render.video_backends.resample import Source
from functions.render.video_backends.sheet import NOWHERE, Outline, Sheet
from shared.layers import Layer

RIM = 4
"""Transparent pixels kept around a layer, so that its edge can move by fractions of one."""

COARSER = 4
"""How many times smaller the picture is from which transparent pixels take their colours."""

FAINT = 8
"""Opacity, of 255, below which a colour divided by it is too coarse to be told."""

HAIR = 1e-6
"""What rounding may add to a whole number of pixels."""


def ready_sheet(layer: Layer, framing: Framing, views: Sequence[View]) -> Sheet | None:
    """Make a layer ready to be seen; None where no view shows any of it.

    Args:
        layer: its picture may be RGB too.
        views: those at the ends and the turns of the camera's way.
    """
    weight = weight_of(layer.nearness)
    windows = [view.window(weight) for view in views]
    across, down = _raster(framing, min(window.size for window in windows))
    covered, picture = framing.covered, layer.picture
    x, y = layer.left - covered.left, layer.top - covered.top
    x_pitch, y_pitch = (covered.right - covered.left) / across, (covered.bottom - covered.top) / down
    rim = RIM / min(1, x_pitch) if picture.mode == "RGBA" else 0
    seen = _seen(windows, across, down)
    left, right = _kept(x / x_pitch - rim, (x + picture.width) / x_pitch + rim, seen.left, seen.right)
    top, bottom = _kept(y / y_pitch - rim, (y + picture.height) / y_pitch + rim, seen.top, seen.bottom)
    if right <= left or bottom <= top:
        return None
    part = Box(left * x_pitch - x, top * y_pitch - y, right * x_pitch - x, bottom * y_pitch - y)
    colours, opacity = _cut_out(picture, part, (right - left, bottom - top))
    zooms = len({window.size for window in windows}) > 1
    planes, masks = (
        tuple(Source.of(plane, is_turned=zooms) for plane in planes)
        for planes in (to_planes(colours), _masks(opacity))
    )
    return Sheet(planes, masks, _outline(opacity, *colours.size), left, top, across, down, weight)


def _seen(windows: Sequence[Window], across: int, down: int) -> Box:
    """Return what the windows show in all, where the frame at rest has `across` x `down` pixels."""
    return Box(
        min(window.left for window in windows) * across,
        min(window.top for window in windows) * down,
        max(window.left + window.size for window in windows) * across,
        max(window.top + window.size for window in windows) * down,
    )


def _raster(framing: Framing, closest: float) -> tuple[int, int]:
    """Return in how many pixels to keep what fills the frame: as many as the closest view can show."""
    there = framing.covered.right - framing.covered.left
    across = max(framing.width, min(framing.width / closest, there))
    return 2 * round(across / 2), 2 * round(across * framing.rows / framing.width / 2)


def _kept(start: float, end: float, first_seen: float, last_seen: float) -> tuple[int, int]:
    """Return from where to where a layer is kept, along one side: even places."""
    first, last = max(start, first_seen), min(end, last_seen)
    return 2 * math.floor((first + HAIR) / 2), 2 * math.ceil((last - HAIR) / 2)


def _cut_out(
    picture: Image.Image, part: Box, size: tuple[int, int]
) -> tuple[Image.Image, Image.Image | None]:
    """Return a part of a picture at `size`: its colours, and its opacity unless it is opaque.

    What lies beyond the edges of an RGBA picture is transparent.
    """
    left, top = math.floor(part.left + HAIR), math.floor(part.top + HAIR)
    right, bottom = math.ceil(part.right - HAIR), math.ceil(part.bottom - HAIR)
    whole = picture.crop((left, top, right, bottom))
    rest = (
        max(0.0, part.left - left),
        max(0.0, part.top - top),
        min(part.right - left, whole.width),
        min(part.bottom - top, whole.height),
    )

    def resized(kind: Image.Image) -> Image.Image:
        if kind.size == size:
            return kind
        return kind.resize(size, Image.Resampling.LANCZOS, box=rest, reducing_gap=3.0)

    if whole.mode == "RGB" or whole.getchannel("A").getextrema()[0] == 255:
        return resized(whole.convert("RGB")), None
    # Apart: together, Pillow would make pixels brighter where opacity would exceed the whole.
    return resized(_bled(whole)), resized(whole.getchannel("A"))


def _bled(picture: Image.Image) -> Image.Image:
    """Return a layer as RGB: what is transparent has the colours of what is around it."""
    # Pillow resizes RGBA by opacity, so that only colours that are there get into the coarse picture.
    coarse = picture.resize([-(-side // COARSER) for side in picture.size], Image.Resampling.BOX)
    around = _bled(coarse) if max(coarse.size) > 1 else coarse.convert("RGB")
    bled = around.resize(picture.size, Image.Resampling.BILINEAR)
    bled.paste(picture, mask=picture.getchannel("A").point([0] * FAINT + [255] * (256 - FAINT)))
    return bled


def _masks(opacity: Image.Image | None) -> tuple[Pixels, ...]:
    if opacity is None:
        return ()
    shares = opacity.point([round(value * SHARES / 255) for value in range(256)])
    return np.asarray(shares), np.asarray(shares.reduce(2))


def _outline(opacity: Image.Image | None, width: int, height: int) -> Outline:
    if opacity is None:
        return Outline(np.zeros(height, np.intp), np.full(height, width), np.ones(height, np.bool_))
    pixels = np.asarray(opacity)
    there = pixels > 0
    empty = ~there.any(axis=1)
    first, last = there.argmax(axis=1), width - there[:, ::-1].argmax(axis=1)
    return Outline(np.where(empty, NOWHERE, first), np.where(empty, 0, last), pixels.min(axis=1) == 255)
