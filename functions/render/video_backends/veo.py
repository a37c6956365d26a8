"""Asks Google's Veo on Vertex AI for clips, as long-running predictions.

It owns what that API is told and how its answers are read, and must not know jobs or storage.
"""

import re
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Self

from pydantic import Field

from functions.render.video_backends import (
    MAX_CLIP_BYTES,
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
from functions.render.video_backends.google_calls import WAIT_SHARE, Answered, GoogleCalls, words
from functions.render.video_backends.wording import worded
from shared import wiring
from shared.domain.capabilities import VIDEO_BACKENDS, KeyframePosition
from shared.domain.errors import BackendFailed, BackendUnavailable
from shared.google_ai import Google, is_blocked

if TYPE_CHECKING:
    from google.genai.types import Image

CALL_SECONDS = VIDEO_BACKENDS["veo"].call_seconds

OUR_FAULT = (3, 5, 7, 9, 11, 12, 16)
"""Codes with which asking again is of no use: an argument, a name, a right, a precondition, a range, or
something that is not there. Source: google.rpc.Code."""

_NAME = re.compile(
    r"projects/[a-z0-9][a-z0-9.:-]{0,99}/locations/[a-z0-9-]{1,50}/publishers/google/models/"
    r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}/operations/[A-Za-z0-9_-]{1,200}"
)
_OBJECT = re.compile(r"gs://[^/\s]+/\S{1,1000}")


class _Started(Answered):
    name: Annotated[str, Field(pattern=rf"^{_NAME.pattern}$")]


class _Error(Answered):
    code: int | str | None = None
    status: str | None = None
    message: str | None = None


class _Video(Answered):
    uri: str | None = None
    video_bytes: bytes | None = Field(None, repr=False)


class _Generated(Answered):
    video: _Video | None = None


class _Response(Answered):
    generated_videos: tuple[_Generated, ...] | None = None
    rai_media_filtered_count: int | None = None
    rai_media_filtered_reasons: tuple[str, ...] | None = None

    @property
    def video(self) -> _Video | None:
        """The clip: one is asked for."""
        return next((each.video for each in self.generated_videos or () if each.video), None)


class _Operation(Answered):
    done: bool | None = None
    error: _Error | None = None
    response: _Response | None = None


class Veo:
    """The paid video backend of Veo.

    That a call which was refused or failed is not billed is Google's stated practice. It was never verified.

    Args:
        google: a client of Vertex AI whose waits are shorter than `call_seconds`.
        model_id: as Google names it.
        call_seconds: longest time of one call.

    Raises:
        BackendUnavailable: it is the Gemini API, which has no Veo.
    """

    def __init__(self, google: Google, model_id: str, *, call_seconds: float = CALL_SECONDS) -> None:
        if not google.is_vertex:
            raise BackendUnavailable("veo needs Vertex AI; this instance has a key of the Gemini API")
        self._google = google
        self._model_id = model_id
        self._calls = GoogleCalls(model_id, call_seconds)

    @classmethod
    def of_this_deployment(cls) -> Self:
        """Return what the settings describe.

        Raises:
            BackendUnavailable: this instance has no credentials, or no Veo.
        """
        settings = wiring.settings()
        google = wiring.google(call_seconds=CALL_SECONDS * WAIT_SHARE, location=settings.ttv_veo_location)
        return cls(google, settings.model_id("veo"))

    def start(self, request: ClipRequest, stills: Stills, output: str) -> str:
        """See `PaidVideoBackend.start`."""
        from google.genai.types import GenerateVideosConfig, GenerateVideosSource

        first, last = (stills.get(place) for place in (KeyframePosition.FIRST, KeyframePosition.LAST))
        generate = partial(
            self._google.client.models.generate_videos,
            model=self._model_id,
            source=GenerateVideosSource(prompt=worded(request), image=_image(first)),
            config=GenerateVideosConfig(
                number_of_videos=1,
                duration_seconds=request.seconds,
                aspect_ratio="16:9" if request.width > request.height else "9:16",
                resolution=f"{min(request.width, request.height)}p",
                last_frame=_image(last),
                negative_prompt=request.negative_prompt or None,
                generate_audio=request.audio,
                seed=request.seed,
                output_gcs_uri=output,
            ),
        )
        return self._calls.start(generate, _Started).name

    def poll(self, operation_name: str) -> OperationState:
        """See `PaidVideoBackend.poll`."""
        seen = self._seen(operation_name)
        return Unknown() if seen is None else _state(seen)

    def download(self, operation_name: str, into: Path) -> None:
        """See `PaidVideoBackend.download`. It hands a clip out only within its answer."""
        seen = self._seen(operation_name)
        video = seen and seen.response and seen.response.video
        if not video or not video.video_bytes:
            raise BackendFailed(f"{self._model_id} has no clip of this operation any more")
        if len(video.video_bytes) > MAX_CLIP_BYTES:
            raise BackendFailed(f"the clip has more than {MAX_CLIP_BYTES} bytes")
        into.write_bytes(video.video_bytes)

    def cancel(self, operation_name: str) -> bool:
        """See `PaidVideoBackend.cancel`. Veo knows no cancelling: what runs is billed when it delivers."""
        match self.poll(operation_name):
            case Declined(billed=billed) | Broken(billed=billed):
                return billed
        return True

    def _seen(self, operation_name: str) -> _Operation | None:
        from google.genai.types import GenerateVideosOperation

        if not _NAME.fullmatch(operation_name):
            return None
        operation = GenerateVideosOperation.model_validate({"name": operation_name})
        return self._calls.look(partial(self._google.client.operations.get, operation), _Operation)


def _image(still: Path | None) -> "Image | None":
    from google.genai.types import Image

    return None if still is None else Image(image_bytes=still.read_bytes(), mime_type="image/png")


def _state(seen: _Operation) -> OperationState:
    if not seen.done:
        return Running()
    if error := seen.error:
        reason = words(error.message, error.status)
        if is_blocked(error.code, error.status):
            return Declined(reason=reason)
        return Broken(reason=reason, retryable=error.code not in OUR_FAULT)
    response = seen.response or _Response()
    video = response.video
    if video is None:
        return Declined(reason=words(*(response.rai_media_filtered_reasons or ())))
    if video.uri and _OBJECT.fullmatch(video.uri):
        return Done(uri=video.uri)
    if video.video_bytes and not video.uri:
        return HandedOut()
    raise BackendUnavailable("the provider's answer does not say where the clip is")
