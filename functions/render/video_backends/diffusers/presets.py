"""The open-weight models we render with, as data with its source: what each can do, and how to ask it.

It must not know torch, diffusers, or where weights lie; the CPU deployment imports it too.
"""

from collections.abc import Mapping
from enum import StrEnum

from shared.domain.capabilities import FRAME_RATES, VIDEO_BACKENDS, Capabilities
from shared.domain.model import Record


class Family(StrEnum):
    """Which of diffusers' pipelines renders, and so how it is called."""

    LTX = "ltx"
    WAN = "wan"


class FrameRule(Record):
    """Which numbers of frames a model renders, and how fast it takes them to be shown."""

    multiple: int
    """A clip has k x multiple + 1 frames."""
    fps: tuple[int, ...]
    """Rates it was trained for. A clip of another rate is rendered at one of these, and resampled."""
    most: int
    """Beyond this many frames the model repeats itself or falls apart, as its makers say."""
    last_stands_at_end: bool
    """The last keyframe can only be the last frame of all, not one of those before."""


class Footprint(Record):
    """What takes memory while a clip is made: estimates from the architecture, since no GPU has run this."""

    token_pixels: int
    """Side of the square, in pixels, that one token of the transformer stands for."""
    token_frames: int
    """Frames that one token stands for."""
    width: int
    """Numbers in one token."""
    decoded_bytes_per_pixel: int
    """Held for every pixel of every frame that is decoded at a time."""
    frames_at_a_time: int
    """Frames that are decoded at a time; 0: all of the clip."""


class Preset(Record):
    """One model, ready to be asked for by name."""

    name: str
    family: Family
    repository: str
    """On the Hugging Face hub, in diffusers' folder layout."""
    revision: str
    """What is fetched. The manifest of fetched weights names the commit and every file's checksum, and what
    is loaded is held to that: a branch here cannot change what a deployment runs."""
    licence: str
    offers: Capabilities
    """What a user may ask of it, and where all that is said here of the model is from."""
    frames: FrameRule
    side_multiple: int
    """Pixels. Other sizes are rendered a little larger, and cut."""
    steps: int
    timesteps: tuple[float, ...] = ()
    """The model's own, from 1000 down; empty: as its scheduler divides `steps`."""
    guidance: float
    """1: the model was distilled so that it needs none, and reads no negative prompt."""
    negative_prompt: str = ""
    """Added to what the user does not want to see."""
    prompt_tokens: int
    """Of the text encoder; what is longer would be cut off silently."""
    vae_in_float32: bool = False
    footprint: Footprint
    hurdle: str = ""
    """What an operator must know before using it."""

    @property
    def reads_negative_prompt(self) -> bool:
        """Whether the model can be told apart from the prompt what is not to be seen."""
        return self.guidance > 1


LTX = Preset(
    name="ltx",
    family=Family.LTX,
    repository="Lightricks/LTX-Video-0.9.7-distilled",
    revision="main",
    licence="LTX-Video Open Weights License",
    offers=VIDEO_BACKENDS["ltx"],
    frames=FrameRule(multiple=8, fps=FRAME_RATES, most=257, last_stands_at_end=False),
    side_multiple=32,
    steps=8,
    timesteps=(1000, 993, 987, 981, 975, 909, 725, 0.03),
    guidance=1.0,
    prompt_tokens=256,
    footprint=Footprint(
        token_pixels=32, token_frames=8, width=4096, decoded_bytes_per_pixel=64, frames_at_a_time=0
    ),
    hurdle="its licence asks companies above 10 million USD of yearly revenue for an agreement",
)

_WAN_UNWANTED = (
    "overexposed, static, blurred details, subtitles, worst quality, low quality, compression artefacts,"
    " ugly, extra fingers, poorly drawn hands, poorly drawn faces, deformed, fused fingers, still picture,"
    " messy background, walking backwards"
)

WAN_5B = Preset(
    name="wan_5b",
    family=Family.WAN,
    repository="Wan-AI/Wan2.2-TI2V-5B-Diffusers",
    revision="main",
    licence="Apache-2.0",
    offers=VIDEO_BACKENDS["wan_5b"],
    frames=FrameRule(multiple=4, fps=(24,), most=121, last_stands_at_end=True),
    side_multiple=32,
    steps=50,
    guidance=5.0,
    negative_prompt=_WAN_UNWANTED,
    prompt_tokens=512,
    vae_in_float32=True,
    footprint=Footprint(
        token_pixels=32, token_frames=4, width=3072, decoded_bytes_per_pixel=1024, frames_at_a_time=4
    ),
)

WAN_14B = Preset(
    name="wan_14b",
    family=Family.WAN,
    repository="Wan-AI/Wan2.2-I2V-A14B-Diffusers",
    revision="main",
    licence="Apache-2.0",
    offers=VIDEO_BACKENDS["wan_14b"],
    frames=FrameRule(multiple=4, fps=(16,), most=81, last_stands_at_end=True),
    side_multiple=16,
    steps=40,
    guidance=3.5,
    negative_prompt=_WAN_UNWANTED,
    prompt_tokens=512,
    vae_in_float32=True,
    footprint=Footprint(
        token_pixels=16, token_frames=4, width=5120, decoded_bytes_per_pixel=1536, frames_at_a_time=4
    ),
    hurdle="two transformers of 14 billion parameters each: 80 GB of GPU memory, or offloading",
)

PRESETS: Mapping[str, Preset] = {each.name: each for each in (LTX, WAN_5B, WAN_14B)}
