"""How a video is to be made: the configuration, its layers, and whether the backends can do it."""

from collections.abc import Collection, Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field, WithJsonSchema

from shared.domain.capabilities import (
    BUILT_IN,
    IMAGE_BACKENDS,
    VIDEO_BACKENDS,
    Consistency,
    KeyframeMode,
    KeyframePosition,
    Offer,
)
from shared.domain.durations import in_words, possible_totals
from shared.domain.errors import InvalidInput
from shared.domain.gpu_work import is_in_time, longest_in_time
from shared.domain.lora import AskedLora, Lora
from shared.domain.model import Edge, Record
from shared.domain.validation import Flag, Money, WholeNumber, validated

MAX_SECONDS = 300
"""Of one video."""

MAX_STYLE_CHARACTERS = 200
MAX_NEGATIVE_PROMPT_CHARACTERS = 500
MAX_COST_USD = 100_000
"""More is a mistake, not a limit."""

ROOM_FOR_WORDS = 100
"""Characters with which style and what is unwanted are introduced."""

MAX_SHOTS = 40
"""Of one job; with MAX_SECONDS it bounds what one request can cost."""

ANY_SHOT_COUNT = range(1, MAX_SHOTS + 1)


class Transition(StrEnum):
    """How one shot gives way to the next. The video's length stays the sum of its shots'."""

    CUT = "cut"
    CROSSFADE = "crossfade"
    """One dissolves into the other."""
    FADE = "fade"
    """Through black."""


class StopAfter(StrEnum):
    """Where a job may end before there is a video."""

    KEYFRAMES = "keyframes"
    """With its storyboard sheet, to be approved before clips are paid for."""


class Layer(StrEnum):
    """Where a configuration value came from, weakest first."""

    DEFAULT = "default"
    FILE = "file"
    CLI = "cli"
    HTTP = "http"


class GenerationConfig(Record):
    """Everything a user may say about a video beside its prompt, as it is stored with the job."""

    seconds: int = 24
    """Length of the video, in whole seconds."""
    size: str = "1280x720"
    """Width x height, in pixels."""
    fps: int = 24
    """Frames per second."""
    model: str = "animatic"
    """The video backend."""
    planner: str = "rules"
    """What divides the prompt into shots."""
    image_model: str = "storyboard"
    """The image backend."""
    keyframes: str = KeyframeMode.SINGLE.value
    """A KeyframeMode that the video backend has."""
    keyframe_position: str = KeyframePosition.FIRST.value
    """A KeyframePosition that the video backend has; it means only mode `single`."""
    consistency: str = Consistency.SEQUENTIAL.value
    """A Consistency that the image backend has."""
    judge_keyframes: bool = False
    """Whether a model looks at every keyframe and says how well its characters agree with their sheets."""
    redraw_below: float | None = None
    """The score, from 0 to 1, below which a judged keyframe is drawn anew, at most twice; None: never."""
    transition: str = Transition.CUT.value
    """A Transition, at every seam between two shots."""
    stop_after: str | None = None
    """A StopAfter; None goes on to the finished video."""
    seed: int = 0
    """The same request with the same seed gives the same video on the built-in backends."""
    overlap: bool = False
    """Whether paid clips may be rendered before all keyframes are drawn. Free ones always are."""
    reword_refused: bool = True
    """Whether the planner may reword, once, a shot that a safety filter refused."""
    fallback_models: tuple[str, ...] = ()
    """Other video backends for a shot that `model` refuses or cannot render, in order; at most 5."""
    style: str = ""
    """How every picture looks, in words such as `watercolour`; empty: what the prompt says of it."""
    negative_prompt: str = ""
    """What no picture is to show, with commas between."""
    audio: bool | None = None
    """Whether the video has sound; unless said, as its backend makes it."""
    lora: Lora | None = None
    """An adapter of this deployment's that every clip is rendered with, where the video backend can."""
    max_cost_usd: float | None = None
    """What the video may cost at most, in US dollars: neither accepted nor paid beyond it."""

    @property
    def models(self) -> tuple[str, ...]:
        """Every video backend that may be used, in order."""
        return (self.model, *self.fallback_models)

    @property
    def clip_seconds(self) -> tuple[int, ...]:
        """Lengths of one clip that every one of those backends permits, ascending.

        Which of them a deployment has the time for, `clip_seconds_here` tells.
        """
        mode = KeyframeMode(self.keyframes)
        permitted = set.intersection(
            *(set(VIDEO_BACKENDS[each].clip_seconds_in(mode)) for each in self.models)
        )
        return tuple(sorted(permitted))

    @property
    def prompt_characters(self) -> int:
        """Longest prompt of a shot that leaves room for what every clip is told beside it."""
        longest = min(VIDEO_BACKENDS[model].prompt_characters for model in self.models)
        return longest - len(self.style) - len(self.negative_prompt) - ROOM_FOR_WORDS

    @property
    def width(self) -> int:
        """Pixels."""
        return int(self.size.partition("x")[0])

    @property
    def height(self) -> int:
        """Pixels."""
        return int(self.size.partition("x")[2])


