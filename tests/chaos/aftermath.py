"""What follows a strike, whoever struck: sleepers wake up, and who was asked to stop has only so much time.

A sleeper wakes after the end of its lease, and finds the world changed: its work was given to a second
worker, or its job is cancelled. It strikes nobody of its own accord.
"""

import http.client
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from random import Random

import psutil
import structlog

from infra.local.process import ChildProcess
from infra.local.stack import LocalStack
from shared.domain.due_tasks import due_task
from shared.domain.errors import TTVError
from shared.domain.job import Stage, WorkKey
from shared.job_store import ALL, JobStore
from tests.chaos.fates import Deed
from tests.chaos.strikes import Held, Strike, StrikeRecord, now
from tests.chaos.threads import running

LOOK_EVERY_SECONDS = 0.3
GRACE_SECONDS = 10.0
"""From SIGTERM to SIGKILL, as Cloud Run has it."""
CANCELLED_SHARE = 0.4
"""Of the sleepers' jobs."""
SECOND_WORKER_SECONDS = 120.0
"""Longest wait for the answer of a second worker, who may be the sleeper itself."""

log = structlog.get_logger()


class Aftermath:
    """Sees to what follows all strikes of a run, from a thread of its own.

    Args:
        lease_seconds: a sleeper is woken from a moment before its end to a while after it.
        cancel: called with the id of a job that is to be cancelled.
    """

    def __init__(
        self,
        stack: LocalStack,
        store: JobStore,
        record: StrikeRecord,
        *,
        seed: int,
        lease_seconds: float,
        cancel: Callable[[str], None],
    ) -> None:
        self._stack = stack
        self._store = store
        self._record = record
        self._random = Random(f"{seed}/aftermath")  # noqa: S311 - to be repeated, not to be secret
        self._lease_seconds = lease_seconds
        self._cancel = cancel
        self._over = threading.Event()
        self._due: list[tuple[float, Callable[[], None]]] = []
        self.second_workers = 0
        self.cancels = 0

    @contextmanager
    def seen_to(self) -> Iterator[None]:
        """See to it within the block in time, and at its end wake all who sleep."""
        try:
            with running([self._run], self._over.set):
                yield
        finally:
            for strike in self._record.read():
                if strike.deed is Deed.SLEEP:
                    self._wake(strike)

    def _run(self) -> None:
        seen = 0
        while not self._over.wait(LOOK_EVERY_SECONDS):
            strikes = self._record.read()
            for strike in strikes[seen:]:
                self._plan(strike)
            seen = len(strikes)
            due = [step for when, step in self._due if when <= now()]
            self._due = [(when, step) for when, step in self._due if step not in due]
            for step in due:
                with suppress(psutil.NoSuchProcess, ProcessLookupError, TTVError):
                    step()

    def _plan(self, strike: Strike) -> None:
        if strike.deed is Deed.TERMINATE:
            self._due.append((strike.at + GRACE_SECONDS, partial(self._kill, strike)))
        if strike.deed is Deed.SLEEP:
            if self._random.random() < CANCELLED_SHARE:
                for held in strike.held:
                    self.cancels += 1
                    self._cancel(held.job_id)
            handed_at = strike.at + self._lease_seconds + self._random.uniform(0, 1)
            woken_at = handed_at + self._random.uniform(-1, 2)
            self._due += [
                (handed_at, partial(self._hand_over, strike)),
                (woken_at, partial(self._wake, strike)),
            ]

    def _kill(self, strike: Strike) -> None:
        """End a function that has not ended by itself."""
        instance = self._instance_of(strike)
        if instance and not instance.exited.is_set():
            instance.kill()

    def _wake(self, strike: Strike) -> None:
        with suppress(psutil.NoSuchProcess, ProcessLookupError):
            if (
                psutil.Process(strike.pid).ppid() == strike.instance
            ):  # else its id belongs to a stranger by now
                os.kill(strike.pid, signal.SIGCONT)

    def _hand_over(self, strike: Strike) -> None:
        """Let the task for what the sleeper holds be delivered to another process; to its own if alone."""
        own = self._instance_of(strike)
        if own is None:
            return
        same = [each for name, each in self._stack.processes.items() if name.split("-")[0] == strike.function]
        second = next((each for each in same if each is not own), own)
        for held in strike.held:
            body = self._task_for(held)
            self.second_workers += 1
            threading.Thread(target=_deliver, args=(second.port, body), daemon=True).start()

    def _task_for(self, held: Held) -> bytes:
        stage, _, shot = held.key.partition("/")
        key = WorkKey(stage=Stage(stage), shot=int(shot) if shot else None)
        state = self._store.load(held.job_id, shots=ALL).state
        return due_task(state, key).task.model_dump_json().encode()

    def _instance_of(self, strike: Strike) -> ChildProcess | None:
        """Return the function's process, if it is still the one that was struck."""
        processes = self._stack.processes.values()
        return next((process for process in processes if process.pid == strike.instance), None)


def _deliver(port: int, body: bytes) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=SECOND_WORKER_SECONDS)
    try:
        connection.request("POST", "/", body, {"Content-Type": "application/json"})
        connection.getresponse().read()
    except (OSError, http.client.HTTPException) as error:
        log.info("second_worker.unanswered", error=repr(error))
    finally:
        connection.close()
