"""What generation costs: a dated table with its sources, and the estimate made from it.

Money is in millionths of a US dollar.
"""

from collections.abc import Mapping
from datetime import date

from shared.domain.errors import InvalidInput
from shared.domain.generation import GenerationConfig, StopAfter
from shared.domain.model import Record

MICROS = 1_000_000


class Price(Record):
    """What a video backend charges for a second of clip."""

    usd_micros_per_second: Mapping[int, int]
    """Lines of the picture (its shorter side) -> price. The key 0 stands for any size."""
    as_of: date
    source: str


VIDEO_PRICES: Mapping[str, Price] = {
    "animatic": Price(
        usd_micros_per_second={0: 0},
        as_of=date(2026, 11, 1),
        source="built in; costs only the instance it runs on",
    ),
    "scripted": Price(
        usd_micros_per_second={0: 100_000},
        as_of=date(2026, 11, 1),
        source="made up, for tests",
    ),
    "omni": Price(
        usd_micros_per_second={360: 23_000, 720: 70_000, 1080: 105_000, 2160: 210_000},
        as_of=date(2026, 11, 1),
        source="third-party listing of Gemini Omni prices; verify before relying on it",
    ),
    "veo": Price(
        usd_micros_per_second={720: 400_000, 1080: 400_000},
        as_of=date(2026, 11, 1),
        source="Vertex AI pricing page, Veo 3.1 with audio",
    ),
}


def clip_cost_usd_micros(model: str, seconds: int, width: int, height: int) -> int:
    """Price one clip.

    Raises:
        KeyError: there is no price for this backend or size.
    """
    prices = VIDEO_PRICES[model].usd_micros_per_second
    per_second = prices[0] if 0 in prices else prices[min(width, height)]
    return per_second * seconds


def estimate_usd_micros(config: GenerationConfig) -> int:
    """Estimate what a whole video costs, at most: should every shot fall back to the dearest backend.

    Planning and drawing are free with the built-in backends.
    """
    if config.stop_after == StopAfter.KEYFRAMES:
        return 0
    return dearest_clip_usd_micros(config, config.seconds)


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
