"""Adapters such as a brand's own look: on, stronger, off again, and for the wrong model."""

from collections.abc import Callable
from pathlib import Path

import pytest
from diffusers.pipelines import pipeline_utils

from functions.render.video_backends.diffusers.backend import Diffusers
from functions.render.video_backends.diffusers.deployment import Deployment, Lora
from functions.render.video_backends.diffusers.memory import MemoryPlan
from shared.domain.errors import BackendFailed, BackendUnavailable, InvalidInput
from tests.gpu.conftest import SMALL, Still, first, nothing, quick
from tests.gpu.pixels import Film, differ
from tests.gpu.tiny import write_lora, write_weights

FilmWith = Callable[[str, Deployment, Lora | None], Film]


@pytest.fixture
def film_with(films: list[Film], still: Still, tmp_path: Path) -> FilmWith:
    def film(name: str, deployment: Deployment, lora: Lora | None) -> Film:
        stills = first(still("teal"))
        Diffusers(quick(name), deployment, lora).render(SMALL, stills, tmp_path / "clip.mp4", nothing)
        return films[-1]

    return film


@pytest.fixture(autouse=True)
def _processor_passes_for_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """Adding an adapter under offloading, diffusers asks which GPU there is, and will have one."""
    monkeypatch.setattr(pipeline_utils, "get_device", lambda: "cpu:0")


@pytest.mark.parametrize("plan", MemoryPlan)
@pytest.mark.parametrize("name", ["ltx", "wan_14b"])
def test_an_adapter_changes_frames_by_its_weight_and_off_restores_them_exactly(
    film_with: FilmWith, root: Path, name: str, plan: MemoryPlan
) -> None:
    kept = Deployment(root, device="cpu", memory_plan=plan)
    plain = film_with(name, kept, None)
    silent = film_with(name, kept, Lora(f"brand-{name}", 0.0))
    weak = film_with(name, kept, Lora(f"brand-{name}", 0.3))
    strong = film_with(name, kept, Lora(f"brand-{name}"))
    off = film_with(name, kept, None)

    assert differ(plain, strong)
    assert differ(strong, weak)
    assert (silent == plain).all()
    assert (off == plain).all()


def test_an_adapter_of_small_numbers_still_acts_where_the_model_is_kept_in_8_bits(
    film_with: FilmWith, tmp_path: Path
) -> None:
    """8 bits know no number below a five-hundredth: rounded to them, an adapter of smaller ones is gone."""
    write_weights(tmp_path, "ltx")
    write_lora(tmp_path, "faint", "ltx", loud=0.0001)
    kept = Deployment(tmp_path, device="cpu", memory_plan=MemoryPlan.CAST)
    assert (film_with("ltx", kept, Lora("faint", 1e8)) != film_with("ltx", kept, None)).any()


def test_one_adapter_takes_the_place_of_another(film_with: FilmWith, tmp_path: Path) -> None:
    write_weights(tmp_path, "ltx")
    write_lora(tmp_path, "one", "ltx")
    write_lora(tmp_path, "two", "ltx", loud=4)
    here = Deployment(tmp_path, device="cpu")
    one = film_with("ltx", here, Lora("one"))
    two = film_with("ltx", here, Lora("two"))
    assert differ(one, two)
    assert (film_with("ltx", here, Lora("one")) == one).all()


def test_an_adapter_comes_by_way_of_the_cache_too(film_with: FilmWith, root: Path, tmp_path: Path) -> None:
    cached = Deployment(root, device="cpu", cache=tmp_path / "cache")
    with_it = film_with("ltx", cached, Lora("brand-ltx"))
    assert (tmp_path / "cache" / "loras" / "brand-ltx.safetensors").is_file()
    assert (film_with("ltx", Deployment(root, device="cpu"), Lora("brand-ltx")) == with_it).all()


def test_an_adapter_of_another_model_is_refused_and_leaves_no_trace(
    film_with: FilmWith, here: Deployment
) -> None:
    plain = film_with("ltx", here, None)
    with pytest.raises(BackendFailed, match="the LoRA brand-wan_14b does not fit the model"):
        film_with("ltx", here, Lora("brand-wan_14b"))
    assert (film_with("ltx", here, None) == plain).all()


def test_an_adapter_that_is_not_there_is_named(film_with: FilmWith, here: Deployment) -> None:
    with pytest.raises(BackendFailed, match="no LoRA nobodys"):
        film_with("ltx", here, Lora("nobodys"))


def test_an_adapter_that_is_damaged_is_the_deployment_s_fault(film_with: FilmWith, tmp_path: Path) -> None:
    write_weights(tmp_path, "ltx")
    file = write_lora(tmp_path, "torn", "ltx")
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(BackendUnavailable, match=r"LoRA torn: torn\.safetensors has"):
        film_with("ltx", Deployment(tmp_path, device="cpu"), Lora("torn"))


@pytest.mark.parametrize("name", ["../ltx/manifest", "a/b", "", "a.b"])
def test_a_name_that_leads_elsewhere_is_refused(film_with: FilmWith, here: Deployment, name: str) -> None:
    with pytest.raises(InvalidInput):
        film_with("ltx", here, Lora(name))
