"""A user's picture, decoded within bounds and encoded anew: of the bytes that came in, none is kept.

Pillow loads with it, so import it only for a request that has pictures. Knows neither HTTP nor storage.
"""

import io
import struct
import threading
import zlib
from collections.abc import Callable
from typing import NamedTuple

from PIL import ExifTags, Image, ImageCms, ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile
from PIL.WebPImagePlugin import WebPImageFile

from functions.submit.given import GivenPicture
from functions.submit.headers import Damaged, Header, Kind, read_header
from shared.domain.errors import InvalidInput

MAX_PIXELS = 16 * 2**20
"""Decoded, this many take 64 MiB, and while they are scaled up to 180 MB in all."""

MIN_SIDE = 64
"""Pixels. Smaller is an icon, or a mistake."""

MAX_REFERENCE_SIDE = 2048
"""Pixels; larger ones are scaled down. Providers scale to about this or less."""

ASPECT_TOLERANCE = 0.01
"""Share by which the shape of an initial image may differ from the video's: rounding, not another shape."""

COMPRESSION = 1
"""zlib level: beyond it photographs shrink by a tenth and the time doubles."""

WHITE = (255, 255, 255)

_decoding = threading.BoundedSemaphore(2)
"""submit answers 64 requests at once, but has no memory for 64 large pictures."""

_DECODERS: dict[Kind, Callable[[io.BytesIO], ImageFile.ImageFile]] = {
    Kind.PNG: PngImageFile,
    Kind.JPEG: JpegImageFile,
    Kind.WEBP: WebPImageFile,
}
"""Called directly: Image.open would load and offer the data to others as well."""

