"""Tables of costs in which everything is nought but what a test gives, so that sums can be done by hand."""

from dataclasses import replace
from datetime import date

from infra.config import Gpu
from infra.cost.scenario import Plant, Scenario
from infra.cost.tables import Basis, Figure, Price, Prices, Workload
from shared.domain.capabilities import EVERYTHING, VIDEO_BACKENDS
from shared.domain.generation import build_effective_config

DAY = date(2026, 11, 1)


def only_prices(free: dict[str, float] | None = None, /, **usd: float) -> Prices:
    """Return prices of one unit each.

    Args:
        free: name of a price -> units that cost nothing.
        usd: name of a price -> US dollars; the others are nought.
    """
    assert usd.keys() <= Prices.model_fields.keys()
    return Prices.model_validate(
        {
            name: Price(
                usd=usd.get(name, 0),
                unit=name,
                free_per_month=(free or {}).get(name, 0),
                region="global",
                as_of=DAY,
                basis=Basis.LISTED,
                source="a test",
            )
            for name in Prices.model_fields
        }
    )


def only_figures(**values: float) -> Workload:
    """Return figures.

    Args:
        values: `<table>__<figure>` -> value; the others are nought.
    """
    left = dict(values)
    tables = {
        table: {
            name: Figure(
                value=left.pop(f"{table}__{name}", 0),
                unit=name,
                as_of=DAY,
                basis=Basis.MEASURED,
                source="a test",
            )
            for name in field.annotation.model_fields  # type: ignore[union-attr]  # each is a model
        }
        for table, field in Workload.model_fields.items()
    }
    assert not left, left
    return Workload.model_validate(tables)


def scenario(
    *,
    jobs_per_day: float = 12,
    shots: int = 2,
    plant: Plant | None = None,
    downloads: float | None = None,
    is_free_counted: bool = True,
    **config: object,
) -> Scenario:
    """Return a scenario: 12 videos a day, so 365 a month, of two shots, 10 s, 640x360, made for nothing.

    Args:
        config: settings of the videos.
    """
    asked = {"seconds": 10, "size": "640x360", **config}
    return Scenario(
        jobs_per_day=jobs_per_day,
        shots=shots,
        config=build_effective_config(cli=asked, offered=EVERYTHING).config,
        plant=plant or Plant(),
        downloads=downloads,
        is_free_counted=is_free_counted,
    )


def on_a_gpu(asked: Scenario, gpu: Gpu = Gpu.RTX_PRO_6000) -> Scenario:
    """Return the same on a GPU that makes the clips, if its backend needs one."""
    if not VIDEO_BACKENDS[asked.config.model].needs_gpu:
        return asked
    return replace(asked, plant=asked.plant.with_gpu(gpu), clips_on=gpu)
