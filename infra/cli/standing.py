"""How the due tasks of a job stand in Cloud Tasks, and putting new ones in the place of those that got lost.

The sweep does so too, for tasks that are missing; here an operator says that waiting any longer is useless.
"""

from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from infra.cli.times import shown
from shared.domain.claims import replace_task
from shared.domain.due_tasks import DueTask, due_task, due_tasks
from shared.domain.errors import IllegalTransition, LeaseHeld, shorten
from shared.domain.job import JobState, Lease

if TYPE_CHECKING:
    from shared.job_store import JobStore, Shots
    from shared.task_queue import TaskQueue


class Standing(NamedTuple):
    """How one due task stands."""

    due: DueTask
    words: str
    """For an operator."""
    is_stuck: bool
    """Missing, or dispatched before while nobody is at work: without help it would take long to go on."""


def standings(state: JobState, now: datetime, queue: "TaskQueue") -> list[Standing]:
    """Say how every due task of a job, all of whose shots are loaded, stands.

    Args:
        now: by Firestore's clock.
    """
    return [_standing(state, due, now, queue) for due in due_tasks(state)]


def replace(standing: Standing, store: "JobStore", queue: "TaskQueue") -> str:
    """Put a task of a new generation in the place of one that is stuck; the old one then does nothing.

    Returns:
        What was done, for an operator.
    """
    due, key = standing.due, standing.due.task.key

    def replaced(state: JobState, now: datetime) -> JobState:
        if lease := _live_lease(state, due, now):
            raise LeaseHeld(lease.expires_at)
        return replace_task(state, due.task)

    shots: Shots = "all" if key.shot is None else (key.shot,)
    try:
        state = store.change(due.task.job_id, replaced, shots=shots)
    except (LeaseHeld, IllegalTransition) as error:
        return f"left: {error}"
    new = due_task(state, key)
    queue.enqueue(new.task, not_before=new.not_before)
    return f"replaced by generation {new.task.generation}"


def _standing(state: JobState, due: DueTask, now: datetime, queue: "TaskQueue") -> Standing:
    if lease := _live_lease(state, due, now):
        return Standing(due, f"being worked on, leased until {shown(lease.expires_at)}", is_stuck=False)
    found = queue.find(due.task)
    if found is None:
        return Standing(due, "missing", is_stuck=True)
    if found.dispatches:
        answer = shorten(found.last_answer) or "no answer"
        words = f"dispatched {found.dispatches} times, at last {answer}; next at {shown(found.scheduled_at)}"
        return Standing(due, words, is_stuck=True)
    if queue.holds_back(due.task):
        return Standing(due, "held back: its queue is paused", is_stuck=False)
    if found.scheduled_at > now:
        return Standing(due, f"waiting until {shown(found.scheduled_at)}", is_stuck=False)
    return Standing(due, "waiting its turn", is_stuck=False)


def _live_lease(state: JobState, due: DueTask, now: datetime) -> Lease | None:
    lease = state.work(due.task.key).lease
    return lease if lease and lease.expires_at > now else None
