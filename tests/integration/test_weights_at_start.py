"""At an instance's start every byte of its weights is verified, wherever they lie; else it does not start."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import pytest
from google.cloud.storage import Blob, Bucket, Client
from structlog.testing import capture_logs

from functions.render.start import prepare
from functions.render.video_backends.diffusers import bucket as asked
from functions.render.video_backends.diffusers import weights
from shared.domain.errors import BackendUnavailable, ObjectStoreUnavailable
from shared.settings import Settings
from tests.integration.storage_alone import BUCKET, StorageAlone, running_storage
from tests.unit.shelved_weights import LARGEST, lay_preset

Damage = Callable[[bytes], bytes | None]
"""What is left of a file."""


@dataclass(frozen=True)
class Laid:
    """Weights of `ltx`, laid as one kind of deployment has them."""

    at: Settings
    replace: Callable[[str, Damage], None]
    """Damages one of the files; paths are below the preset's folder."""


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StorageAlone]:
    with running_storage(tmp_path_factory.mktemp("storage")) as running:
        yield running


@pytest.fixture
def bucket(emulator: StorageAlone, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bucket]:
    for name, value in emulator.environment.items():
        monkeypatch.setenv(name, value)
    there = Client().bucket(BUCKET)
    yield there
    for blob in there.list_blobs():
        blob.delete()


def settings(root: Path, **told: str) -> Settings:
    needed = {name: "none" for name, field in Settings.model_fields.items() if field.is_required()}
    offered = {"ttv_video_backends": "animatic,ltx", "ttv_render_gpu_url": "u", "ttv_gpu": "cpu"}
    return Settings.model_validate({**needed, **offered, "ttv_weights": str(root), **told})


def in_folder(folder: Path) -> Callable[[str, Damage], None]:
    def replace(path: str, damage: Damage) -> None:
        left = damage((folder / "ltx" / path).read_bytes())
        if left is None:
            (folder / "ltx" / path).unlink()
        else:
            (folder / "ltx" / path).write_bytes(left)

    return replace


def upload(folder: Path, bucket: Bucket) -> None:
    for path in folder.rglob("*"):
        if path.is_file():
            bucket.blob(path.relative_to(folder).as_posix()).upload_from_filename(path)


def in_bucket(bucket: Bucket) -> Callable[[str, Damage], None]:
    def replace(path: str, damage: Damage) -> None:
        blob = bucket.blob(f"ltx/{path}")
        left = damage(blob.download_as_bytes())
        if left is None:
            blob.delete()
        else:
            blob.upload_from_string(left)

    return replace


@pytest.fixture
def copied(tmp_path: Path) -> Laid:
    lay_preset(tmp_path / "root")
    at = settings(tmp_path / "root", ttv_weights_cache=str(tmp_path / "cache"), ttv_weights_bucket=BUCKET)
    return Laid(at, in_folder(tmp_path / "root"))


@pytest.fixture
def mounted(tmp_path: Path, bucket: Bucket, emulator: StorageAlone) -> Laid:
    """A bucket, mounted where the emulator keeps its objects as files."""
    lay_preset(tmp_path / "fetched")
    upload(tmp_path / "fetched", bucket)
    return Laid(settings(emulator.objects, ttv_weights_bucket=BUCKET), in_bucket(bucket))


@pytest.fixture
def folder(tmp_path: Path) -> Laid:
    lay_preset(tmp_path / "root")
    return Laid(settings(tmp_path / "root"), in_folder(tmp_path / "root"))


@pytest.fixture(params=["copied", "mounted", "folder"])
def laid(request: pytest.FixtureRequest) -> Laid:
    found = request.getfixturevalue(request.param)
    assert isinstance(found, Laid)
    return found


def missing(_content: bytes) -> None:
    return None


def short(content: bytes) -> bytes:
    return content[:-1]


