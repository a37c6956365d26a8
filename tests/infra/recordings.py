"""Each way to run the program is run once, whichever of the test workers asks first.

It knows no test.
"""

import fcntl
import hashlib
import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

from tests.infra.program import Run
from tests.infra.recording import Recording


class Recordings:
    """Recordings, kept in a folder that all workers of one test run share."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: dict[str, Recording] = {}

    def of(self, run: Run) -> Recording:
        """Return what a run records, running it if nobody has yet.

        Raises:
            ProgramFailed: the program ended with an error.
        """
        name = hashlib.sha256(repr(run).encode()).hexdigest()[:16]
        if name not in self._known:
            self._known[name] = self._kept(name, run)
        return self._known[name]

    def _kept(self, name: str, run: Run) -> Recording:
        kept = self._folder / f"{name}.recording"
        with _alone(self._folder / f"{name}.lock"):
            if not kept.exists():
                kept.write_bytes(pickle.dumps(run.record()))
            return cast("Recording", pickle.loads(kept.read_bytes()))  # noqa: S301  written by ourselves


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
