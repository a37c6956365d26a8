"""Weights that are missing, damaged, or of something else: told, and nothing is rendered from them.

That all are verified as an instance starts is for tests/integration/test_weights_at_start.py.
"""

import shutil
from pathlib import Path

import pytest

from functions.render.clip import check_clip
from functions.render.video_backends.diffusers.backend import Diffusers
from functions.render.video_backends.diffusers.copying import bring_preset
from functions.render.video_backends.diffusers.deployment import Deployment
from shared.domain.errors import OperationFailed
from tests.gpu.conftest import SMALL, Still, first, nothing, quick
from tests.gpu.tiny import write_weights

NUMBERS = "transformer/diffusion_pytorch_model.safetensors"


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A root whose weights a test may damage."""
    write_weights(tmp_path / "root", "ltx")
    return tmp_path / "root"


def film(deployment: Deployment, still: Still, clip: Path, name: str = "ltx") -> None:
    Diffusers(quick(name), deployment).render(SMALL, first(still("teal")), clip, nothing)


def test_weights_that_were_never_fetched_are_named_with_what_to_do(
    own: Path, still: Still, tmp_path: Path
) -> None:
    with pytest.raises(OperationFailed, match=r"wan_5b: .*is missing.*`ttv weights fetch wan_5b"):
        film(Deployment(own, device="cpu"), still, tmp_path / "clip.mp4", "wan_5b")


def test_a_missing_file_is_named_and_once_it_is_there_the_same_process_renders(
    own: Path, still: Still, tmp_path: Path
) -> None:
    kept = (own / "ltx" / NUMBERS).read_bytes()
    (own / "ltx" / NUMBERS).unlink()
    with pytest.raises(OperationFailed, match=f"ltx: {NUMBERS} is missing"):
        film(Deployment(own, device="cpu"), still, tmp_path / "clip.mp4")
    (own / "ltx" / NUMBERS).write_bytes(kept)
    film(Deployment(own, device="cpu"), still, tmp_path / "clip.mp4")
    check_clip(tmp_path / "clip.mp4", SMALL)


def test_a_file_cut_short_is_named(own: Path, still: Still, tmp_path: Path) -> None:
    file = own / "ltx" / NUMBERS
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(OperationFailed, match=f"{NUMBERS} has .* bytes instead of"):
        film(Deployment(own, device="cpu"), still, tmp_path / "clip.mp4")


@pytest.mark.parametrize("component", ["transformer", "text_encoder", "vae"])
def test_a_file_whose_header_is_damaged_is_not_loaded_without_a_cache_either(
    own: Path, still: Still, tmp_path: Path, component: str
) -> None:
    damage(next((own / "ltx" / component).glob("*.safetensors")), at=9)
    with pytest.raises(OperationFailed, match="weights of ltx cannot be loaded"):
        film(Deployment(own, device="cpu"), still, tmp_path / "clip.mp4")


def test_weights_of_another_model_under_a_preset_s_name_are_refused(
    own: Path, still: Still, tmp_path: Path
) -> None:
    write_weights(own, "wan_5b")
    shutil.rmtree(own / "ltx")
    (own / "wan_5b").rename(own / "ltx")
    with pytest.raises(OperationFailed, match="is of the preset 'wan_5b'"):
        film(Deployment(own, device="cpu"), still, tmp_path / "clip.mp4")


def test_a_model_is_loaded_from_where_the_start_has_copied_it(
    own: Path, still: Still, tmp_path: Path
) -> None:
    bring_preset(own, tmp_path / "cache", "ltx")
    shutil.rmtree(own)
    film(Deployment(own, device="cpu", cache=tmp_path / "cache"), still, tmp_path / "clip.mp4")
    check_clip(tmp_path / "clip.mp4", SMALL)


def test_what_the_start_has_not_copied_no_clip_copies(own: Path, still: Still, tmp_path: Path) -> None:
    with pytest.raises(OperationFailed, match=r"ltx: manifest.json is missing"):
        film(Deployment(own, device="cpu", cache=tmp_path / "cache"), still, tmp_path / "clip.mp4")
    assert not (tmp_path / "cache").exists()


def damage(file: Path, *, at: int) -> None:
    content = bytearray(file.read_bytes())
    content[at] ^= 0xFF
    file.write_bytes(content)
