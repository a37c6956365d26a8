"""What stands between the deployment and its callers: delivery, load balancer, Cloud Armor."""

from collections.abc import Iterator

from infra.cost.data import KIB_PER_GIB, MB_PER_GB, is_filmed, video_mb
from infra.cost.scenario import HOURS_PER_MONTH, MINUTES_PER_MONTH, Scenario
from infra.cost.tables import Prices, Workload
from infra.cost.use import Component, Use, fixed, per_video

GIB_PER_GB = 1000**3 / 2**30


def delivery(scenario: Scenario, prices: Prices, workload: Workload) -> Iterator[Use]:
    """Yield what leaves for the internet: videos, and the API's answers."""
    figures, media = workload.delivery, workload.storage
    downloads = figures.downloads.value if scenario.downloads is None else scenario.downloads
    gb = video_mb(scenario, workload) / MB_PER_GB
    size = (
        media.clip_mb_per_megapixel_second if is_filmed(scenario) else media.free_clip_mb_per_megapixel_second
    )
    rests_on = (size, *((figures.downloads,) if scenario.downloads is None else ()))
    if scenario.plant.cdn:
        gib, fills = gb * GIB_PER_GB, min(figures.cache_fills.value, downloads)
        for what, price, units in (
            ("videos from a cache", prices.cdn_egress, gib * downloads),
            ("videos into a cache", prices.cdn_fill, gib * fills),
            ("lookups", prices.cdn_lookups, downloads),
        ):
            yield per_video(scenario, Component.DELIVERY, what, price, units, *rests_on)
    else:
        yield per_video(scenario, Component.DELIVERY, "videos", prices.egress, gb * downloads, *rests_on)
    answers = requests(workload) * figures.answer_kib.value / KIB_PER_GIB / GIB_PER_GB
    rests_on = (figures.answer_kib, workload.run.status_requests)
    yield per_video(scenario, Component.DELIVERY, "answers of the API", prices.egress, answers, *rests_on)


def balancer(scenario: Scenario, prices: Prices, workload: Workload) -> Iterator[Use]:
    """Yield the four forwarding rules, and what goes through them to submit and back."""
    hours = HOURS_PER_MONTH
    yield fixed(Component.BALANCER, "forwarding rules", prices.balancer_rules, hours)
    size = workload.delivery.answer_kib
    gib = requests(workload) * size.value / KIB_PER_GIB
    rests_on = (size, workload.run.status_requests)
    yield per_video(scenario, Component.BALANCER, "data", prices.balancer_data, gib, *rests_on)


def armor(scenario: Scenario, prices: Prices, workload: Workload) -> Iterator[Use]:
    """Yield the security policy, and the requests it looks at."""
    rules, looks = workload.edge.armor_rules, workload.run.status_requests
    yield fixed(Component.ARMOR, "policy", prices.armor_policies, 1)
    yield fixed(Component.ARMOR, "rules", prices.armor_rules, rules.value, rules)
    each = prices.armor_requests
    yield per_video(scenario, Component.ARMOR, "requests", each, requests(workload), looks)
    checks, regions = uptime_checks(workload), workload.logging.uptime_regions
    yield fixed(Component.ARMOR, "uptime checks", each, checks, regions)


def requests(workload: Workload) -> float:
    """Return how many calls of the API a video has: its creation, and looks at it."""
    return 1 + workload.run.status_requests.value


def uptime_checks(workload: Workload) -> float:
    """Return how often a month the public URL is checked."""
    return MINUTES_PER_MONTH * workload.logging.uptime_regions.value
