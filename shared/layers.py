"""A still that remembers its depth: layers kept in the PNG itself, in chunks that other readers pass over.

It knows neither what is painted nor how a camera moves. Pillow loads with it.
"""

import io
import struct
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image, PngImagePlugin

from shared.domain.errors import MediaCorrupt
from shared.stills import MAX_PICTURE_PIXELS, UNREADABLE_PICTURE

CHUNK = b"plYR"
"""Ancillary, private, and not to be copied by editors that change the picture.
Source: https://www.w3.org/TR/png-3/#5Chunk-naming-conventions"""

MOST_LAYERS = 8

SOFTEST = 16
"""How many times smaller a picture may be kept."""

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_COLOUR_TYPES = {"RGB": 2, "RGBA": 6}
_UP = 2
"""Filter that tells a row by how it differs from the one above."""

_HEAD = struct.Struct(">fiiB")  # nearness, left, top, softness


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
    softness: int = 1
    """How many times smaller than in the still its picture is: what is out of focus needs no more pixels.
    1 for layers that were read."""

    def enlarged(self) -> "Layer":
        """Return the layer as large as in the still."""
        if self.softness == 1:
            return self
        size = (self.picture.width * self.softness, self.picture.height * self.softness)
        # Colour and alpha apart: clear pixels keep the colours of what is around them.
        enlarged = self.picture.convert("RGB").resize(size, Image.Resampling.BILINEAR)
        enlarged.putalpha(self.picture.getchannel("A").resize(size, Image.Resampling.BILINEAR))
        return self._replace(picture=enlarged, softness=1)


def flatten(layers: Iterable[Layer], size: tuple[int, int]) -> Image.Image:
    """Return layers laid over each other, the farthest first: an RGB still of that width and height."""
    still = Image.new("RGB", size)
    for layer in layers:
        picture = layer.enlarged().picture
        still.paste(picture, (layer.left, layer.top), picture)
    return still


def add_layers(chunks: PngImagePlugin.PngInfo, layers: Iterable[Layer]) -> None:
    """Put layers into the chunks of the PNG that is to be saved, the farthest first."""
    for layer in layers:
        opaque = layer.picture.getchannel("A").getextrema()[0] == 255
        picture = layer.picture.convert("RGB") if opaque else layer.picture
        head = _HEAD.pack(layer.nearness, layer.left, layer.top, layer.softness)
        chunks.add(CHUNK, head + _png(picture))


def _png(picture: Image.Image) -> bytes:
    """Encode RGB or RGBA in half the time of Pillow, which tries all filters on every row.

    Source: https://www.w3.org/TR/png-3/#9Filters
    """
    rows = np.asarray(picture).reshape(picture.height, -1)
    filtered = np.empty((picture.height, 1 + rows.shape[1]), np.uint8)
    filtered[:, 0] = _UP
    filtered[0, 1:] = rows[0]
    np.subtract(rows[1:], rows[:-1], out=filtered[1:, 1:])
    head = struct.pack(">IIBBBBB", *picture.size, 8, _COLOUR_TYPES[picture.mode], 0, 0, 0)
    encoded = io.BytesIO(_SIGNATURE)
    encoded.seek(0, io.SEEK_END)
    for kind, body in ((b"IHDR", head), (b"IDAT", zlib.compress(filtered.data, 1)), (b"IEND", b"")):
        PngImagePlugin.putchunk(encoded, kind, body)
    return encoded.getvalue()


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
        pixels = sum(_pixels(chunk) for chunk in chunks)
        if pixels > MAX_PICTURE_PIXELS:
            raise MediaCorrupt(f"layers of {pixels} pixels in all are too large to decode")
        return tuple(_layer(chunk) for chunk in chunks)
    except (*UNREADABLE_PICTURE, struct.error) as error:
        raise MediaCorrupt(f"the layers cannot be decoded: {type(error).__name__}") from error


def _pixels(chunk: bytes) -> int:
    """Return how many pixels a layer has once it is as large as in the still, by what it says of itself."""
    *_, softness = _HEAD.unpack_from(chunk)
    width, height = struct.unpack_from(">II", chunk, _HEAD.size + len(_SIGNATURE) + 8)
    return int(width * height * softness**2)


def _layer(chunk: bytes) -> Layer:
    nearness, left, top, softness = _HEAD.unpack_from(chunk)
    if not 1 <= softness <= SOFTEST:
        raise MediaCorrupt(f"a layer kept {softness} times smaller; at most {SOFTEST} is permitted")
    with Image.open(io.BytesIO(chunk[_HEAD.size :]), formats=("PNG",)) as picture:
        if picture.width * picture.height * softness**2 > MAX_PICTURE_PIXELS:
            raise MediaCorrupt(f"a layer of {picture.width}x{picture.height} is too large to decode")
        picture.load()
        kept = Layer(picture.convert("RGBA"), left, top, min(1.0, max(0.0, nearness)), softness)
    return kept.enlarged()
