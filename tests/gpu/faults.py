"""Lets a model's layers fail as they do on a GPU, from outside: no code is changed."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch.nn.modules.module import (
    register_module_forward_hook,
    register_module_forward_pre_hook,
)

TRANSFORMERS = {
    "ltx": "LTXVideoTransformer3DModel",
    "wan_5b": "WanTransformer3DModel",
    "wan_14b": "WanTransformer3DModel",
}
DECODER = "LTXVideoDecoder3d"
"""Classes of layers, by preset; of the decoder, of `ltx`."""


@contextmanager
def failing(layer: str, error: Callable[[], Exception], *, times: int = 10**9) -> Iterator[list[str]]:
    """Let a layer of this class raise as it is called, so many times.

    Yields:
        one entry for each time that it has.
    """
    raised: list[str] = []

    def fail(module: torch.nn.Module, _given: object) -> None:
        if type(module).__name__ == layer and len(raised) < times:
            raised.append(layer)
            raise error()

    hook = register_module_forward_pre_hook(fail)
    try:
        yield raised
    finally:
        hook.remove()


@contextmanager
def spoiling(layer: str) -> Iterator[None]:
    """Let a layer of this class compute what are no numbers."""

    def spoil(module: torch.nn.Module, _given: object, made: object) -> object:
        if type(module).__name__ == layer and isinstance(made, torch.Tensor):
            return made * float("nan")
        return None

    hook = register_module_forward_hook(spoil)
    try:
        yield
    finally:
        hook.remove()


def out_of_memory() -> Exception:
    return torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 12.00 GiB.")


def drivers_out_of_memory() -> Exception:
    return torch.AcceleratorError("CUDA error: out of memory", 2)


def device_lost() -> Exception:
    return torch.AcceleratorError("CUDA error: device-side assert triggered", 710)
