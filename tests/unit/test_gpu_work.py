"""Open-weight models are told alike everywhere, and so are their adapters and what their clips took."""

import pytest

from functions.render.clip import clip_request
from functions.render.video_backends.diffusers.presets import PRESETS
from functions.submit.representation import shots
from shared.domain.capabilities import VIDEO_BACKENDS, KeyframeMode, Offer
from shared.domain.errors import InvalidInput
from shared.domain.generation import build_effective_config
from shared.domain.gpu_work import (
    GPU_WORK,
    Gpu,
    gpus_of,
)
from shared.domain.job import Rendered
from shared.domain.lora import Lora
from shared.domain.transitions import clip_rendered
from tests.unit.jobs import (
    claimed,
    drawn_job,
    render,
)

ON_GPU = [name for name, can in VIDEO_BACKENDS.items() if can.needs_gpu]
L4 = Offer(video=("animatic", "ltx", "wan_5b"), gpu="l4")


@pytest.mark.parametrize("backend", ON_GPU)
def test_the_api_promises_what_the_preset_offers(backend: str) -> None:
    can, offers = VIDEO_BACKENDS[backend], PRESETS[backend].offers
    ours = {"needs_gpu": can.needs_gpu, "lora": can.lora, "owned_by": can.owned_by}
    assert can == offers.evolve(**ours)


def test_every_preset_is_a_backend_that_needs_a_gpu_and_has_its_work_told() -> None:
    assert list(PRESETS) == ON_GPU == list(GPU_WORK)


@pytest.mark.parametrize("backend", ON_GPU)
def test_a_model_runs_on_the_gpus_whose_work_is_told_and_in_tests_on_none(backend: str) -> None:
    assert gpus_of(backend) == (*GPU_WORK[backend], Gpu.CPU)


@pytest.mark.parametrize("backend", ON_GPU)
def test_every_size_has_its_work_with_source_and_no_figure_is_taken_for_measured(backend: str) -> None:
    for work in GPU_WORK[backend].values():
        assert work.of_a_second.keys() == {*VIDEO_BACKENDS[backend].sizes}
        for figure in (work.start, *work.of_a_second.values()):
            assert figure.is_estimate, "no GPU has run this: a measured figure needs its own source"
            assert figure.source
            assert figure.source.told_by


def test_what_ignores_its_last_frame_is_not_offered_in_pairs() -> None:
    assert KeyframeMode.PAIR not in VIDEO_BACKENDS["wan_5b"].keyframes
    with pytest.raises(InvalidInput, match="keyframes: 'pair' is not permitted; permitted: single, chain"):
        build_effective_config(http={"model": "wan_5b", "keyframes": "pair"}, offered=L4)


@pytest.mark.parametrize("lora", [{"name": "brand-x"}, {"name": "brand-x", "weight": "0.8"}])
def test_an_adapter_is_a_setting_like_any_other(lora: dict[str, object]) -> None:
    effective = build_effective_config(
        base={"lora": {"name": "house"}}, http={"model": "ltx", "lora": lora}, offered=L4
    )
    assert effective.config.lora is not None
    assert (effective.config.lora.name, effective.layers["lora"]) == ("brand-x", "http")
    again = type(effective.config).model_validate(effective.config.model_dump(mode="json"))
    assert again == effective.config


@pytest.mark.parametrize(
    ("wishes", "says"),
    [
        ({"model": "animatic", "lora": {"name": "x"}}, "lora: 'x' is not permitted; permitted: none with"),
        ({"model": "ltx", "lora": {"name": "../x"}}, "lora.name: '../x' is not permitted; permitted: up to"),
        ({"model": "ltx", "lora": {"name": "X.y"}}, "lora.name"),
        ({"model": "ltx", "lora": {"name": "x", "weight": 2.1}}, "lora.weight: 2.1 is not permitted; perm"),
        ({"model": "ltx", "lora": {"name": "x", "weight": True}}, "lora.weight"),
        ({"model": "ltx", "lora": {"name": "x", "rank": 4}}, "lora.rank: there is no such field"),
        ({"model": "ltx", "lora": {}}, "lora.name: a value is required"),
    ],
)
def test_an_adapter_that_cannot_be_is_refused(wishes: dict[str, object], says: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        build_effective_config(http=wishes, offered=L4)
    assert says in str(refused.value)


def test_a_clip_is_asked_for_with_the_adapter_of_its_video_where_the_backend_can() -> None:
    state = drawn_job(2)
    config = state.job.config.evolve(model="ltx", lora=Lora(name="brand-x", weight=0.5))
    branded = state.evolve(job=state.job.evolve(config=config))
    assert clip_request(branded, branded.shots[0]).lora == Lora(name="brand-x", weight=0.5)
    plain = branded.evolve(job=branded.job.evolve(config=config.evolve(model="animatic")))
    assert clip_request(plain, plain.shots[0]).lora is None


def test_what_a_clip_has_taken_is_kept_and_told_so_that_the_table_can_be_corrected() -> None:
    state = claimed(drawn_job(1), render(0))
    took = Rendered(seconds=312.5, gpu="NVIDIA L4")
    made = clip_rendered(state, render(0), path="0.mp4", token="mine", rendered=took)
    assert (made.shots[0].rendered_seconds, made.shots[0].rendered_on) == (312.5, "NVIDIA L4")
    assert made.news[-1].data == {"render_seconds": 312.5, "gpu": "NVIDIA L4"}
    (shown,) = shots(made).data
    assert (shown.rendered_seconds, shown.rendered_on) == (312.5, "NVIDIA L4")


def test_of_a_clip_that_was_not_rendered_here_nothing_is_told() -> None:
    state = claimed(drawn_job(1), render(0))
    made = clip_rendered(state, render(0), path="0.mp4", token="mine")
    (shown,) = shots(made).data
    assert (made.news[-1].data, shown.rendered_seconds, shown.rendered_on) == ({}, None, None)
