"""Lets a test hold tasks back, lose them, and look whether they are there."""

from datetime import datetime

import grpc
from google.api_core.exceptions import NotFound
from google.cloud import tasks_v2
from google.cloud.tasks_v2.services.cloud_tasks.transports import CloudTasksGrpcTransport

from infra.local.stack import LocalStack
from shared.domain.messages import Task
from shared.domain.naming import task_name


class Queues:
    """The queues of a running stack, by their names: those of the stages, and `render-gpu`."""

    def __init__(self, stack: LocalStack) -> None:
        channel = grpc.insecure_channel(stack.environment["TTV_TASKS_ENDPOINT"])
        self._client = tasks_v2.CloudTasksClient(transport=CloudTasksGrpcTransport(channel=channel))
        self._at = (stack.environment["GOOGLE_CLOUD_PROJECT"], stack.environment["TTV_LOCATION"])

    def pause(self, queue: str) -> None:
        self._client.pause_queue(name=self._queue(queue))

    def resume(self, queue: str) -> None:
        self._client.resume_queue(name=self._queue(queue))

    def purge(self, queue: str) -> None:
        self._client.purge_queue(name=self._queue(queue))

    def lose(self, task: Task) -> None:
        self._client.delete_task(name=self._name(task))

    def holds(self, task: Task, recheck_at: datetime | None = None) -> bool:
        """Tell whether a task, or the recheck of it at that time, is waiting or running."""
        try:
            self._client.get_task(name=self._name(task, recheck_at))
        except NotFound:
            return False
        return True

    def _name(self, task: Task, recheck_at: datetime | None = None) -> str:
        recheck = recheck_at.isoformat() if recheck_at else ""
        name = task_name(task.job_id, task.key, task.generation, task.step, recheck)
        return f"{self._queue(task.destination)}/tasks/{name}"

    def _queue(self, queue: str) -> str:
        return self._client.queue_path(*self._at, queue)
