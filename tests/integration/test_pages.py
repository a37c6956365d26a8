"""The open pages: there without a key, and nothing on them runs or is fetched from elsewhere."""

import base64
import hashlib
import re
import ssl
from collections.abc import Iterator

import httpx
import pytest

from functions.submit.pages import PUBLISHED
from infra.local.stack import LocalStack


@pytest.fixture
def nobody(stack: LocalStack, trust: ssl.SSLContext) -> Iterator[httpx.Client]:
    """A client without a key."""
    with httpx.Client(base_url=stack.url, timeout=20, verify=trust) as http:
        yield http


def test_the_first_page_says_where_everything_is(nobody: httpx.Client) -> None:
    said = nobody.get("/").json()
    assert said["version"] == nobody.get(said["openapi"]).json()["info"]["version"]
    assert "<h1>" in nobody.get(said["docs"]).text
    assert nobody.get(said["videos"]).status_code == 401


@pytest.mark.parametrize("name", ["openapi.json", "docs.html"])
def test_what_is_served_is_what_is_committed(nobody: httpx.Client, name: str) -> None:
    answer = nobody.get(f"/{name.removesuffix('.html')}")
    assert answer.content == (PUBLISHED / name).read_bytes()


@pytest.mark.parametrize("path", ["/docs", "/openapi.json"])
def test_a_page_that_has_not_changed_is_not_sent_again(nobody: httpx.Client, path: str) -> None:
    first = nobody.get(path)
    again = nobody.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["Cache-Control"] == first.headers["Cache-Control"] == "public, max-age=300"


def test_the_reference_page_may_use_its_own_styles_and_nothing_else(nobody: httpx.Client) -> None:
    answer = nobody.get("/docs")
    (styles,) = re.findall("<style>(.*?)</style>", answer.text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(styles.encode()).digest()).decode()
    policy = answer.headers["Content-Security-Policy"].split("; ")
    assert policy[:2] == ["default-src 'none'", f"style-src 'sha256-{digest}'"]


@pytest.mark.parametrize("path", ["/robots.txt", "/favicon.ico", "/v1/videos/%0A", "/v2"])
def test_a_path_that_is_nobodys_is_not_found_in_the_envelope(nobody: httpx.Client, path: str) -> None:
    answer = nobody.get(path)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["X-Request-Id"] == answer.json()["request_id"]


@pytest.mark.parametrize(
    ("path", "allowed"),
    [("/v1/videos", "GET, HEAD, OPTIONS, POST"), ("/v1/videos/estimate", "OPTIONS, POST")],
)
@pytest.mark.parametrize("method", ["TRACE", "PUT", "NOBODY"])
def test_a_method_that_a_path_does_not_know_is_answered_with_those_it_knows(
    nobody: httpx.Client, method: str, path: str, allowed: str
) -> None:
    answer = nobody.request(method, path)
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert ", ".join(sorted(answer.headers["Allow"].split(", "))) == allowed
