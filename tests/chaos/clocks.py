"""Wall clocks that are wrong by minutes. The monotonic clock stays as it is, and so does everyone else's.

time-machine replaces, for the whole process, what Python's `time` and `datetime` call; it leaves alone
`time.monotonic` and `time.perf_counter`, by which gunicorn, trio and every pause of ours are timed. Only gRPC
needs help: its Python half reckons deadlines by `time.time`, and its C half judges them by the machine's
clock, which would be wrong as well on a machine whose clock is wrong. Those modules get the true time.
"""

import sys
import time
from types import SimpleNamespace
from typing import Any

import time_machine

SKEWS_SECONDS = (0, 300, -300)


def skew_of(seed: int, start: int) -> int:
    """Return by how much the clock of the n-th process to start in a run is wrong, in seconds."""
    return SKEWS_SECONDS[(seed + start) % len(SKEWS_SECONDS)]


def set_wrong(seconds: int) -> None:
    """Set this process's wall clock forward, or back; it goes on from there. Once, before any fork."""
    if not seconds:
        return
    import grpc._channel
    import grpc._common
    import grpc._utilities

    as_it_is = SimpleNamespace(**vars(time) | {"time": time_machine.escape_hatch.time.time})
    for module in (grpc._channel, grpc._common, grpc._utilities):
        given: Any = sys.modules[module.__name__]
        given.time = as_it_is
    time_machine.travel(time.time() + seconds, tick=True).start()
