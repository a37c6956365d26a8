"""Objects are created once, and read by whoever holds a signed URL."""

import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from google.auth.credentials import AnonymousCredentials
from google.cloud import storage
from google.oauth2 import service_account

from infra.local.stack import LocalStack
from shared.domain.errors import ObjectMissing, ObjectStoreUnavailable
from shared.object_store import ObjectStore

Connect = Callable[[str], ObjectStore]


@pytest.fixture
def connect(stack: LocalStack) -> Connect:
    def connected(endpoint: str) -> ObjectStore:
        nobody = AnonymousCredentials()  # type: ignore[no-untyped-call]  # google-auth is typed in part
        client = storage.Client(project="any", credentials=nobody, client_options={"api_endpoint": endpoint})
        key_file = stack.environment["GOOGLE_APPLICATION_CREDENTIALS"]
        signer = service_account.Credentials.from_service_account_file(key_file)  # type: ignore[no-untyped-call]  # as above
        return ObjectStore(client.bucket(stack.environment["TTV_BUCKET"]), lambda: signer, endpoint)

    return connected


@pytest.fixture
def objects(connect: Connect, stack: LocalStack) -> ObjectStore:
    return connect(stack.environment["STORAGE_EMULATOR_HOST"])


@pytest.fixture
def path() -> str:
    return f"tests/{secrets.token_hex(8)}"


def test_an_object_is_created_once_and_never_overwritten(
    objects: ObjectStore, path: str, tmp_path: Path
) -> None:
    first = objects.put(path, b"first", "text/plain")
    assert objects.put(path, b"second", "text/plain") == first
    (tmp_path / "third").write_bytes(b"third")
    assert objects.upload(path, tmp_path / "third", "text/plain") == first
    assert objects.get(path) == b"first"
    assert objects.checksum(path) == objects.download(path, tmp_path / "copy") == first


def test_a_missing_object_is_said_to_be_missing_and_leaves_no_file(
    objects: ObjectStore, path: str, tmp_path: Path
) -> None:
    assert objects.checksum(path) is None
    with pytest.raises(ObjectMissing, match=path):
        objects.get(path)
    with pytest.raises(ObjectMissing, match=path):
        objects.download(path, tmp_path / "nothing")
    assert list(tmp_path.iterdir()) == []


def test_a_copy_is_made_once_and_outlives_what_it_was_made_of(objects: ObjectStore, path: str) -> None:
    first = objects.put(f"{path}/first", b"first", "text/plain")
    second = objects.put(f"{path}/second", b"second", "text/plain")
    assert objects.copy(f"{path}/first", f"{path}/copy") == first != second
    assert objects.copy(f"{path}/second", f"{path}/copy") == first
    assert objects.delete_prefix(f"{path}/first") == 1
    assert objects.copy(f"{path}/first", f"{path}/copy") == first
    assert objects.get(f"{path}/copy") == b"first"
    with pytest.raises(ObjectMissing, match=f"{path}/first"):
        objects.copy(f"{path}/first", f"{path}/another")


def test_everything_below_a_prefix_is_deleted_and_nothing_beside_it(objects: ObjectStore, path: str) -> None:
    inside, beside = [f"{path}/{number}/x" for number in range(12)], f"{path}-beside/x"
    for each in (*inside, beside):
        objects.put(each, b"x", "text/plain")
    with ThreadPoolExecutor(2) as two:
        assert max(two.map(lambda _: objects.delete_prefix(f"{path}/"), range(2))) == 12
    assert [objects.checksum(each) for each in inside] == [None] * 12
    assert objects.checksum(beside) is not None
    assert objects.delete_prefix(f"{path}/") == 0


def test_a_signed_url_opens_the_object_under_its_own_name(objects: ObjectStore, path: str) -> None:
    objects.put(path, b"contents", "text/plain")
    url = objects.signed_url(path, lasts=timedelta(minutes=5), filename="mine.txt", content_type="text/plain")
    assert httpx.get(url).content == b"contents"
    parameters = httpx.URL(url).params
    assert parameters["X-Goog-Expires"] == "300"
    assert parameters["response-content-disposition"] == 'inline; filename="mine.txt"'


def test_an_object_keeps_the_name_that_it_is_to_be_saved_as(
    objects: ObjectStore, path: str, tmp_path: Path
) -> None:
    (tmp_path / "video").write_bytes(b"v")
    objects.upload(f"{path}/video", tmp_path / "video", "video/mp4", filename="mine.mp4")
    objects.put(f"{path}/still", b"s", "image/png", filename="mine.png")
    objects.put(f"{path}/other", b"o", "text/plain")
    kept = [objects._bucket.get_blob(f"{path}/{name}") for name in ("video", "still", "other")]
    assert [(blob.content_type, blob.content_disposition) for blob in kept] == [
        ("video/mp4", 'inline; filename="mine.mp4"'),
        ("image/png", 'inline; filename="mine.png"'),
        ("text/plain", None),
    ]


def test_a_store_that_is_down_is_unavailable_rather_than_empty(
    connect: Connect, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from shared import object_store

    monkeypatch.setattr(object_store, "RETRY", object_store.RETRY.with_timeout(0.5))
    with pytest.raises(ObjectStoreUnavailable):
        connect("http://127.0.0.1:9").get(path)
