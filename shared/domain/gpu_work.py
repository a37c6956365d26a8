"""How long open-weight models keep a GPU, as data with its source, and which clips that leaves time for.

Pure. No GPU has run any of them for us yet: every number here is an estimate, and takes the slow end.
"""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from shared.domain.capabilities import VIDEO_BACKENDS, Offer, Source
from shared.domain.model import Record

LONGEST_TASK_SECONDS = 27 * 60
"""In which a clip must be made: the dispatch deadline of 30 min, less what it takes to fetch keyframes, and
to check, store and commit the clip. Source of the former: `shared.task_queue.DISPATCH_DEADLINE_SECONDS`."""


class Gpu(StrEnum):
    """What a deployment may have to compute with."""

    L4 = "l4"
    """24 GB."""
    RTX_PRO_6000 = "rtx-pro-6000"
    """96 GB."""
    CPU = "cpu"
    """None at all: tiny models, on a developer's machine and in tests. Nothing is known of its speed."""


class Figure(Record):
    """One number, and who says so."""

    seconds: Annotated[float, Field(gt=0)]
    source: Source
    is_estimate: bool = True
    """Not measured on this GPU."""


class GpuWork(Record):
    """What a model takes of one kind of GPU."""

    start: Figure
    """From an instance's start until its model can render."""
    of_a_second: Mapping[str, Figure]
    """Size -> work for a second of clip."""


def _figure(seconds: float, told_by: str) -> Figure:
    return Figure(seconds=seconds, source=Source(as_of=date(2026, 11, 23), told_by=told_by))


def _work(start: float, told_by: str, of_a_second: Mapping[str, float]) -> GpuWork:
    return GpuWork(
        start=_figure(start, _START),
        of_a_second={size: _figure(seconds, told_by) for size, seconds in of_a_second.items()},
    )


_START = "reckoned: the weights at 0.25 GB a second from the mounted bucket, and a minute more"
_LTX = (
    "reckoned: 13 billion parameters, 8 steps, 2,760 tokens for a second of 1280x720 at 24 frames, attention"
    " over 10 s; at a third of the 121 TFLOPS that NVIDIA tells of an L4, and twice that time"
)
_WAN_5B = "its makers tell 9 min for 5 s of 720p on an RTX 4090"
_WAN_14B = (
    "a user tells 19 min for a clip on an A100 (qevos.ai, 2026-05-13), taken as 5 s of 720p and for this GPU;"
    " smaller sizes by their number of pixels, and half as much again"
)

GPU_WORK: Mapping[str, Mapping[Gpu, GpuWork]] = {
    "ltx": {
        Gpu.L4: _work(240, _LTX, {"640x360": 20, "1280x720": 60, "720x1280": 60, "720x720": 40}),
        Gpu.RTX_PRO_6000: _work(
            240,
            f"a third of an L4's; {_LTX}",
            {"640x360": 7, "1280x720": 20, "720x1280": 20, "720x720": 14},
        ),
    },
    "wan_5b": {
        Gpu.L4: _work(
            200, f"{_WAN_5B}; an L4 is taken for four times slower", {"1280x720": 432, "720x1280": 432}
        ),
        Gpu.RTX_PRO_6000: _work(
            200, f"{_WAN_5B}, taken for this GPU, which is faster", {"1280x720": 108, "720x1280": 108}
        ),
    },
    "wan_14b": {
        Gpu.RTX_PRO_6000: _work(
            340, _WAN_14B, {"640x360": 86, "1280x720": 228, "720x1280": 228, "720x720": 193}
        ),
    },
}
"""Backend -> GPU that can hold it -> its work there."""


def gpus_of(backend: str) -> tuple[str, ...]:
    """Return what can render a backend that needs a GPU."""
    return (*GPU_WORK.get(backend, {}), Gpu.CPU)


def seconds_of_work(backend: str, size: str, seconds: float, offered: Offer) -> float | None:
    """Return how long a clip keeps this deployment's GPU, with the start of an instance; None: not known.

    Args:
        seconds: length of the clip.
    """
    if not VIDEO_BACKENDS[backend].needs_gpu or offered.gpu in ("", Gpu.CPU):
        return None
    work = GPU_WORK.get(backend, {}).get(Gpu(offered.gpu))
    measured = offered.gpu_speeds.get(backend, {}).get(size)
    if work is None or (measured is None and size not in work.of_a_second):
        return None
    of_a_second = work.of_a_second[size].seconds if measured is None else measured
    return work.start.seconds + seconds * of_a_second


def is_in_time(backend: str, size: str, seconds: float, offered: Offer) -> bool:
    """Whether one task can make such a clip here, also on an instance that has yet to start."""
    work = seconds_of_work(backend, size, seconds, offered)
    return work is None or work <= LONGEST_TASK_SECONDS
