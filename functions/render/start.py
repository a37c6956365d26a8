"""What a render process with weights does before it answers anything, and what it then tells of itself.

It knows weights and GPUs, neither jobs nor clips.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import structlog

from functions.render.gpu import NAMES, SeenGpu, seen_gpu
from shared import wiring
from shared.domain.errors import BackendUnavailable, TTVError
from shared.domain.gpu_work import Gpu
from shared.settings import Settings, names_weights

log = structlog.get_logger()


def prepare(at: Settings, see: Callable[[], SeenGpu | None] = seen_gpu) -> None:
    """See the GPU, and verify the weights of every model that is offered.

    To be called before the process listens, so that the startup probe waits for it: it may take minutes. It
    loads no model, since what lies on a GPU does not survive the fork of the server's worker.

    Raises:
        BackendUnavailable: this instance could render nothing, and is not to be taken for healthy.
        ObjectStoreUnavailable: Cloud Storage does not tell of the weights.
    """
    began = time.monotonic()
    with _told_as("gpu.unseen"):
        gpu = _gpu_to_be_seen(at, see)
    name = NAMES.get(at.ttv_gpu)
    if gpu and name and not f"{gpu.model} ".startswith(f"{name} "):
        log.warning("gpu.other", gpu=at.ttv_gpu, expected=name, seen=gpu.model)
    with _told_as("weights.unusable"):
        weights = _verify_weights(at)
    log.info(
        "gpu.ready",
        gpu=at.ttv_gpu,
        models=list(at.backends_on_gpu),
        weights=weights,
        duration_seconds=round(time.monotonic() - began, 3),
        **_told(gpu),
    )


def facts(at: Settings, see: Callable[[], SeenGpu | None] = seen_gpu) -> Mapping[str, Any]:
    """Return what the health of a process with weights tells beside its status: GPU and models.

    Raises:
        BackendUnavailable: the GPU is gone, and only another instance has one.
    """
    gpu = _gpu_to_be_seen(at, see)
    return {"gpu": gpu and gpu.model_dump(), "models": list(at.backends_on_gpu)}


def of_this_process() -> Mapping[str, Any]:
    """Return the same of this process; nothing where it has no weights."""
    return facts(wiring.settings()) if names_weights() else {}


def _gpu_to_be_seen(at: Settings, see: Callable[[], SeenGpu | None]) -> SeenGpu | None:
    """Return what GPU is there; None where none is to be."""
    gpu = see()
    if gpu is None and at.ttv_gpu != Gpu.CPU:
        raise BackendUnavailable(f"TTV_GPU is {at.ttv_gpu!r}, and this machine's driver tells of no GPU")
    return gpu


@contextmanager
def _told_as(event: str) -> Iterator[None]:
    """Log an error as this event; it is raised all the same."""
    try:
        yield
    except TTVError as error:
        log.error(event, detail=str(error))
        raise


def _verify_weights(at: Settings) -> str:
    """Hold every byte of the weights of all models to its checksum, and return how that was done."""
    from functions.render.video_backends.diffusers.copying import bring_preset
    from functions.render.video_backends.diffusers.weights import folder_of

    root = Path(at.ttv_weights)
    if at.ttv_weights_cache:
        for name in at.backends_on_gpu:
            bring_preset(root, Path(at.ttv_weights_cache), name)
        return "copied, by SHA-256"
    if at.ttv_weights_bucket:
        _verify_in_bucket(at, root)
        return "in the bucket, by CRC32C"
    for name in at.backends_on_gpu:
        folder_of(root, name, checksums=True)
    return "in the folder, by SHA-256"


def _verify_in_bucket(at: Settings, mounted: Path) -> None:
    """Ask Cloud Storage, which knows the checksums of its objects, and see that the mount shows them all."""
    from functions.render.video_backends.diffusers.bucket import check_preset
    from functions.render.video_backends.diffusers.weights import folder_of

    with wiring.weights_bucket(at) as bucket:
        for name in at.backends_on_gpu:
            check_preset(bucket, name)
            folder_of(mounted, name)


def _told(gpu: SeenGpu | None) -> dict[str, Any]:
    if gpu is None:
        return {}
    return {
        "seen": gpu.model,
        "driver": gpu.driver,
        "memory_mib": gpu.memory_mib,
        "free_mib": gpu.free_mib,
    }
