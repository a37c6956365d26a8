"""Open-weight models are told alike everywhere, and no clip is accepted that takes too long."""

from typing import Any

import pytest

from functions.render.clip import clip_request
from functions.render.video_backends.diffusers.presets import PRESETS
from functions.submit.creation import new_job
from functions.submit.given_shots import timed
from functions.submit.representation import shots
from shared.domain.capabilities import VIDEO_BACKENDS, KeyframeMode, Offer
from shared.domain.errors import InvalidInput
from shared.domain.eta import eta_seconds
from shared.domain.generation import Lora, build_effective_config, clip_seconds_here
from shared.domain.gpu_work import (
    GPU_WORK,
    LONGEST_TASK_SECONDS,
    Gpu,
    gpus_of,
    is_in_time,
    seconds_of_work,
)
from shared.domain.job import Progress, Rendered
from shared.domain.plan import GivenShot
from shared.domain.transitions import clip_rendered
from shared.task_queue import DISPATCH_DEADLINE_SECONDS
from tests.unit.jobs import claimed, drawn_job, render

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
def test_a_preset_is_meant_for_the_gpus_whose_work_is_told(backend: str) -> None:
    assert {f"nvidia-{gpu}" for gpu in GPU_WORK[backend]} == {*PRESETS[backend].gpus}
    assert gpus_of(backend) == (*GPU_WORK[backend], Gpu.CPU)


@pytest.mark.parametrize("backend", ON_GPU)
def test_every_size_has_its_work_with_source_and_no_figure_is_taken_for_measured(backend: str) -> None:
    for work in GPU_WORK[backend].values():
        assert work.of_a_second.keys() == {*VIDEO_BACKENDS[backend].sizes}
        for figure in (work.start, *work.of_a_second.values()):
            assert figure.is_estimate, "no GPU has run this: a measured figure needs its own source"
            assert figure.source.told_by


def test_what_ignores_its_last_frame_is_not_offered_in_pairs() -> None:
    assert KeyframeMode.PAIR not in VIDEO_BACKENDS["wan_5b"].keyframes
    with pytest.raises(InvalidInput, match="keyframes: 'pair' is not permitted; permitted: single, chain"):
        build_effective_config(http={"model": "wan_5b", "keyframes": "pair"}, offered=L4)


def test_a_task_is_over_before_its_queue_gives_it_up() -> None:
    assert LONGEST_TASK_SECONDS + 120 <= DISPATCH_DEADLINE_SECONDS


def test_a_length_that_the_gpu_finishes_in_time_is_permitted_and_no_longer_one() -> None:
    work = GPU_WORK["wan_5b"][Gpu.L4]
    of_a_second = work.of_a_second["1280x720"].seconds
    longest = (LONGEST_TASK_SECONDS - work.start.seconds) / of_a_second
    assert is_in_time("wan_5b", "1280x720", longest, L4)
    assert not is_in_time("wan_5b", "1280x720", longest + 0.01, L4)
    assert seconds_of_work("wan_5b", "1280x720", 2, L4) == work.start.seconds + 2 * of_a_second


@pytest.mark.parametrize("gpu", ["", "cpu"])
def test_where_no_speed_is_known_nothing_is_refused(gpu: str) -> None:
    config = build_effective_config(http={"model": "wan_5b"}, offered=L4).config
    assert clip_seconds_here(config, L4.evolve(gpu=gpu)) == config.clip_seconds
    assert clip_seconds_here(config, L4) == (2, 3)


def test_a_measured_speed_takes_the_place_of_ours() -> None:
    config = build_effective_config(http={"model": "wan_5b"}, offered=L4).config
    faster = L4.evolve(gpu_speeds={"wan_5b": {"1280x720": 100.0}})
    assert clip_seconds_here(config, faster) == (2, 3, 4, 5)


@pytest.mark.parametrize(
    ("wishes", "slow", "says"),
    [
        (
            {"seconds": 121},
            {},
            "seconds: 121 is not permitted; permitted: 2 to 120 with wan_5b, in clips of 2 or 3 s, as l4"
            " finishes at 1280x720",
        ),
        (
            {"shots": [{"prompt": "a boat", "seconds": 4}]},
            {},
            "shots.0.seconds: 4 is not permitted; permitted: 2 or 3 with wan_5b at 1280x720 on l4",
        ),
        (
            {"seconds": 8, "shots": [{"prompt": "a boat"}, {"prompt": "a gull"}]},
            {},
            "seconds: 8 is not permitted; permitted: 4 to 6 with 2 shots of wan_5b, in clips of 2 or 3 s",
        ),
        (
            {},
            {"1280x720": 900.0},
            "size: '1280x720' is not permitted; permitted: 720x1280, as l4 finishes no clip of wan_5b",
        ),
        ({}, {"1280x720": 900.0, "720x1280": 900.0}, "model: 'wan_5b' is not permitted; permitted: others"),
    ],
)
def test_what_cannot_end_in_time_is_refused_when_it_is_asked_for(
    wishes: dict[str, Any], slow: dict[str, float], says: str
) -> None:
    offered = L4.evolve(gpu_speeds={"wan_5b": slow})
    body = {"prompt": "a boat at dawn", "model": "wan_5b", **wishes}
    with pytest.raises(InvalidInput) as refused:
        new_job(body, owner="o", trace_id="", time_limit_seconds=9, offered=offered)
    assert says in str(refused.value)


def test_shots_that_end_in_time_are_accepted() -> None:
    effective = build_effective_config(http={"model": "wan_5b"}, offered=L4)
    given = [GivenShot(prompt="a boat", seconds=3), GivenShot(prompt="a gull", seconds=2)]
    assert timed(effective, given, L4).config.seconds == 5


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
    took = Rendered(seconds=312.5, gpu="l4")
    made = clip_rendered(state, render(0), path="0.mp4", token="mine", rendered=took)
    assert (made.shots[0].rendered_seconds, made.shots[0].rendered_on) == (312.5, "l4")
    assert made.news[-1].data == {"render_seconds": 312.5, "gpu": "l4"}
    (shown,) = shots(made).data
    assert (shown.rendered_seconds, shown.rendered_on) == (312.5, "l4")


def test_of_a_clip_that_was_not_rendered_here_nothing_is_told() -> None:
    state = claimed(drawn_job(1), render(0))
    made = clip_rendered(state, render(0), path="0.mp4", token="mine")
    (shown,) = shots(made).data
    assert (made.news[-1].data, shown.rendered_seconds, shown.rendered_on) == ({}, None, None)


def test_the_time_that_is_left_counts_with_the_gpu() -> None:
    job = drawn_job(2).job
    on_gpu = job.evolve(config=job.config.evolve(model="ltx"), time_limit_seconds=7200)
    counts = Progress(shots_total=2, keyframes_drawn=2)
    left = eta_seconds(on_gpu, counts, on_gpu.created_at)
    assert left is not None
    assert left > GPU_WORK["ltx"][Gpu.L4].start.seconds > (eta_seconds(job, counts, job.created_at) or 0)
