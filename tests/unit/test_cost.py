"""What a month costs: sums that were done by hand, over tables made for it."""

from dataclasses import replace

import pytest

from infra.config import Gpu
from infra.cost.bill import Bill, bill
from infra.cost.run import seconds_on
from infra.cost.scenario import DAYS_PER_MONTH, SECONDS_PER_DAY, Plant, Scenario
from infra.cost.tables import prices, workload
from infra.cost.use import Component
from shared.domain.capabilities import VIDEO_BACKENDS, KeyframeMode, Offer
from shared.domain.errors import InvalidInput
from shared.domain.gpu_work import seconds_of_work
from shared.domain.pricing import (
    MICROS,
    clip_cost_usd_micros,
    drawing_usd_micros,
    planning_usd_micros,
)
from tests.unit.cost_tables import on_a_gpu, only_figures, only_prices, scenario

VIDEOS = 365
"""A month, of 12 a day."""

RETENTION_DAYS = 30


def component(made: Bill, wanted: Component) -> float:
    """Return what is to be paid for one component."""
    return sum(share.usd for share in made.shares if share.component is wanted)


def test_a_month_of_videos_that_cost_no_provider() -> None:
    charged = only_prices(
        run_cpu=0.001,
        run_requests=0.01,
        firestore_writes=0.0001,
        tasks=0.001,
        storage=0.1,
        egress=1,
        balancer_rules=0.5,
    )
    works = only_figures(
        run__slower_in_cloud=1,
        run__create_seconds=1,
        run__status_requests=4,
        run__status_seconds=0.5,
        run__clip_seconds_per_second=2,
        run__finalize_seconds=3,
        firestore__writes_per_job=20,
        firestore__writes_per_shot=15,
        tasks__per_job=2,
        tasks__operations=2,
        storage__free_clip_mb_per_megapixel_second=100,
        storage__soft_deleted_days=DAYS_PER_MONTH - RETENTION_DAYS,
        delivery__downloads=2,
    )
    made = bill(scenario(), charged, works)

    # submit 1 + 4 x 0.5 s on 1 vCPU; render 10 x 2 s on 2; finalize 3 s on 2
    assert component(made, Component.SUBMIT) == pytest.approx(VIDEOS * (0.003 + 0.05))  # 5 requests
    assert component(made, Component.KEYFRAMES) == pytest.approx(VIDEOS * 0.01)
    assert component(made, Component.RENDER) == pytest.approx(VIDEOS * (0.040 + 0.02))
    assert component(made, Component.FINALIZE) == pytest.approx(VIDEOS * (0.006 + 0.01) + 43_800 * 0.01)
    assert component(made, Component.FIRESTORE) == pytest.approx(VIDEOS * 50 * 0.0001)
    assert component(made, Component.TASKS) == pytest.approx(VIDEOS * 8 * 0.001)
    # 10 s x 0.2304 megapixels x 100 MB, once as a video and once as clips, for one month
    assert component(made, Component.STORAGE) == pytest.approx(VIDEOS * 0.4608 * 0.1)
    assert component(made, Component.DELIVERY) == pytest.approx(VIDEOS * 0.4608)
    assert component(made, Component.BALANCER) == pytest.approx(365)  # 730 hours
    assert made.fixed_usd == pytest.approx(365 + 438)
    assert made.total_usd == pytest.approx(1043.4912)
    assert made.usd_per_further_video == pytest.approx(0.65888)
    assert made.usd_per_second == pytest.approx(1043.4912 / VIDEOS / 10)


def test_a_month_of_videos_whose_clips_a_provider_makes() -> None:
    """`scripted` has made-up prices that do not change: 0.10 a second; and two polls of a clip."""
    charged = only_prices(tasks=0.001, firestore_reads=0.01, run_cpu=0.001)
    works = only_figures(
        run__slower_in_cloud=2,
        run__paid_call_seconds=3,
        run__poll_seconds=1,
        run__delivery_seconds=0.5,
        run__starts_per_task=0.5,
        run__start_seconds=4,
        firestore__reads_per_job=10,
        firestore__reads_per_paid_clip=5,
        firestore__reads_per_poll=7,
        tasks__per_job=2,
        tasks__operations=2,
    )
    made = bill(scenario(model="scripted"), charged, works)

    assert component(made, Component.CLIPS) == pytest.approx(VIDEOS * 10 * 0.1)
    assert component(made, Component.TASKS) == pytest.approx(VIDEOS * (2 + 2 * 3) * 2 * 0.001)
    assert component(made, Component.FIRESTORE) == pytest.approx(VIDEOS * (10 + 2 * 5 + 2 * 7) * 0.01)
    # each shot: 2 calls of 3 s, one further poll of 1 s, 3 deliveries of 0.5 s twice as slow, 3 starts of 2 s
    assert component(made, Component.RENDER) == pytest.approx(VIDEOS * 2 * (7 + 3 + 6) * 2 * 0.001)
    assert component(made, Component.KEYFRAMES) == pytest.approx(VIDEOS * 2 * 0.001)
    assert component(made, Component.FINALIZE) == pytest.approx(VIDEOS * 2 * 2 * 0.001)
    assert made.total_usd == pytest.approx(VIDEOS * (1 + 0.016 + 0.34 + 0.064 + 0.002 + 0.004))


