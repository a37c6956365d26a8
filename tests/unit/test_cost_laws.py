"""What a month costs, over the tables that are shipped: laws that hold whatever they say."""

from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from infra.config import Gpu
from infra.cost.bill import bill
from infra.cost.scenario import DAYS_PER_MONTH, MOST_JOBS_PER_DAY, Plant, Scenario
from infra.cost.tables import prices, workload
from shared.domain.capabilities import VIDEO_BACKENDS
from shared.domain.durations import possible_totals
from shared.domain.generation import MAX_SECONDS, MAX_SHOTS
from shared.domain.gpu_work import GPU_WORK
from tests.unit.cost_tables import on_a_gpu, scenario

WIDE = ("640x360", "1280x720", "1920x1080")
"""Ascending."""

UNHURRIED = settings(deadline=None)
"""How long a bill takes is no matter here."""

TIMES = 1000
"""As many more videos, at most."""


@st.composite
def scenarios(draw: st.DrawFn) -> Scenario:
    """Draw any scenario that is permitted."""
    model = draw(st.sampled_from(sorted(VIDEO_BACKENDS)))
    clip_seconds = VIDEO_BACKENDS[model].clip_seconds
    shots = draw(st.integers(1, min(MAX_SHOTS, MAX_SECONDS // clip_seconds[0])))
    seconds = draw(st.sampled_from(possible_totals([shots], clip_seconds, MAX_SECONDS)))
    needs_gpu = VIDEO_BACKENDS[model].needs_gpu
    gpu = draw(st.sampled_from([Gpu(each) for each in GPU_WORK[model]] if needs_gpu else list(Gpu)))
    asked = scenario(
        jobs_per_day=draw(st.floats(0.1, MOST_JOBS_PER_DAY / TIMES)),
        shots=shots,
        plant=replace(Plant().with_gpu(gpu), cdn=draw(st.booleans())),
        downloads=draw(st.none() | st.floats(0, 1000)),
        is_free_counted=draw(st.booleans()),
        model=model,
        seconds=seconds,
        size=draw(st.sampled_from(VIDEO_BACKENDS[model].sizes)),
        planner=draw(st.sampled_from(("rules", "gemini"))),
        image_model=draw(st.sampled_from(("storyboard", "nano_banana"))),
    )
    return replace(asked, clips_on=gpu) if needs_gpu else asked


def usd(asked: Scenario) -> float:
    """Return what a month costs, and a little for the rounding of sums."""
    return bill(asked, prices(), workload()).total_usd


def at_least(amount: float) -> float:
    return amount * (1 - 1e-9)


@UNHURRIED
@given(scenarios(), st.floats(1, TIMES))
def test_more_videos_never_cost_less(asked: Scenario, times: float) -> None:
    more = replace(asked, jobs_per_day=asked.jobs_per_day * times)
    assert usd(more) >= at_least(usd(asked))


@UNHURRIED
@given(scenarios())
def test_longer_videos_never_cost_less(asked: Scenario) -> None:
    clip_seconds = VIDEO_BACKENDS[asked.config.model].clip_seconds
    for seconds in possible_totals([asked.shots], clip_seconds, MAX_SECONDS):
        if seconds > asked.config.seconds:
            longer = replace(asked, config=asked.config.evolve(seconds=seconds))
            assert usd(longer) >= at_least(usd(asked))
            return


@UNHURRIED
@given(scenarios())
def test_the_same_seconds_in_more_shots_never_cost_less(asked: Scenario) -> None:
    clip_seconds = VIDEO_BACKENDS[asked.config.model].clip_seconds
    shots = min(asked.shots + 1, MAX_SHOTS)
    if asked.config.seconds in possible_totals([shots], clip_seconds, MAX_SECONDS):
        assert usd(replace(asked, shots=shots)) >= at_least(usd(asked))


@UNHURRIED
@given(scenarios())
def test_larger_pictures_never_cost_less(asked: Scenario) -> None:
    wide = [size for size in WIDE if size in VIDEO_BACKENDS[asked.config.model].sizes]
    for size, larger in pairwise(wide):
        small, large = (replace(asked, config=asked.config.evolve(size=each)) for each in (size, larger))
        assert usd(large) >= at_least(usd(small))


@UNHURRIED
@given(scenarios(), st.integers(1, 10))
def test_an_instance_that_is_kept_never_makes_it_cheaper(asked: Scenario, kept: int) -> None:
    sizes = {
        name: size.model_copy(update={"min_instances": size.min_instances + kept})
        for name, size in asked.plant.sizes.items()
    }
    assert usd(replace(asked, plant=replace(asked.plant, sizes=sizes))) >= at_least(usd(asked))


@UNHURRIED
@given(scenarios())
def test_free_units_never_make_it_dearer_nor_cheaper_than_nothing(asked: Scenario) -> None:
    made = bill(replace(asked, is_free_counted=True), prices(), workload())
    assert made.total_usd <= usd(replace(asked, is_free_counted=False)) * (1 + 1e-9)
    assert all(share.usd >= -1e-9 * made.total_usd for share in made.shares)


@UNHURRIED
@given(scenarios())
def test_the_parts_make_up_the_whole(asked: Scenario) -> None:
    made = bill(asked, prices(), workload())
    lines = sum(use.usd for use in made.uses)
    assert made.fixed_usd + made.videos_usd == pytest.approx(lines)
    assert made.total_usd == pytest.approx(lines - made.free_usd)
    assert made.usd_per_video * asked.jobs_per_day * DAYS_PER_MONTH == pytest.approx(made.total_usd)
    assert made.usd_per_second * asked.config.seconds == pytest.approx(made.usd_per_video)
    assert made.assumed_usd <= made.total_usd * (1 + 1e-9)
    dear = [share.usd for share in made.shares]
    assert dear == sorted(dear, reverse=True)


@UNHURRIED
@given(scenarios(), st.floats(1, TIMES))
def test_without_a_gpu_one_more_video_costs_the_same_however_many_there_are(
    asked: Scenario, times: float
) -> None:
    assume(not VIDEO_BACKENDS[asked.config.model].needs_gpu)
    more = replace(asked, jobs_per_day=asked.jobs_per_day * times)
    one, another = (bill(each, prices(), workload()) for each in (asked, more))
    assert one.usd_per_further_video == pytest.approx(another.usd_per_further_video)
    assert one.fixed_usd == pytest.approx(another.fixed_usd)


@pytest.mark.parametrize("model", VIDEO_BACKENDS)
def test_every_video_backend_can_be_costed(model: str) -> None:
    asked = scenario(model=model, seconds=12, shots=3, size="1280x720")
    made = bill(on_a_gpu(asked), prices(), workload())
    assert made.total_usd > made.fixed_usd - made.free_usd
    assert made.usd_per_further_video > 0
