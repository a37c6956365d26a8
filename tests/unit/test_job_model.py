"""Whatever comes between whatever, the laws of a job hold, and it ends once nothing disturbs it any more.

Random workers, deaths, duplicates, outages and answers that get lost, over the pipeline of job_model.
"""

import sys
from contextlib import suppress
from datetime import timedelta
from itertools import product
from typing import Literal

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from shared.domain.capabilities import Offer
from shared.domain.generation import build_effective_config
from shared.domain.job import JobState
from shared.domain.messages import Task
from tests.unit import job_model_laws as laws
from tests.unit.job_model import Actor, End, Luck, Pipeline
from tests.unit.job_model_workers import Worker, deliver, heartbeat
from tests.unit.jobs import NOW, queued_job

ROUND = timedelta(seconds=10)
MAX_ROUNDS = 90
"""Without faults a job ends in fewer, however it was left."""

MAX_STEPS = 200
"""Of one actor that is not disturbed, and then some."""

MAX_PAUSES = 20
"""Of one worker at one task, or nearly so."""

BAD_ANSWERS = (
    Luck.CALL_REFUSED,
    Luck.CALL_ANSWER_LOST,
    Luck.CALL_DECLINED,
    Luck.CALL_DECLINED_BILLED,
    Luck.COMMIT_REPEATED,
)
"""Those that lead a job the farthest from the straight way."""

WHICH = st.integers(0, 3)
STEPS = st.one_of(st.just(MAX_STEPS), st.integers(0, MAX_PAUSES))
LUCK = st.one_of(st.just(Luck.WELL), st.sampled_from(Luck), st.sampled_from(BAD_ANSWERS))


def a_job(asked: dict[str, object], *, is_remix: bool = False) -> JobState:
    config = build_effective_config(http=asked, offered=Offer(video=("animatic", "scripted"))).config
    return JobState(job=queued_job().job.evolve(config=config, is_remix=is_remix))


BACKENDS = st.sampled_from(
    (
        {"model": "scripted", "fallback_models": ["animatic"]},
        {"model": "scripted"},
        {"model": "animatic"},
    )
)
MODES = st.sampled_from(
    (
        {"keyframes": "single"},
        {"keyframes": "pair"},
        {"keyframes": "chain"},
        {"keyframes": "none"},
        {"keyframes": "pair", "stop_after": "keyframes"},
    )
)
CHOICES = st.fixed_dictionaries(
    {
        "seconds": st.sampled_from((4, 8, 12)),
        "overlap": st.booleans(),
        "reword_refused": st.booleans(),
        "max_cost_usd": st.sampled_from((None, 0.4, 0.8, 1.2)),
    }
)
JOBS = st.builds(
    lambda backends, modes, choices, is_remix: a_job({**backends, **modes, **choices}, is_remix=is_remix),
    BACKENDS,
    MODES,
    CHOICES,
    st.booleans(),
)


