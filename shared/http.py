"""The workers' HTTP side: a task comes in, an outcome goes out as a status. The only map between the two."""

import time
from collections.abc import Callable, Mapping
from typing import Any

import flask
import flask.typing
import structlog
from pydantic import ValidationError
from structlog.contextvars import bind_contextvars, bound_contextvars, clear_contextvars

from shared.assignment import Craft, Services
from shared.domain.errors import Contended, Unavailable
from shared.domain.job import Stage
from shared.domain.messages import Task
from shared.lease import hangs
from shared.stage import Outcome, Settle, perform
from shared.trace import HEADER, Trace

STATUS = {
    Outcome.DONE: 200,
    Outcome.OBSOLETE: 200,
    Outcome.WAITING: 200,
    Outcome.STOPPED: 200,
    Outcome.FAILED: 200,
    Outcome.RETRY: 500,
}
"""Cloud Tasks slows a whole queue that answers errors, so only a fault worth a new delivery is one."""

log = structlog.get_logger()


def handle_task(
    request: flask.Request,
    stage: Stage,
    craft: Craft,
    services: Callable[[], Services],
    settle: Settle | None = None,
    *,
    facts: Callable[[], Mapping[str, Any]] = dict,
) -> flask.typing.ResponseReturnValue:
    """Answer a delivery of a task for `stage`, or a health probe.

    Args:
        settle: as for `perform`.
        facts: what health tells beside its status. It is asked at every probe, and so must be quick; if it
            raises Unavailable, the answer is 503: this process is of no use any more.
    """
    if request.method == "GET":
        return _health(stage, facts)
    stands_on = services()
    begun = time.perf_counter()
    _begin_lines(request, stage)
    try:
        task = Task.model_validate_json(request.get_data())
    except ValidationError as error:
        # No delivery will make it valid, so it is not asked for again; the sweep enqueues what is due.
        log.error("task.malformed", errors=error.error_count())
        return {"outcome": "malformed"}, 200
    with bound_contextvars(job_id=task.job_id, shot=task.shot, attempt=None):
        if task.stage is not stage:
            log.error("task.misdirected", meant_for=task.stage)
            return {"outcome": "misdirected"}, 200
        if task.trace_id:
            bind_contextvars(trace_id=task.trace_id)  # the job's, whatever the header says
        outcome = _performed(task, craft, stands_on, settle)
        milliseconds = round((time.perf_counter() - begun) * 1000, 1)
        log.info("task.handled", outcome=outcome, milliseconds=milliseconds, retries=_retries(request))
    return {"outcome": outcome}, STATUS[outcome]


def _health(stage: Stage, facts: Callable[[], Mapping[str, Any]]) -> flask.typing.ResponseReturnValue:
    try:
        if hangs():
            raise Unavailable("work was told to stop, and does not")
        return {"status": "ok", "stage": stage, **facts()}
    except Unavailable as error:
        log.error("health.failed", detail=str(error))
        return {"status": "failed", "stage": stage}, 503


def _begin_lines(request: flask.Request, stage: Stage) -> None:
    """Bind what is known of a delivery before its payload is read, and nothing of the one before."""
    clear_contextvars()
    bind_contextvars(stage=stage)
    if trace := Trace.of(request.headers.get(HEADER)):
        bind_contextvars(**trace._asdict())


def _performed(task: Task, craft: Craft, services: Services, settle: Settle | None) -> Outcome:
    try:
        return perform(task, craft, services, settle)
    except (Unavailable, Contended) as error:
        log.warning("task.unavailable", reason=error.code, detail=str(error))
        return Outcome.RETRY
    except Exception:
        log.exception("task.crashed")
        return Outcome.RETRY


def _retries(request: flask.Request) -> int:
    """How often Cloud Tasks has delivered this task before."""
    return request.headers.get("X-CloudTasks-TaskRetryCount", 0, type=int)
