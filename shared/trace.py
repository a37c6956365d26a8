"""W3C trace context: the header that joins the log lines of one job over all functions, read and written.

Pure; it knows neither requests nor logs.
"""

import re
from typing import NamedTuple, Self

HEADER = "traceparent"

_TRACEPARENT = re.compile(
    r"(?P<version>(?!ff)[0-9a-f]{2})-(?P<trace_id>(?!0{32})[0-9a-f]{32})-(?P<span_id>(?!0{16})[0-9a-f]{16})"
    r"-[0-9a-f]{2}(?P<further>-.*)?"
)
"""Version ff and identifiers of nothing but zeros are invalid; versions after 00 may have further fields.
Source: https://www.w3.org/TR/trace-context/#traceparent-header"""

_NOT_SAMPLED = "00"
"""Whether spans are recorded is left to the platform: to ask for it would be to ask for every task."""


class Trace(NamedTuple):
    """Where in a trace something happens."""

    trace_id: str
    """32 hexadecimal digits."""
    span_id: str
    """16 hexadecimal digits: the call that we are part of."""

    @classmethod
    def of(cls, traceparent: str | None) -> Self | None:
        """Read the header; None when there is none, or none that is valid."""
        found = _TRACEPARENT.fullmatch(traceparent or "")
        if found is None or (found["further"] and found["version"] == "00"):
            return None
        return cls(found["trace_id"], found["span_id"])

    @property
    def traceparent(self) -> str:
        """The header."""
        return f"00-{self.trace_id}-{self.span_id}-{_NOT_SAMPLED}"
