"""Requests are limited per key and minute, and clients are told how they stand."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from functions.submit.rates import Requests, rate_headers
from shared.domain.errors import TooManyRequests
from shared.domain.rate import Rate, minute_of, seconds_left

NOON = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)


@dataclass
class Clock:
    now: float = NOON.timestamp()

    def __call__(self) -> float:
        return self.now


def test_as_many_reads_as_permitted_pass_in_a_minute_for_each_key() -> None:
    clock = Clock()
    reads = Requests(clock)
    for key in ("one", "another"):
        for _ in range(3):
            reads.count(key, 3)
        with pytest.raises(TooManyRequests) as refused:
            reads.count(key, 3)
        assert refused.value.rate.resets_in_seconds == 60
    clock.now += 59
    with pytest.raises(TooManyRequests):
        reads.count("one", 3)
    clock.now += 1
    reads.count("one", 3)


def test_headers_tell_policy_and_standing() -> None:
    assert rate_headers(Rate("creations", permitted=60, used=1, resets_in_seconds=12)) == {
        "RateLimit-Policy": '"creations";q=60;w=60',
        "RateLimit": '"creations";r=59;t=12',
    }


def test_nothing_is_left_once_too_many_came() -> None:
    rates = [Rate("creations", permitted=2, used=used, resets_in_seconds=1) for used in (1, 2, 3)]
    assert [(rate.remaining, rate.is_exceeded) for rate in rates] == [(1, False), (0, False), (0, True)]


@pytest.mark.parametrize(("seconds", "left"), [(0, 60), (0.5, 60), (1, 59), (59, 1), (59.9, 1), (60, 60)])
def test_a_minute_ends_with_that_of_the_clock(seconds: float, left: int) -> None:
    now = NOON + timedelta(seconds=seconds)
    assert seconds_left(now) == left
    assert minute_of(now) <= now < minute_of(now) + timedelta(minutes=1)
