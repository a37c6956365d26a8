"""One line of a bill: what is used, how much of it in a month, what it costs. Knows no component's rules."""

from dataclasses import dataclass
from enum import StrEnum

from infra.cost.scenario import Scenario
from infra.cost.tables import Basis, Figure, Price


class Component(StrEnum):
    """What a bill is divided into."""

    CLIPS = "model: clips"
    DRAWINGS = "model: drawings"
    PLANNER = "model: planner"
    SUBMIT = "Cloud Run: submit"
    KEYFRAMES = "Cloud Run: keyframes"
    RENDER = "Cloud Run: render"
    RENDER_GPU = "Cloud Run: render-gpu"
    FINALIZE = "Cloud Run: finalize"
    MINIMUM_INSTANCES = "minimum instances"
    FIRESTORE = "Firestore"
    BACKUPS = "backups and recovery"
    TASKS = "Cloud Tasks"
    STORAGE = "Cloud Storage"
    DELIVERY = "delivery"
    BALANCER = "load balancer"
    ARMOR = "Cloud Armor"
    LOGGING = "logging"
    MONITORING = "monitoring"
    SECRETS = "secrets"
    SCHEDULER = "scheduler"
    IMAGES = "container images"


@dataclass(frozen=True)
class Use:
    """One line."""

    component: Component
    what: str
    price: Price
    units: float
    """A month."""
    is_fixed: bool
    """Whether it is there without any video."""
    rests_on: tuple[Figure, ...] = ()
    """The figures that `units` is made of."""

    @property
    def usd(self) -> float:
        """US dollars a month, as if none of it were free."""
        return self.price.of(self.units)

    @property
    def is_assumed(self) -> bool:
        """Whether its price, or a figure it is made of, is no more than assumed."""
        return any(each.basis is Basis.ASSUMED for each in (self.price, *self.rests_on))


def fixed(component: Component, what: str, price: Price, units: float, *rests_on: Figure) -> Use:
    """Return what is used however many videos are made.

    Args:
        units: a month.
        rests_on: the figures they are made of.
    """
    return Use(component, what, price, units, is_fixed=True, rests_on=rests_on)


def per_video(
    scenario: Scenario, component: Component, what: str, price: Price, units: float, *rests_on: Figure
) -> Use:
    """Return what the videos of a month use.

    Args:
        units: of one video.
        rests_on: the figures they are made of.
    """
    return Use(component, what, price, units * scenario.videos_per_month, is_fixed=False, rests_on=rests_on)
