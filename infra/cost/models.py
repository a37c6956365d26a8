"""What providers charge for plans, drawings and clips, by the very table that jobs are charged by."""

from collections.abc import Iterator

from infra.cost.scenario import Scenario
from infra.cost.tables import Basis, Price, Workload
from infra.cost.use import Component, Use, per_video
from shared.domain.capabilities import Source
from shared.domain.keyframes import MAX_SHEETS
from shared.domain.pricing import (
    IMAGE_PRICES,
    MICROS,
    PLANNER_PRICES,
    VIDEO_PRICES,
    clip_cost_usd_micros,
    drawing_usd_micros,
    planning_usd_micros,
)


def models(scenario: Scenario, workload: Workload) -> Iterator[Use]:
    """Yield a plan, a drawing for each keyframe and character, and each second of clip."""
    config = scenario.config
    planned = _price(planning_usd_micros(config), "plan", PLANNER_PRICES[config.planner].source)
    yield per_video(scenario, Component.PLANNER, config.planner, planned, 1)

    drawn = _price(drawing_usd_micros(config), "drawing", IMAGE_PRICES[config.image_model].source)
    yield per_video(scenario, Component.DRAWINGS, config.image_model, drawn, scenario.keyframes)
    characters = workload.deployment.characters
    sheets = sheets_of(scenario, workload)
    name = f"{config.image_model}: characters' sheets"
    yield per_video(scenario, Component.DRAWINGS, name, drawn, sheets, characters)

    second = clip_cost_usd_micros(config.model, 1, config.width, config.height)
    filmed = _price(second, "second of clip", VIDEO_PRICES[config.model].source)
    yield per_video(scenario, Component.CLIPS, config.model, filmed, config.seconds)


def sheets_of(scenario: Scenario, workload: Workload) -> float:
    """Return how many characters' sheets are drawn for a video: only a paid backend draws any."""
    wanted = min(workload.deployment.characters.value, MAX_SHEETS)
    return wanted if scenario.are_drawings_paid and scenario.keyframes else 0


def _price(usd_micros: int, unit: str, source: Source) -> Price:
    return Price(
        usd=usd_micros / MICROS,
        unit=unit,
        region="global",
        as_of=source.as_of,
        basis=Basis.ASSUMED if "verify" in source.told_by else Basis.LISTED,
        source=source.told_by,
    )
