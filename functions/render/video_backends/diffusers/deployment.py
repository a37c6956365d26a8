"""What a backend is told of the machine it runs on. It reads no environment and loads nothing."""

from dataclasses import dataclass
from pathlib import Path

from functions.render.video_backends.diffusers.memory import MemoryPlan


@dataclass(frozen=True)
class Deployment:
    """Where weights lie, and what is to compute with them."""

    weights_root: Path
    """A folder of this machine, or a mounted bucket."""
    device: str = "cuda"
    """As torch names it: `cuda`, or `cpu` in tests."""
    gpu: str = ""
    """As the platform names it, such as `nvidia-l4`; told in errors and logs."""
    cache: Path | None = None
    """Folder to which weights are copied before they are loaded; None: they are loaded from the root."""
    memory_plan: MemoryPlan | None = None
    """The laxest plan to begin with, where an operator knows better than the estimates."""


@dataclass(frozen=True)
class Lora:
    """An adapter that a model renders with, such as a brand's own look."""

    name: str
    """Below `loras/` of the weights, without its ending."""
    weight: float = 1.0
    """How strongly it acts; 0 not at all."""
