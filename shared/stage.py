"""One piece of work, from claim to commit: lease, heartbeat, cancel watch, and what is due afterwards.

Knows neither a stage's craft nor HTTP. Every stage runs through `perform`.
"""

import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from pathlib import Path

import anyio
import anyio.from_thread
import anyio.to_thread
import structlog

from shared.domain.due_tasks import DueTask, due_tasks
from shared.domain.errors import (
    Contended,
    IllegalTransition,
    Interrupted,
    JobFailure,
    JobIsFinal,
    LeaseHeld,
    LeaseLost,
    MediaMissing,
    NotFound,
    ObjectMissing,
    TTVError,
    Unavailable,
)
from shared.domain.job import JobState, Shot, Stage, WorkKey
from shared.domain.messages import Task
from shared.domain.transitions import claim, extend_lease, fail, release
from shared.job_store import ALL, JobStore, Shots, Step
from shared.object_store import ObjectStore
from shared.shutdown import is_shutting_down
from shared.task_queue import TaskQueue

CANCEL_POLL_SECONDS = 2.0
"""How often running work looks whether its job has become final."""

SHUTDOWN_POLL_SECONDS = 0.05

RECHECK_MARGIN = timedelta(seconds=1)
"""A recheck that came before the lease has ended would have waited for nothing."""

log = structlog.get_logger()


class Outcome(StrEnum):
    """How a delivery of a task ended."""

    DONE = "done"
    OBSOLETE = "obsolete"
    """A duplicate, or its job is final."""
    WAITING = "waiting"
    """Another worker is at it; a recheck is enqueued."""
    STOPPED = "stopped"
    """The job was cancelled, or the lease was lost, during the work."""
    FAILED = "failed"
    """Recorded: the job has failed."""
    RETRY = "retry"
    """A transient fault; the queue is to deliver again."""


@dataclass(frozen=True)
class Services:
    """What every stage stands on."""

    store: JobStore
    queue: TaskQueue
    objects: ObjectStore
    lease: timedelta
    """How long a claim lasts without a heartbeat."""
    time_budget: timedelta = timedelta(minutes=25)
    """After which work that can be divided leaves the rest to a further task; under the dispatch deadline."""


class Assignment:
    """The right to do one piece of work, and the job's state as of the last commit."""

    def __init__(self, services: Services, key: WorkKey, token: str, state: JobState, ends_at: float) -> None:
        self.services = services
        self.key = key
        self.token = token
        self.state = state
        self.ends_at = ends_at
        """When we stop by ourselves, by the monotonic clock, in seconds."""
        self._begun = time.monotonic()

    @property
    def is_out_of_time(self) -> bool:
        """Whether work that can be divided should leave the rest to a further task."""
        return time.monotonic() - self._begun > self.services.time_budget.total_seconds()

    @property
    def shot(self) -> Shot:
        """The shot to render, as of the last commit. Only the render stage has one."""
        return self.state.shots[0]

    def check(self) -> None:
        """Stop the work here if it must. Costs next to nothing: call it for every frame or step."""
        anyio.from_thread.check_cancelled()

    def fetch(self, path: str, into: Path, *, shot: int) -> None:
        """Download a recorded keyframe or clip.

        Raises:
            MediaMissing: it is not in storage.
        """
        try:
            self.services.objects.download(path, into)
        except ObjectMissing as error:
            raise MediaMissing(str(error), shot=shot) from error

    @contextmanager
    def generating(self, what: str) -> Iterator[None]:
        """Log how long a generator ran: what is left of a job's time is orchestration."""
        began = time.monotonic()
        yield
        log.info("generator.ran", what=what, seconds=round(time.monotonic() - began, 3))

    def commit(self, step: Step) -> None:
        """Commit a step of the work and enqueue what has become due by it.

        Raises:
            JobIsFinal, LeaseLost: the right has ended; nothing is written.
        """
        before = set(due_tasks(self.state))
        patience = timedelta(seconds=max(0.0, self.ends_at - time.monotonic()))
        self.state = self.services.store.change(
            self.state.job.job_id, step, shots=_shots(self.key), patience=patience
        )
        _enqueue(self.services, [due for due in due_tasks(self.state) if due not in before])


Work = Callable[[Assignment], None]
"""Does a piece of work in a thread of its own, and commits it through the assignment."""


def perform(task: Task, work: Work, services: Services) -> Outcome:
    """Claim what `task` asks for, do it under its lease, and see to what follows."""
    try:
        assignment = _claim(task, services)
    except (JobIsFinal, NotFound):
        return Outcome.OBSOLETE
    except IllegalTransition as error:
        log.info("task.obsolete", reason=str(error))
        enqueue_all_due(task.job_id, services)
        return Outcome.OBSOLETE
    except LeaseHeld as held:
        services.queue.enqueue(task, not_before=held.expires_at + RECHECK_MARGIN, recheck=True)
        return Outcome.WAITING
    except JobFailure as failure:
        return _fail(task.job_id, failure, services)
    return _do(assignment, work)


def enqueue_all_due(job_id: str, services: Services) -> None:
    """Enqueue every task that should exist for a job; those that do are left alone."""
    _enqueue(services, due_tasks(services.store.load(job_id, shots=ALL).state))


