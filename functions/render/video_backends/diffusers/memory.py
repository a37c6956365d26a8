"""Decides how a model is kept in a GPU's memory. Pure: bytes in, a plan out.

It knows neither torch nor which GPU it is. All estimates are ours: no GPU has run this.
"""

from enum import IntEnum
from typing import NamedTuple

from functions.render.video_backends.diffusers.presets import Footprint

USABLE_SHARE = 0.92
"""Of free memory; the rest is lost between blocks, and taken by the driver. Ours, not measured."""

LIVE_COPIES = 20
"""Of all tokens that one layer holds at a time: its input, three projections, and a feed-forward layer four
times as wide. Ours, counted from the architecture."""

BYTES_PER_NUMBER = 2
"""Of bfloat16."""

TILE_PIXELS = 512 * 512
"""What is decoded at a time when tiled, of as many frames as when not: only sides are.
Source: `enable_tiling` and `tile_sample_min_height` of diffusers' autoencoders."""


class MemoryPlan(IntEnum):
    """How a model is kept, from the fastest to the one that needs least; each does what those before do."""

    WHOLE = 0
    """All of it on the GPU."""
    TILED = 1
    """Frames are decoded in parts."""
    OFFLOADED = 2
    """Only the component at work is on the GPU, of text encoder, transformer and decoder."""
    CAST = 3
    """The transformer is kept in 8 bits a number, and computes in 16: half the memory, less exact."""
    STREAMED = 4
    """Layers come to the GPU one after the other, while others compute."""


class Need(NamedTuple):
    """What a clip needs, in bytes."""

    transformer: int
    """The largest of them, where there are two."""
    whole: int
    """All components."""
    rest: int
    """The largest component beside the transformers."""
    denoising: int
    """Beside the model, while the transformer is at work."""
    decoding: int
    """Beside the model, while frames are decoded all at a time."""
    tiled_decoding: int
    """Beside the model, while frames are decoded in parts."""


def need_of(
    components: dict[str, int], footprint: Footprint, *, width: int, height: int, frames: int
) -> Need:
    """Estimate what a clip needs.

    Args:
        components: bytes of each, by diffusers' names for them, as they are computed with.
        width, height: pixels, as rendered.
    """
    transformers = {name: size for name, size in components.items() if name.startswith("transformer")}
    others = {name: size for name, size in components.items() if name not in transformers}
    side, deep = footprint.token_pixels, footprint.token_frames
    tokens = (width // side) * (height // side) * ((frames - 1) // deep + 1)
    at_a_time = footprint.frames_at_a_time or frames
    pixel_bytes = footprint.decoded_bytes_per_pixel
    kept = width * height * frames * 3 * 4 * 2  # decoded frames in float32, and a copy made fit to be shown
    return Need(
        transformer=max(transformers.values(), default=0),
        whole=sum(components.values()),
        rest=max(others.values(), default=0),
        denoising=tokens * footprint.width * BYTES_PER_NUMBER * LIVE_COPIES,
        decoding=width * height * at_a_time * pixel_bytes + kept,
        tiled_decoding=min(width * height, TILE_PIXELS) * at_a_time * pixel_bytes + kept,
    )


def plan_memory(free_bytes: int, need: Need) -> MemoryPlan:
    """Choose the fastest plan that fits.

    Args:
        free_bytes: of the GPU, before anything of the model is on it.
    """
    usable = int(free_bytes * USABLE_SHARE)
    peaks = {
        MemoryPlan.WHOLE: need.whole + max(need.denoising, need.decoding),
        MemoryPlan.TILED: need.whole + max(need.denoising, need.tiled_decoding),
        MemoryPlan.OFFLOADED: max(need.transformer + need.denoising, need.rest + need.tiled_decoding),
        MemoryPlan.CAST: max(need.transformer // 2 + need.denoising, need.rest + need.tiled_decoding),
    }
    return next((plan for plan, peak in peaks.items() if peak <= usable), MemoryPlan.STREAMED)


def tightened(plan: MemoryPlan) -> MemoryPlan:
    """Return what to try once after memory ran out: at least tiling and offloading.

    Also of the tightest plan, which is tried once more with all that was held let go.
    """
    return max(MemoryPlan.OFFLOADED, MemoryPlan(min(plan + 1, MemoryPlan.STREAMED)))
