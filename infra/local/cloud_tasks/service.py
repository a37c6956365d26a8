"""The methods of Google's CloudTasks service over this process's queues. It must not know HTTP or gRPC."""

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta

from google.cloud.tasks_v2 import types
from google.protobuf import empty_pb2, field_mask_pb2

from infra.local.cloud_tasks import validation
from infra.local.cloud_tasks.dispatcher import Dispatcher
from infra.local.cloud_tasks.errors import AlreadyExists, InvalidArgument, NotFound, Unimplemented
from infra.local.cloud_tasks.messages import queue_message, task_message
from infra.local.cloud_tasks.queue import Queue

MAX_QUEUES_PAGE = 9800
"""Source: google.cloud.tasks_v2.types.ListQueuesRequest.page_size."""
MAX_TASKS_PAGE = 1000
"""Source: google.cloud.tasks_v2.types.ListTasksRequest.page_size."""


class CloudTasks:
    """Every method takes Google's request and returns Google's response.

    Args:
        dispatcher: told of every change.
        clock: the time now.
        tombstone_lifetime: how long the name of a task that is gone stays blocked.

    Raises:
        CloudTasksError: from every method, when Cloud Tasks would answer with an error.
    """

    def __init__(
        self, dispatcher: Dispatcher, clock: Callable[[], datetime], tombstone_lifetime: timedelta
    ) -> None:
        self._dispatcher = dispatcher
        self._clock = clock
        self._tombstone_lifetime = tombstone_lifetime
        self._queues: dict[str, Queue] = {}

    def create_queue(self, request: types.CreateQueueRequest) -> types.Queue:
        validation.check_location_name(request.parent)
        validation.check_queue_name(request.queue.name)
        if not request.queue.name.startswith(f"{request.parent}/queues/"):
            raise InvalidArgument(f"Queue {request.queue.name} is not in {request.parent}.")
        if request.queue.name in self._queues:
            raise AlreadyExists("Queue already exists")
        return self._new_queue(request.queue)

    def get_queue(self, request: types.GetQueueRequest) -> types.Queue:
        return queue_message(self._queue(request.name))

    def list_queues(self, request: types.ListQueuesRequest) -> types.ListQueuesResponse:
        validation.check_location_name(request.parent)
        if request.filter:
            raise Unimplemented("ListQueuesRequest.filter is not supported by the local Cloud Tasks.")
        size = _page_size(request.page_size, MAX_QUEUES_PAGE)
        names = sorted(
            n for n in self._queues if n.startswith(f"{request.parent}/queues/") and n > request.page_token
        )
        return types.ListQueuesResponse(
            queues=[queue_message(self._queues[name]) for name in names[:size]],
            next_page_token=names[size - 1] if len(names) > size else "",
        )

    def update_queue(self, request: types.UpdateQueueRequest) -> types.Queue:
        """Change the fields of the mask, or all; an unknown queue is created."""
        validation.check_queue_name(request.queue.name)
        queue = self._queues.get(request.queue.name)
        if queue is None:
            return self._new_queue(request.queue)
        wanted = _merge(queue_message(queue), request) if request.update_mask.paths else request.queue
        queue.reconfigure(validation.read_settings(wanted), self._clock())
        self._dispatcher.wake(queue)
        return queue_message(queue)

    def delete_queue(self, request: types.DeleteQueueRequest) -> empty_pb2.Empty:
        validation.check_queue_name(request.name)
        queue = self._queues.pop(request.name, None)
        if queue is None:
            raise NotFound("Requested entity was not found.")
        queue.purge(self._clock())
        self._dispatcher.forget(queue)
        return empty_pb2.Empty()

    def purge_queue(self, request: types.PurgeQueueRequest) -> types.Queue:
        queue = self._queue(request.name)
        queue.purge(self._clock())
        self._dispatcher.wake(queue)
        return queue_message(queue)

    def pause_queue(self, request: types.PauseQueueRequest) -> types.Queue:
        return self._set_paused(request.name, is_paused=True)

    def resume_queue(self, request: types.ResumeQueueRequest) -> types.Queue:
        return self._set_paused(request.name, is_paused=False)

    def create_task(self, request: types.CreateTaskRequest) -> types.Task:
        queue = self._queue(request.parent)
        now = self._clock()
        task = validation.read_task(request, now=now, unused_id=str(uuid.uuid4().int >> 64))
        queue.add(task, now)
        self._dispatcher.wake(queue)
        return task_message(task, request.response_view)

    def get_task(self, request: types.GetTaskRequest) -> types.Task:
        queue = self._queue_of_task(request.name)
        return task_message(queue.get(request.name, self._clock()), request.response_view)

    def list_tasks(self, request: types.ListTasksRequest) -> types.ListTasksResponse:
        queue = self._queue(request.parent)
        size = _page_size(request.page_size, MAX_TASKS_PAGE)
        tasks = queue.tasks_after(request.page_token, limit=size + 1)
        return types.ListTasksResponse(
            tasks=[task_message(task, request.response_view) for task in tasks[:size]],
            next_page_token=tasks[size - 1].name if len(tasks) > size else "",
        )

    def delete_task(self, request: types.DeleteTaskRequest) -> empty_pb2.Empty:
        queue = self._queue_of_task(request.name)
        queue.delete(request.name, self._clock())
        self._dispatcher.wake(queue)
        return empty_pb2.Empty()

    def run_task(self, request: types.RunTaskRequest) -> types.Task:
        queue = self._queue_of_task(request.name)
        task = queue.take(request.name, self._clock())
        self._dispatcher.start(queue, task)
        return task_message(task, request.response_view)

    def _queue(self, name: str) -> Queue:
        validation.check_queue_name(name)
        if name not in self._queues:
            raise NotFound(
                "Queue does not exist. If you just created the queue, "
                "wait at least a minute for the queue to initialize."
            )
        return self._queues[name]

    def _queue_of_task(self, task_name: str) -> Queue:
        return self._queue(validation.queue_name_of(task_name))

    def _new_queue(self, message: types.Queue) -> types.Queue:
        settings = validation.read_settings(message)
        lifetime = self._tombstone_lifetime
        queue = Queue(message.name, settings, tombstone_lifetime=lifetime, now=self._clock())
        self._queues[queue.name] = queue
        return queue_message(queue)

    def _set_paused(self, name: str, *, is_paused: bool) -> types.Queue:
        queue = self._queue(name)
        queue.is_paused = is_paused
        self._dispatcher.wake(queue)
        return queue_message(queue)


def _merge(current: types.Queue, request: types.UpdateQueueRequest) -> types.Queue:
    """Return the current queue with the masked fields of the request."""
    mask = field_mask_pb2.FieldMask(paths=request.update_mask.paths)
    if not mask.IsValidForDescriptor(types.Queue.pb().DESCRIPTOR):
        raise InvalidArgument(f"update_mask {list(mask.paths)} names a field that a queue does not have.")
    mask.MergeMessage(types.Queue.pb(request.queue), types.Queue.pb(current), replace_message_field=True)
    return current


def _page_size(wanted: int, most: int) -> int:
    if wanted < 0:
        raise InvalidArgument("page_size cannot be negative.")
    return min(wanted or most, most)
