"""The local Cloud Tasks as its own process, called by Google's client, dispatching to a real HTTP server."""

import asyncio
import base64
import json
import queue
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import grpc
import pytest
from google.api_core import exceptions
from google.cloud import tasks_v2
from google.cloud.tasks_v2.services.cloud_tasks.transports import CloudTasksGrpcTransport
from google.protobuf import field_mask_pb2

from infra.local.cloud_tasks.delivery import Delivery
from infra.local.cloud_tasks.instances import FrontEnd
from infra.local.cloud_tasks.task import Task

SOON = 30.0
"""Seconds; what is awaited takes some milliseconds, or the start of a process, unless the machine is busy."""
LOCATION = "projects/demo/locations/europe-west4"


@dataclass(frozen=True)
class Received:
    """A request as a worker got it."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    at: datetime


class Worker(ThreadingHTTPServer):
    """Answers with the statuses set for a path, then 200; each answer waits while its path is held."""

    request_queue_size = 64

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"
        self.statuses: dict[str, list[int]] = defaultdict(list)
        self.inbox: dict[str, queue.Queue[Received]] = defaultdict(queue.Queue)
        self.may_answer: dict[str, threading.Event] = {}
        self.hung_up = threading.Event()
        """Set when a caller closed its connection before it was answered."""

    def next_request(self, path: str) -> Received:
        return self.inbox[path].get(timeout=SOON)

    def hold(self, path: str) -> threading.Event:
        return self.may_answer.setdefault(path, threading.Event())


class _Handler(BaseHTTPRequestHandler):
    server: Worker

    def _answer(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        request = Received(self.command, self.path, dict(self.headers.items()), body, datetime.now(UTC))
        statuses = self.server.statuses[self.path]
        status = statuses.pop(0) if statuses else 200
        self.server.inbox[self.path].put(request)
        if status == 0:
            assert self.connection.recv(1) == b"", "no more is sent, so this ends when the caller hangs up"
            self.server.hung_up.set()
            return
        if event := self.server.may_answer.get(self.path):
            event.wait(SOON)
        self.send_response(status)
        self.send_header("Content-Length", "2")
        with suppress(BrokenPipeError):  # the server under test may have been stopped by now
            self.end_headers()
            self.wfile.write(b"{}")

    do_POST = do_PUT = do_GET = _answer

    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet."""


