"""What draws keyframes."""

from collections.abc import Sequence
from typing import Annotated, Protocol

from pydantic import Field

from shared.domain.model import Record
from shared.domain.plan import Character


class KeyframeRequest(Record):
    """One still to draw."""

    prompt: str
    """What the still shows: framing, place, light, weather, characters, action."""
    caption: str
    """One short line for a backend that writes captions; others ignore it."""
    characters: tuple[Character, ...] = ()
    """Those in frame, in the order the plan introduced them."""
    width: Annotated[int, Field(ge=16)]
    """Pixels."""
    height: Annotated[int, Field(ge=16)]
    """Pixels."""
    seed: int


class ImageBackend(Protocol):
    """Draws one keyframe."""

    def draw(self, request: KeyframeRequest, references: Sequence[bytes]) -> bytes:
        """Return a PNG of exactly `request.width` x `request.height` pixels.

        Args:
            references: encoded pictures the still must agree with; the previous keyframe comes last.

        Raises:
            Refused: a safety filter said no.
            BackendFailed: it cannot be drawn, whatever the attempt.
            Unavailable: trying again later is right.
        """
        ...


CAPTION_STRIP_KEY = "ttv:caption-strip-pixels"
"""PNG text chunk: how many pixel rows at the bottom are a caption and not picture. Absent: none are."""
