"""What each backend can do, as data with its source: checked before anything is stored or paid.

Models, prices and limits change several times a year; no code knows them but through these tables.
"""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum

from pydantic import Field

from shared.domain.model import Record

SIZES = ("640x360", "1280x720", "1920x1080", "720x1280", "1080x1920", "720x720", "1080x1080")
"""What the built-in backends make: a draft, 720p and 1080p, the same upright, and squares."""

FRAME_RATES = (24, 25, 30)
"""Frames per second of film, and of television in most and in some of the world."""


class KeyframeMode(StrEnum):
    """Which keyframes guide a shot."""

    SINGLE = "single"
    """One image per shot."""
    PAIR = "pair"
    """Shot i goes from keyframe i to keyframe i+1."""
    CHAIN = "chain"
    """A shot begins with the last frame of the one before."""
    NONE = "none"
    """Text only."""


class KeyframePosition(StrEnum):
    """Where in its clip a single keyframe stands."""

    FIRST = "first"
    MIDDLE = "middle"
    LAST = "last"


class Consistency(StrEnum):
    """What a keyframe is given beside its words, so that the same characters look the same."""

    SEQUENTIAL = "sequential"
    """The characters' sheets and the keyframe before: drawn one after the other."""
    ANCHORED = "anchored"
    """The sheets alone: drawn at the same time."""


class Source(Record):
    """Where what a table says is from."""

    as_of: date
    told_by: str


BUILT_IN_SOURCE = Source(as_of=date(2026, 11, 1), told_by="built in")


GOOGLE = "google"
"""Owner of the models that are reached through google-genai."""


class Model(Record):
    """What is true of every kind of backend."""

    paid: bool
    """Whether a call costs money at a provider."""
    model_id: str = ""
    """The provider's name for its model, unless the deployment's settings name another; empty: built in."""
    api: str = "built in"
    """The provider's interface that is spoken, or the library that runs its weights."""
    owned_by: str = "ttv"
    """Who made the model."""
    source: Source = BUILT_IN_SOURCE


class Capabilities(Model):
    """What one video backend can do."""

    clip_seconds: tuple[int, ...]
    """Permitted lengths of one clip, ascending."""
    pair_seconds: tuple[int, ...] = ()
    """Likewise, between a first and a last frame; empty: the same."""
    sizes: tuple[str, ...]
    fps: tuple[int, ...]
    keyframes: tuple[KeyframeMode, ...]
    keyframe_positions: tuple[KeyframePosition, ...]
    references: int = 0
    """How many reference images a clip without keyframes can be given by the provider. We give none yet."""
    audio: tuple[bool, ...]
    """Whether a clip can have sound, and whether it can be without."""
    prompt_characters: int = 10_000
    """Longest prompt of one clip."""
    poll_seconds: float = 0
    """From one look at a paid operation to the next."""
    call_seconds: float = 10
    """Longest wait for the provider's answer to one call; a thread that waits cannot be interrupted."""
    usual_seconds: float = 120
    """From a paid call's acceptance to its clip, on a usual day."""
    settles_seconds: float = 0
    """After which a paid call that was accepted has surely delivered, failed or been refused."""
    needs_gpu: bool = False
    """Whether it renders on a GPU of ours: only in a deployment that has one, by its GPU's own service. How
    long that takes is told in `gpu_work`."""
    lora: bool = False
    """Whether it can render with an adapter that the deployment has, such as a brand's own look."""
    max_operations: int = 0
    """Running at the provider at a time, unless the deployment's settings say otherwise; 0: any number."""

    def clip_seconds_in(self, mode: KeyframeMode) -> tuple[int, ...]:
        """Return the permitted lengths of one clip in a mode, ascending."""
        return self.pair_seconds or self.clip_seconds if mode is KeyframeMode.PAIR else self.clip_seconds


class DrawingCapabilities(Model):
    """What one image backend can do."""

    references: int = 0
    """Images that one drawing can be made from; 0: it draws from words alone."""
    consistency: tuple[Consistency, ...]
    can_be_judged: bool
    """Whether a model can look at what it drew and say how well it agrees with the sheets."""
    call_seconds: float = 0
    """Longest wait for one drawing."""


