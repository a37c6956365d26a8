"""What a model takes of a GPU's memory: as much as is free, never twice, and less after it has run out."""

import ctypes
import gc
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
import torch
from diffusers import DiffusionPipeline
from torch.nn import Module

from functions.render.clip import check_clip
from functions.render.video_backends import ClipRequest
from functions.render.video_backends.diffusers import backend as backend_module
from functions.render.video_backends.diffusers import life
from functions.render.video_backends.diffusers.backend import Diffusers
from functions.render.video_backends.diffusers.deployment import Deployment
from functions.render.video_backends.diffusers.memory import MemoryPlan
from functions.render.video_backends.diffusers.pipes import Pipe, call, load
from functions.render.video_backends.diffusers.presets import PRESETS
from functions.render.video_backends.diffusers.take import prepare
from shared.domain.errors import BackendFailed, JobIsFinal
from shared.domain.lora import Lora
from tests.gpu.conftest import SMALL, Still, Stopping, first, nothing, quick, resident
from tests.gpu.faults import DECODER, TRANSFORMERS, drivers_out_of_memory, failing, out_of_memory
from tests.gpu.pixels import Film, differ

Backend = Callable[[str], Diffusers]

LARGE = SMALL.evolve(width=768, height=512)
"""More than is decoded at a time when tiled."""

ENOUGH_FOR_TILES = 800_000_000
"""Bytes: of such a clip all frames at a time are reckoned with 940 MB, in tiles with 710 MB."""


