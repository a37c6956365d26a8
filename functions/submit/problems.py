"""Every error of the API in one envelope: RFC 9457, with the `error` member that OpenAI's clients read."""

import http
from collections.abc import Mapping

import flask
import structlog
from werkzeug.exceptions import HTTPException

from functions.submit.answers import NO_HEADERS, answer
from functions.submit.rates import rate_headers
from functions.submit.schemas import Problem
from shared.domain.errors import (
    Contended,
    Forbidden,
    IdempotencyKeyReused,
    IllegalTransition,
    InvalidInput,
    LimitReached,
    NotFound,
    NotReady,
    SpendLimitReached,
    TooManyRequests,
    TTVError,
    Unauthorized,
    Unavailable,
    as_sent,
)

STATUS: dict[type[TTVError], int] = {
    InvalidInput: 422,
    Unauthorized: 401,
    Forbidden: 403,
    NotFound: 404,
    NotReady: 409,
    IllegalTransition: 409,
    IdempotencyKeyReused: 422,
    LimitReached: 429,
    SpendLimitReached: 402,
    Unavailable: 503,
    Contended: 503,
}
"""Error -> status. A subclass has the status of its nearest parent here; the rest are 500."""

RETRY_AFTER_SECONDS = 2
"""After an outage."""

RETRY_WHEN_FULL_SECONDS = 10
"""About as long as a small video takes."""

HEADERS: Mapping[int, Mapping[str, str]] = {
    401: {"WWW-Authenticate": "Bearer"},
    429: {"Retry-After": str(RETRY_WHEN_FULL_SECONDS)},
    503: {"Retry-After": str(RETRY_AFTER_SECONDS)},
}
"""Status -> what goes with it."""

log = structlog.get_logger()


class MalformedBody(TTVError):
    """The body is not the JSON object it should be."""

    code = "malformed_body"


def register(app: flask.Flask) -> None:
    """Answer every error that leaves a route of `app` in the envelope."""
    app.register_error_handler(TTVError, _ours)
    app.register_error_handler(HTTPException, _https)
    app.register_error_handler(Exception, _unexpected)


def _ours(error: TTVError) -> flask.Response:
    status = 400 if isinstance(error, MalformedBody) else _status(error)
    if status == 500:
        return _unexpected(error)
    wrong = {}
    if isinstance(error, InvalidInput):
        value = None if error.value is None else as_sent(error.value)
        wrong = {"field": error.field, "value": value, "permitted": error.permitted}
    if status == 503:
        log.warning("dependency.unavailable", reason=error.code, detail=str(error))
    return problem(status, error.code, str(error), headers=_headers(error, status), **wrong)


def _headers(error: TTVError, status: int) -> dict[str, str]:
    headers = dict(HEADERS.get(status, NO_HEADERS))
    if isinstance(error, LimitReached):
        headers |= rate_headers(error.rate)
    if isinstance(error, TooManyRequests):
        headers["Retry-After"] = str(error.rate.resets_in_seconds)
    return headers


def _https(error: HTTPException) -> flask.Response:
    status = error.code or 500
    code = http.HTTPStatus(status).name.lower()
    detail = "there is no such path" if status == 404 else error.description
    response = problem(status, code, detail or http.HTTPStatus(status).description)
    for name, value in error.get_headers():
        if name.lower() not in ("content-type", "content-length"):
            response.headers[name] = value
    return response


def _unexpected(error: Exception) -> flask.Response:
    log.error("request.crashed", exc_info=error)
    return problem(500, "internal_error", "something went wrong on our side; the request id helps us find it")


def problem(
    status: int, code: str, detail: str, *, headers: Mapping[str, str] = NO_HEADERS, **wrong: str | None
) -> flask.Response:
    """Build the envelope. `wrong` holds field, value and permitted where input was not permitted."""
    shown = Problem.of(status, code, detail, flask.g.get("request_id"), **wrong)
    return answer(shown, status=status, headers=headers, mimetype="application/problem+json")


def _status(error: TTVError) -> int:
    return next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 500)
