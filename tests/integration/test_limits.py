"""How many videos an owner may have unfinished: never more than permitted, and each end frees a place."""

import secrets
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from google.cloud import firestore

from infra.local.clients import job_store
from infra.local.stack import LocalStack
from shared.domain.errors import (
    BackendFailed,
    LimitReached,
    SpendLimitReached,
    TooManyRequests,
    TooManyRunning,
)
from shared.domain.job import JobState
from shared.domain.paid_calls import Payment, call_ended
from shared.domain.transitions import cancel, complete, delete, fail
from shared.job_queries import JobQueries
from shared.job_store import ALL, JobStore, Step
from shared.limits import Limits, Permitted
from tests.integration.reserving import AMPLE, MONTH, NOON, creations, one_video, running, spent
from tests.integration.stored import stored
from tests.unit.jobs import (
    ARTIFACT,
    FINALIZE,
    NOW,
    PRICE,
    SUBMISSION,
    claimed,
    drawn_job,
    queued_job,
    render,
    rendered_job,
    running_job,
)


@pytest.fixture
def own_store(stack: LocalStack) -> JobStore:
    """A store of this test's own: each project has its own database in the emulator."""
    return job_store(stack.environment | {"GOOGLE_CLOUD_PROJECT": f"test-{secrets.token_hex(4)}"})


@pytest.fixture
def db(own_store: JobStore) -> firestore.Client:
    return own_store._db


@pytest.fixture
def limits(db: firestore.Client) -> Limits:
    return Limits(db)


def at_most(running_videos: int) -> Permitted:
    return AMPLE._replace(running_videos=running_videos)


FIVE: dict[str, tuple[Permitted, type[LimitReached]]] = {
    "running": (AMPLE._replace(running_videos=5), TooManyRunning),
    "creations": (AMPLE._replace(creations_per_minute=5), TooManyRequests),
    "money": (AMPLE._replace(usd_micros_per_month=500), SpendLimitReached),
}
"""Limits that permit five videos of 100 micros."""


@pytest.mark.parametrize("limit", FIVE)
def test_thirty_two_at_once_against_a_limit_of_five_admit_exactly_five(
    limits: Limits, db: firestore.Client, limit: str
) -> None:
    permitted, refusal = FIVE[limit]
    limits.reserve(one_video("another"), permitted)
    barrier = threading.Barrier(32)

    def admitted(_: int) -> bool:
        barrier.wait(10)
        try:
            limits.reserve(one_video(usd_micros=100), permitted)
        except refusal:
            return False
        return True

    with ThreadPoolExecutor(32) as callers:
        assert sum(callers.map(admitted, range(32))) == 5
    assert (running(db), running(db, "another")) == (5, 1)
    assert (creations(db), spent(db)) == (5, 500)


def test_what_is_given_back_can_be_reserved_again(limits: Limits) -> None:
    limits.reserve(one_video(), at_most(1))
    with pytest.raises(TooManyRunning):
        limits.reserve(one_video(), at_most(1))
    limits.release(one_video())
    limits.reserve(one_video(), at_most(1))


def test_a_reservation_tells_how_many_creations_are_left_in_the_minute(limits: Limits) -> None:
    two = AMPLE._replace(creations_per_minute=2)
    rates = [limits.reserve(one_video(), two) for _ in range(2)]
    assert [(rate.remaining, rate.resets_in_seconds) for rate in rates] == [(1, 40), (0, 40)]
    with pytest.raises(TooManyRequests) as refused:
        limits.reserve(one_video(), two)
    assert (refused.value.rate.remaining, refused.value.rate.resets_in_seconds) == (0, 40)
    assert limits.reserve(one_video(at=NOON + timedelta(seconds=40)), two).remaining == 1


def test_a_video_that_costs_nothing_is_admitted_when_the_month_is_used_up(limits: Limits) -> None:
    one_dollar = AMPLE._replace(usd_micros_per_month=1_000_000)
    limits.reserve(one_video(usd_micros=1_000_000), one_dollar)
    with pytest.raises(SpendLimitReached):
        limits.reserve(one_video(usd_micros=1), one_dollar)
    limits.reserve(one_video(), one_dollar)
    limits.reserve(one_video(usd_micros=1, at=NOON + timedelta(days=30)), one_dollar)  # another month


