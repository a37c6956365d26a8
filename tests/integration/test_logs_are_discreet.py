"""What no process may log, at any level: words of users, their keys and pictures, signed URLs.

Every field of a request gets a mark of its own that stands nowhere else.
"""

import base64
import json
import secrets
from collections.abc import Iterator, Mapping
from pathlib import Path

import httpx
import pytest
from PIL import Image

from infra.local.stack import LocalStack
from shared.documents import JobDocuments
from shared.domain.job import Stage
from tests.integration.apart import StartSubmit
from tests.integration.log_lines import await_line
from tests.integration.queues import Queues
from tests.integration.service import Api, until
from tests.provider.running import RunningProvider
from tests.unit.drawn_pictures import encoded

PICTURE = base64.b64encode(encoded(Image.effect_noise((96, 96), 90).convert("RGB"))).decode()

SMALL: dict[str, object] = {"seconds": 4, "size": "640x360"}

MARKS = {
    "prompt": "Zyxomma",
    "negative prompt": "Quorvexil",
    "style": "Brindlefax",
    "shot": "Wumbrethil",
    "note": "Xanthrogle",
    "name of a note": "yembrosk",
    "idempotency key": "Pnorfiquet",
    "bad value": "Vrukholmir",
    "unknown field": "ojmurveth",
    "query": "Klymprizoon",
    "name of a cast": "Drizzembly",
    "path": "Hexaquorn",
    "what a crash had at hand": "Murgatrylle",
    "picture": PICTURE[600:640],
}


def good_body() -> dict[str, object]:
    return SMALL | {
        "prompt": f"{MARKS['prompt']} walks along the harbour with {MARKS['name of a cast']}.",
        "negative_prompt": MARKS["negative prompt"],
        "style": MARKS["style"],
        "shots": [{"prompt": f"{MARKS['prompt']} rests beside {MARKS['shot']}.", "seconds": 4}],
        "metadata": {MARKS["name of a note"]: MARKS["note"]},
        "reference_images": [{"data": PICTURE}],
    }


def bad_bodies() -> Iterator[object]:
    wrong = MARKS["bad value"]
    for field in ("prompt", "negative_prompt", "style", "shots", "metadata", "reference_images"):
        yield good_body() | {field: {wrong: [wrong]}}
    for field in ("seconds", "size", "fps", "seed", "model", "keyframes", "initial_image", "max_cost_usd"):
        yield good_body() | {field: wrong}
    yield good_body() | {MARKS["unknown field"]: 1}
    yield good_body() | {"reference_images": [{"data": PICTURE[:800]}]}
    yield [good_body()]


def try_everything(http: httpx.Client, video_id: str) -> None:
    """Ask well and badly, on every route."""
    key = {"Idempotency-Key": MARKS["idempotency key"]}
    for body in bad_bodies():
        assert http.post("/v1/videos", json=body).status_code >= 400
    broken = json.dumps(good_body())[:-2]
    for content in (broken, "\udcff" + broken):
        data = content.encode(errors="surrogateescape")
        http.post("/v1/videos", content=data, headers={"Content-Type": "application/json"})
    http.post("/v1/videos", json=good_body() | {"seconds": 6}, headers=key)
    http.post("/v1/videos", json=good_body(), headers={"Idempotency-Key": MARKS["idempotency key"] * 40})
    http.post("/v1/videos/estimate", json=good_body())
    http.post("/v1/videos", data={"prompt": MARKS["prompt"], "metadata[x]": MARKS["note"]})
    query = {"after": MARKS["query"], "variant": MARKS["query"], MARKS["query"]: MARKS["query"]}
    for method, path in (
        *(("GET", ""), ("POST", ""), ("POST", "/estimate")),
        *((method, f"/{video_id}") for method in ("GET", "DELETE", "PUT")),
        *(("GET", f"/{video_id}/{part}") for part in ("shots", "content")),
        *(("POST", f"/{video_id}/{action}") for action in ("retry", "render", "remix", "cancel")),
    ):
        http.request(method, f"/v1/videos{path}", params=query, json=good_body())
    for action in ("retry", "render", "remix"):
        http.post(
            f"/v1/videos/{video_id}/{action}", json={"prompt": MARKS["prompt"], "x": MARKS["bad value"]}
        )
    http.get("/metrics", params=query)


