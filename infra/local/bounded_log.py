"""A log file that never grows beyond its bound, whatever is written to it. It knows nothing of who writes."""

import contextlib
import threading
from collections import deque
from pathlib import Path

LOG_BYTES = 4_000_000
"""One file's bound; with the one before it, kept as `<name>.1`, a log takes at most twice this."""

_TAIL_CHUNKS = 64


class BoundedLog:
    """Appends to `path`; at `limit_bytes` the file becomes `<path>.1` and a new one begins.

    Writing never fails and never waits for anything but the disk: when the disk is full, lines are lost and
    the writer goes on. The last lines stay in memory, so that they can be shown even then.
    """

    def __init__(self, path: Path, limit_bytes: int = LOG_BYTES) -> None:
        self.path = path
        self._limit_bytes = limit_bytes
        self._lock = threading.Lock()
        self._recent: deque[bytes] = deque(maxlen=_TAIL_CHUNKS)

    def write(self, chunk: bytes) -> None:
        """Append a chunk, which is cut to the bound if it alone exceeds it."""
        chunk = chunk[-self._limit_bytes :]
        with self._lock:
            self._recent.append(chunk[-8192:])
            with contextlib.suppress(OSError):  # a full disk must not stop the part that is talking
                self._append(chunk)

    def last_lines(self, count: int = 15) -> str:
        """Return the last lines written through this object, for an error message."""
        with self._lock:
            text = b"".join(self._recent).decode(errors="replace")
        return "\n".join(text.strip().splitlines()[-count:])

    def _append(self, chunk: bytes) -> None:
        size = self.path.stat().st_size if self.path.exists() else 0
        if size + len(chunk) > self._limit_bytes:
            self.path.replace(self.path.with_name(self.path.name + ".1"))
        with self.path.open("ab") as file:
            file.write(chunk)
