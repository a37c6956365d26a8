"""What befalls the stack from outside, at any moment: functions are killed and stopped, Firestore goes away.

What befalls a process at a boundary is not decided here.
"""

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from random import Random

import psutil

from infra.local.process import ChildProcess
from infra.local.stack import LocalStack
from tests.chaos.facts import Freeze
from tests.chaos.fates import Deed
from tests.chaos.strikes import Strike, StrikeRecord, now
from tests.chaos.threads import running

SHORTEST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 3.0, 8.0
FREEZE_SECONDS = 10.0

WORKERS = ("keyframes", "render", "finalize")
FUNCTIONS = ("submit", *WORKERS)
_WEIGHTS = {Deed.KILL: 55, Deed.TERMINATE: 20, Deed.SLEEP: 25}


class Outside:
    """Strikes from a thread of its own.

    Args:
        record: where strikes are noted, and from where others learn what they must see to.
        seed: of what is struck, how and when.
    """

    def __init__(self, stack: LocalStack, record: StrikeRecord, *, seed: int) -> None:
        self._stack = stack
        self._record = record
        self._random = Random(f"{seed}/outside")  # noqa: S311 - to be repeated, not to be secret
        self._stopped = threading.Event()
        self._freezing = threading.Event()
        self.freezes: list[Freeze] = []

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Strike within the block, or until `stop`."""
        with running([self._strike_on, self._freeze_when_asked], self._end):
            yield

    def stop(self) -> None:
        """Strike nobody any more. A freeze that has begun ends in its time. May be called again."""
        self._stopped.set()

    def freeze_firestore(self) -> None:
        """Let Firestore not answer for 10 s from now on; returns at once."""
        self._freezing.set()

    def _end(self) -> None:
        self.stop()
        self._freezing.set()

    def _strike_on(self) -> None:
        while not self._stopped.wait(self._random.uniform(SHORTEST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS)):
            deed = self._random.choices(list(_WEIGHTS), list(_WEIGHTS.values()))[0]
            function = self._random.choice(FUNCTIONS)
            is_whole = self._random.random() < 0.7
            with suppress(psutil.NoSuchProcess, ProcessLookupError, IndexError):
                if deed is Deed.SLEEP:
                    self._strike(deed, self._at_work(), is_whole=False)
                else:
                    self._strike(deed, self._one_of(function), is_whole=is_whole)

    def _one_of(self, function: str) -> ChildProcess:
        """Return a process of a function."""
        processes = self._stack.processes
        return processes[self._random.choice([name for name in processes if name.split("-")[0] == function])]

    def _at_work(self) -> ChildProcess:
        """Return a process that holds work: asleep, any other would keep nobody from anything.

        Raises:
            IndexError: there is none now.
        """
        workers = [each for name, each in self._stack.processes.items() if name.split("-")[0] in WORKERS]
        return self._random.choice([each for each in workers if self._record.held_by(_worker_of(each))])

    def _strike(self, deed: Deed, process: ChildProcess, *, is_whole: bool) -> None:
        """Strike a function's process, or only the worker below it.

        Raises:
            IndexError, psutil.NoSuchProcess, ProcessLookupError: it is being restarted; nothing is noted
                then but what was done.
        """
        worker = _worker_of(process)
        strike = Strike(
            deed=deed,
            function=process.name.split("-")[0],
            pid=worker,
            instance=process.pid,
            held=self._record.held_by(worker),
            at=now(),
        )
        match deed:
            case Deed.KILL if is_whole:
                process.kill()
            case Deed.KILL:
                os.kill(worker, signal.SIGKILL)
            case Deed.TERMINATE:
                os.kill(process.pid, signal.SIGTERM)
            case Deed.SLEEP:
                os.kill(worker, signal.SIGSTOP)
        self._record.write(strike)
        if deed is Deed.KILL:
            self._record.forget_held(worker)

    def _freeze_when_asked(self) -> None:
        pid = self._stack.processes["firestore"].pid
        while True:
            self._freezing.wait()
            self._freezing.clear()
            if self._stopped.is_set():
                return
            begun = now()
            os.kill(pid, signal.SIGSTOP)
            try:
                time.sleep(FREEZE_SECONDS)
            finally:
                os.kill(pid, signal.SIGCONT)
            self.freezes.append(Freeze(begun, now()))


def _worker_of(process: ChildProcess) -> int:
    """Return the process id of gunicorn's worker.

    Raises:
        IndexError, psutil.NoSuchProcess: it is being restarted.
    """
    return psutil.Process(process.pid).children()[0].pid
