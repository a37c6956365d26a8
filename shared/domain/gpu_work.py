"""How long open-weight models keep a GPU, as data with its source, and which clips and videos end in time.

Pure. No GPU has run any of them for us yet: every number here is an estimate, and takes the slow end.
"""

from bisect import bisect_right
from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from shared.domain.capabilities import Offer, Source
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
    source: Source | None = None
    """None: the deployment has measured it."""
    is_estimate: bool = True
    """Not measured on this GPU."""


class GpuWork(Record):
    """What a model takes of one kind of GPU."""

    start: Figure
    """From an instance's start until its model is loaded."""
    of_a_second: Mapping[str, Figure]
    """Size -> rendering of a second of clip, without the loading, as a shot's `rendered_seconds` are."""


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


def work_here(backend: str, offered: Offer) -> GpuWork | None:
    """Return what a model takes of this deployment's GPU, by what was measured there; None: not known."""
    if offered.gpu in ("", Gpu.CPU):
        return None
    work = GPU_WORK.get(backend, {}).get(Gpu(offered.gpu))
    measured = {
        size: Figure(seconds=seconds, is_estimate=False)
        for size, seconds in offered.gpu_speeds.get(backend, {}).items()
    }
    return work and work.evolve(of_a_second={**work.of_a_second, **measured})


def seconds_of_work(
    backend: str, size: str, seconds: float, offered: Offer, *, at_once: int = 1
) -> float | None:
    """Return how long clips keep this deployment's GPUs, with the start of an instance; None: not known.

    Each clip is rendered once: the try more after running out of memory is not counted. A process that has
    needed it keeps the tighter way from then on; on another instance, a task that was cut off over it begins
    with the first way again.

    Args:
        seconds: length of all clips together.
        at_once: GPUs that they are spread over, and that start at the same time.
    """
    work = work_here(backend, offered)
    if work is None or size not in work.of_a_second:
        return None
    return work.start.seconds + seconds / at_once * work.of_a_second[size].seconds


def is_in_time(backend: str, size: str, seconds: float, offered: Offer) -> bool:
    """Whether one task can make such a clip here, also on an instance that has yet to start.

    Args:
        seconds: length of the clip.
    """
    work = seconds_of_work(backend, size, seconds, offered)
    return work is None or work <= min(LONGEST_TASK_SECONDS, offered.time_limit_seconds)


def longest_in_time(backend: str, size: str, offered: Offer, *, at_once: int, most: int) -> int:
    """Return how many seconds of clips this deployment's GPUs render within a job's time limit.

    A longer video cannot end in time. A shorter one may still come too late: it is counted as if these GPUs
    began at once and had nothing else to do, though they serve the clips of all videos in turn.

    Args:
        at_once: as in `seconds_of_work`.
        most: to look for, and the answer where no speed is known.
    """

    def work(seconds: int) -> float:
        return seconds_of_work(backend, size, seconds, offered, at_once=at_once) or 0

    return bisect_right(range(1, most + 1), float(offered.time_limit_seconds), key=work)
