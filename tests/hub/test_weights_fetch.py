"""`ttv weights fetch` through the hub's own client: all arrives, or it is said why, and it can go on."""

import base64
import hashlib
import json
import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from http import HTTPStatus
from pathlib import Path

import google_crc32c
import pytest

from functions.render.video_backends.diffusers.manifest import MANIFEST, parsed
from functions.render.video_backends.diffusers.presets import PRESETS
from functions.render.video_backends.diffusers.weights import folder_of
from infra.archives import REPOSITORY
from infra.cli.exits import Exit
from tests.hub.stand_in import HubRepository, HubStandIn, running_hub
from tests.integration.storage_alone import BUCKET, StorageAlone, running_storage

PRESET = PRESETS["ltx"]

PIPELINE = {
    "_class_name": "LTXConditionPipeline",
    "_diffusers_version": "0.42.1",
    "transformer": ["diffusers", "LTXVideoTransformer3DModel"],
    "vae": ["diffusers", "AutoencoderKLLTXVideo"],
    "tokenizer": ["transformers", "T5Tokenizer"],
    "image_encoder": [None, None],
}
LARGE = "transformer/diffusion_pytorch_model.safetensors"
SMALL = "vae/config.json"
WANTED = {
    "model_index.json": json.dumps(PIPELINE).encode(),
    "LICENSE.txt": b"may be used",
    LARGE: random.Random(7).randbytes(12_000_000),  # noqa: S311 - contents, no secret
    SMALL: b'{"latent_channels": 8}',
    "vae/diffusion_pytorch_model.safetensors": random.Random(8).randbytes(120_000),  # noqa: S311 - as above
    "tokenizer/spiece.model": b"\0\1\2",
}
UNWANTED = {
    "README.md": b"# a model",
    "assets/film.mp4": b"moving",
    "transformer/diffusion_pytorch_model.bin": b"runs code as it is loaded",
    "image_encoder/config.json": b"{}",
    "ltx-whole.safetensors": b"the same in another layout",
}

Ttv = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def hub() -> Iterator[HubStandIn]:
    with running_hub(HubRepository(PRESET.repository, {**WANTED, **UNWANTED})) as running:
        yield running


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StorageAlone]:
    with running_storage(tmp_path_factory.mktemp("storage")) as running:
        yield running


@pytest.fixture
def environment(hub: HubStandIn, emulator: StorageAlone, tmp_path: Path) -> dict[str, str]:
    """What the command sees: this hub, this bucket, and nobody's token."""
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(REPOSITORY),
        "HF_ENDPOINT": hub.url,
        "HF_HOME": str(tmp_path / "hf"),
        "HF_HUB_DISABLE_TELEMETRY": "1",
        **emulator.environment,
    }


