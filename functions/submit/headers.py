"""Reads type and size from a picture's own first bytes, so that nothing vast or odd ever reaches a decoder.

Pure; it knows neither Pillow nor requests. What a client declares, or calls its file, is never looked at.
"""

import struct
from enum import StrEnum
from typing import NamedTuple

MAX_PNG_CHUNKS = 10_000
"""Pillow goes through them one by one; encoders write one for every 8 KiB or more."""

MAX_JPEG_SEGMENTS = 1_000
"""Before the first scan; likewise. Cameras write some dozens."""

MAX_JPEG_SCANS = 100
"""Every scan goes over the whole picture anew: a few megabytes of empty ones keep a decoder busy for minutes.
Encoders write about ten. Source: https://libjpeg-turbo.org/pmwiki/uploads/About/TwoIssueswiththeJPEGStandard.pdf
"""


class Kind(StrEnum):
    """The types that are permitted."""

    PNG = "PNG"
    JPEG = "JPEG"
    WEBP = "WebP"


class Header(NamedTuple):
    """What a picture says of itself."""

    kind: Kind
    width: int
    """Pixels, before any EXIF orientation."""
    height: int
    """Likewise."""


class Damaged(Exception):
    """The first bytes are those of a picture, the rest is not; says what is wrong with it."""


def read_header(data: bytes) -> Header | None:
    """Return what the bytes hold; None when they are no PNG, JPEG or WebP.

    Raises:
        Damaged: it is cut short, contradicts its format, or is built to keep a decoder busy.
    """
    try:
        if data.startswith(b"\x89PNG\r\n\x1a\n"):
            return Header(Kind.PNG, *_png_size(data))
        if data.startswith(b"\xff\xd8\xff"):
            return Header(Kind.JPEG, *_jpeg_size(data))
        if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
            return Header(Kind.WEBP, *_webp_size(data))
    except (struct.error, IndexError) as error:
        raise Damaged("it is cut short") from error
    return None


def _png_size(data: bytes) -> tuple[int, int]:
    """Source: https://www.w3.org/TR/png-3/#5DataRep. What follows the last chunk is ignored."""
    at = 8
    for _ in range(MAX_PNG_CHUNKS):
        length, kind = struct.unpack_from(">I4s", data, at)
        if at == 8 and kind != b"IHDR":
            raise Damaged("it does not begin with its header")
        at += 12 + length
        if kind == b"IEND":
            if at > len(data):
                raise Damaged("it is cut short")
            width, height = struct.unpack_from(">II", data, 16)
            return width, height
    raise Damaged(f"it has more than {MAX_PNG_CHUNKS} chunks")


_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_WITHOUT_LENGTH = frozenset({0x01, *range(0xD0, 0xD9)})
_FILL, _END, _SCAN = 0xFF, 0xD9, 0xDA


def _jpeg_size(data: bytes) -> tuple[int, int]:
    """Source: ITU-T T.81, B.1.1 and B.2.2."""
    if data.count(b"\xff\xda") > MAX_JPEG_SCANS:
        raise Damaged(f"it has more than {MAX_JPEG_SCANS} scans")
    at, size = 2, (0, 0)
    for _ in range(MAX_JPEG_SEGMENTS):
        if data[at] != _FILL:
            raise Damaged("its segments do not follow each other")
        while data[at] == _FILL:
            at += 1
        marker = data[at]
        at += 1
        if marker in (_SCAN, _END):
            if size == (0, 0):
                raise Damaged("it does not say its size before its first scan")
            return size
        if marker in _WITHOUT_LENGTH:
            continue
        if marker in _FRAMES:
            height, width = struct.unpack_from(">HH", data, at + 3)
            size = (width, height)
        (length,) = struct.unpack_from(">H", data, at)
        at += length
    raise Damaged(f"it has more than {MAX_JPEG_SEGMENTS} segments")


def _webp_size(data: bytes) -> tuple[int, int]:
    """Source: RFC 9649, sections 2.5 to 2.7 and 3.4."""
    (length,) = struct.unpack_from("<I", data, 4)
    if length + 8 > len(data):
        raise Damaged("it is cut short")
    match data[12:16]:
        case b"VP8X":
            return (
                1 + int.from_bytes(data[24:27], "little"),
                1 + int.from_bytes(data[27:30], "little"),
            )
        case b"VP8L":
            (bits,) = struct.unpack_from("<I", data, 21)
            return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
        case b"VP8 ":
            width, height = struct.unpack_from("<HH", data, 26)
            return width & 0x3FFF, height & 0x3FFF
    raise Damaged("it does not begin with its header")
