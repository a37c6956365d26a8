"""Cloud Run: processors, memory and requests of each service, instances that are kept, and GPUs."""

from collections.abc import Iterator
from typing import NamedTuple

from infra.config import Gpu, Size
from infra.cost.models import sheets_of
from infra.cost.scenario import DAYS_PER_MONTH, MINUTES_PER_MONTH, SECONDS_PER_DAY, Scenario
from infra.cost.tables import Basis, Figure, Price, Prices, Workload
from infra.cost.use import Component, Use, fixed, per_video
from infra.services import FINALIZE, KEYFRAMES, RENDER, RENDER_GPU, SUBMIT
from shared.domain import gpu_work


class Work(NamedTuple):
    """What one video makes a service do."""

    service: str
    component: Component
    seconds: float
    """Of an instance that serves it."""
    requests: float
    rests_on: tuple[Figure, ...]


def run(scenario: Scenario, prices: Prices, workload: Workload) -> Iterator[Use]:
    """Yield what is paid while requests are served; with a GPU also what is paid while none is."""
    for work in works(scenario, workload):
        size, component = scenario.plant.sizes[work.service], work.component
        for price, of_size in ((prices.run_cpu, size.cpu), (prices.run_memory, size.memory_gib)):
            what = f"{of_size} {price.unit.partition('-')[0]}"
            yield per_video(scenario, component, what, price, work.seconds * of_size, *work.rests_on)
        yield per_video(scenario, component, "requests", prices.run_requests, work.requests, *work.rests_on)
    yield from _sweeps(scenario, prices, workload)
    yield from _kept(scenario, prices)
    if scenario.plant.gpu is not Gpu.NONE:
        yield from _gpu(scenario, prices, workload)


def works(scenario: Scenario, workload: Workload) -> Iterator[Work]:
    """Yield what one video makes each service do that has no GPU."""
    run, slower = workload.run, workload.run.slower_in_cloud
    looks = run.status_requests.value
    creating = run.create_seconds.value + looks * run.status_seconds.value
    rests_on: tuple[Figure, ...] = (run.create_seconds, run.status_requests, run.status_seconds, slower)
    yield Work(SUBMIT.name, Component.SUBMIT, creating * slower.value, 1 + looks, rests_on)

    started = run.starts_per_task.value * run.start_seconds.value
    always = (slower, run.starts_per_task, run.start_seconds)
    drawing, figures = _drawing(scenario, workload)
    seconds = run.planning_seconds.value * slower.value + drawing + started
    rests_on = (run.planning_seconds, *figures, *always)
    yield Work(KEYFRAMES.name, Component.KEYFRAMES, seconds, 1, rests_on)

    if scenario.clips_on is Gpu.NONE:
        rendering, figures = _rendering(scenario, workload)
        deliveries = scenario.deliveries
        seconds = rendering + deliveries * (run.delivery_seconds.value * slower.value + started)
        rests_on = (*figures, run.delivery_seconds, *always)
        yield Work(RENDER.name, Component.RENDER, seconds, deliveries, rests_on)

    joining = (run.finalize_seconds, run.finalize_seconds_per_second)
    joined = joining[0].value + scenario.config.seconds * joining[1].value
    seconds = joined * slower.value + started
    yield Work(FINALIZE.name, Component.FINALIZE, seconds, 1, (*joining, *always))


def _drawing(scenario: Scenario, workload: Workload) -> tuple[float, tuple[Figure, ...]]:
    """Return how long keyframes draws, or waits for a provider that does, in seconds."""
    run, figures = workload.run, []
    seconds = 0.0
    if scenario.is_plan_paid:
        seconds += run.paid_plan_seconds.value
        figures.append(run.paid_plan_seconds)
    if scenario.are_drawings_paid:
        drawings = scenario.keyframes + sheets_of(scenario, workload)
        seconds += drawings * run.paid_drawing_seconds.value
        figures.append(run.paid_drawing_seconds)
    else:
        each = scenario.megapixels * run.drawing_seconds_per_megapixel.value
        seconds += scenario.keyframes * each * run.slower_in_cloud.value
        figures.append(run.drawing_seconds_per_megapixel)
    return seconds, tuple(figures)


def _rendering(scenario: Scenario, workload: Workload) -> tuple[float, tuple[Figure, ...]]:
    """Return how long render makes clips, or speaks with a provider that does, in seconds."""
    run = workload.run
    if scenario.are_clips_paid:
        waiting = 2 * run.paid_call_seconds.value + (scenario.polls - 1) * run.poll_seconds.value
        return scenario.shots * waiting, (run.paid_call_seconds, run.poll_seconds)
    begin, steep = run.clip_seconds_per_second, run.clip_seconds_per_megapixel_second
    per_second = begin.value + scenario.megapixels * steep.value
    return scenario.config.seconds * per_second * run.slower_in_cloud.value, (begin, steep)