_UNREADABLE = (
    *(OSError, EOFError, SyntaxError, struct.error, zlib.error),
    *(ValueError, TypeError, LookupError, ArithmeticError),
    *(Image.DecompressionBombError, UserWarning),
)
"""What Pillow raises for damaged data, also out of EXIF: on the second line where it trusts the data too
much, on the third for what is vast, and where warnings are errors."""

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""EXIF orientation -> how the picture is to be seen. Source: EXIF 3.0, tag 0x0112."""

_ON_ITS_SIDE = frozenset({5, 6, 7, 8})


class _Decoded(NamedTuple):
    picture: Image.Image
    """As coded: not turned yet, in its own colours."""
    orientation: int
    """Of EXIF: 1 to 8, or anything else for none."""
    profile: bytes | None
    """ICC."""


def reference_png(given: GivenPicture) -> bytes:
    """Return a reference image as RGB PNG, at most `MAX_REFERENCE_SIDE` pixels a side.

    EXIF orientation is applied, colours are converted to sRGB, transparency is laid over white. An ICC
    profile that cannot be used is passed over, as browsers do.

    Raises:
        InvalidInput: it is not a permitted picture.
    """
    header = _checked(given)
    longest = max(header.width, header.height)
    scale = min(1.0, MAX_REFERENCE_SIDE / longest)
    size = (round(header.width * scale), round(header.height * scale))
    if min(size) < MIN_SIDE:
        permitted = f"a shape of at most {MAX_REFERENCE_SIDE // MIN_SIDE}:1"
        raise InvalidInput(given.field, _described(header), permitted)
    with _decoding:
        decoded = _decoded(given, header)
        return _encoded(decoded, size)


def initial_png(given: GivenPicture, width: int, height: int) -> bytes:
    """Return an initial image as RGB PNG of exactly the video's size; otherwise as `reference_png`.

    Args:
        width: of the video, in pixels.
        height: likewise.

    Raises:
        InvalidInput: it is not a permitted picture, or its shape is not the video's. It is never cropped.
    """
    header = _checked(given)
    with _decoding:
        decoded = _decoded(given, header)
        lies = decoded.orientation in _ON_ITS_SIDE
        shown = (header.height, header.width) if lies else (header.width, header.height)
        if abs(shown[0] * height / (shown[1] * width) - 1) > ASPECT_TOLERANCE:
            value, permitted = "{}x{}".format(*shown), f"the shape of the video's size, {width}x{height}"
            raise InvalidInput(given.field, value, permitted)
        return _encoded(decoded, (height, width) if lies else (width, height))


def _checked(given: GivenPicture) -> Header:
    """Read what a picture says of itself, and refuse it before any decoder sees it."""
    try:
        header = read_header(given.data)
    except Damaged as damage:
        raise _refused(given, str(damage)) from damage
    if header is None:
        raise InvalidInput(given.field, f"{len(given.data)} bytes of something else", tuple(Kind))
    if header.width * header.height > MAX_PIXELS:
        permitted = f"at most {MAX_PIXELS / 1e6:.3g} megapixels"
        raise InvalidInput(given.field, _described(header), permitted)
    if min(header.width, header.height) < MIN_SIDE:
        raise InvalidInput(given.field, _described(header), f"at least {MIN_SIDE} pixels a side")
    return header


def _decoded(given: GivenPicture, header: Header) -> _Decoded:
    try:
        picture = _DECODERS[header.kind](io.BytesIO(given.data))
        if picture.size != (header.width, header.height):
            raise _refused(given, "it contradicts itself about its size")
        if getattr(picture, "n_frames", 1) > 1:
            raise InvalidInput(given.field, f"an animated {header.kind}", "a picture that stands still")
        profile = picture.info.get("icc_profile")
        picture.load()
        orientation = picture.getexif().get(ExifTags.Base.Orientation, 1)
    except _UNREADABLE as error:
        raise _refused(given, f"it cannot be decoded: {type(error).__name__}") from error
    return _Decoded(_workable(picture), orientation, profile)


def _workable(picture: Image.Image) -> Image.Image:
    """Return the picture in a mode that can be scaled: grey, RGB, RGBA or CMYK."""
    if picture.mode.startswith("I"):  # 16 bits of grey, which convert() would cut off instead of scaling
        return picture.point(lambda value: value * (1 / 257)).convert("L")
    if picture.has_transparency_data:
        return picture if picture.mode == "RGBA" else picture.convert("RGBA")
    return picture if picture.mode in ("L", "RGB", "CMYK") else picture.convert("RGB")


def _encoded(decoded: _Decoded, size: tuple[int, int]) -> bytes:
    scaled = decoded.picture
    if scaled.size != size:
        scaled = scaled.resize(size, Image.Resampling.LANCZOS)
    fresh = Image.new("RGB", size, WHITE)  # carries no notes from the file into the next one
    alpha = scaled.getchannel("A") if scaled.mode == "RGBA" else None
    fresh.paste(_in_srgb(scaled, decoded.profile), mask=alpha)
    turn = _TURNS.get(decoded.orientation)
    if turn is not None:
        fresh = fresh.transpose(turn)
    encoded = io.BytesIO()
    fresh.save(encoded, "PNG", compress_level=COMPRESSION)
    return encoded.getvalue()


def _in_srgb(picture: Image.Image, profile: bytes | None) -> Image.Image:
    """Return RGB. A profile that is damaged, or for other than these colours, is passed over."""
    plain = picture.convert("RGB") if picture.mode == "RGBA" else picture
    if profile:
        try:
            theirs = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            ours = ImageCms.createProfile("sRGB")
            converted = ImageCms.profileToProfile(plain, theirs, ours, outputMode="RGB")
        except (ImageCms.PyCMSError, OSError):
            converted = None
        if converted:
            return converted
    return plain.convert("RGB")


def _refused(given: GivenPicture, why: str) -> InvalidInput:
    return InvalidInput(given.field, f"a damaged picture: {why}", f"a whole {', '.join(Kind)}")


def _described(header: Header) -> str:
    return f"a {header.kind} of {header.width}x{header.height}"