def corrupt(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


def ways_logged(at: Settings) -> list[str]:
    with capture_logs() as lines:
        prepare(at)
    return [line["weights"] for line in lines if line["event"] == "gpu.ready"]


def test_weights_that_are_as_they_should_be_let_an_instance_start(laid: Laid) -> None:
    assert len(ways_logged(laid.at)) == 1


@pytest.mark.parametrize(
    ("way", "told"),
    [
        ("copied", "copied, by SHA-256"),
        ("mounted", "in the bucket, by CRC32C"),
        ("folder", "in the folder, by SHA-256"),
    ],
)
def test_the_log_tells_how_they_were_verified(way: str, told: str, request: pytest.FixtureRequest) -> None:
    assert ways_logged(request.getfixturevalue(way).at) == [told]


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (missing, "is missing"),
        (short, "has 8,999,999 bytes instead of 9,000,000"),
        (corrupt, "is corrupt: its (SHA-256|CRC32C) is another"),
    ],
)
def test_an_instance_whose_weights_are_damaged_does_not_start_and_says_which(
    laid: Laid, damage: Damage, said: str
) -> None:
    laid.replace(LARGEST, damage)
    with (
        capture_logs() as lines,
        pytest.raises(BackendUnavailable, match=f"ltx: {LARGEST} {said}; `ttv weights fetch ltx"),
    ):
        prepare(laid.at)
    assert [line["event"] for line in lines] == ["weights.unusable"]
    assert LARGEST in lines[0]["detail"]


@pytest.mark.parametrize("damage", [missing, short])
def test_without_its_manifest_a_preset_is_not_used(laid: Laid, damage: Damage) -> None:
    laid.replace("manifest.json", damage if damage is missing else lambda _content: b"{")
    with pytest.raises(BackendUnavailable, match=r"ltx: manifest.json (is missing|cannot be read)"):
        prepare(laid.at)


def test_what_is_wrong_in_a_bucket_is_mended_there_and_not_where_it_is_mounted(mounted: Laid) -> None:
    mounted.replace(LARGEST, missing)
    with pytest.raises(BackendUnavailable, match=f"`ttv weights fetch ltx --into gs://{BUCKET}`"):
        prepare(mounted.at)


def test_a_bucket_is_verified_without_reading_its_weights(
    mounted: Laid, monkeypatch: pytest.MonkeyPatch
) -> None:
    downloaded: list[str] = []
    download = Blob.download_as_bytes

    def noted(blob: Blob, **told: object) -> bytes:
        downloaded.append(blob.name)
        return bytes(download(blob, **told))

    def refused(path: Path) -> NoReturn:
        raise AssertionError(f"{path} is read")

    monkeypatch.setattr(Blob, "download_as_bytes", noted)
    monkeypatch.setattr(weights, "sha256_of", refused)
    prepare(mounted.at)
    assert downloaded == ["ltx/manifest.json"]


def test_a_mount_of_another_bucket_than_the_one_that_is_told_is_found(mounted: Laid, tmp_path: Path) -> None:
    elsewhere = settings(tmp_path, ttv_weights_bucket=BUCKET)
    with pytest.raises(BackendUnavailable, match=r"ltx: manifest.json is missing"):
        prepare(elsewhere)


def test_a_bucket_that_is_not_there_is_named(mounted: Laid) -> None:
    nowhere = mounted.at.model_copy(update={"ttv_weights_bucket": "nobodys"})
    with capture_logs() as lines, pytest.raises(BackendUnavailable, match="ltx: gs://nobodys cannot be read"):
        prepare(nowhere)
    assert [line["event"] for line in lines] == ["weights.unusable"]


def test_an_instance_does_not_start_while_the_bucket_does_not_answer(
    mounted: Laid, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", "http://127.0.0.1:9")
    monkeypatch.setattr(asked, "RETRY", None)
    with capture_logs() as lines, pytest.raises(ObjectStoreUnavailable):
        prepare(mounted.at)
    assert [line["event"] for line in lines] == ["weights.unusable"]
