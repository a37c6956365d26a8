"""Structured logs in the JSON that Cloud Logging reads: events with fields, never prose.

Source of the field names: https://cloud.google.com/logging/docs/structured-logging
"""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog
from structlog.typing import ExcInfo

_TRACEBACK = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)

_WORDS = ("exc_value", "exc_notes", "syntax_error")
"""Of an exception. Like local variables, they quote whatever was at hand: prompts, keys, signed URLs."""


def configure(level: str, project: str) -> None:
    """Log one JSON object a line to standard error, from `level` up. May be called twice."""

    def for_cloud_logging(
        logger: object, method: str, event: MutableMapping[str, Any]
    ) -> MutableMapping[str, Any]:
        event["severity"] = event.pop("level", method).upper()
        event["message"] = event.pop("event")
        if trace_id := event.pop("trace_id", None):
            event["logging.googleapis.com/trace"] = f"projects/{project}/traces/{trace_id}"
        if span_id := event.pop("span_id", None):
            event["logging.googleapis.com/spanId"] = span_id
        return event

    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", key="time"),
            structlog.processors.ExceptionRenderer(_type_and_place),
            for_cloud_logging,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )


def _type_and_place(exc_info: ExcInfo) -> list[dict[str, Any]]:
    """Tell what was raised, and where; and of what it came."""
    return [_without_words(told) for told in _TRACEBACK(exc_info)]


def _without_words(told: dict[str, Any]) -> dict[str, Any]:
    of_a_group = [[_without_words(each) for each in chain] for chain in told.get("exceptions", [])]
    return {name: value for name, value in told.items() if name not in _WORDS} | {"exceptions": of_a_group}
