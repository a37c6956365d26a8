"""The census as scrapers read it."""

from datetime import UTC, datetime, timedelta
from typing import Any

from prometheus_client.openmetrics.parser import text_string_to_metric_families

from functions.submit.exposition import CONTENT_TYPE, COUNTERS, openmetrics
from shared.domain.census import COUNTED, Census, Standing, Totals
from shared.domain.job import Stage, Status

parse: Any = text_string_to_metric_families  # which is not typed

NOW = datetime(2026, 1, 1, tzinfo=UTC)
CENSUS = Census(
    counted_up_to=NOW - timedelta(seconds=90),
    standing=Standing(
        by_status={Status.QUEUED: 2, Status.IN_PROGRESS: 1},
        by_stage={Stage.RENDER: 1},
        oldest_waiting_seconds=7.5,
    ),
    totals=Totals(
        events={"job.accepted": 5, "clip.rendered": 9, "shot.refused": 1},
        charged_usd_micros=1_250_000,
        refunded_usd_micros=400_000,
    ),
)


def samples() -> dict[str, float]:
    families = parse(openmetrics(CENSUS, NOW).decode())
    return {
        ",".join([sample.name, *sample.labels.values()]): sample.value
        for family in families
        for sample in family.samples
    }


def test_a_strict_parser_reads_every_number_back() -> None:
    found = samples()
    assert found["ttv_jobs,queued"] == 2
    assert found["ttv_jobs_in_progress,render"] == 1
    assert found["ttv_oldest_waiting_job_age_seconds"] == 7.5
    assert found["ttv_jobs_accepted_total"] == 5
    assert found["ttv_clips_rendered_total"] == 9
    assert found["ttv_refusals_total"] == 1
    assert (found["ttv_charged_usd_total"], found["ttv_refunded_usd_total"]) == (1.25, 0.4)


def test_the_age_of_a_census_is_told() -> None:
    assert samples()["ttv_snapshot_age_seconds"] == 90


def test_what_has_not_happened_yet_is_a_counter_at_zero() -> None:
    assert samples()["ttv_jobs_failed_total"] == 0


def test_every_event_that_is_counted_is_shown() -> None:
    assert set(COUNTERS) == set(COUNTED)


def test_the_type_says_openmetrics() -> None:
    assert CONTENT_TYPE.startswith("application/openmetrics-text")
