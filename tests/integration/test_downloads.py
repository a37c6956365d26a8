"""Downloading as browsers, players and scripts do it: part by part, without the key, or looking first."""

import ssl
import time
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from infra.local.stack import LocalStack
from shared.cdn import Cdn, decoded_key
from shared.job_store import JobStore
from tests.integration.apart import StartSubmit
from tests.integration.service import Api


@pytest.fixture(scope="module")
def content(stack: LocalStack, trust: ssl.SSLContext, store: JobStore, api_key: str) -> str:
    """The path of a finished video's content."""
    headers = {"Authorization": f"Bearer {api_key}"}
    with httpx.Client(base_url=stack.url, headers=headers, verify=trust) as http:
        api = Api(http, store)
        video_id = api.create(seconds=2)
        assert api.finished(video_id)["status"] == "completed"
    return f"/v1/videos/{video_id}/content"


def test_the_redirect_carries_no_key_and_leads_elsewhere(api: Api, stack: LocalStack, content: str) -> None:
    answer = api.http.get(content)
    assert (answer.status_code, "Authorization" in answer.headers) == (302, False)
    key = api.http.headers["Authorization"].removeprefix("Bearer ")
    assert key not in answer.headers["Location"]
    assert urlsplit(answer.headers["Location"]).netloc != urlsplit(stack.url).netloc


def test_a_part_of_a_file_can_be_had_without_the_rest(api: Api, content: str) -> None:
    whole = api.http.get(content, follow_redirects=True).content
    for asked, wanted in (
        ("bytes=0-99", whole[:100]),
        ("bytes=100-299", whole[100:300]),
        ("bytes=-50", whole[-50:]),
        (f"bytes={len(whole) - 10}-", whole[-10:]),
    ):
        answer = api.http.get(content, headers={"Range": asked}, follow_redirects=True)
        assert (answer.status_code, answer.content) == (206, wanted), asked
        assert answer.headers["Content-Range"].endswith(f"/{len(whole)}")


@pytest.mark.parametrize(
    ("variant", "content_type"),
    [("video", "video/mp4"), ("thumbnail", "image/jpeg"), ("spritesheet", "image/png")],
)
def test_the_url_told_as_json_works_without_a_key(
    api: Api, content: str, variant: str, content_type: str
) -> None:
    told = api.http.get(content, params={"redirect": "false", "variant": variant}).json()
    assert told["object"] == "video.content"
    assert 0 < told["expires_at"] - time.time() <= 3600
    file = httpx.get(told["url"])
    assert (file.status_code, file.headers["Content-Type"]) == (200, content_type)
    followed = api.http.get(content, params={"variant": variant}, follow_redirects=True)
    assert file.content == followed.content


def test_looking_at_the_head_first_answers_like_a_download_without_a_body(api: Api, content: str) -> None:
    redirect = api.http.head(content)
    assert (redirect.status_code, redirect.content) == (302, b"")
    size = len(httpx.get(redirect.headers["Location"]).content)
    head = api.http.head(content, follow_redirects=True)
    assert (head.status_code, head.content, head.headers["Content-Length"]) == (200, b"", str(size))
    assert api.http.head("/v1/videos/video_000000000000000000000000/content").status_code == 404


CDN_KEY = "nZtRohdNF9m3cKM24IcK4w=="
CDN = Cdn("https://video.example.com", "key-1", decoded_key(CDN_KEY))


@pytest.mark.parametrize(
    ("variant", "name"),
    [("video", "video.mp4"), ("thumbnail", "thumbnail.jpg"), ("spritesheet", "storyboard.png")],
)
def test_where_cloud_cdn_serves_the_bucket_a_download_leads_there_without_its_key_in_the_logs(
    start_submit: StartSubmit, api: Api, content: str, variant: str, name: str, tmp_path: Path
) -> None:
    url = start_submit(TTV_CDN_URL=CDN.url, TTV_CDN_KEY_NAME=CDN.key_name, TTV_CDN_KEY=CDN_KEY)
    told = {"Authorization": api.http.headers["Authorization"]}
    answer = httpx.get(f"{url}{content}", params={"variant": variant}, headers=told)
    assert answer.status_code == 302
    location = answer.headers["Location"]
    query = parse_qs(urlsplit(location).query)
    expires_at = int(query["Expires"][0])
    assert 0 < expires_at - time.time() <= 3600
    path = f"jobs/{content.split('/')[3]}/{name}"
    assert location == CDN.signed_url(path, expires_at=datetime.fromtimestamp(expires_at, UTC))
    log = (tmp_path / "submit.log").read_text()
    assert "request.handled" in log
    assert [secret for secret in (CDN_KEY, query["Signature"][0]) if secret in log] == []
