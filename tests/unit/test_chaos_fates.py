"""What goes wrong in a chaos run comes from its seed alone, and no boundary goes untried."""

import pytest

from tests.chaos.boundaries import BOUNDARIES_OF, Boundary
from tests.chaos.fates import Deed, fate, first_passages
from tests.chaos.orders import orders

EVERYWHERE = [(function, boundary) for function, own in BOUNDARIES_OF.items() for boundary in sorted(own)]


def fates(seed: int, function: str, boundary: Boundary, rate: float) -> list[Deed | None]:
    return [fate(seed, function, boundary, passage, rate) for passage in range(1, 401)]


@pytest.mark.parametrize(("function", "boundary"), EVERYWHERE)
def test_one_of_the_first_passages_is_struck_for_sure(function: str, boundary: Boundary) -> None:
    struck = fates(3, function, boundary, rate=0)
    first = first_passages(boundary)
    assert [deed for deed in struck[:first] if deed] == [Deed.KILL]
    assert not any(struck[first:])


def test_the_same_seed_gives_the_same_fates_and_another_gives_others() -> None:
    assert fates(3, "render", Boundary.COMMITTED, 0.1) == fates(3, "render", Boundary.COMMITTED, 0.1)
    assert fates(3, "render", Boundary.COMMITTED, 0.1) != fates(4, "render", Boundary.COMMITTED, 0.1)


def test_submit_is_never_put_to_sleep() -> None:
    assert Deed.SLEEP in fates(3, "render", Boundary.COMMITTED, 1)
    assert Deed.SLEEP not in fates(3, "submit", Boundary.JOB_STORED, 1)


def test_the_same_seed_gives_the_same_orders() -> None:
    assert orders(3, 20) == orders(3, 20)
    assert orders(3, 20) != orders(4, 20)
    assert orders(3, 40)[:20] == orders(3, 20)


def test_a_run_has_orders_of_every_kind() -> None:
    made = orders(3, 200)
    assert {order.model for order in made} == {"animatic", "scripted"}
    assert 10 <= sum(order.cancel is not None for order in made) <= 40
    assert any(order.fallback_models for order in made)
