"""What renders clips."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Protocol

from pydantic import Field

from shared.domain.model import Record

Tick = Callable[[float], None]
"""Called after every frame or step with the fraction done, 0 to 1. It may raise to stop the work."""


class ClipRequest(Record):
    """One clip to render."""

    prompt: str
    seconds: Annotated[int, Field(ge=1)]
    width: Annotated[int, Field(ge=16, multiple_of=2)]
    """Pixels; even, as yuv420p demands."""
    height: Annotated[int, Field(ge=16, multiple_of=2)]
    """Pixels; even, as yuv420p demands."""
    fps: Annotated[int, Field(ge=1)]
    seed: int


class VideoBackend(Protocol):
    """Renders one clip within the request that asked for it."""

    def render(self, request: ClipRequest, keyframe: Path, into: Path, tick: Tick) -> None:
        """Write an MP4 of exactly `seconds * fps` frames to `into`.

        Whatever `tick` raises is passed on, and no file is left at `into`.

        Raises:
            MediaCorrupt: the keyframe cannot be decoded.
            Refused: a safety filter said no.
            BackendFailed: it cannot be rendered, whatever the attempt.
            Unavailable: trying again later is right.
        """
        ...


def video_backend(name: str) -> VideoBackend:
    """Return the backend a job's configuration names. Media libraries are loaded only here.

    Raises:
        KeyError: there is no such backend; submit has let none through.
    """
    match name:
        case "animatic":
            from functions.render.video_backends.animatic import Animatic

            return Animatic()
    raise KeyError(name)
