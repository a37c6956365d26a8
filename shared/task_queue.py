"""Cloud Tasks: one queue per stage, tasks named so that enqueueing twice is once. Knows no job state."""

from datetime import datetime
from typing import NamedTuple

import structlog
from google.api_core import exceptions as google
from google.cloud import tasks_v2
from google.protobuf.duration_pb2 import Duration

from shared.domain.errors import QueueUnavailable
from shared.domain.job import Stage
from shared.domain.messages import Task
from shared.domain.naming import task_name

TIMEOUT_SECONDS = 2.0
"""Of every call; the client's default of 20 s is too long for a caller who waits."""

DISPATCH_DEADLINE_SECONDS = 30 * 60
"""Longest run Cloud Tasks waits for. Source: google.cloud.tasks_v2.types.Task.dispatch_deadline."""


log = structlog.get_logger()


class Target(NamedTuple):
    """Where the tasks of one stage go."""

    queue: str
    """Full resource name."""
    url: str


class TaskQueue:
    """Enqueues tasks. Every method raises QueueUnavailable when Cloud Tasks does not answer."""

    def __init__(
        self, client: tasks_v2.CloudTasksClient, targets: dict[Stage, Target], invoker_service_account: str
    ) -> None:
        self._client = client
        self._targets = targets
        self._invoker = invoker_service_account

    def enqueue(self, task: Task, *, not_before: datetime | None = None, recheck: bool = False) -> bool:
        """Make sure that `task` exists.

        Args:
            not_before: dispatch it no earlier than this.
            recheck: the task itself is being worked on; this one comes after it, at `not_before`.

        Returns:
            False when a task of that name exists, or existed until not long ago.
        """
        target = self._targets[task.stage]
        request = tasks_v2.Task(
            name=self._name(task, not_before if recheck else None),
            http_request=tasks_v2.HttpRequest(
                url=target.url,
                http_method=tasks_v2.HttpMethod.POST,
                headers={"Content-Type": "application/json"},
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
            raise QueueUnavailable(f"Cloud Tasks did not answer: {type(error).__name__}") from error
        log.debug("task.enqueued", job_id=task.job_id, to=str(task.key), recheck=recheck)
        return True

    def exists(self, task: Task) -> bool:
        """Tell whether `task` is waiting or running. Its rechecks do not count."""
        try:
            self._client.get_task(name=self._name(task), retry=None, timeout=TIMEOUT_SECONDS)
        except google.NotFound:
            return False
        except google.GoogleAPICallError as error:
            raise QueueUnavailable(f"Cloud Tasks did not answer: {type(error).__name__}") from error
        return True

    def check(self) -> None:
        """Make one cheap call, to know whether Cloud Tasks answers."""
        try:
            self._client.get_queue(
                name=self._targets[Stage.KEYFRAMES].queue, retry=None, timeout=TIMEOUT_SECONDS
            )
        except google.GoogleAPICallError as error:
            raise QueueUnavailable(f"Cloud Tasks did not answer: {type(error).__name__}") from error

    def _name(self, task: Task, recheck_at: datetime | None = None) -> str:
        name = task_name(
            task.job_id,
            task.key,
            task.generation,
            task.step,
            recheck_at.isoformat() if recheck_at else "",
        )
        return f"{self._targets[task.stage].queue}/tasks/{name}"
