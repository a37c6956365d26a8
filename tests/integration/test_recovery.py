"""Workers die, deliveries come twice, media is lost: the job still ends as it should."""

import contextlib
import os
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import psutil
import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud import storage

from infra.local.stack import LocalStack
from shared.domain import naming
from shared.domain.due_tasks import due_task
from shared.domain.job import ShotStatus, Stage, WorkKey
from shared.probe import decode_fully
from tests.integration.queues import Queues
from tests.integration.service import Api, until

pytestmark = pytest.mark.lifecycle

SLOW = {"seconds": 12, "size": "1280x720"}
"""Long enough to be interrupted."""


def worker_of(stack: LocalStack, stage: str, api: Api, video_id: str) -> str:
    """Return the name of the process that is at work for `stage`."""
    if stage != "render":
        return stage
    return until(lambda: busy_render(stack), bool, what="a render process at work")


def busy_render(stack: LocalStack) -> str:
    """Return the render process that has a temporary file open; empty when none has."""
    for name, process in stack.processes.items():
        if name.startswith("render"):
            with contextlib.suppress(psutil.NoSuchProcess):
                family = [psutil.Process(process.pid), *psutil.Process(process.pid).children()]
                if any("ttv-render-" in file.path for member in family for file in member.open_files()):
                    return name
    return ""


@pytest.fixture
def bucket(stack: LocalStack) -> storage.Bucket:
    endpoint = {"api_endpoint": stack.environment["STORAGE_EMULATOR_HOST"]}
    nobody = AnonymousCredentials()  # type: ignore[no-untyped-call]  # google-auth is typed in part
    client = storage.Client(project="any", credentials=nobody, client_options=endpoint)
    return client.bucket(stack.environment["TTV_BUCKET"])


def assert_right_video(api: Api, video_id: str, seconds: int, folder: Path) -> None:
    video = api.finished(video_id)
    assert video["status"] == "completed", video["error"]
    assert decode_fully(api.download(video_id, folder / "video.mp4")) == seconds * 24


@pytest.mark.parametrize(
    ("stage", "wishes"),
    [
        ("keyframes", SLOW),
        ("render", SLOW),
        ("finalize", SLOW),
        ("keyframes", {"keyframes": "pair"}),
        ("render", {"keyframes": "pair"}),
        ("render", {"keyframes": "chain"}),
        ("render", {"keyframes": "none"}),
        ("finalize", {"keyframes": "none", "transition": "crossfade"}),
        ("keyframes", {"keyframes": "pair", "stop_after": "keyframes"}),
    ],
    ids=lambda each: each if isinstance(each, str) else "-".join(map(str, each.values())),
)
def test_a_function_killed_during_a_job_and_started_again_still_ends_in_the_right_video(
    stack: LocalStack, api: Api, tmp_path: Path, stage: str, wishes: dict[str, object]
) -> None:
    video_id = api.create(**{"seconds": 12, "size": "640x360", **wishes})
    api.wait_for_event(video_id, "work.started", stage)
    stack.kill(worker_of(stack, stage, api, video_id))
    if "stop_after" in wishes:
        assert api.finished(video_id)["status"] == "completed"
    else:
        assert_right_video(api, video_id, api.video(video_id)["config"]["seconds"]["value"], tmp_path)
    attempts = [e["attempt"] for e in api.store.events(video_id) if e["name"] == "work.started"]
    assert max(attempts) == 2


def test_a_worker_that_is_asked_to_stop_gives_its_lease_back_at_once(
    stack: LocalStack, api: Api, tmp_path: Path
) -> None:
    video_id = api.create(**SLOW)
    api.wait_for_event(video_id, "work.started", "render")
    name = worker_of(stack, "render", api, video_id)
    os.kill(stack.processes[name].pid, signal.SIGTERM)
    released = api.wait_for_event(video_id, "work.released", "render")
    assert released["data"] == {"reason": "interrupted"}
    assert_right_video(api, video_id, 12, tmp_path)


def test_a_task_delivered_twice_at_once_is_done_once(stack: LocalStack, api: Api, queues: Queues) -> None:
    queues.pause(Stage.KEYFRAMES)
    video_id = api.create(**SLOW)
    task = due_task(api.store.load(video_id).state, WorkKey(stage=Stage.KEYFRAMES)).task
    url = stack.environment["TTV_KEYFRAMES_URL"]
    with ThreadPoolExecutor(2) as both:
        answers = both.map(lambda _: httpx.post(url, content=task.model_dump_json(), timeout=60), range(2))
        outcomes = sorted(answer.json()["outcome"] for answer in answers)
    assert outcomes in (["done", "waiting"], ["done", "obsolete"])
    names = [event["name"] for event in api.store.events(video_id)]
    assert names.count("job.planned") == 1
    assert api.finished(video_id)["status"] == "completed"


