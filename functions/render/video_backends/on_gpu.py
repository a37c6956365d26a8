"""Renders with an open-weight model on this instance's GPU, as its settings and the clip's request say.

It must not know how a model is loaded or called. torch loads with the first clip.
"""

from pathlib import Path

from functions.render.video_backends import ClipRequest, Stills, Tick
from shared import wiring
from shared.domain.errors import BackendUnavailable
from shared.domain.gpu_work import Gpu
from shared.domain.job import Rendered
from shared.settings import Settings


class OnGpu:
    """A preset of `diffusers.presets` as a video backend.

    Args:
        name: of the preset.
        at: says where its weights lie, and what computes.
    """

    def __init__(self, name: str, at: Settings) -> None:
        self._name = name
        self._at = at

    @classmethod
    def of_this_deployment(cls, name: str) -> "OnGpu":
        """Return it as this instance has it.

        Raises:
            BackendUnavailable: this instance has no weights; another one, by its own queue, may.
        """
        at = wiring.settings()
        if not at.ttv_weights:
            raise BackendUnavailable(f"{name} renders on a GPU, and this instance has no weights for any")
        return cls(name, at)

    def render(self, request: ClipRequest, stills: Stills, into: Path, tick: Tick) -> Rendered:
        """Write the clip, as every video backend does.

        Raises:
            BackendUnavailable: also where torch is not installed.
            InvalidInput, NoSuchLora: as `diffusers.weights.lora_of`.
        """
        try:
            from functions.render.video_backends.diffusers.backend import Diffusers
        except ModuleNotFoundError as error:
            raise BackendUnavailable(f"{self._name} needs {error.name}, which is not installed") from error
        from functions.render.video_backends.diffusers.deployment import Deployment
        from functions.render.video_backends.diffusers.presets import PRESETS

        at = self._at
        deployment = Deployment(
            weights_root=Path(at.ttv_weights),
            device="cpu" if at.ttv_gpu == Gpu.CPU else "cuda",
            cache=Path(at.ttv_weights_cache) if at.ttv_weights_cache else None,
        )
        return Diffusers(PRESETS[self._name], deployment).render(request, stills, into, tick)
