"""The archive of a function holds exactly what it needs, and the same files always make the same archive."""

import os
import zipfile
from pathlib import Path

import pytest

from infra.archives import STAGES, ArchiveIncomplete, build_archive, files_of, unpack

CARRIED = {
    "functions/__init__.py": "",
    "functions/render/__init__.py": "",
    "functions/render/main.py": "def render(request): ...\n",
    "functions/render/video_backends/__init__.py": "",
    "functions/render/fonts/mono.ttf": "glyphs",
    "functions/render/requirements.txt": "flask==3\n",
    "shared/__init__.py": "",
    "shared/domain/job.py": "JOB = 1\n",
}
LEFT_OUT = {
    "functions/submit/main.py": "",
    "functions/render/requirements.in": "flask\n",
    "functions/render/__pycache__/main.cpython-311.pyc": "",
    "functions/render/stale.pyc": "",
    "functions/render/tests/test_main.py": "",
    "functions/render/.DS_Store": "",
    "shared/.cache/entry": "",
    "shared/tests/test_job.py": "",
    "infra/__main__.py": "",
    "README.md": "",
}


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return lay_out(tmp_path / "source", CARRIED | LEFT_OUT)


def test_archive_holds_the_function_and_what_it_shares_and_nothing_else(source: Path, tmp_path: Path) -> None:
    archive = build_archive("render", tmp_path, source)

    with zipfile.ZipFile(archive.path) as packed:
        assert packed.namelist() == [
            "functions/__init__.py",
            "functions/render/__init__.py",
            "functions/render/fonts/mono.ttf",
            "functions/render/main.py",
            "functions/render/video_backends/__init__.py",
            "main.py",
            "requirements.txt",
            "shared/__init__.py",
            "shared/domain/job.py",
        ]
        assert packed.read("main.py") == b"from functions.render.main import render\n"
        assert packed.read("requirements.txt") == b"flask==3\n"
    assert archive.path.name == f"render-{archive.digest[:12]}.zip"


def test_same_files_give_the_same_bytes_wherever_and_whenever_they_were_written(
    source: Path, tmp_path: Path
) -> None:
    elsewhere = lay_out(tmp_path / "elsewhere", dict(reversed(CARRIED.items())))
    for path in elsewhere.rglob("*"):
        os.utime(path, (1, 1))
        path.chmod(0o700)

    first = build_archive("render", tmp_path / "one", source)
    second = build_archive("render", tmp_path / "two", elsewhere)

    assert first.digest == second.digest
    assert first.path.read_bytes() == second.path.read_bytes()
    with zipfile.ZipFile(first.path) as packed:
        assert {entry.date_time for entry in packed.infolist()} == {(1980, 1, 1, 0, 0, 0)}


@pytest.mark.parametrize(
    "change",
    [
        {"shared/domain/job.py": "JOB = 2\n"},
        {"shared/domain/new.py": ""},
        {"functions/render/requirements.txt": "flask==4\n"},
    ],
    ids=["content", "new file", "requirements"],
)
def test_any_change_gives_another_digest(source: Path, tmp_path: Path, change: dict[str, str]) -> None:
    before = build_archive("render", tmp_path, source)
    lay_out(source, change)

    assert build_archive("render", tmp_path, source).digest != before.digest


def test_renaming_a_file_gives_another_digest(source: Path, tmp_path: Path) -> None:
    before = build_archive("render", tmp_path, source)
    (source / "shared/domain/job.py").rename(source / "shared/domain/jobs.py")

    assert build_archive("render", tmp_path, source).digest != before.digest


@pytest.mark.parametrize("missing", ["functions/render/main.py", "functions/render/requirements.txt"])
def test_incomplete_source_is_named(source: Path, tmp_path: Path, missing: str) -> None:
    (source / missing).unlink()

    with pytest.raises(ArchiveIncomplete, match=missing):
        build_archive("render", tmp_path, source)


def test_unknown_stage_is_refused(source: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="permitted: submit, keyframes, render, finalize"):
        build_archive("rendering", tmp_path, source)


def test_unpacked_folder_holds_the_archived_files(source: Path, tmp_path: Path) -> None:
    folder = unpack(build_archive("render", tmp_path, source), tmp_path / "unpacked")

    unpacked = {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }
    assert unpacked == files_of("render", source)


def test_unpacking_again_keeps_the_bytecode_that_python_cached(source: Path, tmp_path: Path) -> None:
    archive = build_archive("render", tmp_path, source)
    cached = unpack(archive, tmp_path / "unpacked") / "shared/__pycache__/job.cpython-311.pyc"
    lay_out(cached.parent, {cached.name: "bytecode"})

    unpack(archive, tmp_path / "unpacked")

    assert cached.read_text() == "bytecode"


def test_unpacking_again_undoes_edits(source: Path, tmp_path: Path) -> None:
    archive = build_archive("render", tmp_path, source)
    folder = unpack(archive, tmp_path / "unpacked")
    lay_out(folder, {"shared/domain/job.py": "JOB = 'edited'\n", "shared/stray.py": ""})

    unpack(archive, tmp_path / "unpacked")

    assert (folder / "shared/domain/job.py").read_text() == "JOB = 1\n"
    assert not (folder / "shared/stray.py").exists()


@pytest.mark.parametrize("stage", STAGES)
def test_archive_of_this_checkout_is_complete_and_holds_one_function(stage: str) -> None:
    names = files_of(stage)

    assert f"functions/{stage}/main.py" in names
    assert "shared/settings.py" in names
    folders = {"functions/" + name.split("/")[1] for name in names if name.startswith("functions/")}
    assert folders == {"functions/__init__.py", f"functions/{stage}"}
    assert not any(name.startswith(("infra/", "tests/")) or name.endswith((".in", ".pyc")) for name in names)


def lay_out(root: Path, files: dict[str, str]) -> Path:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return root
