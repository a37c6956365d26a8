"""A bucket and a provider for all contract tests, and a prefix for each."""

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from functions.render.video_backends import PaidVideoBackend
from functions.render.video_backends.scripted import CALL_SECONDS, Scripted
from infra.local.bounded_log import BoundedLog
from infra.local.environment import inherited_environment
from infra.local.guardian import Guardian
from infra.local.ports import reserve_port
from infra.local.process import ChildProcess
from infra.local.storage_emulator import create_bucket, find_binary, storage_launch
from shared.domain.capabilities import KeyframePosition
from tests.contract.subject import BUCKET, NewBackend, Storage, Subject
from tests.provider.running import RunningProvider, running_provider

KEY = "contract-key-1234"
READY_SECONDS = 30.0


@pytest.fixture(scope="session")
def storage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Storage]:
    folder = tmp_path_factory.mktemp("storage")
    (folder / "objects").mkdir()
    port = reserve_port().release()
    launch = storage_launch(find_binary(), port, folder / "objects", inherited_environment(os.environ))
    guardian = Guardian()
    process = ChildProcess(launch, BoundedLog(folder / "storage.log"), guardian)
    try:
        process.wait_until_ready(READY_SECONDS)
        create_bucket(port, BUCKET, "demo-tests")
        yield Storage(f"http://127.0.0.1:{port}")
    finally:
        process.stop()
        guardian.close()


@pytest.fixture(scope="session")
def keyframe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("keyframe") / "keyframe.png"
    Image.new("RGB", (320, 180), "teal").save(path)
    return path


@pytest.fixture(scope="session")
def scripted(storage: Storage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningProvider]:
    ledger = tmp_path_factory.mktemp("scripted") / "ledger.jsonl"
    with running_provider(storage.url, ledger, key=KEY, seconds_per_clip=0.1) as running:
        yield running


def new_scripted(url: str, *, key: str | None = None, call_seconds: float = CALL_SECONDS) -> PaidVideoBackend:
    return Scripted(url, key or KEY, call_seconds=call_seconds)


BACKENDS: dict[str, NewBackend] = {"scripted": new_scripted}
"""By the name of the fixture that is their provider."""


@pytest.fixture(params=sorted(BACKENDS))
def subject(request: pytest.FixtureRequest, storage: Storage, keyframe: Path) -> Subject:
    provider: RunningProvider = request.getfixturevalue(request.param)
    for forget in (provider.script, provider.polls, provider.cancels):
        forget([])
    return Subject(
        new_backend=BACKENDS[request.param],
        provider=provider,
        storage=storage,
        stills={KeyframePosition.FIRST: keyframe},
        prefix=f"clips/{uuid.uuid4().hex}/",
    )
