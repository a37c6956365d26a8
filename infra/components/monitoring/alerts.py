"""Alert policies: when somebody is told, how urgently, and which section of the runbook says what to do.

It knows what is measured, not how it comes to be. Objectives and their alerts are in `slos.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import pulumi
from pulumi_gcp import monitoring

from infra.components.monitoring import metrics
from infra.components.monitoring.promql import (
    QUEUE_ATTEMPTS,
    QUEUE_DELAYS,
    QUEUE_DEPTH,
    RUN_REQUESTS,
    added_up,
    happened,
    mean,
    or_zero,
    quantile,
    series,
)
from infra.components.monitoring.runbook import Section
from infra.config import Alerts
from infra.services import PREFIX, SUBMIT
from shared.domain.circuit import OPENS_AT
from shared.domain.errors import AttemptsExhausted, DeadlineExceeded

AUTO_CLOSE_SECONDS = 30 * 60
"""After which an alert without data ends. The least there is.

Source: https://cloud.google.com/monitoring/api/ref_v3/rest/v3/projects.alertPolicies, 2026-11.
"""

MAX_ERROR_SHARE = 0.05
"""Of submit's answers in five minutes."""

ENOUGH = 20
"""Fewer requests or creations than that in a window say nothing about a share or a quantile."""

MAX_QUEUE_DELAY_SECONDS = 5 * 60
"""Of one task in twenty, past the time it was due."""


class Severity(StrEnum):
    """How urgent it is."""

    CRITICAL = "CRITICAL"
    """Callers notice: now, at night too."""
    ERROR = "ERROR"
    """Videos are late or lost, or money is: within the hour."""
    WARNING = "WARNING"
    """Within the day."""


@dataclass(frozen=True)
class Alert:
    """One policy; it fires as soon as one of its conditions holds, or, with `all_of_them`, all do."""

    section: Section
    severity: Severity
    says: str
    """What it means, in a sentence."""
    conditions: Sequence[monitoring.AlertPolicyConditionArgs]
    all_of_them: bool = False
    suffix: str = ""
    """Tells apart alerts that share a section."""

    @property
    def title(self) -> str:
        """Its name in the console."""
        return f"{self.section}, {self.suffix}" if self.suffix else self.section

    @property
    def key(self) -> str:
        """Its name in Pulumi."""
        return "-".join(filter(None, (self.section.name.lower().replace("_", "-"), self.suffix)))


def holds(title: str, query: str, *, for_seconds: int = 0) -> monitoring.AlertPolicyConditionArgs:
    """Make a condition: a query of PromQL has found something each minute for that long."""
    return monitoring.AlertPolicyConditionArgs(
        display_name=title,
        condition_prometheus_query_language=monitoring.AlertPolicyConditionConditionPrometheusQueryLanguageArgs(
            query=query,
            duration=f"{for_seconds}s",
            evaluation_interval="60s",
            disable_metric_validation=True,  # the first deployment comes before the first log line
        ),
    )


def alerts(told: Alerts, queues: Sequence[str]) -> tuple[Alert, ...]:
    """List the alerts that PromQL judges.

    Raises:
        ValueError: acceptance would have to be slower than is measured.
    """
    return (
        _submit_errors(),
        _slow_acceptance(told.acceptance_p99_seconds),
        _waiting(told.waiting_minutes),
        _failing(),
        _spending(told.usd_per_hour),
        _outage(),
        _backlog(tuple(queues)),
        _no_sweep(),
    )


def create(
    name: str,
    alert: Alert,
    channels: Sequence[pulumi.Input[str]],
    dashboard_url: pulumi.Input[str],
    opts: pulumi.ResourceOptions,
) -> monitoring.AlertPolicy:
    """Make one of them."""
    return monitoring.AlertPolicy(
        f"{name}-{alert.key}",
        display_name=f"{PREFIX}: {alert.title}",
        severity=alert.severity,
        combiner="AND" if alert.all_of_them else "OR",
        conditions=list(alert.conditions),
        notification_channels=list(channels),
        alert_strategy=monitoring.AlertPolicyAlertStrategyArgs(auto_close=f"{AUTO_CLOSE_SECONDS}s"),
        documentation=monitoring.AlertPolicyDocumentationArgs(
            subject=f"{PREFIX}: {alert.title}",
            content=f"{alert.says}\n\nWhat to do: `{alert.section.link}` in the repository.",
            mime_type="text/markdown",
            links=[monitoring.AlertPolicyDocumentationLinkArgs(display_name="Dashboard", url=dashboard_url)],
        ),
        opts=opts,
    )


