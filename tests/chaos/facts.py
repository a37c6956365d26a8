"""What is known of a run once it is over: of each job, and of the whole. Data only; it judges nothing."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from pydantic import Field

from shared.domain.job import JobState
from shared.domain.model import Record
from tests.chaos.boundaries import Boundary
from tests.chaos.strikes import Held, Strike
from tests.chaos.told import Told


class Happened(Record):
    """An event, as it is stored."""

    name: str
    stage: str | None = None
    shot: int | None = None
    attempt: int | None = None
    data: dict[str, object] = Field(default_factory=dict)
    at: datetime

    @property
    def key(self) -> str:
        """The piece of work, as `str(WorkKey)`; empty where the event is the job's."""
        return "" if self.stage is None else self.stage if self.shot is None else f"{self.stage}/{self.shot}"

    def __str__(self) -> str:
        said = f" {dict(self.data)}" if self.data else ""
        return f"{self.at:%H:%M:%S.%f} {self.name} {self.key} attempt {self.attempt}{said}"


class PaidOutput(NamedTuple):
    """One prefix that the provider's ledger has been paid for."""

    shot: int
    submission_id: str
    times: int


@dataclass(frozen=True)
class JobFacts:
    """Everything about one job."""

    told: Told
    state: JobState
    events: Sequence[Happened] = ()
    objects: Sequence[str] = ()
    """Paths."""
    paid: Sequence[PaidOutput] = ()

    @property
    def job_id(self) -> str:
        """Its id."""
        return self.state.job.job_id


class Recovery(NamedTuple):
    """How work went on after the worker that held it was killed."""

    strike: Strike
    held: Held
    came: Happened
    """The first sign that somebody has taken it up."""
    seconds: float

    def __str__(self) -> str:
        where = self.strike.boundary or "at any moment"
        return f"{self.held.key} of {self.held.job_id}, killed {where}; then {self.came}"


class Freeze(NamedTuple):
    """A time in which Firestore did not answer, by the monotonic clock in seconds."""

    begun: float
    ended: float


@dataclass(frozen=True)
class Leftovers:
    """What is there that should not be, or only because its owner was killed."""

    files: Sequence[str] = ()
    """Names in the functions' temporary folder when all work was over."""
    files_at_end: Sequence[str] = ()
    """The same once the stack had ended."""
    processes: Sequence[str] = ()
    """Once the stack had ended."""


@dataclass(frozen=True)
class RunFacts:
    """Everything about a run."""

    seed: int
    jobs: Sequence[JobFacts]
    unaccepted: Sequence[Told] = ()
    """Orders that were never accepted."""
    job_ids: Sequence[str] = ()
    """Of every job in the store."""
    still_reserved: int = 0
    """Unfinished videos that owners are held to have, and paid calls of backends, once all are final."""
    strikes: Sequence[Strike] = ()
    passages: Counter[tuple[str, Boundary]] = field(default_factory=Counter)
    clocks: Counter[str] = field(default_factory=Counter)
    """By how much the wall clock of a function's process was wrong -> how many were started so."""
    freezes: Sequence[Freeze] = ()
    leftovers: Leftovers = Leftovers()
    deliveries: Counter[str] = field(default_factory=Counter)
    """Fault between queue and function -> how often."""
    storage: Counter[str] = field(default_factory=Counter)
    """What became of writes -> how often."""
    second_workers: int = 0
    """How often the work of a sleeper was given to another."""
    cancelled_asleep: int = 0
    """How often a job was to be cancelled while a worker of it slept."""
    recoveries: Sequence[Recovery] = ()
    wall_seconds: float = 0.0


class Violation(NamedTuple):
    """A promise that was broken."""

    where: str
    """A job's id, or what part of the run."""
    what: str
    evidence: Sequence[str] = ()