AskedSeconds = Annotated[
    WholeNumber, WithJsonSchema({"type": "integer", "minimum": 1, "maximum": MAX_SECONDS})
]
"""Its limits are narrower with most backends: `check_seconds` tells them, in one way for all."""


class AskedConfig(GenerationConfig, Edge):
    """The same as a user writes it: values have limits, and a field that does not exist is an error."""

    model_config = Edge.model_config

    seconds: AskedSeconds = 24
    fps: WholeNumber = 24
    fallback_models: Annotated[tuple[str, ...], Field(max_length=5)] = ()
    seed: Annotated[WholeNumber, Field(ge=0, lt=2**31)] = 0
    overlap: Flag = False
    reword_refused: Flag = True
    judge_keyframes: Flag = False
    redraw_below: Annotated[Money, Field(ge=0, le=1)] | None = None
    audio: Flag | None = None
    lora: AskedLora | None = None
    style: Annotated[str, Field(max_length=MAX_STYLE_CHARACTERS)] = ""
    negative_prompt: Annotated[str, Field(max_length=MAX_NEGATIVE_PROMPT_CHARACTERS)] = ""
    max_cost_usd: Annotated[Money, Field(ge=0, le=MAX_COST_USD)] | None = None


class EffectiveConfig(Record):
    """The configuration a job runs with."""

    config: GenerationConfig
    layers: dict[str, Layer]
    """For every field of `config`, the layer that set it."""


def build_effective_config(
    base: Mapping[str, Any] | None = None,
    cli: Mapping[str, Any] | None = None,
    http: Mapping[str, Any] | None = None,
    *,
    offered: Offer = BUILT_IN,
    shot_counts: Collection[int] = ANY_SHOT_COUNT,
) -> EffectiveConfig:
    """Lay the configuration together: HTTP over CLI over file (`base`) over the defaults.

    A value of None says nothing and leaves the field to the layer below.

    Args:
        offered: the backends of this deployment.
        shot_counts: as in `check_seconds`.

    Raises:
        InvalidInput: an unknown field, or a value that the field or its backend does not permit.
    """
    values: dict[str, Any] = {}
    layers = dict.fromkeys(GenerationConfig.model_fields, Layer.DEFAULT)
    for layer, given in ((Layer.FILE, base), (Layer.CLI, cli), (Layer.HTTP, http)):
        said = {field: value for field, value in (given or {}).items() if value is not None}
        values |= said
        layers |= dict.fromkeys(said, layer)
    config = GenerationConfig.model_validate(dict(validated(AskedConfig, values)))
    check_capabilities(config, offered, shot_counts)
    return EffectiveConfig(config=config, layers=layers)


def check_capabilities(
    config: GenerationConfig, offered: Offer = BUILT_IN, shot_counts: Collection[int] = ANY_SHOT_COUNT
) -> None:
    """Check that the chosen backends exist and can do what is asked.

    Args:
        offered: the backends of this deployment.
        shot_counts: as in `check_seconds`.

    Raises:
        InvalidInput: naming the first field that they cannot, and what they permit.
    """
    _permit("model", config.model, offered.video)
    _permit("planner", config.planner, offered.planners)
    _permit("image_model", config.image_model, offered.image)
    _check_drawing(config)
    _permit("transition", config.transition, tuple(Transition))
    if config.stop_after is not None:
        _permit("stop_after", config.stop_after, tuple(StopAfter))
    for number, model in enumerate(config.fallback_models):
        others = [each for each in offered.video if each not in config.models[: number + 1]]
        _permit(f"fallback_models.{number}", model, others or "none, since no other is left")
    for model in config.models:
        backend = VIDEO_BACKENDS[model]
        _permit("size", config.size, backend.sizes)
        _permit("fps", config.fps, backend.fps)
        _permit("keyframes", config.keyframes, backend.keyframes)
        _permit("keyframe_position", config.keyframe_position, backend.keyframe_positions)
        if config.audio is not None:
            _permit("audio", config.audio, backend.audio)
        if config.lora and not backend.lora:
            able = [name for name in offered.video if VIDEO_BACKENDS[name].lora]
            raise InvalidInput(
                "lora",
                config.lora.name,
                f"none with {model}" + (f", only with {', '.join(able)}" if able else ""),
            )
    _check_modes_go_together(config)
    if not config.clip_seconds:
        raise InvalidInput("fallback_models", config.fallback_models, "backends that share a clip length")
    _check_time(config, offered)
    check_seconds(config, shot_counts, offered)


def clip_seconds_here(config: GenerationConfig, offered: Offer) -> tuple[int, ...]:
    """Return the lengths of one clip that this deployment's GPU, if a backend needs one, finishes in time."""
    return tuple(
        seconds
        for seconds in config.clip_seconds
        if all(is_in_time(model, config.size, seconds, offered) for model in config.models)
    )


