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
    is_sheet: bool = False
    """A character's sheet, which shows the only one of `characters` from all sides; `prompt` says nothing."""


class ImageBackend(Protocol):
    """Draws one keyframe."""

    def draw(self, request: KeyframeRequest, references: Sequence[Reference]) -> bytes:
        """Return a PNG of exactly `request.width` x `request.height` pixels.

        Args:
            references: what the still must agree with: the sheets of those in frame, then the user's own
                pictures, then the keyframe before.

        Raises:
            Refused: a safety filter said no.
            OperationFailed: there is no picture this time; with another seed there may be one.
            BackendFailed: it cannot be drawn, whatever the attempt.
            QuotaExhausted, BackendUnavailable: trying again later is right.
        """
        ...


class PaidImageBackend(ImageBackend, Protocol):
    """Draws at a provider who is paid for every picture. Threads may share it."""

    def address(self, request: KeyframeRequest, references: Sequence[Reference]) -> str:
        """Name what `draw` is asked for: equal for equal words, pictures, seed, size and model, only then."""
        ...


def image_backend(name: str) -> ImageBackend:
    """Return the backend a job's configuration names. Media libraries are loaded only here.

    Raises:
        BackendUnavailable: this instance is not told how to reach the provider.
        KeyError: there is no such backend; submit has let none through.
    """
    match name:
        case "storyboard":
            from functions.keyframes.image_backends.storyboard import Storyboard

            return Storyboard()
    return paid_image_backend(name)


def paid_image_backend(name: str) -> PaidImageBackend:
    """Return the backend of a provider. Its client is loaded only here.

    Raises:
        BackendUnavailable: this instance is not told how to reach the provider.
        KeyError: there is no such backend; submit has let none through.
    """
    match name:
        case "nano_banana":
            from functions.keyframes.image_backends.nano_banana import NanoBanana

            return NanoBanana.of_this_deployment()
    raise KeyError(name)
