"""The moments at which a process may be struck, each by its name. It knows neither who strikes nor how."""

from collections.abc import Collection
from enum import StrEnum


class Boundary(StrEnum):
    """A moment between two steps that only together are right."""

    BEFORE_CLAIM = "before the claim"
    AFTER_CLAIM = "after the claim"
    BEFORE_COMMIT = "before a commit"
    """The next state is computed, and not written."""
    COMMITTED = "between a commit and its enqueue"
    ENQUEUED = "after an enqueue"
    STORED = "between an object and its record"
    SUBMISSION_SAVED = "between a submission and its paid call"
    CALL_ACCEPTED = "between a paid call and its record"
    SETTLED = "after a settlement"
    BEFORE_ANSWER = "before the answer to the queue"
    RESERVED = "between a reservation and its job"
    JOB_STORED = "between a job and its first task"
    JOB_ENQUEUED = "between a first task and its 202"
    CHANGED_BY_CLIENT = "after a client's change"
    """Of a job that is there, such as a cancel: before what follows is enqueued, and before the answer."""


_OF_EVERY_WORKER = {
    Boundary.BEFORE_CLAIM,
    Boundary.AFTER_CLAIM,
    Boundary.BEFORE_COMMIT,
    Boundary.COMMITTED,
    Boundary.ENQUEUED,
    Boundary.STORED,
    Boundary.BEFORE_ANSWER,
}
_OF_PAID_CALLS = {Boundary.SUBMISSION_SAVED, Boundary.CALL_ACCEPTED, Boundary.SETTLED}

PASSED_ONCE_A_CALL = _OF_PAID_CALLS | {
    Boundary.RESERVED,
    Boundary.JOB_STORED,
    Boundary.JOB_ENQUEUED,
    Boundary.CHANGED_BY_CLIENT,
}
"""Few passages, each of them about money or a promise; of the others, every job has dozens."""

BOUNDARIES_OF: dict[str, Collection[Boundary]] = {
    "submit": {
        Boundary.RESERVED,
        Boundary.JOB_STORED,
        Boundary.JOB_ENQUEUED,
        Boundary.CHANGED_BY_CLIENT,
    },
    "keyframes": _OF_EVERY_WORKER,
    "render": _OF_EVERY_WORKER | _OF_PAID_CALLS,
    "finalize": _OF_EVERY_WORKER,
}
"""Function -> where its processes may be struck."""
