"""Opens stills and refuses what cannot be read. Files are not trusted.

It knows nothing of jobs, shots or storage. Pillow loads with it, so import it inside the work.
"""

import re
from io import BytesIO
from pathlib import Path

from PIL import Image

from shared.domain.errors import MediaCorrupt
from shared.domain.naming import CAPTION_STRIP_KEY

PICTURES = ("PNG", "JPEG", "WEBP")

MAX_PICTURE_PIXELS = 40_000_000
"""A few kilobytes can unpack to gigabytes; decoded, this many pixels take 160 MB. 8K is 33 million."""

UNREADABLE_PICTURE = (
    OSError,
    SyntaxError,
    ValueError,
    Image.DecompressionBombError,
    Image.DecompressionBombWarning,
)
"""What Pillow raises for missing, damaged or vast files; the warning only where warnings are errors."""


def open_picture(source: Path | BytesIO) -> Image.Image:
    """Decode a still, as RGB. Its `info` keeps what the file says about itself.

    Raises:
        MediaCorrupt: it is missing, no PNG, JPEG or WebP, damaged, or larger than `MAX_PICTURE_PIXELS`.
    """
    try:
        with Image.open(source, formats=PICTURES) as picture:
            if picture.width * picture.height > MAX_PICTURE_PIXELS:
                raise MediaCorrupt(f"a picture of {picture.width}x{picture.height} is too large to decode")
            picture.load()
    except UNREADABLE_PICTURE as error:
        raise MediaCorrupt(f"the picture cannot be decoded: {type(error).__name__}") from error
    return picture if picture.mode == "RGB" else picture.convert("RGB")


def caption_rows(picture: Image.Image) -> int:
    """Return how many pixel rows at the bottom of a keyframe are caption; 0 where the file says nothing.

    Raises:
        MediaCorrupt: what it says leaves less than half the height for the picture.
    """
    said = str(picture.info.get(CAPTION_STRIP_KEY, "0"))
    if not re.fullmatch(r"[0-9]{1,6}", said) or int(said) > picture.height // 2:
        raise MediaCorrupt(f"a picture {picture.height} rows high cannot have {said[:20]!r} rows of caption")
    return int(said)
