"""When a video backend may be called: the breaker's growing pauses, and the operator's switch above it."""

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.circuit import (
    FIRST_OPEN,
    MAX_OPEN,
    OFF_RECHECK,
    OPENS_AT,
    Circuit,
    after_outage,
    after_success,
    switched,
    wait,
)
from tests.unit.jobs import NOW

CLEAN = Circuit(backend="animatic")


def after_outages(count: int) -> Circuit:
    """Return the circuit after outages, each reported once attempts go through again."""
    circuit = CLEAN
    for _ in range(count):
        circuit = after_outage(circuit, circuit.open_until or NOW)
    return circuit


def opened_for(outages: int) -> timedelta:
    """Return how long the last of so many outages opens the breaker."""
    before = after_outages(outages - 1)
    now = before.open_until or NOW
    return wait(after_outage(before, now), now) or timedelta(0)


def test_a_backend_nobody_has_complained_about_may_be_called() -> None:
    assert wait(CLEAN, NOW) is None


@pytest.mark.parametrize(
    ("outages", "seconds"),
    [(1, 0), (2, 0), (3, 15), (4, 30), (5, 60), (6, 120), (7, 240), (8, 300), (9, 300)],
)
def test_the_third_outage_opens_it_and_each_further_one_for_twice_as_long_up_to_5_minutes(
    outages: int, seconds: int
) -> None:
    assert opened_for(outages) == timedelta(seconds=seconds)


def test_while_it_is_open_the_rest_of_the_time_is_to_be_waited() -> None:
    circuit = after_outages(OPENS_AT)
    assert circuit.open_until == NOW + FIRST_OPEN
    assert wait(circuit, NOW + FIRST_OPEN / 3) == FIRST_OPEN * 2 / 3
    assert wait(circuit, NOW + FIRST_OPEN) is None


def test_attempts_that_began_before_it_opened_and_fail_later_do_not_open_it_for_longer() -> None:
    circuit = after_outages(OPENS_AT)
    assert after_outage(circuit, NOW + FIRST_OPEN / 2) == circuit


def test_a_success_between_outages_counts_from_zero_again() -> None:
    circuit = after_success(after_outages(OPENS_AT - 1))
    assert circuit == CLEAN
    assert wait(after_outage(circuit, NOW), NOW) is None


def test_a_success_after_it_was_open_closes_it() -> None:
    circuit = after_success(after_outages(6))
    assert (circuit.outages, circuit.open_until, wait(circuit, NOW)) == (0, None, None)


def test_a_backend_switched_off_waits_30_seconds_at_a_time_whatever_the_breaker_says() -> None:
    for circuit in (CLEAN, after_outages(8)):
        assert wait(switched(circuit, False, "maintenance"), NOW) == OFF_RECHECK == timedelta(seconds=30)


def test_neither_outage_nor_success_turns_a_switch() -> None:
    off = switched(CLEAN, False, "too dear")
    for circuit in (after_outage(off, NOW), after_success(after_outage(off, NOW))):
        assert (circuit.is_on, circuit.note) == (False, "too dear")


def test_switching_on_closes_the_breaker_and_switching_off_leaves_it() -> None:
    assert switched(after_outages(4), False, "").outages == 4
    assert switched(after_outages(4), True, "well again") == CLEAN.evolve(note="well again")


@given(st.lists(st.integers(0, 600), max_size=60))
def test_however_outages_come_it_never_stays_open_longer_than_5_minutes(gaps: list[int]) -> None:
    circuit, now, opened = CLEAN, NOW, [NOW]
    for gap in gaps:
        now += timedelta(seconds=gap)
        circuit = after_outage(circuit, now)
        assert (wait(circuit, now) or timedelta(0)) <= MAX_OPEN
        opened.append(circuit.open_until or NOW)
    assert all(earlier <= later for earlier, later in pairwise(opened))


@given(st.integers(OPENS_AT, 10_000))
def test_the_breaker_opens_after_any_number_of_outages(outages: int) -> None:
    circuit = after_outage(CLEAN.evolve(outages=outages), NOW)
    assert FIRST_OPEN < (wait(circuit, NOW) or timedelta(0)) <= MAX_OPEN
