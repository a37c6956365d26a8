"""`ttv weights add` and `check`, on a folder and on a bucket: what is put stays, what is wrong is told."""

import json
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from google.cloud.storage import Bucket, Client
from typer.testing import CliRunner, Result

from functions.render.video_backends.diffusers.manifest import Manifest, described, parsed
from functions.render.video_backends.diffusers.weights import folder_of, lora_of
from infra.cli.exits import Exit
from infra.cli.main import app
from infra.weights.errors import Occupied
from infra.weights.shelves import BucketShelf, FolderShelf, Shelf, shelf_at
from tests.integration.storage_alone import BUCKET, StorageAlone, running_storage
from tests.unit.shelved_weights import LARGEST, lay_preset, spoil


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


@pytest.fixture(params=["folder", "bucket", "bucket/prefix"])
def root(request: pytest.FixtureRequest, tmp_path: Path, bucket: Bucket) -> str:
    """Where weights are put, as an operator writes it."""
    return {
        "folder": str(tmp_path / "root"),
        "bucket": f"gs://{BUCKET}",
        "bucket/prefix": f"gs://{BUCKET}/open/models/",
    }[request.param]


@pytest.fixture
def staged(tmp_path: Path) -> Manifest:
    """A preset in a folder of its own."""
    return lay_preset(tmp_path / "staged")


@pytest.fixture
def shelf(root: str, staged: Manifest, tmp_path: Path) -> Shelf:
    """The root with that preset in it."""
    filled = shelf_at(root)
    fill(filled, staged, tmp_path)
    return filled


def fill(shelf: Shelf, manifest: Manifest, tmp_path: Path) -> None:
    for file in manifest.files:
        shelf.put(tmp_path / "staged" / "ltx" / file.path, "ltx", file)
    shelf.put_bytes("ltx/manifest.json", manifest.as_json())


def ttv(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["weights", *map(str, arguments)])


def lora_at(path: Path, content: bytes = b"weights", tensor: str = "to_q.lora_A.weight") -> Path:
    numbers = {"dtype": "U8", "shape": [len(content)], "data_offsets": [0, len(content)]}
    header = json.dumps({"__metadata__": {"made": "by us"}, tensor: numbers}).encode()
    path.write_bytes(len(header).to_bytes(8, "little") + header + content)
    return path


def test_weights_that_are_as_they_should_be_pass(shelf: Shelf, root: str, staged: Manifest) -> None:
    for named in ((), ("ltx",)):
        checked = ttv("check", "--root", root, *named)
        assert checked.exit_code == Exit.OK, checked.output
        assert checked.stdout.startswith("ltx: ok: ")
        assert staged.revision in checked.stdout


def test_a_file_is_put_once_and_never_overwritten(
    shelf: Shelf, staged: Manifest, root: str, tmp_path: Path
) -> None:
    (large,) = (each for each in staged.files if each.path == LARGEST)
    source = tmp_path / "staged" / "ltx" / LARGEST
    assert shelf.put(source, "ltx", large) is False
    source.unlink()  # it may be the very file on the shelf
    source.write_bytes(b"another")
    other = described(source, large.path)
    with pytest.raises(Occupied, match="is there already, and is another"):
        shelf.put(source, "ltx", other)
    with pytest.raises(Occupied, match="is there already, and is another"):
        shelf.put_bytes("ltx/manifest.json", b"{}")
    assert ttv("check", "--root", root).exit_code == Exit.OK


