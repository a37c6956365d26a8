"""Bad input: a clear error in the one envelope, and nothing stored, nothing enqueued."""

import json
import re
import socket
import ssl
from typing import Any

import httpx
import pytest
from google.cloud import firestore

from functions.submit.app import app
from infra.local.stack import LocalStack
from shared.api_keys import ApiKeys, Scope
from tests.integration.service import PROMPT, Api

TOO_LONG = "a" * 4001
ROUTES = tuple(
    (method, re.sub(r"<[^>]+>", "0", below[1]))
    for rule in app.url_map.iter_rules()
    if (below := re.fullmatch(r"/v1/videos/<[^>]+>(.*)", rule.rule))
    for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})
)
"""Of one video, below its own path."""


def stored_jobs(api: Api) -> int:
    jobs = api.store._db.collection("jobs")
    assert isinstance(jobs, firestore.CollectionReference)
    return len(list(jobs.list_documents()))


def assert_envelope(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert (body["status"], body["code"]) == (status, code)
    assert body["error"]["code"] == code
    assert body["error"]["message"] == body["detail"]
    assert body["request_id"] == answer.headers["X-Request-Id"]
    return body


@pytest.mark.parametrize(
    ("body", "field", "permitted"),
    [
        ({}, "prompt", "a value is required"),
        ({"prompt": ""}, "prompt", "text with at least one letter or digit"),
        ({"prompt": " \t\n"}, "prompt", "text with at least one letter or digit"),
        ({"prompt": "\x00\x1b…!"}, "prompt", "text with at least one letter or digit"),
        ({"prompt": TOO_LONG}, "prompt", "at most 4000 characters"),
        ({"prompt": 7}, "prompt", "text"),
        ({"prompt": ["a"]}, "prompt", "text"),
        ({"prompt": None}, "prompt", "text"),
        ({"prompt": "\ud800"}, "prompt", "text in valid Unicode"),
        ({"prompt": PROMPT, "secnods": 8}, "secnods", "prompt, shots"),
        ({"prompt": PROMPT, "seconds": 1}, "seconds", "2 to 300"),
        ({"prompt": PROMPT, "seconds": 10**9}, "seconds", "2 to 300"),
        ({"prompt": PROMPT, "seconds": "8.5"}, "seconds", "a whole number"),
        ({"prompt": PROMPT, "seconds": True}, "seconds", "a whole number"),
        ({"prompt": PROMPT, "seconds": "8_0"}, "seconds", "a whole number"),
        ({"prompt": PROMPT, "size": "1x1"}, "size", "1280x720"),
        ({"prompt": PROMPT, "size": {"w": 1}}, "size", "text"),
        ({"prompt": PROMPT, "model": "veo"}, "model", "animatic"),
        ({"prompt": PROMPT, "keyframes": "trio"}, "keyframes", "single, pair, chain, none"),
        ({"prompt": PROMPT, "keyframes": "many"}, "keyframes", "single"),
        ({"prompt": PROMPT, "fps": 1000}, "fps", "24"),
        ({"prompt": PROMPT, "seed": -1}, "seed", "0 or more"),
        ({"prompt": PROMPT, "seed": 2**31}, "seed", "less than 2147483648"),
        ({"prompt": PROMPT, "metadata": []}, "metadata", "an object"),
        ({"prompt": PROMPT, "metadata": {"": "x"}}, "metadata.", "at least 1 character"),
        ({"prompt": PROMPT, "shots": [{"prompt": "x", "seconds": 1}]}, "shots.0.seconds", "2 to 10"),
    ],
)
def test_a_bad_value_is_named_with_what_is_permitted_and_nothing_is_stored(
    api: Api, body: dict[str, Any], field: str, permitted: str
) -> None:
    before = stored_jobs(api)
    answer = api.http.post(
        "/v1/videos", content=json.dumps(body), headers={"Content-Type": "application/json"}
    )
    problem = assert_envelope(answer, 422, "invalid_value")
    assert problem["field"] == problem["error"]["param"] == field
    assert permitted in problem["permitted"]
    assert len(problem["value"] or "") <= 80
    assert stored_jobs(api) == before


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b'{"prompt": "x"',
        b"[1]",
        b'"x"',
        b"null",
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"a":NaN',
        '{"prompt": "x"}'.encode("utf-16"),
        b'{"a": 1, "a": 2}',
    ],
    ids=repr,
)
def test_a_body_that_is_no_json_object_is_malformed(api: Api, content: bytes) -> None:
    answer = api.http.post("/v1/videos", content=content, headers={"Content-Type": "application/json"})
    assert_envelope(answer, 400, "malformed_body")


@pytest.mark.parametrize(
    "body",
    [{"k" * 900_000: 1}, {"prompt": PROMPT, "size": "x" * 900_000}],
    ids=["huge name", "huge value"],
)
def test_a_huge_mistake_gets_a_short_answer(api: Api, body: dict[str, Any]) -> None:
    answer = api.http.post("/v1/videos", json=body)
    assert_envelope(answer, 422, "invalid_value")
    assert len(answer.content) < 3000


