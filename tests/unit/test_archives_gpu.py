"""The archive for a GPU is the same code with another list of requirements, and no archive carries both."""

import zipfile
from pathlib import Path

import pytest

from infra.archives import ArchiveIncomplete, Variant, build_archive, files_of, unpack
from tests.unit.test_archives import CARRIED, lay_out

LIST = "functions/render/requirements-gpu.txt"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    of_the_list = "functions/render/requirements-gpu.in"
    return lay_out(tmp_path / "source", CARRIED | {LIST: "flask==3\ntorch==2\n", of_the_list: "torch\n"})


def test_the_gpu_archive_is_the_same_code_with_the_gpu_requirements(source: Path) -> None:
    plain, gpu = files_of("render", source), files_of("render", source, variant=Variant.GPU)

    assert gpu["requirements.txt"] == b"flask==3\ntorch==2\n"
    assert plain["requirements.txt"] == b"flask==3\n"
    assert {**gpu, "requirements.txt": b""} == {**plain, "requirements.txt": b""}
    assert [name for name in gpu if "requirements" in name] == ["requirements.txt"]


def test_both_archives_lie_side_by_side_under_their_own_names(source: Path, tmp_path: Path) -> None:
    plain = build_archive("render", tmp_path, source)
    gpu = build_archive("render", tmp_path, source, variant=Variant.GPU)

    assert gpu.name == f"render-gpu-{gpu.digest[:12]}"
    assert gpu.path == tmp_path / f"{gpu.name}.zip"
    assert plain.name == f"render-{plain.digest[:12]}"
    assert plain.digest != gpu.digest
    folder = unpack(gpu, tmp_path / "unpacked")
    assert folder.name == gpu.name
    (folder / "kept").mkdir()
    assert unpack(gpu, tmp_path / "unpacked") == folder
    assert (folder / "kept").is_dir()


def test_gpu_requirements_change_the_gpu_archive_alone(source: Path, tmp_path: Path) -> None:
    before = [build_archive("render", tmp_path, source, variant=each).digest for each in Variant]
    lay_out(source, {LIST: "flask==3\ntorch==3\n"})
    after = [build_archive("render", tmp_path, source, variant=each).digest for each in Variant]

    assert [was == now for was, now in zip(before, after, strict=True)] == [True, False]


def test_a_function_without_gpu_requirements_has_no_gpu_archive(source: Path, tmp_path: Path) -> None:
    (source / LIST).unlink()

    with pytest.raises(ArchiveIncomplete, match=LIST):
        build_archive("render", tmp_path, source, variant=Variant.GPU)
    assert zipfile.is_zipfile(build_archive("render", tmp_path, source).path)


def test_the_gpu_list_of_this_checkout_is_hashed_for_cuda_12_and_agrees_with_the_plain_one() -> None:
    plain, gpu = (pins(files_of("render", variant=each)["requirements.txt"].decode()) for each in Variant)

    assert {"torch", "diffusers", "transformers", "accelerate", "peft", "ftfy", "safetensors"} <= gpu.keys()
    assert any(name.startswith("nvidia-") and name.endswith("-cu12") for name in gpu)
    assert not any(name.endswith("-cu13") for name in gpu)  # Cloud Run's L4s have a driver for CUDA 12
    assert {name: gpu[name] for name in plain.keys() & gpu.keys()} == {
        name: plain[name] for name in plain.keys() & gpu.keys()
    }
    assert plain.keys() - gpu.keys() <= {"httpx2-jsfetch"}  # for a browser only


def test_no_list_names_an_index_or_leaves_a_file_unhashed() -> None:
    for variant in Variant:
        text = files_of("render", variant=variant)["requirements.txt"].decode()
        assert "://" not in text
        assert "--find-links" not in text
        entries = text.replace("\\\n", " ").splitlines()
        assert all("--hash=sha256:" in each for each in entries if "==" in each.partition("#")[0])


def pins(text: str) -> dict[str, str]:
    """Versions by name; of a name with several, the one for Python 3.13 on Linux."""
    found: dict[str, str] = {}
    for line in text.splitlines():
        name, equals, rest = line.partition("==")
        if equals and not line.startswith((" ", "#")) and "< '3.12'" not in rest:
            found[name] = rest.split()[0]
    return found
