"""The census as OpenMetrics text: the names that scrapers and dashboards rely on. Pure."""

from collections.abc import Iterator
from datetime import datetime

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.openmetrics.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from shared.domain.census import Census, Standing, Totals

CONTENT_TYPE = CONTENT_TYPE_LATEST

Family = CounterMetricFamily | GaugeMetricFamily

COUNTERS = {
    "job.accepted": ("ttv_jobs_accepted", "Jobs accepted."),
    "job.completed": ("ttv_jobs_completed", "Jobs that have ended with what was asked for."),
    "job.failed": ("ttv_jobs_failed", "Jobs that have failed."),
    "job.cancelled": ("ttv_jobs_cancelled", "Jobs cancelled by their owners."),
    "keyframe.drawn": ("ttv_keyframes_drawn", "Keyframes drawn."),
    "clip.rendered": ("ttv_clips_rendered", "Clips rendered."),
    "shot.refused": ("ttv_refusals", "Answers of safety filters that refused a shot."),
}
"""Event -> name of its counter, without `_total`; what it counts."""


def openmetrics(census: Census, now: datetime) -> bytes:
    """Write the census down.

    Args:
        now: by Firestore's clock.
    """
    registry = CollectorRegistry()
    registry.register(_Families(census, now))
    text: bytes = generate_latest(registry)  # type: ignore[no-untyped-call]  # typed in part
    return text


class _Families(Collector):
    """What the library asks for its metrics."""

    def __init__(self, census: Census, now: datetime) -> None:
        self._census, self._now = census, now

    def collect(self) -> Iterator[Family]:
        yield from _gauges(self._census.standing)
        yield from _counters(self._census.totals)
        age = (self._now - self._census.counted_up_to).total_seconds()
        yield GaugeMetricFamily("ttv_snapshot_age_seconds", "How long ago all this was counted.", age)


def _gauges(standing: Standing) -> Iterator[Family]:
    by_status = GaugeMetricFamily("ttv_jobs", "Jobs that are stored, by status.", labels=["status"])
    for status, count in standing.by_status.items():
        by_status.add_metric([status], count)
    yield by_status
    by_stage = GaugeMetricFamily("ttv_jobs_in_progress", "Jobs in progress, by stage.", labels=["stage"])
    for stage, count in standing.by_stage.items():
        by_stage.add_metric([stage], count)
    yield by_stage
    oldest = standing.oldest_waiting_seconds
    yield GaugeMetricFamily("ttv_oldest_waiting_job_age_seconds", "Age of the oldest queued job.", oldest)


def _counters(totals: Totals) -> Iterator[Family]:
    for event, (name, what) in COUNTERS.items():
        yield CounterMetricFamily(name, what, totals.events.get(event, 0))
    charged, refunded = totals.charged_usd_micros / 1e6, totals.refunded_usd_micros / 1e6
    yield CounterMetricFamily("ttv_charged_usd", "Charges of providers, in US dollars.", charged)
    yield CounterMetricFamily("ttv_refunded_usd", "What of it was given back, in US dollars.", refunded)