class PlanningCapabilities(Model):
    """What one planner can do."""

    call_seconds: float = 0
    """Longest wait for one plan."""


LANDSCAPE_AND_UPRIGHT = ("640x360", "1280x720", "1920x1080", "720x1280", "1080x1920")

OF_LTX_AND_WAN = ("640x360", "1280x720", "720x1280", "720x720")

_WAN = Capabilities(
    clip_seconds=(2, 3, 4, 5),
    sizes=OF_LTX_AND_WAN,
    fps=FRAME_RATES,
    keyframes=(),
    keyframe_positions=(KeyframePosition.FIRST,),
    audio=(False,),
    paid=False,
    api="diffusers 0.42, WanImageToVideoPipeline",
    owned_by="Wan-AI",
    prompt_characters=2000,
    needs_gpu=True,
    lora=True,
)
"""What the models of Wan share."""


def _as_wan_renders(frames: str) -> Source:
    return Source(
        as_of=date(2026, 11, 23),
        told_by=f"diffusers 0.42.1 and its documentation of Wan; {frames} as its makers render; lengths in"
        " characters are ours, at four to a token; no GPU run has confirmed any of it",
    )


VIDEO_BACKENDS: Mapping[str, Capabilities] = {
    "animatic": Capabilities(
        clip_seconds=tuple(range(2, 11)),
        sizes=SIZES,
        fps=FRAME_RATES,
        keyframes=tuple(KeyframeMode),
        keyframe_positions=tuple(KeyframePosition),
        audio=(False,),
        paid=False,
    ),
    "scripted": Capabilities(
        clip_seconds=tuple(range(2, 11)),
        sizes=SIZES,
        fps=FRAME_RATES,
        keyframes=tuple(KeyframeMode),
        keyframe_positions=(KeyframePosition.FIRST,),
        audio=(False,),
        paid=True,
        api="made up, for tests",
        poll_seconds=0.5,
        call_seconds=3,
        usual_seconds=1,
        settles_seconds=6,
    ),
    "omni": Capabilities(
        clip_seconds=tuple(range(3, 16)),
        pair_seconds=tuple(range(3, 11)),
        sizes=LANDSCAPE_AND_UPRIGHT,
        fps=(24,),
        keyframes=tuple(KeyframeMode),
        keyframe_positions=(KeyframePosition.FIRST,),
        references=3,
        audio=(True, False),
        paid=True,
        model_id="gemini-omni-1.2-flash",
        api="Gemini Interactions",
        owned_by=GOOGLE,
        prompt_characters=4000,
        poll_seconds=10,
        call_seconds=30,
        usual_seconds=120,
        settles_seconds=20 * 60,
        max_operations=20,
        source=Source(
            as_of=date(2026, 11, 1),
            told_by="google-genai 3.4.0 and Google's documentation; the number of operations and the length"
            " of a prompt are ours, since none is published",
        ),
    ),
    "veo": Capabilities(
        clip_seconds=(4, 6, 8),
        sizes=LANDSCAPE_AND_UPRIGHT[1:],
        fps=(24,),
        keyframes=tuple(KeyframeMode),
        keyframe_positions=(KeyframePosition.FIRST,),
        references=3,
        audio=(True, False),
        paid=True,
        model_id="veo-3.1-generate-001",
        api="Vertex AI, long-running predictions",
        owned_by=GOOGLE,
        prompt_characters=4000,
        poll_seconds=10,
        call_seconds=30,
        usual_seconds=120,
        settles_seconds=20 * 60,
        max_operations=10,
        source=Source(
            as_of=date(2026, 11, 1),
            told_by="Vertex AI's documentation of Veo 3.1; 4000 characters are about its 1,024 tokens,"
            " and the number of operations is ours",
        ),
    ),
    "ltx": Capabilities(
        clip_seconds=tuple(range(2, 11)),
        sizes=("640x360", "1280x720", "720x1280", "720x720"),
        fps=FRAME_RATES,
        keyframes=tuple(KeyframeMode),
        keyframe_positions=tuple(KeyframePosition),
        audio=(False,),
        paid=False,
        model_id="Lightricks/LTX-Video-0.9.7-distilled",
        api="diffusers 0.42, LTXConditionPipeline",
        owned_by="Lightricks",
        prompt_characters=1000,
        needs_gpu=True,
        lora=True,
        source=Source(
            as_of=date(2026, 11, 23),
            told_by="diffusers 0.42.1 and its documentation of LTX-Video; at most 257 frames and 720x1280 as"
            " the model's card advises; lengths in characters are ours, at four to a token; no GPU run has"
            " confirmed any of it",
        ),
    ),
    "wan_5b": _WAN.evolve(
        sizes=("1280x720", "720x1280"),
        keyframes=(KeyframeMode.SINGLE, KeyframeMode.CHAIN),  # a last frame it would ignore without a word
        model_id="Wan-AI/Wan2.2-TI2V-5B-Diffusers",
        source=_as_wan_renders("121 frames at 24 a second"),
    ),
    "wan_14b": _WAN.evolve(
        keyframes=(KeyframeMode.SINGLE, KeyframeMode.PAIR, KeyframeMode.CHAIN),
        model_id="Wan-AI/Wan2.2-I2V-A14B-Diffusers",
        source=_as_wan_renders("81 frames at 16 a second"),
    ),
}
UNKNOWN_BACKEND = Capabilities(
    clip_seconds=(),
    sizes=(),
    fps=(),
    keyframes=(),
    keyframe_positions=(),
    audio=(),
    paid=True,
    poll_seconds=10,
    settles_seconds=3600,
)
"""Stands for one that only a newer revision of the code knows."""