def leaks(secret_of: Mapping[str, str], *folders: Path) -> list[tuple[str, str]]:
    assert all(secret_of.values())
    logs = {path.name: path.read_text(errors="replace") for each in folders for path in each.glob("*.log*")}
    return [
        (name, what) for name, text in logs.items() for what, secret in secret_of.items() if secret in text
    ]


def secrets_of(api_key: str, signed_url: str = "") -> dict[str, str]:
    signature = {"signature": signed_url.partition("X-Goog-Signature=")[2][:40]} if signed_url else {}
    of_logs_only = {name: mark for name, mark in MARKS.items() if name != "path"}
    return {**of_logs_only, "key": api_key, **signature}


def test_nothing_that_users_say_is_logged_on_the_way_of_a_video_or_when_asked_badly(
    stack: LocalStack, api: Api, api_key: str
) -> None:
    headers = {"Idempotency-Key": MARKS["idempotency key"]}
    answer = api.http.post("/v1/videos", json=good_body(), headers=headers)
    assert answer.status_code == 202, answer.text
    video_id = answer.json()["id"]
    assert api.finished(video_id)["status"] == "completed"
    signed = api.http.get(f"/v1/videos/{video_id}/content").headers["Location"]
    assert httpx.get(signed, timeout=20).status_code == 200
    try_everything(api.http, video_id)
    last = f"req_{secrets.token_hex(12)}"
    api.http.get("/health", headers={"X-Request-Id": last})
    await_line(stack, last, "request.handled")
    assert leaks(secrets_of(api_key, signed), stack.folder.logs) == []


def test_nothing_is_logged_of_what_is_refused_by_a_provider_or_crashes_a_worker(
    stack: LocalStack, api: Api, api_key: str, provider: RunningProvider, queues: Queues
) -> None:
    asked: dict[str, object] = {"seconds": 4, "model": "scripted", "reword_refused": False}
    refused = api.create(prompt=f"{MARKS['prompt']} walks. [refuse]", **asked)
    assert api.finished(refused)["status"] == "failed"
    queues.pause(Stage.KEYFRAMES)
    spoilt = api.create(prompt=f"{MARKS['prompt']} walks.")
    job = JobDocuments(api.store._db, spoilt).job
    job.update({"stage": MARKS["what a crash had at hand"]})
    assert api.http.get(f"/v1/videos/{spoilt}").status_code == 500
    config = job.get().get("config")
    unknown = config.replace("rules", MARKS["what a crash had at hand"])
    job.update({"stage": "keyframes", "config": unknown})
    queues.resume(Stage.KEYFRAMES)
    assert "KeyError" in str(await_line(stack, spoilt, "work.interrupted"))
    job.update({"config": config})
    until(lambda: api.store.load(spoilt).state.job.status.is_final, bool, what="the job's end")
    assert leaks(secrets_of(api_key), stack.folder.logs) == []


def test_nothing_is_logged_by_a_submit_that_is_told_to_log_everything(
    stack: LocalStack, api: Api, api_key: str, queues: Queues, start_submit: StartSubmit, tmp_path: Path
) -> None:
    queues.pause(Stage.KEYFRAMES)
    url = start_submit(TTV_LOG_LEVEL="debug")
    with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {api_key}"}, timeout=20) as http:
        video_id = http.post("/v1/videos", json=good_body()).json()["id"]
        try_everything(http, video_id)
        last = http.get("/health").headers["X-Request-Id"]
    said = until((tmp_path / "submit.log").read_text, lambda text: last in text, what="the last line")
    assert "task.enqueued" in said
    assert leaks(secrets_of(api_key), tmp_path) == []


@pytest.mark.parametrize("path", [f"/v1/videos/video_{MARKS['path']}/cancel", f"/{MARKS['path']}"])
def test_a_path_that_names_nothing_of_ours_is_not_repeated_by_submit(
    stack: LocalStack, api: Api, path: str
) -> None:
    request_id = f"req_{secrets.token_hex(12)}"
    api.http.post(path, headers={"X-Request-Id": request_id})
    await_line(stack, request_id, "request.handled", video_id=None)
    assert MARKS["path"] not in (stack.folder.logs / "submit.log").read_text()
