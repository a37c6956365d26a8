"""What operators have: logs, metrics, alerts, uptime checks, secrets, the schedule, container images."""

from collections.abc import Iterator

from infra.cost.data import KIB_PER_GIB, tasks_of
from infra.cost.edge import requests, uptime_checks
from infra.cost.scenario import HOURS_PER_MONTH, MINUTES_PER_MONTH, Scenario
from infra.cost.tables import Prices, Workload
from infra.cost.use import Component, Use, fixed, per_video

BYTES_PER_MIB = 2**20


def logging(scenario: Scenario, prices: Prices, workload: Workload) -> Iterator[Use]:
    """Yield our own lines, and the request logs of Google Cloud."""
    logs, price = workload.logging, prices.logging
    lines = logs.kib_per_job.value + scenario.deliveries * logs.kib_per_shot.value
    served = requests(workload) + tasks_of(scenario, workload)
    requested, rests_on = served * logs.kib_per_request.value, logs.kib_per_request
    yield per_video(scenario, Component.LOGGING, "our lines", price, lines / KIB_PER_GIB, logs.kib_per_shot)
    yield per_video(scenario, Component.LOGGING, "request logs", price, requested / KIB_PER_GIB, rests_on)
    swept = (MINUTES_PER_MONTH + uptime_checks(workload)) * logs.kib_per_request.value / KIB_PER_GIB
    yield fixed(Component.LOGGING, "sweeps and uptime checks", price, swept, rests_on)


def monitoring(prices: Prices, workload: Workload) -> Iterator[Use]:
    """Yield metrics, alerts and uptime checks."""
    logs = workload.logging
    for what, series, size in (
        ("counters", logs.counters, logs.counter_bytes),
        ("distributions", logs.distributions, logs.distribution_bytes),
    ):
        mib = MINUTES_PER_MONTH * series.value * size.value / BYTES_PER_MIB
        yield fixed(Component.MONITORING, what, prices.metrics, mib, series, size)
    conditions, often = logs.alert_conditions, logs.evaluations_per_hour
    evaluated = conditions.value * often.value * HOURS_PER_MONTH
    alerts = prices.alert_conditions
    yield fixed(Component.MONITORING, "alerts", alerts, conditions.value, conditions)
    yield fixed(Component.MONITORING, "alerts' series", prices.alert_series, evaluated, conditions, often)
    checks, regions = prices.uptime_checks, logs.uptime_regions
    yield fixed(Component.MONITORING, "uptime checks", checks, uptime_checks(workload), regions)


def secrets(scenario: Scenario, prices: Prices, workload: Workload) -> Iterator[Use]:
    """Yield the secrets that are kept, and one look at each by every instance that starts."""
    kept, starts = workload.deployment.secrets, workload.run.starts_per_task
    yield fixed(Component.SECRETS, "versions", prices.secret_versions, kept.value, kept)
    accesses = kept.value * tasks_of(scenario, workload) * starts.value
    yield per_video(scenario, Component.SECRETS, "accesses", prices.secret_accesses, accesses, kept, starts)


def schedule_and_images(prices: Prices, workload: Workload) -> Iterator[Use]:
    """Yield the sweep's schedule, and where the functions' images lie."""
    schedules, images = workload.deployment.schedules, workload.deployment.images_gb
    yield fixed(Component.SCHEDULER, "sweep", prices.scheduler_jobs, schedules.value, schedules)
    yield fixed(Component.IMAGES, "stored images", prices.images, images.value, images)
