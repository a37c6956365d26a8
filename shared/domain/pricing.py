"""What generation costs: a dated table with its sources, and the estimate made from it.

Money is in millionths of a US dollar.
"""

from collections.abc import Mapping
from datetime import date

from shared.domain.capabilities import BUILT_IN_SOURCE, IMAGE_BACKENDS, KeyframeMode, Source
from shared.domain.errors import InvalidInput
from shared.domain.generation import MAX_SHOTS, GenerationConfig, StopAfter
from shared.domain.keyframes import MAX_SHEETS, keyframes_in
from shared.domain.model import Record

MICROS = 1_000_000


class Price(Record):
    """What a video backend charges for a second of clip."""

    usd_micros_per_second: Mapping[int, int]
    """Lines of the picture (its shorter side) -> price. The key 0 stands for any size."""
    source: Source


class CallPrice(Record):
    """What one call of a planner or an image backend costs."""

    usd_micros: int
    source: Source


ON_OUR_GPU = Source(
    as_of=date(2026, 11, 23), told_by="open weights: costs only the GPU it runs on, as `ttv cost` tells"
)

VIDEO_PRICES: Mapping[str, Price] = {
    "animatic": Price(
        usd_micros_per_second={0: 0},
        source=Source(as_of=date(2026, 11, 1), told_by="built in; costs only the instance it runs on"),
    ),
    "scripted": Price(
        usd_micros_per_second={0: 100_000},
        source=Source(as_of=date(2026, 11, 1), told_by="made up, for tests"),
    ),
    "omni": Price(
        usd_micros_per_second={360: 23_000, 720: 70_000, 1080: 105_000, 2160: 210_000},
        source=Source(
            as_of=date(2026, 11, 1),
            told_by="third-party listing of Gemini Omni prices; verify before relying on it",
        ),
    ),
    "ltx": Price(usd_micros_per_second={0: 0}, source=ON_OUR_GPU),
    "wan_5b": Price(usd_micros_per_second={0: 0}, source=ON_OUR_GPU),
    "wan_14b": Price(usd_micros_per_second={0: 0}, source=ON_OUR_GPU),
    "veo": Price(
        usd_micros_per_second={720: 400_000, 1080: 400_000},
        source=Source(as_of=date(2026, 11, 1), told_by="Vertex AI pricing page, Veo 3.1 with audio"),
    ),
}


IMAGE_PRICES: Mapping[str, CallPrice] = {
    "storyboard": CallPrice(usd_micros=0, source=BUILT_IN_SOURCE),
    "nano_banana": CallPrice(
        usd_micros=67_000,
        source=Source(
            as_of=date(2026, 11, 1),
            told_by="assumed: the list price of an image of Gemini 3.1 Flash Image at 1K; verify",
        ),
    ),
}
"""Of one image."""

PLANNER_PRICES: Mapping[str, CallPrice] = {
    "rules": CallPrice(usd_micros=0, source=BUILT_IN_SOURCE),
    "gemini": CallPrice(
        usd_micros=10_000,
        source=Source(as_of=date(2026, 11, 1), told_by="assumed: about 3,000 tokens out; verify"),
    ),
}
"""Of one call."""

JUDGEMENT_PRICE = CallPrice(
    usd_micros=3_000,
    source=Source(as_of=date(2026, 11, 1), told_by="assumed: about three images in, 200 tokens out; verify"),
)
"""Of one look at a keyframe beside its characters' sheets."""

MAX_REPAIRS = 2
"""Calls beyond the first, to repair a plan that does not fit."""

MAX_REDRAWS = 2
"""Of one keyframe whose score is too low."""


def clip_cost_usd_micros(model: str, seconds: int, width: int, height: int) -> int:
    """Price one clip.

    Raises:
        KeyError: there is no price for this backend or size.
    """
    prices = VIDEO_PRICES[model].usd_micros_per_second
    per_second = prices[0] if 0 in prices else prices[min(width, height)]
    return per_second * seconds


def drawing_usd_micros(config: GenerationConfig) -> int:
    """Price one drawing of the image backend: a keyframe or a character's sheet."""
    return IMAGE_PRICES[config.image_model].usd_micros


def planning_usd_micros(config: GenerationConfig) -> int:
    """Price one call of the planner: a plan, the repair of one, or other words for a shot."""
    return PLANNER_PRICES[config.planner].usd_micros


def estimate_usd_micros(config: GenerationConfig, shots: int | None = None) -> int:
    """Estimate what a whole video costs, at most: should every shot fall back to the dearest backend.

    Args:
        shots: how many there are, if that is known; else as many as there can be.
    """
    if shots is None:
        shots = min(MAX_SHOTS, config.seconds // config.clip_seconds[0])
    keyframes = keyframes_in(KeyframeMode(config.keyframes), shots)
    sheets = most_sheets(config, keyframes)
    beforehand = planned_usd_micros(config, shots, sheets) + drawn_usd_micros(config, keyframes, sheets)
    if config.stop_after == StopAfter.KEYFRAMES:
        return beforehand
    return beforehand + dearest_clip_usd_micros(config, config.seconds)


def most_sheets(config: GenerationConfig, keyframes: int) -> int:
    """Return how many sheets can be drawn for so many keyframes: none where there are none to draw."""
    return MAX_SHEETS if keyframes and IMAGE_BACKENDS[config.image_model].paid else 0


def planned_usd_micros(config: GenerationConfig, shots: int, sheets: int) -> int:
    """Price what planning can cost at most: repairs, and other words for every shot and sheet."""
    return planning_usd_micros(config) * (1 + MAX_REPAIRS) + reworded_usd_micros(config, shots, sheets)


def reworded_usd_micros(config: GenerationConfig, shots: int, sheets: int) -> int:
    """Price what other words for every shot and every character's sheet can cost at most."""
    return planning_usd_micros(config) * (shots + sheets if config.reword_refused else 0)


def drawn_usd_micros(config: GenerationConfig, keyframes: int, sheets: int) -> int:
    """Price what so many keyframes and sheets can cost at most."""
    tries = 1 + (MAX_REDRAWS if config.redraw_below is not None else 0)
    looks = JUDGEMENT_PRICE.usd_micros if config.judge_keyframes else 0
    one = drawing_usd_micros(config)
    return tries * keyframes * (one + looks) + sheets * one


def check_cost(config: GenerationConfig, estimate_usd_micros: int) -> None:
    """Check that a video may cost what it is estimated to.

    Raises:
        InvalidInput: it may cost more than its `max_cost_usd`.
    """
    if is_beyond_limit(config, estimate_usd_micros):
        needed = f"{estimate_usd_micros / MICROS:g} or more, which this video may cost"
        raise InvalidInput("max_cost_usd", config.max_cost_usd, needed)


def is_beyond_limit(config: GenerationConfig, cost_usd_micros: int) -> bool:
    """Tell whether a cost is more than the user permits, to a millionth of a dollar."""
    limit = config.max_cost_usd
    return limit is not None and cost_usd_micros > usd_micros(limit)


def usd_micros(usd: float) -> int:
    """Turn US dollars into millionths of one."""
    return round(usd * MICROS)


def dearest_clip_usd_micros(config: GenerationConfig, seconds: int) -> int:
    """Price one clip on the dearest of the backends that may be used."""
    return max(clip_cost_usd_micros(model, seconds, config.width, config.height) for model in config.models)
