"""Parts of the local stack as real processes: started, overheard, restarted, killed, never left behind."""

import contextlib
import http.server
import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import google.auth
import grpc
import httpx
import psutil
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from google.cloud import tasks_v2
from google.cloud.tasks_v2.services.cloud_tasks.transports import CloudTasksGrpcTransport
from google.oauth2 import service_account

from infra.archives import STAGES
from infra.local.bounded_log import BoundedLog
from infra.local.credentials import service_account_email, write_credentials
from infra.local.description import StackDescription
from infra.local.errors import AlreadyRunning, NotRunning, PartFailed
from infra.local.guardian import Guardian
from infra.local.ports import reserve_port
from infra.local.probes import accepts_connections, answers_ok
from infra.local.process import ChildProcess, Launch
from infra.local.stack import LocalStack
from infra.local.supervisor import Supervisor
from infra.local.ticker import Ticker
from shared.settings import Settings

SOON = 10.0
"""Seconds; what is awaited takes a fraction of one."""

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


REPORTING_FUNCTION = """
import importlib.util, json, os, urllib.request
import functions_framework
import shared

@functions_framework.http
def {stage}(request):
    if request.path != "/healthz":
        importable = [name for name in ("infra", "functions.submit", "functions.render")
                      if importlib.util.find_spec(name)]
        report = dict(stage="{stage}", path=request.path, pid=os.getppid(), importable=importable,
                      shared=shared.__file__, environment=dict(os.environ),
                      authorized=request.headers.get("Authorization", ""))
        urllib.request.urlopen(os.environ["RECEIVER"], json.dumps(report).encode(), timeout=5).close()
    return "ok"
"""