def _submit_errors() -> Alert:
    submit = {"service_name": f"{PREFIX}-{SUBMIT.name}"}
    errors = happened(RUN_REQUESTS, "5m", matching={**submit, "response_code_class": "5xx"})
    requests = happened(RUN_REQUESTS, "5m", matching=submit)
    return Alert(
        Section.SUBMIT_ERRORS,
        Severity.CRITICAL,
        f"More than {MAX_ERROR_SHARE:.0%} of the API's answers have been errors of ours for five minutes.",
        [
            holds(
                "Share of 5xx",
                f"{errors} / {requests} > {MAX_ERROR_SHARE} and {requests} >= {ENOUGH}",
                for_seconds=5 * 60,
            )
        ],
    )


def _slow_acceptance(seconds: float) -> Alert:
    longest = metrics.ACCEPTANCE_MILLISECONDS[-1] // 1000
    if seconds >= longest:
        raise ValueError(f"acceptanceP99Seconds {seconds:g} is beyond what is measured: below {longest}")
    acceptance = metrics.ACCEPTANCE.metric
    slowest = quantile(0.99, acceptance, window="10m")
    return Alert(
        Section.SLOW_ACCEPTANCE,
        Severity.WARNING,
        f"One creation in a hundred has taken longer than {seconds:g} s to be accepted.",
        [
            holds(
                "99th percentile",
                f"{slowest} > {seconds * 1000:g} and {happened(acceptance, '10m')} >= {ENOUGH}",
                for_seconds=5 * 60,
            )
        ],
    )


def _waiting(minutes: int) -> Alert:
    oldest = mean(metrics.OLDEST_WAITING.metric, "3m")
    return Alert(
        Section.WAITING,
        Severity.ERROR,
        f"A video was accepted more than {minutes} minutes ago, and nobody has begun it.",
        [holds("Oldest waiting video", f"{oldest} > {minutes * 60}", for_seconds=2 * 60)],
    )


def _failing() -> Alert:
    ours = (AttemptsExhausted.code, DeadlineExceeded.code)
    failed = happened(metrics.FAILED.metric, "15m", ("code",), {"code": ours})
    return Alert(
        Section.FAILING,
        Severity.ERROR,
        "A video failed because every attempt at a piece of it did, or because it did not end in time.",
        [holds("Failed by attempts or deadline", f"{failed} > 0")],
    )


def _spending(usd_per_hour: float) -> Alert:
    charged = added_up(metrics.CHARGED.metric, "1h")
    refunded = or_zero(added_up(metrics.REFUNDED.metric, "1h"))
    return Alert(
        Section.SPENDING,
        Severity.ERROR,
        f"Providers charged more than {usd_per_hour:g} US dollars in the last hour, after refunds.",
        [holds("Charges in an hour", f"{charged} - {refunded} > {usd_per_hour:g}")],
    )


def _outage() -> Alert:
    # While the circuit is open there is one try in five minutes, and each takes up to two minutes
    # itself: 25 minutes hold as many as opened it, so that the alert lasts as long as the outage.
    outages = happened(metrics.OUTAGES.metric, "25m", ("backend",))
    return Alert(
        Section.OUTAGE,
        Severity.WARNING,
        "A backend did not answer so often that its circuit opened; its videos wait.",
        [holds("Calls without an answer", f"{outages} >= {OPENS_AT}")],
    )


def _backlog(queues: tuple[str, ...]) -> Alert:
    ours = {"queue_id": queues}
    delay = quantile(0.95, QUEUE_DELAYS, ("queue_id",), ours, "10m")
    depth = series(QUEUE_DEPTH, ours)
    attempts = happened(QUEUE_ATTEMPTS, "15m", ("queue_id",), ours)
    stands = f"min by (queue_id) (min_over_time({depth}[15m])) > 0"
    return Alert(
        Section.BACKLOG,
        Severity.ERROR,
        "Tasks are dispatched minutes after they were due, or not at all.",
        [
            holds(
                "Delay of one task in twenty",
                f"{delay} > {MAX_QUEUE_DELAY_SECONDS * 1000}",
                for_seconds=10 * 60,
            ),
            holds(
                "Tasks, and none dispatched",
                f"({stands}) unless on (queue_id) ({attempts} > 0)",
                for_seconds=5 * 60,
            ),
        ],
    )


def _no_sweep() -> Alert:
    # A metric that is absent and one that is written as zero are the same to it. Without a census nobody
    # would learn of videos that wait: a sweep ends well without one, as where an index lacks.
    sweeps = or_zero(happened(metrics.SWEEPS.metric, "5m"))
    censuses = or_zero(happened(metrics.OLDEST_WAITING.metric, "5m"))
    return Alert(
        Section.NO_SWEEP,
        Severity.CRITICAL,
        "For five minutes no sweep has come to its end, so that lost tasks are not found and overdue videos"
        " not ended; or none has counted the videos that wait.",
        [holds("Sweeps and counts in five minutes", f"{sweeps} < 1 or {censuses} < 1", for_seconds=60)],
    )
