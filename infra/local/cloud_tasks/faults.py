"""Makes deliveries go wrong on purpose, as a seed has it. It must not know HTTP or how a queue retries.

Cloud Tasks promises neither that a task arrives once nor in what order. It does promise not to lose any: a
drop stands for what people do, such as purging a queue.

Source: https://cloud.google.com/tasks/docs/common-pitfalls.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, fields
from random import Random
from typing import Self

import structlog

from infra.local.cloud_tasks.dispatcher import Deliver
from infra.local.cloud_tasks.task import Outcome, Task
from infra.local.cloud_tasks.validation import queue_name_of

MAX_DELAY_SECONDS = 3.0
MAX_HOLD_SECONDS = 3.0
MAX_DUPLICATE_AFTER_SECONDS = 5.0

HTTP_OK = 200
HTTP_SERVICE_UNAVAILABLE = 503

log = structlog.get_logger()


@dataclass(frozen=True)
class Fate:
    """What one delivery has coming."""

    is_dropped: bool
    """Then nothing else befalls it."""
    is_held_back: bool
    delay_seconds: float
    """0 for none."""
    duplicate_after_seconds: float | None
    """0 for at once, beside the first; otherwise from its success; None for no duplicate."""
    loses_answer: bool


@dataclass(frozen=True)
class Faults:
    """How likely each fault is, for every delivery on its own: from 0, never, to 1, always.

    Raises:
        ValueError: a probability is outside 0 to 1.
    """

    duplicate: float = 0
    """The same attempt is delivered twice: at once, or the second up to 5 s after the first succeeded."""
    delay: float = 0
    """It is delivered up to 3 s late."""
    reorder: float = 0
    """It is held back until a later one of its queue has been delivered, but no longer than 3 s."""
    drop: float = 0
    """The worker never hears of it, and the queue takes it for done."""
    lose_answer: float = 0
    """The worker succeeds, but the queue sees a 503 and will deliver again."""

    def __post_init__(self) -> None:
        for kind, probability in asdict(self).items():
            if not 0 <= probability <= 1:
                raise ValueError(f"{kind}={probability:g}: a probability must be from 0 to 1")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what a command line says, such as duplicate=0.05,delay=0.1.

        Raises:
            ValueError: it names an unknown fault, names one twice, or gives one no probability.
        """
        kinds = [field.name for field in fields(cls)]
        probabilities: dict[str, float] = {}
        for part in text.split(","):
            kind, _, value = part.partition("=")
            if kind not in kinds:
                raise ValueError(f"{kind!r} is not a fault; permitted are {', '.join(kinds)}")
            if kind in probabilities:
                raise ValueError(f"{kind} is given twice, at last as {part!r}")
            try:
                probabilities[kind] = float(value)
            except ValueError as error:
                raise ValueError(f"{kind}={value}: a probability must be a number from 0 to 1") from error
        return cls(**probabilities)

    def draw(self, random: Random) -> Fate:
        """Decide about one delivery.

        It draws equally often whatever the probabilities, so that changing one leaves the others' faults.
        """
        is_duplicated = random.random() < self.duplicate
        is_at_once = random.random() < 0.5
        duplicate_after_seconds = random.uniform(0, MAX_DUPLICATE_AFTER_SECONDS)
        is_delayed = random.random() < self.delay
        delay_seconds = random.uniform(0, MAX_DELAY_SECONDS)
        return Fate(
            is_held_back=random.random() < self.reorder,
            is_dropped=random.random() < self.drop,
            loses_answer=random.random() < self.lose_answer,
            delay_seconds=delay_seconds if is_delayed else 0,
            duplicate_after_seconds=(0 if is_at_once else duplicate_after_seconds) if is_duplicated else None,
        )


def seeded(seed: int) -> Random:
    """Return the random numbers of a seed."""
    return Random(seed)  # noqa: S311 - to be repeated, not to be secret


