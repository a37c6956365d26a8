"""The user's own shots: whether they can be made in the time they are given.

Knows neither planner nor backend.
"""

from collections.abc import Sequence

from shared.domain.capabilities import BUILT_IN, Offer
from shared.domain.durations import in_words
from shared.domain.errors import InvalidInput
from shared.domain.generation import (
    MAX_SECONDS,
    EffectiveConfig,
    GenerationConfig,
    Layer,
    check_seconds,
    clip_seconds_here,
)
from shared.domain.plan import GivenShot


def timed(
    effective: EffectiveConfig, shots: Sequence[GivenShot], offered: Offer = BUILT_IN
) -> EffectiveConfig:
    """Return the configuration with the length that the user's own shots make together.

    Where they do not say how long they are, they share the length of the video.

    Args:
        offered: by this deployment, which may not have the time for every length.

    Raises:
        InvalidInput: naming the field, its value and what is permitted.
    """
    config = effective.config
    if not shots:
        return effective
    if all(shot.seconds is None for shot in shots):
        check_seconds(config, [len(shots)], offered)
        return effective
    together = sum(_seconds(config, number, shot, offered) for number, shot in enumerate(shots))
    if together > MAX_SECONDS:
        raise InvalidInput("shots", f"{together} seconds together", f"at most {MAX_SECONDS} together")
    if effective.layers["seconds"] is Layer.HTTP and config.seconds != together:
        raise InvalidInput("seconds", config.seconds, f"{together}, the sum of the shots, or none at all")
    return effective.evolve(
        config=config.evolve(seconds=together), layers={**effective.layers, "seconds": Layer.HTTP}
    )


def _seconds(config: GenerationConfig, number: int, shot: GivenShot, offered: Offer) -> int:
    field = f"shots.{number}.seconds"
    clip_seconds = clip_seconds_here(config, offered)
    permitted = f"{in_words(clip_seconds)} with {' and '.join(config.models)}"
    if clip_seconds != config.clip_seconds:
        permitted += f" at {config.size} on {offered.gpu}"
    if shot.seconds is None:
        raise InvalidInput(field, None, permitted, because="either all shots say seconds, or none does")
    if shot.seconds not in clip_seconds:
        raise InvalidInput(field, shot.seconds, permitted)
    return shot.seconds
