"""A worker of the real server that gives itself up, as one does whose GPU is lost to it."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from infra.local.bounded_log import BoundedLog
from infra.local.functions import function_launch
from infra.local.guardian import Guardian
from infra.local.ports import reserve_port
from infra.local.process import ChildProcess
from shared.shutdown import replace_this_process
from tests.integration.service import until
from tests.integration.waiting import SOON

FUNCTION = """
import os
import functions_framework
from shared.shutdown import replace_this_process

loaded_by = os.getpid()

@functions_framework.http
def render(request):
    if request.method == "POST":
        replace_this_process()
    return {"worker": os.getpid(), "loaded_by": loaded_by}
"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ChildProcess]:
    (tmp_path / "main.py").write_text(FUNCTION)
    (tmp_path / "shared").symlink_to(Path(__file__).parents[2] / "shared")
    launch = function_launch("render", "render", tmp_path, reserve_port().release(), dict(os.environ))
    guardian = Guardian()
    process = ChildProcess(launch, BoundedLog(tmp_path / "render.log", 100_000), guardian)
    process.wait_until_ready(SOON)
    yield process
    process.stop()
    guardian.close()


def test_its_request_is_answered_and_another_worker_takes_its_place_with_what_was_loaded(
    server: ChildProcess,
) -> None:
    url = f"http://127.0.0.1:{server.port}/"
    first = httpx.post(url)
    assert first.status_code == 200

    after = until(
        lambda: httpx.get(url).json(),
        lambda told: told["worker"] != first.json()["worker"],
        what="another worker",
    )

    assert after["loaded_by"] == first.json()["loaded_by"] == server.pid


def test_a_second_one_that_gives_itself_up_ends_the_server(server: ChildProcess) -> None:
    url = f"http://127.0.0.1:{server.port}/"
    first = httpx.post(url).json()["worker"]
    until(lambda: httpx.get(url).json()["worker"], lambda worker: worker != first, what="another worker")
    assert httpx.post(url).status_code == 200
    assert server.exited.wait(SOON)


def test_where_no_server_would_replace_it_a_process_goes_on() -> None:
    received: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _frame: received.append(number))
    replace_this_process()
    signal.signal(signal.SIGTERM, before)
    assert not received
