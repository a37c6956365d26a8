"""A local stack whose models are Google's, stood in for: for whoever tests real generation without a key."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest

from infra.local.clients import create_api_key, job_store, switches
from infra.local.edge.certificate import trusting
from infra.local.ports import reserve_port
from infra.local.stack import LocalStack
from infra.local.stand_ins.running import RunningStandIn, running_stand_in
from shared.domain.job import JobState
from shared.job_store import ALL
from tests.integration.service import Api

LEASE_SECONDS = 6.0
NO_LIMIT = "1000000"
BACKENDS = ("omni", "veo", "nano_banana")
ON_GOOGLE = {"planner": "gemini", "image_model": "nano_banana"}


@dataclass(frozen=True)
class Google:
    """The stack, the stand-in that it reaches, and the API as one caller sees it."""

    stack: LocalStack
    stand_in: RunningStandIn
    api: Api

    def state(self, video_id: str) -> JobState:
        return self.api.store.load(video_id, shots=ALL).state


@pytest.fixture(scope="session")
def google_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[LocalStack, RunningStandIn]]:
    """Vertex AI, since no key is given."""
    port = reserve_port().release()
    settings = {
        "TTV_LEASE_SECONDS": str(LEASE_SECONDS),
        "TTV_CREATIONS_PER_MINUTE": NO_LIMIT,
        "TTV_REQUESTS_PER_MINUTE": NO_LIMIT,
        "TTV_VIDEO_BACKENDS": "animatic,scripted,omni,veo",
        "TTV_IMAGE_BACKENDS": "storyboard,nano_banana",
        "TTV_PLANNERS": "rules,gemini",
        "TTV_GOOGLE_STAND_IN": f"http://127.0.0.1:{port}",
    }
    folder = tmp_path_factory.mktemp("google")
    with (
        LocalStack(
            folder / "stack", project="demo-google", function_environment=settings, sweep_seconds=600
        ) as stack,
        running_stand_in(
            stack.environment["STORAGE_EMULATOR_HOST"], folder / "requests.jsonl", port=port
        ) as stand_in,
    ):
        yield stack, stand_in


@pytest.fixture
def google(google_stack: tuple[LocalStack, RunningStandIn]) -> Iterator[Google]:
    """Everything goes well until a test says otherwise, and every caller begins with an empty cache."""
    stack, stand_in = google_stack
    stand_in.forget()
    for backend in BACKENDS:
        switches(stack.environment).switch(backend, True, "")  # closes the circuit that another test opened
    store, owner = job_store(stack.environment), f"tests-{secrets.token_hex(4)}"
    headers = {"Authorization": f"Bearer {create_api_key(store, owner)}"}
    trust = trusting(stack.certificate)
    with httpx.Client(base_url=stack.url, headers=headers, timeout=20, verify=trust, http2=True) as http:
        yield Google(stack, stand_in, Api(http, store))
