"""Monitoring: log-based metrics, a dashboard, alerts, objectives, a check from outside, and who is told.

It knows what is deployed by name only, so that it can be made before, after, or without it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
from pulumi_gcp import monitoring

from infra.components.monitoring import alerts, dashboard, metrics, slos, uptime
from infra.config import Alerts
from infra.services import PREFIX, Service


@dataclass(frozen=True)
class MonitoringArgs:
    """What is watched, and who is told."""

    project: str
    region: str
    domain: str
    """Where the API answers."""
    services: tuple[Service, ...]
    queues: tuple[str, ...]
    """Their names, such as `render-gpu`."""
    alerts: Alerts


class Monitoring(pulumi.ComponentResource):
    """What an operator sees and is told."""

    channels: Mapping[str, pulumi.Output[str]]
    """E-mail address -> resource name of its notification channel."""
    dashboard_url: pulumi.Output[str]
    """In the console."""

    def __init__(self, name: str, args: MonitoringArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("ttv:monitoring:Monitoring", name, None, opts)
        self._name = name
        self._child = pulumi.ResourceOptions(parent=self)
        self.channels = {email: self._channel(email) for email in args.alerts.emails}
        counted = [metrics.create(name, metric, self._child) for metric in metrics.METRICS]
        after_metrics = pulumi.ResourceOptions(parent=self, depends_on=counted)
        self.dashboard_url = self._dashboard(args, after_metrics)
        check = uptime.create(name, args.project, args.domain, self._child)
        objectives = slos.create(name, after_metrics)
        for alert in (
            *alerts.alerts(args.alerts, args.queues),
            uptime.unreachable(check),
            *slos.alerts(objectives),
        ):
            alerts.create(name, alert, list(self.channels.values()), self.dashboard_url, after_metrics)
        self.register_outputs({"dashboard_url": self.dashboard_url})

    def _channel(self, email: str) -> pulumi.Output[str]:
        return monitoring.NotificationChannel(
            f"{self._name}-{email}",
            display_name=f"{PREFIX}: {email}",
            type="email",
            labels={"email_address": email},
            opts=self._child,
        ).name

    def _dashboard(self, args: MonitoringArgs, opts: pulumi.ResourceOptions) -> pulumi.Output[str]:
        shown = dashboard.Shown(args.project, args.region, args.services, args.queues, args.alerts)
        made = monitoring.Dashboard(
            f"{self._name}-dashboard", dashboard_json=dashboard.dashboard(shown).json, opts=opts
        )
        page = made.id.apply(lambda name: name.rsplit("/", 1)[-1])
        return pulumi.Output.format(
            "{0}/monitoring/dashboards/builder/{1}?project={2}", dashboard.CONSOLE, page, args.project
        )
