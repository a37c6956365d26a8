"""Writes queues and tasks as Google's messages. It knows no rule of dispatch."""

from datetime import datetime

from google.cloud.tasks_v2 import types
from google.rpc import code_pb2, status_pb2  # type: ignore[import-untyped]  # carries no types

from infra.local.cloud_tasks.queue import Queue
from infra.local.cloud_tasks.retry import RetryPolicy
from infra.local.cloud_tasks.task import Attempt, Outcome, Task

RPC_CODES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    409: "ABORTED",
    429: "RESOURCE_EXHAUSTED",
    499: "CANCELLED",
    500: "INTERNAL",
    501: "UNIMPLEMENTED",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
"""Source: the "HTTP Mapping" of each code in google/rpc/code.proto."""


def queue_message(queue: Queue) -> types.Queue:
    """Write a queue as GetQueue returns it."""
    rate = queue.settings.rate
    return types.Queue(
        name=queue.name,
        state=types.Queue.State.PAUSED if queue.is_paused else types.Queue.State.RUNNING,
        purge_time=queue.purge_time,
        rate_limits=types.RateLimits(
            max_dispatches_per_second=rate.max_dispatches_per_second,
            max_burst_size=rate.max_burst_size,
            max_concurrent_dispatches=rate.max_concurrent_dispatches,
        ),
        retry_config=_retry_message(queue.settings.retry),
    )


def task_message(task: Task, view: types.Task.View) -> types.Task:
    """Write a task as GetTask returns it; only the full view shows the body."""
    http_request = types.HttpRequest(task.http_request)
    if view != types.Task.View.FULL:
        http_request.body = b""
    return types.Task(
        name=task.name,
        http_request=http_request,
        create_time=task.create_time.replace(microsecond=0),
        schedule_time=task.schedule_time,
        dispatch_deadline=task.dispatch_deadline,
        dispatch_count=task.dispatch_count,
        response_count=task.response_count,
        first_attempt=task.first_dispatch_time and types.Attempt(dispatch_time=task.first_dispatch_time),
        last_attempt=task.last_attempt and _attempt_message(task.last_attempt),
        retry_config=task.retry and _retry_message(task.retry),
        view=view or types.Task.View.BASIC,
    )


def _attempt_message(attempt: Attempt) -> types.Attempt:
    return types.Attempt(
        schedule_time=attempt.schedule_time,
        dispatch_time=attempt.dispatch_time,
        response_time=attempt.response_time,
        response_status=attempt.outcome and _status_message(attempt.outcome),
    )


def _status_message(outcome: Outcome) -> status_pb2.Status:
    name = outcome.no_answer or RPC_CODES.get(outcome.http_status, "UNKNOWN")
    code = code_pb2.Code.Value(name)
    detail = outcome.detail or f"HTTP status code {outcome.http_status}"
    return status_pb2.Status(code=code, message=f"{name}({code}): {detail}")


def _retry_message(policy: RetryPolicy) -> types.RetryConfig:
    return types.RetryConfig(
        max_attempts=policy.max_attempts,
        max_retry_duration=policy.max_retry_duration or None,
        min_backoff=policy.min_backoff,
        max_backoff=policy.max_backoff,
        max_doublings=policy.max_doublings,
    )


def seconds_since_epoch(moment: datetime) -> str:
    """Write a time as X-CloudTasks-TaskETA does."""
    return f"{moment.timestamp():.6f}"
