"""What befalls the scripted provider's calls: repeated by a seed, exact by script, steered by prompts."""

from dataclasses import fields
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.local.stand_ins.fates import DIRECTIVES, Fate, Rates, directed, with_prompt

LIKELY = [field.name for field in fields(Rates) if field.name != "poll_unavailable"]


def draws(rates: Rates, seed: int) -> list[Fate]:
    random = Random(seed)  # noqa: S311 - to be repeated, not to be secret
    return [rates.draw(random) for _ in range(50)]


@given(st.integers(), st.floats(0, 1))
def test_a_seed_repeats_its_fates(seed: int, rate: float) -> None:
    rates = Rates(quota=rate, lose_answer=rate, fail_later=rate)

    assert draws(rates, seed) == draws(rates, seed)


@given(st.integers())
def test_another_rate_leaves_the_other_faults_where_they_were(seed: int) -> None:
    alone = draws(Rates(lose_answer=0.3), seed)
    beside = draws(Rates(lose_answer=0.3, slow=0.5), seed)

    assert [fate.manner for fate in alone] == [fate.manner for fate in beside]


@pytest.mark.parametrize("name", LIKELY)
def test_a_certain_fault_always_happens_and_an_impossible_one_never(name: str) -> None:
    assert set(draws(Rates.parse(f"{name}=1"), 7)) == {DIRECTIVES[name]}
    assert set(draws(Rates(), 7)) == {Fate()}


@pytest.mark.parametrize("text", ["quota", "quota=x", "quota=2", "nonsense=0.1", "quota=0.1,quota=0.2", ""])
def test_rates_that_mean_nothing_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"permitted|probability"):
        Rates.parse(text)


@pytest.mark.parametrize("directive", ["nonsense", "ok:1", ""])
def test_a_directive_that_does_not_exist_is_refused(directive: str) -> None:
    with pytest.raises(ValueError, match="no directive"):
        directed(directive)


def test_a_prompt_steers_its_own_call() -> None:
    assert with_prompt(Fate(), "a boat [refuse] at dawn") == DIRECTIVES["refuse_start"]
    assert with_prompt(Fate(), "[slow] a boat [refuse later]") == DIRECTIVES["slow"].beside(
        DIRECTIVES["refuse_later"]
    )
    assert with_prompt(Fate(), "a boat [at dawn]") == Fate()


def test_a_call_that_is_rejected_never_gets_as_far_as_its_prompt() -> None:
    assert with_prompt(DIRECTIVES["quota"], "[refuse]") == DIRECTIVES["quota"]