ENDS: dict[str, tuple[JobState, Step]] = {
    "completed": (
        rendered_job(),
        lambda s, _: complete(claimed(s, FINALIZE), ARTIFACT, now=NOW, token="mine"),
    ),
    "failed": (drawn_job(), lambda s, now: fail(s, now, failure=BackendFailed("no"))),
    "cancelled": (drawn_job(), cancel),
    "deleted": (queued_job(), delete),
}


@pytest.mark.parametrize(("before", "end"), ENDS.values(), ids=ENDS)
def test_whatever_ends_a_job_frees_its_place_once(
    own_store: JobStore, limits: Limits, db: firestore.Client, before: JobState, end: Step
) -> None:
    job_id = stored(own_store, before)
    limits.reserve(one_video(), AMPLE)
    own_store.change(job_id, end, shots=ALL)
    assert running(db) == 0
    if own_store.load(job_id).state.job.deleted_at is None:
        own_store.change(job_id, delete, shots=ALL)  # it has ended already
    assert running(db) == 0


@pytest.mark.parametrize(("before", "end"), ENDS.values(), ids=ENDS)
def test_whatever_ends_a_job_gives_back_what_it_has_not_spent(
    own_store: JobStore, db: firestore.Client, before: JobState, end: Step
) -> None:
    job, progress = before.job, before.progress
    priced = before.evolve(
        job=job.evolve(cost_estimate_usd_micros=900), progress=progress.evolve(spent_usd_micros=300)
    )
    job_id = stored(own_store, priced)
    assert spent(db) == 900
    own_store.change(job_id, end, shots=ALL)
    assert spent(db) == 300


def test_money_that_comes_back_after_the_end_of_a_job_can_be_spent_again(
    own_store: JobStore, db: firestore.Client
) -> None:
    estimated = running_job().job.evolve(cost_estimate_usd_micros=5 * PRICE)
    job_id = stored(own_store, running_job().evolve(job=estimated))
    own_store.change(job_id, cancel, shots=ALL)
    assert spent(db) == PRICE

    def refunded(state: JobState, _now: object) -> JobState:
        payment = Payment.REFUNDED
        return call_ended(state, render(0), submission_id=SUBMISSION, payment=payment, token="mine")

    own_store.change(job_id, refunded, shots=ALL)
    assert (spent(db), running(db)) == (0, -1)


def test_spending_is_counted_anew_from_the_ledger_and_from_what_runs(
    own_store: JobStore, limits: Limits, db: firestore.Client
) -> None:
    ended, waiting = cancel(running_job(), NOW), running_job()
    stored(own_store, ended)
    stored(own_store, waiting.evolve(job=waiting.job.evolve(cost_estimate_usd_micros=5 * PRICE)))
    stored(own_store, running_job(), owner="another")
    limits.reserve(one_video(usd_micros=7), AMPLE)  # it leaks
    (seen,) = (each for each in limits.counted(10) if each.owner == "somebody")
    assert limits.recount(seen, 1, MONTH)
    assert (running(db), spent(db)) == (1, 6 * PRICE)


def test_a_place_is_freed_although_nothing_was_ever_reserved(
    own_store: JobStore, db: firestore.Client
) -> None:
    own_store.change(stored(own_store, queued_job()), cancel, shots=ALL)
    assert running(db) == -1  # until the next sweep


def test_a_count_that_changed_since_it_was_seen_is_not_set(limits: Limits, db: firestore.Client) -> None:
    limits.reserve(one_video(), AMPLE)
    (seen,) = limits.counted(10)
    assert (seen.owner, seen.running) == ("somebody", 1)
    limits.reserve(one_video(), AMPLE)
    assert not limits.recount(seen, 0, MONTH)
    assert running(db) == 2
    (seen,) = limits.counted(10)
    assert limits.recount(seen, 0, MONTH)
    assert running(db) == 0


def test_every_owner_is_counted_once_wherever_the_counting_begins(limits: Limits) -> None:
    for number in range(7):
        limits.reserve(one_video(f"owner {number}"), AMPLE)
    for _ in range(10):
        assert sorted(each.owner for each in limits.counted(7)) == [f"owner {n}" for n in range(7)]
        assert len({each.owner for each in limits.counted(3)}) == 3


def test_only_unfinished_jobs_of_that_owner_count(own_store: JobStore, db: firestore.Client) -> None:
    for state in (queued_job(), drawn_job(), cancel(queued_job(), NOW)):
        stored(own_store, state)
    stored(own_store, queued_job(), owner="another")
    queries = JobQueries(db)
    assert (queries.running("somebody"), queries.running("another"), queries.running("nobody")) == (2, 1, 0)
