"""One local stack for all integration tests, and what they reach it with."""

import os
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from infra.local.clients import create_api_key, job_store, switches
from infra.local.edge.certificate import trusting
from infra.local.environment import without_proxies_here
from infra.local.ports import reserve_port
from infra.local.stack import LocalStack
from shared.domain.messages import Destination
from shared.job_store import JobStore
from tests.integration.apart import StartSubmit, submits_apart
from tests.integration.google import google, google_stack
from tests.integration.queues import Queues
from tests.integration.service import Api
from tests.provider.running import RunningProvider, running_provider

os.environ.update(without_proxies_here(os.environ))

__all__ = ["google", "google_stack"]
"""Fixtures from elsewhere."""

LEASE_SECONDS = 6.0
"""Short, so that the work of a killed worker is taken up again soon."""


NO_LIMIT = "1000000"
"""Requests a minute: tests are in more of a hurry than people."""


@pytest.fixture(scope="session")
def provider_port() -> int:
    """Where the paid provider will listen: the functions must know it before it can start."""
    return reserve_port().release()


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory, provider_port: int) -> Iterator[LocalStack]:
    settings = {
        "TTV_LEASE_SECONDS": str(LEASE_SECONDS),
        "TTV_CREATIONS_PER_MINUTE": NO_LIMIT,
        "TTV_REQUESTS_PER_MINUTE": NO_LIMIT,
        "TTV_VIDEO_BACKENDS": "animatic,scripted",
        "TTV_SCRIPTED_URL": f"http://127.0.0.1:{provider_port}",
        "TTV_SCRIPTED_KEY": "paid-by-nobody",
    }
    folder = tmp_path_factory.mktemp("stack")
    with LocalStack(
        folder, project="demo-tests", function_environment=settings, sweep_seconds=600
    ) as running:
        yield running


@pytest.fixture(scope="session")
def running(
    stack: LocalStack, provider_port: int, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningProvider]:
    ledger = tmp_path_factory.mktemp("provider") / "ledger.jsonl"
    storage = stack.environment["STORAGE_EMULATOR_HOST"]
    with running_provider(storage, ledger, port=provider_port) as provider:
        yield provider


@pytest.fixture
def provider(running: RunningProvider, stack: LocalStack) -> RunningProvider:
    """The paid provider, doing what it should until a test tells it otherwise."""
    switches(stack.environment).switch("scripted", True, "")  # closes the circuit that another test opened
    running.script([])
    running.polls([])
    running.cancels([])
    return running


@pytest.fixture(scope="session")
def store(stack: LocalStack) -> JobStore:
    return job_store(stack.environment)


@pytest.fixture(scope="session")
def api_key(store: JobStore) -> str:
    return create_api_key(store, "tests")


@pytest.fixture(scope="session")
def trust(stack: LocalStack) -> ssl.SSLContext:
    """What a client of `stack.url` verifies by. Variables such as SSL_CERT_FILE have no say in it."""
    return trusting(stack.certificate)


@pytest.fixture
def new_connection(stack: LocalStack, trust: ssl.SSLContext, api_key: str) -> Callable[[], httpx.Client]:
    """Whoever sends large bodies at once needs connections of their own: over a shared HTTP/2 connection
    httpcore (1.0) may miss that the server has opened its window again, and waits for it forever."""
    headers = {"Authorization": f"Bearer {api_key}"}
    return lambda: httpx.Client(base_url=stack.url, headers=headers, timeout=20, verify=trust, http2=True)


@pytest.fixture
def api(new_connection: Callable[[], httpx.Client], store: JobStore) -> Iterator[Api]:
    with new_connection() as http:
        yield Api(http, store)


@pytest.fixture
def sweep(stack: LocalStack) -> Callable[[], dict[str, int]]:
    """Sweep now. The ticker hardly ever does, so that it does not heal what a test is to find broken."""

    def swept() -> dict[str, int]:
        answer = httpx.post(f"{stack.environment['TTV_FINALIZE_URL']}/sweep", json={}, timeout=60)
        assert answer.status_code == 200, answer.text
        report: dict[str, int] = answer.json()
        return report

    return swept


@pytest.fixture
def start_submit(stack: LocalStack, tmp_path: Path) -> Iterator[StartSubmit]:
    with submits_apart(stack, tmp_path) as start:
        yield start


@pytest.fixture
def queues(stack: LocalStack) -> Iterator[Queues]:
    queues = Queues(stack)
    yield queues
    for destination in Destination:
        queues.resume(destination)
