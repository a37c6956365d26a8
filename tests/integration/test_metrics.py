"""What scrapers read, and who may be one."""

import secrets
from collections.abc import Callable, Mapping
from typing import Any

import httpx
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from functions.finalize.census import take_census
from infra.local.clients import job_store
from infra.local.stack import LocalStack
from shared.api_keys import ApiKeys, Scope
from shared.census_store import CensusStore
from shared.job_queries import JobQueries
from shared.job_store import JobStore
from tests.integration.apart import StartSubmit
from tests.integration.service import Api, until
from tests.integration.test_api_errors import assert_envelope

parse: Any = text_string_to_metric_families  # which is not typed


def as_scraper(store: JobStore) -> dict[str, str]:
    key, _ = ApiKeys(store._db).create("operators", scope=Scope.METRICS)
    return {"Authorization": f"Bearer {key}"}


def test_without_a_census_there_is_nothing_to_show(stack: LocalStack, start_submit: StartSubmit) -> None:
    elsewhere = f"test-{secrets.token_hex(4)}"
    store = job_store(stack.environment | {"GOOGLE_CLOUD_PROJECT": elsewhere})
    url, headers = start_submit(GOOGLE_CLOUD_PROJECT=elsewhere), as_scraper(store)
    assert_envelope(httpx.get(f"{url}/metrics", headers=headers), 503, "unavailable")
    assert take_census(JobQueries(store._db), CensusStore(store._db))
    assert httpx.get(f"{url}/metrics", headers=headers).status_code == 200


def test_only_a_key_for_metrics_opens_them(api: Api) -> None:
    assert_envelope(api.http.get("/metrics"), 403, "forbidden")
    assert_envelope(api.http.get("/metrics", headers={"Authorization": ""}), 401, "invalid_api_key")


def test_what_the_sweep_has_counted_can_be_scraped(api: Api, sweep: Callable[[], dict[str, int]]) -> None:
    api.finished(api.create(seconds=4))
    until(lambda: (sweep(), counted(api).get("clip.rendered", 0)), lambda seen: seen[1], what="the census")
    answer = api.http.get("/metrics", headers=as_scraper(api.store))
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Type"].startswith("application/openmetrics-text")
    shown = {sample.name: sample.value for family in parse(answer.text) for sample in family.samples}
    assert shown["ttv_jobs_accepted_total"] == counted(api)["job.accepted"] > 0
    assert shown["ttv_clips_rendered_total"] == counted(api)["clip.rendered"] > 0
    assert shown["ttv_snapshot_age_seconds"] >= 0


def counted(api: Api) -> Mapping[str, int]:
    census = CensusStore(api.store._db).latest().census
    return census.totals.events if census else {}
