"""What a video may cost: every price has its source, and an estimate holds all that can be paid."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.capabilities import (
    EVERYTHING,
    IMAGE_BACKENDS,
    PLANNERS,
    VIDEO_BACKENDS,
    KeyframeMode,
    Source,
    model_of,
)
from shared.domain.charges import check_affordable
from shared.domain.errors import CostLimitReached, InvalidInput
from shared.domain.generation import MAX_SHOTS, GenerationConfig, build_effective_config
from shared.domain.keyframes import MAX_SHEETS, keyframes_in
from shared.domain.pricing import (
    IMAGE_PRICES,
    JUDGEMENT_PRICE,
    MAX_REDRAWS,
    MAX_REPAIRS,
    MICROS,
    PLANNER_PRICES,
    VIDEO_PRICES,
    check_cost,
    clip_cost_usd_micros,
    estimate_usd_micros,
)
from tests.unit.jobs import queued_job

IMAGE, PLAN, LOOK = (
    IMAGE_PRICES["nano_banana"].usd_micros,
    PLANNER_PRICES["gemini"].usd_micros,
    JUDGEMENT_PRICE.usd_micros,
)
GOOGLE = {"model": "omni", "image_model": "nano_banana", "planner": "gemini", "seconds": 24}


def config(**wishes: object) -> GenerationConfig:
    return build_effective_config(http=wishes, offered=EVERYTHING).config


def sources() -> Mapping[str, Source]:
    tables: tuple[Mapping[str, Any], ...] = (VIDEO_PRICES, IMAGE_PRICES, PLANNER_PRICES)
    return {name: price.source for table in tables for name, price in table.items()}


def test_every_backend_has_a_price_with_its_source_and_date() -> None:
    assert sources().keys() == {*VIDEO_BACKENDS, *IMAGE_BACKENDS, *PLANNERS}
    for source in (*sources().values(), JUDGEMENT_PRICE.source):
        assert source.told_by
        assert date(2026, 1, 1) <= source.as_of <= date(2026, 11, 23)


@pytest.mark.parametrize("name", VIDEO_BACKENDS)
def test_a_clip_of_every_size_has_a_price_which_is_nothing_only_if_it_is_built_in(name: str) -> None:
    for size in VIDEO_BACKENDS[name].sizes:
        width, height = map(int, size.split("x"))
        price = clip_cost_usd_micros(name, 4, width, height)
        assert (price > 0) == VIDEO_BACKENDS[name].paid
        assert price == clip_cost_usd_micros(name, 4, height, width), "lines are those of the shorter side"


@pytest.mark.parametrize("name", [*IMAGE_BACKENDS, *PLANNERS])
def test_a_call_has_a_price_which_is_nothing_only_if_it_is_built_in(name: str) -> None:
    prices = {**IMAGE_PRICES, **PLANNER_PRICES}
    assert (prices[name].usd_micros > 0) == model_of(name).paid


def test_what_is_built_in_is_free() -> None:
    assert estimate_usd_micros(config()) == 0


def test_an_estimate_is_of_planning_sheets_keyframes_and_clips() -> None:
    planning = PLAN * (1 + MAX_REPAIRS) + PLAN * (6 + MAX_SHEETS)
    drawing = IMAGE * (MAX_SHEETS + 6)
    clips = 70_000 * 24
    assert estimate_usd_micros(config(**GOOGLE), 6) == planning + drawing + clips


@pytest.mark.parametrize(
    ("more", "reworded"),
    [({}, 6 + MAX_SHEETS), ({"image_model": "storyboard"}, 6), ({"keyframes": "none"}, 6)],
)
def test_other_words_are_estimated_for_shots_and_sheets_only_where_they_are_permitted(
    more: dict[str, object], reworded: int
) -> None:
    dearer, cheaper = (
        estimate_usd_micros(config(**GOOGLE | more, reword_refused=permitted), 6)
        for permitted in (True, False)
    )
    assert dearer - cheaper == reworded * PLAN


def test_judging_costs_a_look_at_every_keyframe_and_redrawing_both_again_each_time() -> None:
    plain, judged, redrawn = (
        estimate_usd_micros(config(**GOOGLE, **more), 6)
        for more in ({}, {"judge_keyframes": True}, {"judge_keyframes": True, "redraw_below": 0.6})
    )
    assert judged - plain == 6 * LOOK
    assert redrawn - judged == 6 * MAX_REDRAWS * (IMAGE + LOOK)


@pytest.mark.parametrize("mode", KeyframeMode)
def test_each_keyframe_of_a_mode_is_estimated_and_sheets_only_where_there_are_any(mode: KeyframeMode) -> None:
    drawn = estimate_usd_micros(config(**GOOGLE, keyframes=mode), 6)
    free = estimate_usd_micros(config(**GOOGLE | {"image_model": "storyboard"}, keyframes=mode), 6)
    keyframes = keyframes_in(mode, 6)
    sheets = MAX_SHEETS if keyframes else 0
    assert drawn - free == keyframes * IMAGE + sheets * (IMAGE + PLAN)


def test_what_stops_after_its_keyframes_pays_no_clips() -> None:
    whole, sheet = (
        estimate_usd_micros(config(**GOOGLE, **more), 6) for more in ({}, {"stop_after": "keyframes"})
    )
    assert whole - sheet == 70_000 * 24


def test_an_estimate_is_of_the_dearest_backend_that_a_shot_may_fall_back_to() -> None:
    estimate = estimate_usd_micros(config(model="omni", fallback_models=("veo", "animatic"), seconds=8), 1)
    assert estimate == 400_000 * 8


def test_where_the_number_of_shots_is_not_known_it_is_the_highest_there_can_be() -> None:
    asked = config(**GOOGLE)
    assert estimate_usd_micros(asked) == estimate_usd_micros(asked, 24 // 3)
    long = config(**GOOGLE | {"seconds": 300})
    assert estimate_usd_micros(long) == estimate_usd_micros(long, MAX_SHOTS)


@given(shots=st.integers(1, MAX_SHOTS - 1), judged=st.booleans(), mode=st.sampled_from(KeyframeMode))
def test_more_shots_never_cost_less(shots: int, judged: bool, mode: KeyframeMode) -> None:
    asked = config(**GOOGLE, judge_keyframes=judged, keyframes=mode)
    assert estimate_usd_micros(asked, shots) <= estimate_usd_micros(asked, shots + 1)


def test_a_video_may_cost_exactly_what_it_is_permitted_to_and_no_more() -> None:
    asked = config(**GOOGLE, max_cost_usd=2.5)
    check_cost(asked, 2_500_000)
    with pytest.raises(InvalidInput) as refused:
        check_cost(asked, 2_500_001)
    assert (refused.value.field, refused.value.value) == ("max_cost_usd", 2.5)
    assert refused.value.permitted.startswith("2.5 or more")
    check_cost(config(**GOOGLE), 10**12)


def test_no_call_is_affordable_that_would_go_beyond_what_the_video_may_cost() -> None:
    state = queued_job()
    limited = state.job.evolve(config=state.job.config.evolve(max_cost_usd=0.1))
    spent = state.progress.evolve(spent_usd_micros=round(0.1 * MICROS) - IMAGE)
    state = state.evolve(job=limited, progress=spent)
    check_affordable(state, IMAGE)
    with pytest.raises(CostLimitReached, match=r"0\.033 USD are spent, and 0\.067001 more"):
        check_affordable(state, IMAGE + 1)
