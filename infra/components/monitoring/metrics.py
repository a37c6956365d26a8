"""Log-based metrics: what the functions' log lines become in Cloud Monitoring.

It knows no query and no chart. Each metric is of one event of our code.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import pulumi
from pulumi_gcp import logging

from infra.components.monitoring.promql import RUN, Metric
from infra.services import PREFIX


@dataclass(frozen=True)
class Exponential:
    """Buckets each of which is a constant factor wider than the one before."""

    first: float
    """Where the first one ends, in the unit of the values."""
    factor: float
    count: int


@dataclass(frozen=True)
class Value:
    """The number in a log line whose distribution a metric is."""

    field: str
    unit: str
    """In UCUM: `s`, `ms`, `{USD}`, `1`."""
    buckets: Exponential | tuple[float, ...]
    """A tuple says where buckets end."""
    without_sign: bool = False
    """Take what follows the minus of a negative number. PromQL takes a sum that falls for a restart."""


@dataclass(frozen=True)
class LogMetric:
    """A count of log lines, or a distribution of a value in them."""

    key: str
    event: str
    """The lines' `message`."""
    describes: str
    labels: Mapping[str, str] = field(default_factory=dict)
    """Label -> field of the line. Few values each: every combination is a time series."""
    value: Value | None = None
    only: str = ""
    """What else the lines have in common, in the language of log filters."""

    @property
    def name(self) -> str:
        """Such as `ttv/accepted`."""
        return f"{PREFIX}/{self.key}"

    @property
    def filter(self) -> str:
        """Which log lines count."""
        ours = f'resource.type="{RUN}" AND jsonPayload.message="{self.event}"'
        return f"{ours} AND {self.only}" if self.only else ours

    @property
    def metric(self) -> Metric:
        """What comes of it in Cloud Monitoring."""
        return Metric(
            f"logging.googleapis.com/user/{self.name}", RUN, tuple(self.labels), self.value is not None
        )


def _same(*names: str) -> dict[str, str]:
    return {name: name for name in names}


ACCEPTANCE_GOAL_MILLISECONDS = 250
"""Within which a creation is to be answered: see `slos.py`."""

_MILLISECONDS = Exponential(1, 1.5, 36)  # to 36 minutes
_SECONDS = Exponential(0.5, 1.5, 26)  # to 5 hours
_USD = Exponential(0.001, 2, 22)  # to 4,000
_COUNT = Exponential(1, 1.6, 24)  # to 79,000
ACCEPTANCE_MILLISECONDS = (
    *(10, 20, 30, 50, 75, 100, 150, 200, ACCEPTANCE_GOAL_MILLISECONDS),  # what is asked of it is a boundary
    *(350, 500, 700, 1000, 1400, 2000, 3000, 5000, 10_000, 30_000),
)
"""Above the last all look alike."""