def test_a_large_file_arrives_in_a_bucket_in_several_pieces(
    bucket: Bucket, staged: Manifest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("infra.weights.shelves.CHUNK_BYTES", 4 * 1024 * 1024)
    (large,) = (each for each in staged.files if each.path == LARGEST)

    assert BucketShelf(BUCKET, "").put(tmp_path / "staged" / "ltx" / LARGEST, "ltx", large) is True
    assert bucket.blob(f"ltx/{LARGEST}").download_as_bytes() == (
        (tmp_path / "staged" / "ltx" / LARGEST).read_bytes()
    )


def test_of_two_that_put_a_file_at_once_one_does_and_neither_disturbs_the_other(
    staged: Manifest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (large,) = (each for each in staged.files if each.path == LARGEST)
    root, both_have_their_copy, link = tmp_path / "root", Barrier(2), os.link

    def held(source: Path, target: Path) -> None:
        if target == root / "ltx" / LARGEST:
            both_have_their_copy.wait(30)
        link(source, target)

    monkeypatch.setattr("infra.weights.shelves.os.link", held)
    with ThreadPoolExecutor(2) as pool:
        source = tmp_path / "staged" / "ltx" / LARGEST
        puts = [pool.submit(FolderShelf(root).put, source, "ltx", large) for _ in range(2)]
        assert sorted(each.result(60) for each in puts) == [False, True]
    assert [path.name for path in (root / "ltx").rglob("*") if path.is_file()] == [Path(LARGEST).name]
    assert [path.name for path in root.rglob(".*")] == []


def test_all_that_is_wrong_in_a_folder_is_listed(staged: Manifest, tmp_path: Path) -> None:
    root = tmp_path / "root"
    fill(shelf_at(str(root)), staged, tmp_path)
    spoil(root / "ltx" / LARGEST)
    (root / "ltx" / "model_index.json").unlink()
    (root / "ltx" / "vae/diffusion_pytorch_model.safetensors").write_bytes(b"short")

    checked = ttv("check", "--root", root)

    assert checked.exit_code == Exit.FAILED
    assert checked.stdout.splitlines() == [
        "ltx: model_index.json is missing",
        f"ltx: {LARGEST} is corrupt: its SHA-256 is another",
        "ltx: vae/diffusion_pytorch_model.safetensors has 5 bytes instead of 50,000",
    ]
    assert f"ttv weights fetch ltx --into {root}`" in checked.stderr


def test_all_that_is_wrong_in_a_bucket_is_listed_without_a_download(
    bucket: Bucket, staged: Manifest, tmp_path: Path
) -> None:
    fill(shelf_at(f"gs://{BUCKET}"), staged, tmp_path)
    spoil(tmp_path / "staged" / "ltx" / LARGEST)
    bucket.blob(f"ltx/{LARGEST}").upload_from_filename(tmp_path / "staged" / "ltx" / LARGEST)
    bucket.blob("ltx/model_index.json").delete()
    bucket.blob("ltx/vae/diffusion_pytorch_model.safetensors").upload_from_string(b"short")

    checked = ttv("check", "--root", f"gs://{BUCKET}", "ltx")

    assert checked.exit_code == Exit.FAILED
    assert checked.stdout.splitlines() == [
        "ltx: model_index.json is missing",
        f"ltx: {LARGEST} is corrupt: its CRC32C is another",
        "ltx: vae/diffusion_pytorch_model.safetensors has 5 bytes instead of 50,000",
    ]


def test_nothing_there_and_a_preset_that_is_not_there_are_failures(root: str) -> None:
    nothing = ttv("check", "--root", root)
    assert (nothing.exit_code, "there are no weights in" in nothing.stderr) == (Exit.FAILED, True)
    missing = ttv("check", "--root", root, "wan_5b")
    assert (missing.exit_code, missing.stdout) == (Exit.FAILED, "wan_5b: manifest.json is missing\n")
    assert f"`ttv weights fetch wan_5b --into {root.rstrip('/')}`" in missing.stderr


def test_a_manifest_that_is_none_is_told(root: str) -> None:
    shelf_at(root).put_bytes("ltx/manifest.json", b'{"preset": "ltx"}')
    checked = ttv("check", "--root", root)
    assert (checked.exit_code, "manifest.json cannot be read" in checked.stdout) == (Exit.FAILED, True)


def test_a_lora_is_added_once_and_checked(root: str, tmp_path: Path) -> None:
    file = lora_at(tmp_path / "house-style.safetensors")
    for _ in range(2):
        added = ttv("add", file, "--into", root)
        assert added.exit_code == Exit.OK, added.output
        assert added.stdout.startswith("house-style ")
    assert ttv("check", "--root", root).stdout.startswith("LoRA house-style: ok: ")
    file.write_bytes(lora_at(tmp_path / "other", b"other weights").read_bytes())
    occupied = ttv("add", file, "--into", root)
    assert (occupied.exit_code, "is there already" in occupied.stderr) == (Exit.FAILED, True)
    assert ttv("check", "--root", root).exit_code == Exit.OK  # though the file it was added from has changed


def test_what_was_added_or_put_in_a_folder_is_what_the_backend_finds(
    staged: Manifest, tmp_path: Path
) -> None:
    root = tmp_path / "root"
    fill(shelf_at(str(root)), staged, tmp_path)
    assert ttv("add", lora_at(tmp_path / "a.safetensors"), "--into", root, "--name", "brand").exit_code == 0

    assert folder_of(root, "ltx") == root / "ltx"
    assert parsed((root / "ltx" / "manifest.json").read_bytes()) == staged
    assert lora_of(root, "brand").read_bytes() == (tmp_path / "a.safetensors").read_bytes()
    assert [path.name for path in root.rglob(".*")] == []


@pytest.mark.parametrize(
    "content", [b"", b"PK\x03\x04pickled", b"\x80\x02}q\x00.", b"\x02" + b"\0" * 7 + b"[]"]
)
def test_what_is_no_safetensors_is_no_lora(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "brand.safetensors"
    file.write_bytes(content)
    added = ttv("add", file, "--into", tmp_path / "root")
    assert (added.exit_code, "is not in the format safetensors" in added.stderr) == (Exit.FAILED, True)
    assert not (tmp_path / "root").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("check", "--root", "s3://bucket"), "gs://bucket or gs://bucket/prefix"),
        (("check", "--root", "gs://"), "gs://bucket or gs://bucket/prefix"),
        (("check", "--root", "here", "wan"), "permitted: ltx, wan_5b, wan_14b"),
        (("fetch", "wan", "--into", "here"), "permitted: ltx, wan_5b, wan_14b"),
        (("add", __file__, "--into", "here", "--name", "../x"), "the first no mark"),
    ],
)
def test_bad_input_ends_with_2_and_says_what_is_permitted(arguments: tuple[str, ...], message: str) -> None:
    done = ttv(*arguments)
    assert (done.exit_code, message in done.stderr) == (Exit.BAD_INPUT, True), done.output


def test_an_unknown_bucket_is_refused(bucket: Bucket) -> None:
    checked = ttv("check", "--root", "gs://no-such-bucket")
    assert (checked.exit_code, "NotFound" in checked.stderr) == (Exit.REFUSED, True), checked.output


def test_numbers_of_something_else_are_no_lora(tmp_path: Path) -> None:
    file = lora_at(tmp_path / "brand.safetensors", tensor="decoder.weight")
    added = ttv("add", file, "--into", tmp_path / "root")
    assert (added.exit_code, "brand.safetensors is no LoRA" in added.stderr) == (Exit.FAILED, True)
    assert not (tmp_path / "root").exists()


def test_without_credentials_it_is_said_how_to_get_some(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("STORAGE_EMULATOR_HOST", raising=False)
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "none.json"))
    refused = ttv("check", "--root", "gs://somebodys-models")
    assert (refused.exit_code, "gcloud auth application-default login" in refused.stderr) == (
        Exit.REFUSED,
        True,
    )
