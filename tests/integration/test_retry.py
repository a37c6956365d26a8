"""A failed video, asked for once more: what it had finished is taken over, and never made again."""

import secrets
from functools import partial
from pathlib import Path

import httpx
import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud import storage

from infra.local.clients import create_api_key
from infra.local.stack import LocalStack
from shared.domain import naming
from shared.domain.errors import BackendFailed
from shared.domain.job import ShotStatus, Stage
from shared.domain.transitions import fail
from shared.job_store import ALL
from shared.probe import decode_fully
from tests.integration.apart import StartSubmit
from tests.integration.queues import Queues
from tests.integration.service import Api, until


@pytest.fixture
def bucket(stack: LocalStack) -> storage.Bucket:
    endpoint = {"api_endpoint": stack.environment["STORAGE_EMULATOR_HOST"]}
    nobody = AnonymousCredentials()  # type: ignore[no-untyped-call]  # google-auth is typed in part
    client = storage.Client(project="any", credentials=nobody, client_options=endpoint)
    return client.bucket(stack.environment["TTV_BUCKET"])


@pytest.fixture
def rendered_id(api: Api, queues: Queues) -> str:
    """A video that lacks nothing but finalize, whose queue is paused."""
    queues.pause(Stage.FINALIZE)
    video_id = api.create(seconds=8)
    until(
        lambda: [shot.status for shot in api.store.load(video_id, shots=ALL).state.shots],
        lambda statuses: bool(statuses) and all(status is ShotStatus.RENDERED for status in statuses),
        what="every shot to be rendered",
    )
    return video_id


@pytest.fixture
def failed_id(api: Api, queues: Queues, rendered_id: str) -> str:
    """A video that failed with every clip rendered."""
    api.store.change(rendered_id, partial(fail, failure=BackendFailed("no")), shots=ALL)
    queues.resume(Stage.FINALIZE)
    return rendered_id


def test_a_retry_repeated_without_a_key_makes_no_second_video(api: Api, failed_id: str) -> None:
    first, again = retry(api, failed_id), retry(api, failed_id)
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json()["id"] == again.json()["id"]


def retry(api: Api, video_id: str, **headers: str) -> httpx.Response:
    return api.http.post(f"/v1/videos/{video_id}/retry", headers=headers)


def generated(stack: LocalStack, stage: str, video_id: str) -> int:
    """Count how often a generator of that stage ran for a video."""
    logs = [log.read_text().splitlines() for log in stack.folder.logs.glob(f"{stage}*.log")]
    return sum(video_id in line and "generator.ran" in line for lines in logs for line in lines)


def test_what_is_finished_is_copied_and_the_video_is_whole(
    stack: LocalStack, api: Api, failed_id: str, tmp_path: Path
) -> None:
    answer = retry(api, failed_id)
    assert answer.status_code == 202, answer.text
    video = answer.json()
    assert answer.headers["Location"] == f"/v1/videos/{video['id']}"
    old = api.video(failed_id)
    assert video["derived_from"] == failed_id != video["id"]
    assert old["derived_from"] is None
    assert (video["prompt"], video["config"]) == (old["prompt"], old["config"])
    done = api.finished(video["id"])
    assert done["status"] == "completed", done["error"]
    assert decode_fully(api.download(video["id"], tmp_path / "video.mp4")) == 8 * 24
    assert done["shots"]["total"] == done["shots"]["clips_rendered"] == old["shots"]["total"] >= 2
    assert [generated(stack, stage, video["id"]) for stage in Stage] == [0, 0, 1]
    assert api.video(failed_id)["status"] == "failed"


