"""What browsers are told about every answer, whatever came of the request."""

import httpx
import pytest

from infra.local.stack import LocalStack
from tests.integration.service import Api

ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Strict-Transport-Security": "max-age=31536000",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
}
NOTHING_IS_LOADED = "default-src 'none'; frame-ancestors 'none'"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/health", 200),
        ("GET", "/v1/videos", 200),
        ("POST", "/v1/videos", 415),
        ("PUT", "/v1/videos", 405),
        ("GET", "/v1/videos/video_000000000000000000000000", 404),
        ("GET", "/nowhere", 404),
        ("GET", "/metrics", 403),
        ("OPTIONS", "/health", 200),
    ],
)
def test_every_answer_carries_them(api: Api, method: str, path: str, status: int) -> None:
    answer = api.http.request(method, path)
    assert answer.status_code == status
    assert {name: answer.headers.get(name) for name in ALWAYS} == ALWAYS
    assert answer.headers["Content-Security-Policy"] == NOTHING_IS_LOADED
    assert answer.headers["Cache-Control"] == "no-store"


def test_an_answer_to_nobody_known_carries_them_too(stack: LocalStack) -> None:
    answer = httpx.get(f"{stack.submit_url}/v1/videos")
    assert answer.status_code == 401
    assert {name: answer.headers.get(name) for name in ALWAYS} == ALWAYS
    assert answer.headers["Cache-Control"] == "no-store"


def test_a_page_for_people_has_a_policy_and_a_lifetime_of_its_own(stack: LocalStack) -> None:
    answer = httpx.get(f"{stack.submit_url}/docs")
    assert {name: answer.headers.get(name) for name in ALWAYS} == ALWAYS
    assert answer.headers.get_list("Content-Security-Policy") != [NOTHING_IS_LOADED]
    assert answer.headers.get_list("Cache-Control") != ["no-store"]
