"""Puts the boundaries into a function's code at import, before gunicorn forks. It decides nobody's fate.

Every place is named here once; a name that has gone fails the start of the function, and so the run.
"""

from collections.abc import Callable
from contextvars import ContextVar
from functools import wraps
from typing import Any

import structlog

from tests.chaos.boundaries import BOUNDARIES_OF, Boundary

Pass = Callable[[Boundary], None]
"""Called at each boundary; it may not return."""

Holding = Callable[[str, str], Any]
"""Returns a context manager for the time in which this thread is at (job id, work key)."""

Wrapper = Callable[..., Any]

_is_claiming: ContextVar[bool] = ContextVar("is_claiming", default=False)


def wrap(function: str, passed: Pass, holding: Holding) -> None:
    """Let `passed` be called at every boundary of a function."""
    if function == "submit":
        _wrap_submit(passed)
        return
    _wrap_worker(passed, holding)
    if Boundary.CALL_ACCEPTED in BOUNDARIES_OF[function]:
        _wrap_paid_calls(passed)


def bound_work() -> tuple[str, str] | None:
    """Return job id and work key of what this thread is at, as shared/http.py has bound them for the logs."""
    bound = structlog.contextvars.get_contextvars()
    if "job_id" not in bound or "stage" not in bound:
        return None
    stage, shot = str(bound["stage"]), bound.get("shot")
    return str(bound["job_id"]), stage if shot is None else f"{stage}/{shot}"


def _wrap_submit(passed: Pass) -> None:
    from shared.job_store import JobStore
    from shared.limits import Limits
    from shared.task_queue import TaskQueue

    _around(Limits, "reserve", after=lambda: passed(Boundary.RESERVED))
    _around(JobStore, "create", after=lambda: passed(Boundary.JOB_STORED))
    _around(TaskQueue, "enqueue", after=lambda: passed(Boundary.JOB_ENQUEUED))
    _around(JobStore, "change", after=lambda: passed(Boundary.CHANGED_BY_CLIENT))


def _wrap_worker(passed: Pass, holding: Holding) -> None:
    from shared import http, stage
    from shared.job_store import JobStore
    from shared.object_store import ObjectStore
    from shared.task_queue import TaskQueue

    claim, perform, change = stage._claim, stage.perform, JobStore.change

    def claimed(*args: Any, **named: Any) -> Any:  # noqa: ANN401 - passed on as it comes
        passed(Boundary.BEFORE_CLAIM)
        before = _is_claiming.set(True)
        try:
            assignment = claim(*args, **named)
        finally:
            _is_claiming.reset(before)
        passed(Boundary.AFTER_CLAIM)
        return assignment

    def performed(*args: Any, **named: Any) -> Any:  # noqa: ANN401 - as above
        work = bound_work()
        if work is None:
            raise LookupError("shared/http.py binds job_id and stage no longer")
        with holding(*work):
            outcome = perform(*args, **named)
            passed(Boundary.BEFORE_ANSWER)
        return outcome

    def changed(store: Any, job_id: str, step: Wrapper, **named: Any) -> Any:  # noqa: ANN401 - as above
        if named.get("beside_job") or _is_claiming.get():  # heartbeats and claims are followed by no enqueue
            return change(store, job_id, step, **named)

        def stepped(*args: Any) -> Any:  # noqa: ANN401 - as above
            after = step(*args)
            passed(Boundary.BEFORE_COMMIT)
            return after

        state = change(store, job_id, stepped, **named)
        passed(Boundary.COMMITTED)
        return state

    _replace(stage, "_claim", claimed)
    _replace(http, "perform", performed)
    _replace(JobStore, "change", changed)
    _around(TaskQueue, "enqueue", after=lambda: passed(Boundary.ENQUEUED))
    for write in ("put", "upload", "copy"):
        _around(ObjectStore, write, after=lambda: passed(Boundary.STORED))


def _wrap_paid_calls(passed: Pass) -> None:
    from functions.render import paid, settlement

    backend_of: Wrapper = paid.paid_backend  # type: ignore[attr-defined]  # where it is looked up

    def observed(name: str) -> Any:  # noqa: ANN401 - any backend
        backend = backend_of(name)
        start = backend.start

        def started(*args: Any) -> Any:  # noqa: ANN401 - passed on as it comes
            passed(Boundary.SUBMISSION_SAVED)
            operation_name = start(*args)
            passed(Boundary.CALL_ACCEPTED)
            return operation_name

        backend.start = started
        return backend

    _replace(paid, "paid_backend", observed)
    _around(settlement, "settle_paid_call", after=lambda: passed(Boundary.SETTLED))


def _around(owner: object, name: str, *, after: Callable[[], None]) -> None:
    inner: Wrapper = getattr(owner, name)

    @wraps(inner)
    def outer(*args: Any, **named: Any) -> Any:  # noqa: ANN401 - passed on as it comes
        result = inner(*args, **named)
        after()
        return result

    _replace(owner, name, outer)


def _replace(owner: object, name: str, wrapper: Wrapper) -> None:
    getattr(owner, name)  # it must be there
    setattr(owner, name, wrapper)
