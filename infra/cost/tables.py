"""The dated tables: what Google Cloud charges, and what a video makes a deployment do, each with its source.

Nothing is computed here. Models' prices are not here either: `shared/domain/pricing.py` charges by them.
"""

import tomllib
from datetime import date
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import Field

from shared.domain.model import Edge

FOLDER = Path(__file__).parent


class Basis(StrEnum):
    """How sure a number is."""

    LISTED = "listed"
    """On the page its source names, as of its day."""
    MEASURED = "measured"
    """Counted or timed on one machine, as its source says."""
    ASSUMED = "assumed"
    """Ours; verify before relying on it."""


class _Dated(Edge):
    """What every number says of itself."""

    unit: str
    """Of what it counts, in the singular for a price: `request`."""
    as_of: date
    basis: Basis
    source: Annotated[str, Field(min_length=1)]
    """A URL, or how it was measured or thought up."""


class Price(_Dated):
    """What so many units of something cost."""

    usd: Annotated[float, Field(ge=0)]
    per: Annotated[float, Field(gt=0)] = 1
    """Units that `usd` is for."""
    free_per_month: Annotated[float, Field(ge=0)] = 0
    """Units that cost nothing."""
    region: str
    remark: str = ""

    def of(self, units: float) -> float:
        """Price so many units, in US dollars, as if none were free."""
        return units * self.usd / self.per


class Figure(_Dated):
    """How much of something there is."""

    value: Annotated[float, Field(ge=0)]


class Prices(Edge):
    """Of everything that Google Cloud charges a deployment for. Each is what its unit says."""

    run_cpu: Price
    run_memory: Price
    run_idle_cpu: Price
    run_idle_memory: Price
    run_requests: Price
    gpu_cpu: Price
    gpu_memory: Price
    gpu_l4: Price
    gpu_rtx_pro_6000: Price
    firestore_reads: Price
    firestore_writes: Price
    firestore_ttl_deletes: Price
    firestore_storage: Price
    firestore_recovery: Price
    firestore_backups: Price
    tasks: Price
    storage: Price
    storage_writes: Price
    storage_reads: Price
    egress: Price
    cdn_egress: Price
    cdn_fill: Price
    cdn_lookups: Price
    balancer_rules: Price
    balancer_data: Price
    armor_policies: Price
    armor_rules: Price
    armor_requests: Price
    logging: Price
    metrics: Price
    alert_conditions: Price
    alert_series: Price
    uptime_checks: Price
    secret_versions: Price
    secret_accesses: Price
    scheduler_jobs: Price
    images: Price


class RunWork(Edge):
    """Seconds of Cloud Run."""

    create_seconds: Figure
    status_seconds: Figure
    status_requests: Figure
    planning_seconds: Figure
    drawing_seconds_per_megapixel: Figure
    paid_plan_seconds: Figure
    paid_drawing_seconds: Figure
    clip_seconds_per_second: Figure
    clip_seconds_per_megapixel_second: Figure
    delivery_seconds: Figure
    paid_call_seconds: Figure
    poll_seconds: Figure
    finalize_seconds: Figure
    finalize_seconds_per_second: Figure
    sweep_seconds: Figure
    slower_in_cloud: Figure
    start_seconds: Figure
    starts_per_task: Figure


class GpuWork(Edge):
    """What instances with a GPU cost beside rendering, which `shared.domain.gpu_work` knows."""

    tail_seconds: Figure
    weights_gb: Figure


class FirestoreWork(Edge):
    """Documents read, written, kept and deleted."""

    writes_per_job: Figure
    writes_per_shot: Figure
    writes_per_paid_clip: Figure
    writes_per_poll: Figure
    writes_per_paid_answer: Figure
    reads_per_job: Figure
    reads_per_shot: Figure
    reads_per_paid_clip: Figure
    reads_per_poll: Figure
    reads_per_paid_answer: Figure
    reads_per_look: Figure
    reads_per_sweep: Figure
    writes_per_sweep: Figure
    documents_per_job: Figure
    documents_per_shot: Figure
    document_kib: Figure
    recovery_days: Figure
    backups_kept: Figure


class TaskWork(Edge):
    """Tasks, and what Cloud Tasks counts of each."""

    per_job: Figure
    operations: Figure


class StorageWork(Edge):
    """Objects: how many, how large, for how long."""

    soft_deleted_days: Figure
    free_clip_mb_per_megapixel_second: Figure
    clip_mb_per_megapixel_second: Figure
    drawing_mb_per_megapixel: Figure
    paid_drawing_mb_per_megapixel: Figure
    paid_drawing_copies: Figure
    paid_clip_copies: Figure
    sheet_mb: Figure
    objects_per_job: Figure
    objects_per_shot: Figure
    reads_per_object: Figure


class DeliveryWork(Edge):
    """What leaves the deployment."""

    downloads: Figure
    cache_fills: Figure
    answer_kib: Figure


class EdgeWork(Edge):
    """The load balancer's rules."""

    armor_rules: Figure


class LoggingWork(Edge):
    """Logs, metrics and alerts."""

    kib_per_job: Figure
    kib_per_shot: Figure
    kib_per_request: Figure
    counters: Figure
    distributions: Figure
    counter_bytes: Figure
    distribution_bytes: Figure
    alert_conditions: Figure
    evaluations_per_hour: Figure
    uptime_regions: Figure


class DeploymentWork(Edge):
    """What there is however many videos are made, and of whom they tell."""

    secrets: Figure
    schedules: Figure
    images_gb: Figure
    characters: Figure


class Workload(Edge):
    """Every figure that is not the user's to say."""

    run: RunWork
    gpu: GpuWork
    firestore: FirestoreWork
    tasks: TaskWork
    storage: StorageWork
    delivery: DeliveryWork
    edge: EdgeWork
    logging: LoggingWork
    deployment: DeploymentWork


@cache
def prices() -> Prices:
    """Read the prices that are shipped."""
    return Prices.model_validate(tomllib.loads((FOLDER / "prices.toml").read_text()))


@cache
def workload() -> Workload:
    """Read the figures that are shipped."""
    return Workload.model_validate(tomllib.loads((FOLDER / "workload.toml").read_text()))
