"""Adapters such as a brand's own look: on, stronger, off again, and for the wrong model."""

from collections.abc import Callable
from pathlib import Path

import pytest
from diffusers.pipelines import pipeline_utils

from functions.render.video_backends.diffusers.backend import Diffusers
from functions.render.video_backends.diffusers.copying import bring_preset
from functions.render.video_backends.diffusers.deployment import Deployment
from functions.render.video_backends.diffusers.manifest import described, write_whole
from functions.render.video_backends.diffusers.memory import MemoryPlan
from functions.render.video_backends.diffusers.presets import PRESETS
from shared.domain.errors import BackendFailed, OperationFailed
from shared.domain.lora import Lora
from tests.gpu.conftest import SMALL, Still, first, nothing, quick, resident
from tests.gpu.pixels import Film, differ
from tests.gpu.tiny import write_lora, write_weights

FilmWith = Callable[[str, Deployment, Lora | None], Film]


@pytest.fixture
def film_with(films: list[Film], still: Still, tmp_path: Path) -> FilmWith:
    def film(name: str, deployment: Deployment, lora: Lora | None) -> Film:
        stills = first(still("teal"))
        asked = SMALL.evolve(lora=lora)
        Diffusers(quick(name), deployment).render(asked, stills, tmp_path / "clip.mp4", nothing)
        return films[-1]

    return film


@pytest.fixture(autouse=True)
def _processor_passes_for_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """Adding an adapter under offloading, diffusers asks which GPU there is, and will have one."""
    monkeypatch.setattr(pipeline_utils, "get_device", lambda: "cpu:0")


@pytest.mark.parametrize("plan", MemoryPlan)
@pytest.mark.parametrize("name", PRESETS)
def test_an_adapter_changes_frames_by_its_weight_and_off_restores_them_exactly(
    film_with: FilmWith, root: Path, name: str, plan: MemoryPlan
) -> None:
    kept = Deployment(root, device="cpu", memory_plan=plan)
    plain = film_with(name, kept, None)
    silent = film_with(name, kept, Lora(name=f"brand-{name}", weight=0.0))
    weak = film_with(name, kept, Lora(name=f"brand-{name}", weight=0.3))
    strong = film_with(name, kept, Lora(name=f"brand-{name}"))
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
    write_lora(tmp_path, "faint", "ltx", down=0.0001, up=10_000)
    kept = Deployment(tmp_path, device="cpu", memory_plan=MemoryPlan.CAST)
    assert (film_with("ltx", kept, Lora(name="faint")) != film_with("ltx", kept, None)).any()


def test_one_adapter_takes_the_place_of_another(film_with: FilmWith, tmp_path: Path) -> None:
    write_weights(tmp_path, "ltx")
    write_lora(tmp_path, "one", "ltx")
    write_lora(tmp_path, "two", "ltx", down=4)
    here = Deployment(tmp_path, device="cpu")
    one = film_with("ltx", here, Lora(name="one"))
    two = film_with("ltx", here, Lora(name="two"))
    assert differ(one, two)
    assert (film_with("ltx", here, Lora(name="one")) == one).all()


def test_an_adapter_comes_by_way_of_the_cache_too(film_with: FilmWith, root: Path, tmp_path: Path) -> None:
    cached = Deployment(root, device="cpu", cache=tmp_path / "cache")
    bring_preset(root, tmp_path / "cache", "ltx")
    with_it = film_with("ltx", cached, Lora(name="brand-ltx"))
    assert (tmp_path / "cache" / "loras" / "brand-ltx.safetensors").is_file()
    assert (film_with("ltx", Deployment(root, device="cpu"), Lora(name="brand-ltx")) == with_it).all()


def test_an_adapter_of_another_model_is_refused_and_leaves_no_trace(
    film_with: FilmWith, here: Deployment
) -> None:
    plain = film_with("ltx", here, None)
    with pytest.raises(BackendFailed, match="the LoRA brand-wan_14b does not fit the model"):
        film_with("ltx", here, Lora(name="brand-wan_14b"))
    assert (film_with("ltx", here, None) == plain).all()


def test_an_adapter_that_is_damaged_is_the_deployment_s_fault(film_with: FilmWith, tmp_path: Path) -> None:
    write_weights(tmp_path, "ltx")
    file = write_lora(tmp_path, "torn", "ltx")
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(OperationFailed, match=r"LoRA torn: torn\.safetensors has"):
        film_with("ltx", Deployment(tmp_path, device="cpu"), Lora(name="torn"))


def test_an_adapter_that_is_not_there_costs_no_loading_of_the_model(
    film_with: FilmWith, here: Deployment
) -> None:
    with pytest.raises(BackendFailed, match="no LoRA nobodys"):
        film_with("ltx", here, Lora(name="nobodys"))
    assert resident(here).loads == 0


def test_another_file_under_the_same_name_is_another_adapter(film_with: FilmWith, tmp_path: Path) -> None:
    write_weights(tmp_path, "ltx")
    here = Deployment(tmp_path, device="cpu")
    write_lora(tmp_path, "brand", "ltx")
    old = film_with("ltx", here, Lora(name="brand"))
    write_lora(tmp_path, "brand", "ltx", down=4)
    assert differ(old, film_with("ltx", here, Lora(name="brand")))


def test_what_is_no_adapter_at_all_is_refused_by_its_name(film_with: FilmWith, tmp_path: Path) -> None:
    write_weights(tmp_path, "ltx")
    file = write_lora(tmp_path, "prose", "ltx")
    file.write_bytes(b"once upon a time")
    write_whole(file.with_suffix(".json"), described(file, file.name).model_dump_json().encode())
    with pytest.raises(BackendFailed, match="the LoRA prose does not fit the model"):
        film_with("ltx", Deployment(tmp_path, device="cpu"), Lora(name="prose"))
