"""The account of paid clips: one line of JSON for every call and every change; it outlives the process.

`LedgerWriter` is the end of who is paid, `read` that of a test. Looks at an operation are not in it.
"""

import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from shared.domain.model import Record

CALLED = "called"
"""A start call came in; what became of it is the next event with its `output`."""
REFUSED_AT_START = "refused_at_start"
ANSWER_LOST = "answer_lost"
"""The call was accepted, but its answer was withheld or spoilt."""
CANCEL_ASKED = "cancel_asked"


class Entry(Record):
    """One thing that happened."""

    at: datetime
    event: str
    """One of the above, an `operations.State`, or `rejected_` and the HTTP status."""
    name: str | None = None
    """Of the operation; None where none came of it."""
    output: str | None = None
    """`gs://bucket/prefix/`; None where the call could not be read."""
    billed: bool = False
    """Whether the call is paid for, as things stand."""
    stills: tuple[str, ...] = ()
    """Of a call: where in the clip the keyframes stand that came with it."""


class LedgerWriter:
    """Appends entries. May be used from many threads.

    Args:
        path: created, or continued.
    """

    def __init__(self, path: Path) -> None:
        self._file = path.open("ab", buffering=0)
        self._lock = threading.Lock()

    def write(
        self,
        event: str,
        *,
        name: str | None = None,
        output: str | None = None,
        billed: bool = False,
        stills: tuple[str, ...] = (),
    ) -> None:
        """Append an entry; when it returns, the entry outlives this process."""
        with self._lock:
            entry = Entry(
                at=datetime.now(UTC), event=event, name=name, output=output, billed=billed, stills=stills
            )
            self._file.write(entry.model_dump_json().encode() + b"\n")

    def close(self) -> None:
        """Write no more."""
        self._file.close()


@dataclass(frozen=True)
class Ledger:
    """What has happened so far, in order."""

    entries: Sequence[Entry]

    @property
    def calls(self) -> Sequence[Entry]:
        """Every start call that came in, whatever became of it."""
        return [entry for entry in self.entries if entry.event == CALLED]

    @property
    def counts(self) -> Counter[str]:
        """How often each event has happened."""
        return Counter(entry.event for entry in self.entries)

    def paid_outputs(self) -> Counter[str]:
        """Count the operations of each output prefix that are billed, or may yet be since they still run."""
        latest = {entry.name: entry for entry in self.entries if entry.name and entry.event != CANCEL_ASKED}
        return Counter(entry.output for entry in latest.values() if entry.billed and entry.output)

    def under(self, prefix: str) -> "Ledger":
        """Return the part about outputs that begin with `prefix`."""
        return Ledger([entry for entry in self.entries if entry.output and entry.output.startswith(prefix)])


def read(path: Path) -> Ledger:
    """Read a ledger, which may be written at the same time. One that does not exist yet is empty."""
    lines = path.read_bytes().split(b"\n") if path.exists() else [b""]
    return Ledger([Entry.model_validate_json(line) for line in lines[:-1]])  # the last is not whole yet
