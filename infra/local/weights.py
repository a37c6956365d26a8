"""What a local stack tells its functions where open-weight models are on this machine. It starts nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from functions.render.video_backends.diffusers.manifest import MANIFEST
from shared.domain.capabilities import BUILT_IN
from shared.domain.errors import InvalidInput
from shared.domain.gpu_work import GPU_WORK, Gpu, gpus_of

VIDEO_BACKENDS = "TTV_VIDEO_BACKENDS"

READY_SECONDS = 600.0
"""In which they must have been read: as long as in the cloud."""


@dataclass(frozen=True)
class Weights:
    """Weights that lie in a folder, and what computes with them."""

    folder: Path
    gpu: Gpu = Gpu.CPU
    """One of another kind is nearest to one of these; `ttv_gpu_speeds` may tell how fast it is."""

    @property
    def backends(self) -> tuple[str, ...]:
        """The models whose weights are there, and that fit.

        Raises:
            InvalidInput: there is none.
        """
        there = [name for name in GPU_WORK if (self.folder / name / MANIFEST).is_file()]
        found = tuple(name for name in there if self.gpu in gpus_of(name))
        if not found:
            fitting = " or ".join(name for name in GPU_WORK if self.gpu in gpus_of(name))
            fetched = f"a folder into which `ttv weights fetch` has put {fitting}"
            permitted = f"{fetched}, for the GPU {self.gpu}"
            raise InvalidInput("weights", str(self.folder), permitted)
        return found

    def offering_environment(self, offered: str | None) -> dict[str, str]:
        """Return the variables of `shared.settings.Settings` with which they are offered by all functions.

        Args:
            offered: what is offered beside them, with commas between.
        """
        names = [*(offered or ",".join(BUILT_IN.video)).split(","), *self.backends]
        return {VIDEO_BACKENDS: ",".join(dict.fromkeys(names)), "TTV_GPU": self.gpu.value}

    @property
    def instance_environment(self) -> Mapping[str, str]:
        """The variables of the process that renders with them alone."""
        return {"TTV_WEIGHTS": str(self.folder.resolve())}