@pytest.fixture
def fetch(environment: dict[str, str], tmp_path: Path) -> Ttv:
    """Runs `ttv weights fetch ltx` in a process of its own: the client reads its settings at import."""

    def run(into: str | Path, *more: str, **different: str) -> subprocess.CompletedProcess[str]:
        program = "from infra.cli.main import main; main()"
        arguments = ("weights", "fetch", "ltx", "--into", str(into), "--staging", "staging", *more)
        return subprocess.run(  # noqa: S603 - our own program
            [sys.executable, "-c", program, *arguments],
            cwd=tmp_path,
            env=environment | different,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return run


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "root"


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file() and path.name != MANIFEST)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def succeeded(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == Exit.OK, done.stdout + done.stderr
    return done.stdout


def test_what_diffusers_loads_is_fetched_and_no_more(fetch: Ttv, hub: HubStandIn, root: Path) -> None:
    assert succeeded(fetch(root)) == f"ltx {hub.repository.commit}\n"

    assert contents(folder_of(root, "ltx")) == WANTED
    assert hub.sent_paths() == sorted(WANTED)
    assert not list((root.parent / "staging").iterdir())


def test_the_manifest_tells_the_commit_and_every_checksum(fetch: Ttv, hub: HubStandIn, root: Path) -> None:
    succeeded(fetch(root))

    manifest = parsed((root / "ltx" / MANIFEST).read_bytes())
    assert (manifest.preset, manifest.repository) == ("ltx", PRESET.repository)
    assert manifest.revision == hub.repository.commit  # though a branch was asked for
    assert {each.path: (each.size_bytes, each.sha256) for each in manifest.files} == {
        path: (len(content), hashlib.sha256(content).hexdigest()) for path, content in WANTED.items()
    }
    assert {each.path: base64.b64decode(each.crc32c) for each in manifest.files} == {
        path: google_crc32c.value(content).to_bytes(4, "big") for path, content in WANTED.items()
    }  # whatever copies the folder to a bucket, it can be verified there


def test_its_licence_and_what_else_an_operator_must_know_are_told(fetch: Ttv, root: Path) -> None:
    told = fetch(root).stderr
    assert PRESET.licence in told
    assert PRESET.hurdle in told


def test_what_is_complete_is_not_fetched_again(fetch: Ttv, hub: HubStandIn, root: Path) -> None:
    succeeded(fetch(root))
    hub.sent.clear()

    again = fetch(root)

    assert succeeded(again) == f"ltx {hub.repository.commit}\n"
    assert "are there already" in again.stderr
    assert hub.sent == []


def test_a_transfer_that_breaks_off_goes_on_where_it_stopped(fetch: Ttv, hub: HubStandIn, root: Path) -> None:
    hub.repository.breaks[LARGE] = 11_000_000  # the client keeps what came in pieces of 10 MiB

    succeeded(fetch(root))

    assert [each.first_byte for each in hub.sent if each.path == LARGE] == [0, 10 * 1024 * 1024]
    assert contents(folder_of(root, "ltx")) == WANTED


def test_after_a_failure_files_that_came_whole_are_not_sent_again(
    fetch: Ttv, hub: HubStandIn, root: Path
) -> None:
    hub.repository.storage_is_down = True
    broken = fetch(root)
    assert broken.returncode == Exit.UNREACHABLE, broken.stderr
    assert "run it again to go on" in broken.stderr
    assert "Traceback" not in broken.stderr
    assert not (root / "ltx").exists()
    before = hub.sent_paths()
    hub.sent.clear()
    hub.repository.storage_is_down = False

    succeeded(fetch(root))

    assert "model_index.json" in before
    assert sorted(before + hub.sent_paths()) == sorted(WANTED)
    assert contents(folder_of(root, "ltx")) == WANTED


@pytest.mark.parametrize("path", [LARGE, SMALL], ids=["large", "in git"])
def test_a_file_that_arrives_damaged_is_named_and_comes_anew(
    fetch: Ttv, hub: HubStandIn, root: Path, path: str
) -> None:
    hub.repository.damaged.add(path)
    damaged = fetch(root)
    assert damaged.returncode == Exit.FAILED, damaged.stderr
    assert f"{path} is not what the hub has" in damaged.stderr
    assert not (root / "ltx").exists()
    hub.sent.clear()
    hub.repository.damaged.clear()

    succeeded(fetch(root))

    assert hub.sent_paths() == [path]
    assert contents(folder_of(root, "ltx")) == WANTED


def test_a_revision_that_is_not_there_is_refused(fetch: Ttv, root: Path) -> None:
    refused = fetch(root, "--revision", "f" * 40)
    assert refused.returncode == Exit.REFUSED, refused.stderr
    assert f"{PRESET.repository} has no revision {'f' * 40}" in refused.stderr


@pytest.mark.parametrize("status", [HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN])
def test_a_gated_repository_says_whose_licence_to_accept(
    fetch: Ttv, hub: HubStandIn, root: Path, status: HTTPStatus
) -> None:
    hub.repository.gated = status
    refused = fetch(root, HF_TOKEN="hf_not_accepted")
    assert refused.returncode == Exit.REFUSED, refused.stderr
    for told in (PRESET.repository, "accept its licence", "HF_TOKEN"):
        assert told in refused.stderr
    assert "hf_not_accepted" not in refused.stderr


def test_a_repository_that_is_private_or_not_there_is_refused(
    fetch: Ttv, hub: HubStandIn, root: Path
) -> None:
    hub.repository.private = True
    refused = fetch(root)
    assert refused.returncode == Exit.REFUSED, refused.stderr
    assert "there is no repository" in refused.stderr


def test_another_layout_than_diffusers_is_refused(fetch: Ttv, hub: HubStandIn, root: Path) -> None:
    hub.repository.files = {"ltx-whole.safetensors": b"all in one"}
    refused = fetch(root)
    assert (refused.returncode, "has no model_index.json" in refused.stderr) == (Exit.REFUSED, True)


def test_a_component_without_files_is_refused(fetch: Ttv, hub: HubStandIn, root: Path) -> None:
    hub.repository.files = {path: each for path, each in WANTED.items() if not path.startswith("tokenizer/")}
    refused = fetch(root)
    assert (refused.returncode, "has no files for tokenizer" in refused.stderr) == (Exit.REFUSED, True)


def test_a_hub_that_is_down_is_unreachable(fetch: Ttv, hub: HubStandIn, root: Path) -> None:
    hub.repository.down = True
    assert fetch(root).returncode == Exit.UNREACHABLE
    nobody = fetch(root, HF_ENDPOINT="http://127.0.0.1:9")
    assert (nobody.returncode, "Traceback" in nobody.stderr) == (Exit.UNREACHABLE, False), nobody.stderr


def test_another_revision_is_never_mixed_into_the_one_that_is_there(
    fetch: Ttv, hub: HubStandIn, root: Path
) -> None:
    succeeded(fetch(root))
    older, hub.repository.commit = hub.repository.commit, "d" * 40
    hub.repository.files = {**WANTED, SMALL: b"newer"}

    refused = fetch(root)

    assert refused.returncode == Exit.FAILED, refused.stderr
    assert f"keep it with --revision {older}" in refused.stderr
    assert contents(folder_of(root, "ltx")) == WANTED


def test_without_the_hubs_client_it_is_said_what_to_install(fetch: Ttv, root: Path, tmp_path: Path) -> None:
    (tmp_path / "missing").mkdir()
    (tmp_path / "missing" / "huggingface_hub.py").write_text("raise ImportError('not installed')")
    path = f"{tmp_path / 'missing'}{os.pathsep}{REPOSITORY}"
    refused = fetch(root, PYTHONPATH=path)
    assert (refused.returncode, "pip install" in refused.stderr) == (Exit.BAD_INPUT, True), refused.stderr


def test_a_bucket_receives_all_of_it_once_and_the_rest_of_it_later(
    fetch: Ttv, hub: HubStandIn, emulator: StorageAlone
) -> None:
    there = emulator.objects / "open" / "ltx"
    succeeded(fetch(f"gs://{BUCKET}/open"))
    assert contents(there) == WANTED
    (there / MANIFEST).unlink()  # as if the upload had been killed before the last two files
    (there / LARGE).unlink()

    again = fetch(f"gs://{BUCKET}/open")

    succeeded(again)
    assert f"ltx/{LARGE}: put there" in again.stderr
    assert f"ltx/{SMALL}: was there" in again.stderr
    assert contents(there) == WANTED
    assert folder_of(there.parent, "ltx") == there  # as it is seen where the bucket is mounted
