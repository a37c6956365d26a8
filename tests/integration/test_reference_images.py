"""Pictures that come with a request: taken in, kept as pixels only, used by keyframes, or refused whole."""

import base64
import io
import json
import secrets
import socket
import time
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud import storage
from PIL import Image

from functions.render.last_frame import last_frame
from functions.submit.intake import MAX_BODY_BYTES
from infra.local.clients import create_api_key
from infra.local.ports import reserve_port
from infra.local.stack import LocalStack
from shared.domain import naming
from shared.domain.job import Job, Stage
from shared.object_store import ObjectStore
from tests.integration.apart import StartSubmit
from tests.integration.queues import Queues
from tests.integration.service import Api, until
from tests.integration.test_api_errors import assert_envelope, stored_jobs
from tests.unit.drawn_pictures import decoded, encoded, noise, person, quarters

BODY = {"prompt": "Mara waits in a field at noon. Mara walks home.", "seconds": 4, "size": "640x360"}
MAGENTA = (200, 20, 160)


@pytest.fixture(scope="session")
def objects(stack: LocalStack) -> ObjectStore:
    endpoint = stack.environment["STORAGE_EMULATOR_HOST"]
    nobody = AnonymousCredentials()  # type: ignore[no-untyped-call]  # google-auth is typed in part
    client = storage.Client(project="any", credentials=nobody, client_options={"api_endpoint": endpoint})

    def nobody_signs() -> Any:  # noqa: ANN401 - never called
        raise AssertionError

    return ObjectStore(client.bucket(stack.environment["TTV_BUCKET"]), nobody_signs, endpoint)


@pytest.fixture
def given(objects: ObjectStore) -> Callable[[], set[str]]:
    """Look which pictures of users are stored, of any job."""
    return lambda: {name for name in objects.names("jobs/") if "/given/" in name}


def in_json(picture: bytes, **more: object) -> dict[str, object]:
    return {"data": base64.b64encode(picture).decode(), **more}


def stored_job(api: Api, answer: httpx.Response) -> Job:
    assert answer.status_code == 202, answer.text
    return api.store.load(answer.json()["id"]).state.job


