"""The pipelines of diffusers, as we use them: loaded from a folder, kept in memory as planned, and called.

It knows diffusers and torch, which load with it; it must not know clips, jobs, or when a pipeline is let go.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol, cast

import diffusers
import torch
import transformers
from diffusers.pipelines.ltx.pipeline_ltx_condition import LTXVideoCondition
from safetensors import SafetensorError

from functions.render.video_backends.diffusers.memory import MemoryPlan
from functions.render.video_backends.diffusers.presets import Family, Preset
from functions.render.video_backends.diffusers.take import Take
from shared.domain.capabilities import KeyframeMode
from shared.domain.errors import BackendUnavailable

CLASSES = {Family.LTX: "LTXConditionPipeline", Family.WAN: "WanImageToVideoPipeline"}
"""Named rather than read from the folder: that of wan_5b names the pipeline that knows no keyframes."""

LAYER = "leaf_level"
"""Layers move one at a time. Source: diffusers' documentation, "Reduce memory usage"."""

LTX_DECODE_TIMESTEP, LTX_DECODE_NOISE = 0.05, 0.025
"""Source: diffusers' documentation of LTX-Video 0.9.7."""

OUT_OF_MEMORY = 2
"""Source: `cudaErrorMemoryAllocation` of the CUDA runtime."""

STORED = torch.float8_e4m3fn
"""What transformers are kept in that do not fit otherwise."""

StepDone = Callable[[float], None]
"""Called after every step with the fraction done. What it raises ends the call."""


class Output(Protocol):
    """What a call of a pipeline returns."""

    frames: torch.Tensor


class Decoder(Protocol):
    """What turns latents into frames."""

    def enable_tiling(self) -> None:
        """Decode in parts."""
        ...


class Castable(Protocol):
    """A model that can keep its weights smaller than it computes with them."""

    def enable_layerwise_casting(self, *, storage_dtype: torch.dtype, compute_dtype: torch.dtype) -> None:
        """Keep them so from now on."""
        ...


class Loader(Protocol):
    """A class of diffusers."""

    def from_pretrained(self, folder: str, **arguments: object) -> object:
        """Load what lies in a folder."""
        ...


class Pipe(Protocol):
    """A pipeline of any family."""

    num_timesteps: int
    vae: "Decoder"
    config: object

    def to(self, device: torch.device) -> object:
        """Bring all of it to a device."""
        ...

    def enable_model_cpu_offload(self, *, device: torch.device) -> None:
        """Bring each component to a device while it is at work."""
        ...

    def enable_group_offload(self, device: torch.device, **arguments: object) -> None:
        """Bring each layer to a device while it is at work."""
        ...

    def set_progress_bar_config(self, *, disable: bool) -> None:
        """Say whether steps are drawn on the terminal."""
        ...

    @property
    def components(self) -> Mapping[str, object]:
        """Models, scheduler and tokenizer by name."""
        ...

    def __call__(self, **arguments: object) -> Output:
        """Render. The vendor's interface, which differs by family."""
        ...

    def maybe_free_model_hooks(self) -> None:
        """Take what was brought to the GPU for a call away from it."""
        ...

    def load_lora_weights(self, file: str, **arguments: object) -> None:
        """Add an adapter."""
        ...

    def lora_state_dict(self, file: str, **arguments: object) -> Mapping[str, torch.Tensor]:
        """Read an adapter, by the names that its numbers have in the model."""
        ...

    def set_adapters(self, names: list[str], weights: list[float]) -> None:
        """Say which adapters act, and how strongly."""
        ...

    def unload_lora_weights(self) -> None:
        """Take every adapter away; the model's own weights were never changed."""
        ...


def is_out_of_memory(error: Exception) -> bool:
    """Whether memory ran out: torch's own, or what the driver hands out beside it, such as pinned memory."""
    return isinstance(error, torch.OutOfMemoryError) or (
        isinstance(error, torch.AcceleratorError)
        and OUT_OF_MEMORY in (getattr(error, "error_code", None), *error.args)
    )


def load(folder: Path, preset: Preset, usual: torch.dtype, plan: MemoryPlan) -> Pipe:
    """Load a pipeline, which then is to be kept as planned. Nothing is fetched from anywhere.

    Args:
        usual: what it computes with, as far as the preset names nothing else.

    Raises:
        BackendUnavailable: the folder does not hold what the preset says.
    """
    _silence()
    kinds = {"default": usual, "vae": torch.float32 if preset.vae_in_float32 else usual}
    ready = _cast_transformers(folder, usual) if plan >= MemoryPlan.CAST else {}
    try:
        pipe = cast(Pipe, _loaded(CLASSES[preset.family], folder, kinds, ready))
    except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
        raise BackendUnavailable(f"the weights of {preset.name} cannot be loaded: {error}") from error
    _check_heeds_last(pipe, preset)
    pipe.set_progress_bar_config(disable=True)
    return pipe


