"""Sets lines of text, whatever they say.

It knows the typeface and how to draw, not what the words are for.
"""

import unicodedata
from collections.abc import Sequence
from functools import lru_cache

from PIL import ImageDraw

from shared.typeface import Weight, typeface

ELLIPSIS = "…"

MOST_CHARACTERS = 1000
"""Far more than three lines hold; setting a line takes time that grows with the square of its length."""

NO_CHARACTER = "\uffff"
"""Never a character, so a typeface shows for it what it shows for all it lacks."""


class Lettering:
    """The typeface at one size, in pixels, and weight.

    Any text may be given. A character the typeface lacks becomes what Unicode says it is made of, such as a
    letter without its accent, or is left out.
    """

    def __init__(self, size: int, weight: Weight = "Regular") -> None:
        self._font = typeface(size, weight)
        self.line = round(size * 1.3)
        """From one line to the next, in pixels."""

    def width(self, text: str) -> float:
        """Return how wide a line comes out, in pixels."""
        return self._font.getlength(text)

    def wrap(self, text: str, width: float, *, lines: int) -> list[str]:
        """Break text into at most `lines` lines of at most `width` pixels; what is left out shows as `…`."""
        words = "".join(map(_known, unicodedata.normalize("NFC", text[:MOST_CHARACTERS]))).split()
        wrapped: list[str] = []
        while words and len(wrapped) < lines:
            fitting = 1
            while fitting < len(words) and self.width(" ".join(words[: fitting + 1])) <= width:
                fitting += 1
            wrapped.append(" ".join(words[:fitting]))
            words = words[fitting:]
        if words:
            wrapped[-1] += ELLIPSIS
        return [self._shorten(line, width) for line in wrapped]

    def write(
        self, pen: ImageDraw.ImageDraw, corner: tuple[float, float], lines: Sequence[str], colour: str
    ) -> None:
        """Draw lines downwards from their top left corner."""
        left, top = corner
        for place, line in enumerate(lines):
            pen.text((left, top + place * self.line), line, fill=colour, font=self._font)

    def _shorten(self, line: str, width: float) -> str:
        while self.width(line) > width and line.rstrip(ELLIPSIS):
            line = line.rstrip(ELLIPSIS)[:-1].rstrip() + ELLIPSIS
        return line


@lru_cache(maxsize=4096)
def _known(character: str) -> str:
    """Return the character, or what it is made of; empty if the typeface has neither."""
    if _has(character):
        return character
    return "".join(part for part in unicodedata.normalize("NFKD", character) if _has(part))


def _has(character: str) -> bool:
    if character.isspace():
        return True
    if not character.isprintable():  # controls, changes of direction, lone surrogates
        return False
    return _drawn(character) != _drawn(NO_CHARACTER)


def _drawn(character: str) -> tuple[tuple[int, int], bytes]:
    mask = typeface(24).getmask(character)
    return mask.size, bytes(mask)
