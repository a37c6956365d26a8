"""A wrong wall clock is wrong for all of a process, and for nothing but the wall clock."""

import subprocess
import sys

import pytest

from infra.archives import REPOSITORY
from tests.chaos.clocks import SKEWS_SECONDS, skew_of

LOOK = """
import time
from datetime import UTC, datetime
from tests.chaos.clocks import set_wrong
wall, monotonic = time.time(), time.monotonic()
set_wrong({seconds})
import grpc._channel, grpc._common
shown = [time.time() - wall, datetime.now(UTC).timestamp() - wall, time.monotonic() - monotonic]
print(*shown, grpc._channel._deadline(2.0) - wall)
"""


@pytest.mark.parametrize("seconds", SKEWS_SECONDS)
def test_only_the_wall_clock_is_wrong(seconds: int) -> None:
    answer = subprocess.run(  # noqa: S603 - our own lines
        [sys.executable, "-c", LOOK.format(seconds=seconds)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    )
    time, datetime, monotonic, deadline = (float(number) for number in answer.stdout.split())
    assert time == pytest.approx(seconds, abs=5)
    assert datetime == pytest.approx(seconds, abs=5)
    assert monotonic == pytest.approx(0, abs=5)
    assert deadline == pytest.approx(2, abs=5), "gRPC's other half judges it by the true clock"


def test_processes_that_start_one_after_the_other_have_different_clocks() -> None:
    assert {skew_of(7, start) for start in range(3)} == set(SKEWS_SECONDS)
