"""What follows each kind of error, after however many attempts."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.errors import (
    AnswerLost,
    AttemptsExhausted,
    BackendFailed,
    BackendPaused,
    BackendUnavailable,
    Contended,
    Interrupted,
    ObjectStoreUnavailable,
    OperationFailed,
    QuotaExhausted,
    Refused,
    StoreUnavailable,
)
from shared.domain.retry import LONGEST_DELAY, MAX_ATTEMPTS, GiveUp, TryAgain, decide
from tests.unit.jobs import NOW

MANY = 1000
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    "error", [Interrupted(""), StoreUnavailable(""), ObjectStoreUnavailable(""), Contended("")]
)
def test_our_own_outages_leave_it_to_the_queue_and_are_no_attempt(error: Exception) -> None:
    assert decide(error, MANY, NOW, spread=0.5) == TryAgain(is_attempt=False)


@pytest.mark.parametrize("error", [QuotaExhausted(MINUTE), BackendPaused(MINUTE)])
@given(spread=st.floats(0, 1))
def test_whoever_asks_us_to_wait_is_never_asked_sooner_and_it_is_no_attempt(
    error: Exception, spread: float
) -> None:
    decision = decide(error, MANY, NOW, spread=spread)
    assert isinstance(decision, TryAgain)
    assert decision.not_before is not None
    assert (decision.is_attempt, NOW + MINUTE <= decision.not_before <= NOW + MINUTE * 1.1) == (False, True)


@pytest.mark.parametrize("error", [BackendUnavailable(""), AnswerLost("")])
def test_a_providers_outage_is_waited_for_and_is_no_attempt(error: Exception) -> None:
    decision = decide(error, MANY, NOW, spread=0.5)
    assert isinstance(decision, TryAgain)
    assert decision.not_before is not None
    assert (decision.is_attempt, NOW < decision.not_before < NOW + MINUTE) == (False, True)


def test_a_failed_operation_is_tried_three_times_with_growing_delays() -> None:
    first, second = (decide(OperationFailed(""), attempt, NOW, spread=0.5) for attempt in (1, 2))
    assert first == TryAgain(is_attempt=True, not_before=NOW + timedelta(seconds=2))
    assert second == TryAgain(is_attempt=True, not_before=NOW + timedelta(seconds=4))
    third = decide(OperationFailed(""), 3, NOW, spread=0.5)
    assert isinstance(third, GiveUp)
    assert isinstance(third.failure, AttemptsExhausted)
    assert "operation_failed" in str(third.failure)


def test_a_crash_is_tried_five_times_by_the_queues_own_back_off() -> None:
    for attempt in range(1, MAX_ATTEMPTS):
        assert decide(ZeroDivisionError(), attempt, NOW, spread=0) == TryAgain(is_attempt=True)
    last = decide(ZeroDivisionError(), MAX_ATTEMPTS, NOW, spread=0)
    assert isinstance(last, GiveUp)
    assert last.failure.code == "attempts_exhausted"


@pytest.mark.parametrize("failure", [Refused("no"), BackendFailed("broken")])
def test_what_no_attempt_can_mend_ends_the_job_at_once(failure: Exception) -> None:
    decision = decide(failure, 1, NOW, spread=0)
    assert isinstance(decision, GiveUp)
    assert decision.failure is failure


@given(attempt=st.integers(1, MANY), spread=st.floats(0, 1))
def test_no_delay_of_ours_is_longer_than_a_minute_and_a_half(attempt: int, spread: float) -> None:
    decision = decide(OperationFailed(""), min(attempt, 2), NOW, spread=spread)
    assert isinstance(decision, TryAgain)
    assert decision.not_before is not None
    assert NOW < decision.not_before <= NOW + LONGEST_DELAY * 1.5


def test_those_who_failed_together_do_not_come_back_together() -> None:
    delays = {str(decide(OperationFailed(""), 1, NOW, spread=spread)) for spread in (0.0, 0.3, 0.9)}
    assert len(delays) == 3