def test_a_failed_video_is_retried_from_the_shot_that_failed(
    stack: LocalStack, bucket: storage.Bucket, api: Api, queues: Queues, rendered_id: str, tmp_path: Path
) -> None:
    bucket.blob(naming.clip_path(rendered_id, 1)).delete()
    queues.resume(Stage.FINALIZE)
    assert api.finished(rendered_id)["error"]["code"] == "media_missing"
    video_id = retry(api, rendered_id).json()["id"]
    done = api.finished(video_id)
    assert done["status"] == "completed", done["error"]
    assert decode_fully(api.download(video_id, tmp_path / "video.mp4")) == 8 * 24
    assert [generated(stack, stage, video_id) for stage in ("keyframes", "render")] == [0, 1]


@pytest.mark.parametrize(("harm", "code"), [("remove", "media_missing"), ("replace", "media_corrupt")])
@pytest.mark.parametrize("media", ["keyframe", "clip"])
def test_media_that_cannot_be_taken_over_fail_that_video_and_the_next_retry_makes_them_anew(
    stack: LocalStack, bucket: storage.Bucket, api: Api, failed_id: str, media: str, harm: str, code: str
) -> None:
    path = {"keyframe": naming.keyframe_path, "clip": naming.clip_path}[media](failed_id, 0)
    if harm == "remove":
        bucket.blob(path).delete()
    else:
        bucket.blob(path).upload_from_string(b"not what it was" * 100)
    first = api.finished(retry(api, failed_id).json()["id"])
    assert (first["status"], first["error"]["code"], first["error"]["shot"]) == ("failed", code, 0)
    second = api.finished(retry(api, first["id"]).json()["id"])
    assert second["status"] == "completed", second["error"]
    assert second["derived_from"] == first["id"]
    again = [generated(stack, stage, second["id"]) for stage in ("keyframes", "render")]
    assert again == ([1, 1] if media == "keyframe" else [0, 1]), "what was spoilt, and what was made of it"


def test_an_idempotency_key_makes_one_retry_however_often_it_comes(api: Api, failed_id: str) -> None:
    key = {"Idempotency-Key": secrets.token_hex(8)}
    first, again = retry(api, failed_id, **key), retry(api, failed_id, **key)
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.json()["id"] == again.json()["id"]
    other = api.http.post("/v1/videos", json={"prompt": "A cat sleeps."}, headers=key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")


def test_a_video_that_failed_before_it_was_planned_is_asked_for_again(api: Api, queues: Queues) -> None:
    queues.pause(Stage.KEYFRAMES)
    video_id = api.create(seconds=4)
    api.store.change(video_id, partial(fail, failure=BackendFailed("no")), shots=ALL)
    queues.resume(Stage.KEYFRAMES)
    assert api.finished(retry(api, video_id).json()["id"])["status"] == "completed"


def test_only_a_failed_video_can_be_retried(api: Api, queues: Queues) -> None:
    queues.pause(Stage.KEYFRAMES)
    video_id = api.create()
    for status in ("queued", "cancelled"):
        answer = retry(api, video_id)
        assert (answer.status_code, answer.json()["code"]) == (409, "illegal_transition")
        assert status in answer.json()["detail"]
        api.http.post(f"/v1/videos/{video_id}/cancel")


def test_a_retry_needs_a_place_among_the_running_videos_as_well(
    start_submit: StartSubmit, api: Api, queues: Queues
) -> None:
    queues.pause(Stage.KEYFRAMES)
    url = f"{start_submit(TTV_MAX_RUNNING_VIDEOS='1')}/v1/videos"
    key = create_api_key(api.store, f"limited {secrets.token_hex(4)}")
    with httpx.Client(headers={"Authorization": f"Bearer {key}"}, timeout=20) as http:
        body = {"prompt": "A cat sleeps.", "seconds": 4, "size": "640x360"}
        video_id = http.post(url, json=body).json()["id"]
        api.store.change(video_id, partial(fail, failure=BackendFailed("no")), shots=ALL)
        assert http.post(f"{url}/{video_id}/retry").status_code == 202
        refused = http.post(f"{url}/{video_id}/retry", headers={"Idempotency-Key": "another"})
        assert (refused.status_code, refused.json()["code"]) == (429, "too_many_running")