@pytest.mark.parametrize("depth", [500, 900, 960, 975, 985, 1000, 5000])
def test_a_deep_value_is_refused_like_any_other(api: Api, depth: int) -> None:
    content = b'{"prompt": ' + b"[" * depth + b"]" * depth + b"}"
    answer = api.http.post("/v1/videos", content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code in (400, 422), answer.text


@pytest.mark.parametrize("route", ["retry", "cancel", ""])
def test_a_body_where_nothing_can_be_said_is_refused(api: Api, route: str) -> None:
    video_id, method = api.create(), "POST" if route else "DELETE"
    path = f"/v1/videos/{video_id}/{route}".rstrip("/")
    answer = api.http.request(method, path, json={"max_cost_usd": 1})
    assert assert_envelope(answer, 422, "invalid_value")["field"] == "max_cost_usd"
    assert api.video(video_id)["status"] != "cancelled"
    assert api.http.request("DELETE", f"/v1/videos/{video_id}", json={}).status_code == 200


def test_another_content_type_is_not_read(api: Api) -> None:
    answer = api.http.post("/v1/videos", content=b"prompt=x", headers={"Content-Type": "text/plain"})
    assert_envelope(answer, 415, "unsupported_media_type")


def test_a_body_over_the_limit_is_refused_by_its_declared_length(api: Api) -> None:
    answer = api.http.post(
        "/v1/videos", content=b" " * 2**20 + b"{}", headers={"Content-Type": "application/json"}
    )
    assert_envelope(answer, 413, "request_entity_too_large")


def test_a_chunked_body_over_the_limit_is_refused_too(stack: LocalStack, api_key: str) -> None:
    host, _, port = stack.submit_url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(
            b"POST /v1/videos HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            b"Authorization: Bearer " + api_key.encode() + b"\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        chunk = b" " * 65536
        try:
            for _ in range(17):
                connection.sendall(b"%x\r\n%s\r\n" % (len(chunk), chunk))
            connection.sendall(b"0\r\n\r\n")
        except OSError:
            pass  # the server may hang up as soon as it has answered
        assert connection.recv(12) == b"HTTP/1.1 413"


@pytest.mark.parametrize("authorization", [None, "", "Bearer", "Basic eDp5", "Bearer ttv_unknown"])
def test_without_a_known_key_nothing_is_told(
    stack: LocalStack, trust: ssl.SSLContext, authorization: str | None
) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}
    for method, path in (
        ("POST", "/v1/videos"),
        ("GET", "/v1/videos/video_000000000000000000000000"),
        ("GET", "/v1/videos/video_000000000000000000000000/content"),
        ("POST", "/v1/videos/video_000000000000000000000000/cancel"),
        ("POST", "/v1/videos/video_000000000000000000000000/retry"),
        ("DELETE", "/v1/videos/video_000000000000000000000000"),
        ("GET", "/v1/videos"),
    ):
        answer = httpx.request(method, f"{stack.url}{path}", headers=headers, timeout=20, verify=trust)
        assert_envelope(answer, 401, "invalid_api_key")
        assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize("video_id", ["video_000000000000000000000000", "x", "..%2f..", "video_" + "A" * 24])
def test_an_unknown_video_is_not_found(api: Api, video_id: str) -> None:
    for method, path in ROUTES:
        answer = api.http.request(method, f"/v1/videos/{video_id}{path}")
        assert_envelope(answer, 404, "not_found")


def test_wrong_methods_and_paths_answer_in_the_envelope(api: Api) -> None:
    assert_envelope(api.http.put("/v1/videos"), 405, "method_not_allowed")
    assert_envelope(api.http.get("/v2"), 404, "not_found")


def test_another_owners_video_is_not_found(api: Api) -> None:
    from infra.local.clients import create_api_key

    video_id = api.create()
    another = {"Authorization": f"Bearer {create_api_key(api.store, 'somebody else')}"}
    assert len(ROUTES) >= 8
    for method, path in ROUTES:
        answer = api.http.request(method, f"/v1/videos/{video_id}{path}", headers=another)
        assert_envelope(answer, 404, "not_found")


def test_a_key_for_metrics_opens_no_video(api: Api) -> None:
    video_id = api.create()
    key, _ = ApiKeys(api.store._db).create("tests", scope=Scope.METRICS)
    for method, path in ROUTES:
        answer = api.http.request(
            method, f"/v1/videos/{video_id}{path}", headers={"Authorization": f"Bearer {key}"}
        )
        assert_envelope(answer, 403, "forbidden")


def test_content_is_not_there_before_the_end_and_has_three_variants(api: Api) -> None:
    video_id = api.create()
    assert_envelope(api.http.get(f"/v1/videos/{video_id}/content"), 409, "not_ready")
    answer = api.http.get(f"/v1/videos/{video_id}/content?variant=script")
    assert assert_envelope(answer, 422, "invalid_value")["permitted"] == "video, thumbnail, spritesheet"


def test_an_idempotency_key_makes_one_video_however_often_it_comes(api: Api) -> None:
    body = {"prompt": PROMPT, "seconds": 4, "size": "640x360"}
    headers = {"Idempotency-Key": "once"}
    first = api.http.post("/v1/videos", json=body, headers=headers)
    again = api.http.post("/v1/videos", json=body, headers=headers)
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json()["id"] == again.json()["id"]
    other = api.http.post("/v1/videos", json=body | {"seconds": 6}, headers=headers)
    assert_envelope(other, 422, "idempotency_key_reused")
    long = api.http.post("/v1/videos", json=body, headers={"Idempotency-Key": "k" * 256})
    assert_envelope(long, 422, "invalid_value")