ACCEPTED = LogMetric("accepted", "job.accepted", "Videos accepted.", _same("model"))
COMPLETED = LogMetric("completed", "job.completed", "Videos completed.", _same("model"))
FAILED = LogMetric("failed", "job.failed", "Videos failed, by why.", _same("model", "code"))
CANCELLED = LogMetric("cancelled", "job.cancelled", "Videos cancelled by their users.", _same("model"))
TOOK = LogMetric(
    "took_seconds",
    "job.completed",
    "From a video's acceptance to its completion.",
    _same("model"),
    Value("took_seconds", "s", _SECONDS),
)
REQUESTS = LogMetric(
    "request_milliseconds",
    "request.handled",
    "How long calls of the API took; an event stream lasts minutes.",
    _same("method", "route", "status"),
    Value("milliseconds", "ms", _MILLISECONDS),
)
ACCEPTANCE = LogMetric(
    "acceptance_milliseconds",
    "request.handled",
    "How long accepting a video took.",
    value=Value("milliseconds", "ms", ACCEPTANCE_MILLISECONDS),
    only='jsonPayload.method="POST" AND jsonPayload.route="/v1/videos" AND jsonPayload.status=202',
)
TASKS = LogMetric(
    "task_milliseconds",
    "task.handled",
    "How long deliveries of tasks took, by how they ended.",
    _same("stage", "outcome"),
    Value("milliseconds", "ms", _MILLISECONDS),
)
GENERATORS = LogMetric(
    "generator_seconds",
    "generator.ran",
    "How long planning, drawing, rendering and joining took.",
    _same("what"),
    Value("seconds", "s", _SECONDS),
)
CLIPS = LogMetric("clips", "clip.rendered", "Clips rendered.", _same("model"))
KEYFRAMES = LogMetric("keyframes", "keyframe.drawn", "Keyframes drawn or found.", _same("from_cache"))
REFUSALS = LogMetric("refusals", "shot.refused", "Shots a safety filter refused.", _same("model"))
FALLBACKS = LogMetric("fallbacks", "shot.fell_back", "Shots given to another backend.", _same("model"))
RELEASED = LogMetric("released", "work.released", "Work to be tried again.", _same("stage", "reason"))
POSTPONED = LogMetric("postponed", "work.postponed", "Work that must wait.", _same("stage", "reason"))
INTERRUPTIONS = LogMetric(
    "interruptions", "work.interrupted", "Deliveries cut short.", _same("stage", "reason")
)
OUTAGES = LogMetric("outages", "backend.outage", "Calls a backend did not answer.", _same("backend"))
RECOVERIES = LogMetric("recoveries", "backend.recovered", "Backends that answer again.", _same("backend"))
BUSY = LogMetric("busy", "backend.busy", "Calls held back: as many run as permitted.", _same("model"))
CHARGED = LogMetric(
    "charged_usd",
    "charge.entered",
    "Charges in the ledger.",
    _same("model", "stage"),
    Value("usd", "{USD}", _USD),
    only="jsonPayload.usd>0",
)
REFUNDED = LogMetric(
    "refunded_usd",
    "charge.entered",
    "Refunds in the ledger, as positive numbers.",
    _same("model", "stage"),
    Value("usd", "{USD}", _USD, without_sign=True),
    only="jsonPayload.usd<0",
)
OLDEST_WAITING = LogMetric(
    "oldest_waiting_seconds",
    "census.taken",
    "For how long the oldest video has waited that nobody has begun, once a minute.",
    value=Value("oldest_waiting_seconds", "s", _SECONDS),
)
QUEUED = LogMetric(
    "queued",
    "census.taken",
    "Videos that nobody has begun, once a minute.",
    value=Value("queued", "1", _COUNT),
)
IN_PROGRESS = LogMetric(
    "in_progress",
    "census.taken",
    "Videos being made, once a minute.",
    value=Value("in_progress", "1", _COUNT),
)
SWEEPS = LogMetric("sweeps", "sweep.done", "Sweeps that came to their end: one a minute.")

METRICS = (
    *(ACCEPTED, COMPLETED, FAILED, CANCELLED, TOOK),
    *(REQUESTS, ACCEPTANCE, TASKS, GENERATORS),
    *(CLIPS, KEYFRAMES, REFUSALS, FALLBACKS),
    *(RELEASED, POSTPONED, INTERRUPTIONS, OUTAGES, RECOVERIES, BUSY),
    *(CHARGED, REFUNDED),
    *(OLDEST_WAITING, QUEUED, IN_PROGRESS, SWEEPS),
)


def create(name: str, metric: LogMetric, opts: pulumi.ResourceOptions) -> logging.Metric:
    """Make one of them."""
    value = metric.value
    return logging.Metric(
        f"{name}-{metric.key.replace('_', '-')}",
        name=metric.name,
        description=metric.describes,
        filter=metric.filter,
        label_extractors={label: f"EXTRACT(jsonPayload.{of})" for label, of in metric.labels.items()},
        value_extractor=_extractor(value) if value else None,
        bucket_options=_buckets(value.buckets) if value else None,
        metric_descriptor=logging.MetricMetricDescriptorArgs(
            metric_kind="DELTA",
            value_type="DISTRIBUTION" if value else "INT64",
            unit=value.unit if value else "1",
            labels=[
                logging.MetricMetricDescriptorLabelArgs(key=label, value_type="STRING")
                for label in metric.labels
            ],
        ),
        opts=opts,
    )


def _extractor(value: Value) -> str:
    path = f"jsonPayload.{value.field}"
    return f'REGEXP_EXTRACT({path}, "-(.+)")' if value.without_sign else f"EXTRACT({path})"


def _buckets(buckets: Exponential | tuple[float, ...]) -> logging.MetricBucketOptionsArgs:
    if isinstance(buckets, tuple):
        explicit = logging.MetricBucketOptionsExplicitBucketsArgs(bounds=list(buckets))
        return logging.MetricBucketOptionsArgs(explicit_buckets=explicit)
    return logging.MetricBucketOptionsArgs(
        exponential_buckets=logging.MetricBucketOptionsExponentialBucketsArgs(
            num_finite_buckets=buckets.count, growth_factor=buckets.factor, scale=buckets.first
        )
    )
