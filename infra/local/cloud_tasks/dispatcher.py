"""Runs the queues: starts what is due, learns how it ended, wakes for what is next. It must not know HTTP.

All runs on one event loop, so nothing needs a lock. Nothing polls: a queue sleeps until its next dispatch.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime

import structlog

from infra.local.cloud_tasks.queue import Queue, Settlement
from infra.local.cloud_tasks.task import Outcome, Task

log = structlog.get_logger()

Deliver = Callable[[Task], Awaitable[Outcome]]
"""Delivers one attempt and says how it ended. Faults between queue and worker are made by wrapping it."""


class Dispatcher:
    """Dispatches the tasks of any number of queues.

    Args:
        deliver: called once for each attempt.
        clock: the time now.
    """

    def __init__(self, deliver: Deliver, clock: Callable[[], datetime]) -> None:
        self._deliver = deliver
        self._clock = clock
        self._alarms: dict[Queue, asyncio.TimerHandle] = {}
        """By queue, not by name: a deleted queue may still have attempts when its name is used again."""
        self._attempts: set[asyncio.Task[None]] = set()
        """Held here, since the event loop itself holds tasks only weakly."""

    def wake(self, queue: Queue) -> None:
        """Start what is due and set the alarm for what is next. Call it after every change of a queue."""
        self.forget(queue)
        now = self._clock()
        for task in queue.take_due(now):
            self.start(queue, task)
        if next_time := queue.next_dispatch_time():
            seconds = max(0.0, (next_time - now).total_seconds())
            self._alarms[queue] = asyncio.get_running_loop().call_later(seconds, self.wake, queue)

    def start(self, queue: Queue, task: Task) -> None:
        """Start an attempt that the queue has begun."""
        attempt = asyncio.create_task(self._run_attempt(queue, task))
        self._attempts.add(attempt)
        attempt.add_done_callback(self._attempts.discard)

    def forget(self, queue: Queue) -> None:
        """Turn off a queue's alarm. Attempts that run go on."""
        if alarm := self._alarms.pop(queue, None):
            alarm.cancel()

    async def _run_attempt(self, queue: Queue, task: Task) -> None:
        try:
            outcome = await self._deliver(task)
        except Exception as error:
            # The outermost edge of an attempt: without an outcome it would count as running for ever.
            log.exception("attempt.crashed", task=task.name)
            outcome = Outcome(http_status=0, no_answer="INTERNAL", detail=repr(error))
        settlement = queue.settle(task, outcome, self._clock())
        if settlement is not Settlement.COMPLETED:
            log.warning(
                "attempt.unsuccessful",
                task=task.name,
                attempt=task.dispatch_count,
                http_status=outcome.http_status,
                detail=outcome.detail,
                settlement=settlement.name,
            )
        self.wake(queue)
