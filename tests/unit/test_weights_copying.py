"""Weights are copied whole or not at all: hashed on the way, by one of many, and never twice."""

import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from functions.render.video_backends.diffusers import copying
from functions.render.video_backends.diffusers.copying import bring_lora, bring_preset
from functions.render.video_backends.diffusers.manifest import BUFFER_BYTES
from functions.render.video_backends.diffusers.weights import (
    NoSuchLora,
    faults_of,
    folder_of,
    lora_of,
)
from shared.domain.errors import BackendUnavailable
from tests.unit.shelved_weights import FILES, LARGEST, lay_lora, lay_preset, spoil

SMALL = "vae/diffusion_pytorch_model.safetensors"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "bucket"


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def visible(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))


def unfinished(cache: Path) -> list[Path]:
    return [path for path in cache.rglob(".*") if ".part" in path.name]


def test_a_preset_is_copied_with_every_byte_and_found_where_it_was_brought(root: Path, cache: Path) -> None:
    lay_preset(root)
    pieces: list[int] = []

    folder = bring_preset(root, cache, "ltx", progress=pieces.append)

    assert folder == folder_of(cache, "ltx")
    assert contents(folder) == contents(root / "ltx")
    assert sum(pieces) == sum(FILES.values())
    assert max(pieces) <= BUFFER_BYTES
    assert unfinished(cache) == []


def test_what_was_brought_is_not_copied_again(root: Path, cache: Path) -> None:
    lay_preset(root)
    bring_preset(root, cache, "ltx")
    shutil.rmtree(root / "ltx" / "transformer")  # what is not there cannot be copied
    pieces: list[int] = []

    assert bring_preset(root, cache, "ltx", progress=pieces.append) == cache / "ltx"
    assert pieces == []


def test_another_revision_takes_the_place_of_the_one_that_was_brought(root: Path, cache: Path) -> None:
    lay_preset(root, seed=1)
    bring_preset(root, cache, "ltx")
    newer = lay_preset(root, seed=2)

    folder = bring_preset(root, cache, "ltx")

    assert faults_of(folder, newer.files, checksums=True) == ()
    assert unfinished(cache) == []


def test_a_file_that_the_cache_has_lost_is_brought_again(root: Path, cache: Path) -> None:
    manifest = lay_preset(root)
    (bring_preset(root, cache, "ltx") / SMALL).unlink()

    assert faults_of(bring_preset(root, cache, "ltx"), manifest.files, checksums=True) == ()


def test_what_has_been_damaged_in_the_cache_is_brought_again(root: Path, cache: Path) -> None:
    manifest = lay_preset(root)
    spoil(bring_preset(root, cache, "ltx") / SMALL)

    assert faults_of(bring_preset(root, cache, "ltx"), manifest.files, checksums=True) == ()


def test_a_corrupt_file_is_named_and_no_preset_appears(root: Path, cache: Path) -> None:
    lay_preset(root)
    spoil(root / "ltx" / LARGEST)

    with pytest.raises(
        BackendUnavailable, match="is corrupt: its SHA-256 is another; `ttv weights fetch ltx"
    ):
        bring_preset(root, cache, "ltx")

    assert visible(cache) == []
    with pytest.raises(BackendUnavailable, match=r"manifest.json is missing"):
        folder_of(cache, "ltx")


def test_after_a_failure_only_what_is_missing_is_copied(root: Path, cache: Path) -> None:
    lay_preset(root)
    spoil(root / "ltx" / SMALL)
    with pytest.raises(BackendUnavailable):
        bring_preset(root, cache, "ltx", threads=1)  # the largest first
    spoil(root / "ltx" / SMALL)  # the same byte back
    pieces: list[int] = []

    bring_preset(root, cache, "ltx", threads=1, progress=pieces.append)

    assert sum(pieces) < FILES[LARGEST]
    assert contents(cache / "ltx") == contents(root / "ltx")


def test_what_is_missing_at_the_root_is_told_before_anything_is_copied(root: Path, cache: Path) -> None:
    lay_preset(root)
    (root / "ltx" / SMALL).unlink()
    pieces: list[int] = []

    with pytest.raises(BackendUnavailable, match=f"{SMALL} is missing"):
        bring_preset(root, cache, "ltx", progress=pieces.append)
    assert pieces == []


