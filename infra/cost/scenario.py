"""What is to be costed: how many videos, of what kind, in which deployment. Knows no price."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import ceil

from infra.config import GPU_SIZES, Gpu, Size, Sizes
from infra.services import FINALIZE, KEYFRAMES, RENDER, RENDER_GPU, SUBMIT
from shared.domain.capabilities import IMAGE_BACKENDS, PLANNERS, VIDEO_BACKENDS, KeyframeMode, Offer
from shared.domain.errors import InvalidInput
from shared.domain.generation import MAX_SHOTS, GenerationConfig, check_seconds
from shared.domain.gpu_work import GPU_WORK, GpuWork, work_here
from shared.domain.keyframes import keyframes_in

DAYS_PER_MONTH = 365 / 12
HOURS_PER_MONTH = DAYS_PER_MONTH * 24
MINUTES_PER_MONTH = HOURS_PER_MONTH * 60
SECONDS_PER_DAY = 24 * 60 * 60

MOST_JOBS_PER_DAY = 10_000_000
MOST_DOWNLOADS = 10_000_000
"""More is a mistake."""

PRICED_REGION = "europe-west4"
"""Where most of the prices hold."""


def default_sizes(gpu: Gpu = Gpu.NONE) -> Mapping[str, Size]:
    """Return what a deployment's services have unless its stack says otherwise, by name."""
    sizes = Sizes()
    cpu = {SUBMIT: sizes.submit, KEYFRAMES: sizes.keyframes, RENDER: sizes.render, FINALIZE: sizes.finalize}
    found = {service.name: size for service, size in cpu.items()}
    return found if gpu is Gpu.NONE else found | {RENDER_GPU.name: GPU_SIZES[gpu]}


@dataclass(frozen=True)
class Plant:
    """A deployment, as far as it matters to what it costs."""

    sizes: Mapping[str, Size] = field(default_factory=default_sizes)
    """By the service's name; with a GPU also `render-gpu`."""
    gpu: Gpu = Gpu.NONE
    gpu_speeds: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """Backend -> size -> seconds of that GPU for a second of clip, where they were measured."""
    cdn: bool = False
    """Whether videos come from Cloud CDN, else from Cloud Storage."""
    region: str = PRICED_REGION

    def with_gpu(self, gpu: Gpu) -> "Plant":
        """Return the same deployment with another GPU, of the size it wants."""
        if gpu is self.gpu:
            return self
        sizes = {name: size for name, size in self.sizes.items() if name != RENDER_GPU.name}
        if gpu is not Gpu.NONE:
            sizes[RENDER_GPU.name] = GPU_SIZES[gpu]
        return Plant(sizes=sizes, gpu=gpu, cdn=self.cdn, region=self.region)


@dataclass(frozen=True)
class Scenario:
    """So many videos of one kind a day, each as it goes when nothing goes wrong: no call is made twice."""

    jobs_per_day: float
    shots: int
    config: GenerationConfig
    plant: Plant = field(default_factory=Plant)
    clips_on: Gpu = Gpu.NONE
    """The GPU of the deployment that makes the clips; none: what the backend has for it."""
    downloads: float | None = None
    """Of each video; None: as the tables have it."""
    is_free_counted: bool = True
    """Whether what Google Cloud gives for nothing each month is taken off."""

    @property
    def videos_per_month(self) -> float:
        """How many are made."""
        return self.jobs_per_day * DAYS_PER_MONTH

    @property
    def megapixels(self) -> float:
        """Of one picture."""
        return self.config.width * self.config.height / 1_000_000

    @property
    def are_clips_paid(self) -> bool:
        """Whether a provider makes them."""
        return VIDEO_BACKENDS[self.config.model].paid

    @property
    def are_drawings_paid(self) -> bool:
        """Whether a provider makes them."""
        return IMAGE_BACKENDS[self.config.image_model].paid

    @property
    def is_plan_paid(self) -> bool:
        """Whether a provider makes it."""
        return PLANNERS[self.config.planner].paid

    @property
    def gpu_work(self) -> GpuWork | None:
        """What a GPU has to do for the clips; None: nothing, or it cannot."""
        if self.clips_on is Gpu.NONE:
            return None
        here = Offer(gpu=self.clips_on.value, gpu_speeds=self.plant.gpu_speeds)
        return work_here(self.config.model, here)

    @property
    def keyframes(self) -> int:
        """How many are drawn for a video."""
        return keyframes_in(KeyframeMode(self.config.keyframes), self.shots)

    @property
    def polls(self) -> int:
        """How often one clip is asked for at its provider, until it is there."""
        backend = VIDEO_BACKENDS[self.config.model]
        return ceil(backend.usual_seconds / backend.poll_seconds) if backend.paid else 0

    @property
    def deliveries(self) -> int:
        """Tasks that render one video."""
        return self.shots * (1 + self.polls)


def check(scenario: Scenario) -> None:
    """Check that there can be such videos in such a deployment.

    Raises:
        InvalidInput: naming what cannot be, and what can.
    """
    if not 0 < scenario.jobs_per_day <= MOST_JOBS_PER_DAY:
        raise InvalidInput("jobs_per_day", scenario.jobs_per_day, f"more than 0, up to {MOST_JOBS_PER_DAY:,}")
    if not 1 <= scenario.shots <= MAX_SHOTS:
        raise InvalidInput("shots", scenario.shots, f"1 to {MAX_SHOTS}")
    if scenario.downloads is not None and not 0 <= scenario.downloads <= MOST_DOWNLOADS:
        raise InvalidInput("downloads", scenario.downloads, f"0 to {MOST_DOWNLOADS:,}")
    check_seconds(scenario.config, [scenario.shots])
    model = scenario.config.model
    needs_gpu = VIDEO_BACKENDS[model].needs_gpu
    if needs_gpu and scenario.gpu_work is None:
        gpus = " or ".join(GPU_WORK[model])
        raise InvalidInput("gpu", scenario.clips_on.value, f"{gpus} with model {model}, which needs one")
    if not needs_gpu and scenario.clips_on is not Gpu.NONE:
        permitted = f"{Gpu.NONE} with model {model}, which needs none"
        raise InvalidInput("gpu", scenario.clips_on.value, permitted)
