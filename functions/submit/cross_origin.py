"""Which pages of other origins may call the API from a browser, and how they are told. Knows no route.

Credentials of the browser are never let in: a page must have a key and send it. What the headers mean:
https://fetch.spec.whatwg.org/#http-cors-protocol
"""

import re
from collections.abc import Collection

import flask

ANY = "*"

METHODS = "GET, POST, DELETE"
"""Whether a route has that method is for the route to say."""

EXPOSED = ", ".join(
    (
        *("X-Request-Id", "Location", "Retry-After", "openai-poll-after-ms"),
        *("RateLimit", "RateLimit-Policy", "Idempotent-Replayed"),
    )
)
"""Of an answer: what a page may read beside the few fields that every page may."""

PREFLIGHT_LASTS_SECONDS = 2 * 60 * 60
"""As long as any browser remembers one."""

_FIELD_NAMES = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+(?:, *[!#$%&'*+.^_`|~0-9A-Za-z-]+)*")


def preflight(request: flask.Request, origins: Collection[str]) -> flask.Response | None:
    """Answer a browser that asks whether it may make a call; None when it does not, or no origin may."""
    if not origins or request.method != "OPTIONS" or "Access-Control-Request-Method" not in request.headers:
        return None
    answer = flask.Response(status=204)
    if _is_allowed(request, origins):
        answer.headers["Access-Control-Allow-Methods"] = METHODS
        answer.headers["Access-Control-Max-Age"] = str(PREFLIGHT_LASTS_SECONDS)
        asked = request.headers.get("Access-Control-Request-Headers", "")
        if _FIELD_NAMES.fullmatch(asked):  # clients send fields of their own; none can do more than the key
            answer.headers["Access-Control-Allow-Headers"] = asked
    return answer


def open_to(origins: Collection[str], request: flask.Request, answer: flask.Response) -> None:
    """Let the page that a request came from read the answer, if its origin may."""
    if not origins:
        return
    answer.vary.add("Origin")
    if _is_allowed(request, origins):
        answer.headers["Access-Control-Allow-Origin"] = ANY if ANY in origins else request.headers["Origin"]
        answer.headers["Access-Control-Expose-Headers"] = EXPOSED


def _is_allowed(request: flask.Request, origins: Collection[str]) -> bool:
    origin = request.headers.get("Origin")
    return origin is not None and (ANY in origins or origin in origins)
