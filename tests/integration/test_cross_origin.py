"""Pages of other origins: only those that an operator has named may call the API, and none with cookies."""

import httpx
import pytest
from pydantic import ValidationError

from shared.settings import Settings
from tests.integration.apart import StartSubmit
from tests.integration.service import Api

FRIEND, STRANGER = "https://studio.example.com", "https://elsewhere.example.com"
ASKS = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization, x-own"}


def of_cors(answer: httpx.Response) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name.startswith("access-control-")}


def test_unless_configured_no_page_is_told_anything(api: Api) -> None:
    answers = [
        api.http.get("/v1/videos", headers={"Origin": FRIEND}),
        api.http.options("/v1/videos", headers={"Origin": FRIEND, **ASKS}),
    ]
    assert [of_cors(answer) for answer in answers] == [{}, {}]
    assert "Origin" not in answers[0].headers.get("Vary", "")


def test_a_page_of_a_named_origin_may_call_and_read_what_clients_need(
    start_submit: StartSubmit, api_key: str
) -> None:
    url = start_submit(TTV_CORS_ORIGINS=f"https://other.example.com, {FRIEND}")
    asked = httpx.options(f"{url}/v1/videos", headers={"Origin": FRIEND, **ASKS})
    assert asked.status_code == 204
    assert asked.headers["Access-Control-Allow-Origin"] == FRIEND
    assert asked.headers["Access-Control-Allow-Headers"] == "authorization, x-own"
    assert "POST" in asked.headers["Access-Control-Allow-Methods"]
    for key, status in ((api_key, 200), ("ttv_unknown", 401)):
        headers = {"Origin": FRIEND, "Authorization": f"Bearer {key}"}
        answer = httpx.get(f"{url}/v1/videos", headers=headers)
        assert answer.status_code == status
        assert answer.headers["Access-Control-Allow-Origin"] == FRIEND
        assert "Origin" in answer.headers["Vary"]
        exposed = answer.headers["Access-Control-Expose-Headers"].split(", ")
        assert {"X-Request-Id", "Location", "Retry-After", "RateLimit", "openai-poll-after-ms"} <= {*exposed}
        assert "Access-Control-Allow-Credentials" not in answer.headers


@pytest.mark.parametrize("stranger", [STRANGER, "null", f"{FRIEND}.evil.example", FRIEND.upper()])
def test_a_page_of_another_origin_may_not(start_submit: StartSubmit, stranger: str) -> None:
    url = start_submit(TTV_CORS_ORIGINS=FRIEND)
    asked = httpx.options(f"{url}/v1/videos", headers={"Origin": stranger, **ASKS})
    answer = httpx.get(f"{url}/health", headers={"Origin": stranger})
    assert (of_cors(asked), of_cors(answer)) == ({}, {})
    assert "Origin" in answer.headers["Vary"]


def test_any_origin_may_if_the_operator_says_so_and_odd_field_names_are_not_repeated(
    start_submit: StartSubmit,
) -> None:
    url = start_submit(TTV_CORS_ORIGINS="*")
    odd = {"Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "a b; <c>"}
    answer = httpx.options(f"{url}/v1/videos", headers={"Origin": STRANGER, **odd})
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Headers" not in answer.headers


@pytest.mark.parametrize(
    "wrong",
    [f"{FRIEND}/", "studio.example.com", FRIEND.upper(), f"{FRIEND} {STRANGER}", "https://*.example.com"],
)
def test_what_no_browser_would_send_is_no_origin(wrong: str) -> None:
    needed = {name.upper(): "x" for name, field in Settings.model_fields.items() if field.is_required()}
    with pytest.raises(ValidationError, match="is no origin; permitted"):
        Settings.from_environment(needed | {"TTV_CORS_ORIGINS": wrong})
