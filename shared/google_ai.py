"""Google's generative models: how they are reached, and their errors in our words. Knows no prompt.

The SDK is imported inside the functions: it takes 0.4 s, which only who calls a model should pay.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from shared.domain.errors import (
    AnswerLost,
    BackendFailed,
    BackendUnavailable,
    QuotaExhausted,
    Refused,
    TTVError,
    shorten,
)
from shared.settings import Settings
from shared.waiting import delay_of

if TYPE_CHECKING:
    from google import genai

BLOCKED = ("content_blocked", "content-policy", "safety", "prohibited_content", "blocklist")
"""Parts of the codes by which a filter's answer is told from another 400."""


WRONG_KEY = "API_KEY_INVALID"
"""Reason of the 400 with which the Gemini API answers a key that is none.
Source: https://cloud.google.com/apis/design/errors#error_info"""


@dataclass(frozen=True)
class Google:
    """A client, and which of the two services it speaks to."""

    client: "genai.Client"
    is_vertex: bool
    """Vertex AI, which writes what it makes to Cloud Storage; else the Gemini API, which hands it out."""


def reach(at: Settings, *, call_seconds: float, location: str) -> Google:
    """Return a client that sends every call once: whether to repeat one is for us to say.

    It may be shared by threads.

    Args:
        call_seconds: longest wait for an answer.
        location: of Vertex AI.

    Raises:
        BackendUnavailable: this instance has no credentials.
    """
    from google import genai
    from google.auth.exceptions import GoogleAuthError
    from google.genai.types import HttpOptions, HttpRetryOptions
    from google.oauth2.credentials import Credentials

    options = HttpOptions(timeout=round(call_seconds * 1000), retry_options=HttpRetryOptions(attempts=1))
    if at.ttv_google_stand_in:
        options.base_url = at.ttv_google_stand_in
    if key := at.ttv_google_api_key.get_secret_value():
        return Google(genai.Client(enterprise=False, api_key=key, http_options=options), is_vertex=False)
    nobody = Credentials(token="stand-in") if at.ttv_google_stand_in else None  # type: ignore[no-untyped-call]  # noqa: S106 - no secret
    try:
        client = genai.Client(
            enterprise=True,
            project=at.google_cloud_project,
            location=location,
            credentials=nobody,
            http_options=options,
        )
    except GoogleAuthError as error:
        raise BackendUnavailable("this instance has no credentials for Google's models") from error
    return Google(client, is_vertex=True)


@contextmanager
def translated(model_id: str, *, accepts: bool = False) -> Iterator[None]:
    """Turn the SDK's errors into ours.

    Args:
        model_id: that is called.
        accepts: the call makes a provider begin work that is paid, so that a lost answer is ambiguous.

    Raises:
        QuotaExhausted, BackendUnavailable: not now; it surely was not accepted.
        Refused: a safety filter said no.
        BackendFailed: never with this input.
        AnswerLost: it may have been accepted.
    """
    import httpx2
    from google.auth.exceptions import GoogleAuthError
    from google.genai import _interactions as interactions
    from google.genai import errors
    from pydantic import ValidationError

    try:
        yield
    except errors.APIError as error:
        raise _answered(error.code, error.details, _headers(error.response), model_id, accepts) from error
    except interactions.APIStatusError as error:
        raise _answered(error.status_code, error.body, error.response.headers, model_id, accepts) from error
    except GoogleAuthError as error:
        raise BackendUnavailable("Google does not accept this instance's credentials") from error
    except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
        raise BackendUnavailable(f"{model_id} cannot be reached") from error
    except (httpx2.HTTPError, interactions.APIError, ValidationError, ValueError) as error:
        if _never_sent(error):
            raise BackendUnavailable(f"{model_id} cannot be reached") from error
        raise _lost(f"the answer of {model_id} was lost: {type(error).__name__}", accepts) from error


def _answered(
    status: int | None, body: object, headers: Mapping[str, str], model_id: str, accepts: bool
) -> TTVError:
    error = _error_of(body)
    codes = [error.get("code"), error.get("status"), *(each.get("reason") for each in _details(error))]
    if status == 400 and WRONG_KEY in codes:
        status = 401
    words = shorten(str(error.get("message") or "no reason was given"))
    match status:
        case 429:
            delays = (str(each.get("retryDelay", "")) for each in _details(error))
            return QuotaExhausted(delay_of((*delays, headers.get("retry-after", ""))))
        case 503:
            return BackendUnavailable(f"{model_id} answered 503")
        case 401 | 403:
            return BackendUnavailable(f"{model_id} does not accept this instance's credentials: {words}")
        case 404:
            return BackendFailed(f"{model_id} is not, or no longer, offered: {words}")
        case int() if 400 <= status < 500 and status not in (408, 409):
            if is_blocked(*codes):
                return Refused(f"{model_id} refused: {words}")
            return BackendFailed(f"{model_id} answered {status}: {words}")
    return _lost(f"{model_id} answered {status}", accepts)


def is_blocked(*codes: object) -> bool:
    """Tell whether one of a provider's codes is that of a safety filter."""
    said = [code.casefold() for code in codes if isinstance(code, str)]
    return any(blocked in code for code in said for blocked in BLOCKED)


def _lost(message: str, accepts: bool) -> TTVError:
    return AnswerLost(message) if accepts else BackendUnavailable(message)


def _never_sent(error: BaseException) -> bool:
    """Tell whether a call failed before it was sent: the SDK wraps that in an error of its own."""
    cause: BaseException | None = error
    while cause is not None:
        if type(cause).__name__ in ("ConnectError", "ConnectTimeout"):
            return True
        cause = cause.__cause__ or cause.__context__
    return False


def _error_of(body: object) -> dict[str, Any]:
    """Return the `error` member of an answer, as far as it has one. Providers' answers are not trusted."""
    if isinstance(body, (str, bytes)):
        try:
            body = json.loads(body)
        except ValueError:
            return {}
    if isinstance(body, list) and body:
        body = body[0]
    error = body.get("error", body) if isinstance(body, dict) else {}
    return error if isinstance(error, dict) else {}


def _details(error: Mapping[str, Any]) -> list[dict[str, Any]]:
    details = error.get("details")
    return [each for each in details if isinstance(each, dict)] if isinstance(details, list) else []


def _headers(response: object) -> Mapping[str, str]:
    headers = getattr(response, "headers", None)
    return headers if headers is not None else {}
