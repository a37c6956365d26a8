"""The Flask app of the public API: limits, error handlers, one canonical log line a request."""

import re
import secrets
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import flask
import flask.typing
import structlog

from functions.submit import problems, videos
from functions.submit.answers import answer
from functions.submit.schemas import Health, Readiness
from shared import wiring
from shared.domain.errors import Unavailable

MAX_BODY_BYTES = 1024 * 1024
"""A body must be shorter, whether its length is declared or it is chunked."""

TRACEPARENT = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}")
"""Source: https://www.w3.org/TR/trace-context/#traceparent-header"""

REQUEST_ID = re.compile(r"req_[0-9a-f]{24}")
"""The one shape of an id, made here or taken over from whoever forwards a request. Anybody can make one up:
it is for finding log lines and grants nothing."""

log = structlog.get_logger()

app = flask.Flask(__name__, static_folder=None)
app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
app.json.sort_keys = False  # type: ignore[attr-defined]  # Flask's default provider has it
app.register_blueprint(videos.routes)
problems.register(app)


@app.before_request
def begin() -> None:
    """Give the request its id and trace, and bind both to every log line."""
    given = TRACEPARENT.fullmatch(flask.request.headers.get("traceparent", ""))
    flask.g.trace_id = given[1] if given else secrets.token_hex(16)
    named = REQUEST_ID.fullmatch(flask.request.headers.get("X-Request-Id", ""))
    flask.g.request_id = named[0] if named else f"req_{secrets.token_hex(12)}"
    flask.g.begun = time.perf_counter()
    wiring.settings()  # sets up the logs, so before the first line
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(trace_id=flask.g.trace_id, request_id=flask.g.request_id)


@app.after_request
def end(response: flask.Response) -> flask.Response:
    """Name the request in the answer and in one log line."""
    response.headers["X-Request-Id"] = flask.g.request_id
    response.headers["X-Content-Type-Options"] = "nosniff"
    log.info(
        "request.handled",
        method=flask.request.method,
        route=str(flask.request.url_rule or "none"),
        status=response.status_code,
        milliseconds=round((time.perf_counter() - flask.g.begun) * 1000, 1),
    )
    return response


@app.get("/healthz")
def healthz() -> flask.typing.ResponseReturnValue:
    """Tell that this process answers."""
    return answer(Health())


@app.get("/readyz")
def readyz() -> flask.typing.ResponseReturnValue:
    """Tell whether the store and the queues answer."""
    checks = {"store": wiring.job_store().check, "queue": wiring.task_queue().check}
    with ThreadPoolExecutor(len(checks)) as at_once:
        results = dict(zip(checks, at_once.map(_result, checks.values()), strict=True))
    if all(result == "ok" for result in results.values()):
        return answer(Readiness(status="ok", **results))
    retry_after = {"Retry-After": str(problems.RETRY_AFTER_SECONDS)}
    return answer(Readiness(status="unavailable", **results), status=503, headers=retry_after)


def _result(check: Callable[[], None]) -> str:
    try:
        check()
    except Unavailable as error:
        return error.code
    return "ok"
