"""Delivers one attempt over HTTP, as Cloud Tasks would. It must not know queues, limits or retries."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from urllib.parse import urlsplit

import h11
from google.cloud.tasks_v2 import types

from infra.local.cloud_tasks.http_call import status_of_call
from infra.local.cloud_tasks.instances import FrontEnd
from infra.local.cloud_tasks.messages import seconds_since_epoch
from infra.local.cloud_tasks.oidc import fake_identity_token
from infra.local.cloud_tasks.task import HTTP_GATEWAY_TIMEOUT, Outcome, Task

USER_AGENT = "Google-Cloud-Tasks"
REPLACED_HEADERS = {"host", "content-length", "user-agent"}
"""Source: google.cloud.tasks_v2.types.HttpRequest.headers."""
RESERVED_HEADER_PREFIXES = ("x-google-", "x-appengine-", "x-cloudtasks-")
"""Source: as REPLACED_HEADERS; X-CloudTasks-* by https://cloud.google.com/tasks/docs/creating-http-target-tasks."""


class Delivery:
    """Delivers attempts, many at once.

    Args:
        front_end: chooses the instance. Waiting for one does not count against the dispatch deadline.
        clock: the time now, for the tokens.
    """

    def __init__(self, front_end: FrontEnd, clock: Callable[[], datetime]) -> None:
        self._front_end = front_end
        self._clock = clock

    async def __call__(self, task: Task) -> Outcome:
        """Deliver the attempt that has just begun, and wait until it ends."""
        request = task.http_request
        method = types.HttpMethod(request.http_method).name
        deadline_seconds = task.dispatch_deadline.total_seconds()
        try:
            async with self._front_end.instance_for(request.url) as url, asyncio.timeout(deadline_seconds):
                headers = request_headers(task, self._clock())
                return Outcome(await status_of_call(method, url, headers, request.body))
        except TimeoutError:
            detail = f"no answer within {deadline_seconds:g} s"
            return Outcome(HTTP_GATEWAY_TIMEOUT, no_answer="DEADLINE_EXCEEDED", detail=detail)
        except (OSError, h11.RemoteProtocolError) as error:
            return Outcome(0, no_answer="UNAVAILABLE", detail=f"{type(error).__name__}: {error}")
        except (h11.LocalProtocolError, ValueError) as error:
            # Cloud Tasks checks little more than the scheme when a task is created; the rest shows here.
            return Outcome(0, no_answer="INVALID_ARGUMENT", detail=str(error))


def request_headers(task: Task, now: datetime) -> dict[str, str]:
    """Return all headers of the attempt that has just begun, the task's own among them."""
    request = task.http_request
    headers = {key: value for key, value in request.headers.items() if not _is_reserved(key)}
    if "oidc_token" in request:
        token = fake_identity_token(
            service_account_email=request.oidc_token.service_account_email,
            audience=request.oidc_token.audience or request.url,
            now=now,
        )
        headers = {key: value for key, value in headers.items() if key.lower() != "authorization"}
        headers["Authorization"] = f"Bearer {token}"
    scheduled = task.last_attempt.schedule_time if task.last_attempt else task.schedule_time
    return (
        headers
        | _retry_headers(task)
        | {
            "Host": urlsplit(request.url).netloc,
            "User-Agent": USER_AGENT,
            "X-CloudTasks-QueueName": task.name.split("/")[-3],
            "X-CloudTasks-TaskName": task.name.split("/")[-1],
            "X-CloudTasks-TaskRetryCount": str(task.dispatch_count - 1),
            "X-CloudTasks-TaskExecutionCount": str(task.execution_count),
            "X-CloudTasks-TaskETA": seconds_since_epoch(scheduled),
        }
    )


def _retry_headers(task: Task) -> dict[str, str]:
    if task.previous_outcome is None:
        return {}
    # Google sends the reason empty to HTTP targets, whatever went wrong; recorded from the real service.
    return {
        "X-CloudTasks-TaskPreviousResponse": str(task.previous_outcome.http_status),
        "X-CloudTasks-TaskRetryReason": "",
    }


def _is_reserved(header: str) -> bool:
    return header.lower() in REPLACED_HEADERS or header.lower().startswith(RESERVED_HEADER_PREFIXES)