@contextmanager
def running_worker(port: int = 0) -> Iterator[Worker]:
    with Worker(port) as worker:
        threading.Thread(target=worker.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield worker
        worker.shutdown()


def start_server(*flags: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "infra.local.cloud_tasks", *flags]
    return subprocess.Popen(  # noqa: S603 - our own module, run by our own interpreter
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def address_of(server: subprocess.Popen[str]) -> str:
    """Return where it listens, once it says that it is ready."""
    assert server.stdout is not None
    return server.stdout.readline().split()[-1]


@contextmanager
def running_server(*flags: str) -> Iterator[str]:
    """Yields the address."""
    with start_server("--port", "0", *flags) as server:
        try:
            yield address_of(server)
        finally:
            server.terminate()
            server.communicate(timeout=SOON)


@contextmanager
def connected(address: str) -> Iterator[tasks_v2.CloudTasksClient]:
    with grpc.insecure_channel(address, options=[("grpc.enable_http_proxy", 0)]) as channel:
        yield tasks_v2.CloudTasksClient(transport=CloudTasksGrpcTransport(channel=channel))


@pytest.fixture(scope="module")
def workers() -> Iterator[tuple[Worker, Worker]]:
    with running_worker() as first, running_worker() as second:
        yield first, second


@pytest.fixture
def worker(workers: tuple[Worker, Worker]) -> Worker:
    return workers[0]


@pytest.fixture(scope="module")
def client(workers: tuple[Worker, Worker]) -> Iterator[tasks_v2.CloudTasksClient]:
    instances = ",".join(worker.url for worker in workers)
    with (
        running_server("--instances", f"http://render.local={instances}") as address,
        connected(address) as connection,
    ):
        yield connection


@dataclass(frozen=True)
class Bench:
    """A queue of its own for one test, and a path of its own at the worker."""

    client: tasks_v2.CloudTasksClient
    queue: str
    path: str

    def create(self, url: str, *, task_id: str = "", **fields: object) -> tasks_v2.Task:
        name = f"{self.queue}/tasks/{task_id}" if task_id else ""
        request = tasks_v2.HttpRequest(url=url + self.path, body=task_id.encode())
        return self.client.create_task(
            parent=self.queue, task=tasks_v2.Task(name=name, http_request=request, **fields)
        )

    def is_gone(self, name: str) -> bool:
        try:
            self.client.get_task(name=name)
        except exceptions.NotFound:
            return True
        return False


@pytest.fixture
def bench(client: tasks_v2.CloudTasksClient) -> Bench:
    return new_bench(client)


def new_bench(client: tasks_v2.CloudTasksClient, **fields: object) -> Bench:
    unique = uuid.uuid4().hex
    queue_name = f"{LOCATION}/queues/{unique}"
    client.create_queue(parent=LOCATION, queue=tasks_v2.Queue(name=queue_name, **fields))
    return Bench(client, queue_name, f"/{unique}")


def wait_until(condition: Callable[[], bool]) -> None:
    """For what only shows when asked for; everything else is waited for in an inbox."""
    deadline = time.monotonic() + SOON
    while not condition():
        assert time.monotonic() < deadline, "it did not happen soon"
        time.sleep(0.005)


def test_task_arrives_as_google_would_send_it(bench: Bench, worker: Worker) -> None:
    token = tasks_v2.OidcToken(service_account_email="invoker@demo", audience="https://render")
    request = tasks_v2.HttpRequest(
        url=f"{worker.url}{bench.path}",
        http_method=tasks_v2.HttpMethod.PUT,
        headers={"Content-Type": "application/json", "X-Own": "yes"},
        body=b'{"a": 1}',
        oidc_token=token,
    )
    name = f"{bench.queue}/tasks/first"
    bench.client.create_task(parent=bench.queue, task=tasks_v2.Task(name=name, http_request=request))
    received = worker.next_request(bench.path)
    assert (received.method, received.body) == ("PUT", b'{"a": 1}')
    headers = received.headers
    assert headers["X-Own"] == "yes"
    assert headers["Content-Type"] == "application/json"
    assert headers["User-Agent"] == "Google-Cloud-Tasks"
    assert headers["X-CloudTasks-QueueName"] == bench.queue.split("/")[-1]
    assert headers["X-CloudTasks-TaskName"] == "first"
    assert headers["X-CloudTasks-TaskRetryCount"] == headers["X-CloudTasks-TaskExecutionCount"] == "0"
    assert float(headers["X-CloudTasks-TaskETA"]) <= received.at.timestamp()
    assert "X-CloudTasks-TaskPreviousResponse" not in headers
    claims = headers["Authorization"].removeprefix("Bearer ").split(".")[1]
    decoded = json.loads(base64.urlsafe_b64decode(claims + "=="))
    assert (decoded["email"], decoded["aud"]) == ("invoker@demo", "https://render")


def test_failed_task_comes_again_and_says_so(client: tasks_v2.CloudTasksClient, worker: Worker) -> None:
    bench = new_bench(client, retry_config=tasks_v2.RetryConfig(min_backoff=timedelta(milliseconds=1)))
    worker.statuses[bench.path] = [503, 404, 302]
    task = bench.create(worker.url)
    received = [worker.next_request(bench.path).headers for _ in range(4)]
    assert [headers["X-CloudTasks-TaskRetryCount"] for headers in received] == ["0", "1", "2", "3"]
    assert [headers["X-CloudTasks-TaskExecutionCount"] for headers in received] == ["0", "0", "1", "2"]
    previous = [headers.get("X-CloudTasks-TaskPreviousResponse") for headers in received]
    assert previous == [None, "503", "404", "302"]
    assert "X-CloudTasks-TaskRetryReason" in received[1]
    wait_until(lambda: bench.is_gone(task.name))


def test_attempts_are_recorded_on_the_task(client: tasks_v2.CloudTasksClient, worker: Worker) -> None:
    bench = new_bench(client, retry_config=tasks_v2.RetryConfig(min_backoff=timedelta(hours=1)))
    worker.statuses[bench.path] = [429]
    name = bench.create(worker.url, task_id="recorded").name
    wait_until(lambda: client.get_task(name=name).response_count == 1)
    task = client.get_task(name=name)
    assert task.dispatch_count == 1
    assert "RESOURCE_EXHAUSTED(8): HTTP status code 429" in task.last_attempt.response_status.message
    assert task.create_time <= task.first_attempt.dispatch_time == task.last_attempt.dispatch_time  # type: ignore[operator]  # the stubs name the wire type
    assert task.last_attempt.dispatch_time <= task.last_attempt.response_time  # type: ignore[operator]  # as above
    assert task.schedule_time - task.last_attempt.response_time == timedelta(hours=1)
    assert task.http_request.body == b"", "the basic view omits it"
    full = client.get_task(request={"name": name, "response_view": tasks_v2.Task.View.FULL})
    assert full.http_request.body == b"recorded"


def test_refused_connection_is_a_failed_attempt(bench: Bench) -> None:
    with socket.create_server(("127.0.0.1", 0)) as reserved:
        port = reserved.getsockname()[1]
    task = bench.create(f"http://127.0.0.1:{port}")
    wait_until(lambda: "UNAVAILABLE" in str(bench.client.get_task(name=task.name).last_attempt))
    with running_worker(port) as late:
        headers = late.next_request(bench.path).headers
    assert int(headers["X-CloudTasks-TaskRetryCount"]) >= 1
    assert headers["X-CloudTasks-TaskPreviousResponse"] == "0"


def test_name_is_blocked_while_the_task_lives_and_after(bench: Bench, worker: Worker) -> None:
    answer = worker.hold(bench.path)
    name = bench.create(worker.url, task_id="once").name
    worker.next_request(bench.path)
    with pytest.raises(exceptions.AlreadyExists, match="Requested entity already exists"):
        bench.create(worker.url, task_id="once")
    answer.set()
    wait_until(lambda: bench.is_gone(name))
    with pytest.raises(exceptions.AlreadyExists, match="existed too recently"):
        bench.create(worker.url, task_id="once")


def test_name_is_free_again_when_its_tombstone_expires(worker: Worker) -> None:
    with running_server("--tombstone-seconds", "0") as address, connected(address) as client:
        bench = new_bench(client)
        name = bench.create(worker.url, task_id="twice").name
        wait_until(lambda: bench.is_gone(name))
        bench.create(worker.url, task_id="twice")
        assert [worker.next_request(bench.path).body for _ in range(2)] == [b"twice", b"twice"]


def test_scheduled_task_does_not_come_early_and_is_overtaken(bench: Bench, worker: Worker) -> None:
    schedule_time = datetime.now(UTC) + timedelta(seconds=0.3)
    bench.create(worker.url, task_id="later", schedule_time=schedule_time)
    bench.create(worker.url, task_id="now")
    assert worker.next_request(bench.path).body == b"now"
    later = worker.next_request(bench.path)
    assert later.body == b"later"
    assert later.at >= schedule_time


def test_paused_queue_keeps_its_tasks_until_it_is_resumed(bench: Bench, worker: Worker) -> None:
    assert bench.client.pause_queue(name=bench.queue).state == tasks_v2.Queue.State.PAUSED
    by_hand = bench.create(worker.url, task_id="by-hand")
    bench.create(worker.url, task_id="waiting")
    assert bench.client.run_task(name=by_hand.name).dispatch_count == 1
    assert worker.next_request(bench.path).body == b"by-hand"
    assert bench.client.resume_queue(name=bench.queue).state == tasks_v2.Queue.State.RUNNING
    assert worker.next_request(bench.path).body == b"waiting"


def test_tasks_are_listed_in_pages_deleted_and_purged(bench: Bench, worker: Worker) -> None:
    bench.client.pause_queue(name=bench.queue)
    names = sorted(bench.create(worker.url, task_id=f"t{number}").name for number in range(7))
    pages = list(bench.client.list_tasks(request={"parent": bench.queue, "page_size": 3}).pages)
    assert [len(page.tasks) for page in pages] == [3, 3, 1]
    assert [task.name for page in pages for task in page.tasks] == names
    bench.client.delete_task(name=names[0])
    assert bench.is_gone(names[0])
    assert bench.client.purge_queue(name=bench.queue).purge_time <= datetime.now(UTC)  # type: ignore[operator]  # as above
    assert list(bench.client.list_tasks(parent=bench.queue)) == []


def test_concurrency_is_limited_and_the_limit_can_be_raised(
    client: tasks_v2.CloudTasksClient, worker: Worker
) -> None:
    bench = new_bench(client, rate_limits=tasks_v2.RateLimits(max_concurrent_dispatches=1))
    answer = worker.hold(bench.path)
    for task_id in ("first", "second"):
        bench.create(worker.url, task_id=task_id)
    assert worker.next_request(bench.path).body == b"first"
    assert client.get_task(name=f"{bench.queue}/tasks/second").dispatch_count == 0
    wanted = tasks_v2.Queue(
        name=bench.queue,
        rate_limits=tasks_v2.RateLimits(max_concurrent_dispatches=2),
        retry_config=tasks_v2.RetryConfig(max_attempts=7),
    )
    mask = field_mask_pb2.FieldMask(paths=["rate_limits.max_concurrent_dispatches"])
    updated = client.update_queue(queue=wanted, update_mask=mask)
    assert updated.rate_limits.max_dispatches_per_second == 500
    assert updated.retry_config.max_attempts == 100, "outside the mask"
    assert worker.next_request(bench.path).body == b"second"
    answer.set()


def test_rate_limit_spaces_what_is_beyond_the_burst(
    client: tasks_v2.CloudTasksClient, worker: Worker
) -> None:
    bench = new_bench(client, rate_limits=tasks_v2.RateLimits(max_dispatches_per_second=4))
    burst = client.get_queue(name=bench.queue).rate_limits.max_burst_size
    etas = [bench.create(worker.url).schedule_time for _ in range(burst + 1)]
    last = [worker.next_request(bench.path) for _ in etas][-1]
    assert last.at - etas[0] >= timedelta(seconds=1 / 4)


def test_each_instance_gets_one_request_at_a_time(bench: Bench, workers: tuple[Worker, Worker]) -> None:
    answers = [worker.hold(bench.path) for worker in workers]
    for _ in range(3):
        bench.create("http://render.local")
    for worker in workers:
        assert worker.next_request(bench.path).headers["Host"] == "render.local"
    waiting = [task.name for task in bench.client.list_tasks(parent=bench.queue)]
    assert len(waiting) == 3
    assert all(worker.inbox[bench.path].empty() for worker in workers)
    answers[1].set()
    workers[1].next_request(bench.path)
    answers[0].set()


def test_queues_are_listed_and_deleted(client: tasks_v2.CloudTasksClient) -> None:
    bench = new_bench(client)
    listed = [queue.name for queue in client.list_queues(request={"parent": LOCATION, "page_size": 1})]
    assert bench.queue in listed
    assert listed == sorted(listed)
    client.delete_queue(name=bench.queue)
    with pytest.raises(exceptions.NotFound):
        client.get_queue(name=bench.queue)


def test_last_attempt_of_a_deleted_queue_does_not_stop_its_successor(bench: Bench, worker: Worker) -> None:
    answer = worker.hold(bench.path)
    bench.create(worker.url, task_id="of-the-old-queue")
    worker.next_request(bench.path)
    bench.client.delete_queue(name=bench.queue)
    bench.client.create_queue(parent=LOCATION, queue=tasks_v2.Queue(name=bench.queue))
    bench.create(
        worker.url, task_id="of-the-new-queue", schedule_time=datetime.now(UTC) + timedelta(seconds=0.2)
    )
    answer.set()
    assert worker.next_request(bench.path).body == b"of-the-new-queue"


def test_refusals_carry_googles_codes(bench: Bench) -> None:
    with pytest.raises(exceptions.InvalidArgument, match="must be formatted"):
        bench.client.get_queue(name="nonsense")
    with pytest.raises(exceptions.NotFound, match="Queue does not exist"):
        bench.client.create_task(parent=f"{LOCATION}/queues/unknown", task=tasks_v2.Task())
    with pytest.raises(exceptions.AlreadyExists, match="Queue already exists"):
        bench.client.create_queue(parent=LOCATION, queue=tasks_v2.Queue(name=bench.queue))
    with pytest.raises(exceptions.MethodNotImplemented, match="filter"):
        bench.client.list_queues(request={"parent": LOCATION, "filter": "state: PAUSED"})


def test_worker_that_is_silent_past_the_deadline_is_hung_up_on() -> None:
    now = datetime.now(UTC)
    with running_worker() as worker:
        worker.statuses["/"] = [0]
        task = Task(
            name=f"{LOCATION}/queues/q/tasks/t",
            http_request=tasks_v2.HttpRequest(url=worker.url, http_method=tasks_v2.HttpMethod.POST),
            create_time=now,
            schedule_time=now,
            dispatch_deadline=timedelta(milliseconds=50),
        ).dispatched(now)
        outcome = asyncio.run(asyncio.wait_for(Delivery(FrontEnd({}), lambda: now)(task), SOON))
        assert worker.hung_up.wait(SOON)
    assert outcome.no_answer == "DEADLINE_EXCEEDED"
    assert outcome.http_status == 504


def test_server_stops_cleanly_while_a_task_runs(worker: Worker) -> None:
    with start_server("--port", "0") as server, connected(address_of(server)) as client:
        bench = new_bench(client)
        answer = worker.hold(bench.path)
        bench.create(worker.url)
        worker.next_request(bench.path)
        server.terminate()
        _, errors = server.communicate(timeout=SOON)
        answer.set()
    assert (server.returncode, errors) == (0, "")


def test_second_server_on_a_port_says_that_it_is_taken() -> None:
    with running_server() as address, start_server("--port", address.split(":")[-1]) as second:
        try:
            _, errors = second.communicate(timeout=SOON)
        finally:
            second.kill()
    assert second.returncode == 1
    assert "cloud_tasks cannot listen" in errors
    assert "Traceback" not in errors
