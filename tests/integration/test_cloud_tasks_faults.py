"""The local Cloud Tasks as its own process, told to let deliveries go wrong."""

from collections.abc import Callable

import pytest

from infra.local.cloud_tasks.faults import Fate, Faults, seeded
from tests.integration.test_cloud_tasks_server import (
    SOON,
    address_of,
    connected,
    new_bench,
    running_server,
    running_worker,
    start_server,
    wait_until,
)

MOMENT_SECONDS = 0.2
"""Long enough to come after the success, short enough to wait for."""


def is_at_once(fate: Fate) -> bool:
    return fate.duplicate_after_seconds == 0


def is_a_moment_later(fate: Fate) -> bool:
    return 0 < (fate.duplicate_after_seconds or 0) < MOMENT_SECONDS


@pytest.mark.parametrize("wanted", [is_at_once, is_a_moment_later])
def test_duplicated_attempt_arrives_twice_and_the_task_is_done(wanted: Callable[[Fate], bool]) -> None:
    faults = Faults(duplicate=1)
    seed = next(seed for seed in range(1000) if wanted(faults.draw(seeded(seed))))
    with (
        running_worker() as worker,
        running_server("--faults", "duplicate=1", "--seed", str(seed)) as address,
        connected(address) as client,
    ):
        bench = new_bench(client)
        task = bench.create(worker.url, task_id="twice")
        first, second = (worker.next_request(bench.path) for _ in range(2))
        wait_until(lambda: bench.is_gone(task.name))
    assert first.body == second.body == b"twice"
    for received in (first, second):
        assert received.headers["X-CloudTasks-TaskName"] == "twice"
        assert received.headers["X-CloudTasks-TaskRetryCount"] == "0", "it is the same attempt"


def test_dropped_task_is_done_although_the_worker_never_heard_of_it() -> None:
    with running_worker() as worker, start_server("--port", "0", "--faults", "drop=1") as server:
        try:
            with connected(address_of(server)) as client:
                bench = new_bench(client)
                task = bench.create(worker.url, task_id="lost")
                wait_until(lambda: bench.is_gone(task.name))
            assert worker.inbox[bench.path].empty()
        finally:
            server.terminate()
            _, logged = server.communicate(timeout=SOON)
    assert server.returncode == 0
    active, injected, counted = logged.splitlines()
    assert "event=faults.active seed=" in active, "one was chosen"
    assert f"event=fault.injected kind=drop task={task.name}" in injected
    assert "event=faults.counted duplicate=0 delay=0 reorder=0 drop=1 lose_answer=0" in counted
