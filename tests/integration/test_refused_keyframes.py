"""An image backend refuses a shot: it is reworded once, and then the job fails and names it."""

import secrets
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import cast

import pytest

from functions.keyframes import work
from functions.keyframes.image_backends import ImageBackend, KeyframeRequest
from infra.local.clients import job_store
from infra.local.stack import LocalStack
from shared.assignment import Services
from shared.domain.due_tasks import due_task
from shared.domain.errors import Refused
from shared.domain.job import JobState, Status
from shared.job_store import ALL, JobStore
from shared.object_store import ObjectStore
from shared.references import Reference
from shared.stage import Outcome, perform
from shared.switches import Switches
from shared.task_queue import TaskQueue
from tests.integration.test_perform import RecordingQueue
from tests.unit.jobs import KEYFRAMES, queued_job


class Objects:
    """A bucket in memory."""

    def __init__(self) -> None:
        self.contents: dict[str, bytes] = {}

    def checksum(self, path: str) -> str | None:
        return "crc" if path in self.contents else None

    def put(self, path: str, data: bytes, _content_type: str) -> str:
        self.contents[path] = data
        return "crc"

    def download(self, path: str, into: Path) -> str:
        into.write_bytes(self.contents[path])
        return "crc"


class Prudish:
    """Refuses what has a word in it."""

    def __init__(self, word: str) -> None:
        self.word = word

    def draw(self, request: KeyframeRequest, references: Sequence[Reference]) -> bytes:
        if self.word in request.prompt:
            raise Refused(f"the filter stops at {self.word}")
        return request.prompt.encode()


@pytest.fixture
def store(stack: LocalStack) -> JobStore:
    return job_store(stack.environment | {"GOOGLE_CLOUD_PROJECT": f"test-{secrets.token_hex(4)}"})


def drawn_by(
    backend: ImageBackend, store: JobStore, monkeypatch: pytest.MonkeyPatch, **config: object
) -> tuple[Outcome, JobState]:
    monkeypatch.setattr(work, "image_backend", lambda _name: backend)
    new = queued_job()
    job = new.job.evolve(
        prompt="Mara walks by. Mara sees blood on the snow. Mara runs home.",
        config=new.job.config.evolve(**config),
    )
    state, _ = store.create(new.evolve(job=job))
    services = Services(
        store,
        cast(TaskQueue, RecordingQueue()),
        cast(ObjectStore, Objects()),
        cast(Switches, None),
        timedelta(seconds=60),
    )
    outcome = perform(due_task(state, KEYFRAMES).task, work.draw_keyframes, services)
    return outcome, store.load(job.job_id, shots=ALL).state


def test_a_refused_keyframe_is_drawn_from_other_words(
    store: JobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    outcome, state = drawn_by(Prudish("blood"), store, monkeypatch)
    assert (outcome, state.keyframes.done) == (Outcome.DONE, True)
    refused = [shot for shot in state.shots if shot.refusals]
    assert [shot.rewordings for shot in refused] == [1] * len(refused) != []
    assert [refusal.model for shot in refused for refusal in shot.refusals] == ["storyboard"] * len(refused)
    assert not any("blood" in shot.keyframe_prompt for shot in state.shots)


@pytest.mark.parametrize("config", [{}, {"reword_refused": False}])
def test_a_keyframe_that_stays_refused_fails_the_job_and_names_the_shot(
    store: JobStore, monkeypatch: pytest.MonkeyPatch, config: dict[str, object]
) -> None:
    word = "snow" if not config else "blood"  # rewording leaves snow as it is
    outcome, state = drawn_by(Prudish(word), store, monkeypatch, **config)
    assert (outcome, state.job.status) == (Outcome.FAILED, Status.FAILED)
    assert state.job.error is not None
    assert state.job.error.code == "refused"
    assert state.job.error.shot is not None
    assert word in state.shots[state.job.error.shot].keyframe_prompt