def test_a_month_of_videos_whose_clips_are_made_on_a_gpu() -> None:
    charged = only_prices(gpu_l4=0.001, gpu_cpu=0.0001, gpu_memory=0.00001, storage=0.02)
    works = only_figures(gpu__tail_seconds=600, gpu__weights_gb=30)
    asked = on_a_gpu(scenario(model="ltx"), Gpu.L4)
    made = bill(asked, charged, works)

    seconds = VIDEOS * (240 + 10 * 20 + 600)  # start, 10 s of 20 s each, and the tail
    assert component(made, Component.RENDER_GPU) == pytest.approx(
        seconds * (0.001 + 8 * 0.0001 + 32 * 0.00001)
    )
    assert component(made, Component.STORAGE) == pytest.approx(30 * 0.02)
    assert component(made, Component.RENDER) == 0


def test_a_gpu_is_costed_at_the_pace_that_jobs_are_refused_by() -> None:
    charged = only_prices(gpu_l4=1)
    asked = on_a_gpu(scenario(model="wan_5b", size="1280x720"), Gpu.L4)
    work = seconds_of_work("wan_5b", "1280x720", 10, Offer(gpu="l4"))
    assert work is not None
    assert bill(asked, charged, only_figures()).total_usd == pytest.approx(VIDEOS * work)
    assumed = [use for use in bill(asked, charged, only_figures()).uses if use.usd]
    assert all(use.is_assumed for use in assumed), "no GPU has run it yet"


def test_a_pace_that_the_stack_has_measured_takes_the_place_of_ours() -> None:
    charged = only_prices(gpu_l4=1)
    asked = on_a_gpu(scenario(model="wan_5b", size="1280x720"), Gpu.L4)
    plant = replace(asked.plant, gpu_speeds={"wan_5b": {"1280x720": 100.0}})
    made = bill(replace(asked, plant=plant), charged, only_figures())
    assert made.total_usd == pytest.approx(VIDEOS * (200 + 10 * 100))
    other = plant.with_gpu(Gpu.RTX_PRO_6000)
    assert other.gpu_speeds == {}, "which were another GPU's"


def test_a_gpu_is_up_from_its_start_until_the_tail_after_its_last() -> None:
    assert seconds_on(1, 200, 600) == 800
    assert seconds_on(10, 200, 600) == 8000
    assert seconds_on(144, 200, 600) == SECONDS_PER_DAY  # never idle for as long as the tail
    assert seconds_on(1000, 200, 600) == 200_000  # more than one, busy all day


def test_a_gpu_that_makes_no_clip_costs_nothing_but_its_weights() -> None:
    without = bill(scenario(), prices(), workload())
    made = bill(scenario(plant=Plant().with_gpu(Gpu.L4)), prices(), workload())
    weights = workload().gpu.weights_gb.value * 0.02
    assert made.total_usd - without.total_usd == pytest.approx(weights)


def test_instances_that_are_kept_are_paid_all_month() -> None:
    sizes = {name: size.model_copy(update={"min_instances": 2}) for name, size in Plant().sizes.items()}
    charged = only_prices(run_idle_cpu=0.001)
    made = bill(scenario(plant=Plant(sizes=sizes)), charged, only_figures())
    assert component(made, Component.MINIMUM_INSTANCES) == pytest.approx(
        365 * 7200 * 0.001 * 2 * (1 + 1 + 2 + 2)
    )
    assert made.videos_usd == 0


