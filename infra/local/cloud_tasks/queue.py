"""One queue: which task is dispatched when, and what becomes of it. It knows no clock, network or gRPC."""

import heapq
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from itertools import count, islice

from infra.local.cloud_tasks.errors import AlreadyExists, NotFound
from infra.local.cloud_tasks.rate import RateLimits, TokenBucket
from infra.local.cloud_tasks.retry import RetryPolicy, is_exhausted, retry_delay
from infra.local.cloud_tasks.task import Outcome, Task
from infra.local.cloud_tasks.tombstones import Tombstones


@dataclass(frozen=True)
class QueueSettings:
    """What CreateQueue and UpdateQueue set."""

    retry: RetryPolicy
    rate: RateLimits


class Settlement(Enum):
    """What became of a task when its attempt ended."""

    COMPLETED = auto()
    WILL_RETRY = auto()
    DROPPED = auto()
    """Its limits of retrying are reached."""
    GONE = auto()
    """It was deleted while the attempt ran."""


class Queue:
    """A queue and its tasks, in memory.

    Not safe for threads. Every call brings the time with it, which must not go back.
    """

    def __init__(
        self, name: str, settings: QueueSettings, *, tombstone_lifetime: timedelta, now: datetime
    ) -> None:
        self.name = name
        self.settings = settings
        self.is_paused = False
        self.purge_time: datetime | None = None
        self._tasks: dict[str, Task] = {}
        self._tombstones = Tombstones(tombstone_lifetime)
        self._bucket = TokenBucket(full_at=now)
        self._in_flight = 0
        self._schedule: list[tuple[datetime, int, str]] = []
        """A heap of (schedule time, ticket, task name); an entry counts while the task holds its ticket."""
        self._tickets: dict[str, int] = {}
        """Of every task that waits for its next attempt."""
        self._next_ticket = count()

    def add(self, task: Task, now: datetime) -> None:
        """Take a new task.

        Raises:
            AlreadyExists: the name belongs to a task, or did until recently.
        """
        if task.name in self._tasks:
            raise AlreadyExists("Requested entity already exists")
        if self._tombstones.blocks(task.name, now):
            raise AlreadyExists(
                "The task cannot be created because a task with this name existed too recently."
            )
        self._wait_for_schedule_time(task)

    def get(self, name: str, now: datetime) -> Task:
        """Find a task.

        Raises:
            NotFound: there is none, or no longer.
        """
        if task := self._tasks.get(name):
            return task
        if self._tombstones.blocks(name, now):
            raise NotFound(
                "The task no longer exists, though a task with this name existed recently. "
                "The task either successfully completed or was deleted."
            )
        raise NotFound("Requested entity was not found.")

    def tasks_after(self, name: str, limit: int) -> list[Task]:
        """List tasks in order of name, from the first after `name`; the empty string comes before all."""
        return [self._tasks[found] for found in islice((n for n in sorted(self._tasks) if n > name), limit)]

    def delete(self, name: str, now: datetime) -> None:
        """Forget a task, even while an attempt runs.

        Raises:
            NotFound: there is none, or no longer.
        """
        self.get(name, now)
        self._bury(name, now)

    def purge(self, now: datetime) -> None:
        """Forget all tasks."""
        for name in list(self._tasks):
            self._bury(name, now)
        self._schedule.clear()
        self.purge_time = now

    def reconfigure(self, settings: QueueSettings, now: datetime) -> None:
        """Change the limits from now on. The token bucket starts full again."""
        self.settings = settings
        self._bucket = TokenBucket(full_at=now)

    def take_due(self, now: datetime) -> list[Task]:
        """Begin every attempt that is due and allowed; `settle` each later."""
        taken = []
        while (due := self.next_dispatch_time()) and due <= now:
            _, _, name = heapq.heappop(self._schedule)
            self._bucket = self._bucket.taken(self.settings.rate, now)
            taken.append(self._begin_attempt(name, now))
        return taken

    def take(self, name: str, now: datetime) -> Task:
        """Begin an attempt at once, whatever the limits, even beside one that runs; `settle` it later.

        Raises:
            NotFound: there is no such task, or no longer.
        """
        self.get(name, now)
        return self._begin_attempt(name, now)

    def next_dispatch_time(self) -> datetime | None:
        """Say when `take_due` has something to do; None until something else changes."""
        if self.is_paused or self._in_flight >= self.settings.rate.max_concurrent_dispatches:
            return None
        schedule_time = self._earliest_schedule_time()
        return schedule_time and max(schedule_time, self._bucket.ready_at(self.settings.rate))

    def settle(self, attempted: Task, outcome: Outcome, now: datetime) -> Settlement:
        """End an attempt.

        Args:
            attempted: what `take_due` or `take` returned.
            outcome: how it ended.
            now: when.
        """
        self._in_flight -= 1
        task = self._tasks.get(attempted.name)
        if task is None or task.create_time != attempted.create_time or attempted.last_attempt is None:
            return Settlement.GONE
        if outcome.is_success:
            self._bury(task.name, now)
            return Settlement.COMPLETED
        policy = task.retry or self.settings.retry
        since_first_attempt = now - (task.first_dispatch_time or now)
        if is_exhausted(policy, attempts=task.dispatch_count, since_first_attempt=since_first_attempt):
            self._bury(task.name, now)
            return Settlement.DROPPED
        retry_at = now + retry_delay(policy, task.dispatch_count)
        self._wait_for_schedule_time(task.failed(attempted.last_attempt, outcome, now, retry_at=retry_at))
        return Settlement.WILL_RETRY

    def _begin_attempt(self, name: str, now: datetime) -> Task:
        self._tickets.pop(name, None)
        self._in_flight += 1
        self._tasks[name] = self._tasks[name].dispatched(now)
        return self._tasks[name]

    def _wait_for_schedule_time(self, task: Task) -> None:
        ticket = next(self._next_ticket)
        self._tasks[task.name] = task
        self._tickets[task.name] = ticket
        heapq.heappush(self._schedule, (task.schedule_time, ticket, task.name))

    def _earliest_schedule_time(self) -> datetime | None:
        while self._schedule:
            schedule_time, ticket, name = self._schedule[0]
            if self._tickets.get(name) == ticket:
                return schedule_time
            heapq.heappop(self._schedule)
        return None

    def _bury(self, name: str, now: datetime) -> None:
        del self._tasks[name]
        self._tickets.pop(name, None)
        self._tombstones.bury(name, now)
