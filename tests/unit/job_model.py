"""A pipeline in memory for one job: store, queue, provider and workers, to be interleaved at will.

Whatever acts is a generator. It pauses wherever others may come between, and whoever resumes it says how
lucky it is. One that is never resumed has died.
"""

from collections.abc import Generator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from typing import Literal, TypeVar

from shared.domain.capabilities import VIDEO_BACKENDS
from shared.domain.claims import replace_task
from shared.domain.due_tasks import DueTask, due_task, due_tasks
from shared.domain.errors import (
    AnswerLost,
    BackendFailed,
    BackendUnavailable,
    DeadlineExceeded,
    JobIsFinal,
    NotFound,
    QuotaExhausted,
    Refused,
    TaskObsolete,
)
from shared.domain.job import Event, Job, JobState, Stage, Work, WorkKey
from shared.domain.messages import Task
from shared.domain.paid_calls import wound_up
from shared.domain.transitions import cancel, delete, fail
from shared.job_store import ALL, Shots, Step
from tests.unit.jobs import NOW, render


class Luck(StrEnum):
    """Which fault strikes where it can; elsewhere all is well."""

    WELL = "well"
    CRASH = "a bug"
    INTERRUPTED = "the instance shuts down"
    OUTAGE = "a dependency is out"
    QUOTA = "we are asked to wait"
    FAILURE = "it cannot be done"
    OUT_OF_TIME = "the rest is for a further task"
    COMMIT_ANSWER_LOST = "a commit is carried out, its answer lost"
    COMMIT_REPEATED = "the same, and nothing tells that it was carried out"
    CALL_LOST = "a paid call is never heard of again"
    CALL_ANSWER_LOST = "a paid call is accepted, its answer lost"
    CALL_QUOTA = "the provider says 429"
    CALL_OUTAGE = "the provider says 503"
    CALL_REFUSED = "the provider refuses"
    CALL_FAILED = "the provider cannot"
    POLL_QUOTA = "the provider says 429 to a poll"
    POLL_OUTAGE = "the provider says 503 to a poll"
    CALL_DECLINED = "a running call turns out to be refused"
    CALL_DECLINED_BILLED = "the same, and is billed"
    CALL_BROKEN = "a running call fails"
    CALL_BROKEN_FOR_GOOD = "the same, and would again"
    CALL_BROKEN_BILLED = "the same, and is billed"
    BILLED_ALL_THE_SAME = "a cancelled call costs what it costs"


T = TypeVar("T")
Actor = Generator[str, Luck, T]
"""Yields where it pauses; is sent its luck."""

JOB, PROGRESS = "job", "progress"
WAIT = QuotaExhausted(timedelta(seconds=30))


@dataclass(frozen=True)
class Snapshot:
    """A job as read, with the revisions of its parts."""

    state: JobState
    now: datetime
    revisions: Mapping[str, int]


@dataclass(frozen=True)
class Commit:
    """One accepted write."""

    seen: JobState
    """What it was computed from: counters may have moved since."""
    before: JobState
    after: JobState
    at: datetime
    news: tuple[Event, ...]
    key: WorkKey | None
    """The work in whose name it was made, and by whom."""
    token: str


def parts(state: JobState) -> dict[str, Job | Work]:
    """Name what is written by compare-and-set."""
    shots = {str(render(shot.index)): shot for shot in state.shots}
    return {JOB: state.job, Stage.KEYFRAMES: state.keyframes, Stage.FINALIZE: state.finalize, **shots}


class Store:
    """Keeps a job as `write_changes` does: in parts, each with a revision; a part nobody wrote has none."""

    def __init__(self, state: JobState) -> None:
        self.state = state
        self.revisions = {JOB: 1, PROGRESS: 1}
        self.commits: list[Commit] = []

    def write(
        self,
        before: Snapshot,
        after: JobState,
        *,
        now: datetime,
        fence: WorkKey | None = None,
        beside_job: bool = False,
        by: tuple[WorkKey | None, str] = (None, ""),
    ) -> bool:
        """Turn what was read into `after`, unless somebody else has changed a part that is verified."""
        ends_job = after.job.status.is_final and not before.state.job.status.is_final
        ends_keyframes = after.keyframes.done and not before.state.keyframes.done
        verified = set() if beside_job else {JOB}
        if after.job.status.is_final or ends_keyframes:
            verified |= before.revisions.keys() - {PROGRESS}
        if ends_job:
            verified.add(PROGRESS)
        if fence:
            verified.add(str(fence))
        was, parts_after = parts(before.state), parts(after)
        changed = {name for name, part in parts_after.items() if part != was.get(name)}
        for name in changed | (verified & before.revisions.keys()):
            if self.revisions.get(name) != before.revisions.get(name):
                return False
        shots = {shot.index: shot for shot in self.state.shots}
        shots |= {shot.index: shot for shot in after.shots if str(render(shot.index)) in changed}
        old = self.state
        counters = after.progress.minus(before.state.progress)
        self.state = JobState(
            job=after.job if JOB in changed else old.job,
            progress=old.progress.evolve(**{n: getattr(old.progress, n) + by for n, by in counters.items()}),
            keyframes=after.keyframes if Stage.KEYFRAMES in changed else old.keyframes,
            finalize=after.finalize if Stage.FINALIZE in changed else old.finalize,
            shots=tuple(shots[index] for index in sorted(shots)),
        )
        for name in changed | ({PROGRESS} if counters else set()):
            self.revisions[name] = self.revisions.get(name, 0) + 1
        self.commits.append(Commit(before.state, old, self.state, now, after.news, *by))
        return True


