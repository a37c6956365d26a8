"""The folder of one running stack: its layout, and the lock that keeps others out. It starts nothing."""

import contextlib
import fcntl
import os
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from infra.local.errors import AlreadyRunning, FolderUnusable

LOCK = "lock"
"""Name of the file that a running stack keeps locked."""


class RunFolder:
    """Holds logs/, archives/, functions/ (unpacked), storage/ (objects), tmp/, edge/ and a few files.

    Objects and logs are of one run: they stay to be looked at after it, and the next run begins by removing
    them, since the Firestore emulator forgets the jobs they belong to. Unpacked functions are reused, and so
    is the edge's certificate: who has once trusted it need not do so at every start.
    """

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        self.logs = self.path / "logs"
        self.archives = self.path / "archives"
        self.functions = self.path / "functions"
        self.storage = self.path / "storage"
        self.temporary = self.path / "tmp"
        self.edge = self.path / "edge"
        self.credentials = self.path / "credentials.json"
        self.description = self.path / "stack.json"
        self._lock = self.path / LOCK

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Hold the folder for one stack.

        The lock is the kernel's and ends with its holder, however that dies: no stale lock to detect.
        The process id in the file is for the message only.

        Raises:
            AlreadyRunning: another stack holds it; names its process.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise FolderUnusable(f"{self.path} cannot be used: {error.strerror}.") from error
        with self._lock.open("a+") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                lock.seek(0)
                holder = lock.read().strip() or "unknown"
                raise AlreadyRunning(
                    f"A local stack is already running in {self.path} (process {holder}). "
                    "Stop it first, or give this one another folder."
                ) from error
            lock.truncate(0)
            lock.write(str(os.getpid()))
            lock.flush()
            yield

    def begin_run(self) -> None:
        """Remove what the run before left behind, and make the folders. Only while held."""
        self.description.unlink(missing_ok=True)
        for leftover in (self.logs, self.archives, self.storage, self.temporary):
            shutil.rmtree(leftover, ignore_errors=True)
        for needed in (self.logs, self.archives, self.functions, self.storage, self.temporary):
            needed.mkdir(exist_ok=True)

    def keep_functions(self, unpacked: Iterable[Path]) -> None:
        """Remove unpacked functions of earlier sources, keeping these. Only while held."""
        kept = set(unpacked)
        for folder in self.functions.iterdir():
            if folder not in kept:
                shutil.rmtree(folder, ignore_errors=True)


def is_held(folder: Path) -> bool:
    """Tell whether a stack runs in a folder, by the kernel's word and not by what a dead one left there."""
    try:
        with (folder / LOCK).open("r+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False
