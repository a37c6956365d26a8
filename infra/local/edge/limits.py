"""What the edge bounds, each with where the figure comes from. It enforces none of it."""

from dataclasses import dataclass, fields
from typing import Self


@dataclass(frozen=True)
class Limits:
    """Bounds of one edge."""

    body_bytes: int = 32 * 1024 * 1024
    """Of a request. Source: Cloud Run's request limit over HTTP/1, https://cloud.google.com/run/quotas"""
    target_bytes: int = 4000
    """Of path and query. submit's gunicorn takes a request line of 4094, and says so outside of the
    envelope."""
    field_bytes: int = 8000
    """Of one header field. submit's gunicorn takes 8190."""
    fields: int = 80
    """Header fields of a request. submit's gunicorn takes 100, and the edge adds some."""
    header_bytes: int = 32 * 1024
    """Of all header fields together."""
    connect_seconds: float = 5.0
    """Until submit accepts: one that is shutting down leaves new connections hanging."""
    answer_seconds: float = 60.0
    """From the end of the request to the first byte of the answer. submit's slowest answer takes 3 s."""
    request_seconds: float = 330.0
    """Of the whole exchange. Streams end by themselves after 5 minutes; this is for those that do not."""
    linger_seconds: float = 5.0
    """How long the rest of a body is read and thrown away after the answer: a client whose sending fails may
    never look at it."""
    requests: int = 256
    """At a time. submit works on 64 at a time; the others wait in its queue."""

    @classmethod
    def parse(cls, texts: list[str]) -> Self:
        """Read `name=number` each; the others keep their defaults.

        Raises:
            ValueError: there is no such limit, or it is no positive number.
        """
        usual = cls()
        kinds = {field.name: type(getattr(usual, field.name)) for field in fields(cls)}
        given = {}
        for text in texts:
            name, _, number = text.partition("=")
            if name not in kinds:
                raise ValueError(f"{name!r} is no limit; limits: {', '.join(kinds)}")
            given[name] = kinds[name](number)
            if not given[name] > 0:
                raise ValueError(f"{text!r} is not positive")
        return cls(**given)

    def flags(self) -> list[str]:
        """Return the command line's flags for the limits that are not the defaults."""
        usual = type(self)()
        own = [(field.name, getattr(self, field.name)) for field in fields(self)]
        return [f"--limit={name}={value}" for name, value in own if value != getattr(usual, name)]
