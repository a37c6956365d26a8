"""What callers are promised, and alerts on how fast the room for error is being used up.

It knows no runbook but its sections' names. Every objective is over 30 days.
"""

from dataclasses import dataclass

import pulumi
from pulumi_gcp import monitoring

from infra.components.monitoring import metrics
from infra.components.monitoring.alerts import Alert, Severity
from infra.components.monitoring.promql import BALANCER_REQUESTS, Metric
from infra.components.monitoring.runbook import Section
from infra.services import PREFIX
from shared.domain.errors import CostLimitReached, Refused

DAYS = 30


@dataclass(frozen=True)
class Objective:
    """A share of what happens that is to be good."""

    key: str
    goal: float
    """Above 0, at most 0.999: Google takes no more."""
    promise: str
    sli: monitoring.SloRequestBasedSliArgs
    section: Section


@dataclass(frozen=True)
class Burn:
    """How fast is too fast: 1 uses up the room for error in exactly 30 days."""

    name: str
    rate: float
    long_seconds: int
    """Long enough to be sure."""
    short_seconds: int
    """Short enough to end soon after the trouble does."""
    severity: Severity
    says: str


BURNS = (
    Burn("fast", 14.4, 60 * 60, 5 * 60, Severity.CRITICAL, "A fiftieth of a month's room went in an hour."),
    Burn("slow", 6, 6 * 60 * 60, 30 * 60, Severity.WARNING, "A twentieth of a month's room went in 6 hours."),
)
"""Source: The Site Reliability Workbook, chapter 5, table 5-8, https://sre.google/workbook/alerting-on-slos/"""


def _written_for(metric: Metric, *further: str) -> str:
    return " AND ".join((f'metric.type="{metric.type}"', f'resource.type="{metric.resource}"', *further))


def _availability() -> Objective:
    """At the load balancer, where callers are: an answer that never reached Cloud Run counts too.

    The project has no other load balancer, so none is named. Refusals by Cloud Armor (403, 429) are good.
    """
    ratio = monitoring.SloRequestBasedSliGoodTotalRatioArgs(
        total_service_filter=_written_for(BALANCER_REQUESTS),
        bad_service_filter=_written_for(BALANCER_REQUESTS, 'metric.label.response_code_class="500"'),
    )
    return Objective(
        "availability",
        0.999,
        "99.9 % of requests get an answer other than 5xx",
        monitoring.SloRequestBasedSliArgs(good_total_ratio=ratio),
        Section.AVAILABILITY,
    )


def _acceptance() -> Objective:
    """By our own log line: Cloud Run's latencies know no route, and event streams last minutes.

    So time before our code, as of a cold start, does not count here; it does in Cloud Run's latencies.
    """
    cut = monitoring.SloRequestBasedSliDistributionCutArgs(
        distribution_filter=_written_for(metrics.ACCEPTANCE.metric),
        range=monitoring.SloRequestBasedSliDistributionCutRangeArgs(
            max=metrics.ACCEPTANCE_GOAL_MILLISECONDS, min=0
        ),
    )
    return Objective(
        "acceptance",
        0.95,
        f"95 % of creations are accepted within {metrics.ACCEPTANCE_GOAL_MILLISECONDS} ms",
        monitoring.SloRequestBasedSliArgs(distribution_cut=cut),
        Section.ACCEPTANCE,
    )


def _completion() -> Objective:
    """Of videos that ended, but for those cancelled and those whose prompt or cost limit was the reason."""
    callers = [f'metric.label.code!="{error.code}"' for error in (Refused, CostLimitReached)]
    ratio = monitoring.SloRequestBasedSliGoodTotalRatioArgs(
        good_service_filter=_written_for(metrics.COMPLETED.metric),
        bad_service_filter=_written_for(metrics.FAILED.metric, *callers),
    )
    return Objective(
        "completion",
        0.99,
        "99 % of videos are completed, not counting those cancelled or refused",
        monitoring.SloRequestBasedSliArgs(good_total_ratio=ratio),
        Section.COMPLETION,
    )


OBJECTIVES = (_availability(), _acceptance(), _completion())


def create(name: str, opts: pulumi.ResourceOptions) -> dict[str, monitoring.Slo]:
    """Make the service that the objectives are of, and them: key -> objective."""
    service = monitoring.CustomService(
        f"{name}-service", service_id=PREFIX, display_name="Text to video", opts=opts
    )
    return {
        objective.key: monitoring.Slo(
            f"{name}-{objective.key}",
            service=service.service_id,
            slo_id=f"{PREFIX}-{objective.key}",
            display_name=objective.promise,
            goal=objective.goal,
            rolling_period_days=DAYS,
            request_based_sli=objective.sli,
            opts=opts,
        )
        for objective in OBJECTIVES
    }


def alerts(made: dict[str, monitoring.Slo]) -> tuple[Alert, ...]:
    """List a fast and a slow alert of each objective."""
    return tuple(
        Alert(
            objective.section,
            burn.severity,
            f"Promised: {objective.promise}. {burn.says}",
            [
                _burns(made[objective.key], burn.rate, seconds)
                for seconds in (burn.long_seconds, burn.short_seconds)
            ],
            all_of_them=True,
            suffix=burn.name,
        )
        for objective in OBJECTIVES
        for burn in BURNS
    )


def _burns(slo: monitoring.Slo, rate: float, seconds: int) -> monitoring.AlertPolicyConditionArgs:
    return monitoring.AlertPolicyConditionArgs(
        display_name=f"Over {seconds // 60} minutes",
        condition_threshold=monitoring.AlertPolicyConditionConditionThresholdArgs(
            filter=pulumi.Output.concat('select_slo_burn_rate("', slo.name, f'", "{seconds}s")'),
            comparison="COMPARISON_GT",
            threshold_value=rate,
            duration="0s",
            trigger=monitoring.AlertPolicyConditionConditionThresholdTriggerArgs(count=1),
        ),
    )
