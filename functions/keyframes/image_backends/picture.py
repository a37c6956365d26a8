"""A provider's picture, decoded within bounds and encoded anew. Of its file nothing is kept.

Knows no provider. Pillow loads with it, so import it inside the work.
"""

import io

from PIL import Image, ImageOps

from shared.domain.errors import BackendFailed, MediaCorrupt
from shared.stills import open_picture

MAX_BYTES = 40_000_000
"""A 4K picture is 20 MB as PNG."""

MIN_SIDE = 64
"""Pixels. Smaller is no keyframe."""

COMPRESSION = 1
"""zlib level: beyond it photographs shrink by a tenth and the time doubles."""


def fitted(encoded: bytes, width: int, height: int) -> bytes:
    """Return a picture as RGB PNG of exactly that size, its middle where its shape is another.

    Raises:
        BackendFailed: it is none that can be used.
    """
    if len(encoded) > MAX_BYTES:
        raise BackendFailed(f"the image model drew a picture of {len(encoded)} bytes")
    try:
        drawn = open_picture(io.BytesIO(encoded))
    except MediaCorrupt as error:
        raise BackendFailed(f"what the image model drew cannot be used: {error}") from error
    if min(drawn.size) < MIN_SIDE:
        raise BackendFailed(f"the image model drew a picture of {drawn.width}x{drawn.height}")
    fresh = Image.new("RGB", (width, height))  # carries no notes of the file into the next one
    fresh.paste(ImageOps.fit(drawn, (width, height), Image.Resampling.LANCZOS))
    anew = io.BytesIO()
    fresh.save(anew, "PNG", compress_level=COMPRESSION)
    return anew.getvalue()


def is_png(encoded: bytes, width: int, height: int) -> bool:
    """Tell whether that is a whole PNG of exactly that size."""
    if not encoded.startswith(b"\x89PNG\r\n\x1a\n") or len(encoded) > MAX_BYTES:
        return False
    try:
        return open_picture(io.BytesIO(encoded)).size == (width, height)
    except MediaCorrupt:
        return False
