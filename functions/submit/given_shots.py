"""The user's own shots: whether they can be made in the time they are given.

Knows neither planner nor backend.
"""

from collections.abc import Collection, Sequence

from shared.domain.capabilities import BUILT_IN, Offer
from shared.domain.durations import in_words
from shared.domain.errors import InvalidInput
from shared.domain.generation import (
    ANY_SHOT_COUNT,
    EffectiveConfig,
    GenerationConfig,
    Layer,
    clip_seconds_here,
    limited_by,
    longest_here,
)
from shared.domain.plan import GivenShot


def shot_counts(shots: Sequence[GivenShot]) -> Collection[int]:
    """Return how many shots may make up the video's length; none where any of them says its own."""
    if any(shot.seconds is not None for shot in shots):
        return ()
    return [len(shots)] if shots else ANY_SHOT_COUNT


def timed(
    effective: EffectiveConfig, shots: Sequence[GivenShot], offered: Offer = BUILT_IN
) -> EffectiveConfig:
    """Return the configuration with the length that the user's own shots make together.

    Where they do not say how long they are, they share the length of the video.

    Args:
        effective: checked for as many shots as `shot_counts` tells.
        offered: by this deployment, which may not have the time for every length.

    Raises:
        InvalidInput: naming the field, its value and what is permitted.
    """
    config = effective.config
    if shot_counts(shots):
        return effective
    together = sum(_seconds(config, number, shot, offered) for number, shot in enumerate(shots))
    longest, limited = longest_here(config, offered), limited_by(config, offered)
    if together > longest:
        permitted = f"at most {longest} together" + (f", {limited}" if limited else "")
        raise InvalidInput("shots", f"{together} seconds together", permitted)
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
