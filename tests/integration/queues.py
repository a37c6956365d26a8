"""Lets a test hold tasks back, lose them, and look whether they are there."""

import grpc
from google.cloud import tasks_v2
from google.cloud.tasks_v2.services.cloud_tasks.transports import CloudTasksGrpcTransport

from infra.local.stack import LocalStack
from shared.domain.job import Stage
from shared.domain.messages import Task
from shared.domain.naming import task_name


class Queues:
    """The queues of a running stack."""

    def __init__(self, stack: LocalStack) -> None:
        channel = grpc.insecure_channel(stack.environment["TTV_TASKS_ENDPOINT"])
        self._client = tasks_v2.CloudTasksClient(transport=CloudTasksGrpcTransport(channel=channel))
        self._at = (stack.environment["GOOGLE_CLOUD_PROJECT"], stack.environment["TTV_LOCATION"])

    def pause(self, stage: Stage) -> None:
        self._client.pause_queue(name=self._queue(stage))

    def resume(self, stage: Stage) -> None:
        self._client.resume_queue(name=self._queue(stage))

    def lose(self, task: Task) -> None:
        name = task_name(task.job_id, task.key, task.generation, task.step)
        self._client.delete_task(name=f"{self._queue(task.stage)}/tasks/{name}")

    def waiting(self, stage: Stage) -> int:
        return len(list(self._client.list_tasks(parent=self._queue(stage))))

    def _queue(self, stage: Stage) -> str:
        return self._client.queue_path(*self._at, stage)
