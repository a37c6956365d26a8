"""Every error of the API in one envelope: RFC 9457, with the `error` member that OpenAI's clients read."""

import http

import flask
import structlog
from werkzeug.exceptions import HTTPException

from shared.domain.errors import (
    Contended,
    IdempotencyKeyReused,
    IllegalTransition,
    InvalidInput,
    NotFound,
    NotReady,
    TooManyRunning,
    TTVError,
    Unauthorized,
    Unavailable,
    shorten,
)

STATUS: dict[type[TTVError], int] = {
    InvalidInput: 422,
    Unauthorized: 401,
    NotFound: 404,
    NotReady: 409,
    IllegalTransition: 409,
    IdempotencyKeyReused: 422,
    TooManyRunning: 429,
    Unavailable: 503,
    Contended: 503,
}
"""Error -> status. A subclass has the status of its nearest parent here; the rest are 500."""

RETRY_AFTER_SECONDS = 2
"""After an outage."""

RETRY_WHEN_FULL_SECONDS = 10
"""About as long as a small video takes."""

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
    extra = {}
    if isinstance(error, InvalidInput):
        extra = {"field": error.field, "value": shorten(error.value), "permitted": error.permitted}
    response = problem(status, error.code, str(error), **extra)
    if status == 503:
        log.warning("dependency.unavailable", reason=error.code, detail=str(error))
        response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    if status == 429:
        response.headers["Retry-After"] = str(RETRY_WHEN_FULL_SECONDS)
    if status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


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


_KIND = {4: "invalid_request_error", 5: "server_error"}


def problem(status: int, code: str, detail: str, **extra: object) -> flask.Response:
    """Build the envelope. `extra` holds field, value and permitted where input was not."""
    kind = "rate_limit_error" if status == 429 else _KIND[status // 100]
    body = {
        "type": "about:blank",
        "title": http.HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
        **extra,
        "request_id": flask.g.get("request_id"),
        "error": {"message": detail, "type": kind, "param": extra.get("field"), "code": code},
    }
    response = flask.jsonify(body)
    response.status_code = status
    response.content_type = "application/problem+json"
    return response


def _status(error: TTVError) -> int:
    return next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 500)
