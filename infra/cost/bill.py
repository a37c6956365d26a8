"""A month's bill: every line of every component, and what they come to. It prints nothing."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from infra.cost import data, edge, models, operations
from infra.cost.run import run
from infra.cost.scenario import Scenario, check
from infra.cost.tables import Price, Prices, Workload
from infra.cost.use import Component, Use


@dataclass(frozen=True)
class Share:
    """What one component costs a month, in US dollars."""

    component: Component
    fixed_usd: float
    """However many videos are made, as if nothing were free."""
    videos_usd: float
    """Because of them, likewise."""
    free_usd: float
    """What of both is free. What is free of one price goes to all that is used of it, in equal parts."""
    assumed_usd: float
    """What of the rest rests on a price or figure that is only assumed."""

    @property
    def usd(self) -> float:
        """What is to be paid."""
        return self.fixed_usd + self.videos_usd - self.free_usd


@dataclass(frozen=True)
class Bill:
    """What a scenario costs, in US dollars a month unless it says otherwise."""

    scenario: Scenario
    uses: tuple[Use, ...]

    @cached_property
    def shares(self) -> tuple[Share, ...]:
        """What each component costs, dearest first; those of which nothing is used are left out."""
        found = [self._share(component) for component in Component]
        used = [share for share in found if share.fixed_usd or share.videos_usd]
        return tuple(sorted(used, key=lambda share: -share.usd))

    @property
    def fixed_usd(self) -> float:
        """What there is however many videos are made, as if nothing were free."""
        return sum(share.fixed_usd for share in self.shares)

    @property
    def videos_usd(self) -> float:
        """What there is because of them, likewise."""
        return sum(share.videos_usd for share in self.shares)

    @property
    def free_usd(self) -> float:
        """What of both Google Cloud gives for nothing, if that is counted."""
        return sum(share.free_usd for share in self.shares)

    @property
    def assumed_usd(self) -> float:
        """What of the total rests on assumptions."""
        return sum(share.assumed_usd for share in self.shares)

    @property
    def total_usd(self) -> float:
        """What is to be paid."""
        return sum(share.usd for share in self.shares)

    @property
    def usd_per_video(self) -> float:
        """Of everything that is to be paid."""
        return self.total_usd / self.scenario.videos_per_month

    @property
    def usd_per_further_video(self) -> float:
        """What one more costs, once nothing is free any more."""
        return self.videos_usd / self.scenario.videos_per_month

    @property
    def usd_per_second(self) -> float:
        """Of everything that is to be paid, per second of finished video."""
        return self.usd_per_video / self.scenario.config.seconds

    def _share(self, component: Component) -> Share:
        uses = [use for use in self.uses if use.component is component]
        return Share(
            component,
            fixed_usd=sum(use.usd for use in uses if use.is_fixed),
            videos_usd=sum(use.usd for use in uses if not use.is_fixed),
            free_usd=sum(use.usd * self._free_part(use.price) for use in uses),
            assumed_usd=sum(use.usd * (1 - self._free_part(use.price)) for use in uses if use.is_assumed),
        )

    def _free_part(self, price: Price) -> float:
        """Return which part, 0 to 1, of all that is used of a price is free."""
        used = self._used[price]
        is_counted = self.scenario.is_free_counted and used
        return min(1, price.free_per_month / used) if is_counted else 0

    @cached_property
    def _used(self) -> Mapping[Price, float]:
        """Units a month, of all components together."""
        used: dict[Price, float] = defaultdict(float)
        for use in self.uses:
            used[use.price] += use.units
        return used


def bill(scenario: Scenario, prices: Prices, workload: Workload) -> Bill:
    """Work out what a scenario costs.

    Raises:
        InvalidInput: there can be no such videos; it tells what there can be.
    """
    check(scenario)
    return Bill(
        scenario,
        (
            *models.models(scenario, workload),
            *run(scenario, prices, workload),
            *data.firestore(scenario, prices, workload),
            *data.tasks(scenario, prices, workload),
            *data.storage(scenario, prices, workload),
            *edge.delivery(scenario, prices, workload),
            *edge.balancer(scenario, prices, workload),
            *edge.armor(scenario, prices, workload),
            *operations.logging(scenario, prices, workload),
            *operations.monitoring(prices, workload),
            *operations.secrets(scenario, prices, workload),
            *operations.schedule_and_images(prices, workload),
        ),
    )
