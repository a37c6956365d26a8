"""The Flask app of the public API: limits, error handlers, one canonical log line a request."""

import re
import secrets
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import flask
import flask.typing
import structlog

from functions.submit import audit, cross_origin, metrics, models, pages, problems, videos
from functions.submit.answers import answer
from functions.submit.intake import MAX_PLAIN_BYTES
from functions.submit.schemas import Health, Readiness
from shared import wiring
from shared.domain.errors import Unavailable
from shared.trace import HEADER, Trace

REQUEST_ID = re.compile(r"req_[0-9a-f]{24}")
"""The one shape of an id, made here or taken over from whoever forwards a request. Anybody can make one up:
it is for finding log lines and grants nothing."""

SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Strict-Transport-Security": "max-age=31536000",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""Of every answer whose route has set none of its own: data that belongs to a key, to be shown by no page."""

RETRIES = re.compile(r"[0-9]{1,3}")
"""How often a client library has sent the request before, as OpenAI's tell in a header."""

log = structlog.get_logger()

app = flask.Flask(__name__, static_folder=None)
app.config["MAX_CONTENT_LENGTH"] = MAX_PLAIN_BYTES
app.json.sort_keys = False  # type: ignore[attr-defined]  # Flask's default provider has it
app.url_map.converters["video"] = videos.VideoId
app.register_blueprint(pages.routes)
app.register_blueprint(videos.routes)
app.register_blueprint(models.routes)
app.register_blueprint(metrics.routes)
problems.register(app)


@app.before_request
def begin() -> None:
    """Give the request its id and trace, and bind both to every log line."""
    given = Trace.of(flask.request.headers.get(HEADER))
    flask.g.trace_id = given.trace_id if given else secrets.token_hex(16)
    named = REQUEST_ID.fullmatch(flask.request.headers.get("X-Request-Id", ""))
    flask.g.request_id = named[0] if named else f"req_{secrets.token_hex(12)}"
    flask.g.begun = time.perf_counter()
    wiring.settings()  # sets up the logs, so before the first line
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(
        trace_id=flask.g.trace_id, span_id=given and given.span_id, request_id=flask.g.request_id
    )


@app.before_request
def answer_preflight() -> flask.Response | None:
    """Answer browsers that only ask; they have no key yet."""
    return cross_origin.preflight(flask.request, wiring.settings().cors_origins)


@app.after_request
def end(response: flask.Response) -> flask.Response:
    """Name the request in the answer and in one log line, and in the audit if it was to change anything."""
    response.headers["X-Request-Id"] = flask.g.request_id
    for name, value in SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)
    cross_origin.open_to(wiring.settings().cors_origins, flask.request, response)
    audit.tell(response)
    retries = RETRIES.fullmatch(flask.request.headers.get("X-Stainless-Retry-Count", ""))
    log.info(
        "request.handled",
        method=flask.request.method,
        route=str(flask.request.url_rule or "none"),
        status=response.status_code,
        milliseconds=round((time.perf_counter() - flask.g.begun) * 1000, 1),
        request_bytes=flask.request.content_length,
        response_bytes=response.calculate_content_length(),
        retries=int(retries[0]) if retries else 0,
        **audit.facts_of(response),
    )
    return response


@app.get("/health")
def health() -> flask.typing.ResponseReturnValue:
    """Tell that this process answers."""
    return answer(Health())


@app.get("/ready")
def ready() -> flask.typing.ResponseReturnValue:
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
