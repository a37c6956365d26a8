"""Parts of the local stack as real processes: started, overheard, restarted, killed, never left behind."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import google.auth
import psutil
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from google.oauth2 import service_account

from infra.local.bounded_log import BoundedLog
from infra.local.credentials import service_account_email, write_credentials
from infra.local.errors import PartFailed
from infra.local.guardian import Guardian
from infra.local.ports import reserve_port
from infra.local.probes import accepts_connections, answers_ok
from infra.local.process import ChildProcess, Launch
from infra.local.supervisor import Supervisor
from infra.local.ticker import Ticker
from tests.integration.waiting import SOON, assert_ends, await_output

SLEEP = "import time; time.sleep(300)"
SERVE = (
    "import http.server, sys; http.server.test(http.server.SimpleHTTPRequestHandler, port=int(sys.argv[1]))"
)
WITH_WORKER = "sleep 300 & echo worker $!; wait"

Start = Callable[..., ChildProcess]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts Python code, or a command, as a part named `part`."""
    started: list[ChildProcess] = []
    guardian = Guardian()

    def start_part(
        code: str | tuple[str, ...], *, port: int = 0, log_bytes: int = 100_000, log_folder: Path = tmp_path
    ) -> ChildProcess:
        log = BoundedLog(log_folder / "part.log", log_bytes)
        started.append(ChildProcess(launch(code, tmp_path, port), log, guardian))
        return started[-1]

    yield start_part
    for process in started:
        process.kill()
    guardian.close()


def launch(code: str | tuple[str, ...], folder: Path, port: int = 0) -> Launch:
    command = (sys.executable, "-u", "-c", code, str(port)) if isinstance(code, str) else code
    return Launch("part", command, dict(os.environ), folder, port, answers_ok("/"), grace_seconds=SOON)


def test_part_is_ready_once_it_answers(start: Start) -> None:
    port = reserve_port().release()
    process = start(SERVE, port=port)

    process.wait_until_ready(SOON)

    assert accepts_connections(port)


def test_part_that_exits_at_once_is_named_with_its_last_words(start: Start) -> None:
    process = start("import sys; sys.exit('no such setting: TTV_BUCKET')")

    with pytest.raises(PartFailed) as failure:
        process.wait_until_ready(SOON)

    message = str(failure.value)
    assert "part exited with code 1 before it was ready" in message
    assert "no such setting: TTV_BUCKET" in message
    assert str(process.log.path) in message


def test_part_that_never_answers_is_given_up(start: Start) -> None:
    port = reserve_port()
    process = start(SLEEP, port=port.number)

    with pytest.raises(PartFailed, match=f"did not answer on port {port.number} within 0.2 s"):
        process.wait_until_ready(0.2)
    port.release()


def test_answer_from_somebody_else_on_the_port_does_not_count(start: Start) -> None:
    port = reserve_port().release()
    start(SERVE, port=port).wait_until_ready(SOON)
    newcomer = start(SERVE, port=port)
    assert newcomer.exited.wait(SOON)

    with pytest.raises(PartFailed, match="Address already in use"):
        newcomer.wait_until_ready(SOON)


def test_program_that_does_not_exist_is_named(start: Start) -> None:
    with pytest.raises(PartFailed, match=r"part cannot be started.*no-such-program"):
        start(("no-such-program",))


def test_stop_lets_the_part_finish(start: Start) -> None:
    process = start(
        "import signal, sys; signal.signal(signal.SIGTERM, lambda *_: sys.exit('gave back its lease'));"
        "print('up'); signal.pause()"
    )
    await_output(process, "up")

    process.stop()

    assert process.exit_code == 1
    assert "gave back its lease" in process.log.last_lines()


def test_stop_kills_a_part_that_ignores_it(start: Start) -> None:
    process = start(
        "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up'); signal.pause()"
    )
    await_output(process, "up")

    process.stop(grace_seconds=0.1)

    assert process.describe_exit() == "was ended by SIGKILL"


def test_stop_reaches_what_the_part_has_started(start: Start) -> None:
    process = start(("sh", "-c", WITH_WORKER))
    worker = psutil.Process(int(await_output(process, "worker").split()[1]))

    process.stop()

    assert_ends(worker)


def test_workers_of_a_part_that_died_are_ended_so_that_its_port_is_free(start: Start) -> None:
    process = start(("sh", "-c", WITH_WORKER))
    worker = psutil.Process(int(await_output(process, "worker").split()[1]))

    os.kill(process.pid, signal.SIGKILL)

    assert process.exited.wait(SOON)
    assert_ends(worker)


def test_ctrl_c_in_the_terminal_reaches_only_the_parent(start: Start) -> None:
    process = start(SLEEP)

    assert os.getpgid(process.pid) == os.getsid(process.pid) == process.pid