def _sweeps(scenario: Scenario, prices: Prices, workload: Workload) -> Iterator[Use]:
    """Yield the sweep's share of finalize, once a minute."""
    size, sweep = scenario.plant.sizes[FINALIZE.name], workload.run.sweep_seconds
    seconds = MINUTES_PER_MONTH * sweep.value
    yield fixed(Component.FINALIZE, "sweeps: vCPU", prices.run_cpu, seconds * size.cpu, sweep)
    yield fixed(Component.FINALIZE, "sweeps: GiB", prices.run_memory, seconds * size.memory_gib, sweep)
    yield fixed(Component.FINALIZE, "sweeps: requests", prices.run_requests, MINUTES_PER_MONTH)


def _kept(scenario: Scenario, prices: Prices) -> Iterator[Use]:
    """Yield the instances that are kept without work; work they do is paid besides."""
    for name, size in scenario.plant.sizes.items():
        if name != RENDER_GPU.name and size.min_instances:
            seconds = size.min_instances * DAYS_PER_MONTH * SECONDS_PER_DAY
            for price, of_size in (
                (prices.run_idle_cpu, size.cpu),
                (prices.run_idle_memory, size.memory_gib),
            ):
                what = f"{size.min_instances} of {name}: {of_size} {price.unit.split('-')[0]}"
                yield fixed(Component.MINIMUM_INSTANCES, what, price, seconds * of_size)


def _gpu(scenario: Scenario, prices: Prices, workload: Workload) -> Iterator[Use]:
    """Yield the instances with a GPU: paid from start to stop, whether they work or not."""
    plant, size, tail = scenario.plant, scenario.plant.sizes[RENDER_GPU.name], workload.gpu.tail_seconds
    kept_a_day = size.min_instances * float(SECONDS_PER_DAY)
    on_a_day = kept_a_day
    rests_on: tuple[Figure, ...] = ()
    if work := scenario.gpu_work:
        pace = work.of_a_second[scenario.config.size]
        busy = scenario.config.seconds * pace.seconds
        on_a_day = max(kept_a_day, seconds_on(scenario.jobs_per_day, busy, work.start.seconds + tail.value))
        rests_on = (
            *_told(pace, f"s of {plant.gpu} for a second of clip at {scenario.config.size}"),
            *_told(work.start, f"s until an instance with {plant.gpu} can render"),
            tail,
        )
    of_video = (on_a_day - kept_a_day) * DAYS_PER_MONTH
    for price, of_size, what in _priced(plant.gpu, size, prices):
        kept = kept_a_day * DAYS_PER_MONTH * of_size
        yield fixed(Component.MINIMUM_INSTANCES, f"{size.min_instances} of render-gpu: {what}", price, kept)
        yield Use(Component.RENDER_GPU, what, price, of_video * of_size, is_fixed=False, rests_on=rests_on)
    if scenario.clips_on is not Gpu.NONE:
        deliveries = scenario.deliveries
        yield per_video(scenario, Component.RENDER_GPU, "requests", prices.run_requests, deliveries)


def _told(figure: gpu_work.Figure, unit: str) -> tuple[Figure, ...]:
    """Return a figure as bills show it; none where the deployment has measured it."""
    if figure.source is None:
        return ()
    basis = Basis.ASSUMED if figure.is_estimate else Basis.MEASURED
    source = figure.source
    return (Figure(value=figure.seconds, unit=unit, as_of=source.as_of, basis=basis, source=source.told_by),)


def seconds_on(jobs_per_day: float, busy_seconds: float, idle_seconds: float) -> float:
    """Return how many seconds a day instances with a GPU are up, if videos come evenly.

    One is up from its start until the tail after its last clip, unless the next comes before; more than one
    only when one is busy all day.

    Args:
        busy_seconds: of one video.
        idle_seconds: start and tail together.
    """
    busy = jobs_per_day * busy_seconds
    return max(busy, min(busy + jobs_per_day * idle_seconds, float(SECONDS_PER_DAY)))


def _priced(gpu: Gpu, size: Size, prices: Prices) -> Iterator[tuple[Price, int, str]]:
    yield prices.gpu_l4 if gpu is Gpu.L4 else prices.gpu_rtx_pro_6000, 1, str(gpu)
    yield prices.gpu_cpu, size.cpu, f"{size.cpu} vCPU"
    yield prices.gpu_memory, size.memory_gib, f"{size.memory_gib} GiB"
