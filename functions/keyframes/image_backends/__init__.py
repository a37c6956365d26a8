"""What draws keyframes."""

from collections.abc import Sequence
from typing import Annotated, Protocol

from pydantic import Field

from shared.domain.model import Record
from shared.domain.plan import Character
from shared.references import Reference


class KeyframeRequest(Record):
    """One still to draw."""

    prompt: str
    """What the still shows: framing, place, light, weather, characters, action."""
    caption: str
    """One short line for a backend that writes captions; others ignore it."""
    characters: tuple[Character, ...] = ()
    """Those in frame, in the order the plan introduced them."""
    style: str = ""
    """How every picture of the video looks, in words."""
    negative_prompt: str = ""
    """What is not to be shown, with commas between."""
    width: Annotated[int, Field(ge=16)]
    """Pixels."""
    height: Annotated[int, Field(ge=16)]
    """Pixels."""
    seed: int


class ImageBackend(Protocol):
    """Draws one keyframe."""

    def draw(self, request: KeyframeRequest, references: Sequence[Reference]) -> bytes:
        """Return a PNG of exactly `request.width` x `request.height` pixels.

        Args:
            references: what the still must agree with: the user's own pictures, then the keyframe before.

        Raises:
            Refused: a safety filter said no.
            BackendFailed: it cannot be drawn, whatever the attempt.
            Unavailable: trying again later is right.
        """
        ...


def image_backend(name: str) -> ImageBackend:
    """Return the backend a job's configuration names. Media libraries are loaded only here.

    Raises:
        KeyError: there is no such backend; submit has let none through.
    """
    match name:
        case "storyboard":
            from functions.keyframes.image_backends.storyboard import Storyboard

            return Storyboard()
    raise KeyError(name)
