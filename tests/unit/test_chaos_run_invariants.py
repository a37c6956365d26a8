"""Each invariant of a chaos run as a whole is kept by a sound run, and can be broken."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from shared.domain.job import Status
from tests.chaos.boundaries import Boundary
from tests.chaos.facts import Freeze, JobFacts, Leftovers, RunFacts
from tests.chaos.fates import Deed
from tests.chaos.orders import Order
from tests.chaos.run_invariants import RUN_INVARIANTS, violations_of_run
from tests.chaos.strikes import Strike
from tests.chaos.told import Answer, Told
from tests.unit.jobs import queued_job

FREEZE = Freeze(begun=100.0, ended=110.0)
ORDER = Order(number=1, prompt="Mara walks.", seconds=4, model="animatic")


def answered(code: int, at: float, took: float = 2.0) -> Answer:
    return Answer(asked_at=at, took_seconds=took, request="GET", code=code)


def told(*answers: Answer) -> Told:
    return Told(ORDER, list(answers))


@pytest.fixture
def run() -> RunFacts:
    state = queued_job()
    state = state.evolve(job=state.job.evolve(status=Status.CANCELLED))
    answers = (answered(200, 99), answered(503, 102), answered(0, 105), answered(200, 109, 5.0))
    kill = Strike(deed=Deed.KILL, function="render", boundary=Boundary.AFTER_CLAIM, pid=2, instance=1, at=1.0)
    return RunFacts(
        seed=1,
        jobs=[JobFacts(told(*answers), state)],
        job_ids=[state.job.job_id],
        strikes=[kill],
        passages=Counter({("render", Boundary.AFTER_CLAIM): 9, ("render", Boundary.SETTLED): 1}),
        freezes=[FREEZE],
        leftovers=Leftovers(files=["ttv-render-x"]),
    )


def with_answer(run: RunFacts, answer: Answer) -> RunFacts:
    job = run.jobs[0]
    return replace(run, jobs=[replace(job, told=told(*job.told.answers, answer))])


def with_leftovers(run: RunFacts, **leftovers: Sequence[str]) -> RunFacts:
    return replace(run, leftovers=replace(run.leftovers, **leftovers))


BROKEN: dict[str, tuple[str, Callable[[RunFacts], RunFacts]]] = {
    "turned an order away": (
        "was never accepted",
        lambda run: replace(run, unaccepted=[told(answered(422, 1))]),
    ),
    "made a second job": (
        "jobs nobody was told of",
        lambda run: replace(run, job_ids=[*run.job_ids, "video_2"]),
    ),
    "lost a job": ("lacks jobs", lambda run: replace(run, job_ids=[])),
    "holds a place for nobody": ("hold 1 unfinished", lambda run: replace(run, still_reserved=1)),
    "said 404 in an outage": (
        "another code than 503",
        lambda run: with_answer(run, answered(404, 102)),
    ),
    "let clients wait in an outage": (
        "was answered late",
        lambda run: with_answer(run, answered(503, 102, 5.0)),
    ),
    "left more than the killed leave": (
        "left 2 temporary folders after 1 kills",
        lambda run: with_leftovers(run, files=["ttv-render-x", "ttv-render-y"]),
    ),
    "left what nobody knows": (
        "tmpabc",
        lambda run: with_leftovers(run, files=["tmpabc"]),
    ),
    "left files at the end": (
        "left the temporary file x",
        lambda run: with_leftovers(run, files_at_end=["x"]),
    ),
    "left a process": ("left the process 7", lambda run: with_leftovers(run, processes=["7"])),
    "tried nothing": ("was never struck", lambda run: replace(run, strikes=[], leftovers=Leftovers())),
}


def test_a_sound_run_breaks_nothing(run: RunFacts) -> None:
    assert violations_of_run(run) == []


@pytest.mark.parametrize("trouble", BROKEN)
def test_what_is_broken_is_found(run: RunFacts, trouble: str) -> None:
    expected, breaks = BROKEN[trouble]
    found = violations_of_run(breaks(run))
    assert any(expected in f"{violation.where} {violation.what}" for violation in found), found


def test_every_invariant_can_be_broken(run: RunFacts) -> None:
    kept = {
        invariant.__name__
        for invariant in RUN_INVARIANTS
        if not any(list(invariant(breaks(run))) for _, breaks in BROKEN.values())
    }
    assert kept == set()
