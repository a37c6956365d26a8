"""Monitoring and budget by themselves."""

from infra.components.budget import Budget, BudgetArgs
from infra.components.monitoring import Monitoring, MonitoringArgs
from infra.config import Deployment

deployment = Deployment.of_stack()
monitoring = Monitoring(
    "monitoring",
    MonitoringArgs(
        deployment.project,
        deployment.region,
        deployment.domain,
        deployment.services,
        tuple(service.name for service in deployment.services if service.has_queue),
        deployment.alerts,
    ),
)
if deployment.budget:
    Budget("budget", BudgetArgs(deployment.budget, "123456", tuple(monitoring.channels.values())))
