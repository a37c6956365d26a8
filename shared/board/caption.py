"""Sets the caption into the strip below the picture. It must not know the picture."""

import unicodedata
from functools import cache

from PIL import Image, ImageDraw, ImageFont

from shared.typeface import typeface

STRIP_SHARE = 0.1
"""Height of the strip as a share of the whole keyframe."""

PAPER = (24, 25, 30)
INK = (238, 234, 224)
RULE = (214, 168, 92)
MISSING = "\uffff"
"""Never a character: a typeface shows for it what it shows for all it lacks."""

LONGEST = 400
"""Characters looked at: two lines never hold more."""


def strip_height(caption: str, height: int) -> int:
    """Return the height of the strip in pixels: even, since video codecs want even rows.

    Nothing, where the typeface has no sign for any of the caption: no strip is better than an empty one.
    """
    return max(2, 2 * round(height * STRIP_SHARE / 2)) if _printable(caption) else 0


def draw_strip(caption: str, width: int, height: int) -> Image.Image:
    """Return the strip: (height, width) RGB with the caption on one or two lines."""
    strip = Image.new("RGB", (width, height), PAPER)
    draw = ImageDraw.Draw(strip)
    draw.rectangle((0, 0, width, max(0, round(height * 0.03))), fill=RULE)
    lines, font = _fit(_printable(caption), width * 0.92, height)
    leading = font.size * 1.16
    top = (height - leading * len(lines)) / 2 + leading * 0.5
    for i, line in enumerate(lines):
        draw.text((width / 2, top + i * leading), line, font=font, fill=INK, anchor="mm")
    return strip


def _fit(text: str, width: float, height: int) -> tuple[list[str], ImageFont.FreeTypeFont]:
    """Choose the largest setting that holds the text: one line, two smaller ones, two cut short."""
    for share in (0.5, 0.43):
        font = _font(max(6, round(height * share)))
        if font.getlength(text) <= width:
            return [text], font
    font = _font(max(6, round(height * 0.37)))
    first, rest = _break(text, font, width)
    return [first, _cut(rest, font, width)] if rest else [first], font


def _break(text: str, font: ImageFont.FreeTypeFont, width: float) -> tuple[str, str]:
    words = text.split(" ")
    line = ""
    for i, word in enumerate(words):
        longer = f"{line} {word}" if line else word
        if font.getlength(longer) > width:
            return (line, " ".join(words[i:])) if line else (_cut(word, font, width), " ".join(words[1:]))
        line = longer
    return line, ""


def _cut(text: str, font: ImageFont.FreeTypeFont, width: float) -> str:
    if font.getlength(text) <= width:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if font.getlength(f"{text[:middle].rstrip()}…") <= width:
            low = middle
        else:
            high = middle - 1
    return f"{text[:low].rstrip()}…"


def _printable(caption: str) -> str:
    """Fold white space; drop controls, and what the typeface has no sign for rather than show empty boxes."""
    kept = (" " if char.isspace() else char for char in caption[:LONGEST])
    text = "".join(char for char in kept if char == " " or _is_known(char))
    return " ".join(text.split())


@cache
def _is_known(char: str) -> bool:
    if unicodedata.category(char) in {"Cc", "Cf", "Cs", "Co", "Cn"}:
        return False
    return _sign(char) != _sign(MISSING)


def _sign(char: str) -> tuple[tuple[int, int], bytes]:
    mask = _font(24).getmask(char)
    return mask.size, bytes(mask)


def _font(size: int) -> ImageFont.FreeTypeFont:
    return typeface(size, "Semibold")
