"""Reads Google's messages into ours, and refuses what Cloud Tasks refuses. It knows no queue's contents."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from google.cloud.tasks_v2 import types

from infra.local.cloud_tasks.errors import InvalidArgument, Unimplemented
from infra.local.cloud_tasks.queue import QueueSettings
from infra.local.cloud_tasks.rate import RateLimits
from infra.local.cloud_tasks.retry import UNLIMITED_ATTEMPTS, RetryPolicy
from infra.local.cloud_tasks.task import Task

DEFAULT_RETRY = RetryPolicy(
    max_attempts=100,
    max_retry_duration=timedelta(0),
    min_backoff=timedelta(seconds=0.1),
    max_backoff=timedelta(hours=1),
    max_doublings=16,
)
"""Source: what `gcloud tasks queues describe` shows of a queue created without any setting."""
DEFAULT_RATE = RateLimits(max_dispatches_per_second=500, max_concurrent_dispatches=1000)
"""Source: as DEFAULT_RETRY."""

MAX_DISPATCHES_PER_SECOND = 500
"""Source: google.cloud.tasks_v2.types.RateLimits."""
MAX_CONCURRENT_DISPATCHES = 5000
"""Source: google.cloud.tasks_v2.types.RateLimits."""
MAX_TASK_SIZE_BYTES = 100 * 1024
"""Source: google.cloud.tasks_v2.CloudTasksClient.create_task ("maximum task size is 100KB"). Google has been
seen to take up to 1 MiB; who relies on that relies on something undocumented."""
MAX_HEADERS_SIZE_BYTES = 80 * 1024
"""Source: google.cloud.tasks_v2.types.HttpRequest.headers."""
MAX_URL_LENGTH = 2083
"""Source: google.cloud.tasks_v2.types.HttpRequest.url."""
MAX_SCHEDULE_AHEAD = timedelta(days=30)
"""Source: https://cloud.google.com/tasks/docs/quotas."""
DEFAULT_DISPATCH_DEADLINE = timedelta(minutes=10)
"""Source: google.cloud.tasks_v2.types.Task.dispatch_deadline."""
MIN_DISPATCH_DEADLINE = timedelta(seconds=15)
"""Source: as DEFAULT_DISPATCH_DEADLINE."""
MAX_DISPATCH_DEADLINE = timedelta(minutes=30)
"""Source: as DEFAULT_DISPATCH_DEADLINE."""

LOCATION_NAME = re.compile(r"projects/[A-Za-z0-9:.-]+/locations/[A-Za-z0-9-]+")
QUEUE_NAME = re.compile(LOCATION_NAME.pattern + r"/queues/[A-Za-z0-9-]{1,100}")
TASK_ID = re.compile(r"[A-Za-z0-9_-]{1,500}")
"""Source: google.cloud.tasks_v2.types.Task.name."""
METHODS_WITH_BODY = {types.HttpMethod.POST, types.HttpMethod.PUT, types.HttpMethod.PATCH}
"""Source: google.cloud.tasks_v2.types.HttpRequest.body."""
UNSUPPORTED_QUEUE_FIELDS = ("app_engine_routing_override", "http_target", "stackdriver_logging_config")


def check_location_name(name: str) -> None:
    """Refuse anything but projects/P/locations/L."""
    if not LOCATION_NAME.fullmatch(name):
        raise InvalidArgument(
            f"Location name {name!r} must be formatted: projects/<PROJECT_ID>/locations/<LOCATION_ID>."
        )


def check_queue_name(name: str) -> None:
    """Refuse anything but projects/P/locations/L/queues/Q."""
    if not QUEUE_NAME.fullmatch(name):
        raise InvalidArgument(
            'Queue name must be formatted: "projects/<PROJECT_ID>/locations/<LOCATION_ID>/queues/<QUEUE_ID>".'
        )


def queue_name_of(task_name: str) -> str:
    """Split the queue's name off a task's name.

    Raises:
        InvalidArgument: it is not the name of a task.
    """
    queue_name, separator, task_id = task_name.partition("/tasks/")
    if not separator:
        raise InvalidArgument(
            "Task name must be formatted: "
            '"projects/<PROJECT_ID>/locations/<LOCATION_ID>/queues/<QUEUE_ID>/tasks/<TASK_ID>".'
        )
    check_queue_name(queue_name)
    if not TASK_ID.fullmatch(task_id):
        raise InvalidArgument(
            f'Task ID "{task_id}" can contain only letters ([A-Za-z]), numbers ([0-9]), hyphens (-), '
            "or underscores (_). Task ID must between 1 and 500 characters."
        )
    return queue_name


def read_settings(message: types.Queue) -> QueueSettings:
    """Read a queue's limits, filling in what Cloud Tasks would choose."""
    for field in UNSUPPORTED_QUEUE_FIELDS:
        if field in message:
            raise Unimplemented(f"Queue.{field} is not supported by the local Cloud Tasks.")
    return QueueSettings(retry=_read_retry(message.retry_config), rate=_read_rate(message.rate_limits))