def keep(pipe: Pipe, device_name: str, plan: MemoryPlan) -> None:
    """Bring a pipeline to where it computes, or let it come there in parts. Once after it was loaded.

    On a processor the parts go nowhere, but by the same hooks: so they can be tested.

    Raises:
        torch.OutOfMemoryError: the plan needs more than there is.
    """
    device = torch.device(device_name)
    if plan >= MemoryPlan.TILED:
        pipe.vae.enable_tiling()
    if plan >= MemoryPlan.STREAMED:
        pipe.enable_group_offload(
            device, offload_type=LAYER, use_stream=device.type == "cuda", low_cpu_mem_usage=True
        )
    elif plan >= MemoryPlan.OFFLOADED:
        pipe.enable_model_cpu_offload(device=device)
    else:
        pipe.to(device)


def call(pipe: Pipe, preset: Preset, take: Take, step_done: StepDone) -> torch.Tensor:
    """Render a take.

    Returns:
        frames: (n, 3, height, width), from 0 to 1, where they were computed.

    Raises:
        torch.OutOfMemoryError: it does not fit.
        Exception: whatever `step_done` raised; the pipeline can be called again.
    """

    def on_step_end(_pipe: object, step: int, _timestep: object, _tensors: object) -> dict[str, object]:
        step_done((step + 1) / pipe.num_timesteps)
        return {}

    arguments: dict[str, object] = {
        "prompt": take.prompt,
        "width": take.canvas.width,
        "height": take.canvas.height,
        "num_frames": take.timeline.rendered,
        "num_inference_steps": preset.steps,
        "guidance_scale": preset.guidance,
        "max_sequence_length": preset.prompt_tokens,
        "generator": torch.Generator("cpu").manual_seed(take.seed),  # there, the same noise for every GPU
        "callback_on_step_end": on_step_end,
        "output_type": "pt",
    }
    family = {Family.LTX: _for_ltx, Family.WAN: _for_wan}[preset.family]
    try:
        return pipe(**arguments, **family(preset, take)).frames[0]
    finally:
        pipe.maybe_free_model_hooks()  # which a call that was ended has not reached


def _for_ltx(preset: Preset, take: Take) -> dict[str, object]:
    conditions = [LTXVideoCondition(image=each, frame_index=at) for at, each in take.pictures.items()]
    return {
        "conditions": conditions or None,  # an empty list is taken for one with something in it
        "frame_rate": take.timeline.fps,
        "timesteps": list(preset.timesteps) or None,
        "negative_prompt": take.negative_prompt,
        "image_cond_noise_scale": 0.0,
        "decode_timestep": LTX_DECODE_TIMESTEP,
        "decode_noise_scale": LTX_DECODE_NOISE,
    }


def _for_wan(_preset: Preset, take: Take) -> dict[str, object]:
    return {
        "image": take.pictures[0],
        "last_image": take.pictures.get(take.timeline.rendered - 1),
        "negative_prompt": take.negative_prompt,
    }


def _loaded(name: str, folder: Path, kinds: object, ready: Mapping[str, object]) -> object:
    """Load an object of one of diffusers' classes, from files of numbers only: others can run code."""
    loader: Loader = getattr(diffusers, name)
    return loader.from_pretrained(
        str(folder), dtype=kinds, local_files_only=True, use_safetensors=True, **ready
    )


def _cast_transformers(folder: Path, usual: torch.dtype) -> dict[str, object]:
    """Load the transformers before all else, and make each small before the next one needs room."""
    ready: dict[str, object] = {}
    for place in sorted(folder.glob("transformer*/config.json")):
        model = cast(Castable, _loaded("AutoModel", place.parent, usual, {}))
        model.enable_layerwise_casting(storage_dtype=STORED, compute_dtype=usual)
        ready[place.parent.name] = model
    return ready


def _silence() -> None:
    """Keep what the vendors draw and advise out of the logs; what goes wrong is raised all the same."""
    for library in (diffusers.utils.logging, transformers.utils.logging):
        library.set_verbosity_error()
        library.disable_progress_bar()


def _check_heeds_last(pipe: Pipe, preset: Preset) -> None:
    """Refuse weights that would ignore a last keyframe which the preset offers.

    Raises:
        BackendUnavailable: they would.
    """
    ignores_last = bool(getattr(pipe.config, "expand_timesteps", False))
    if ignores_last and KeyframeMode.PAIR in preset.offers.keyframes:
        raise BackendUnavailable(
            f"the weights of {preset.name} are of a model that ignores last keyframes, which it is to offer;"
            f" expected are those of {preset.repository}"
        )