def test_cancel_during_the_work_stops_it_and_nothing_is_written_afterwards(
    stack: LocalStack, api: Api
) -> None:
    video_id = api.create(**SLOW)
    api.wait_for_event(video_id, "work.started", "render")
    cancelled = api.http.post(f"/v1/videos/{video_id}/cancel").json()
    assert cancelled["status"] == "cancelled"
    until(lambda: busy_render(stack), lambda busy: not busy, what="the renderers to stop")
    state = api.store.load(video_id, shots="all").state
    assert state.job.artifact is None
    assert not any(work.lease for work in (state.keyframes, state.finalize, *state.shots))
    after = api.video(video_id)
    assert (after["status"], after["progress"]) == ("cancelled", cancelled["progress"])
    assert api.http.post(f"/v1/videos/{video_id}/cancel").json()["status"] == "cancelled"


def test_a_completed_video_cannot_be_cancelled(api: Api) -> None:
    video_id = api.create(seconds=4)
    api.finished(video_id)
    answer = api.http.post(f"/v1/videos/{video_id}/cancel")
    assert (answer.status_code, answer.json()["code"]) == (409, "job_is_final")
    assert api.video(video_id)["status"] == "completed"


@pytest.mark.parametrize(
    ("harm", "code"), [("remove", "media_missing"), ("replace", "media_corrupt"), ("damage", "media_corrupt")]
)
@pytest.mark.parametrize("media", ["keyframe", "clip"])
def test_lost_or_corrupt_media_fails_the_job_naming_the_shot(
    bucket: storage.Bucket, api: Api, queues: Queues, media: str, harm: str, code: str
) -> None:
    stage, ready = {
        "keyframe": (Stage.RENDER, ShotStatus.DRAWN),
        "clip": (Stage.FINALIZE, ShotStatus.RENDERED),
    }[media]
    queues.pause(stage)
    video_id = api.create(seconds=8)
    until(
        lambda: [shot.status for shot in api.store.load(video_id, shots="all").state.shots],
        lambda statuses: bool(statuses) and all(status is ready for status in statuses),
        what=f"every shot to be {ready}",
    )
    path = {"keyframe": naming.keyframe_path, "clip": naming.clip_path}[media](video_id, 1)
    stored = bucket.blob(path)
    if harm == "remove":
        stored.delete()
    elif harm == "replace":
        stored.upload_from_string(b"not what it was" * 100)
    else:
        contents = bytearray(stored.download_as_bytes())
        middle = len(contents) // 2  # deep inside, where no header tells
        contents[middle : middle + 64] = bytes(64)
        stored.upload_from_string(bytes(contents))
    queues.resume(stage)
    video = api.finished(video_id)
    assert video["status"] == "failed"
    assert (video["error"]["code"], video["error"]["shot"]) == (code, 1)


def test_a_keyframe_that_an_earlier_try_has_stored_is_not_drawn_again(
    bucket: storage.Bucket, stack: LocalStack, api: Api, queues: Queues
) -> None:
    twin = api.create(seconds=8, seed=3)
    assert api.finished(twin)["status"] == "completed"
    queues.pause(Stage.KEYFRAMES)
    video_id = api.create(seconds=8, seed=3)
    drawn = bucket.blob(naming.keyframe_path(twin, 0)).download_as_bytes()
    bucket.blob(naming.keyframe_path(video_id, 0)).upload_from_string(drawn)
    queues.resume(Stage.KEYFRAMES)
    video = api.finished(video_id)
    assert video["status"] == "completed"
    lines = (stack.folder.logs / "keyframes.log").read_text().splitlines()
    drawings = [line for line in lines if video_id in line and "generator.ran" in line]
    assert len(drawings) == video["shots"]["total"] - 1


def test_a_task_that_got_lost_is_found_missing_by_the_sweep(
    api: Api, queues: Queues, sweep: Callable[[], dict[str, int]]
) -> None:
    queues.pause(Stage.KEYFRAMES)
    video_id = api.create(seconds=4)
    queues.lose(due_task(api.store.load(video_id).state, WorkKey(stage=Stage.KEYFRAMES)).task)
    queues.resume(Stage.KEYFRAMES)
    assert sweep()["replaced"] >= 1
    assert api.finished(video_id)["status"] == "completed"
    assert "task.replaced" in [event["name"] for event in api.store.events(video_id)]
