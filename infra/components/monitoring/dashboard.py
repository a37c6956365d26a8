"""What an operator sees: traffic, latency, queues, instances, backends, money. It knows no alert policy."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from infra.components.monitoring import metrics
from infra.components.monitoring.metrics import LogMetric
from infra.components.monitoring.promql import (
    BALANCER_REQUESTS,
    QUEUE_ATTEMPTS,
    QUEUE_DELAYS,
    QUEUE_DEPTH,
    RUN,
    RUN_CPU,
    RUN_GPU,
    RUN_GPU_MEMORY,
    RUN_INSTANCES,
    RUN_MEMORY,
    RUN_STARTS,
    Matching,
    Metric,
    added_up,
    happened,
    latest,
    mean,
    or_zero,
    per_second,
    quantile,
)
from infra.components.monitoring.runbook import Section
from infra.components.monitoring.widgets import (
    Chart,
    Dashboard,
    Heading,
    Incidents,
    Line,
    Logs,
    Number,
    Plot,
    Row,
    Widget,
    Words,
)
from infra.config import Alerts
from infra.services import PREFIX, Service

CONSOLE = "https://console.cloud.google.com"

HEADING, NUMBERS, CHARTS, LOGS = 4, 8, 16, 24
"""How high rows are."""


@dataclass(frozen=True)
class Shown:
    """What a dashboard is of."""

    project: str
    region: str
    """Of the services."""
    services: tuple[Service, ...]
    queues: tuple[str, ...]
    alerts: Alerts


def dashboard(shown: Shown) -> Dashboard:
    """Lay it out: what is wrong first, what it costs and the logs last."""
    return Dashboard(
        f"{PREFIX}: text to video",
        [
            *_at_a_glance(shown),
            *_part("Traffic", _traffic(shown)),
            *_part("Stages", _stages()),
            *_part("Queues", _queues(shown)),
            *_part("Instances", _instances(shown)),
            *_part("Backends", _backends()),
            *_part("Money", _money(shown)),
            Row(LOGS, [_warnings(shown)]),
        ],
    )


def _at_a_glance(shown: Shown) -> Iterator[Row]:
    waits = mean(metrics.OLDEST_WAITING.metric, "3m")
    yield Row(
        NUMBERS,
        [
            Number("Videos waiting", mean(metrics.QUEUED.metric, "3m")),
            Number("Videos being made", mean(metrics.IN_PROGRESS.metric, "3m")),
            Number("Oldest waiting video", waits, "s", high=shown.alerts.waiting_minutes * 60),
            Number("Charged in an hour", _charged("1h"), "{USD}", high=shown.alerts.usd_per_hour),
        ],
    )
    yield Row(CHARTS, [Incidents("Alerts"), Words("Where to look", _links(shown.project))])


def _traffic(shown: Shown) -> list[Widget]:
    acceptance = metrics.ACCEPTANCE.metric
    ended = (metrics.ACCEPTED, metrics.COMPLETED, metrics.FAILED, metrics.CANCELLED)
    return [
        Chart(
            "Requests at the load balancer, by answer",
            [Line(per_second(BALANCER_REQUESTS, ("response_code_class",)))],
            plot=Plot.STACKED_AREA,
        ),
        Chart(
            "Time to accept a video",
            [Line(quantile(share, acceptance), f"{share:.0%}") for share in (0.5, 0.95, 0.99)],
            "ms",
            threshold=shown.alerts.acceptance_p99_seconds * 1000,
        ),
        Chart(
            "Videos in an hour",
            [Line(happened(each.metric, "1h"), each.key) for each in ended],
            plot=Plot.STACKED_BAR,
        ),
        Chart(
            "Calls, by route: the slowest in twenty",
            [Line(quantile(0.95, metrics.REQUESTS.metric, ("method", "route")))],
            "ms",
        ),
        Chart(
            "Failed, by why", [Line(happened(metrics.FAILED.metric, "1h", ("code",)))], plot=Plot.STACKED_BAR
        ),
        Chart(
            "From acceptance to completion",
            [Line(quantile(share, metrics.TOOK.metric, ("model",), window="1h")) for share in (0.5, 0.95)],
            "s",
        ),
    ]


def _stages() -> list[Widget]:
    tasks = metrics.TASKS.metric
    return [
        _slowest("Deliveries, by stage: the slowest in twenty", tasks, ("stage",), "ms"),
        Chart(
            "Deliveries, by outcome", [Line(per_second(tasks, ("stage", "outcome")))], plot=Plot.STACKED_AREA
        ),
        _slowest("Work itself: the slowest in twenty", metrics.GENERATORS.metric, ("what",), "s"),
        Chart(
            "Made in an hour",
            [
                Line(happened(metrics.CLIPS.metric, "1h", ("model",))),
                Line(happened(metrics.KEYFRAMES.metric, "1h", ("from_cache",))),
            ],
            plot=Plot.STACKED_BAR,
        ),
        _counted("To be tried again, by reason", metrics.RELEASED, "stage", "reason"),
        _counted("Interrupted, by reason", metrics.INTERRUPTIONS, "stage", "reason"),
    ]


def _queues(shown: Shown) -> list[Widget]:
    ours: Matching = {"queue_id": shown.queues}
    return [
        Chart("Tasks, due or not", [Line(latest(QUEUE_DEPTH, ("queue_id",), ours))]),
        Chart(
            "Dispatched late: one in twenty", [Line(quantile(0.95, QUEUE_DELAYS, ("queue_id",), ours))], "ms"
        ),
        Chart(
            "Dispatches, by answer",
            [Line(per_second(QUEUE_ATTEMPTS, ("queue_id", "response_code"), ours))],
            plot=Plot.STACKED_AREA,
        ),
        Chart(
            "Oldest waiting video",
            [Line(mean(metrics.OLDEST_WAITING.metric, "3m"), "oldest")],
            "s",
            threshold=shown.alerts.waiting_minutes * 60,
        ),
        _counted("Waiting for others, by reason", metrics.POSTPONED, "stage", "reason"),
        Chart("Sweeps in five minutes", [Line(or_zero(happened(metrics.SWEEPS.metric, "5m")), "sweeps")]),
    ]


def _instances(shown: Shown) -> list[Widget]:
    ours = _in_cloud_run(shown, shown.services)
    gpus = [service for service in shown.services if service.has_gpu]
    widgets: list[Widget] = [
        Chart(
            "Instances",
            [Line(latest(RUN_INSTANCES, ("service_name", "state"), ours))],
            plot=Plot.STACKED_AREA,
        ),
        _of_services("Time to start: the slowest in twenty", RUN_STARTS, ours, "ms"),
        _of_services("CPU: the busiest in twenty", RUN_CPU, ours),
        _of_services("Memory: the fullest in twenty", RUN_MEMORY, ours),
    ]
    if gpus:
        on_gpu = _in_cloud_run(shown, gpus)
        widgets.append(_of_services("GPU: the busiest in twenty", RUN_GPU, on_gpu))
        widgets.append(_of_services("GPU memory: the fullest in twenty", RUN_GPU_MEMORY, on_gpu))
    return widgets


def _backends() -> list[Widget]:
    return [
        _counted("Calls without an answer", metrics.OUTAGES, "backend"),
        _counted("Answer again", metrics.RECOVERIES, "backend"),
        _counted("Held back: as many run as permitted", metrics.BUSY, "model"),
        _counted("Refused by safety filters", metrics.REFUSALS, "model"),
        _counted("Given to another backend", metrics.FALLBACKS, "model"),
        _counted("Clips", metrics.CLIPS, "model"),
    ]


def _money(shown: Shown) -> list[Widget]:
    charged, refunded = metrics.CHARGED.metric, metrics.REFUNDED.metric
    return [
        Chart(
            "Charged in an hour, after refunds",
            [Line(_charged("1h"), "all")],
            "{USD}",
            threshold=shown.alerts.usd_per_hour,
        ),
        Chart("Charged in an hour", [Line(added_up(charged, "1h", ("model",)))], "{USD}", Plot.STACKED_BAR),
        Chart("Refunded in an hour", [Line(added_up(refunded, "1h", ("model",)))], "{USD}", Plot.STACKED_BAR),
    ]


def _warnings(shown: Shown) -> Logs:
    names = " OR ".join(f'"{name}"' for name in _run_names(shown.services))
    query = f'resource.type="{RUN}" AND resource.labels.service_name=({names}) AND severity>=WARNING'
    return Logs("Warnings and errors", query, shown.project)


def _links(project: str) -> str:
    pages = {
        "Logs": "logs/query",
        "Functions": "run",
        "Queues": "cloudtasks",
        "Sweep": "cloudscheduler",
        "Jobs": "firestore/databases",
        "Load balancer": "net-services/loadbalancing/list/loadBalancers",
        "Objectives": "monitoring/services",
    }
    console = " · ".join(f"[{name}]({CONSOLE}/{path}?project={project})" for name, path in pages.items())
    sections = "\n".join(f"- {section}: `{section.link}`" for section in Section)
    return f"{console}\n\nWhat to do, in the repository:\n\n{sections}"


def _part(title: str, widgets: Sequence[Widget]) -> Iterator[Row]:
    """Head a part of the dashboard, three charts a row, or two where that leaves none alone."""
    yield Row(HEADING, [Heading(title)])
    abreast = 2 if len(widgets) % 3 else 3
    for first in range(0, len(widgets), abreast):
        yield Row(CHARTS, widgets[first : first + abreast])


def _charged(window: str) -> str:
    charged, refunded = metrics.CHARGED.metric, metrics.REFUNDED.metric
    return f"{or_zero(added_up(charged, window))} - {or_zero(added_up(refunded, window))}"


def _counted(title: str, metric: LogMetric, *by: str) -> Chart:
    return Chart(
        f"{title}, in five minutes", [Line(happened(metric.metric, "5m", by))], plot=Plot.STACKED_BAR
    )


def _slowest(title: str, metric: Metric, by: tuple[str, ...], unit: str) -> Chart:
    return Chart(title, [Line(quantile(0.95, metric, by))], unit)


def _of_services(title: str, metric: Metric, matching: Matching, unit: str = "") -> Chart:
    return Chart(title, [Line(quantile(0.95, metric, ("service_name",), matching))], unit)


def _in_cloud_run(shown: Shown, services: Sequence[Service]) -> Matching:
    return {"location": shown.region, "service_name": tuple(_run_names(services))}


def _run_names(services: Sequence[Service]) -> list[str]:
    return [f"{PREFIX}-{service.name}" for service in services]
