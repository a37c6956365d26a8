"""A dependency is down: 503 with Retry-After in under 3 s, never 404 and never a lost job."""

import socket
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from infra.local.clients import job_store
from infra.local.ports import reserve_port
from shared.api_keys import ApiKeys
from shared.domain.errors import StoreUnavailable
from shared.domain.job import Stage
from shared.job_queries import JobQueries
from shared.job_store import ALL, JobStore
from shared.repeats import Repeats
from tests.integration.apart import StartSubmit
from tests.integration.queues import Queues
from tests.integration.service import PROMPT, Api, until

BODY = {"prompt": PROMPT, "seconds": 4, "size": "640x360"}


@pytest.fixture
def silent_server() -> Iterator[str]:
    """host:port of something that accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"127.0.0.1:{server.getsockname()[1]}"


@pytest.fixture
def nobody() -> str:
    """host:port where nothing listens."""
    return f"127.0.0.1:{reserve_port().release()}"


def assert_unavailable(answer: httpx.Response, code: str, began: float) -> None:
    assert time.monotonic() - began < 3
    assert (answer.status_code, answer.json()["code"]) == (503, code)
    assert int(answer.headers["Retry-After"]) > 0


@pytest.mark.parametrize("dependency", ["nobody", "silent_server"])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/videos"),
        ("GET", "/v1/videos"),
        ("GET", "/v1/videos/video_000000000000000000000000"),
        ("GET", "/v1/videos/video_000000000000000000000000/shots"),
        ("GET", "/v1/videos/video_000000000000000000000000/content"),
        ("POST", "/v1/videos/video_000000000000000000000000/cancel"),
        ("POST", "/v1/videos/video_000000000000000000000000/retry"),
        ("DELETE", "/v1/videos/video_000000000000000000000000"),
    ],
)
def test_a_store_that_is_down_is_a_503_on_every_route(
    request: pytest.FixtureRequest,
    start_submit: StartSubmit,
    api_key: str,
    dependency: str,
    method: str,
    path: str,
) -> None:
    url = start_submit(FIRESTORE_EMULATOR_HOST=request.getfixturevalue(dependency))
    headers = {"Authorization": f"Bearer {api_key}"}
    began = time.monotonic()
    answer = httpx.request(
        method, url + path, headers=headers, json=BODY if method == "POST" else None, timeout=10
    )
    assert_unavailable(answer, "store_unavailable", began)


JOB_ID = "video_000000000000000000000000"
READINGS: dict[str, Callable[[JobStore, JobQueries], object]] = {
    "listing": lambda _, queries: queries.owned("somebody", limit=20),
    "next page": lambda _, queries: queries.owned("somebody", limit=20, after=JOB_ID),
    "active": lambda _, queries: queries.active_jobs(10),
    "unsettled": lambda _, queries: queries.unsettled_jobs(10),
    "deleted": lambda _, queries: queries.deleted_jobs(10, rested_for=timedelta(0)),
    "running": lambda _, queries: queries.running("somebody"),
    "heirs": lambda _, queries: queries.has_unfinished_heirs(JOB_ID),
    "glance": lambda store, _: store.glance(JOB_ID),
    "load": lambda store, _: store.load(JOB_ID, shots=ALL),
    "events": lambda store, _: store.events(JOB_ID),
    "key": lambda store, _: ApiKeys(store._db).find("0"),
    "keys": lambda store, _: ApiKeys(store._db).all(),
    "claims": lambda store, _: Repeats(store._db).standing("0"),
}


@pytest.mark.parametrize("dependency", ["nobody", "silent_server"])
@pytest.mark.parametrize("reading", READINGS)
def test_no_reading_takes_a_store_that_is_down_for_an_empty_one(
    request: pytest.FixtureRequest, dependency: str, reading: str
) -> None:
    there = {
        "GOOGLE_CLOUD_PROJECT": "demo-nobody",
        "FIRESTORE_EMULATOR_HOST": request.getfixturevalue(dependency),
    }
    store = job_store(there)
    began = time.monotonic()
    with pytest.raises(StoreUnavailable):
        READINGS[reading](store, JobQueries(store._db))
    assert time.monotonic() - began < 3


@pytest.mark.parametrize("dependency", ["nobody", "silent_server"])
def test_a_job_whose_task_could_not_be_enqueued_is_accepted_on_repeat(
    request: pytest.FixtureRequest, start_submit: StartSubmit, api: Api, api_key: str, dependency: str
) -> None:
    url = start_submit(TTV_TASKS_ENDPOINT=request.getfixturevalue(dependency))
    headers = {"Authorization": f"Bearer {api_key}", "Idempotency-Key": f"outage-{dependency}"}
    began = time.monotonic()
    refused = httpx.post(f"{url}/v1/videos", json=BODY, headers=headers, timeout=10)
    assert_unavailable(refused, "queue_unavailable", began)
    accepted = api.http.post("/v1/videos", json=BODY, headers=headers)
    assert accepted.status_code == 202
    assert api.finished(accepted.json()["id"])["status"] == "completed"


def test_a_url_that_cannot_be_signed_is_a_503(
    start_submit: StartSubmit, api: Api, api_key: str, tmp_path: Path
) -> None:
    video_id = api.create(seconds=4)
    assert api.finished(video_id)["status"] == "completed"
    url = start_submit(GOOGLE_APPLICATION_CREDENTIALS=str(tmp_path / "missing.json"))
    began = time.monotonic()
    headers = {"Authorization": f"Bearer {api_key}"}
    answer = httpx.get(f"{url}/v1/videos/{video_id}/content", headers=headers, timeout=10)
    assert_unavailable(answer, "object_store_unavailable", began)


def test_readiness_names_what_is_down(start_submit: StartSubmit, nobody: str, api: Api) -> None:
    assert api.http.get("/ready").json() == {"status": "ok", "store": "ok", "queue": "ok"}
    url = start_submit(TTV_TASKS_ENDPOINT=nobody)
    answer = httpx.get(f"{url}/ready", timeout=10)
    assert answer.status_code == 503
    assert answer.json() == {"status": "unavailable", "store": "ok", "queue": "queue_unavailable"}
    assert httpx.get(f"{url}/health", timeout=10).status_code == 200


def test_a_job_past_its_deadline_is_failed_by_the_sweep(
    start_submit: StartSubmit,
    api: Api,
    api_key: str,
    queues: Queues,
    sweep: Callable[[], dict[str, int]],
) -> None:
    queues.pause(Stage.KEYFRAMES)
    url = start_submit(TTV_JOB_TIME_LIMIT_SECONDS="1")
    headers = {"Authorization": f"Bearer {api_key}"}
    video_id = httpx.post(f"{url}/v1/videos", json=BODY, headers=headers, timeout=10).json()["id"]
    until(sweep, lambda report: report["expired"], what="the deadline")
    video = api.video(video_id)
    assert (video["status"], video["error"]["code"]) == ("failed", "deadline_exceeded")
