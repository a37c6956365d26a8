"""One task and what its attempts do to it. Pure: no clock, no queue, no network."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from google.cloud.tasks_v2 import types

from infra.local.cloud_tasks.retry import RetryPolicy

HTTP_GATEWAY_TIMEOUT = 504


@dataclass(frozen=True)
class Outcome:
    """How an attempt ended."""

    http_status: int
    """What the worker answered; 504, as Cloud Tasks has it, past the deadline; 0 when nobody answered."""
    no_answer: str = ""
    """Name of the google.rpc.Code that says why there was no answer; empty when there was one."""
    detail: str = ""
    """For people."""

    @property
    def is_success(self) -> bool:
        """Source: google.cloud.tasks_v2.types.HttpRequest (200 to 299; redirects fail)."""
        return not self.no_answer and 200 <= self.http_status <= 299

    @property
    def is_execution(self) -> bool:
        """Whether X-CloudTasks-TaskExecutionCount counts it: any answer but a 5xx."""
        return not self.no_answer and self.http_status < 500


@dataclass(frozen=True)
class Attempt:
    """One try at delivering a task."""

    schedule_time: datetime
    dispatch_time: datetime
    response_time: datetime | None = None
    """None while it runs, and for ever when no answer came."""
    outcome: Outcome | None = None
    """None while it runs."""


@dataclass(frozen=True)
class Task:
    """A task as its queue holds it."""

    name: str
    """In full: projects/P/locations/L/queues/Q/tasks/T."""
    http_request: types.HttpRequest
    """As created; never changed."""
    create_time: datetime
    schedule_time: datetime
    """Of the next attempt; of the current one while it runs."""
    dispatch_deadline: timedelta
    retry: RetryPolicy | None = None
    """Overrides the queue's."""
    dispatch_count: int = 0
    response_count: int = 0
    execution_count: int = 0
    """Like response_count, but without 5xx answers."""
    first_dispatch_time: datetime | None = None
    last_attempt: Attempt | None = None
    previous_outcome: Outcome | None = None
    """Of the attempt before the one that runs now; None for the first."""

    def dispatched(self, now: datetime) -> "Task":
        """Begin an attempt."""
        return replace(
            self,
            dispatch_count=self.dispatch_count + 1,
            first_dispatch_time=self.first_dispatch_time or now,
            last_attempt=Attempt(schedule_time=self.schedule_time, dispatch_time=now),
        )

    def failed(self, attempt: Attempt, outcome: Outcome, now: datetime, *, retry_at: datetime) -> "Task":
        """End an attempt that did not succeed, and schedule the next."""
        answered = not outcome.no_answer
        return replace(
            self,
            schedule_time=retry_at,
            response_count=self.response_count + answered,
            execution_count=self.execution_count + outcome.is_execution,
            last_attempt=replace(attempt, response_time=now if answered else None, outcome=outcome),
            previous_outcome=outcome,
        )