def test_weights_that_do_not_fit_are_refused_before_anything_is_copied(
    root: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lay_preset(root)
    monkeypatch.setattr(copying, "SPARE_BYTES", 10**18)

    with pytest.raises(BackendUnavailable, match=r"GB free, and 0.0 GB of weights are to be copied there"):
        bring_preset(root, cache, "ltx")
    assert visible(cache) == []


def test_whoever_stops_the_progress_stops_the_copy_and_it_can_go_on(root: Path, cache: Path) -> None:
    lay_preset(root)

    class Stop(Exception):
        pass

    def stop(_piece: int) -> None:
        raise Stop

    with pytest.raises(Stop):
        bring_preset(root, cache, "ltx", progress=stop)
    assert visible(cache) == []
    assert contents(bring_preset(root, cache, "ltx")) == contents(root / "ltx")


KILLED_HALF_WAY = """
import os, signal, sys
from pathlib import Path
from functions.render.video_backends.diffusers.copying import bring_preset
copied = 0
def kill(size):
    global copied
    copied += size
    if copied > 8_500_000:
        os.kill(os.getpid(), signal.SIGKILL)
bring_preset(Path(sys.argv[1]), Path(sys.argv[2]), "ltx", threads=1, progress=kill)
"""


def test_a_killed_copy_is_never_taken_and_leaves_no_lock(root: Path, cache: Path) -> None:
    lay_preset(root)
    killed = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", KILLED_HALF_WAY, root, cache], env={**os.environ}, check=False, timeout=60
    )

    assert killed.returncode == -signal.SIGKILL
    assert visible(cache) == []
    assert contents(bring_preset(root, cache, "ltx")) == contents(root / "ltx")
    assert unfinished(cache) == []


def test_of_many_at_once_one_copies_and_the_others_take_what_it_made(root: Path, cache: Path) -> None:
    lay_preset(root)
    holds, may_go_on = threading.Event(), threading.Event()
    others_copied: list[int] = []

    def hold(_piece: int) -> None:
        holds.set()
        assert may_go_on.wait(30)

    with capture_logs() as lines, ThreadPoolExecutor(4) as pool:
        first = pool.submit(bring_preset, root, cache, "ltx", progress=hold)
        assert holds.wait(30)
        others = [
            pool.submit(bring_preset, root, cache, "ltx", progress=others_copied.append) for _ in range(3)
        ]
        wait_for(lambda: sum(line["event"] == "weights.awaited" for line in lines) == 3)
        may_go_on.set()
        assert {each.result(30) for each in (first, *others)} == {cache / "ltx"}

    assert others_copied == []
    assert [line["event"] for line in lines].count("weights.copied") == 1


def wait_for(is_so: Callable[[], bool]) -> None:
    """Wait for another thread's log line: no event tells of it."""
    poll = threading.Event()
    for _ in range(3000):
        if is_so():
            return
        poll.wait(0.01)
    raise AssertionError("it never came to be")


def test_a_lora_is_brought_once_and_anew_when_it_has_changed(root: Path, cache: Path) -> None:
    lay_lora(root, "brand", b"first")
    brought = bring_lora(root, cache, "brand")
    assert brought == lora_of(cache, "brand")
    before = brought.stat().st_ino

    assert bring_lora(root, cache, "brand").stat().st_ino == before
    lay_lora(root, "brand", b"other")
    assert bring_lora(root, cache, "brand").read_bytes() == b"other"
    brought.unlink()
    assert bring_lora(root, cache, "brand").read_bytes() == b"other"
    assert unfinished(cache) == []


def test_a_corrupt_lora_is_not_brought(root: Path, cache: Path) -> None:
    spoil(lay_lora(root, "brand"))

    with pytest.raises(BackendUnavailable, match=r"LoRA brand: brand.safetensors is corrupt"):
        bring_lora(root, cache, "brand")
    with pytest.raises(NoSuchLora):
        lora_of(cache, "brand")


def test_a_cache_that_cannot_be_written_to_is_named(root: Path, tmp_path: Path) -> None:
    lay_preset(root)
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(BackendUnavailable, match=r"file/cache cannot be written to: Not a directory"):
        bring_preset(root, tmp_path / "file" / "cache", "ltx")


def test_a_cache_that_fails_while_it_is_written_to_is_named(root: Path, cache: Path) -> None:
    lay_lora(root, "brand")
    cache.mkdir(parents=True, exist_ok=True)
    (cache / "loras").write_text("in the way")
    with pytest.raises(BackendUnavailable, match=r"cannot be written to: File exists"):
        bring_lora(root, cache, "brand")