class Queue:
    """Remembers every name it was ever given; a task that is delivered, or lost, is not missed by it."""

    def __init__(self) -> None:
        self.known: list[DueTask] = []
        self.waiting: list[DueTask] = []

    def enqueue(self, due: DueTask, *, recheck: bool = False) -> bool:
        """Make sure that a task exists; False when its name was used before."""
        if not recheck and any(due.task == known.task for known in self.known):
            return False
        self.known.append(due)
        self.waiting.append(due)
        return True

    def exists(self, task: Task) -> bool:
        """Whether it is still to be delivered."""
        return any(waiting.task == task for waiting in self.waiting)


class End(StrEnum):
    """What becomes of an accepted call. All but the first are without a clip."""

    DONE = "done"
    DECLINED = "declined"
    DECLINED_BILLED = "declined, billed"
    BROKEN = "broken"
    BROKEN_FOR_GOOD = "broken for good"
    BROKEN_BILLED = "broken, billed"

    @property
    def is_billed(self) -> bool:
        return self in (End.DONE, End.DECLINED_BILLED, End.BROKEN_BILLED)


ENDS: Mapping[Luck, End] = {
    Luck.CALL_DECLINED: End.DECLINED,
    Luck.CALL_DECLINED_BILLED: End.DECLINED_BILLED,
    Luck.CALL_BROKEN: End.BROKEN,
    Luck.CALL_BROKEN_FOR_GOOD: End.BROKEN_FOR_GOOD,
    Luck.CALL_BROKEN_BILLED: End.BROKEN_BILLED,
}


@dataclass
class Call:
    """One accepted call, in the provider's books."""

    submission_id: str
    shot: int
    usd_micros: int
    accepted_at: datetime
    end: End | None = None

    @property
    def name(self) -> str:
        """Of its operation."""
        return f"operations/{self.submission_id}"

    @property
    def costs(self) -> bool:
        """Whether the provider counts it, as far as is known."""
        return self.end is None or self.end.is_billed


@dataclass
class Provider:
    """Accepts calls, and keeps the true books of them."""

    calls: list[Call] = field(default_factory=list)

    def start(self, call: Call, luck: Luck) -> str:
        """Accept a call and name its operation; or do not, or let nobody know."""
        match luck:
            case Luck.CALL_LOST:
                raise AnswerLost
            case Luck.CALL_QUOTA:
                raise WAIT
            case Luck.CALL_OUTAGE:
                raise BackendUnavailable
            case Luck.CALL_REFUSED:
                raise Refused("no")
            case Luck.CALL_FAILED:
                raise BackendFailed("no")
        self.calls.append(call)
        if luck is Luck.CALL_ANSWER_LOST:
            raise AnswerLost
        return call.name

    def find(self, name: str, luck: Luck) -> Call:
        """Look how an operation stands."""
        if luck is Luck.POLL_OUTAGE:
            raise BackendUnavailable
        if luck is Luck.POLL_QUOTA:
            raise WAIT
        call = next(call for call in self.calls if call.name == name)
        call.end = call.end or ENDS.get(luck)
        return call

    def cancel(self, name: str, luck: Luck) -> bool:
        """Stop an operation, and say whether it is billed all the same."""
        call = self.find(name, luck)
        is_billed = luck is Luck.BILLED_ALL_THE_SAME
        call.end = call.end or (End.BROKEN_BILLED if is_billed else End.BROKEN)
        return call.end.is_billed

    def delivered(self, submission_id: str) -> bool:
        """Whether what a call made lies where it was asked to put it."""
        return any(call.submission_id == submission_id and call.end is End.DONE for call in self.calls)

    def end_overdue(self, now: datetime) -> None:
        """End every call that no provider takes longer for."""
        longest = timedelta(seconds=VIDEO_BACKENDS["scripted"].settles_seconds)
        for call in self.calls:
            if call.end is None and call.accepted_at + longest <= now:
                call.end = End.DONE


