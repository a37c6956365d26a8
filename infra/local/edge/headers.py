"""Which header fields go on to submit and back, and which the edge sets. Pure; it knows no connection."""

import re
import secrets
from dataclasses import dataclass
from typing import Self

Headers = list[tuple[bytes, bytes]]
"""Names in lower case."""

REQUEST_ID = b"x-request-id"

_REQUEST_ID = re.compile(rb"req_[0-9a-f]{24}")
_TRACEPARENT = re.compile(rb"[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}")
"""Source: https://www.w3.org/TR/trace-context/#traceparent-header"""
_CLOUD_TRACE = re.compile(rb"([0-9a-f]{32})(?:/([0-9]{1,20}))?(?:;o=[0-9])?")
"""Source: https://cloud.google.com/trace/docs/trace-context"""

_NAME = b"ttv-edge"
"""Of this proxy in `Via`."""

_OF_ONE_HOP = frozenset(
    (
        *(b"connection", b"keep-alive", b"proxy-authenticate", b"proxy-authorization", b"proxy-connection"),
        *(b"te", b"trailer", b"transfer-encoding", b"upgrade", b"http2-settings"),
    )
)
"""Source: https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1"""

_SET_BY_US = frozenset(
    (
        *(b"x-forwarded-for", b"x-forwarded-proto", b"via", REQUEST_ID, b"traceparent"),
        *(b"x-cloud-trace-context", b"content-length", b"cookie"),
        # gunicorn refuses requests in which these contradict X-Forwarded-Proto.
        *(b"x-forwarded-protocol", b"x-forwarded-ssl"),
        b"expect",  # answered by the edge's own server
    )
)
_SET_BY_SERVER = frozenset((b"date", b"server", b"alt-svc", b"via", REQUEST_ID))
"""Of an answer: what the edge's own server says, or the edge."""


@dataclass(frozen=True)
class Trace:
    """The trace a request belongs to."""

    trace_id: bytes
    """32 hexadecimal digits."""
    parent: bytes
    """The value of `traceparent`."""
    is_begun_here: bool

    @classmethod
    def of(cls, headers: Headers) -> Self:
        """Go on with the trace that a request names well, in W3C's way or Google's; else begin one."""
        given = _TRACEPARENT.fullmatch(_first(headers, b"traceparent"))
        if given:
            return cls(given[1], given[0], is_begun_here=False)
        given = _CLOUD_TRACE.fullmatch(_first(headers, b"x-cloud-trace-context"))
        trace_id = given[1] if given else secrets.token_hex(16).encode()
        return cls(trace_id, b"00-%s-%s-00" % (trace_id, secrets.token_hex(8).encode()), is_begun_here=True)

    @property
    def cloud_context(self) -> bytes:
        """The same in Google's older way."""
        span, sampled = int(self.parent[36:52], 16), int(self.parent[53:55], 16) & 1
        return b"%s/%d;o=%d" % (self.trace_id, span, sampled)


def request_id_of(headers: Headers) -> str:
    """Return the id a client has given its request if it looks like ours, else a new one.

    It is for finding log lines and grants nothing, so one that is made up harms nobody but its maker. Its
    shape is held to so that logs stay bounded and nothing can be smuggled into them.
    """
    given = _first(headers, REQUEST_ID)
    return given.decode() if _REQUEST_ID.fullmatch(given) else f"req_{secrets.token_hex(12)}"


def declared_bytes(headers: Headers) -> int | None:
    """Return the length a body is said to have; None if nothing is said.

    Raises:
        ValueError: what is said contradicts itself or is no length.
    """
    said = {value for name, value in headers if name == b"content-length"}
    if not said:
        return None
    (only,) = said
    if not only.isdigit() or len(only) > 18:
        raise ValueError(f"no length: {only!r}")
    return int(only)


def to_submit(
    headers: Headers, *, http_version: str, client: str, edge: str, request_id: str, trace: Trace
) -> Headers:
    """Return the fields submit gets; the body's framing is left to who sends them.

    Args:
        headers: as the client has sent them.
        http_version: which the client speaks: 1.0, 1.1, 2 or 3.
        client: its address.
        edge: the address at which it has reached us.
        request_id: from `request_id_of`.
        trace: from `Trace.of`.
    """
    # Names with underscores are dropped, as nginx does: gunicorn would believe SCRIPT_NAME and PATH_INFO,
    # because we, unlike our clients, are a peer it trusts.
    passed = [
        (name, value)
        for name, value in _beyond_one_hop(headers)
        if name not in _SET_BY_US and b"_" not in name and not (name == b"tracestate" and trace.is_begun_here)
    ]
    # HTTP/2 and HTTP/3 may split it. Source: https://www.rfc-editor.org/rfc/rfc9113#section-8.2.3
    if cookies := _all(headers, b"cookie"):
        passed.append((b"cookie", b"; ".join(cookies)))
    addresses = [*_all(headers, b"x-forwarded-for"), client.encode(), edge.encode()]
    return [
        *passed,
        (b"x-forwarded-for", b",".join(addresses)),
        (b"x-forwarded-proto", b"https"),
        (b"via", b", ".join([*_all(headers, b"via"), b"%s %s" % (http_version.encode(), _NAME)])),
        (REQUEST_ID, request_id.encode()),
        (b"traceparent", trace.parent),
        (b"x-cloud-trace-context", trace.cloud_context),
    ]


def to_client(headers: Headers, *, request_id: str) -> Headers:
    """Return the fields the client gets of submit's answer, beside those of the edge's own server."""
    passed = [field for field in _beyond_one_hop(headers) if field[0] not in _SET_BY_SERVER]
    return [*passed, (b"via", b"1.1 " + _NAME), (REQUEST_ID, request_id.encode())]


def _beyond_one_hop(headers: Headers) -> Headers:
    named = {
        name.strip().lower() for value in _all(headers, b"connection") for name in value.split(b",")
    } | _OF_ONE_HOP
    return [(name, value) for name, value in headers if name not in named]


def _all(headers: Headers, wanted: bytes) -> list[bytes]:
    return [value for name, value in headers if name == wanted]


def _first(headers: Headers, wanted: bytes) -> bytes:
    return next(iter(_all(headers, wanted)), b"")
