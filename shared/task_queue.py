"""Cloud Tasks: a queue per destination, tasks named so that enqueueing twice is once. Knows no job state."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple, cast

import structlog
from google.api_core import exceptions as google
from google.cloud import tasks_v2
from google.protobuf.duration_pb2 import Duration

from shared.domain.errors import QueueUnavailable
from shared.domain.messages import Destination, Task
from shared.domain.naming import task_name
from shared.trace import HEADER, Trace

TIMEOUT_SECONDS = 2.0
"""Of every call; the client's default of 20 s is too long for a caller who waits."""

DISPATCH_DEADLINE_SECONDS = 30 * 60
"""Longest run Cloud Tasks waits for. Source: google.cloud.tasks_v2.types.Task.dispatch_deadline."""


log = structlog.get_logger()


class Target(NamedTuple):
    """Where the tasks for one destination go."""

    queue: str
    """Full resource name."""
    url: str


class QueuedTask(NamedTuple):
    """How a task stands."""

    scheduled_at: datetime
    """When it is to be dispatched, again if it was before."""
    dispatches: int
    """How often it was dispatched so far."""
    last_answer: str
    """How the last dispatch ended, in Cloud Tasks' words; empty while it has not."""


class TaskQueue:
    """Enqueues tasks. Every method raises QueueUnavailable when Cloud Tasks does not answer.

    Args:
        targets: of every destination; without one for `render-gpu` there is no GPU. What needs one, since it
            was accepted while there was one, then goes to `render`, which cannot do it and says so.
        invoker_service_account: whose identity token the tasks carry.
    """

    def __init__(
        self,
        client: tasks_v2.CloudTasksClient,
        targets: Mapping[Destination, Target],
        invoker_service_account: str,
    ) -> None:
        self._client = client
        self._targets = targets
        self._invoker = invoker_service_account

    @property
    def destinations(self) -> tuple[Destination, ...]:
        """Which this deployment has."""
        return tuple(self._targets)

    def enqueue(self, task: Task, *, not_before: datetime | None = None, recheck: bool = False) -> bool:
        """Make sure that `task` exists.

        Args:
            not_before: dispatch it no earlier than this.
            recheck: the task itself is being worked on; this one comes after it, at `not_before`.

        Returns:
            False when a task of that name exists, or existed until not long ago.
        """
        target = self._target(task)
        name = self._name(task, not_before if recheck else None)
        request = tasks_v2.Task(
            name=name,
            http_request=tasks_v2.HttpRequest(
                url=target.url,
                http_method=tasks_v2.HttpMethod.POST,
                headers={"Content-Type": "application/json", **_trace_headers(task, name)},
                body=task.model_dump_json().encode(),
                oidc_token=tasks_v2.OidcToken(service_account_email=self._invoker, audience=target.url),
            ),
            dispatch_deadline=Duration(seconds=DISPATCH_DEADLINE_SECONDS),
            schedule_time=not_before,
        )
        try:
            self._client.create_task(parent=target.queue, task=request, retry=None, timeout=TIMEOUT_SECONDS)
        except google.AlreadyExists:
            return False
        except google.GoogleAPICallError as error:
            raise _unavailable(error) from error
        log.debug("task.enqueued", job_id=task.job_id, to=str(task.key), at=task.destination, recheck=recheck)
        return True

    def exists(self, task: Task) -> bool:
        """Tell whether `task` is waiting or running. Its rechecks do not count."""
        return self.find(task) is not None

    def find(self, task: Task) -> QueuedTask | None:
        """Return how `task` stands; None when it is neither waiting nor running. No recheck counts."""
        try:
            found = self._client.get_task(name=self._name(task), retry=None, timeout=TIMEOUT_SECONDS)
        except google.NotFound:
            return None
        except google.GoogleAPICallError as error:
            raise _unavailable(error) from error
        scheduled_at = cast(datetime, found.schedule_time)  # the annotation there names the message's type
        return QueuedTask(scheduled_at, found.dispatch_count, found.last_attempt.response_status.message)

    def check(self) -> None:
        """Make one cheap call, to know whether Cloud Tasks answers."""
        self._queue(self._targets[Destination.KEYFRAMES])

    def holds_back(self, task: Task) -> bool:
        """Tell whether the queue that `task` goes to is paused."""
        return self._queue(self._target(task)).state is tasks_v2.Queue.State.PAUSED

    def pause(self, destination: Destination) -> None:
        """Hold back the tasks of a queue. Those that run go on, and more can be enqueued. May be repeated."""
        try:
            self._client.pause_queue(
                name=self._targets[destination].queue, retry=None, timeout=TIMEOUT_SECONDS
            )
        except google.GoogleAPICallError as error:
            raise _unavailable(error) from error

    def resume(self, destination: Destination) -> None:
        """Let the tasks of a queue go again. May be repeated."""
        try:
            self._client.resume_queue(
                name=self._targets[destination].queue, retry=None, timeout=TIMEOUT_SECONDS
            )
        except google.GoogleAPICallError as error:
            raise _unavailable(error) from error

    def _queue(self, target: Target) -> tasks_v2.Queue:
        try:
            return self._client.get_queue(name=target.queue, retry=None, timeout=TIMEOUT_SECONDS)
        except google.GoogleAPICallError as error:
            raise _unavailable(error) from error

    def _target(self, task: Task) -> Target:
        return self._targets.get(task.destination) or self._targets[Destination(task.stage)]

    def _name(self, task: Task, recheck_at: datetime | None = None) -> str:
        name = task_name(
            task.job_id,
            task.key,
            task.generation,
            task.step,
            recheck_at.isoformat() if recheck_at else "",
        )
        return f"{self._target(task).queue}/tasks/{name}"


def _trace_headers(task: Task, name: str) -> dict[str, str]:
    """Let Cloud Run's own log of the delivery join the job's trace, if it has one; the task is the span."""
    if not task.trace_id:
        return {}
    return {HEADER: Trace(task.trace_id, name.rpartition("/")[2][:16]).traceparent}


def _unavailable(error: google.GoogleAPICallError) -> QueueUnavailable:
    return QueueUnavailable(f"Cloud Tasks did not answer: {type(error).__name__}")
