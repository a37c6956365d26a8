"""The errors that the edge answers itself, in submit's envelope. It sends none."""

from dataclasses import dataclass

from functions.submit import schemas
from infra.local.edge.headers import REQUEST_ID, Headers

RETRY_AFTER_SECONDS = 2
"""submit is restarted within a second or two."""


@dataclass(frozen=True)
class Problem:
    """Why a request is not forwarded, or has no answer."""

    status: int
    code: str
    detail: str


class Refused(Exception):
    """The request ends with a problem instead of submit's answer."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(problem.code)


MALFORMED = Problem(400, "bad_request", "the request is not proper HTTP")
BODY_TOO_LARGE = Problem(413, "request_entity_too_large", "the body is larger than the service takes")
TARGET_TOO_LONG = Problem(414, "request_uri_too_long", "path and query are longer than the service takes")
HEADER_TOO_LARGE = Problem(
    431, "request_header_fields_too_large", "the header is larger than the service takes"
)
BROKEN = Problem(
    502, "bad_gateway", "the service broke off before it answered; it may have done what was asked"
)
NOT_THERE = Problem(
    503, "service_unavailable", "the service cannot be reached at the moment; nothing was done"
)
TOO_MANY = Problem(503, "too_many_requests_at_once", "too many requests are under way; nothing was done")
TOO_SLOW = Problem(
    504, "gateway_timeout", "the service did not answer in time; it may still do what was asked"
)


def answer(problem: Problem, request_id: str) -> tuple[Headers, bytes]:
    """Return header fields and body of the answer that says so."""
    body = schemas.Problem.of(problem.status, problem.code, problem.detail, request_id)
    content = body.model_dump_json().encode()
    headers = [
        (b"content-type", b"application/problem+json"),
        (b"content-length", b"%d" % len(content)),
        (b"x-content-type-options", b"nosniff"),
        (REQUEST_ID, request_id.encode()),
    ]
    if problem.status == 503:
        headers.append((b"retry-after", b"%d" % RETRY_AFTER_SECONDS))
    return headers, content
