"""What a job is charged for paid calls, and what it may be. Money is in millionths of a US dollar."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from shared.domain.errors import CostLimitReached
from shared.domain.job import Charge, JobState, WorkKey
from shared.domain.pricing import MICROS, is_beyond_limit


def check_affordable(state: JobState, usd_micros: int, *, shot: int | None = None) -> None:
    """Check that a call may be paid.

    Raises:
        CostLimitReached: it would cost more than the user permits.
    """
    spent = state.progress.spent_usd_micros
    if is_beyond_limit(state.job.config, spent + usd_micros):
        raise CostLimitReached(
            f"{spent / MICROS:g} USD are spent, and {usd_micros / MICROS:g} more would be"
            f" beyond the max_cost_usd of {state.job.config.max_cost_usd:g}",
            shot=shot,
        )


def with_charges(state: JobState, key: WorkKey, charges: Sequence[Charge]) -> JobState:
    """Return the state with charges added to a piece of work and to what the job has spent."""
    if not charges:
        return state
    work = state.work(key)
    spent = state.progress.spent_usd_micros + sum(charge.usd_micros for charge in charges)
    state = state.evolve(progress=state.progress.evolve(spent_usd_micros=spent))
    return state.with_work(key, work.evolve(charges=(*work.charges, *charges)))


class NewCharge(NamedTuple):
    """A charge or refund that a step has added."""

    key: WorkKey
    """The piece of work it is for."""
    number: int
    """Among the charges of that work, from 0."""
    charge: Charge


def new_charges(before: JobState, after: JobState) -> Iterator[NewCharge]:
    """Yield every charge that was not there before: each is entered into the ledger once."""
    known = {key: len(work.charges) for key, work in before.works()}
    for key, work in after.works():
        for number in range(known.get(key, 0), len(work.charges)):
            yield NewCharge(key, number, work.charges[number])