def read_task(request: types.CreateTaskRequest, *, now: datetime, unused_id: str) -> Task:
    """Read a new task.

    Args:
        request: the whole call; its `parent` has been checked.
        now: becomes the create time, and the schedule time if none is given or it is past.
        unused_id: becomes the task's id if none is given.
    """
    message = request.task
    name = message.name or f"{request.parent}/tasks/{unused_id}"
    if (queue_name := queue_name_of(name)) != request.parent:
        raise InvalidArgument(
            f"The queue name from request ('{request.parent}') must be the same as "
            f"the queue name in the named task ('{queue_name}')."
        )
    raw = types.Task.pb(message)
    if raw.ByteSize() > MAX_TASK_SIZE_BYTES:
        raise InvalidArgument(
            f"Task size {raw.ByteSize()} bytes is more than the {MAX_TASK_SIZE_BYTES} permitted."
        )
    return Task(
        name=name,
        http_request=_read_http_request(message),
        create_time=now,
        schedule_time=_read_schedule_time(raw, now),
        dispatch_deadline=_read_dispatch_deadline(raw),
        retry=_read_retry(message.retry_config) if "retry_config" in message else None,
    )


def _read_http_request(message: types.Task) -> types.HttpRequest:
    if "app_engine_http_request" in message:
        raise Unimplemented("App Engine tasks are not supported by the local Cloud Tasks.")
    http = types.HttpRequest(message.http_request)
    if "oauth_token" in http:
        raise Unimplemented("HttpRequest.oauth_token is not supported by the local Cloud Tasks.")
    if not http.url:
        raise InvalidArgument("HttpRequest.url is required.")
    if not http.url.startswith(("http://", "https://")):
        raise InvalidArgument("HttpTarget.url must start with 'http://' or 'https://'.")
    if len(http.url) > MAX_URL_LENGTH:
        raise InvalidArgument(f"HttpRequest.url must not be longer than {MAX_URL_LENGTH} characters.")
    if not http.http_method:
        http.http_method = types.HttpMethod.POST  # type: ignore[assignment]  # the proto wrappers type it as int
    if http.body and http.http_method not in METHODS_WITH_BODY:
        raise InvalidArgument(
            "HttpRequest.body is permitted only when HttpRequest.http_method is POST, PUT or PATCH."
        )
    headers_size = sum(len(key) + len(value) for key, value in http.headers.items())
    if headers_size >= MAX_HEADERS_SIZE_BYTES:
        raise InvalidArgument(f"HttpRequest.headers must be smaller than {MAX_HEADERS_SIZE_BYTES} bytes.")
    return http


def _read_schedule_time(raw: Any, now: datetime) -> datetime:  # noqa: ANN401 - raw protobuf classes carry no types
    if not raw.HasField("schedule_time"):
        return now
    wanted: datetime = raw.schedule_time.ToDatetime(tzinfo=UTC)
    if wanted > now + MAX_SCHEDULE_AHEAD:
        raise InvalidArgument(
            f"Task.scheduleTime must be at most {MAX_SCHEDULE_AHEAD.days} days in the future."
        )
    return max(wanted, now)


def _read_dispatch_deadline(raw: Any) -> timedelta:  # noqa: ANN401 - raw protobuf classes carry no types
    if not raw.HasField("dispatch_deadline"):
        return DEFAULT_DISPATCH_DEADLINE
    wanted: timedelta = raw.dispatch_deadline.ToTimedelta()
    if not MIN_DISPATCH_DEADLINE <= wanted <= MAX_DISPATCH_DEADLINE:
        raise InvalidArgument("Task.dispatchDeadline must be between [15s, 30m].")
    return wanted


def _read_retry(message: types.RetryConfig) -> RetryPolicy:
    raw = types.RetryConfig.pb(message)

    def duration(field: str, default: timedelta) -> timedelta:
        given: timedelta = getattr(raw, field).ToTimedelta() if raw.HasField(field) else default
        if given < timedelta(0):
            raise InvalidArgument(f"RetryConfig.{_camel_case(field)} cannot be negative.")
        return given

    if message.max_attempts < UNLIMITED_ATTEMPTS:
        raise InvalidArgument("RetryConfig.maxAttempts must be greater or equal to -1.")
    if message.max_doublings < 0:
        raise InvalidArgument("RetryConfig.maxDoublings cannot be negative.")
    policy = RetryPolicy(
        max_attempts=message.max_attempts or DEFAULT_RETRY.max_attempts,
        max_retry_duration=duration("max_retry_duration", DEFAULT_RETRY.max_retry_duration),
        min_backoff=duration("min_backoff", DEFAULT_RETRY.min_backoff),
        max_backoff=duration("max_backoff", DEFAULT_RETRY.max_backoff),
        max_doublings=message.max_doublings or DEFAULT_RETRY.max_doublings,
    )
    if policy.min_backoff > policy.max_backoff:
        raise InvalidArgument("RetryConfig.minBackoff must be less than or equal to RetryConfig.maxBackoff.")
    return policy


def _read_rate(message: types.RateLimits) -> RateLimits:
    for field, most in (
        ("max_dispatches_per_second", MAX_DISPATCHES_PER_SECOND),
        ("max_concurrent_dispatches", MAX_CONCURRENT_DISPATCHES),
    ):
        if getattr(message, field) < 0:
            raise InvalidArgument(f"RateLimits.{_camel_case(field)} cannot be negative.")
        if getattr(message, field) > most:
            raise InvalidArgument(f"RateLimits.{_camel_case(field)} must be less than or equal to {most}.")
    return RateLimits(
        max_dispatches_per_second=message.max_dispatches_per_second or DEFAULT_RATE.max_dispatches_per_second,
        max_concurrent_dispatches=message.max_concurrent_dispatches or DEFAULT_RATE.max_concurrent_dispatches,
    )


def _camel_case(field: str) -> str:
    first, *others = field.split("_")
    return first + "".join(map(str.capitalize, others))
