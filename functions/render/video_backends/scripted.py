"""Asks the scripted provider, which does what a test tells it to, for clips. It is no deployment's backend.

It owns that provider's wire format, and must not know jobs, storage, or what the provider was told.
"""

import base64
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated, TypeVar

import requests
from pydantic import Field, ValidationError
from requests.adapters import HTTPAdapter
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, NewConnectionError

from functions.render.video_backends import (
    Broken,
    ClipRequest,
    Declined,
    Done,
    OperationState,
    Running,
    Stills,
    Unknown,
)
from functions.render.video_backends.bounded_call import within
from shared.domain.capabilities import VIDEO_BACKENDS
from shared.domain.errors import (
    AnswerLost,
    BackendFailed,
    BackendUnavailable,
    QuotaExhausted,
    Refused,
    shorten,
)
from shared.domain.model import Record
from shared.waiting import delay_of

CALL_SECONDS = VIDEO_BACKENDS["scripted"].call_seconds
CONNECT_SHARE = 0.2
"""Of a call's time, for connecting: 2 of 10 s."""
MAX_ANSWER_BYTES = 100_000

_NAME = re.compile(r"operations/[0-9a-f]{1,64}")
_OBJECT = re.compile(r"gs://[^/]+/.+")
_KEY = re.compile(r"[!-~]+")


class _Started(Record):
    name: Annotated[str, Field(pattern=rf"^{_NAME.pattern}$")]


class _Error(Record):
    status: str = ""
    message: str = ""


class _Failure(Record):
    error: _Error = _Error()


class _Detail(Record):
    retry_delay: str = Field("", alias="retryDelay")


class _Details(Record):
    details: tuple[_Detail, ...] = ()


class _Wait(Record):
    """Apart from `_Error`, so that odd details cannot hide a refusal."""

    error: _Details = _Details()


class _Operation(Record):
    done: bool = False
    output: Annotated[str, Field(pattern=rf"^{_OBJECT.pattern}$")] | None = None
    error: _Error | None = None
    billed: bool = True
    """Of an error; a provider that does not say so has not given the money back."""


class _Cancelled(Record):
    billed: bool


Model = TypeVar("Model", bound=Record)


@dataclass(frozen=True)
class _Answer:
    status: int
    body: bytes
    """Empty when it did not arrive whole, or is too large."""
    retry_after: str

    def read(self, model: type[Model]) -> Model | None:
        """Return None when the body is not that."""
        try:
            return model.model_validate_json(self.body)
        except ValidationError:
            return None

    @property
    def delay(self) -> timedelta:
        """How long we are to wait."""
        wait = self.read(_Wait) or _Wait()
        told = (*(detail.retry_delay for detail in wait.error.details), self.retry_after)
        return delay_of(told)


