"""A still that remembers its depth: layers kept in the PNG itself, in chunks that other readers pass over.

It knows neither what is painted nor how a camera moves. Pillow loads with it.
"""

import io
import struct
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from PIL import Image, PngImagePlugin

from shared.domain.errors import MediaCorrupt
from shared.probe import MAX_PICTURE_PIXELS, UNREADABLE_PICTURE

CHUNK = b"plYR"
"""Ancillary, private, and not to be copied by editors that change the picture.
Source: https://www.w3.org/TR/png-3/#5Chunk-naming-conventions"""

MOST_LAYERS = 8

_HEAD = struct.Struct(">fii")  # nearness, left, top


class Layer(NamedTuple):
    """Part of a still that lies at one depth. All layers, the farthest first, laid over each other are it."""

    picture: Image.Image
    """RGBA, straight alpha; cropped to what is in it."""
    left: int
    """Column of the still where it begins. Negative: it goes on beyond the still's edge."""
    top: int
    """Likewise its row."""
    nearness: float
    """0.0: so far off that a camera's move hardly shifts it; 1.0: moves with the foreground."""


def add_layers(chunks: PngImagePlugin.PngInfo, layers: Iterable[Layer], *, compression: int) -> None:
    """Put layers into the chunks of the PNG that is to be saved, the farthest first.

    Args:
        compression: zlib level, 0-9.
    """
    for layer in layers:
        encoded = io.BytesIO()
        layer.picture.save(encoded, "PNG", compress_level=compression)
        chunks.add(CHUNK, _HEAD.pack(layer.nearness, layer.left, layer.top) + encoded.getvalue())


def read_layers(still: Path) -> tuple[Layer, ...]:
    """Return the layers of a still, the farthest first; none where the file has none, or is no PNG.

    Raises:
        MediaCorrupt: they cannot be read, are too many or too large.
    """
    try:
        with Image.open(still, formats=("PNG", "JPEG", "WEBP")) as picture:
            chunks = [chunk[1] for chunk in getattr(picture, "private_chunks", ()) if chunk[0] == CHUNK]
        if len(chunks) > MOST_LAYERS:
            raise MediaCorrupt(f"a still of {len(chunks)} layers; at most {MOST_LAYERS} are permitted")
        return tuple(_layer(chunk) for chunk in chunks)
    except (*UNREADABLE_PICTURE, struct.error) as error:
        raise MediaCorrupt(f"the layers cannot be decoded: {type(error).__name__}") from error


def _layer(chunk: bytes) -> Layer:
    nearness, left, top = _HEAD.unpack_from(chunk)
    with Image.open(io.BytesIO(chunk[_HEAD.size :]), formats=("PNG",)) as picture:
        if picture.width * picture.height > MAX_PICTURE_PIXELS:
            raise MediaCorrupt(f"a layer of {picture.width}x{picture.height} is too large to decode")
        picture.load()
        return Layer(picture.convert("RGBA"), left, top, min(1.0, max(0.0, nearness)))
