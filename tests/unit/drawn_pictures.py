"""Pictures as users send them, made here: of people, of styles, and of what nobody should send."""

import io
import struct
import zlib
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
WHITE = (250, 250, 250)


def encoded(picture: Image.Image, kind: str = "PNG", **how: Any) -> bytes:  # noqa: ANN401 - Pillow's own
    into = io.BytesIO()
    picture.save(into, kind, **how)
    return into.getvalue()


def decoded(data: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(data))
    picture.load()
    return picture


def noise(width: int = 160, height: int = 90) -> Image.Image:
    """A picture that hardly compresses, so that half of its bytes are surely half of its picture."""
    random = np.random.default_rng(1)
    return Image.fromarray(random.integers(0, 255, (height, width, 3), dtype=np.uint8))


def quarters(width: int = 160, height: int = 90) -> Image.Image:
    """Red and green above, blue and white below: every turn of it looks different."""
    picture = Image.new("RGB", (width, height), "white")
    for colour, column, row in (("red", 0, 0), ("lime", 1, 0), ("blue", 0, 1)):
        box = (column * width // 2, row * height // 2, (column + 1) * width // 2, (row + 1) * height // 2)
        picture.paste(colour, box)
    return picture


def person(
    top: tuple[int, int, int],
    *,
    trousers: tuple[int, int, int] = (40, 60, 140),
    hair: tuple[int, int, int] = (30, 26, 30),
    behind: tuple[int, int, int] = WHITE,
) -> Image.Image:
    """Somebody from head to foot, with the noise of a camera."""
    picture = Image.new("RGB", (400, 600), behind)
    draw = ImageDraw.Draw(picture)
    draw.rectangle((140, 230, 260, 420), fill=top)
    draw.rectangle((150, 420, 250, 560), fill=trousers)
    draw.ellipse((160, 110, 240, 230), fill=(226, 180, 150))
    draw.ellipse((155, 95, 245, 160), fill=hair)
    grain = np.random.default_rng(1).normal(0, 8, (600, 400, 1))
    return Image.fromarray(np.clip(np.asarray(picture) + grain, 0, 255).astype(np.uint8))


def portrait(top: tuple[int, int, int]) -> Image.Image:
    """Somebody from the head to the chest."""
    picture = Image.new("RGB", (400, 600), (120, 150, 110))
    draw = ImageDraw.Draw(picture)
    draw.ellipse((110, 60, 290, 360), fill=(226, 180, 150))
    draw.ellipse((100, 40, 300, 180), fill=(30, 26, 30))
    draw.rectangle((60, 360, 340, 600), fill=top)
    return picture


def png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_of(width: int, height: int, *chunks: bytes, pixels: bytes | None = None) -> bytes:
    """An RGB PNG that claims a size; black, unless told otherwise, and only worth decoding where small."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress(bytes(height * (1 + 3 * width))) if pixels is None else pixels
    body = (png_chunk(b"IHDR", header), *chunks, png_chunk(b"IDAT", rows), png_chunk(b"IEND", b""))
    return PNG_SIGNATURE + b"".join(body)