def test_what_is_free_is_taken_off_once_for_all_components_together() -> None:
    charged = only_prices({"run_requests": 43_800 + 365}, run_requests=0.01)
    works = only_figures()
    # 43,800 sweeps, and 365 x (1 + 1 + 2 + 1) requests
    asked = scenario()
    made = bill(asked, charged, works)
    assert made.free_usd == pytest.approx(441.65)
    assert made.total_usd == pytest.approx(4 * 365 * 0.01)
    untouched = bill(replace(asked, is_free_counted=False), charged, works)
    assert untouched.free_usd == 0
    assert untouched.total_usd == pytest.approx(made.total_usd + 441.65)


def test_no_more_is_free_than_is_used() -> None:
    made = bill(scenario(), only_prices({"run_requests": 10**9}, run_requests=0.01), only_figures())
    assert made.total_usd == pytest.approx(0, abs=1e-9)


def test_videos_from_a_cache_are_charged_by_the_cache() -> None:
    charged = only_prices(egress=1, cdn_egress=0.5, cdn_fill=0.25, cdn_lookups=0.001)
    works = only_figures(
        storage__free_clip_mb_per_megapixel_second=1000 * 2**30 / 10**9 / 2.304, delivery__cache_fills=1
    )
    asked = scenario(downloads=3, plant=Plant(cdn=True))  # of one GiB each
    made = bill(asked, charged, works)
    assert component(made, Component.DELIVERY) == pytest.approx(VIDEOS * (3 * 0.5 + 0.25 + 3 * 0.001))
    assert component(bill(replace(asked, downloads=0), charged, works), Component.DELIVERY) == 0


@pytest.mark.parametrize("planner", ["rules", "gemini"])
@pytest.mark.parametrize("image_model", ["storyboard", "nano_banana"])
@pytest.mark.parametrize("model", VIDEO_BACKENDS)
def test_models_cost_what_jobs_are_charged(model: str, image_model: str, planner: str) -> None:
    asked = on_a_gpu(
        scenario(shots=3, model=model, image_model=image_model, planner=planner, seconds=12, size="1280x720")
    )
    made = bill(asked, only_prices(), only_figures(deployment__characters=3))
    config = asked.config
    clips = sum(clip_cost_usd_micros(model, seconds, config.width, config.height) for seconds in (4, 4, 4))
    sheets = 3 if image_model == "nano_banana" else 0
    charged = planning_usd_micros(config) + (3 + sheets) * drawing_usd_micros(config) + clips
    assert made.total_usd == pytest.approx(VIDEOS * charged / MICROS)


def test_in_pairs_there_is_one_keyframe_more() -> None:
    asked = scenario(image_model="nano_banana", keyframes=KeyframeMode.PAIR.value)
    made = bill(asked, only_prices(), only_figures())
    assert made.total_usd == pytest.approx(VIDEOS * 3 * drawing_usd_micros(asked.config) / MICROS)


def test_what_rests_on_an_assumption_is_told_apart() -> None:
    charged = only_prices(run_requests=0.01, balancer_rules=1)
    assumed = charged.balancer_rules.evolve(basis="assumed")
    made = bill(scenario(), charged.evolve(balancer_rules=assumed), only_figures())
    assert made.assumed_usd == pytest.approx(730)
    works = only_figures(run__status_requests=1)
    guessed = works.run.status_requests.evolve(basis="assumed")
    made = bill(scenario(), charged, works.evolve(run=works.run.evolve(status_requests=guessed)))
    assert made.assumed_usd == pytest.approx(VIDEOS * 2 * 0.01)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"shots": 0}, "shots: 0 is not permitted; permitted: 1 to 40"),
        ({"shots": 6}, "seconds: 10 is not permitted; permitted: 12 to 60 with 6 shots of animatic"),
        (
            {"clips_on": Gpu.L4, "config": scenario(model="scripted").config},
            "permitted: none with model scripted, which needs none",
        ),
        ({"clips_on": Gpu.L4}, "permitted: none with model animatic, which needs none"),
        (
            {"config": scenario(model="ltx").config},
            "gpu: 'none' is not permitted; permitted: l4 or rtx-pro-6000 with model ltx, which needs one",
        ),
        (
            {"clips_on": Gpu.L4, "config": scenario(model="wan_14b").config},
            "gpu: 'l4' is not permitted; permitted: rtx-pro-6000 with model wan_14b, which needs one",
        ),
    ],
)
def test_what_cannot_be_made_is_refused(changes: dict[str, object], says: str) -> None:
    asked: Scenario = replace(scenario(), **changes)  # type: ignore[arg-type]  # fields by name
    with pytest.raises(InvalidInput) as refused:
        bill(asked, prices(), workload())
    assert says in str(refused.value)
