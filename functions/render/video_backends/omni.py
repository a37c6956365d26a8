"""Asks Google's Gemini Omni for clips, through the Interactions API of Vertex AI or of the Gemini API.

It owns what that API is told and how its answers are read, and must not know jobs or storage.
"""

import base64
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field

from functions.render.video_backends import (
    Broken,
    ClipRequest,
    Declined,
    Done,
    HandedOut,
    OperationState,
    Running,
    Stills,
    Unknown,
)
from functions.render.video_backends.google_calls import (
    WAIT_SHARE,
    Answered,
    GoogleCalls,
    decoded_clip,
    words,
)
from functions.render.video_backends.wording import worded
from shared import wiring
from shared.domain.capabilities import VIDEO_BACKENDS, KeyframePosition
from shared.domain.errors import BackendFailed, BackendUnavailable
from shared.google_ai import Google, is_blocked

CALL_SECONDS = VIDEO_BACKENDS["omni"].call_seconds

ENDED_WITHOUT_US = ("incomplete", "budget_exceeded", "requires_action", "requires_continuation")
"""Statuses that nothing leads out of without another call. Nobody says whether they are billed, so they are
taken to be. Source: `InteractionStatus` in google-genai 3.4.0; one that is not listed there still runs."""

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.=~-]{0,511}")
_OBJECT = re.compile(r"gs://[^/\s]+/\S{1,1000}")
_FILE = re.compile(r"(?:\S*/)?(files/[a-z0-9-]{1,100})(?:[:/?#]\S*)?")


class _Error(Answered):
    code: str | int | None = None
    message: str | None = None


class _Step(Answered):
    error: _Error | None = None


class _Video(Answered):
    uri: str | None = None
    data: str | None = Field(None, repr=False)
    """In base64."""


class _Interaction(Answered):
    status: str
    errors: tuple[_Error, ...] | None = None
    steps: tuple[_Step, ...] | None = None
    output_text: str | None = None
    output_video: _Video | None = None

    @property
    def faults(self) -> Iterator[_Error]:
        """Everything that it says has gone wrong."""
        yield from self.errors or ()
        yield from (step.error for step in self.steps or () if step.error)


class _Started(_Interaction):
    id: Annotated[str, Field(pattern=rf"^{_NAME.pattern}$")]


class Omni:
    """The paid video backend of Gemini Omni.

    That a call which was refused, failed or was cancelled is not billed is Google's stated practice. It was
    never verified.

    Args:
        google: a client whose waits are shorter than `call_seconds`.
        model_id: as Google names it.
        call_seconds: longest time of one call.
    """

    def __init__(self, google: Google, model_id: str, *, call_seconds: float = CALL_SECONDS) -> None:
        self._google = google
        self._model_id = model_id
        self._calls = GoogleCalls(model_id, call_seconds)

    @classmethod
    def of_this_deployment(cls) -> Self:
        """Return what the settings describe.

        Raises:
            BackendUnavailable: this instance has no credentials.
        """
        google = wiring.google(call_seconds=CALL_SECONDS * WAIT_SHARE)
        return cls(google, wiring.settings().model_id("omni"))

    def start(self, request: ClipRequest, stills: Stills, output: str) -> str:
        """See `PaidVideoBackend.start`. The Gemini API knows no buckets, and keeps the clip itself."""
        create = partial(
            self._google.client.interactions.create,
            model=self._model_id,
            background=True,
            store=True,
            input=[
                {"type": "text", "text": worded(request, says_what_is_unwanted=True)},
                *(_image(stills[place]) for place in (FIRST, LAST) if place in stills),
            ],
            generation_config={
                "video_config": {"task": "image_to_video" if stills else "text_to_video"},
                "seed": request.seed,
            },
            response_format={
                "type": "video",
                "aspect_ratio": "16:9" if request.width > request.height else "9:16",
                "resolution": f"{min(request.width, request.height)}p",
                "duration": f"{request.seconds}s",
                "delivery": "uri",
                **({"gcs_uri": output} if self._google.is_vertex else {}),
            },
        )
        return self._calls.start(create, _Started).id

    def poll(self, operation_name: str) -> OperationState:
        """See `PaidVideoBackend.poll`."""
        seen = self._seen(operation_name)
        return Unknown() if seen is None else _state(seen)

    def download(self, operation_name: str, into: Path) -> None:
        """See `PaidVideoBackend.download`."""
        seen = self._seen(operation_name)
        video = (seen and seen.output_video) or _Video()
        if video.data:
            into.write_bytes(decoded_clip(video.data))
        elif file := _FILE.fullmatch(video.uri or ""):
            files = self._google.client.files
            self._calls.download(lambda out: files.download(file=file[1], destination=out), into)
        else:
            raise BackendFailed(f"{self._model_id} has no clip of this operation any more")

    def cancel(self, operation_name: str) -> bool:
        """See `PaidVideoBackend.cancel`."""
        if not _NAME.fullmatch(operation_name):
            return True
        try:
            cancelled = partial(self._google.client.interactions.cancel, operation_name)
            seen = self._calls.look(cancelled, _Interaction)
        except BackendUnavailable:
            seen = self._seen(operation_name)  # one that has ended may be told so by an error
            if seen and isinstance(_state(seen), Running):
                raise
        state = Unknown() if seen is None else _state(seen)
        match state:
            case Running():
                raise BackendUnavailable(f"{self._model_id} has not stopped the operation yet")
            case Declined(billed=billed) | Broken(billed=billed):
                return billed
        return True

    def _seen(self, operation_name: str) -> _Interaction | None:
        if not _NAME.fullmatch(operation_name):
            return None
        return self._calls.look(partial(self._google.client.interactions.get, operation_name), _Interaction)


FIRST, LAST = KeyframePosition.FIRST, KeyframePosition.LAST


def _image(still: Path) -> dict[str, str]:
    data = base64.b64encode(still.read_bytes()).decode()
    return {"type": "image", "mime_type": "image/png", "data": data}


def _state(seen: _Interaction) -> OperationState:
    faults = list(seen.faults)
    reason = words(*(fault.message for fault in faults), seen.output_text)
    match seen.status:
        case "completed":
            return _completed(seen.output_video, reason)
        case "failed" if is_blocked(*(fault.code for fault in faults)):
            return Declined(reason=reason)
        case "failed":
            return Broken(reason=reason, retryable=not any(_is_ours(fault.code) for fault in faults))
        case "cancelled":
            return Broken(reason="the operation was cancelled")
        case status if status in ENDED_WITHOUT_US:
            return Broken(reason=f"it ended as {status}: {reason}", billed=True, retryable=False)
    return Running()


def _completed(video: _Video | None, reason: str) -> OperationState:
    """Say what a completed interaction has brought: without a video it was refused."""
    if video is None or not (video.uri or video.data):
        return Declined(reason=reason)
    if video.data or _FILE.fullmatch(video.uri or ""):
        return HandedOut()
    if video.uri and _OBJECT.fullmatch(video.uri):
        return Done(uri=video.uri)
    raise BackendUnavailable("the provider's answer does not say where the clip is")


def _is_ours(code: object) -> bool:
    """Tell whether a failure is the fault of what was asked, so that asking again is of no use."""
    return isinstance(code, str) and "invalid" in code.casefold()
