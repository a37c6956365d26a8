"""Whole seconds are divided into permitted clip lengths exactly and evenly."""

import itertools

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from shared.domain.durations import (
    choose_shot_count,
    divide_seconds,
    possible_shot_counts,
    share_by_weight,
)
from shared.domain.errors import PlanImpossible

VEO = (4, 6, 8)
ANY_LENGTH = tuple(range(2, 11))

permitted_lengths = st.sets(st.integers(1, 15), min_size=1, max_size=6).map(
    lambda lengths: tuple(sorted(lengths))
)


@given(total=st.integers(1, 120), shots=st.integers(1, 20), permitted=permitted_lengths)
def test_a_division_uses_permitted_lengths_and_adds_up_exactly(
    total: int, shots: int, permitted: tuple[int, ...]
) -> None:
    assume(shots in possible_shot_counts(total, permitted, 20))
    lengths = divide_seconds(total, shots, permitted)
    assert sum(lengths) == total
    assert len(lengths) == shots
    assert set(lengths) <= set(permitted)


@given(total=st.integers(1, 30), shots=st.integers(1, 4), permitted=permitted_lengths)
def test_no_division_is_more_even_and_none_is_missed(
    total: int, shots: int, permitted: tuple[int, ...]
) -> None:
    every = itertools.combinations_with_replacement(permitted, shots)
    squares = [sum(length**2 for length in lengths) for lengths in every if sum(lengths) == total]
    assert (shots in possible_shot_counts(total, permitted, 4)) == bool(squares)
    if squares:
        assert sum(length**2 for length in divide_seconds(total, shots, permitted)) == min(squares)


def test_known_divisions_are_as_even_as_can_be() -> None:
    assert divide_seconds(24, 5, VEO) == (4, 4, 4, 6, 6)
    assert divide_seconds(23, 4, ANY_LENGTH) == (5, 6, 6, 6)
    assert possible_shot_counts(24, VEO, 20) == (3, 4, 5, 6)


def test_an_impossible_length_is_refused_in_words_that_name_what_is_permitted() -> None:
    with pytest.raises(PlanImpossible, match=r"7 seconds .* 4, 6 or 8 seconds"):
        choose_shot_count(1, 7, VEO, 20)
    with pytest.raises(PlanImpossible, match=r"25 seconds .* 2 clips"):
        divide_seconds(25, 2, VEO)


def test_too_few_shots_for_the_time_is_refused() -> None:
    with pytest.raises(PlanImpossible, match="up to 2 clips"):
        choose_shot_count(9, 60, VEO, 2)


@pytest.mark.parametrize(
    ("moments", "total", "permitted", "shots"),
    [
        (4, 24, ANY_LENGTH, 4),
        (20, 24, ANY_LENGTH, 6),
        (1, 24, ANY_LENGTH, 4),
        (3, 8, VEO, 2),
        (1, 4, VEO, 1),
        (5, 30, (5, 10), 5),
        (3, 24, (8,), 3),
    ],
)
def test_shot_count_follows_the_story_at_a_comfortable_pace(
    moments: int, total: int, permitted: tuple[int, ...], shots: int
) -> None:
    assert choose_shot_count(moments, total, permitted, 20) == shots


def test_the_heaviest_moment_gets_the_longest_clip() -> None:
    assert share_by_weight((4, 6, 8), (10, 90, 40)) == (4, 8, 6)
    assert share_by_weight((4, 6), (5, 5)) == (6, 4)
