"""What a stack is told: one frozen object, read once from `Pulumi.<stack>.yaml`.

It knows no resource. What the functions are told is checked by their own `Settings`, before anything is made.
"""

import json
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Literal, Self

import pulumi
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from pydantic.alias_generators import to_camel

from infra.services import FINALIZE, KEYFRAMES, RENDER, RENDER_GPU, SUBMIT, Service
from shared.domain.capabilities import BUILT_IN, GOOGLE, model_of
from shared.settings import Settings

L4_REGIONS = ("asia-southeast1", "europe-west1", "europe-west4", "us-central1", "us-east4")
"""Where Cloud Run has it. Source: https://cloud.google.com/run/docs/configuring/services/gpu, 2026-11."""

RTX_REGIONS = ("asia-southeast1", "europe-west4", "us-central1")
"""Likewise."""

QUEUE_REGIONS = (
    *("asia-east1", "asia-east2", "asia-northeast1", "asia-northeast2", "asia-northeast3", "asia-south1"),
    *("asia-southeast1", "asia-southeast2", "australia-southeast1", "europe-central2", "europe-west1"),
    *("europe-west2", "europe-west3", "europe-west6", "northamerica-northeast1", "southamerica-east1"),
    *("us-central1", "us-east1", "us-east4", "us-west1", "us-west2", "us-west3", "us-west4"),
)
"""Where Cloud Tasks is known to be, and Cloud Scheduler too: not in `europe-west4`.

Source: https://cloud.google.com/tasks/docs/locations, 2026-11.
"""

CPUS = (1, 2, 4, 6, 8)
"""Of a service without a GPU. Source: https://cloud.google.com/run/docs/configuring/services/cpu, 2026-11."""

MAX_GIB_PER_CPU = 4
"""Likewise. Source: https://cloud.google.com/run/docs/configuring/services/memory-limits, 2026-11."""

REGION = r"^[a-z]+-[a-z]+[0-9]+$"
DOMAIN = r"^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$"
PROJECT = r"^[a-z][a-z0-9-]{4,28}[a-z0-9]$"
EMAIL = r"^[^@\s]+@[^@\s]+\.[^@\s]+$"
BILLING_ACCOUNT = r"^[0-9A-F]{6}-[0-9A-F]{6}-[0-9A-F]{6}$"


class Gpu(StrEnum):
    """What renders open-weight models."""

    NONE = "none"
    L4 = "l4"
    """24 GB."""
    RTX_PRO_6000 = "rtx-pro-6000"
    """96 GB."""

    @property
    def regions(self) -> tuple[str, ...] | None:
        """Where Cloud Run has it; None: anywhere."""
        return {Gpu.L4: L4_REGIONS, Gpu.RTX_PRO_6000: RTX_REGIONS}.get(self)


class _Told(BaseModel):
    """Strict: a key that nobody reads is an error, not a wish. Keys are in camelCase, as Pulumi has them."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
        hide_input_in_errors=True,
    )


class Size(_Told):
    """One service: what an instance has, and how many there may be."""

    cpu: Annotated[int, Field(ge=1, le=30)]
    memory_gib: Annotated[int, Field(ge=1, le=120)]
    """`/tmp` is part of it."""
    min_instances: Annotated[int, Field(ge=0)] = 0
    max_instances: Annotated[int, Field(ge=1, le=1000)]

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.min_instances > self.max_instances:
            raise ValueError(
                f"minInstances {self.min_instances} is more than maxInstances {self.max_instances}"
            )
        return self


GPU_SIZES: Mapping[Gpu, Size] = {
    Gpu.L4: Size(cpu=8, memory_gib=32, max_instances=3),
    Gpu.RTX_PRO_6000: Size(cpu=20, memory_gib=80, max_instances=1),
}
"""Least that Cloud Run takes: 4 CPUs and 16 GiB, 20 and 80. Source: as `L4_REGIONS`."""


class Sizes(_Told):
    """Every service's size."""

    submit: Size = Size(cpu=1, memory_gib=1, min_instances=1, max_instances=20)
    keyframes: Size = Size(cpu=1, memory_gib=2, max_instances=20)
    render: Size = Size(cpu=2, memory_gib=2, max_instances=50)
    finalize: Size = Size(cpu=2, memory_gib=4, max_instances=20)
    render_gpu: Size | None = None
    """None: as the GPU wants it."""

    @field_validator("submit", "keyframes", "render", "finalize")
    @classmethod
    def _is_to_be_had(cls, size: Size) -> Size:
        if size.cpu not in CPUS:
            raise ValueError(
                f"cpu {size.cpu} is not to be had without a GPU; permitted: {', '.join(map(str, CPUS))}"
            )
        if size.memory_gib > size.cpu * MAX_GIB_PER_CPU:
            raise ValueError(
                f"memoryGib {size.memory_gib} needs more CPUs than {size.cpu};"
                f" permitted: {size.cpu * MAX_GIB_PER_CPU} at most"
            )
        return size