class Pipeline:
    """What all actors share."""

    def __init__(self, state: JobState) -> None:
        self.now = NOW
        self.store = Store(state)
        self.queue = Queue()
        self.provider = Provider()
        self._names = 0
        self.enqueue_due(state)

    def new_name(self, kind: str) -> str:
        """Name a worker or a submission like none before."""
        self._names += 1
        return f"{kind}-{self._names}"

    def pass_time(self, by: timedelta) -> None:
        """Let the clock go on, and with it the provider."""
        self.now += by
        self.provider.end_overdue(self.now)

    def load(self, shots: Shots) -> Actor[Snapshot]:
        """Read a job. Reading all shots takes two reads, between which others may write."""
        now, seen, revisions = self.now, self.store.state, dict(self.store.revisions)
        if shots == ALL:
            yield "between two reads"
        fixed = (JOB, PROGRESS, Stage.KEYFRAMES, Stage.FINALIZE)
        found = [shot for shot in self.store.state.shots if shots == ALL or shot.index in shots]
        revisions = {name: revision for name, revision in revisions.items() if name in fixed}
        for shot in found:
            revisions[str(render(shot.index))] = self.store.revisions[str(render(shot.index))]
        return Snapshot(seen.evolve(shots=tuple(found)), now, revisions)

    def change(
        self,
        step: Step,
        *,
        shots: Shots,
        fence: WorkKey | None = None,
        beside_job: bool = False,
        by: tuple[WorkKey | None, str] = (None, ""),
    ) -> Actor[JobState]:
        """Read, compute, commit; again if somebody else was faster, or the answer got lost."""
        is_stored = False
        while True:
            before = yield from self.load(shots)
            if is_stored:
                return before.state
            after = step(before.state, before.now)
            if after == before.state:
                return after
            luck = yield "before a commit"
            if not self.store.write(before, after, now=self.now, fence=fence, beside_job=beside_job, by=by):
                continue
            if luck in (Luck.COMMIT_ANSWER_LOST, Luck.COMMIT_REPEATED):
                is_stored = luck is Luck.COMMIT_ANSWER_LOST and bool(after.news)  # its first event tells
                continue
            counted = {name: getattr(self.store.state.progress, name) for name in _counters(before, after)}
            return after.evolve(progress=after.progress.evolve(**counted), news=())

    def enqueue_due(self, state: JobState) -> None:
        """Enqueue what is due, as far as `state` tells."""
        for due in due_tasks(state):
            self.queue.enqueue(due)

    def enqueue_all_due(self) -> Actor[None]:
        """Enqueue all that is due."""
        self.enqueue_due((yield from self.load(ALL)).state)

    def end(self, how: Literal["cancel", "delete"]) -> Actor[None]:
        """Do what the owner says."""
        with suppress(JobIsFinal, NotFound):
            state = yield from self.change({"cancel": cancel, "delete": delete}[how], shots=ALL)
            yield "before enqueueing"
            self.enqueue_due(state)

    def sweep(self) -> Actor[None]:
        """See to it that nothing is stuck."""
        read = yield from self.load(ALL)
        job = read.state.job
        with suppress(JobIsFinal, TaskObsolete):
            if job.status.is_final and job.unsettled and not wound_up(read.state).job.unsettled:
                yield from self.change(lambda state, _now: wound_up(state), shots=ALL)
            elif not job.status.is_final and read.now > job.deadline:
                yield from self.change(partial(fail, failure=DeadlineExceeded("late")), shots=ALL)
            else:
                yield from self._enqueue_missing(read)

    def _enqueue_missing(self, read: Snapshot) -> Actor[None]:
        for due in due_tasks(read.state):
            lease = read.state.work(due.task.key).lease
            if (lease and lease.expires_at > read.now) or self.queue.exists(due.task):
                continue
            yield "before enqueueing"
            if not self.queue.enqueue(due):
                key = due.task.key
                lost = partial(_replaced, lost=due.task)
                state = yield from self.change(lost, shots=ALL if key.shot is None else (key.shot,))
                self.queue.enqueue(due_task(state, key))


def _replaced(state: JobState, _now: datetime, *, lost: Task) -> JobState:
    return replace_task(state, lost)


def _counters(before: Snapshot, after: JobState) -> dict[str, int]:
    return after.progress.minus(before.state.progress)
