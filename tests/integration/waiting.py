"""How tests of processes wait: for a line, an end, never for a time."""

import contextlib
import threading

import psutil
import pytest

from infra.local.process import ChildProcess

SOON = 10.0
"""Seconds; what is awaited takes a fraction of one."""


def await_output(process: ChildProcess, expected: str) -> str:
    """Return what the part has said once it has said this."""
    while expected not in (said := process.log.last_lines()):
        assert not process.exited.wait(0.01), said
    return said


def assert_ends(process: psutil.Process) -> None:
    """Wait for a process that is not our child; where nobody reaps orphans it stays as a zombie."""
    with contextlib.suppress(psutil.NoSuchProcess, psutil.TimeoutExpired):
        process.wait(timeout=0.2)
    watched = threading.Event()
    for _ in range(int(SOON / 0.05)):
        if not process.is_running() or process.status() == psutil.STATUS_ZOMBIE:
            return
        watched.wait(0.05)
    pytest.fail(f"process {process.pid} is still {process.status()}")