class WeightsCache(_Told):
    """Where instances with a GPU copy weights as they start, and load them from; gone with the instance."""

    medium: Literal["disk", "memory"]
    """A disk of its own, or part of the instance's memory. Neither is ever overfilled: writing fails."""
    gib: Annotated[int, Field(ge=10)]
    """A disk has no less, and no model fits into less.

    Source: https://docs.cloud.google.com/run/docs/configuring/services/ephemeral-disk, as quoted in 2026-04.
    """


class Limits(_Told):
    """Of every owner whose key has none of its own."""

    running_videos: Annotated[int, Field(ge=1)] = 100
    creations_per_minute: Annotated[int, Field(ge=1)] = 60
    requests_per_minute: Annotated[int, Field(ge=1)] = 1200
    usd_per_month: Annotated[float, Field(ge=0)] = 0
    """0: no limit."""


class Alerts(_Told):
    """Who is told, and from when on."""

    emails: Annotated[tuple[Annotated[str, Field(pattern=EMAIL)], ...], Field(min_length=1, max_length=5)]
    """No more, since a budget tells no more. Source: pulumi-gcp 10.2.0, `BudgetAllUpdatesRuleArgs`."""
    acceptance_p99_seconds: Annotated[float, Field(gt=0)] = 1.0
    waiting_minutes: Annotated[int, Field(ge=1)] = 10
    """Of the oldest video that nobody has begun."""
    usd_per_hour: Annotated[float, Field(gt=0)] = 50
    """Charged by providers, as our ledger has it."""


class Budget(_Told):
    """What the whole project may cost, told by Cloud Billing days later; it stops nothing."""

    billing_account: Annotated[str, Field(pattern=BILLING_ACCOUNT)]
    usd_per_month: Annotated[int, Field(ge=1)]


