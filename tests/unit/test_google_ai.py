"""Google's errors in our words: what is to be tried again, by whom, and what surely was not accepted."""

from datetime import timedelta
from typing import Any

import httpx2
import pytest
from google.genai import errors

from shared.domain.errors import (
    AnswerLost,
    BackendFailed,
    BackendUnavailable,
    QuotaExhausted,
    Refused,
    TTVError,
)
from shared.google_ai import translated


def raised(error: Exception, *, accepts: bool = True) -> TTVError:
    with pytest.raises(TTVError) as ours, translated("a-model", accepts=accepts):
        raise error
    return ours.value


def answered(code: int, **error: Any) -> errors.APIError:  # noqa: ANN401 - members of an answer in JSON
    return errors.APIError(code, {"error": {"code": code, "message": "No.", **error}})


@pytest.mark.parametrize(
    ("error", "ours"),
    [
        (answered(429), QuotaExhausted),
        (answered(503), BackendUnavailable),
        (answered(401), BackendUnavailable),
        (answered(403, status="PERMISSION_DENIED"), BackendUnavailable),
        (answered(400, details=[{"reason": "API_KEY_INVALID"}]), BackendUnavailable),
        (answered(404), BackendFailed),
        (answered(400, status="INVALID_ARGUMENT"), BackendFailed),
        (answered(400, status="CONTENT_BLOCKED"), Refused),
        (answered(400, details=[{"reason": "SAFETY"}]), Refused),
        (answered(500), AnswerLost),
        (answered(504), AnswerLost),
        (answered(409), AnswerLost),
        (httpx2.ConnectError("nobody"), BackendUnavailable),
        (httpx2.ReadTimeout("late"), AnswerLost),
        (httpx2.RemoteProtocolError("cut"), AnswerLost),
    ],
    ids=str,
)
def test_only_an_answer_that_is_missing_leaves_open_whether_a_call_was_accepted(
    error: Exception, ours: type[TTVError]
) -> None:
    assert type(raised(error)) is ours
    assert type(raised(error, accepts=False)) is (BackendUnavailable if ours is AnswerLost else ours)


@pytest.mark.parametrize(
    ("details", "seconds"),
    [
        ([{"retryDelay": "7s"}], 7),
        ([{"retryDelay": "0.2s"}], 1),
        ([{"retryDelay": "soon"}, "odd"], 10),
        ("odd", 10),
    ],
)
def test_googles_own_delay_is_taken_within_bounds(details: object, seconds: int) -> None:
    waits = raised(answered(429, details=details))
    assert isinstance(waits, QuotaExhausted)
    assert waits.retry_after == timedelta(seconds=seconds)


@pytest.mark.parametrize("body", [{}, [], "no JSON", None, {"error": "text"}, [{"error": {"message": 7}}]])
def test_an_answer_of_any_form_becomes_an_error_of_ours(body: object) -> None:
    assert type(raised(errors.APIError(400, body))) is BackendFailed


def test_our_own_errors_pass() -> None:
    assert type(raised(Refused("no"))) is Refused
