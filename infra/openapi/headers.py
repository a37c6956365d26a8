"""The headers of answers, described once each."""

from typing import Any

Schema = dict[str, Any]

_TEXT: Schema = {"type": "string"}
_WHOLE: Schema = {"type": "integer", "minimum": 0}

HEADERS: dict[str, tuple[str, Schema]] = {
    "X-Request-Id": ("Names the request in our logs.", _TEXT | {"pattern": r"^req_[0-9a-f]{24}$"}),
    "Location": ("Where to go on.", _TEXT | {"format": "uri-reference"}),
    "Retry-After": ("Seconds to wait before the next try or look.", _WHOLE),
    "openai-poll-after-ms": ("The same for OpenAI's clients, in milliseconds.", _WHOLE),
    "WWW-Authenticate": ("How to authenticate.", _TEXT),
    "Idempotent-Replayed": (
        "`true`: an equal request came before, and this is the video that it made.",
        _TEXT | {"enum": ["true"]},
    ),
    "RateLimit": ("What is left of the limit, and for how many seconds.", _TEXT),
    "RateLimit-Policy": ("The limit itself, as draft-ietf-httpapi-ratelimit-headers has it.", _TEXT),
    "ETag": ("Of this version.", _TEXT),
    "Cache-Control": ("How long it may be kept.", _TEXT),
}
"""Name -> meaning, schema."""


def headers(always: tuple[str, ...] = (), sometimes: tuple[str, ...] = ()) -> Schema:
    """Return the headers of an answer, with the one that every answer has."""
    required = {name: _header(name, required=True) for name in ("X-Request-Id", *always)}
    return required | {name: _header(name, required=False) for name in sometimes}


def _header(name: str, *, required: bool) -> Schema:
    meaning, schema = HEADERS[name]
    return {"description": meaning, "required": required, "schema": schema}
