"""Puts an adapter on a pipeline and takes it off again. It knows pipelines, not where files come from."""

from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError

from functions.render.video_backends.diffusers.pipes import STORED, Pipe
from shared.domain.errors import BackendFailed
from shared.domain.lora import Lora

ADAPTER = "brand"
"""The one adapter of a pipeline: names of LoRAs may hold what names of modules may not."""


def put_on(pipe: Pipe, lora: Lora, file: Path, kind: torch.dtype) -> None:
    """Let a pipeline render with an adapter; of a model with two transformers, both.

    The model's own weights are not changed, so that taking it off restores them exactly.

    Args:
        kind: what the model computes with.

    Raises:
        BackendFailed: it was made for another model. The pipeline must be loaded anew.
    """
    place: dict[str, object] = {"weight_name": file.name, "local_files_only": True}
    targets: dict[str, dict[str, object]] = {"transformer": {}}
    if pipe.components.get("transformer_2") is not None:
        targets["transformer_2"] = {"load_into_transformer_2": True}
    try:
        for name, target in targets.items():
            pipe.load_lora_weights(str(file.parent), adapter_name=ADAPTER, **place, **target)
            _restore(pipe.components[name], pipe.lora_state_dict(str(file.parent), **place), kind)
        set_strength(pipe, lora)
    except (torch.OutOfMemoryError, torch.AcceleratorError):  # no fault of the adapter's
        raise
    except (ValueError, KeyError, RuntimeError, AttributeError, OSError, SafetensorError) as error:
        raise BackendFailed(f"the LoRA {lora.name} does not fit the model: {_first_line(error)}") from error


def set_strength(pipe: Pipe, lora: Lora) -> None:
    """Let the adapter that is on act as strongly as asked."""
    pipe.set_adapters([ADAPTER], [lora.weight])


def take_off(pipe: Pipe) -> None:
    """Let a pipeline render as if there had never been an adapter."""
    pipe.unload_lora_weights()


def _restore(model: object, numbers: Mapping[str, torch.Tensor], kind: torch.dtype) -> None:
    """Give an adapter its own numbers back, where it was put on a model that is kept in 8 bits.

    It was rounded to that, which turns small numbers into 0, and no layer can compute with it.

    Raises:
        KeyError: the model has one that the adapter does not.
    """
    if not isinstance(model, torch.nn.Module):
        return
    for name, parameter in model.named_parameters():
        if parameter.dtype == STORED and f".{ADAPTER}." in name:
            own = numbers[f"transformer.{name.replace(f'.{ADAPTER}.', '.')}"]
            parameter.data = own.to(parameter.device, kind)


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0][:200]
