"""A bucket and the providers for all contract tests, and a prefix for each."""

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from infra.local.bounded_log import BoundedLog
from infra.local.environment import inherited_environment
from infra.local.guardian import Guardian
from infra.local.ports import reserve_port
from infra.local.process import ChildProcess
from infra.local.stand_ins.running import RunningStandIn
from infra.local.storage_emulator import create_bucket, find_binary, storage_launch
from shared.domain.capabilities import KeyframePosition
from tests.contract.film import FREE, Film, filmed, rendered_here
from tests.contract.kinds import GOOGLE_KEY, KEY, KINDS, run_google, run_scripted
from tests.contract.subject import BUCKET, Provider, Storage, Subject
from tests.provider.running import RunningProvider

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
    with run_scripted(storage.url, tmp_path_factory.mktemp("scripted"), key=KEY) as running:
        yield running


@pytest.fixture(scope="session")
def google(storage: Storage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStandIn]:
    with run_google(storage.url, tmp_path_factory.mktemp("google"), key=GOOGLE_KEY) as running:
        yield running


@pytest.fixture(params=KINDS)
def subject(request: pytest.FixtureRequest, storage: Storage, keyframe: Path) -> Subject:
    return _subject(request.param, request, storage, keyframe)


@pytest.fixture(params=[FREE, *KINDS])
def film(request: pytest.FixtureRequest, storage: Storage, keyframe: Path, tmp_path: Path) -> Film:
    """Make a clip on any video backend."""
    if request.param == FREE:
        return rendered_here(tmp_path)
    return filmed(_subject(request.param, request, storage, keyframe), tmp_path)


def _subject(kind: str, request: pytest.FixtureRequest, storage: Storage, keyframe: Path) -> Subject:
    provider: Provider = request.getfixturevalue("scripted" if kind == "scripted" else "google")
    for forget in (provider.script, provider.polls, provider.cancels):
        forget([])
    return Subject(
        kind=KINDS[kind],
        provider=provider,
        storage=storage,
        stills={KeyframePosition.FIRST: keyframe},
        prefix=f"clips/{uuid.uuid4().hex}/",
        known_entries=len(provider.ledger().entries),
    )