class Deployment(_Told):
    """One stack."""

    project: Annotated[str, Field(pattern=PROJECT)]
    region: Annotated[str, Field(pattern=REGION)]
    queue_region: Annotated[str, Field(pattern=REGION)] | None = None
    """Where the queues are, and what calls the sweep; None: in `region`."""
    domain: Annotated[str, Field(pattern=DOMAIN, max_length=253)]
    """Where the API answers; its A, AAAA and one CNAME record are the team's to set."""
    alerts: Alerts
    budget: Budget | None = None
    gpu: Gpu = Gpu.NONE
    sizes: Sizes = Sizes()
    limits: Limits = Limits()
    video_backends: tuple[str, ...] = BUILT_IN.video
    image_backends: tuple[str, ...] = BUILT_IN.image
    planners: tuple[str, ...] = BUILT_IN.planners
    defaults: Mapping[str, Any] = {}
    """Settings of a video where a request leaves them open."""
    model_ids: Mapping[str, str] = {}
    max_operations: Mapping[str, int] = {}
    gpu_speeds: Mapping[str, Mapping[str, float]] = {}
    """Backend -> size -> seconds of the GPU for a second of clip, once they were measured."""
    weights_cache: WeightsCache | None = None
    """None: weights are read from the bucket, through its mount."""
    gemini_api: bool = False
    """Whether Google's models come by the Gemini API, with the secret `ttv:googleApiKey`; else Vertex AI."""
    google_location: str = "global"
    veo_location: str = "us-central1"
    cors_origins: tuple[str, ...] = ()
    cdn: bool = False
    """Whether media come from Cloud CDN at our own domain, else from Cloud Storage; by signed URLs both."""
    enforce_waf: bool = False
    """Whether the rules against attacks refuse, or are only logged: look at the logs for a while first."""
    log_level: Literal["debug", "info"] = "info"
    """No less: the metrics are made of what is logged at `info`."""

    @model_validator(mode="after")
    def _gpu_is_there(self) -> Self:
        regions = self.gpu.regions
        if regions and self.region not in regions:
            raise ValueError(
                f"gpu {self.gpu} is not to be had in {self.region}; permitted: {', '.join(regions)}"
            )
        for name, value in (("sizes.renderGpu", self.sizes.render_gpu), ("weightsCache", self.weights_cache)):
            if value and self.gpu is Gpu.NONE:
                raise ValueError(f"{name} is given, but gpu is none")
        return self

    @model_validator(mode="after")
    def _weights_leave_memory(self) -> Self:
        cache = self.weights_cache
        if cache and cache.medium == "memory" and cache.gib >= (has := self.size_of(RENDER_GPU).memory_gib):
            raise ValueError(
                f"weightsCache.gib {cache.gib} leaves nothing of the {has} GiB of memory of an instance;"
                f" permitted: {has - 1} at most, or medium disk"
            )
        return self

    @model_validator(mode="after")
    def _queues_are_there(self) -> Self:
        # One that is named is believed: `gcloud tasks locations list` knows of newer ones.
        if self.queue_region is None and self.region not in QUEUE_REGIONS:
            raise ValueError(
                f"queueRegion is needed: Cloud Tasks is not known to be in {self.region};"
                f" permitted: such as {', '.join(QUEUE_REGIONS)}"
            )
        return self

    @model_validator(mode="after")
    def _key_is_for_something(self) -> Self:
        if self.gemini_api and not self.calls_google:
            raise ValueError("geminiApi is true, but none of Google's models is offered")
        return self

    @model_validator(mode="after")
    def _is_what_functions_accept(self) -> Self:
        later = {name: "later" for name in Settings.model_fields if Settings.model_fields[name].is_required()}
        told = {**later, **{name.lower(): value for name, value in self.settings.items()}}
        if self.gemini_api:
            told["ttv_google_api_key"] = "later"
        if self.gpu is not Gpu.NONE:
            told["ttv_render_gpu_url"] = "later"
        Settings.model_validate(told)
        return self

    @property
    def settings(self) -> dict[str, str]:
        """What every function is told that is known before anything is made: variable -> value."""
        return {
            "GOOGLE_CLOUD_PROJECT": self.project,
            "TTV_LOCATION": self.location,
            "TTV_VIDEO_BACKENDS": ",".join(self.video_backends),
            "TTV_IMAGE_BACKENDS": ",".join(self.image_backends),
            "TTV_PLANNERS": ",".join(self.planners),
            "TTV_DEFAULTS": json.dumps(self.defaults, sort_keys=True),
            "TTV_MODEL_IDS": json.dumps(self.model_ids, sort_keys=True),
            "TTV_MAX_OPERATIONS": json.dumps(self.max_operations, sort_keys=True),
            "TTV_GPU": "" if self.gpu is Gpu.NONE else self.gpu.value,
            "TTV_GPU_SPEEDS": json.dumps(self.gpu_speeds, sort_keys=True),
            "TTV_GPU_INSTANCES": str(self._gpu_instances),
            "TTV_GOOGLE_LOCATION": self.google_location,
            "TTV_VEO_LOCATION": self.veo_location,
            "TTV_MAX_RUNNING_VIDEOS": str(self.limits.running_videos),
            "TTV_CREATIONS_PER_MINUTE": str(self.limits.creations_per_minute),
            "TTV_REQUESTS_PER_MINUTE": str(self.limits.requests_per_minute),
            "TTV_USD_PER_MONTH": str(self.limits.usd_per_month),
            "TTV_CORS_ORIGINS": ",".join(self.cors_origins),
            "TTV_LOG_LEVEL": self.log_level,
        }

    @property
    def _gpu_instances(self) -> int:
        return 1 if self.gpu is Gpu.NONE else self.size_of(RENDER_GPU).max_instances

    @property
    def location(self) -> str:
        """Region of the queues and of the schedule."""
        return self.queue_region or self.region

    @property
    def calls_google(self) -> bool:
        """Whether any of Google's generative models is offered."""
        offered = (*self.video_backends, *self.image_backends, *self.planners)
        return any(model_of(backend).owned_by == GOOGLE for backend in offered)

    @property
    def services(self) -> tuple[Service, ...]:
        """Which there are, workers first: submit hands work to them."""
        gpu = () if self.gpu is Gpu.NONE else (RENDER_GPU,)
        return (KEYFRAMES, RENDER, *gpu, FINALIZE, SUBMIT)

    def size_of(self, service: Service) -> Size:
        """Return the size of one service."""
        if service == RENDER_GPU:
            return self.sizes.render_gpu or GPU_SIZES[self.gpu]
        size: Size = getattr(self.sizes, service.name)
        return size

    @classmethod
    def of_stack(cls) -> "Deployment":
        """Read the configuration of the stack that is being deployed.

        Raises:
            pydantic.ValidationError: it names the key and what is permitted.
        """
        gcp, ttv = pulumi.Config("gcp"), pulumi.Config("ttv")
        told = {"project": gcp.require("project"), "region": gcp.require("region")}
        return cls.model_validate({**ttv.require_object("deployment"), **told})