def longest_here(config: GenerationConfig, offered: Offer) -> int:
    """Return how long a video can be, in seconds, that this deployment finishes within a job's time limit.

    That is a matter of the GPU alone, if `model` needs one. Fallbacks, which only take what that refuses, are
    not counted.
    """
    at_once = _gpus_at_once(config, offered)
    return longest_in_time(config.model, config.size, offered, at_once=at_once, most=MAX_SECONDS)


def limited_by(config: GenerationConfig, offered: Offer) -> str:
    """Say in words why `longest_here` or `clip_seconds_here` are no more; empty where time is no limit."""
    if longest_here(config, offered) < MAX_SECONDS:
        gpus = _gpus_at_once(config, offered)
        finish = f"one {offered.gpu} finishes" if gpus == 1 else f"{gpus} {offered.gpu} finish"
        return f"as {finish} within {round(offered.time_limit_seconds / 60, 1):g} min at {config.size}"
    if clip_seconds_here(config, offered) != config.clip_seconds:
        return f"as {offered.gpu} finishes at {config.size}"
    return ""


def _gpus_at_once(config: GenerationConfig, offered: Offer) -> int:
    return 1 if config.keyframes == KeyframeMode.CHAIN else offered.gpu_instances


def check_seconds(config: GenerationConfig, shot_counts: Collection[int], offered: Offer = BUILT_IN) -> None:
    """Check that so many clips can make up the length of the video.

    Args:
        shot_counts: any of them will do; none where the shots say how long they are: they are for others to
            check.
        offered: by a deployment that may not have the time for every length.

    Raises:
        InvalidInput: they cannot; it tells what they can.
    """
    if not shot_counts:
        return
    clip_seconds, longest = clip_seconds_here(config, offered), longest_here(config, offered)
    possible = possible_totals(shot_counts, clip_seconds, longest)
    if config.seconds in possible:
        return
    count = f"{max(shot_counts)} shot{'s'[: max(shot_counts) - 1]}" if len(shot_counts) == 1 else ""
    limited = limited_by(config, offered)
    if not possible:
        fewer = f"at most {longest // clip_seconds[0]} with {config.model}"
        raise InvalidInput("shots", count, f"{fewer}, {limited}" if limited else fewer)
    permitted = f"{possible[0]} to {possible[-1]} with {f'{count} of ' if count else ''}{config.model}"
    has_gaps = len(possible) <= possible[-1] - possible[0]
    if has_gaps or clip_seconds != config.clip_seconds:
        permitted += f", in clips of {in_words(clip_seconds)}{' s' if limited else ''}"
    raise InvalidInput("seconds", config.seconds, f"{permitted}, {limited}" if limited else permitted)


def _check_time(config: GenerationConfig, offered: Offer) -> None:
    """Refuse what this deployment's GPU could not finish in one task, however short the clips."""
    if clip_seconds_here(config, offered):
        return
    sizes = [
        size
        for size in VIDEO_BACKENDS[config.model].sizes
        if all(size in VIDEO_BACKENDS[each].sizes for each in config.models)
        and clip_seconds_here(config.evolve(size=size), offered)
    ]
    late = f"as {offered.gpu} finishes no clip of {' or '.join(config.models)} at {config.size} in time"
    if sizes:
        raise InvalidInput("size", config.size, f"{', '.join(sizes)}, {late}")
    raise InvalidInput("model", config.model, f"others, {late}")


def _check_drawing(config: GenerationConfig) -> None:
    drawing = IMAGE_BACKENDS[config.image_model]
    _permit("consistency", config.consistency, drawing.consistency)
    if config.judge_keyframes and not drawing.can_be_judged:
        raise InvalidInput("judge_keyframes", True, f"false with image_model: {config.image_model}")
    if config.redraw_below is not None and not config.judge_keyframes:
        raise InvalidInput("redraw_below", config.redraw_below, "only with judge_keyframes: true")


def _check_modes_go_together(config: GenerationConfig) -> None:
    if config.keyframes != KeyframeMode.SINGLE and config.keyframe_position != KeyframePosition.FIRST:
        raise InvalidInput(
            "keyframe_position", config.keyframe_position, f"first with keyframes: {config.keyframes}"
        )
    if config.keyframes in (KeyframeMode.PAIR, KeyframeMode.CHAIN) and config.transition != Transition.CUT:
        permitted = f"cut with keyframes: {config.keyframes}, where each shot goes on from the one before"
        raise InvalidInput("transition", config.transition, permitted)
    drawn_beforehand = (KeyframeMode.SINGLE, KeyframeMode.PAIR)
    if config.stop_after and config.keyframes not in drawn_beforehand:
        permitted = "single or pair with stop_after: keyframes, since their keyframes come before all clips"
        raise InvalidInput("keyframes", config.keyframes, permitted)


def _permit(field: str, value: object, permitted: Sequence[object] | str) -> None:
    if isinstance(permitted, str) or value not in permitted:
        raise InvalidInput(field, value, permitted)