class Receiver(http.server.ThreadingHTTPServer):
    """Hears from the functions: one queue of reports a stage."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Report)
        self.reports: dict[str, queue.SimpleQueue[dict[str, Any]]] = {
            stage: queue.SimpleQueue() for stage in STAGES
        }

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/"


class Report(http.server.BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        report = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(200)
        self.end_headers()
        self.server.reports[report["stage"]].put(report)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with Receiver() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return lay_out_functions(tmp_path_factory.mktemp("source"), REPORTING_FUNCTION)


@pytest.fixture(scope="module")
def stack(receiver: Receiver, source: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalStack]:
    with LocalStack(
        tmp_path_factory.mktemp("stack"),
        source=source,
        project="demo-processes",
        function_environment={"RECEIVER": receiver.url},
        render_processes=2,
        sweep_seconds=0.5,
        environment=os.environ | {"DEBUG": "1", "GOOGLE_APPLICATION_CREDENTIALS": "/the/users/own"},
    ) as running:
        yield running


def test_function_sees_its_archive_and_the_deployment_and_nothing_of_the_user(
    stack: LocalStack, receiver: Receiver
) -> None:
    assert httpx.get(f"{stack.url}/anything", timeout=SOON).text == "ok"
    seen = receiver.reports["submit"].get(timeout=SOON)

    assert seen["importable"] == ["functions.submit"]
    assert Path(seen["shared"]).is_relative_to(stack.folder.functions)
    assert seen["environment"].items() >= stack.environment.items()
    assert "DEBUG" not in seen["environment"]
    assert seen["environment"]["THREADS"] == "64"
    assert Settings.from_environment(seen["environment"]).ttv_bucket == "demo-processes-media"


def test_task_reaches_a_render_process_by_the_services_one_name(
    stack: LocalStack, receiver: Receiver
) -> None:
    settings = Settings.from_environment(stack.environment)
    with grpc.insecure_channel(settings.ttv_tasks_endpoint) as channel:
        tasks = tasks_v2.CloudTasksClient(transport=CloudTasksGrpcTransport(channel=channel))
        parent = tasks.queue_path("demo-processes", settings.ttv_location, settings.ttv_render_queue)
        request = tasks_v2.HttpRequest(url=f"{settings.ttv_render_url}/work", body=b"{}")
        tasks.create_task(parent=parent, task=tasks_v2.Task(http_request=request), retry=None, timeout=5)
    report = receiver.reports["render"].get(timeout=SOON)

    assert report["path"] == "/work"
    assert report["pid"] in {stack.processes[name].pid for name in ("render-1", "render-2")}


def test_sweep_is_called_with_an_identity(stack: LocalStack, receiver: Receiver) -> None:
    report = receiver.reports["finalize"].get(timeout=SOON)

    assert report["path"] == "/sweep"
    assert report["authorized"].startswith("Bearer ")


def test_bucket_is_there(stack: LocalStack) -> None:
    storage = stack.environment["STORAGE_EMULATOR_HOST"]

    assert httpx.get(f"{storage}/storage/v1/b/demo-processes-media").status_code == httpx.codes.OK


def test_killed_render_process_comes_back_and_the_description_follows(stack: LocalStack) -> None:
    path = stack.write_description(api_key="a-key")
    before = StackDescription.read(path)

    stack.kill("render-1")
    stack.wait_until_ready("render-1")

    after = StackDescription.read(path)
    assert before.pids["render-1"] != after.pids["render-1"] == stack.processes["render-1"].pid
    assert before.ports == after.ports
    assert (after.url, after.api_key, after.pid) == (stack.url, "a-key", os.getpid())
    assert path.stat().st_mode & 0o777 == 0o600


def test_second_stack_in_the_folder_is_refused_and_leaves_the_first_alone(
    stack: LocalStack, source: Path
) -> None:
    with (
        pytest.raises(AlreadyRunning, match=f"process {os.getpid()}"),
        LocalStack(stack.folder.path, source=source),
    ):
        pass

    assert httpx.get(f"{stack.url}/healthz").text == "ok"


def test_stack_that_cannot_start_says_why_and_leaves_nothing_running(tmp_path: Path) -> None:
    source = lay_out_functions(tmp_path / "source", "import missing_library_{stage}\n")
    running_before = psutil.Process().children(recursive=True)

    with (
        pytest.raises(PartFailed, match="No module named 'missing_library_"),
        LocalStack(tmp_path / "run", source=source, render_processes=1),
    ):
        pass

    assert psutil.Process().children(recursive=True) == running_before
    assert not (tmp_path / "run/stack.json").exists()


def test_stack_takes_over_what_a_killed_one_left_and_ends_whole(source: Path, tmp_path: Path) -> None:
    running_before = psutil.Process().children(recursive=True)
    leftovers = [
        "stack.json",
        "lock",
        "logs/submit.log",
        "storage/demo-ttv-media/clip.mp4",
        "functions/old/main.py",
    ]
    for name in leftovers:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("1")

    with LocalStack(tmp_path, source=source, render_processes=1) as stack:
        assert [name for name in leftovers if (tmp_path / name).exists()] == ["lock"]
        description = stack.write_description(api_key="a-key")

    assert not description.exists()
    assert psutil.Process().children(recursive=True) == running_before


def test_description_left_by_a_killed_stack_is_not_believed(tmp_path: Path) -> None:
    path = tmp_path / "stack.json"
    with pytest.raises(NotRunning, match=str(tmp_path)):
        StackDescription.read(path)

    with subprocess.Popen([sys.executable, "-c", ""]) as killed:
        killed.wait()
    StackDescription(
        url="http://127.0.0.1:1",
        api_key="a-key",
        pid=killed.pid,
        project="demo-ttv",
        environment={},
        ports={},
        pids={},
        logs=tmp_path,
    ).write(path)

    with pytest.raises(NotRunning, match=str(tmp_path)):
        StackDescription.read(path)


def lay_out_functions(root: Path, code: str) -> Path:
    for stage in STAGES:
        folder = root / "functions" / stage
        folder.mkdir(parents=True)
        (folder / "__init__.py").touch()
        (folder / "requirements.txt").touch()
        (folder / "main.py").write_text(code.format(stage=stage))
    (root / "functions/__init__.py").touch()
    (root / "shared").mkdir()
    (root / "shared/__init__.py").touch()
    return root


def await_output(process: ChildProcess, expected: str) -> str:
    """Return what the part has said once it has said this."""
    while expected not in (said := process.log.last_lines()):
        assert not process.exited.wait(0.01), said
    return said


def assert_ends(process: psutil.Process) -> None:
    """Wait for a process that is not our child; where nobody reaps orphans it stays as a zombie."""
    with contextlib.suppress(psutil.NoSuchProcess, psutil.TimeoutExpired):
        process.wait(timeout=0.2)
    watched = threading.Event()
    for _ in range(int(SOON / 0.05)):
        if not process.is_running() or process.status() == psutil.STATUS_ZOMBIE:
            return
        watched.wait(0.05)
    pytest.fail(f"process {process.pid} is still {process.status()}")