class JobMachine(RuleBasedStateMachine):
    """One job, and all that may happen to it."""

    def __init__(self) -> None:
        super().__init__()
        self.actors: list[Actor[None]] = []
        self.workers: list[Worker] = []
        self.checked = 0
        self.pauses = (0, 0)

    @initialize(job=JOBS, done=st.integers(0, 3), patience=st.integers(0, 80))
    def a_job_is_accepted(self, job: JobState, done: int, patience: int) -> None:
        """It is undisturbed for a few tasks, and its owner is patient for a few commits."""
        self.pipeline = Pipeline(job)
        self.patience = patience
        for _ in range(done):
            if waiting := self.pipeline.queue.waiting:
                self._deliver(waiting[0].task, Luck.WELL, MAX_STEPS)

    @precondition(lambda self: self.pipeline.queue.waiting)
    @rule(which=WHICH, luck=LUCK, steps=STEPS)
    def a_task_is_delivered(self, which: int, luck: Luck, steps: int) -> None:
        waiting = self.pipeline.queue.waiting
        self._deliver(waiting[which % len(waiting)].task, luck, steps)

    @rule(which=WHICH, luck=LUCK, steps=STEPS)
    def a_task_is_delivered_again(self, which: int, luck: Luck, steps: int) -> None:
        known = self.pipeline.queue.known
        self._deliver(known[-1 - which % len(known)].task, luck, steps)

    @precondition(lambda self: self.pipeline.queue.waiting)
    @rule(luck=LUCK, steps=STEPS, seconds=st.sampled_from((0, 61, 8)), other=WHICH, later=LUCK, pause=STEPS)
    def another_comes_between(
        self, luck: Luck, steps: int, seconds: int, other: int, later: Luck, pause: int
    ) -> None:
        """Somebody is frozen in the midst of a task, perhaps for longer than the lease lasts, and goes on.

        Who has come between may pause as well, until the first has ended.
        """
        living = len(self.actors)
        self.a_task_is_delivered(0, luck, steps)
        frozen = self.actors[living:]
        self.time_passes(seconds)
        self.a_task_is_delivered_again(other, later, pause)
        paused = self.actors[living + len(frozen) :]
        for actor in (*frozen, *paused):
            self._resume(actor, later, MAX_STEPS)
        self.pauses = len(frozen), len(paused)

    @precondition(lambda self: self.actors)
    @rule(which=WHICH, luck=LUCK, steps=STEPS)
    def somebody_goes_on(self, which: int, luck: Luck, steps: int) -> None:
        self._resume(self.actors[which % len(self.actors)], luck, steps)

    @precondition(lambda self: self.actors)
    @rule(which=WHICH)
    def somebody_dies(self, which: int) -> None:
        del self.actors[which % len(self.actors)]

    @precondition(lambda self: self.workers)
    @rule(which=WHICH, luck=LUCK, steps=STEPS, percent=st.integers(0, 100))
    def a_heart_beats(self, which: int, luck: Luck, steps: int, percent: int) -> None:
        self._start(heartbeat(self.workers[-1 - which % len(self.workers)], percent), luck, steps)

    @rule(seconds=st.sampled_from((1, 8, 30, 61, 300)))
    def time_passes(self, seconds: int) -> None:
        self.pipeline.pass_time(timedelta(seconds=seconds))

    @precondition(lambda self: self.pipeline.provider.calls)
    @rule()
    def a_clip_is_delivered(self) -> None:
        self.pipeline.provider.calls[-1].end = self.pipeline.provider.calls[-1].end or End.DONE

    @rule(luck=LUCK, steps=STEPS)
    def a_sweep_begins(self, luck: Luck, steps: int) -> None:
        self._start(self.pipeline.sweep(), luck, steps)

    @precondition(lambda self: len(self.pipeline.store.commits) > self.patience)
    @rule(how=st.sampled_from(("cancel", "delete")), luck=LUCK, steps=STEPS)
    def the_owner_ends_it(self, how: Literal["cancel", "delete"], luck: Luck, steps: int) -> None:
        self._start(self.pipeline.end(how), luck, steps)

    @precondition(lambda self: len(self.pipeline.store.commits) > self.patience + 10)
    @rule()
    def its_time_is_up(self) -> None:
        self.pipeline.pass_time(timedelta(seconds=self.state.job.time_limit_seconds))

    @invariant()
    def the_laws_hold(self) -> None:
        commits = self.pipeline.store.commits
        for commit in commits[self.checked :]:
            laws.check_commit(commit)
        if commits[self.checked :]:
            laws.check_events(commits)
        self.checked = len(commits)
        laws.check_state(self.state)
        laws.check_payments(self.state, self.pipeline.provider)

    def teardown(self) -> None:
        """Once nothing disturbs it any more, the job ends, and all its paid calls are settled."""
        if sys.exc_info()[0]:
            return  # it has failed already
        queue = self.pipeline.queue
        is_early = self.pipeline.now + MAX_ROUNDS * ROUND < self.state.job.deadline
        for _ in range(MAX_ROUNDS):
            self._start(self.pipeline.sweep(), Luck.WELL, 0)
            for due in [each for each in queue.waiting if (each.not_before or NOW) <= self.pipeline.now]:
                self._deliver(due.task, Luck.WELL, 0)
            self._run_all()
            self.the_laws_hold()
            if self.state.job.status.is_final and not self.state.job.unsettled and not queue.waiting:
                break
            self.pipeline.pass_time(ROUND)
        else:
            raise AssertionError("the job did not end, or left paid calls unsettled")
        error = self.state.job.error
        assert not is_early or not error or error.code != "deadline_exceeded", "it only ended by its deadline"
        laws.check_bill(self.state, self.pipeline.provider)

    @property
    def state(self) -> JobState:
        return self.pipeline.store.state

    def _deliver(self, task: Task, luck: Luck, steps: int) -> None:
        waiting = self.pipeline.queue.waiting
        waiting[:] = [each for each in waiting if each.task != task]
        self._start(deliver(self.pipeline, task, self.workers.append), luck, steps)

    def _start(self, actor: Actor[None], luck: Luck, steps: int) -> None:
        with suppress(StopIteration):  # it had nothing to do
            next(actor)
            self.actors.append(actor)
            self._resume(actor, luck, steps)

    def _resume(self, actor: Actor[None], luck: Luck, steps: int) -> None:
        try:
            for _ in range(steps):
                actor.send(luck)
        except StopIteration:
            self.actors.remove(actor)

    def _run_all(self) -> None:
        for _ in range(MAX_STEPS):
            for actor in self.actors.copy():
                self._resume(actor, Luck.WELL, 1)
        assert not self.actors, "they keep each other from going on"


