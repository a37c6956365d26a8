"""What GPU this machine has, as its driver's own library tells. It loads no torch and takes no GPU memory.

Source of the calls: https://docs.nvidia.com/deploy/nvml-api/
"""

import ctypes
from collections.abc import Callable, Mapping
from typing import Any

from shared.domain.gpu_work import Gpu
from shared.domain.model import Record

LIBRARIES = ("libnvidia-ml.so.1", "/usr/local/nvidia/lib64/libnvidia-ml.so.1")
"""Where it is: as the linker finds it, and where Cloud Run mounts the driver.
Source of the latter: https://cloud.google.com/run/docs/configuring/services/gpu, 2026-11."""

NAMES: Mapping[str, str] = {Gpu.L4: "NVIDIA L4", Gpu.RTX_PRO_6000: "NVIDIA RTX PRO 6000"}
"""What drivers call them, but for words that tell editions apart. Not yet seen on Cloud Run."""

_NAME_BYTES = 96
_MIB = 1024 * 1024

Load = Callable[[str], Any]
"""Opens a library by its name; OSError where there is none."""


class SeenGpu(Record):
    """The first GPU of the machine."""

    model: str
    """Such as `NVIDIA L4`."""
    driver: str
    memory_mib: int
    free_mib: int
    """As of this moment."""


class _Memory(ctypes.Structure):
    """`nvmlMemory_t`, in bytes."""

    _fields_ = (
        ("total", ctypes.c_ulonglong),
        ("free", ctypes.c_ulonglong),
        ("used", ctypes.c_ulonglong),
    )


def seen_gpu(load: Load = ctypes.CDLL) -> SeenGpu | None:
    """Return the GPU of this machine; None where there is no driver, or it does not answer.

    Args:
        load: opens the driver's library.
    """
    library = _opened(load)
    if library is None or library.nvmlInit_v2():
        return None
    try:
        return _asked(library)
    finally:
        library.nvmlShutdown()


def _opened(load: Load) -> Any:  # noqa: ANN401 - functions of a C library, of which nothing is known
    for name in LIBRARIES:
        try:
            return load(name)
        except OSError:
            continue
    return None


def _asked(library: Any) -> SeenGpu | None:  # noqa: ANN401 - as above
    """Ask what there is to know. Every function returns 0 if it could tell."""
    handle, memory = ctypes.c_void_p(), _Memory()
    model, driver = (ctypes.create_string_buffer(_NAME_BYTES) for _ in range(2))
    if (
        library.nvmlDeviceGetHandleByIndex_v2(ctypes.c_uint(0), ctypes.byref(handle))
        or library.nvmlDeviceGetName(handle, model, ctypes.c_uint(_NAME_BYTES))
        or library.nvmlSystemGetDriverVersion(driver, ctypes.c_uint(_NAME_BYTES))
        or library.nvmlDeviceGetMemoryInfo(handle, ctypes.byref(memory))
    ):
        return None
    return SeenGpu(
        model=model.value.decode(errors="replace"),
        driver=driver.value.decode(errors="replace"),
        memory_mib=memory.total // _MIB,
        free_mib=memory.free // _MIB,
    )