def test_children_do_not_survive_a_killed_parent(tmp_path: Path) -> None:
    owner_code = f"""
import sys
from pathlib import Path
from infra.local.bounded_log import BoundedLog
from infra.local.guardian import Guardian
from infra.local.probes import accepts_connections
from infra.local.process import ChildProcess, Launch

folder = Path({str(tmp_path)!r})
command = ("/bin/sh", "-c", {WITH_WORKER!r})
part = Launch("part", command, {{"PATH": {os.environ["PATH"]!r}}}, folder, 0, accepts_connections)
guardian = Guardian()
child = ChildProcess(part, BoundedLog(folder / "part.log"), guardian)
while not (said := child.log.last_lines()):
    child.exited.wait(0.01)
print(child.pid, said.split()[1], guardian.pid, flush=True)
sys.stdin.read()
"""
    with subprocess.Popen(  # noqa: S603 - our own code
        [sys.executable, "-c", owner_code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as owner:
        assert owner.stdout
        left_behind = [psutil.Process(int(pid)) for pid in owner.stdout.readline().split()]
        assert len(left_behind) == 3

        owner.kill()

        for process in left_behind:
            assert_ends(process)


def test_chatty_part_neither_blocks_nor_fills_the_disk(start: Start, tmp_path: Path) -> None:
    process = start("for n in range(100_000): print(f'line {n} ' + 'x' * 40)", log_bytes=50_000)

    assert process.exited.wait(SOON)
    assert process.exit_code == 0
    sizes = {path.name: path.stat().st_size for path in tmp_path.glob("part.log*")}
    assert sizes.keys() == {"part.log", "part.log.1"}
    assert max(sizes.values()) <= 50_000
    assert "line 99999" in process.log.last_lines()


def test_part_runs_on_when_its_log_cannot_be_written(start: Start, tmp_path: Path) -> None:
    process = start("print('x' * 1_000_000); print('done')", log_folder=tmp_path / "missing")

    assert process.exited.wait(SOON)
    assert process.exit_code == 0
    assert process.log.last_lines(1) == "done"


@pytest.fixture
def restarted() -> threading.Event:
    return threading.Event()


@pytest.fixture
def supervisor(tmp_path: Path, restarted: threading.Event) -> Iterator[Supervisor]:
    guardian = Guardian()
    supervisor = Supervisor(guardian, tmp_path, on_restart=restarted.set)
    yield supervisor
    supervisor.close()
    supervisor.stop(["part"])
    guardian.close()


def test_killed_function_is_restarted_on_its_port(
    supervisor: Supervisor, restarted: threading.Event, tmp_path: Path
) -> None:
    port = reserve_port().release()
    first = supervisor.start(launch(SERVE, tmp_path, port), restartable=True)
    supervisor.watch()
    supervisor.wait_until_ready("part", SOON)

    os.kill(first.pid, signal.SIGKILL)
    assert first.exited.wait(SOON)
    supervisor.wait_until_ready("part", SOON)

    assert supervisor.processes["part"].pid != first.pid
    assert supervisor.processes["part"].port == port
    assert restarted.is_set()
    assert not supervisor.failed.is_set()


def test_dead_emulator_ends_the_stack_with_its_last_words(supervisor: Supervisor, tmp_path: Path) -> None:
    supervisor.start(launch("import sys; sys.exit('out of memory')", tmp_path), restartable=False)
    supervisor.watch()

    assert supervisor.failed.wait(SOON)
    assert "part exited with code 1, and the stack cannot go on" in str(supervisor.failure)
    assert "out of memory" in str(supervisor.failure)


def test_nothing_is_restarted_once_the_stack_is_ending(
    supervisor: Supervisor, restarted: threading.Event, tmp_path: Path
) -> None:
    process = supervisor.start(launch(SLEEP, tmp_path), restartable=True)
    supervisor.watch()
    supervisor.close()

    supervisor.stop(["part"])

    assert process.exited.is_set()
    assert not restarted.wait(0.3)  # the first restart would come after 0.1 s


def test_credentials_can_sign_and_only_their_owner_can_read_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "credentials.json"
    write_credentials(path, "replaced-below")
    write_credentials(path, "demo-ttv")
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(path))
    monkeypatch.delenv("GOOGLE_CLOUD_PROJECT", raising=False)

    credentials, project = google.auth.default()

    assert isinstance(credentials, service_account.Credentials)
    private_key = serialization.load_pem_private_key(
        json.loads(path.read_text())["private_key"].encode(), password=None
    )
    assert isinstance(private_key, rsa.RSAPrivateKey)
    private_key.public_key().verify(
        credentials.sign_bytes(b"a url"), b"a url", padding.PKCS1v15(), hashes.SHA256()
    )
    assert credentials.service_account_email == service_account_email("demo-ttv")
    assert project == "demo-ttv"
    assert path.stat().st_mode & 0o777 == 0o600


def test_sweep_that_nobody_answers_is_no_failure() -> None:
    port = reserve_port()
    ticker = Ticker(f"http://127.0.0.1:{port.number}", SOON, service_account_email("demo-ttv"))

    ticker.tick()

    ticker.stop()
    port.release()