def _claim(task: Task, services: Services) -> Assignment:
    token = secrets.token_hex(8)
    begun = time.monotonic()
    state = services.store.change(
        task.job_id,
        lambda state, now: claim(state, task, token=token, now=now, lasts=services.lease),
        shots=_shots(task.key),
    )
    return Assignment(services, task.key, token, state, _stop_at(begun, services.lease))


def _do(assignment: Assignment, work: Work) -> Outcome:
    job_id, services = assignment.state.job.job_id, assignment.services
    try:
        anyio.run(_under_lease, assignment, work, backend="trio")
    except JobFailure as failure:
        failure.shot = assignment.key.shot if failure.shot is None else failure.shot
        return _fail(job_id, failure, services)
    except (JobIsFinal, LeaseLost) as stop:
        log.info("work.stopped", reason=stop.code)
        return Outcome.STOPPED
    except (Interrupted, Unavailable, Contended) as fault:
        log.warning("work.interrupted", reason=fault.code, detail=str(fault))
        return _release(assignment, fault.code)
    except Exception:
        log.exception("work.crashed")
        return _release(assignment, TTVError.code)
    return Outcome.DONE


async def _under_lease(assignment: Assignment, work: Work) -> None:
    """Run `work` in a thread while the lease is kept and the job watched.

    Raises:
        TTVError: why the work was stopped, or what it raised itself.
    """
    stopped_by: list[TTVError] = []
    async with anyio.create_task_group() as group:

        def stop(reason: TTVError) -> None:
            stopped_by.append(reason)
            group.cancel_scope.cancel()

        group.start_soon(_keep_lease, assignment, stop)
        group.start_soon(_watch_job, assignment, stop)
        group.start_soon(_watch_shutdown, stop)
        try:
            await anyio.to_thread.run_sync(work, assignment)
            return
        except Exception as error:
            raised = error
        finally:
            group.cancel_scope.cancel()
    raise stopped_by[0] if stopped_by else raised


async def _keep_lease(assignment: Assignment, stop: Callable[[TTVError], None]) -> None:
    services, key = assignment.services, assignment.key
    job_id = assignment.state.job.job_id

    def extended(state: JobState, now: datetime) -> JobState:
        return extend_lease(state, key, token=assignment.token, now=now, lasts=services.lease)

    while (left := assignment.ends_at - time.monotonic()) > 0:
        await anyio.sleep(min(left, services.lease.total_seconds() / 4))
        begun = time.monotonic()
        if begun >= assignment.ends_at:
            break
        try:
            await anyio.to_thread.run_sync(
                partial(services.store.change, job_id, extended, shots=_shots(key))
            )
            assignment.ends_at = _stop_at(begun, services.lease)
        except (JobIsFinal, LeaseLost) as reason:
            return stop(reason)
        except (Unavailable, Contended) as error:
            log.warning("heartbeat.missed", reason=error.code)
    stop(LeaseLost(f"{key}: no heartbeat got through"))


async def _watch_job(assignment: Assignment, stop: Callable[[TTVError], None]) -> None:
    job_id = assignment.state.job.job_id
    while True:
        await anyio.sleep(CANCEL_POLL_SECONDS)
        try:
            seen = await anyio.to_thread.run_sync(
                assignment.services.store.glance, job_id, abandon_on_cancel=True
            )
        except Unavailable:
            continue
        except NotFound as gone:
            return stop(JobIsFinal(str(gone)))
        if seen.job.status.is_final:
            return stop(JobIsFinal(f"the job is {seen.job.status}"))


async def _watch_shutdown(stop: Callable[[TTVError], None]) -> None:
    while not is_shutting_down():
        await anyio.sleep(SHUTDOWN_POLL_SECONDS)
    stop(Interrupted("the instance is being shut down"))


def _release(assignment: Assignment, reason: str) -> Outcome:
    def released(state: JobState, _now: datetime) -> JobState:
        return release(state, assignment.key, token=assignment.token, reason=reason)

    try:
        assignment.services.store.change(assignment.state.job.job_id, released, shots=_shots(assignment.key))
    except (JobIsFinal, LeaseLost):
        pass  # it was committed, or is another's by now
    except (Unavailable, Contended) as error:
        log.warning("release.failed", reason=error.code)  # the lease ends by itself
    return Outcome.RETRY


def _fail(job_id: str, failure: JobFailure, services: Services) -> Outcome:
    log.error("job.failed", code=failure.code, detail=str(failure), shot=failure.shot)
    try:
        services.store.change(job_id, lambda state, now: fail(state, failure, now=now), shots=ALL)
    except JobIsFinal:
        return Outcome.OBSOLETE
    return Outcome.FAILED


def _enqueue(services: Services, due: list[DueTask] | tuple[DueTask, ...]) -> None:
    for task, not_before in ((each.task, each.not_before) for each in due):
        services.queue.enqueue(task, not_before=not_before)


def _shots(key: WorkKey) -> Shots:
    return (key.shot,) if key.stage is Stage.RENDER and key.shot is not None else ALL


def _stop_at(begun: float, lease: timedelta) -> float:
    """Return when to stop by ourselves: a sixth of the lease (10 s of 60 s) before it can end."""
    return begun + lease.total_seconds() * 5 / 6
