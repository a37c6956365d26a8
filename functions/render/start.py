"""What a render process does before it answers anything, and what it then tells of itself.

It knows weights and GPUs, neither jobs nor clips. Without weights it does and loads nothing.
"""

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import structlog

from functions.render.gpu import SeenGpu, seen_gpu
from shared import wiring
from shared.domain.errors import BackendUnavailable
from shared.domain.gpu_work import Gpu
from shared.settings import Settings, names_weights

log = structlog.get_logger()


def prepare(at: Settings, see: Callable[[], SeenGpu | None] = seen_gpu) -> None:
    """Copy and check the weights of every model that is offered.

    To be called before the process listens, so that the startup probe waits for it: it may take minutes. It
    loads no model, since what lies on a GPU does not survive the fork of the server's worker.

    Raises:
        BackendUnavailable: this instance could render nothing, and is not to be taken for healthy.
    """
    began = time.monotonic()
    try:
        for name in at.backends_on_gpu:
            _bring(at, name)
    except BackendUnavailable as error:
        log.error("weights.unusable", detail=str(error))
        raise
    gpu = see()
    if gpu is None and at.ttv_gpu != Gpu.CPU:
        log.error("gpu.unseen", gpu=at.ttv_gpu)  # torch may see it all the same, and says why if not
    log.info(
        "gpu.ready",
        gpu=at.ttv_gpu,
        models=list(at.backends_on_gpu),
        duration_seconds=round(time.monotonic() - began, 3),
        **_told(gpu),
    )


def facts(at: Settings, see: Callable[[], SeenGpu | None] = seen_gpu) -> Mapping[str, Any]:
    """Return what the health of a process with weights tells beside its status: GPU and models."""
    gpu = see()
    return {"gpu": gpu and gpu.model_dump(), "models": list(at.backends_on_gpu)}


def of_this_process() -> Mapping[str, Any]:
    """Return the same of this process; nothing where it has no weights."""
    return facts(wiring.settings()) if names_weights() else {}


def _bring(at: Settings, backend: str) -> None:
    """Copy a model's weights to where they are loaded from, or check by sizes that they are there."""
    from functions.render.video_backends.diffusers.copying import bring_preset
    from functions.render.video_backends.diffusers.weights import folder_of

    if at.ttv_weights_cache:
        bring_preset(Path(at.ttv_weights), Path(at.ttv_weights_cache), backend)
    else:
        folder_of(Path(at.ttv_weights), backend)


def _told(gpu: SeenGpu | None) -> dict[str, Any]:
    if gpu is None:
        return {}
    return {
        "seen": gpu.model,
        "driver": gpu.driver,
        "memory_mib": gpu.memory_mib,
        "free_mib": gpu.free_mib,
    }
