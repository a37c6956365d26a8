"""What came in, one line of JSON for every call, written before its answer. It must not know any key.

`RequestLog` is the stand-in's end, `read` that of a test.
"""

import threading
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from shared.domain.model import Record


class Kind(StrEnum):
    """What a call is for."""

    PLAN = "plan"
    REWORD = "reword"
    """Other words for a shot: a structured answer as a plan is, and scripted with the plans."""
    JUDGE = "judge"
    IMAGE = "image"
    START = "start"
    """Of a clip; whether at Omni or Veo, the model says."""
    POLL = "poll"
    CANCEL = "cancel"
    DOWNLOAD = "download"
    UNKNOWN = "unknown"
    """Nothing that Google's models answer."""


class Call(Record):
    """One call, from its arrival to its answer."""

    at: datetime
    """When it was read whole."""
    answered_at: datetime
    """When its answer was ready to be sent. Calls whose times overlap were at work at the same time."""
    method: str
    path: str
    """Without the query."""
    kind: Kind
    model: str = ""
    prompt: str = ""
    """Every text of the call in its order, with a line end between; empty where there is none."""
    instruction: str = ""
    """The system instruction, likewise."""
    images: tuple[str, ...] = ()
    """SHA-256 in hex of each picture, in the order of the request: Veo's first, last, then references."""
    settings: Mapping[str, object] = {}
    """What else was asked for in the words of the wire, such as `aspectRatio` or `duration`."""
    operation: str = ""
    """Name of the operation it started, or is about."""
    fault: str = "ok"
    """What a script, a rate or the prompt let befall it."""
    status: int | None = None
    """Answered; None: the connection was dropped, or held, without an answer."""
    billed: bool = False
    """Whether the call is paid for: a start that was accepted, a picture or a text that was made."""


class RequestLog:
    """Appends calls. May be used from many threads.

    Args:
        path: created, or continued.
    """

    def __init__(self, path: Path) -> None:
        self._file = path.open("ab", buffering=0)
        self._lock = threading.Lock()

    def write(self, call: Call) -> None:
        """Append a call; when it returns, the line outlives this process."""
        line = call.model_dump_json().encode() + b"\n"
        with self._lock:
            self._file.write(line)


def read(path: Path) -> Sequence[Call]:
    """Read a log, which may be written at the same time. One that does not exist yet is empty."""
    lines = path.read_bytes().split(b"\n") if path.exists() else [b""]
    return [Call.model_validate_json(line) for line in lines[:-1]]  # the last is not whole yet
