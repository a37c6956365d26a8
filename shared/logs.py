"""Structured logs in the JSON that Cloud Logging reads: events with fields, never prose.

Source of the field names: https://cloud.google.com/logging/docs/structured-logging
"""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

_WITHOUT_LOCALS = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
"""Local variables hold prompts, keys and signed URLs."""


def configure(level: str, project: str) -> None:
    """Log one JSON object a line to standard error, from `level` up. May be called twice."""

    def for_cloud_logging(
        logger: object, method: str, event: MutableMapping[str, Any]
    ) -> MutableMapping[str, Any]:
        event["severity"] = event.pop("level", method).upper()
        event["message"] = event.pop("event")
        if trace_id := event.pop("trace_id", None):
            event["logging.googleapis.com/trace"] = f"projects/{project}/traces/{trace_id}"
        return event

    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", key="time"),
            structlog.processors.ExceptionRenderer(_WITHOUT_LOCALS),
            for_cloud_logging,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