def photograph() -> bytes:
    """A JPEG with a place in its EXIF, lying on its side, with an archive behind it."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010E], exif[0x8825] = 6, "at home", {1: "N", 2: (52.0, 22.0, 13.0)}
    behind = io.BytesIO()
    with zipfile.ZipFile(behind, "w") as archive:
        archive.writestr("payload", "x" * 100)
    return encoded(person(MAGENTA).rotate(90, expand=True), "JPEG", exif=exif.tobytes()) + behind.getvalue()


# Taken in


def test_pictures_in_json_are_stored_as_pixels_only_and_shown_without_data(
    api: Api, objects: ObjectStore, queues: Queues
) -> None:
    queues.pause(Stage.KEYFRAMES)
    pictures = {
        "reference_images": [in_json(photograph(), shows="Mara"), in_json(encoded(noise(), "WEBP"))],
        "initial_image": in_json(encoded(quarters(1280, 720))),
    }
    answer = api.http.post("/v1/videos", json=BODY | pictures)
    job = stored_job(api, answer)
    assert [each.shows for each in job.reference_images] == ["Mara", None]
    assert job.initial_image
    sizes = []
    for each in (*job.reference_images, job.initial_image):
        assert each.path.startswith(naming.objects_prefix(job.job_id))
        assert objects.checksum(each.path) == each.crc32c
        stored = objects.get(each.path)
        assert b"IDAT" in stored
        assert not any(trace in stored for trace in (b"eXIf", b"at home", b"payload", b"PK\5\6"))
        picture = decoded(stored)
        assert (picture.format, picture.info) == ("PNG", {})
        sizes.append(picture.size)
    assert sizes == [(400, 600), (160, 90), (640, 360)]
    shown = answer.json()
    assert shown["reference_images"] == [{"shows": "Mara"}, {"shows": None}]
    assert shown["initial_image"] is True
    assert len(answer.content) < 5000
    assert api.video(job.job_id) | {"queue_position": None} == shown
    plain = api.video(api.create())
    assert (plain["reference_images"], plain["initial_image"]) == ([], False)


def test_multipart_makes_the_same_video_as_json(api: Api, objects: ObjectStore, queues: Queues) -> None:
    queues.pause(Stage.KEYFRAMES)
    reference, initial = photograph(), encoded(quarters(640, 360))
    parts = [
        ("reference_images", ("me.svg", reference, "image/svg+xml")),
        ("reference_images", ("a.png", encoded(noise()), "text/plain")),
        ("initial_image", ("first.png", initial, "image/png")),
    ]
    texts = {name: str(value) for name, value in BODY.items()}
    answer = api.http.post(
        "/v1/videos", data={**texts, "seed": "7", "reference_shows": ["Mara", ""]}, files=parts
    )
    job = stored_job(api, answer)
    assert (job.config.seconds, job.config.seed) == (4, 7)
    body = BODY | {
        "seed": 7,
        "reference_images": [in_json(reference, shows="Mara"), in_json(encoded(noise()))],
        "initial_image": in_json(initial),
    }
    same = stored_job(api, api.http.post("/v1/videos", json=body))
    assert [each.crc32c for each in job.reference_images] == [each.crc32c for each in same.reference_images]
    assert [each.shows for each in job.reference_images] == [each.shows for each in same.reference_images]
    assert job.initial_image
    assert same.initial_image
    assert job.initial_image.crc32c == same.initial_image.crc32c


def test_the_keyframes_agree_with_the_pictures_and_the_first_one_is_the_users_own(
    api: Api, objects: ObjectStore
) -> None:
    first = quarters(640, 360)
    pictures = {
        "reference_images": [in_json(photograph(), shows="Mara")],
        "initial_image": in_json(encoded(first)),
    }
    video = api.finished(
        stored_job(api, api.http.post("/v1/videos", json=BODY | pictures | {"seconds": 8})).job_id
    )
    assert video["status"] == "completed", video["error"]
    shots = api.http.get(f"/v1/videos/{video['id']}/shots").json()["data"]
    keyframes = [
        np.asarray(decoded(objects.get(naming.keyframe_path(video["id"], index))).convert("RGB")).astype(int)
        for index in range(len(shots))
    ]
    assert len(keyframes) > 1
    assert np.abs(keyframes[0] - np.asarray(first)).max() == 0
    magenta = [(np.abs(each - MAGENTA).max(axis=-1) < 50).mean() for each in keyframes[1:]]
    assert max(magenta) > 0.002


def test_what_a_chain_draws_by_itself_agrees_with_the_pictures_too(api: Api, tmp_path: Path) -> None:
    body = BODY | {
        "reference_images": [in_json(photograph(), shows="Mara")],
        "keyframes": "chain",
        "seconds": 8,
    }
    video = api.finished(stored_job(api, api.http.post("/v1/videos", json=body)).job_id)
    assert video["status"] == "completed", video["error"]
    last = decoded(last_frame(api.download(video["id"], tmp_path / "video.mp4")))
    magenta = (np.abs(np.asarray(last).astype(int) - MAGENTA).max(axis=-1) < 50).mean()
    assert magenta > 0.002


# Refused

PICTURE = in_json(encoded(noise()))


@pytest.mark.parametrize(
    ("wrong", "field", "permitted"),
    [
        ({"reference_images": [PICTURE] * 5}, "reference_images", "at most 4"),
        ({"reference_images": PICTURE}, "reference_images", "a list of objects"),
        ({"reference_images": [PICTURE, {}]}, "reference_images.1.data", "a value is required"),
        ({"reference_images": [PICTURE | {"shows": "Tom"}]}, "reference_images.0.shows", "the prompt gives"),
        ({"reference_images": [PICTURE | {"kind": 1}]}, "reference_images.0.kind", "the fields data, shows"),
        ({"reference_images": [in_json(b"<svg/>")]}, "reference_images.0.data", "PNG, JPEG, WebP"),
        ({"reference_images": [{"data": "!"}]}, "reference_images.0.data", "base64"),
        ({"initial_image": in_json(encoded(noise())[:-100])}, "initial_image.data", "a whole PNG"),
        ({"initial_image": in_json(bytes(5 * 2**20 + 1))}, "initial_image.data", "at most 5 MiB"),
        ({"initial_image": in_json(encoded(quarters(640, 480)))}, "initial_image.data", "640x360"),
        ({"initial_image": PICTURE, "keyframes": "none"}, "initial_image", "keyframes: none"),
        ({"reference_images": [PICTURE], "keyframes": "none"}, "reference_images", "keyframes: none"),
    ],
)
def test_a_picture_that_is_not_permitted_is_named_and_nothing_is_stored(
    api: Api, given: Callable[[], set[str]], wrong: dict[str, Any], field: str, permitted: str
) -> None:
    jobs, pictures = stored_jobs(api), given()
    answer = api.http.post("/v1/videos", json=BODY | wrong)
    problem = assert_envelope(answer, 422, "invalid_value")
    assert problem["field"] == problem["error"]["param"] == field
    assert permitted in problem["permitted"]
    assert str(PICTURE["data"])[:40] not in answer.text
    assert len(answer.content) < 2000
    assert (stored_jobs(api), given()) == (jobs, pictures)


def test_a_bad_part_of_multipart_is_named(api: Api) -> None:
    text = {name: str(value) for name, value in BODY.items()}
    answer = api.http.post("/v1/videos", data=text, files=[("reference_images[]", b"x")])
    assert assert_envelope(answer, 422, "invalid_value")["field"] == "reference_images[]"
    answer = api.http.post(
        "/v1/videos", data=text | {"shots[0][prompt]": "x"}, files=[("initial_image", b"x")]
    )
    assert assert_envelope(answer, 422, "invalid_value")["field"] == "shots[0][prompt]"
    answer = api.http.post("/v1/videos", data=text, files=[("reference_images", b"x")])
    assert assert_envelope(answer, 422, "invalid_value")["field"] == "reference_images.0.data"


@pytest.mark.parametrize(
    ("content_type", "content", "status", "code"),
    [
        ("application/x-www-form-urlencoded", b"prompt=x", 415, "unsupported_media_type"),
        ("image/png", encoded(noise()), 415, "unsupported_media_type"),
        ("multipart/form-data", b"", 400, "malformed_body"),
        ("multipart/form-data; boundary=x", b"--x\r\nnonsense", 400, "malformed_body"),
    ],
)
def test_a_body_that_cannot_be_read_is_refused(
    api: Api, content_type: str, content: bytes, status: int, code: str
) -> None:
    answer = api.http.post("/v1/videos", content=content, headers={"Content-Type": content_type})
    assert_envelope(answer, status, code)


@pytest.mark.parametrize("content_type", ["application/json", "multipart/form-data; boundary=x"])
def test_a_chunked_body_over_the_limit_of_pictures_is_refused(
    start_submit: StartSubmit, api_key: str, content_type: str
) -> None:
    """By hand: it hangs up on whoever goes on sending, and httpx would not tell the answer then."""
    host, _, port = start_submit().removeprefix("http://").partition(":")
    head = b'{"initial_image": "' if "json" in content_type else b"--x\r\n"
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        connection.sendall(
            f"POST /v1/videos HTTP/1.1\r\nHost: x\r\nContent-Type: {content_type}\r\nAuthorization: Bearer "
            f"{api_key}\r\nTransfer-Encoding: chunked\r\n\r\n{len(head):x}\r\n".encode()
            + head
            + b"\r\n"
        )
        chunk = b"A" * 2**20
        try:
            for _ in range(MAX_BODY_BYTES // 2**20 + 2):
                connection.sendall(b"%x\r\n%s\r\n" % (len(chunk), chunk))
            connection.sendall(b"0\r\n\r\n")
        except OSError:
            pass  # as above
        assert connection.recv(12) == b"HTTP/1.1 413"


# Nothing is left behind


def test_a_repeat_with_the_same_key_leaves_no_second_set_of_pictures(
    api: Api, given: Callable[[], set[str]], queues: Queues
) -> None:
    queues.pause(Stage.KEYFRAMES)
    before = given()
    body = BODY | {"reference_images": [PICTURE], "initial_image": in_json(encoded(quarters(640, 360)))}
    headers = {"Idempotency-Key": secrets.token_hex(8)}
    first = api.http.post("/v1/videos", json=body, headers=headers)
    job = stored_job(api, first)
    after = given()
    assert after - before == {
        naming.reference_image_path(job.job_id, 0),
        naming.initial_image_path(job.job_id),
    }
    assert api.http.post("/v1/videos", json=body, headers=headers).json() == first.json()
    other = body | {"reference_images": [in_json(encoded(quarters()))]}
    reused = api.http.post("/v1/videos", json=other, headers=headers)
    assert_envelope(reused, 422, "idempotency_key_reused")
    assert given() == after


def test_of_two_repeats_at_once_only_one_keeps_its_pictures(
    new_connection: Callable[[], httpx.Client], given: Callable[[], set[str]], queues: Queues
) -> None:
    queues.pause(Stage.KEYFRAMES)
    before, body = given(), json.dumps(BODY | {"reference_images": [PICTURE]})
    headers = {"Idempotency-Key": secrets.token_hex(8), "Content-Type": "application/json"}

    def ask(_: int) -> httpx.Response:
        with new_connection() as http:
            return http.post("/v1/videos", content=body, headers=headers)

    with ThreadPoolExecutor(4) as callers:
        answers = list(callers.map(ask, range(4)))
    ids = {answer.json()["id"] for answer in answers if answer.status_code == 202}
    assert len(ids) == 1
    assert given() - before == {naming.reference_image_path(ids.pop(), 0)}


def test_a_video_too_many_stores_no_picture(
    api: Api, given: Callable[[], set[str]], start_submit: StartSubmit, queues: Queues
) -> None:
    queues.pause(Stage.KEYFRAMES)
    key = create_api_key(api.store, f"limited {secrets.token_hex(4)}")
    url = f"{start_submit(TTV_MAX_RUNNING_VIDEOS='1')}/v1/videos"
    with httpx.Client(headers={"Authorization": f"Bearer {key}"}, timeout=20) as http:
        body = BODY | {"reference_images": [PICTURE]}
        assert http.post(url, json=body).status_code == 202
        before = given()
        assert http.post(url, json=body).status_code == 429
        assert given() == before


def test_while_pictures_cannot_be_stored_there_is_no_video_and_others_are_accepted(
    api: Api, start_submit: StartSubmit, queues: Queues
) -> None:
    queues.pause(Stage.KEYFRAMES)
    nobody = f"http://127.0.0.1:{reserve_port().release()}"
    key = create_api_key(api.store, f"limited {secrets.token_hex(4)}")
    url = f"{start_submit(STORAGE_EMULATOR_HOST=nobody, TTV_MAX_RUNNING_VIDEOS='1')}/v1/videos"
    jobs = stored_jobs(api)
    with httpx.Client(headers={"Authorization": f"Bearer {key}"}, timeout=30) as http:
        began = time.monotonic()
        answer = http.post(url, json=BODY | {"reference_images": [PICTURE]})
        assert_envelope(answer, 503, "object_store_unavailable")
        assert time.monotonic() - began < 12
        assert stored_jobs(api) == jobs
        assert http.post(url, json=BODY).status_code == 202, "its place was given back"


def test_the_pictures_of_a_deleted_video_are_purged(
    api: Api, objects: ObjectStore, queues: Queues, sweep: Callable[[], dict[str, int]]
) -> None:
    queues.pause(Stage.KEYFRAMES)
    job = stored_job(api, api.http.post("/v1/videos", json=BODY | {"reference_images": [PICTURE]}))
    assert api.http.delete(f"/v1/videos/{job.job_id}").status_code == 200

    def left() -> list[str]:
        sweep()
        return objects.names(naming.objects_prefix(job.job_id))

    until(left, lambda names: not names, what="the purge")
