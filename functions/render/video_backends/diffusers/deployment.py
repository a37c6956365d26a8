"""What a backend is told of the machine it runs on. It reads no environment and loads nothing."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from functions.render.video_backends.diffusers.memory import MemoryPlan


@dataclass(frozen=True)
class Deployment:
    """Where weights lie, and what is to compute with them."""

    weights_root: Path
    """A folder of this machine, or a mounted bucket."""
    device: Literal["cuda", "cpu"] = "cuda"
    numbers: Literal["bfloat16", "float32"] | None = None
    """What models compute with; None: bfloat16 on a GPU, float32 on a processor, slow at the other."""
    cache: Path | None = None
    """Folder to which weights were copied when this process began; None: they are loaded from the root."""
    memory_plan: MemoryPlan = MemoryPlan.WHOLE
    """The laxest to begin with."""
    free_bytes: int | None = None
    """Of the GPU, before anything is on it; None: what it says itself, and on a processor no limit."""
