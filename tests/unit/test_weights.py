"""Weights are found where they belong, or it is said which file is wrong and what to do about it."""

import base64
from collections.abc import Callable
from pathlib import Path

import pytest

from functions.render.video_backends.diffusers.manifest import Manifest, WeightFile, described, parsed
from functions.render.video_backends.diffusers.weights import (
    NoSuchLora,
    faults_of,
    folder_of,
    lora_of,
)
from shared.domain.errors import BackendFailed, BackendUnavailable, InvalidInput
from tests.unit.shelved_weights import FILES, LARGEST, lay_lora, lay_preset, spoil

ESCAPES = [
    *("..", "../ltx", "a/b", "/etc/passwd", "a\\b", "a.b", "", ".hidden"),
    *("a" * 65, "ltx\n", "a\0b", "Brand"),
]


def test_a_manifest_tells_every_file_with_its_size_and_outlives_storage(tmp_path: Path) -> None:
    manifest = lay_preset(tmp_path)

    assert {each.path: each.size_bytes for each in manifest.files} == FILES
    assert parsed((tmp_path / "ltx" / "manifest.json").read_bytes()) == manifest
    assert manifest.size_bytes == sum(FILES.values())
    assert manifest.digest != lay_preset(tmp_path / "other", seed=2).digest


def test_a_file_is_told_with_the_checksums_that_others_tell_of_it(tmp_path: Path) -> None:
    (tmp_path / "digits").write_bytes(b"123456789")

    told = described(tmp_path / "digits", "digits")

    assert told.sha256 == "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225"
    assert base64.b64decode(told.crc32c).hex() == "e3069283"  # RFC 3720, B.4, and every other list of CRCs


def test_a_manifest_leaves_out_itself_and_what_is_hidden(tmp_path: Path) -> None:
    manifest = lay_preset(tmp_path)
    (tmp_path / "ltx" / ".cache").mkdir()
    (tmp_path / "ltx" / ".cache" / "entry").write_text("of the hub's client")

    again = Manifest.of_folder(
        tmp_path / "ltx", preset="ltx", repository=manifest.repository, revision=manifest.revision
    )
    assert again == manifest


@pytest.mark.parametrize("path", ["../x", "/x", "//x", "a/../b", "a//b", "./a", "a\\b", "", ".", "a\nb"])
def test_a_manifest_never_leads_out_of_its_folder(path: str) -> None:
    with pytest.raises(ValueError, match="path"):
        WeightFile(path=path, size_bytes=1, sha256="0" * 64, crc32c="AAAAAA==")


def test_a_preset_is_found_by_its_name(tmp_path: Path) -> None:
    lay_preset(tmp_path, "ltx")

    assert folder_of(tmp_path, "ltx") == tmp_path / "ltx"


def remove(path: Path) -> None:
    path.unlink()


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


@pytest.mark.parametrize(
    ("damage", "said"), [(remove, "is missing"), (cut, "has 8,999,999 bytes instead of 9,000,000")]
)
def test_what_is_wrong_names_preset_file_and_remedy(
    tmp_path: Path, damage: Callable[[Path], None], said: str
) -> None:
    lay_preset(tmp_path)
    damage(tmp_path / "ltx" / LARGEST)

    with pytest.raises(BackendUnavailable) as raised:
        folder_of(tmp_path, "ltx")

    assert str(raised.value).startswith(f"ltx: {LARGEST} {said}")
    assert f"ttv weights fetch ltx --into {tmp_path}" in str(raised.value)


def test_many_faults_are_counted_and_the_first_is_named(tmp_path: Path) -> None:
    lay_preset(tmp_path)
    for name in FILES:
        (tmp_path / "ltx" / name).unlink()

    with pytest.raises(BackendUnavailable, match=r"model_index.json is missing \(and 4 more\)"):
        folder_of(tmp_path, "ltx")


def test_a_preset_that_was_never_fetched_is_said_to_be(tmp_path: Path) -> None:
    with pytest.raises(BackendUnavailable, match=r"manifest.json is missing; `ttv weights fetch wan_5b"):
        folder_of(tmp_path, "wan_5b")


@pytest.mark.parametrize("content", ["", "[]", "{}", "\xff", '{"preset": "ltx"}'])
def test_a_manifest_that_is_none_is_said_to_be(tmp_path: Path, content: str) -> None:
    lay_preset(tmp_path)
    (tmp_path / "ltx" / "manifest.json").write_bytes(content.encode("latin-1"))

    with pytest.raises(BackendUnavailable, match=r"manifest.json cannot be read"):
        folder_of(tmp_path, "ltx")


def test_the_folder_of_another_preset_is_not_taken(tmp_path: Path) -> None:
    lay_preset(tmp_path, "ltx")
    (tmp_path / "ltx").rename(tmp_path / "wan_14b")

    with pytest.raises(BackendUnavailable, match="is of the preset 'ltx'"):
        folder_of(tmp_path, "wan_14b")


@pytest.mark.parametrize("name", [*ESCAPES, "loras", "LTX"])
def test_a_presets_name_leads_nowhere_else(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidInput, match="preset"):
        folder_of(tmp_path, name)


@pytest.mark.parametrize("name", ESCAPES)
def test_a_loras_name_leads_nowhere_else(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidInput, match="lora"):
        lora_of(tmp_path, name)


def test_a_lora_is_found_by_its_name_and_an_unknown_one_is_the_videos_fault(tmp_path: Path) -> None:
    file = lay_lora(tmp_path, "brand-01")

    assert lora_of(tmp_path, "brand-01") == file
    with pytest.raises(NoSuchLora, match="there is no LoRA brand_02") as raised:
        lora_of(tmp_path, "brand_02")
    assert isinstance(raised.value, BackendFailed)


def test_a_lora_without_its_file_is_the_deployments_fault(tmp_path: Path) -> None:
    lay_lora(tmp_path, "brand").unlink()

    with pytest.raises(
        BackendUnavailable, match=r"LoRA brand: brand.safetensors is missing; `ttv weights add"
    ):
        lora_of(tmp_path, "brand")


def test_a_loras_entry_leads_to_no_other_file(tmp_path: Path) -> None:
    other = lay_lora(tmp_path, "other")
    (tmp_path / "loras" / "brand.json").write_bytes(other.with_suffix(".json").read_bytes())

    with pytest.raises(BackendUnavailable, match=r"brand.json is of 'other.safetensors'"):
        lora_of(tmp_path, "brand")


def test_one_changed_byte_is_found_by_checksum_and_not_by_size(tmp_path: Path) -> None:
    manifest = lay_preset(tmp_path)
    spoil(tmp_path / "ltx" / LARGEST)

    assert folder_of(tmp_path, "ltx")
    with pytest.raises(BackendUnavailable, match=f"{LARGEST} is corrupt: its SHA-256 is another"):
        folder_of(tmp_path, "ltx", checksums=True)
    (fault,) = faults_of(tmp_path / "ltx", manifest.files, checksums=True)
    assert str(fault) == f"{LARGEST} is corrupt: its SHA-256 is another"