def watched(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return a list that is told, at every loading, how many pipelines are there already."""
    left: list[int] = []

    def noted(*given: Any) -> Pipe:  # noqa: ANN401 - as `load` takes them
        left.append(sum(issubclass(type(each), DiffusionPipeline) for each in gc.get_objects()))
        return load(*given)

    monkeypatch.setattr(life, "load", noted)
    return left


@pytest.mark.parametrize("fault", [out_of_memory, drivers_out_of_memory])
@pytest.mark.parametrize("layer", [TRANSFORMERS["ltx"], DECODER])
def test_out_of_memory_once_is_tried_again_with_tiling_and_offloading(
    backend: Backend, here: Deployment, still: Still, clip: Path, layer: str, fault: Callable[[], Exception]
) -> None:
    ticks: list[float] = []

    with failing(layer, fault, times=1) as raised:
        backend("ltx").render(SMALL, first(still("teal")), clip, ticks.append)

    assert raised == [layer]
    check_clip(clip, SMALL)
    assert ticks == sorted(ticks), "progress does not fall as it begins anew"
    assert (resident(here).loads, resident(here).plan) == (2, MemoryPlan.OFFLOADED)
    backend("ltx").render(SMALL, first(still("teal")), clip, nothing)
    assert (resident(here).loads, resident(here).plan) == (2, MemoryPlan.OFFLOADED), "it is kept so"


def test_out_of_memory_twice_fails_with_what_to_do_about_it(
    backend: Backend, here: Deployment, still: Still, clip: Path
) -> None:
    with (
        failing(TRANSFORMERS["ltx"], out_of_memory) as raised,
        pytest.raises(BackendFailed, match=r"memory .* 1 s of 64x48 \(25 frames\).* ask for a smaller size"),
    ):
        backend("ltx").render(SMALL, first(still("teal")), clip, nothing)

    assert len(raised) == 2, "it was tried once more, and not again"
    assert not clip.exists()
    backend("ltx").render(SMALL, first(still("teal")), clip, nothing)
    check_clip(clip, SMALL)


@pytest.mark.parametrize("plan", MemoryPlan)
@pytest.mark.parametrize("name", PRESETS)
def test_a_model_renders_however_it_is_kept_and_is_stopped_and_used_again(
    root: Path, films: list[Film], still: Still, clip: Path, name: str, plan: MemoryPlan
) -> None:
    kept = Diffusers(quick(name), Deployment(root, device="cpu", memory_plan=plan))
    kept.render(SMALL, first(still("teal")), clip, nothing)
    check_clip(clip, SMALL)
    with pytest.raises(JobIsFinal):
        kept.render(SMALL, first(still("teal")), clip, Stopping(above=0))
    kept.render(SMALL, first(still("teal")), clip, nothing)
    assert not differ(films[0], films[-1])


@pytest.mark.parametrize("name", PRESETS)
def test_a_model_renders_with_the_numbers_of_a_gpu(root: Path, still: Still, clip: Path, name: str) -> None:
    exact = Deployment(root, device="cpu", numbers="bfloat16")
    Diffusers(quick(name), exact).render(SMALL, first(still("teal")), clip, nothing)
    check_clip(clip, SMALL)
    kept = resident(exact, name).pipe_for(prepare(PRESETS[name], SMALL, first(still("teal"))), None)
    computed = {part: model.dtype for part, model in kept.components.items() if isinstance(model, Module)}
    decoder = {"vae": torch.float32} if PRESETS[name].vae_in_float32 else {}
    assert computed == dict.fromkeys(computed, torch.bfloat16) | decoder
    assert len(computed) >= 3


@pytest.mark.parametrize(
    ("request_", "free_bytes", "plan"),
    [
        (SMALL, ENOUGH_FOR_TILES, MemoryPlan.WHOLE),
        (LARGE, ENOUGH_FOR_TILES, MemoryPlan.TILED),
        (SMALL, 1, MemoryPlan.STREAMED),
    ],
)
def test_the_memory_that_is_free_decides_how_a_model_is_kept(
    root: Path, still: Still, clip: Path, request_: ClipRequest, free_bytes: int, plan: MemoryPlan
) -> None:
    tight = Deployment(root, device="cpu", free_bytes=free_bytes)
    Diffusers(quick("ltx"), tight).render(request_, first(still("teal")), clip, nothing)
    check_clip(clip, request_)
    assert resident(tight).plan is plan


def test_a_larger_clip_is_given_the_memory_that_the_model_had(
    root: Path, still: Still, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tight = Deployment(root, device="cpu", free_bytes=ENOUGH_FOR_TILES)
    kept = Diffusers(quick("ltx"), tight)
    kept.render(SMALL, first(still("teal")), clip, nothing)
    before = resident(tight).plan
    left = watched(monkeypatch)
    kept.render(LARGE, first(still("teal")), clip, nothing)
    after = resident(tight).plan
    assert before is not None
    assert after is not None
    assert before < after
    assert left == [0], "there was room for one pipeline"
    kept.render(SMALL, first(still("teal")), clip, nothing)
    assert (resident(tight).plan, resident(tight).loads) == (after, 2), "a smaller one does not load it again"


def test_another_adapter_is_given_the_memory_that_the_model_had(
    root: Path, still: Still, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where layers are streamed the model is loaded anew for it."""
    kept = Diffusers(quick("ltx"), Deployment(root, device="cpu", memory_plan=MemoryPlan.STREAMED))
    kept.render(SMALL, first(still("teal")), clip, nothing)
    left = watched(monkeypatch)
    kept.render(SMALL.evolve(lora=Lora(name="brand-ltx")), first(still("teal")), clip, nothing)
    assert left == [0]


def test_a_clip_that_is_stopped_leaves_no_frames_behind(
    backend: Backend, still: Still, clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[weakref.ref[torch.Tensor]] = []

    def kept(*given: Any) -> torch.Tensor:  # noqa: ANN401 - as `call` takes them
        frames = call(*given)
        made.append(weakref.ref(frames))
        return frames

    monkeypatch.setattr(backend_module, "call", kept)
    gc.disable()
    try:
        with pytest.raises(JobIsFinal):
            backend("ltx").render(SMALL, first(still("teal")), clip, Stopping(above=0.95))
        assert [frames() for frames in made] == [None]
    finally:
        gc.enable()


def test_memory_stays_flat_over_twenty_clips(backend: Backend, still: Still, clip: Path) -> None:
    asked = SMALL.evolve(seconds=2, width=128, height=96)
    used: list[int] = []
    for seed in range(20):
        backend("ltx").render(asked.evolve(seed=seed), first(still("teal")), clip, nothing)
        gc.collect()
        ctypes.CDLL(None).malloc_trim(0)  # what the allocator only keeps in reserve comes and goes
        used.append(psutil.Process().memory_info().rss)
    begun, ended = min(used[3:8]), min(used[15:])
    one_clip = 49 * 128 * 96 * 3 * 4  # bytes of its frames, as they are computed
    assert ended - begun < one_clip, used
