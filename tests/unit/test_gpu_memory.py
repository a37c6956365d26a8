"""How a model is kept in a GPU's memory, decided from bytes."""

import json
from pathlib import Path

import pytest

from functions.render.video_backends.diffusers.memory import (
    MemoryPlan,
    Need,
    need_of,
    plan_memory,
    tightened,
)
from functions.render.video_backends.diffusers.parameters import parameters_of
from functions.render.video_backends.diffusers.presets import LTX, WAN_14B
from shared.domain.errors import BackendUnavailable

GB = 10**9
NEED = Need(
    transformer=20 * GB,
    whole=30 * GB,
    rest=9 * GB,
    denoising=4 * GB,
    decoding=12 * GB,
    tiled_decoding=2 * GB,
)


@pytest.mark.parametrize(
    ("free_gb", "plan"),
    [
        (80, MemoryPlan.WHOLE),
        (40, MemoryPlan.TILED),
        (30, MemoryPlan.OFFLOADED),
        (20, MemoryPlan.CAST),
        (10, MemoryPlan.STREAMED),
        (0, MemoryPlan.STREAMED),
    ],
)
def test_the_fastest_plan_that_fits_is_chosen(free_gb: int, plan: MemoryPlan) -> None:
    assert plan_memory(free_gb * GB, NEED) is plan


def test_less_memory_never_makes_the_plan_laxer() -> None:
    plans = [plan_memory(free * GB, NEED) for free in range(100)]
    assert plans == sorted(plans, reverse=True)


def test_thirteen_billion_parameters_fit_an_l4_only_in_eight_bits() -> None:
    components = {"transformer": 26 * GB, "text_encoder": 9_500_000_000, "vae": 2_500_000_000}
    need = need_of(components, LTX.footprint, width=1280, height=736, frames=121)
    assert plan_memory(22 * GB, need) is MemoryPlan.CAST
    assert plan_memory(95 * GB, need) <= MemoryPlan.TILED


def test_of_two_transformers_only_one_is_at_work() -> None:
    components = {
        "transformer": 28 * GB,
        "transformer_2": 28 * GB,
        "text_encoder": 11 * GB,
        "vae": 500_000_000,
    }
    need = need_of(components, WAN_14B.footprint, width=1280, height=720, frames=81)
    assert (need.transformer, need.rest, need.whole) == (28 * GB, 11 * GB, 67_500_000_000)


def test_larger_and_longer_clips_need_more() -> None:
    components = {"transformer": GB, "vae": GB}
    small = need_of(components, LTX.footprint, width=640, height=384, frames=49)
    large = need_of(components, LTX.footprint, width=1280, height=736, frames=49)
    long = need_of(components, LTX.footprint, width=640, height=384, frames=241)
    for more in (large, long):
        assert more.denoising > small.denoising
        assert more.decoding > small.decoding


@pytest.mark.parametrize("plan", MemoryPlan)
def test_after_memory_ran_out_there_is_tiling_and_offloading_at_least(plan: MemoryPlan) -> None:
    after = tightened(plan)
    assert after >= MemoryPlan.OFFLOADED
    assert after > plan or plan is MemoryPlan.STREAMED


def header(**tensors: list[int]) -> bytes:
    told = {name: {"dtype": "BF16", "shape": shape} for name, shape in tensors.items()}
    said = json.dumps(told | {"__metadata__": {"format": "pt"}}).encode()
    return len(said).to_bytes(8, "little") + said


def test_numbers_are_counted_from_the_headers_of_all_files(tmp_path: Path) -> None:
    for name, content in {
        "transformer/1-of-2.safetensors": header(a=[2, 3], b=[4]),
        "transformer/2-of-2.safetensors": header(c=[5]),
        "vae/model.safetensors": header(d=[]),
        "vae/config.json": b"{}",
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    assert parameters_of(tmp_path) == {"transformer": 15, "vae": 1}


@pytest.mark.parametrize(
    "content", [b"", b"\x01", b"\xff" * 20, header(a=[1])[:-3], b"\x02" + b"\0" * 7 + b"[]"]
)
def test_a_header_that_cannot_be_read_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "vae").mkdir()
    (tmp_path / "vae" / "model.safetensors").write_bytes(content)
    with pytest.raises(BackendUnavailable, match=r"vae/model\.safetensors of the weights cannot be read"):
        parameters_of(tmp_path)
