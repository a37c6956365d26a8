"""What renders clips."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Protocol

from pydantic import Field

from shared.domain.capabilities import KeyframePosition
from shared.domain.job import Rendered
from shared.domain.lora import Lora
from shared.domain.model import Record
from shared.domain.plan import Character
from shared.references import Reference

Tick = Callable[[float], None]
"""Called after every frame or step with the fraction done, 0 to 1. It may raise to stop the work."""

Stills = Mapping[KeyframePosition, Path]
"""Which keyframe stands where in the clip: none, one, or with `first` and `last` two."""


MAX_CLIP_BYTES = 500_000_000
"""Of a file from a provider. A minute of 4K at the rates that they encode with is half of that."""


class ClipRequest(Record):
    """One clip to render."""

    prompt: str
    negative_prompt: str = ""
    """What is not to be seen, with commas between."""
    style: str = ""
    """How every clip of the video looks, in words."""
    characters: tuple[Character, ...] = ()
    """Those in frame, in the order the plan introduced them."""
    seconds: Annotated[int, Field(ge=1)]
    width: Annotated[int, Field(ge=16, multiple_of=2)]
    """Pixels; even, as yuv420p demands."""
    height: Annotated[int, Field(ge=16, multiple_of=2)]
    """Pixels; even, as yuv420p demands."""
    fps: Annotated[int, Field(ge=1)]
    audio: bool = True
    """Whether the clip is to have sound, where the backend can make it."""
    seed: int
    """Of the shot."""
    job_seed: int = 0
    """Shared by all shots: whoever draws a place by it draws the same one every time."""
    follows_on: bool = False
    """The first still is the last frame of the clip before: it has been shown already, as that one's end."""
    leads_on: bool = False
    """The next clip begins where this one ends: nothing comes to rest there, and no frame is shown twice."""
    lora: Lora | None = None
    """An adapter to render with, where the backend can."""
    references: tuple[Reference, ...] = ()
    """What a picture that the backend draws by itself must agree with; only with `follows_on`."""


class Running(Record):
    """The provider is still at work."""


class Done(Record):
    """The clip is there."""

    uri: str
    """`gs://bucket/path`; anywhere but under the prefix the provider was given, it is not taken."""


class HandedOut(Record):
    """The clip is there, and the provider keeps it: see `PaidVideoBackend.download`."""


class Declined(Record):
    """A safety filter said no."""

    reason: str
    """In the provider's words."""
    billed: bool = False


class Broken(Record):
    """The provider could not do it."""

    reason: str
    billed: bool = False
    retryable: bool = True
    """Whether a new call may succeed. Never true of a call that was billed."""


class Unknown(Record):
    """The provider knows of no such operation, or not any more."""


OperationState = Running | Done | HandedOut | Declined | Broken | Unknown


class PaidVideoBackend(Protocol):
    """Renders at a provider who is paid: started once, then looked after from any process by its name."""

    def start(self, request: ClipRequest, stills: Stills, output: str) -> str:
        """Start an operation, which may cost money from now on, and return the provider's name for it.

        It is called once for each submission, and must not repeat the call by itself. It returns or raises
        within the `call_seconds` of its capabilities, as the other calls do.

        Args:
            output: `gs://bucket/prefix/` where the provider is to write the clip; ours alone for this call.

        Raises:
            QuotaExhausted, BackendUnavailable: not now; it surely was not accepted.
            Refused, BackendFailed: never with this input; it surely was not accepted.
            AnswerLost: it may have been accepted.
        """
        ...

    def poll(self, operation_name: str) -> OperationState:
        """Say how an operation stands. May be repeated at will.

        Raises:
            QuotaExhausted, BackendUnavailable: not now.
        """
        ...

    def download(self, operation_name: str, into: Path) -> None:
        """Write the clip of an operation that was handed out to `into`. May be repeated at will.

        Raises:
            QuotaExhausted, BackendUnavailable: not now.
            BackendFailed: it is not there any more, or larger than any clip is.
        """
        ...

    def cancel(self, operation_name: str) -> bool:
        """Make an operation stop, as far as the provider can, and say whether it is billed all the same.

        May be repeated at will; an operation that has ended, or that cannot be stopped, stays as it is. One
        that the provider does not know is taken for billed.

        Raises:
            QuotaExhausted, BackendUnavailable: not now.
        """
        ...


class VideoBackend(Protocol):
    """Renders one clip within the request that asked for it."""

    def render(self, request: ClipRequest, stills: Stills, into: Path, tick: Tick) -> Rendered:
        """Write an MP4 of exactly `seconds * fps` frames to `into`, and tell how it was made.

        Whatever `tick` raises is passed on, and no file is left at `into`.

        Raises:
            MediaCorrupt: a still cannot be decoded.
            Refused: a safety filter said no.
            BackendFailed: it cannot be rendered, whatever the attempt.
            OperationFailed: it went wrong this time.
            Unavailable: trying again later is right.
        """
        ...


def video_backend(name: str) -> VideoBackend:
    """Return the backend a job's configuration names. Media libraries are loaded only here.

    Raises:
        BackendUnavailable: it needs a GPU, and this instance has none.
        KeyError: there is no such backend; submit has let none through.
    """
    match name:
        case "animatic":
            from functions.render.video_backends.animatic import Animatic

            return Animatic()
        case "ltx" | "wan_5b" | "wan_14b":
            from functions.render.video_backends.on_gpu import OnGpu

            return OnGpu.of_this_deployment(name)
    raise KeyError(name)


def paid_backend(name: str) -> PaidVideoBackend:
    """Return the backend of a provider. Its client is loaded only here.

    Raises:
        BackendUnavailable: this instance is not told how to reach the provider. Nothing is known to be wrong
            with the job, and a running operation least of all.
        KeyError: there is no such backend; submit has let none through.
    """
    match name:
        case "scripted":
            from functions.render.video_backends.scripted import Scripted

            return Scripted.from_environment()
        case "omni":
            from functions.render.video_backends.omni import Omni

            return Omni.of_this_deployment()
        case "veo":
            from functions.render.video_backends.veo import Veo

            return Veo.of_this_deployment()
    raise KeyError(name)
