"""The record of who was struck, where and when: one line of JSON each, written by many processes.

Beside it: how often each boundary was passed, and which work a process holds. It strikes nobody.
"""

import os
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shared.domain.model import Record
from tests.chaos.boundaries import Boundary
from tests.chaos.fates import Deed


class Held(Record):
    """A piece of work that a process was at."""

    job_id: str
    key: str
    """As `str(WorkKey)`."""


class Strike(Record):
    """One deed."""

    deed: Deed
    function: str
    boundary: Boundary | None = None
    """None: it came from outside, at any moment."""
    pid: int
    """Of the process that does the work: gunicorn's worker."""
    instance: int
    """Id of its parent: the process of the function, as the stack has started it."""
    held: tuple[Held, ...] = ()
    at: float
    """By the monotonic clock in seconds, which all processes of a machine share."""


class StrikeRecord:
    """A folder that the harness and every function's process know. Lines and counts are never mixed up.

    Args:
        folder: exists.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._strikes = folder / "strikes.jsonl"
        self._calm = folder / "calm"
        self._own_held: set[Path] = set()

    def calm_down(self) -> None:
        """Let nobody be struck any more."""
        self._calm.touch()

    @property
    def is_calm(self) -> bool:
        """Whether nobody is to be struck any more."""
        return self._calm.exists()

    def count(self, what: str) -> int:
        """Count one more, and return how many there have been, over all processes."""
        # The kernel moves the position of an appending write to its end: no two see the same.
        file = os.open(self._folder / f"{what}.count", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(file, b".")
            return os.lseek(file, 0, os.SEEK_CUR)
        finally:
            os.close(file)

    def counts(self) -> Counter[str]:
        """Return all counts so far."""
        return Counter({path.stem: path.stat().st_size for path in self._folder.glob("*.count")})

    def write(self, strike: Strike) -> None:
        """Append a strike; when this returns, the line outlives the process."""
        file = os.open(self._strikes, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(file, strike.model_dump_json().encode() + b"\n")
        finally:
            os.close(file)

    def read(self) -> list[Strike]:
        """Return all strikes so far."""
        lines = self._strikes.read_bytes().split(b"\n")[:-1] if self._strikes.exists() else []
        return [Strike.model_validate_json(line) for line in lines]

    @contextmanager
    def holding(self, held: Held) -> Iterator[None]:
        """Let the harness know, as long as the block lasts, what would be hit if this process were struck."""
        path = self._folder / f"{os.getpid()}-{threading.get_ident()}.held"
        path.write_text(held.model_dump_json())
        try:
            yield
        finally:
            path.unlink(missing_ok=True)

    def held_by(self, pid: int) -> tuple[Held, ...]:
        """Return what a process is at."""
        found = []
        for path in self._folder.glob(f"{pid}-*.held"):
            try:
                found.append(Held.model_validate_json(path.read_text()))
            except (OSError, ValueError):  # it is being written, or was removed just now
                continue
        return tuple(found)

    def forget_held(self, pid: int) -> None:
        """Remove what a dead process has left here; its id may be given to another."""
        for path in self._folder.glob(f"{pid}-*.held"):
            path.unlink(missing_ok=True)


def now() -> float:
    """Return the time that strikes carry."""
    return time.monotonic()
