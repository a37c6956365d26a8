"""One supervised child process: its start, log, readiness and end. It knows nothing of what the child does.

A child leads a process group in a session of its own. So a Ctrl-C in the terminal reaches only the parent,
which ends the children in its order, and a signal to the group reaches the workers that a child has started.
"""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from infra.local.bounded_log import BoundedLog
from infra.local.errors import PartFailed
from infra.local.guardian import Guardian
from infra.local.probes import Probe

_PROBE_EVERY_SECONDS = 0.02


@dataclass(frozen=True)
class Launch:
    """How a part is started, each time it is."""

    name: str
    """Shown to people, such as `render-1`."""
    command: tuple[str, ...]
    environment: Mapping[str, str]
    """All of it: nothing is inherited."""
    folder: Path
    """Working directory."""
    port: int
    ready: Probe
    grace_seconds: float = 10.0
    """From SIGTERM to SIGKILL. Cloud Run gives an instance 10 s."""


class ChildProcess:
    """One run of a `Launch`. Starts at once; a restart is another object.

    Args:
        launch: what to start.
        log: where its output goes. A thread reads it at all times: no chatty child blocks on a full pipe.
        guardian: ends the child should this process die.
        on_exit: called once, from another thread, when the child has ended for whatever reason.

    Raises:
        PartFailed: the program cannot be started at all.
    """

    def __init__(
        self,
        launch: Launch,
        log: BoundedLog,
        guardian: Guardian,
        on_exit: Callable[["ChildProcess"], None] = lambda _: None,
    ) -> None:
        self.launch = launch
        self.log = log
        self.exited = threading.Event()
        self.exit_code: int | None = None
        """Negative: the number of the signal that ended it. None while it runs."""
        self.stopping = False
        """Whether `stop` or `kill` was called, so that its end is no surprise."""
        self._guardian = guardian
        self._on_exit = on_exit
        self._signalling = threading.Lock()
        self._started = time.monotonic()
        try:
            self._popen = subprocess.Popen(  # noqa: S603 - commands are built by this package
                launch.command,
                env=dict(launch.environment),
                cwd=launch.folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as error:
            raise PartFailed(launch.name, f"cannot be started: {error}") from error
        self.pid = self._popen.pid
        guardian.watch(self.pid)
        self._reader = threading.Thread(target=self._read_output, name=f"{launch.name}-output", daemon=True)
        self._reader.start()
        threading.Thread(target=self._await_exit, name=f"{launch.name}-exit", daemon=True).start()

    @property
    def name(self) -> str:
        """The part's name."""
        return self.launch.name

    @property
    def port(self) -> int:
        """Where it listens, on 127.0.0.1."""
        return self.launch.port

    @property
    def age_seconds(self) -> float:
        """Time since its start."""
        return time.monotonic() - self._started

    def wait_until_ready(self, timeout_seconds: float) -> None:
        """Return once the part answers. May be called again.

        Raises:
            PartFailed: it ended first, or did not answer in time.
        """
        deadline = time.monotonic() + timeout_seconds
        while not self.launch.ready(self.port):
            if self.exited.wait(_PROBE_EVERY_SECONDS):
                break
            if time.monotonic() > deadline:
                raise self.failure(f"did not answer on port {self.port} within {timeout_seconds:g} s")
        if self.exited.is_set():  # even when something answered: that was another process on the same port
            raise self.failure(f"{self.describe_exit()} before it was ready")

    def failure(self, reason: str) -> PartFailed:
        """Say what went wrong with this part, with the end of its log."""
        return PartFailed(self.name, reason, self.log.last_lines(), str(self.log.path))

    def describe_exit(self) -> str:
        """Say how it ended: `exited with code 1`, `was ended by SIGKILL`."""
        if self.exit_code is not None and self.exit_code < 0:
            return f"was ended by {signal.Signals(-self.exit_code).name}"
        return f"exited with code {self.exit_code}"

    def ask_to_stop(self) -> None:
        """Send SIGTERM to the whole group and return at once. May be called again; it is sent once."""
        if not self.stopping:
            self.stopping = True
            self._signal(signal.SIGTERM)

    def stop(self, grace_seconds: float | None = None) -> None:
        """SIGTERM, then SIGKILL after the grace time; returns once it has ended. May be called again."""
        self.ask_to_stop()
        if not self.exited.wait(self.launch.grace_seconds if grace_seconds is None else grace_seconds):
            self.kill()

    def kill(self) -> None:
        """SIGKILL the whole group, as when a machine is lost; returns once it has ended."""
        self.stopping = True
        self._signal(signal.SIGKILL)
        self.exited.wait()

    def _signal(self, number: signal.Signals) -> None:
        with self._signalling:
            if self.exit_code is None:
                _signal_group(self.pid, number)

    def _read_output(self) -> None:
        pipe = self._popen.stdout
        if pipe is None:
            return
        with pipe:
            while chunk := os.read(pipe.fileno(), 65536):
                self.log.write(chunk)

    def _await_exit(self) -> None:
        if sys.platform == "linux":
            # Does not free the process id yet, so that the group can be signalled without hitting a stranger.
            os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)
        else:
            self._popen.wait()
        with self._signalling:
            _signal_group(self.pid, signal.SIGKILL)  # workers that outlive their parent would keep its port
            self.exit_code = self._popen.wait()
        self._guardian.release(self.pid)
        self._reader.join(timeout=1.0)  # so that its last words are in the log
        self.exited.set()
        self._on_exit(self)


def stop_all(processes: Iterable[ChildProcess]) -> None:
    """Stop many at once: each gets its own grace time, and they use it side by side."""
    processes = list(processes)
    for process in processes:
        process.ask_to_stop()
    begun = time.monotonic()
    for process in processes:
        process.stop(grace_seconds=max(0.0, begun + process.launch.grace_seconds - time.monotonic()))


def _signal_group(group: int, number: signal.Signals) -> None:
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):  # gone; macOS says EPERM of a group of zombies
        return
