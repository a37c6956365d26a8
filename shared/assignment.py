"""What a stage's craft is given: the right to one piece of work, and how to commit it.

Knows neither how the right was won nor how it is kept.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import anyio.from_thread
import structlog

from shared.domain.capabilities import BUILT_IN, Offer
from shared.domain.due_tasks import due_task, due_tasks
from shared.domain.errors import MediaCorrupt, MediaMissing, ObjectMissing
from shared.domain.job import JobState, Shot, WorkKey
from shared.domain.keyframes import hands_on
from shared.job_store import ALL, JobStore, Shots, Step
from shared.object_store import ObjectStore
from shared.switches import Switches
from shared.task_queue import TaskQueue

log = structlog.get_logger()


@dataclass(frozen=True)
class Services:
    """What every stage stands on."""

    store: JobStore
    queue: TaskQueue
    objects: ObjectStore
    switches: Switches
    lease: timedelta
    """How long a claim lasts without a heartbeat."""
    time_budget: timedelta = timedelta(minutes=25)
    """After which work that can be divided leaves the rest to a further task; under the dispatch deadline."""
    time_limit: timedelta = timedelta(minutes=28)
    """After which work is stopped, counted from its claim: under the dispatch deadline, which begins earlier
    by the start of an instance."""
    max_operations: Callable[[str], int] = lambda _backend: 0
    """How many paid calls may be under way at a video backend, of all jobs; 0: any number."""
    offered: Offer = BUILT_IN
    """What this deployment has: its GPU says which clips can be made in time."""


class Assignment:
    """The right to do one piece of work, and the job's state as of the last commit.

    Args:
        begun: when the claim was made, by the monotonic clock, in seconds.
    """

    def __init__(self, services: Services, key: WorkKey, token: str, state: JobState, begun: float) -> None:
        self.services = services
        self.key = key
        self.token = token
        self.state = state
        self.waits_for: str | None = None
        """A call that cannot be interrupted, while it goes on."""
        self.percent = 0
        """How far the work is, as heartbeats tell."""
        self._begun = begun
        lease = state.work(key).lease
        self._claimed_at = lease.expires_at - services.lease if lease else state.job.created_at
        self._enqueued = {due_task(state, key)}
        self.renewed(begun)

    @property
    def job_id(self) -> str:
        """The job it belongs to."""
        return self.state.job.job_id

    @property
    def attempt(self) -> int:
        """Which try this is, from 1; at looking after a paid call, once one was made."""
        work = self.state.work(self.key)
        if isinstance(work, Shot) and work.submission:
            return work.submission.failed_polls + 1
        return work.attempt

    @property
    def shot(self) -> Shot:
        """The shot to render, as of the last commit. Only the render stage has one."""
        return self.state.shots[0]

    @property
    def shots(self) -> Shots:
        """Which shots the work is concerned with: also the one that begins with the last frame of ours."""
        if self.key.shot is None:
            return ALL
        return (self.key.shot, self.key.shot + 1) if self.hands_on else (self.key.shot,)

    @property
    def hands_on(self) -> bool:
        """Whether the clip's last frame is the keyframe of the next shot."""
        return self.key.shot is not None and hands_on(self.state, self.key.shot)

    @property
    def seconds_left(self) -> float:
        """Until we stop by ourselves: a sixth of the lease (10 s of 60 s) before it can end."""
        return self._ends_at - time.monotonic()

    @property
    def has_time_for_a_call(self) -> bool:
        """Whether a provider's answer could still be saved: half a lease is left, as heartbeats see to."""
        return self.seconds_left > self.services.lease.total_seconds() / 2

    @property
    def now(self) -> datetime:
        """By Firestore's clock: its reading at the claim, carried on by the monotonic clock."""
        return self._claimed_at + timedelta(seconds=time.monotonic() - self._begun)

    @property
    def is_out_of_time(self) -> bool:
        """Whether work that can be divided should leave the rest to a further task."""
        return time.monotonic() - self._begun > self.services.time_budget.total_seconds()

    @property
    def seconds_permitted(self) -> float:
        """Until the work is stopped because it takes too long."""
        return self._begun + self.services.time_limit.total_seconds() - time.monotonic()

    def renewed(self, at: float) -> None:
        """Note that the lease was taken or prolonged by a call begun `at`, by the monotonic clock."""
        self._ends_at = at + self.services.lease.total_seconds() * 5 / 6

    def check(self) -> None:
        """Stop the work here if it must. Costs next to nothing: call it for every frame or step."""
        anyio.from_thread.check_cancelled()

    def reach(self, done: float) -> None:
        """Note how far the work is, 0 to 1, and stop it here if it must. Costs as little as `check`."""
        self.percent = int(done * 100)
        self.check()

    def fetch(self, path: str, into: Path, *, shot: int | None, crc32c: str = "") -> str:
        """Download a recorded picture or clip, and return its CRC32C.

        Args:
            crc32c: what was recorded of it; empty where nothing was.

        Raises:
            MediaMissing: it is not in storage.
            MediaCorrupt: it is not what was recorded.
        """
        return self._recorded(lambda: self.services.objects.download(path, into), path, shot, crc32c)

    def copy(self, source: str, target: str, *, shot: int | None, crc32c: str = "") -> str:
        """Copy a recorded keyframe or clip without its passing through here; otherwise as `fetch`."""
        return self._recorded(lambda: self.services.objects.copy(source, target), source, shot, crc32c)

    def stored(self, path: str) -> str | None:
        """Return the CRC32C of an object that an earlier try has stored already; None if none has.

        Asked on every attempt: a try that an outage has ended counts as none, yet may have stored it.
        """
        return self.services.objects.checksum(path)

    @contextmanager
    def uninterruptible(self, what: str) -> Iterator[None]:
        """Say in the logs what keeps the work from stopping, should it have to while this goes on."""
        self.waits_for = what
        try:
            yield
        finally:
            self.waits_for = None

    @contextmanager
    def generating(self, what: str) -> Iterator[None]:
        """Log how long a generator ran: what is left of a job's time is orchestration."""
        began = time.monotonic()
        yield
        log.info("generator.ran", what=what, seconds=round(time.monotonic() - began, 3))

    def _recorded(self, call: Callable[[], str], path: str, shot: int | None, crc32c: str) -> str:
        """Return the CRC32C that `call` found, if it is the one that was recorded."""
        try:
            with self.uninterruptible("Cloud Storage"):
                found = call()
        except ObjectMissing as error:
            raise MediaMissing(str(error), shot=shot, path=path) from error
        if crc32c and found != crc32c:
            what = f"{path} is not what was recorded: its checksum differs"
            raise MediaCorrupt(what, shot=shot, path=path)
        return found

    def commit(self, step: Step) -> None:
        """Commit a step of the work and enqueue what is due, as far as this assignment has not done so.

        The first commit thus also enqueues what an earlier attempt has left unenqueued.

        Raises:
            JobIsFinal, LeaseLost: the right has ended; nothing is written.
            TTVError: whatever else `step` raises; nothing is written.
        """
        self.state = self.services.store.change(
            self.job_id,
            step,
            shots=self.shots,
            fence=self.key,
            patience=timedelta(seconds=max(0.0, self.seconds_left)),
        )
        for due in due_tasks(self.state):
            if due not in self._enqueued:
                self.services.queue.enqueue(due.task, not_before=due.not_before)
                self._enqueued.add(due)


Craft = Callable[[Assignment], None]
"""Does a piece of work, in a thread of its own, and commits it through the assignment."""
