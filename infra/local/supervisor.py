"""Keeps the parts of a stack running: restarts those that can be, reports the death of any other.

It knows nothing of what the parts are, or in which order they belong.
"""

import queue
import threading
import time
from collections.abc import Callable, Collection
from pathlib import Path

import structlog

from infra.local.bounded_log import BoundedLog
from infra.local.errors import PartFailed
from infra.local.guardian import Guardian
from infra.local.process import ChildProcess, Launch, stop_all

_FIRST_DELAY_SECONDS = 0.1
_LONGEST_DELAY_SECONDS = 5.0
_SOUND_AGE_SECONDS = 10.0
"""A part that lived this long is restarted with the first delay again."""

log = structlog.get_logger()


class Supervisor:
    """Starts parts and watches them until `close`.

    Args:
        guardian: ends the parts should this process die.
        logs: folder of the parts' logs, `<name>.log` each.
        on_restart: called after a part was started anew, from another thread.
    """

    def __init__(self, guardian: Guardian, logs: Path, on_restart: Callable[[], None]) -> None:
        self.failure: PartFailed | None = None
        """Why the stack cannot go on: a part died that cannot simply be restarted."""
        self.failed = threading.Event()
        self._guardian = guardian
        self._logs_folder = logs
        self._on_restart = on_restart
        self._logs: dict[str, BoundedLog] = {}
        self._restartable: set[str] = set()
        self._processes: dict[str, ChildProcess] = {}
        self._replaced = threading.Condition()
        self._quick_deaths: dict[str, int] = {}
        self._ended: queue.SimpleQueue[ChildProcess | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._watch, name="supervisor", daemon=True)

    @property
    def processes(self) -> dict[str, ChildProcess]:
        """The newest process of each part, by name, as of now."""
        with self._replaced:
            return dict(self._processes)

    def start(self, launch: Launch, *, restartable: bool) -> ChildProcess:
        """Start a part.

        Raises:
            PartFailed: the program cannot be started at all.
        """
        if restartable:
            self._restartable.add(launch.name)
        self._logs.setdefault(launch.name, BoundedLog(self._logs_folder / f"{launch.name}.log"))
        process = ChildProcess(launch, self._logs[launch.name], self._guardian, self._ended.put)
        with self._replaced:
            self._processes[launch.name] = process
            self._replaced.notify_all()
        return process

    def watch(self) -> None:
        """Begin to restart and to report, once all parts are up."""
        self._thread.start()

    def close(self) -> None:
        """Restart and report nothing from now on. May be called again, or without `watch`."""
        self._ended.put(None)
        if self._thread.is_alive():
            self._thread.join()

    def stop(self, names: Collection[str]) -> None:
        """Stop those of these parts that were started, side by side. Only after `close`."""
        stop_all(process for name, process in self.processes.items() if name in names)

    def wait_until_ready(self, name: str, timeout_seconds: float) -> None:
        """Return once the part answers, waiting for its restart if it is dead.

        Raises:
            PartFailed: it does not in time.
        """
        deadline = time.monotonic() + timeout_seconds
        with self._replaced:
            restarted = self._replaced.wait_for(
                lambda: not self._processes[name].exited.is_set(), timeout_seconds
            )
            process = self._processes[name]
        if not restarted:
            raise process.failure(f"was not restarted within {timeout_seconds:g} s")
        process.wait_until_ready(max(0.0, deadline - time.monotonic()))

    def _watch(self) -> None:
        due: dict[str, float] = {}  # part to be restarted -> when
        while True:
            now = time.monotonic()
            for name in [name for name, when in due.items() if when <= now]:
                del due[name]
                self._restart(name)
            try:
                ended = self._ended.get(timeout=max(0.0, min(due.values()) - now) if due else None)
            except queue.Empty:
                continue
            if ended is None:
                return
            if ended.name in self._restartable:
                due[ended.name] = time.monotonic() + self._delay_seconds(ended)
            else:
                self._give_up(ended)

    def _delay_seconds(self, ended: ChildProcess) -> float:
        quick = not ended.stopping and ended.age_seconds < _SOUND_AGE_SECONDS
        deaths = self._quick_deaths[ended.name] = self._quick_deaths.get(ended.name, 0) + 1 if quick else 0
        return min(_LONGEST_DELAY_SECONDS, _FIRST_DELAY_SECONDS * 2.0 ** min(deaths, 10))

    def _restart(self, name: str) -> None:
        dead = self.processes[name]
        try:
            process = self.start(dead.launch, restartable=True)
        except PartFailed as error:
            self.failure = error
            self.failed.set()
            return
        log.warning("part.restarted", part=name, pid=process.pid, ended=dead.describe_exit())
        self._on_restart()

    def _give_up(self, ended: ChildProcess) -> None:
        self.failure = ended.failure(f"{ended.describe_exit()}, and the stack cannot go on without it")
        log.error("stack.failed", part=ended.name, ended=ended.describe_exit())
        self.failed.set()
