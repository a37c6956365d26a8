"""PromQL over Cloud Monitoring: what metrics are called there, and the shapes of query that we use.

It knows no dashboard and no alert. A label its metric does not have is an error here, not an empty chart.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

Matching = Mapping[str, str | tuple[str, ...]]
"""Label -> the value it has, or those of which it has one."""

RESOURCE_LABELS: Mapping[str, tuple[str, ...]] = {
    "cloud_run_revision": ("location", "service_name", "revision_name"),
    "cloud_tasks_queue": ("location", "queue_id"),
    "https_lb_rule": ("backend_name", "url_map_name"),
}
"""Of the monitored resources in use, those of their labels that serve us.

Source: https://cloud.google.com/monitoring/api/resources, 2026-11.
"""


class Part(StrEnum):
    """What PromQL sees of a distribution. Source: as `prometheus_name`."""

    BUCKET = "_bucket"
    COUNT = "_count"
    SUM = "_sum"


@dataclass(frozen=True)
class Metric:
    """One metric of Cloud Monitoring, as written for one kind of resource."""

    type: str
    """Such as `run.googleapis.com/request_count`."""
    resource: str
    """One of `RESOURCE_LABELS`; many metrics are written for several."""
    labels: tuple[str, ...] = ()
    """Its own."""
    is_distribution: bool = False

    @property
    def all_labels(self) -> tuple[str, ...]:
        """Every label a query may name."""
        return (*self.labels, *RESOURCE_LABELS[self.resource])


RUN = "cloud_run_revision"
QUEUE = "cloud_tasks_queue"
BALANCER = "https_lb_rule"

RUN_REQUESTS = Metric("run.googleapis.com/request_count", RUN, ("response_code", "response_code_class"))
RUN_INSTANCES = Metric("run.googleapis.com/container/instance_count", RUN, ("state",))
RUN_STARTS = Metric("run.googleapis.com/container/startup_latencies", RUN, is_distribution=True)
"""Milliseconds."""
RUN_CPU = Metric("run.googleapis.com/container/cpu/utilizations", RUN, is_distribution=True)
"""0 to 1, as the two below."""
RUN_MEMORY = Metric("run.googleapis.com/container/memory/utilizations", RUN, is_distribution=True)
RUN_GPU = Metric("run.googleapis.com/container/gpu/utilizations", RUN, is_distribution=True)
RUN_GPU_MEMORY = Metric("run.googleapis.com/container/gpu/memory_utilizations", RUN, is_distribution=True)
QUEUE_DEPTH = Metric("cloudtasks.googleapis.com/queue/depth", QUEUE)
"""Tasks in a queue, those included that are not due yet."""
QUEUE_ATTEMPTS = Metric("cloudtasks.googleapis.com/queue/task_attempt_count", QUEUE, ("response_code",))
QUEUE_DELAYS = Metric("cloudtasks.googleapis.com/queue/task_attempt_delays", QUEUE, is_distribution=True)
"""Milliseconds from when a task was due until it was dispatched."""
BALANCER_REQUESTS = Metric(
    "loadbalancing.googleapis.com/https/request_count", BALANCER, ("response_code", "response_code_class")
)
"""`response_code_class` is 0, 200, 300, 400 or 500."""

GOOGLES = (
    RUN_REQUESTS,
    RUN_INSTANCES,
    RUN_STARTS,
    RUN_CPU,
    RUN_MEMORY,
    RUN_GPU,
    RUN_GPU_MEMORY,
    QUEUE_DEPTH,
    QUEUE_ATTEMPTS,
    QUEUE_DELAYS,
    BALANCER_REQUESTS,
)
"""Names and labels: https://cloud.google.com/monitoring/api/metrics_gcp, 2026-11. Those of the GPU are what
others query; https://cloud.google.com/run/docs/monitoring has them only in words."""


def prometheus_name(metric_type: str) -> str:
    """Return what PromQL calls a metric: the first `/` becomes `:`, all else that is special becomes `_`.

    Source: https://cloud.google.com/monitoring/promql/promql-mapping, 2026-11.
    """
    domain, _, path = metric_type.partition("/")
    return f"{_plain(domain)}:{_plain(path)}"


def _plain(name: str) -> str:
    return re.sub(r"[^a-zA-Z0-9_]", "_", name)


def series(metric: Metric, matching: Matching | None = None, part: Part | None = None) -> str:
    """Select the time series of a metric.

    Raises:
        ValueError: it has no such label, or is a distribution of which no part, or no distribution of which
            a part is wanted.
    """
    if metric.is_distribution is (part is None):
        raise ValueError(f"{metric.type} is {'a' if metric.is_distribution else 'no'} distribution")
    matching = matching or {}
    _permit(metric, tuple(matching))
    # Without the resource a metric that is written for several kinds is refused as ambiguous.
    matchers = [f'monitored_resource="{metric.resource}"']
    for label, value in matching.items():
        matchers.append(f'{label}="{value}"' if isinstance(value, str) else f'{label}=~"{"|".join(value)}"')
    return f"{prometheus_name(metric.type)}{part or ''}{{{','.join(matchers)}}}"


def per_second(metric: Metric, by: tuple[str, ...] = (), matching: Matching | None = None) -> str:
    """Count events in a second, averaged over five minutes; of a distribution, its values."""
    selected = series(metric, matching, Part.COUNT if metric.is_distribution else None)
    return f"{_sum(metric, by)} (rate({selected}[5m]))"


def happened(metric: Metric, window: str, by: tuple[str, ...] = (), matching: Matching | None = None) -> str:
    """Count the events of the last `window`, such as `15m`; of a distribution, its values."""
    selected = series(metric, matching, Part.COUNT if metric.is_distribution else None)
    return f"{_sum(metric, by)} (increase({selected}[{window}]))"


def added_up(metric: Metric, window: str, by: tuple[str, ...] = (), matching: Matching | None = None) -> str:
    """Add up the values of a distribution over the last `window`."""
    return f"{_sum(metric, by)} (increase({series(metric, matching, Part.SUM)}[{window}]))"


def quantile(
    share: float,
    metric: Metric,
    by: tuple[str, ...] = (),
    matching: Matching | None = None,
    window: str = "5m",
) -> str:
    """Estimate the value below which `share` (0 to 1) of a distribution's values lie."""
    _permit(metric, by)
    selected = series(metric, matching, Part.BUCKET)
    return f"histogram_quantile({share}, sum by ({', '.join(('le', *by))}) (rate({selected}[{window}])))"


def mean(metric: Metric, window: str, by: tuple[str, ...] = (), matching: Matching | None = None) -> str:
    """Average the values of a distribution over the last `window`."""
    return f"{added_up(metric, window, by, matching)} / {happened(metric, window, by, matching)}"


def latest(metric: Metric, by: tuple[str, ...], matching: Matching | None = None) -> str:
    """Add up what a gauge shows now."""
    return f"{_sum(metric, by)} ({series(metric, matching)})"


def or_zero(query: str) -> str:
    """Take 0 where a query over all labels finds nothing."""
    return f"({query} or vector(0))"


def _sum(metric: Metric, by: tuple[str, ...]) -> str:
    _permit(metric, by)
    return f"sum by ({', '.join(by)})" if by else "sum"


def _permit(metric: Metric, labels: tuple[str, ...]) -> None:
    for label in labels:
        if label not in metric.all_labels:
            raise ValueError(f"{metric.type} has no label {label}; it has {', '.join(metric.all_labels)}")