@pytest.mark.parametrize(
    ("luck", "later"),
    [
        *((Luck.WELL, later) for later in (Luck.WELL, *BAD_ANSWERS)),
        (Luck.CALL_DECLINED_BILLED, Luck.WELL),
    ],
)
@pytest.mark.parametrize(("shots", "done"), [(2, 0), (2, 1), (1, 1), (1, 2)])
def test_one_who_is_frozen_in_the_midst_of_a_task_does_no_harm_later(
    shots: int, done: int, luck: Luck, later: Luck
) -> None:
    """Wherever it stops, for however long, and whichever of the newest tasks another does meanwhile."""
    for seconds, other in product((0, 61), range(shots)):
        for steps in range(MAX_STEPS):
            frozen, _ = one_comes_between(shots, done, luck, steps, seconds, other, later, MAX_STEPS)
            if not frozen:
                break


@pytest.mark.parametrize("done", [1, 2])
def test_neither_does_one_who_was_frozen_while_it_did_its_harm(done: int) -> None:
    """Wherever either of them stops."""
    for steps in range(MAX_STEPS):
        for pause in range(MAX_STEPS):
            frozen, paused = one_comes_between(1, done, Luck.WELL, steps, 61, 0, Luck.WELL, pause)
            if not paused:
                break
        if not frozen:
            break


@pytest.mark.parametrize("done", range(5))
def test_neither_does_an_owner_who_cancels_at_length(done: int) -> None:
    """Wherever in it, and whichever task is done meanwhile."""
    for steps, which in product(range(5), range(2)):
        machine = paid_job_at_work(done)
        machine.the_owner_ends_it("cancel", Luck.WELL, steps)
        machine.a_task_is_delivered_again(which, Luck.WELL, MAX_STEPS)
        machine.the_laws_hold()
        machine.teardown()


@pytest.mark.parametrize("how", ["cancel", "delete"])
@pytest.mark.parametrize("done", range(5))
def test_neither_does_one_who_is_frozen_while_the_owner_ends_it(
    done: int, how: Literal["cancel", "delete"]
) -> None:
    """Wherever it stops."""
    for steps in range(MAX_STEPS):
        machine = paid_job_at_work(done)
        machine.a_task_is_delivered(0, Luck.WELL, steps)
        frozen = machine.actors.copy()
        machine.the_owner_ends_it(how, Luck.WELL, MAX_STEPS)
        machine.teardown()
        if not frozen:
            break


def paid_job_at_work(done: int) -> JobMachine:
    machine = JobMachine()
    machine.a_job_is_accepted(a_job({"model": "scripted", "seconds": 8}), done=done, patience=0)
    machine.time_passes(8)
    return machine


def one_comes_between(
    shots: int, done: int, luck: Luck, steps: int, seconds: int, other: int, later: Luck, pause: int
) -> tuple[int, int]:
    """Check that the laws hold then, and after that; return how many were frozen, and how many paused."""
    asked = {"model": "scripted", "fallback_models": ["animatic"], "overlap": True, "seconds": 4 * shots}
    machine = JobMachine()
    machine.a_job_is_accepted(job=a_job(asked), done=done, patience=0)
    machine.another_comes_between(luck, steps, seconds, other, later, pause)
    machine.the_laws_hold()
    machine.teardown()
    return machine.pauses


TestJobModel = JobMachine.TestCase
TestJobModel.settings = settings(max_examples=300, stateful_step_count=40, deadline=None, print_blob=True)