class Scripted:
    """The paid video backend of tests. Keeps no connection: each call is sent once, over one of its own.

    Args:
        url: of the provider, without a path.
        key: sent with every call, and shown to nobody else.
        call_seconds: longest wait for the answer to one call.

    Raises:
        BackendUnavailable: URL or key cannot be one.
    """

    def __init__(self, url: str, key: str, *, call_seconds: float = CALL_SECONDS) -> None:
        if not re.fullmatch(r"https?://[^/?#@\s]+/?", url):
            raise BackendUnavailable("TTV_SCRIPTED_URL is no address of a provider")
        if not _KEY.fullmatch(key):
            raise BackendUnavailable("TTV_SCRIPTED_KEY is empty or has odd characters in it")
        self._url = url.rstrip("/")
        self._key = key
        self._call_seconds = call_seconds

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> "Scripted":
        """Read TTV_SCRIPTED_URL and TTV_SCRIPTED_KEY.

        Raises:
            BackendUnavailable: one of them is missing, or cannot be what it should.
        """
        for name in ("TTV_SCRIPTED_URL", "TTV_SCRIPTED_KEY"):
            if not environment.get(name):
                raise BackendUnavailable(f"the video backend scripted needs {name}, which is not set")
        return cls(environment["TTV_SCRIPTED_URL"], environment["TTV_SCRIPTED_KEY"].strip())

    def start(self, request: ClipRequest, stills: Stills, output: str) -> str:
        """See `PaidVideoBackend.start`."""
        images = {
            str(position): base64.b64encode(still.read_bytes()).decode() for position, still in stills.items()
        }
        body = request.model_dump() | {"images": images, "output": output}
        answer = self._call("POST", "operations", body)
        match answer.status:
            case 200:
                if started := answer.read(_Started):
                    return started.name
                raise AnswerLost("the provider's answer cannot be read")
            case 429:
                raise QuotaExhausted(answer.delay)
            case 503:
                raise BackendUnavailable("the provider answered 503")
            case status if 400 <= status < 500:
                error = (answer.read(_Failure) or _Failure()).error
                if error.status == "CONTENT_BLOCKED":
                    raise Refused(f"the provider refused: {self._words(error)}")
                raise BackendFailed(f"the provider answered {status}: {self._words(error)}")
        raise AnswerLost(f"the provider answered {answer.status}")

    def poll(self, operation_name: str) -> OperationState:
        """See `PaidVideoBackend.poll`."""
        answer = self._look("GET", operation_name)
        if answer is None:
            return Unknown()
        operation = answer.read(_Operation)
        match operation:
            case _Operation(done=False):
                return Running()
            case _Operation(error=_Error() as error, billed=billed):
                reason = self._words(error)
                if error.status == "CONTENT_BLOCKED":
                    return Declined(reason=reason, billed=billed)
                may_repeat = not billed and error.status != "INVALID_ARGUMENT"
                return Broken(reason=reason, billed=billed, retryable=may_repeat)
            case _Operation(output=str(uri)):
                return Done(uri=uri)
        raise BackendUnavailable("the provider's answer cannot be read")

    def download(self, operation_name: str, into: Path) -> None:
        """See `PaidVideoBackend.download`; this provider always writes to the bucket."""
        raise BackendFailed(f"{operation_name} was never handed out")

    def cancel(self, operation_name: str) -> bool:
        """See `PaidVideoBackend.cancel`."""
        answer = self._look("POST", operation_name, ":cancel")
        if answer is None:
            return True
        if cancelled := answer.read(_Cancelled):
            return cancelled.billed
        raise BackendUnavailable("the provider's answer cannot be read")

    def _look(self, method: str, operation_name: str, verb: str = "") -> _Answer | None:
        """Call about an operation; None when the provider does not know it."""
        if not _NAME.fullmatch(operation_name):
            return None
        try:
            answer = self._call(method, operation_name + verb)
        except AnswerLost as error:
            raise BackendUnavailable(str(error)) from error
        match answer.status:
            case 200:
                return answer
            case 404:
                return None
            case 429:
                raise QuotaExhausted(answer.delay)
        raise BackendUnavailable(f"the provider answered {answer.status}")

    def _call(self, method: str, path: str, body: Mapping[str, object] | None = None) -> _Answer:
        """Send a call, once.

        Raises:
            BackendUnavailable: it surely was not sent.
            AnswerLost: it may have been.
        """
        try:
            return within(self._call_seconds, lambda: self._send(method, path, body))
        except TimeoutError as error:
            raise AnswerLost("the provider's answer did not come in time") from error
        except requests.RequestException as error:
            if _never_sent(error):
                raise BackendUnavailable(f"the provider is not there: {type(error).__name__}") from error
            raise AnswerLost(f"the provider did not answer: {type(error).__name__}") from error

    def _send(self, method: str, path: str, body: Mapping[str, object] | None) -> _Answer:
        connect_seconds = self._call_seconds * CONNECT_SHARE
        with requests.Session() as session:
            session.trust_env = False  # it is on this machine; a .netrc would replace our key
            session.headers = {"Authorization": f"Bearer {self._key}", "Accept-Encoding": "identity"}
            for scheme in ("http://", "https://"):
                session.mount(scheme, HTTPAdapter(max_retries=0))
            with session.request(
                method,
                f"{self._url}/v1/{path}",
                json=body,
                timeout=(connect_seconds, self._call_seconds - connect_seconds),
                allow_redirects=False,  # following one would send the call again
                stream=True,
            ) as response:
                return _Answer(
                    response.status_code, _read_body(response), response.headers.get("Retry-After", "")
                )

    def _words(self, error: _Error) -> str:
        """Return the provider's own words, fit to be shown."""
        said = (error.message or error.status or "no reason given").replace(self._key, "[key]")
        return shorten("".join(each if each.isprintable() else " " for each in said))


def _read_body(response: requests.Response) -> bytes:
    body = b""
    try:
        for chunk in response.iter_content(16_384):
            body += chunk
            if len(body) > MAX_ANSWER_BYTES:
                return b""
    except requests.RequestException:
        return b""  # the status says enough of an error, and a 200 without a body is unreadable
    return body


def _never_sent(error: requests.RequestException) -> bool:
    """Say whether no connection came about, so that nothing can have been sent over it."""
    if isinstance(error, requests.exceptions.InvalidURL):
        return True
    cause = error.args[0] if error.args else None
    reason = cause.reason if isinstance(cause, MaxRetryError) else cause
    return isinstance(reason, NewConnectionError | ConnectTimeoutError)
