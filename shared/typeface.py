"""The one typeface of captions and sheets. Knows no layout.

Source Sans Pro (SIL Open Font License) writes Latin, Greek, Cyrillic and Vietnamese; Pillow's own typeface
lacks even é. Scripts it does not have, such as Japanese, come out as empty boxes.
"""

from functools import cache
from importlib.resources import files
from io import BytesIO
from typing import Literal

from PIL import ImageFont

Weight = Literal["Regular", "Semibold", "Bold"]


@cache
def typeface(size: int, weight: Weight = "Regular") -> ImageFont.FreeTypeFont:
    """Return the typeface.

    Args:
        size: of the em, in pixels.
    """
    font = files("font_source_sans_pro") / "files" / f"SourceSansPro-{weight}.ttf"
    return ImageFont.truetype(BytesIO(font.read_bytes()), size)
