"""The local stack as a whole, with functions that report what they see in place of ours."""

import http.server
import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import httpx
import psutil
import pytest
from google.cloud import tasks_v2
from google.cloud.tasks_v2.services.cloud_tasks.transports import CloudTasksGrpcTransport

from infra.archives import STAGES
from infra.local.description import StackDescription
from infra.local.edge.certificate import trusting
from infra.local.errors import AlreadyRunning, NotRunning, PartFailed
from infra.local.stack import LocalStack
from shared.settings import Settings
from tests.integration.waiting import SOON

pytestmark = pytest.mark.lifecycle

REPORTING_FUNCTION = """
import importlib.util, json, os, urllib.request
import functions_framework
import shared

@functions_framework.http
def {stage}(request):
    if request.path != "/health":
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
    trust = trusting(stack.certificate)
    assert httpx.get(f"{stack.url}/anything", timeout=SOON, verify=trust).text == "ok"
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
    assert after.certificate == stack.certificate
    assert path.stat().st_mode & 0o777 == 0o600


def test_second_stack_in_the_folder_is_refused_and_leaves_the_first_alone(
    stack: LocalStack, source: Path
) -> None:
    with (
        pytest.raises(AlreadyRunning, match=f"process {os.getpid()}"),
        LocalStack(stack.folder.path, source=source),
    ):
        pass

    assert httpx.get(f"{stack.url}/health", verify=trusting(stack.certificate)).text == "ok"


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
        url="https://127.0.0.1:1",
        certificate=tmp_path / "certificate.pem",
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
