"""Jobs whose keyframes are drawn in this process, by a provider that is made up and counts what it is asked.

The store is real; bucket and queue are in memory.
"""

import hashlib
import io
import threading
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

import pytest
from PIL import Image

from functions.keyframes import work
from functions.keyframes.image_backends import KeyframeRequest
from functions.keyframes.planners import Paying
from shared.assignment import Services
from shared.domain.due_tasks import due_task
from shared.domain.errors import ObjectMissing, ObjectStoreUnavailable
from shared.domain.job import Charge, JobState, Judgement
from shared.job_store import ALL, JobStore
from shared.object_store import ObjectStore
from shared.references import Reference
from shared.stage import Outcome, perform
from shared.switches import Switches
from shared.task_queue import TaskQueue
from tests.integration.stored import stored
from tests.integration.test_perform import RecordingQueue
from tests.unit.jobs import KEYFRAMES, queued_job

PROMPT = "Mara, a woman in a red coat, walks by the sea. Mara sees a boat in the snow. Mara runs home."


class Bucket:
    """A bucket in memory, whose objects are as old as a test wants them."""

    def __init__(self) -> None:
        self.contents: dict[str, bytes] = {}
        self.created: dict[str, datetime] = {}
        self.failing: Callable[[str], bool] = lambda _path: False
        """Which paths cannot be reached."""

    def checksum(self, path: str) -> str | None:
        return _crc(self.contents[path]) if path in self.contents else None

    def put(self, path: str, data: bytes, _content_type: str, *, patience: timedelta | None = None) -> str:
        self._reach(path)
        if path not in self.contents:
            self.contents[path] = data
            self.created[path] = datetime.now(UTC)
        return _crc(self.contents[path])

    def get(self, path: str, *, patience: timedelta | None = None) -> bytes:
        self._reach(path)
        if path not in self.contents:
            raise ObjectMissing(path)
        return self.contents[path]

    def download(self, path: str, into: Path) -> str:
        into.write_bytes(self.get(path))
        return _crc(self.contents[path])

    def copy(self, source: str, target: str) -> str:
        return self.put(target, self.get(source), "image/png")

    def created_at(self, path: str, *, patience: timedelta | None = None) -> datetime | None:
        self._reach(path)
        return self.created.get(path)

    def delete(self, path: str, *, patience: timedelta | None = None) -> None:
        self._reach(path)
        self.contents.pop(path, None)

    def _reach(self, path: str) -> None:
        if self.failing(path):
            raise ObjectStoreUnavailable("down")


def _crc(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:8]


@dataclass
class Asked:
    """One drawing that was asked for."""

    request: KeyframeRequest
    references: tuple[Reference, ...]


@dataclass
class Painter:
    """Draws plain pictures for money; what befalls each call is told beforehand."""

    before: Callable[[KeyframeRequest], None] = lambda _request: None
    """Called by every drawing; what it raises is what comes of it."""
    asked: list[Asked] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def draw(self, request: KeyframeRequest, references: Sequence[Reference]) -> bytes:
        with self._lock:
            self.asked.append(Asked(request, tuple(references)))
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            self.before(request)
        finally:
            with self._lock:
                self.at_once -= 1
        colour = tuple(hashlib.sha256(self.address(request, references).encode()).digest()[:3])
        drawn = io.BytesIO()
        Image.new("RGB", (request.width, request.height), colour).save(drawn, "PNG")
        return drawn.getvalue()

    def address(self, request: KeyframeRequest, references: Sequence[Reference]) -> str:
        said = "".join([request.model_dump_json(), *(each.model_dump_json() for each in _named(references))])
        return hashlib.sha256(said.encode()).hexdigest()

    @property
    def sheets(self) -> list[Asked]:
        return [each for each in self.asked if each.request.is_sheet]

    @property
    def keyframes(self) -> list[Asked]:
        return [each for each in self.asked if not each.request.is_sheet]


def _named(references: Sequence[Reference]) -> list[Reference]:
    digest = [hashlib.sha256(each.picture).hexdigest().encode() for each in references]
    return [each.evolve(picture=name) for each, name in zip(references, digest, strict=True)]


@dataclass
class Critic:
    """Gives the scores that it was told, then none below 1."""

    scores: list[float] = field(default_factory=list)
    looks: int = 0
    is_dumb: bool = False
    """Whether it is paid, and says nothing."""

    def judge(
        self, keyframe: bytes, sheets: Sequence[Reference], paying: Paying = nullcontext
    ) -> Judgement | None:
        with paying():
            self.looks += 1
            assert keyframe
            assert [each.shows for each in sheets] == ["Mara"]
            if self.is_dumb:
                return None
            return Judgement(score=self.scores.pop(0) if self.scores else 1.0, reason="as it is")


@dataclass
class Breaker:
    """Notes what the circuit breaker is told."""

    told: list[tuple[str, str]] = field(default_factory=list)

    def admit(self, backend: str) -> None:
        self.told.append(("admit", backend))

    def outage(self, backend: str) -> None:
        self.told.append(("outage", backend))

    def success(self, backend: str) -> None:
        self.told.append(("success", backend))


@dataclass
class Drawn:
    """One owner's jobs, drawn by one provider into one bucket."""

    store: JobStore
    painter: Painter
    critic: Critic = field(default_factory=Critic)
    bucket: Bucket = field(default_factory=Bucket)
    breaker: Breaker = field(default_factory=Breaker)

    def use(self, monkeypatch: pytest.MonkeyPatch) -> "Drawn":
        """Let the stage reach these instead of Google."""
        monkeypatch.setattr(work, "paid_image_backend", lambda _name: self.painter)
        monkeypatch.setattr(work, "judge", lambda: self.critic)
        return self

    def new(self, *, owner: str = "somebody", prompt: str = PROMPT, **config: object) -> str:
        """Store a job and return its id."""
        new = queued_job()
        asked = new.job.config.evolve(**({"image_model": "nano_banana"} | config))
        job = new.job.evolve(prompt=prompt, config=asked, owner=owner)
        return stored(self.store, new.evolve(job=job), owner=owner)

    def perform(self, job_id: str, *, store: JobStore | None = None) -> Outcome:
        """Deliver the job's task once."""
        services = Services(
            store or self.store,
            cast(TaskQueue, RecordingQueue()),
            cast(ObjectStore, self.bucket),
            cast(Switches, self.breaker),
            timedelta(seconds=60),
        )
        return perform(due_task(self.state(job_id), KEYFRAMES).task, work.draw_keyframes, services)

    def draw(self, **config: object) -> JobState:
        """Make a job, deliver its task once, and return what came of it."""
        job_id = self.new(**config)  # type: ignore[arg-type]  # owner and prompt are named alike
        assert self.perform(job_id) is Outcome.DONE
        return self.state(job_id)

    def state(self, job_id: str) -> JobState:
        return self.store.load(job_id, shots=ALL).state


def charges(state: JobState) -> list[Charge]:
    """Return every charge of a job."""
    return [charge for _, each in state.works() for charge in each.charges]


def reasons(state: JobState) -> dict[str, int]:
    """Count the charges of a job by their reason, having seen that they add up."""
    found = charges(state)
    assert sum(charge.usd_micros for charge in found) == state.progress.spent_usd_micros
    return {each.reason: sum(one.reason == each.reason for one in found) for each in found}