class Hold:
    """A delivery that is held back, as those see it that come after it."""

    def __init__(self) -> None:
        self.is_overtaken = False
        """Whether a later one has gone to the worker."""
        self.may_end = asyncio.Event()
        """Set when that one has ended: had it only begun, it could still arrive second."""


class FaultyDelivery:
    """Delivers attempts as another delivery does, except for the faults.

    Faults are drawn as deliveries begin: the n-th of a seed has always the same fate. What a delivery waits
    here does not count against its dispatch deadline, but it does count as running.

    Args:
        deliver: delivers an attempt; called twice for a duplicate, and never for one that is dropped.
        faults: how likely each is.
        random: nobody else may draw from it.
        sleep: waits for so many seconds.
    """

    def __init__(
        self,
        deliver: Deliver,
        faults: Faults,
        random: Random,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._deliver = deliver
        self._faults = faults
        self._random = random
        self._sleep = sleep
        self.counts = dict.fromkeys(asdict(faults), 0)
        """How often each fault has happened; what was drawn in vain does not count."""
        self._holds: dict[str, Hold] = {}
        """By queue. One at a time: were the next held back too, nobody would overtake."""
        self._duplicates: set[asyncio.Task[None]] = set()
        """Held here, since the event loop itself holds tasks only weakly."""

    async def __call__(self, task: Task) -> Outcome:
        """Deliver the attempt that has just begun, and wait until it ends, or say that it has."""
        fate = self._faults.draw(self._random)
        if fate.is_dropped:
            self._record("drop", task)
            return Outcome(HTTP_OK, detail="dropped by a fault")
        hold = self._holds.get(queue_name_of(task.name))
        if fate.is_held_back and hold is None:
            await self._hold_back(task)
        if fate.delay_seconds:
            self._record("delay", task, seconds=fate.delay_seconds)
            await self._sleep(fate.delay_seconds)
        if hold is None:
            return await self._deliver_once_or_twice(task, fate)
        hold.is_overtaken = True
        try:
            return await self._deliver_once_or_twice(task, fate)
        finally:
            hold.may_end.set()

    async def _hold_back(self, task: Task) -> None:
        queue_name = queue_name_of(task.name)
        hold = self._holds[queue_name] = Hold()
        waiting = [
            asyncio.ensure_future(wait) for wait in (hold.may_end.wait(), self._sleep(MAX_HOLD_SECONDS))
        ]
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            del self._holds[queue_name]
            for wait in waiting:
                wait.cancel()
        if hold.is_overtaken:
            self._record("reorder", task)
        else:
            log.info("fault.in_vain", kind="reorder", task=task.name, seconds=MAX_HOLD_SECONDS)

    async def _deliver_once_or_twice(self, task: Task, fate: Fate) -> Outcome:
        if fate.duplicate_after_seconds == 0:
            self._deliver_beside(task, after_seconds=0)
        outcome = await self._deliver(task)
        if not outcome.is_success:
            return outcome  # it comes again anyway
        if fate.duplicate_after_seconds:
            self._deliver_beside(task, after_seconds=fate.duplicate_after_seconds)
        if fate.loses_answer:
            self._record("lose_answer", task)
            return Outcome(HTTP_SERVICE_UNAVAILABLE, detail="the answer was lost by a fault")
        return outcome

    def _deliver_beside(self, task: Task, *, after_seconds: float) -> None:
        duplicate = asyncio.create_task(self._deliver_again(task, after_seconds))
        self._duplicates.add(duplicate)
        duplicate.add_done_callback(self._duplicates.discard)

    async def _deliver_again(self, task: Task, after_seconds: float) -> None:
        if after_seconds:
            await self._sleep(after_seconds)
        self._record("duplicate", task, after_seconds=after_seconds)
        await self._deliver(task)

    def _record(self, kind: str, task: Task, **details: float) -> None:
        self.counts[kind] += 1
        log.info("fault.injected", kind=kind, task=task.name, attempt=task.dispatch_count, **details)
