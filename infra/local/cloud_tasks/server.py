"""Serves the methods over gRPC, under the name that Google's clients call. It must not know what they do."""

from collections.abc import Awaitable, Callable
from typing import Any

import grpc
from google.cloud.tasks_v2 import types

from infra.local.cloud_tasks.errors import CloudTasksError
from infra.local.cloud_tasks.service import CloudTasks

SERVICE_NAME = "google.cloud.tasks.v2.CloudTasks"
HOST = "127.0.0.1"


def new_server(service: CloudTasks, port: int) -> tuple[Any, int]:
    """Return a server that has not started yet, and the port it is bound to.

    Args:
        service: answers the calls.
        port: 0 for a free one.

    Raises:
        RuntimeError: the port is taken.
    """
    # Without this a second server on the same port would start as well, and each get some of the calls.
    server = grpc.aio.server(options=[("grpc.so_reuseport", 0)])
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE_NAME, _handlers(service)),))
    return server, server.add_insecure_port(f"{HOST}:{port}")


def _handlers(service: CloudTasks) -> dict[str, Any]:
    methods: dict[str, tuple[Any, Callable[[Any], Any]]] = {
        "CreateQueue": (types.CreateQueueRequest, service.create_queue),
        "GetQueue": (types.GetQueueRequest, service.get_queue),
        "ListQueues": (types.ListQueuesRequest, service.list_queues),
        "UpdateQueue": (types.UpdateQueueRequest, service.update_queue),
        "DeleteQueue": (types.DeleteQueueRequest, service.delete_queue),
        "PurgeQueue": (types.PurgeQueueRequest, service.purge_queue),
        "PauseQueue": (types.PauseQueueRequest, service.pause_queue),
        "ResumeQueue": (types.ResumeQueueRequest, service.resume_queue),
        "CreateTask": (types.CreateTaskRequest, service.create_task),
        "GetTask": (types.GetTaskRequest, service.get_task),
        "ListTasks": (types.ListTasksRequest, service.list_tasks),
        "DeleteTask": (types.DeleteTaskRequest, service.delete_task),
        "RunTask": (types.RunTaskRequest, service.run_task),
    }
    return {
        name: grpc.unary_unary_rpc_method_handler(
            _answering(method),
            request_deserializer=request_type.deserialize,
            response_serializer=_serialize,
        )
        for name, (request_type, method) in methods.items()
    }


def _answering(method: Callable[[Any], Any]) -> Callable[[Any, Any], Awaitable[Any]]:
    """Return the method as gRPC calls it, with our errors as gRPC's."""

    async def answer(request: Any, context: Any) -> Any:  # noqa: ANN401 - grpcio ships no types
        try:
            return method(request)
        except CloudTasksError as refusal:
            await context.abort(grpc.StatusCode[refusal.grpc_status], str(refusal))

    return answer


def _serialize(message: Any) -> bytes:  # noqa: ANN401 - Google's wrappers and plain messages share no type
    plain = type(message).pb(message) if hasattr(type(message), "pb") else message
    serialized: bytes = plain.SerializeToString()
    return serialized
