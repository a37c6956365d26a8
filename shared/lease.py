"""Keeps an assignment's lease while the work goes on, and stops the work when it must end.

Knows nothing of what the work is. Work, heartbeat and watches are one task group: when one ends, all do.
"""

import time
from collections.abc import Callable
from datetime import datetime
from functools import partial

import anyio
import anyio.to_thread
import structlog

from shared.assignment import Assignment, Craft
from shared.domain.claims import extend_lease
from shared.domain.errors import (
    Contended,
    Interrupted,
    JobIsFinal,
    LeaseLost,
    NotFound,
    OperationFailed,
    StoreUnavailable,
    TTVError,
    Unavailable,
)
from shared.domain.job import JobState
from shared.shutdown import is_shutting_down

CANCEL_POLL_SECONDS = 2.0
"""How often running work looks whether its job has become final."""

SHUTDOWN_POLL_SECONDS = 0.05

HEARTBEATS_PER_LEASE = 4

STOPS_WITHIN_SECONDS = 10 * 60
"""Work that was told to stop. A model that is being loaded takes longest to hear of it."""

_stopping: dict[str, float] = {}
"""What was told to stop, by its lease's token, and when by the monotonic clock."""

Stop = Callable[[TTVError], None]

log = structlog.get_logger()


def hangs() -> bool:
    """Tell whether work of this process does not stop, as on a GPU that answers no more."""
    return any(time.monotonic() - since > STOPS_WITHIN_SECONDS for since in list(_stopping.values()))


async def work_under_lease(assignment: Assignment, craft: Craft) -> None:
    """Do the work in a thread while the lease is kept and the job watched.

    Raises:
        JobIsFinal, LeaseLost, Interrupted, StoreUnavailable: why the work was stopped.
        OperationFailed: it was stopped because it took too long.
        Exception: whatever the work itself raised; also where it was interrupted, since that may be why.
    """
    stopped_by: list[TTVError] = []
    raised: Exception | None = None
    try:
        async with anyio.create_task_group() as group:

            def stop(reason: TTVError) -> None:
                stopped_by.append(reason)
                _stopping.setdefault(assignment.token, time.monotonic())
                if assignment.waits_for:
                    log.warning("work.uninterruptible", reason=reason.code, until=assignment.waits_for)
                group.cancel_scope.cancel()

            group.start_soon(_keep_lease, assignment, stop)
            group.start_soon(_watch_job, assignment, stop)
            group.start_soon(_watch_shutdown, stop)
            group.start_soon(_watch_time, assignment, stop)
            try:
                await anyio.to_thread.run_sync(craft, assignment)
                return
            except Exception as error:
                raised = error
            finally:
                group.cancel_scope.cancel()
    finally:
        _stopping.pop(assignment.token, None)
    if raised and all(isinstance(reason, Interrupted) for reason in stopped_by):
        raise raised
    raise stopped_by[0]


async def _keep_lease(assignment: Assignment, stop: Stop) -> None:
    lasts, store = assignment.services.lease, assignment.services.store

    def extended(state: JobState, now: datetime) -> JobState:
        return extend_lease(
            state,
            assignment.key,
            token=assignment.token,
            now=now,
            lasts=lasts,
            percent=assignment.percent,
        )

    shots = () if assignment.key.shot is None else (assignment.key.shot,)
    beat = partial(store.change, assignment.job_id, extended, shots=shots, beside_job=True)
    while True:
        until_beat = min(assignment.seconds_left, lasts.total_seconds() / HEARTBEATS_PER_LEASE)
        await anyio.sleep(max(0.0, until_beat))  # below 0 once the process itself was stopped for a while
        if assignment.seconds_left <= 0:
            return stop(StoreUnavailable("no heartbeat got through"))
        begun = time.monotonic()
        try:
            await anyio.to_thread.run_sync(beat)
            assignment.renewed(begun)
        except (JobIsFinal, LeaseLost) as reason:
            return stop(reason)
        except (Unavailable, Contended) as error:
            log.warning("heartbeat.missed", reason=error.code)


async def _watch_job(assignment: Assignment, stop: Stop) -> None:
    glance = partial(assignment.services.store.glance, assignment.job_id)
    while True:
        await anyio.sleep(CANCEL_POLL_SECONDS)
        try:
            seen = await anyio.to_thread.run_sync(glance, abandon_on_cancel=True)
        except Unavailable:
            continue
        except NotFound as gone:
            return stop(JobIsFinal(str(gone)))
        if seen.job.status.is_final:
            return stop(JobIsFinal(f"the job is {seen.job.status}"))


async def _watch_time(assignment: Assignment, stop: Stop) -> None:
    await anyio.sleep(max(0.0, assignment.seconds_permitted))
    stop(OperationFailed(f"it was not done within {assignment.services.time_limit.total_seconds():g} s"))


async def _watch_shutdown(stop: Stop) -> None:
    while not is_shutting_down():
        await anyio.sleep(SHUTDOWN_POLL_SECONDS)
    stop(Interrupted("the instance is being shut down"))
