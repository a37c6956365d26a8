"""How both of Google's video models are called, and what their answers have in common. Knows no job.

Each call is sent once and is over in time; what comes back is validated before anyone depends on it.
"""

import base64
import binascii
import time
from collections.abc import Callable
from io import IOBase, RawIOBase
from pathlib import Path
from typing import IO, TYPE_CHECKING, TypeVar

from pydantic import ConfigDict, ValidationError

from functions.render.video_backends import MAX_CLIP_BYTES
from functions.render.video_backends.bounded_call import within
from shared.domain.errors import AnswerLost, BackendFailed, BackendUnavailable, Refused, shorten
from shared.domain.model import Record
from shared.google_ai import translated

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

WAIT_SHARE = 0.8
"""Of a call's time, for one wait on the network: what is left tells a connection that never came about from
an answer that got lost."""

DOWNLOAD_SECONDS = 300.0
"""For all of a clip."""

NOT_FOUND = 404

Returned = TypeVar("Returned")
Model = TypeVar("Model", bound=Record)


class Answered(Record):
    """A part of an answer, as the SDK shows it. It checks little of what it was sent."""

    model_config = ConfigDict(from_attributes=True)


class GoogleCalls:
    """Calls of one model.

    Args:
        model_id: as Google names it.
        call_seconds: longest time of a call as a whole.
    """

    def __init__(self, model_id: str, call_seconds: float) -> None:
        self._model_id = model_id
        self._call_seconds = call_seconds

    def start(self, call: Callable[[], object], model: type[Model]) -> Model:
        """Make the call that is paid.

        Raises:
            QuotaExhausted, BackendUnavailable: not now; it surely was not accepted.
            Refused, BackendFailed: never with this input; it surely was not accepted.
            AnswerLost: it may have been accepted.
        """
        try:
            return self._made(call, model, accepts=True)
        except TimeoutError as error:
            raise AnswerLost(f"the answer of {self._model_id} did not come in time") from error
        except ValidationError as error:
            raise AnswerLost(f"the answer of {self._model_id} cannot be read") from error

    def look(self, call: Callable[[], object], model: type[Model]) -> Model | None:
        """Make a call about an operation; None when the provider does not know it.

        Raises:
            QuotaExhausted, BackendUnavailable: not now.
        """
        try:
            return self._made(call, model, accepts=False)
        except TimeoutError as error:
            raise BackendUnavailable(f"{self._model_id} did not answer in time") from error
        except ValidationError as error:
            raise BackendUnavailable(f"the answer of {self._model_id} cannot be read") from error
        except (Refused, BackendFailed) as error:
            if _status(error.__cause__) == NOT_FOUND:
                return None
            raise BackendUnavailable(str(error)) from error

    def download(self, call: Callable[[IOBase], object], into: Path) -> None:
        """Let a call write a clip to `into`.

        Raises:
            QuotaExhausted, BackendUnavailable: not now.
            BackendFailed: it is not there any more, or larger than any clip is.
        """

        def downloaded() -> None:
            with translated(self._model_id), into.open("wb") as file:
                call(_Bounded(file, DOWNLOAD_SECONDS))

        try:
            within(DOWNLOAD_SECONDS, downloaded)
        except TimeoutError as error:
            raise BackendUnavailable(f"the clip of {self._model_id} did not come in time") from error
        except Refused as error:
            raise BackendFailed(str(error)) from error

    def _made(self, call: Callable[[], object], model: type[Model], *, accepts: bool) -> Model:
        def sent() -> object:
            with translated(self._model_id, accepts=accepts):
                return call()

        return model.model_validate(within(self._call_seconds, sent))


class _Bounded(RawIOBase):
    """A file that takes no more than a clip has, and no longer than one may take.

    Whatever exceeds it is raised where it is written, which ends the transfer.
    """

    def __init__(self, file: IO[bytes], seconds: float) -> None:
        self._file = file
        self._left = MAX_CLIP_BYTES
        self._give_up_at = time.monotonic() + seconds

    def write(self, data: "ReadableBuffer") -> int:
        self._left -= memoryview(data).nbytes
        if self._left < 0:
            raise BackendFailed(f"the clip has more than {MAX_CLIP_BYTES} bytes")
        if time.monotonic() > self._give_up_at:
            raise BackendUnavailable("the clip did not come in time")
        return self._file.write(data)


def decoded_clip(encoded: str) -> bytes:
    """Return a clip that came within an answer, in base64.

    Raises:
        BackendFailed: it is none, or too large.
    """
    if len(encoded) > MAX_CLIP_BYTES * 4 // 3:
        raise BackendFailed(f"the clip has more than {MAX_CLIP_BYTES} bytes")
    try:
        return base64.b64decode(encoded, validate=True)
    except binascii.Error as error:
        raise BackendFailed("the clip that came within the answer cannot be decoded") from error


def words(*said: str | None) -> str:
    """Return the first of a provider's own words that says anything, fit to be shown."""
    spoken = next((each for each in said if each and each.strip()), "no reason was given")
    return shorten("".join(each if each.isprintable() else " " for each in spoken).strip())


def _status(error: BaseException | None) -> int | None:
    """Return the HTTP status of one of the SDK's errors: its two kinds name it differently."""
    status = getattr(error, "status_code", None) or getattr(error, "code", None)
    return status if isinstance(status, int) else None
