"""The pictures that a model draws: our own board's, at the sizes of the model. It knows no HTTP."""

import hashlib
import io
import re
import threading
from collections import OrderedDict
from typing import NamedTuple

from PIL import Image

from functions.keyframes.image_backends import KeyframeRequest
from functions.keyframes.image_backends.storyboard import Storyboard
from shared.domain.plan import Character

_SHOWN = re.compile(r"^What it shows: (.+)$", re.MULTILINE)
_CAST = re.compile(r"^Who is in it.*\n(?P<lines>(?:.+\n?)+)", re.MULTILINE)
_LOOKS = re.compile(r"^(?P<name>[^:\n]{1,60}): (?P<look>[^:\n]+)$", re.MULTILINE)
_SUBJECT = re.compile(r"^The character: (?P<name>[^:\n]{1,60}): (?P<look>[^:\n]+)$", re.MULTILINE)
"""How keyframes and sheets are worded; of any other wording everything is drawn but the characters."""

MOST_KEPT = 64
DRAWN_AT = 2
"""Pictures are drawn this much smaller, and enlarged: four times as fast."""


class PictureShape(NamedTuple):
    """What tells one picture from another."""

    prompt: str
    width: int
    """Pixels."""
    height: int
    """Pixels."""
    seed: int


class Pictures:
    """Draws a picture the first time it is asked for, and keeps the latest. May be used from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._drawn: OrderedDict[PictureShape, bytes] = OrderedDict()

    def get(self, shape: PictureShape, kind: str = "PNG") -> bytes:
        """Return the picture, as PNG or JPEG."""
        with self._lock:
            if shape not in self._drawn:
                self._drawn[shape] = _draw(shape)
                if len(self._drawn) > MOST_KEPT:
                    self._drawn.popitem(last=False)
            self._drawn.move_to_end(shape)
            png = self._drawn[shape]
        return png if kind == "PNG" else _as_jpeg(png)


def looks_like_a_picture(data: bytes) -> bool:
    """Tell whether a model could read it."""
    try:
        with Image.open(io.BytesIO(data)) as picture:
            picture.verify()
    except (OSError, SyntaxError, ValueError):
        return False
    return True


def characters_in(prompt: str) -> tuple[Character, ...]:
    """Return who is described in a line of their own, such as `Mara: woman in a red coat`.

    Our board draws only whom it is told of apart; a model would understand the words.
    """
    cast = _CAST.search(prompt)
    described = _LOOKS.finditer(cast["lines"]) if cast else _SUBJECT.finditer(prompt)
    return tuple(Character(name=found["name"], description=found["look"]) for found in described)


def digest(picture: bytes) -> str:
    """Return the SHA-256 of a picture's bytes, in hex."""
    return hashlib.sha256(picture).hexdigest()


def _draw(shape: PictureShape) -> bytes:
    request = KeyframeRequest(
        prompt=_told(shape.prompt),
        caption="",
        characters=characters_in(shape.prompt),
        width=max(16, shape.width // DRAWN_AT),
        height=max(16, shape.height // DRAWN_AT),
        seed=shape.seed,
    )
    with Image.open(io.BytesIO(Storyboard().draw(request, ()))) as small:
        whole = small.convert("RGB").resize((shape.width, shape.height), Image.Resampling.BILINEAR)
    encoded = io.BytesIO()
    whole.save(encoded, "PNG", compress_level=1)
    return encoded.getvalue()


def _told(prompt: str) -> str:
    """Return what the board is to draw: it takes every word for a part of the story."""
    if shown := _SHOWN.search(prompt):
        return shown[1]
    subject = _SUBJECT.search(prompt)
    return f"Full shot: {subject['name']} stands still." if subject else prompt


def _as_jpeg(png: bytes) -> bytes:
    encoded = io.BytesIO()
    with Image.open(io.BytesIO(png)) as picture:
        picture.save(encoded, "JPEG", quality=90)
    return encoded.getvalue()
