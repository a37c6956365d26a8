"""`GET /v1/models`: what a deployment offers, for whoever may use it, in OpenAI's shape."""

from collections.abc import Iterator

import httpx
import openai
import pytest

from shared.api_keys import ApiKeys, Scope
from shared.job_store import JobStore
from tests.integration.apart import StartSubmit
from tests.integration.service import Api

GOOGLE = {
    "TTV_VIDEO_BACKENDS": "animatic,omni",
    "TTV_IMAGE_BACKENDS": "storyboard,nano_banana",
    "TTV_PLANNERS": "rules,gemini",
    "TTV_MODEL_IDS": '{"omni": "gemini-omni-9"}',
    "TTV_MAX_OPERATIONS": '{"omni": 3}',
    "TTV_DEFAULTS": '{"model": "omni", "image_model": "nano_banana"}',
}


@pytest.fixture
def there(start_submit: StartSubmit, api_key: str) -> Iterator[httpx.Client]:
    """A deployment that offers more than what is built in."""
    headers = {"Authorization": f"Bearer {api_key}"}
    with httpx.Client(base_url=start_submit(**GOOGLE), headers=headers) as client:
        yield client


def test_a_deployment_lists_what_it_offers_and_nothing_else(api: Api, there: httpx.Client) -> None:
    listed = {url: http.get("/v1/models").json() for url, http in (("here", api.http), ("there", there))}
    ids = {url: [each["id"] for each in body["data"]] for url, body in listed.items()}
    assert ids["here"] == ["animatic", "scripted", "storyboard", "rules"]
    assert ids["there"] == ["animatic", "omni", "storyboard", "nano_banana", "rules", "gemini"]
    omni = listed["there"]["data"][1]
    assert (omni["model_id"], omni["max_operations"]) == ("gemini-omni-9", 3)


def test_openais_client_lists_them(there: httpx.Client, api_key: str) -> None:
    with openai.OpenAI(base_url=str(there.base_url.join("/v1")), api_key=api_key) as client:
        models = client.models.list()
    assert models.object == "list"
    for model in models:
        assert (model.object, isinstance(model.created, int)) == ("model", True)
        assert model.owned_by in ("ttv", "google")


def test_only_who_may_make_videos_is_told(api: Api, store: JobStore) -> None:
    for_metrics, _ = ApiKeys(store._db).create("operators", scope=Scope.METRICS)
    for key, status in (("ttv_unknown", 401), (for_metrics, 403)):
        answer = api.http.get("/v1/models", headers={"Authorization": f"Bearer {key}"})
        assert answer.status_code == status
        assert answer.headers["Content-Type"] == "application/problem+json"


def test_a_query_is_refused(api: Api) -> None:
    assert api.http.get("/v1/models?limit=1").json()["code"] == "invalid_value"


def test_an_estimate_is_of_what_the_deployment_makes_unless_told_otherwise(there: httpx.Client) -> None:
    body = {"prompt": "Mara walks along the harbour.", "seconds": 6}
    told = there.post("/v1/videos/estimate", json=body).json()
    assert told["config"]["model"] == {"value": "omni", "set_by": "file"}
    assert told["estimate_usd"] >= 6 * 0.07
    free = {**body, "model": "animatic", "image_model": "storyboard"}
    assert there.post("/v1/videos/estimate", json=free).json()["estimate_usd"] == 0
    refused = there.post("/v1/videos/estimate", json={**body, "model": "veo"}).json()
    assert (refused["field"], refused["permitted"]) == ("model", "animatic, omni")
