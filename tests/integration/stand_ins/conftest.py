"""One stand-in for all of its tests, with a bucket, and a client of each service."""

from collections.abc import Iterator

import pytest
from google import genai

from infra.local.stand_ins.running import RunningStandIn, running_stand_in
from tests.integration.stand_ins.calls import CLIENTS, running_storage


@pytest.fixture(scope="package")
def storage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_storage(tmp_path_factory.mktemp("bucket")) as url:
        yield url


@pytest.fixture(scope="package")
def running(storage: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStandIn]:
    with running_stand_in(storage, tmp_path_factory.mktemp("stand-in") / "log.jsonl") as stand_in:
        yield stand_in


@pytest.fixture
def stand_in(running: RunningStandIn) -> RunningStandIn:
    running.forget()
    return running


@pytest.fixture(params=CLIENTS)
def client(request: pytest.FixtureRequest, stand_in: RunningStandIn) -> genai.Client:
    """A client of each service."""
    return CLIENTS[request.param](stand_in.url)
