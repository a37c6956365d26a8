"""The check of the public URL from outside, and when it has failed. It knows nothing of what answers."""

import pulumi
from pulumi_gcp import monitoring

from infra.components.monitoring.alerts import Alert, Severity
from infra.components.monitoring.runbook import Section
from infra.services import PREFIX

PATH = "/ready"
"""Asks the store and the queues too; needs no key."""

REGIONS = ("EUROPE", "USA_VIRGINIA", "ASIA_PACIFIC", "SOUTH_AMERICA")
"""From where; three at least. Source: `UptimeCheckConfigArgs.selected_regions`, pulumi-gcp 10.2.0."""


def create(
    name: str, project: str, domain: str, opts: pulumi.ResourceOptions
) -> monitoring.UptimeCheckConfig:
    """Make the check: once a minute from every region, over HTTPS with a valid certificate."""
    return monitoring.UptimeCheckConfig(
        f"{name}-uptime",
        display_name=f"{PREFIX}: {domain}{PATH}",
        period="60s",
        timeout="10s",
        selected_regions=list(REGIONS),
        monitored_resource=monitoring.UptimeCheckConfigMonitoredResourceArgs(
            type="uptime_url", labels={"project_id": project, "host": domain}
        ),
        http_check=monitoring.UptimeCheckConfigHttpCheckArgs(
            path=PATH,
            port=443,
            request_method="GET",
            use_ssl=True,
            validate_ssl=True,
            accepted_response_status_codes=[
                monitoring.UptimeCheckConfigHttpCheckAcceptedResponseStatusCodeArgs(status_value=200)
            ],
        ),
        opts=opts,
    )


def unreachable(check: monitoring.UptimeCheckConfig) -> Alert:
    """Fire when two regions or more have seen it fail for a minute: one may have troubles of its own.

    Source: https://cloud.google.com/monitoring/uptime-checks/uptime-alerting-policies, 2026-11.
    """
    condition = monitoring.AlertPolicyConditionConditionThresholdArgs(
        filter=pulumi.Output.concat(
            'metric.type="monitoring.googleapis.com/uptime_check/check_passed"',
            ' AND resource.type="uptime_url" AND metric.label.check_id="',
            check.uptime_check_id,
            '"',
        ),
        aggregations=[
            monitoring.AlertPolicyConditionConditionThresholdAggregationArgs(
                alignment_period="1200s",
                per_series_aligner="ALIGN_NEXT_OLDER",
                cross_series_reducer="REDUCE_COUNT_FALSE",
                group_by_fields=["resource.label.project_id", "resource.label.host"],
            )
        ],
        comparison="COMPARISON_GT",
        threshold_value=1,
        duration="60s",
        trigger=monitoring.AlertPolicyConditionConditionThresholdTriggerArgs(count=1),
    )
    return Alert(
        Section.UNREACHABLE,
        Severity.CRITICAL,
        f"{PATH} does not answer 200 over the public URL, asked from outside.",
        [
            monitoring.AlertPolicyConditionArgs(
                display_name="Regions that cannot reach it", condition_threshold=condition
            )
        ],
    )
