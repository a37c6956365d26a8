"""Ends the children of a process that died without doing so itself, `kill -9` included.

Runs as a small process of its own (standard library only) and knows only process group ids.

Why not the kernel's parent-death signal: it exists on Linux only, follows the *thread* that started the child
rather than the process, and reaches the child alone, not the workers the child has started. Why not `atexit`:
it does not run on `kill -9`. A pipe ends with the last process that holds it, on every Unix.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import BinaryIO

GRACE_SECONDS = 3.0
"""From SIGTERM to SIGKILL once the owner is gone."""

_LOOK_EVERY_SECONDS = 0.05


class Guardian:
    """The owner's end: tells the guardian process which process groups to end when the owner is gone."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(  # noqa: S603 - our own file, no outside input
            [sys.executable, "-I", "-S", str(Path(__file__).resolve())],
            stdin=subprocess.PIPE,
            start_new_session=True,  # a Ctrl-C in the terminal must not reach it
            bufsize=0,
        )

    @property
    def pid(self) -> int:
        """Process id of the guardian itself."""
        return self._process.pid

    def watch(self, group: int) -> None:
        """End this process group should the owner die."""
        self._tell(f"+{group}\n")

    def release(self, group: int) -> None:
        """Forget a process group that has ended, since its id may be given to another."""
        self._tell(f"-{group}\n")

    def close(self) -> None:
        """End the guardian, and with it every group it still watches. May be called again."""
        if self._process.stdin:
            self._process.stdin.close()
        self._process.wait()

    def _tell(self, line: str) -> None:
        # Broken: someone killed it, and the owner still ends its own children. ValueError: closed meanwhile.
        with contextlib.suppress(BrokenPipeError, ValueError):
            if self._process.stdin:
                self._process.stdin.write(line.encode())


def guard(orders: BinaryIO, grace_seconds: float = GRACE_SECONDS) -> None:
    """Follow orders (`+group`, `-group`, one a line) until they end, then end every group left."""
    groups: set[int] = set()
    for line in orders:
        group = int(line[1:])
        if line.startswith(b"+"):
            groups.add(group)
        else:
            groups.discard(group)
    deadline = time.monotonic() + grace_seconds
    groups = {group for group in groups if _signal(group, signal.SIGTERM)}
    while groups and time.monotonic() < deadline:
        time.sleep(_LOOK_EVERY_SECONDS)  # they are not our children, so there is nothing to wait on
        groups = {group for group in groups if _signal(group, 0)}
    for group in groups:
        _signal(group, signal.SIGKILL)


def _signal(group: int, number: int) -> bool:
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):  # gone; macOS says EPERM of a group of zombies
        return False
    return True


if __name__ == "__main__":
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)  # its one reason to end is that the owner's pipe has ended
    guard(sys.stdin.buffer)