IMAGE_BACKENDS: Mapping[str, DrawingCapabilities] = {
    "storyboard": DrawingCapabilities(paid=False, consistency=(Consistency.SEQUENTIAL,), can_be_judged=False),
    "nano_banana": DrawingCapabilities(
        paid=True,
        references=14,
        consistency=tuple(Consistency),
        can_be_judged=True,
        model_id="gemini-nano-banana-2.1",
        api="Gemini generateContent",
        owned_by=GOOGLE,
        call_seconds=120,
        source=Source(as_of=date(2026, 11, 1), told_by="google-genai 3.4.0 and Google's documentation"),
    ),
}

PLANNERS: Mapping[str, PlanningCapabilities] = {
    "rules": PlanningCapabilities(paid=False),
    "gemini": PlanningCapabilities(
        paid=True,
        model_id="gemini-3.8-flash",
        api="Gemini generateContent",
        owned_by=GOOGLE,
        call_seconds=90,
        source=Source(as_of=date(2026, 11, 1), told_by="google-genai 3.4.0 and Google's documentation"),
    ),
}


def model_of(backend: str) -> Model:
    """Return what is true of a backend of any kind.

    Raises:
        ValueError: there is none of that name.
    """
    every: Mapping[str, Model] = {**VIDEO_BACKENDS, **IMAGE_BACKENDS, **PLANNERS}
    if backend not in every:
        raise ValueError(f"{backend!r} is no backend; permitted: {', '.join(every)}")
    return every[backend]


class Offer(Record):
    """The backends that a deployment offers, by name, and the time it gives them."""

    video: tuple[str, ...] = Field(("animatic",), min_length=1)
    image: tuple[str, ...] = Field(("storyboard",), min_length=1)
    planners: tuple[str, ...] = Field(("rules",), min_length=1)
    gpu: str = ""
    """What renders the backends that need a GPU, as `gpu_work.Gpu` names it; empty: there is none."""
    gpu_speeds: Mapping[str, Mapping[str, float]] = {}
    """Backend -> size -> seconds of that GPU for a second of clip, where they were measured."""
    gpu_instances: int = Field(1, ge=1)
    """How many of them render at the same time, one clip each."""
    time_limit_seconds: int = 2 * 60 * 60
    """In which a job must be final, from its acceptance."""


BUILT_IN = Offer()
"""Part of every deployment's offer; what else it offers is its settings' to say. `scripted` is for tests."""

EVERYTHING = Offer(video=tuple(VIDEO_BACKENDS), image=tuple(IMAGE_BACKENDS), planners=tuple(PLANNERS))
"""What a deployment can offer."""
