"""Faults between queue and worker: each does what it says, none comes unasked, and a seed repeats them."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from google.cloud.tasks_v2 import types
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from infra.local.cloud_tasks.__main__ import main
from infra.local.cloud_tasks.faults import (
    MAX_DELAY_SECONDS,
    MAX_DUPLICATE_AFTER_SECONDS,
    MAX_HOLD_SECONDS,
    Fate,
    Faults,
    FaultyDelivery,
    seeded,
)
from infra.local.cloud_tasks.task import Outcome, Task
from infra.local.queues import TaskFaults, tasks_launch

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SOON = 10.0
"""Seconds; nothing here waits for a clock, so only a test that hangs ever gets there."""
KINDS = ("duplicate", "delay", "reorder", "drop", "lose_answer")
OK = Outcome(200)

probabilities = st.floats(0, 1)
faults_of_any_kind = st.builds(Faults, *[probabilities] * len(KINDS))
seeds = st.integers(0, 2**32)


class Worker:
    """Answers every attempt, unless it is held."""

    def __init__(self, outcome: Outcome = OK) -> None:
        self.outcome = outcome
        self.inbox: asyncio.Queue[str] = asyncio.Queue()
        self.may_answer = asyncio.Event()
        self.may_answer.set()

    async def __call__(self, task: Task) -> Outcome:
        self.inbox.put_nowait(task.name.split("/")[-1])
        await self.may_answer.wait()
        return self.outcome


class Sleeper:
    """Sleeps until it is woken, whatever the time."""

    def __init__(self) -> None:
        self._asleep: asyncio.Queue[tuple[float, asyncio.Event]] = asyncio.Queue()

    async def __call__(self, seconds: float) -> None:
        woken = asyncio.Event()
        self._asleep.put_nowait((seconds, woken))
        await woken.wait()

    async def wake_next(self) -> float:
        """Wait until somebody sleeps, wake them, and return how long they meant to sleep."""
        seconds, woken = await self._asleep.get()
        woken.set()
        return seconds

    def is_used(self) -> bool:
        return not self._asleep.empty()


def named(task_id: str, queue: str = "q") -> Task:
    return Task(
        name=f"projects/p/locations/l/queues/{queue}/tasks/{task_id}",
        http_request=types.HttpRequest(url="http://worker/"),
        create_time=NOW,
        schedule_time=NOW,
        dispatch_deadline=timedelta(minutes=10),
    ).dispatched(NOW)


def random_with(faults: Faults, *wanted: Callable[[Fate], object]) -> Random:
    """Find random numbers by what they have in store for the first deliveries."""
    for seed in range(1000):
        random = seeded(seed)
        if all(is_wanted(faults.draw(random)) for is_wanted in wanted):
            return seeded(seed)
    raise LookupError("no such seed")


def run(scenario: Coroutine[None, None, None]) -> None:
    asyncio.run(asyncio.wait_for(scenario, SOON))


def counts_of(**happened: int) -> dict[str, int]:
    return dict.fromkeys(KINDS, 0) | happened


def test_without_probabilities_deliveries_pass_untouched() -> None:
    async def scenario() -> None:
        worker, sleeper = Worker(), Sleeper()
        faulty = FaultyDelivery(worker, Faults(), seeded(1), sleep=sleeper)
        for number in range(100):
            assert await faulty(named(str(number))) is OK
            assert await worker.inbox.get() == str(number)
        assert worker.inbox.empty()
        assert not sleeper.is_used()
        assert faulty.counts == counts_of()

    run(scenario())


def test_dropped_delivery_is_done_for_the_queue_and_unknown_to_the_worker() -> None:
    async def scenario() -> None:
        worker = Worker()
        faulty = FaultyDelivery(worker, Faults(drop=1), seeded(1))
        assert (await faulty(named("a"))).is_success
        assert worker.inbox.empty()
        assert faulty.counts == counts_of(drop=1)

    run(scenario())


def test_duplicate_at_once_arrives_while_the_first_still_runs() -> None:
    async def scenario() -> None:
        faults, worker, sleeper = Faults(duplicate=1), Worker(), Sleeper()
        random = random_with(faults, lambda fate: fate.duplicate_after_seconds == 0)
        faulty = FaultyDelivery(worker, faults, random, sleep=sleeper)
        worker.may_answer.clear()
        attempt = asyncio.create_task(faulty(named("a")))
        assert [await worker.inbox.get() for _ in range(2)] == ["a", "a"]
        assert not attempt.done()
        worker.may_answer.set()
        assert await attempt is OK
        assert worker.inbox.empty()
        assert not sleeper.is_used()
        assert faulty.counts == counts_of(duplicate=1)

    run(scenario())


def test_late_duplicate_arrives_some_seconds_after_the_queue_knows_of_the_success() -> None:
    async def scenario() -> None:
        faults, worker, sleeper = Faults(duplicate=1), Worker(), Sleeper()
        random = random_with(faults, lambda fate: fate.duplicate_after_seconds)
        faulty = FaultyDelivery(worker, faults, random, sleep=sleeper)
        assert await faulty(named("a")) is OK
        assert await worker.inbox.get() == "a"
        assert worker.inbox.empty()
        assert faulty.counts == counts_of()
        assert 0 < await sleeper.wake_next() <= MAX_DUPLICATE_AFTER_SECONDS
        assert await worker.inbox.get() == "a"
        assert faulty.counts == counts_of(duplicate=1)

    run(scenario())


def test_outcome_of_the_duplicate_is_ignored() -> None:
    async def scenario() -> None:
        outcomes = asyncio.Queue[Outcome]()
        for outcome in (OK, Outcome(500)):
            outcomes.put_nowait(outcome)

        async def worker(task: Task) -> Outcome:
            return await outcomes.get()

        faults = Faults(duplicate=1)
        random = random_with(faults, lambda fate: fate.duplicate_after_seconds == 0)
        assert await FaultyDelivery(worker, faults, random)(named("a")) is OK

    run(scenario())


def test_failed_delivery_has_no_late_duplicate_since_it_comes_again_anyway() -> None:
    async def scenario() -> None:
        faults, worker, sleeper = Faults(duplicate=1), Worker(Outcome(500)), Sleeper()
        random = random_with(faults, lambda fate: fate.duplicate_after_seconds)
        faulty = FaultyDelivery(worker, faults, random, sleep=sleeper)
        assert await faulty(named("a")) == Outcome(500)
        assert not sleeper.is_used()
        assert faulty.counts == counts_of()

    run(scenario())


def test_delayed_delivery_arrives_some_seconds_late() -> None:
    async def scenario() -> None:
        worker, sleeper = Worker(), Sleeper()
        faulty = FaultyDelivery(worker, Faults(delay=1), seeded(1), sleep=sleeper)
        attempt = asyncio.create_task(faulty(named("a")))
        seconds = await sleeper.wake_next()
        assert worker.inbox.empty()
        assert 0 < seconds <= MAX_DELAY_SECONDS
        assert await attempt is OK
        assert await worker.inbox.get() == "a"
        assert faulty.counts == counts_of(delay=1)

    run(scenario())


def test_reordered_delivery_waits_until_the_next_one_of_its_queue_has_ended() -> None:
    async def scenario() -> None:
        worker = Worker()
        faulty = FaultyDelivery(worker, Faults(reorder=1), seeded(1), sleep=Sleeper())
        first = asyncio.create_task(faulty(named("first")))
        await asyncio.sleep(0)
        worker.may_answer.clear()
        second = asyncio.create_task(faulty(named("second")))
        assert await worker.inbox.get() == "second"
        await asyncio.sleep(0)
        assert worker.inbox.empty(), "the second has not ended yet"
        worker.may_answer.set()
        assert await worker.inbox.get() == "first"
        assert [await first, await second] == [OK, OK]
        assert faulty.counts == counts_of(reorder=1)

    run(scenario())


def test_reordered_delivery_does_not_wait_for_a_slow_one_to_end() -> None:
    async def scenario() -> None:
        worker, sleeper = Worker(), Sleeper()
        worker.may_answer.clear()
        faulty = FaultyDelivery(worker, Faults(reorder=1), seeded(1), sleep=sleeper)
        attempts = [asyncio.create_task(faulty(named(name))) for name in ("first", "slow")]
        assert await worker.inbox.get() == "slow"
        await sleeper.wake_next()
        assert await worker.inbox.get() == "first"
        worker.may_answer.set()
        assert await asyncio.gather(*attempts) == [OK, OK]
        assert faulty.counts == counts_of(reorder=1)

    run(scenario())


def test_delivery_of_another_queue_does_not_overtake() -> None:
    async def scenario() -> None:
        worker, sleeper = Worker(), Sleeper()
        faults = Faults(reorder=0.5)
        random = random_with(faults, lambda fate: fate.is_held_back, lambda fate: not fate.is_held_back)
        faulty = FaultyDelivery(worker, faults, random, sleep=sleeper)
        held = asyncio.create_task(faulty(named("held")))
        await asyncio.sleep(0)
        await faulty(named("other", queue="other"))
        assert await worker.inbox.get() == "other"
        await asyncio.sleep(0)
        assert worker.inbox.empty()
        await sleeper.wake_next()
        assert await held is OK

    run(scenario())


def test_delivery_that_nobody_overtakes_is_held_back_for_some_seconds_only() -> None:
    async def scenario() -> None:
        worker, sleeper = Worker(), Sleeper()
        faulty = FaultyDelivery(worker, Faults(reorder=1), seeded(1), sleep=sleeper)
        attempt = asyncio.create_task(faulty(named("alone")))
        assert await sleeper.wake_next() == MAX_HOLD_SECONDS
        assert await attempt is OK
        assert await worker.inbox.get() == "alone"
        assert faulty.counts == counts_of(), "nothing was reordered"

    run(scenario())


def test_lost_answer_is_a_503_for_the_queue_although_the_worker_succeeded() -> None:
    async def scenario() -> None:
        worker = Worker()
        faulty = FaultyDelivery(worker, Faults(lose_answer=1), seeded(1))
        outcome = await faulty(named("a"))
        assert (outcome.http_status, outcome.is_success) == (503, False)
        assert await worker.inbox.get() == "a"
        assert faulty.counts == counts_of(lose_answer=1)

    run(scenario())


def test_failure_is_never_hidden_by_a_lost_answer() -> None:
    async def scenario() -> None:
        refused = Outcome(0, no_answer="UNAVAILABLE", detail="connection refused")
        faulty = FaultyDelivery(Worker(refused), Faults(lose_answer=1), seeded(1))
        assert await faulty(named("a")) is refused
        assert faulty.counts == counts_of()

    run(scenario())


def test_each_fault_is_logged_with_its_kind_and_task() -> None:
    async def scenario() -> None:
        await FaultyDelivery(Worker(), Faults(drop=1), seeded(1))(named("a"))

    with capture_logs() as logs:
        run(scenario())
    [entry] = logs
    assert (entry["event"], entry["kind"]) == ("fault.injected", "drop")
    assert entry["task"] == named("a").name


def faults_logged(seed: int) -> list[tuple[object, ...]]:
    async def no_sleep(seconds: float) -> None:
        await asyncio.sleep(0)

    async def scenario() -> None:
        faults = Faults(duplicate=0.3, delay=0.3, reorder=0.3, drop=0.3, lose_answer=0.3)
        faulty = FaultyDelivery(Worker(), faults, seeded(seed), sleep=no_sleep)
        for number in range(100):
            await faulty(named(str(number)))

    with capture_logs() as logs:
        run(scenario())
    return [tuple(entry.values()) for entry in logs]


def test_same_seed_repeats_the_faults_and_another_does_not() -> None:
    assert faults_logged(7) == faults_logged(7)
    assert faults_logged(7) != faults_logged(8)


@settings(deadline=None)
@given(faults_of_any_kind, seeds, probabilities)
def test_changing_one_probability_leaves_the_other_faults(faults: Faults, seed: int, drop: float) -> None:
    random, changed_random = seeded(seed), seeded(seed)
    for _ in range(10):
        fate = faults.draw(random)
        changed = replace(faults, drop=drop).draw(changed_random)
        assert replace(changed, is_dropped=fate.is_dropped) == fate


@settings(deadline=None)
@given(faults_of_any_kind, seeds)
def test_nothing_waits_longer_than_it_says(faults: Faults, seed: int) -> None:
    fate = faults.draw(seeded(seed))
    assert 0 <= fate.delay_seconds <= MAX_DELAY_SECONDS
    assert 0 <= (fate.duplicate_after_seconds or 0) <= MAX_DUPLICATE_AFTER_SECONDS


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("probability", [-0.01, 1.01, float("nan"), float("inf")])
def test_probability_outside_0_to_1_is_refused(kind: str, probability: float) -> None:
    with pytest.raises(ValueError, match=rf"{kind}=.*: a probability must be from 0 to 1"):
        Faults(**{kind: probability})


def test_faults_are_read_from_a_line() -> None:
    assert Faults.parse("duplicate=0.05,lose_answer=1") == Faults(duplicate=0.05, lose_answer=1)


@pytest.mark.parametrize(
    ("flags", "message"),
    [
        (
            ["--faults", "dorp=0.1"],
            "--faults: 'dorp' is not a fault; permitted are duplicate, delay, reorder",
        ),
        (["--faults", "drop=1.5"], "--faults: drop=1.5: a probability must be from 0 to 1"),
        (["--faults", "drop=often"], "--faults: drop=often: a probability must be a number from 0 to 1"),
        (["--faults", "drop"], "--faults: drop=: a probability must be a number from 0 to 1"),
        (["--faults", "drop=0.1,drop=0.2"], "--faults: drop is given twice, at last as 'drop=0.2'"),
        (["--faults", ""], "--faults: '' is not a fault"),
        (["--faults", "drop=1", "--seed", "x"], "--seed: invalid int value: 'x'"),
        (["--seed", "7"], "--seed: 7 has no effect without --faults"),
    ],
)
def test_command_line_says_what_is_wrong_with_the_faults(
    flags: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as exit_info:
        main(["--port", "0", *flags])
    assert exit_info.value.code == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("faults", "flags"),
    [
        (None, []),
        (TaskFaults("drop=0.1,delay=1"), ["--faults=drop=0.1,delay=1"]),
        (TaskFaults("drop=0.1", seed=0), ["--faults=drop=0.1", "--seed=0"]),
    ],
)
def test_local_stack_passes_faults_on_only_when_asked_to(faults: TaskFaults | None, flags: list[str]) -> None:
    command = tasks_launch(8123, {}, Path(), {}, faults).command
    assert list(command[command.index("8123") + 1 :]) == flags
