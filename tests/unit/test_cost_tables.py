"""The tables behind the costs: every number has a source and a day, and is used."""

import tomllib
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from infra.config import Gpu
from infra.cost.bill import bill
from infra.cost.scenario import Plant, Scenario
from infra.cost.tables import FOLDER, Basis, Figure, Price, Prices, Workload, prices, workload
from tests.unit.cost_tables import on_a_gpu, scenario

PRICES = [(name, getattr(prices(), name)) for name in Prices.model_fields]
FIGURES = [
    (table, name, getattr(getattr(workload(), table), name))
    for table, part in workload()
    for name in type(part).model_fields
]
OF_GOOGLE = "https://cloud.google.com/"
PAID = {"model": "omni", "image_model": "nano_banana", "planner": "gemini", "seconds": 20, "size": "1280x720"}


def every_kind() -> Iterator[Scenario]:
    """Yield scenarios that between them use everything."""
    yield scenario()
    yield scenario(**PAID)  # type: ignore[arg-type]  # settings by name
    yield scenario(plant=Plant(cdn=True))
    for gpu in (Gpu.L4, Gpu.RTX_PRO_6000):
        yield on_a_gpu(scenario(model="ltx"), gpu)


def sums(charged: Prices, works: Workload) -> list[float]:
    """Return what each of them costs where nothing is free."""
    return [bill(replace(each, is_free_counted=False), charged, works).total_usd for each in every_kind()]


@pytest.fixture(scope="module")
def as_shipped() -> list[float]:
    return sums(prices(), workload())


@pytest.mark.parametrize(("name", "price"), PRICES, ids=[name for name, _ in PRICES])
def test_every_price_has_a_page_and_a_day_and_counts(
    name: str, price: Price, as_shipped: list[float]
) -> None:
    assert price.source.startswith(OF_GOOGLE)
    assert price.as_of >= date(2026, 1, 1)
    assert price.usd > 0
    assert price.basis in (Basis.LISTED, Basis.ASSUMED)
    dearer = prices().evolve(**{name: price.evolve(usd=price.usd * 2)})
    assert sums(dearer, workload()) > as_shipped


@pytest.mark.parametrize(
    ("table", "name", "figure"), FIGURES, ids=[f"{table}.{name}" for table, name, _ in FIGURES]
)
def test_every_figure_has_a_source_and_a_day_and_counts(
    table: str, name: str, figure: Figure, as_shipped: list[float]
) -> None:
    assert figure.source
    assert figure.as_of >= date(2026, 1, 1)
    assert figure.basis in (Basis.MEASURED, Basis.ASSUMED)
    part = getattr(workload(), table)
    # A little, since a video has no more characters than six; and one GPU is up all day after a long tail.
    more = workload().evolve(**{table: part.evolve(**{name: figure.evolve(value=figure.value * 1.01)})})
    assert sums(prices(), more) != as_shipped


def test_a_figure_that_nobody_reads_is_refused() -> None:
    told: dict[str, Any] = tomllib.loads((FOLDER / "workload.toml").read_text())
    told["run"]["creat_seconds"] = told["run"]["create_seconds"]
    with pytest.raises(ValidationError, match="creat_seconds"):
        Workload.model_validate(told)


@pytest.mark.parametrize("left_out", ["source", "as_of", "region", "basis"])
def test_a_price_that_does_not_say_where_it_is_from_is_refused(left_out: str) -> None:
    told: dict[str, Any] = tomllib.loads((FOLDER / "prices.toml").read_text())
    del told["tasks"][left_out]
    with pytest.raises(ValidationError, match=left_out):
        Prices.model_validate(told)
