"""What is kept and handed on: Firestore with its backups, Cloud Tasks, Cloud Storage."""

from collections.abc import Iterator

from functions.submit.creation import RETENTION
from infra.config import Gpu
from infra.cost.models import sheets_of
from infra.cost.scenario import DAYS_PER_MONTH, MINUTES_PER_MONTH, Scenario
from infra.cost.tables import Prices, Workload
from infra.cost.use import Component, Use, fixed, per_video

KIB_PER_GIB = 2**20
MB_PER_GB = 1000


def firestore(scenario: Scenario, prices: Prices, workload: Workload) -> Iterator[Use]:
    """Yield reads and writes of videos and sweeps, what TTL deletes, and what is stored until then."""
    per, looks = workload.firestore, workload.run.status_requests
    written, left = writes(scenario, workload), documents(scenario, workload)
    for what, price, units, rests_on in (
        ("reads", prices.firestore_reads, reads(scenario, workload), (per.reads_per_shot, looks)),
        ("writes", prices.firestore_writes, written, (per.writes_per_job, per.writes_per_shot)),
        ("deletes by TTL", prices.firestore_ttl_deletes, left, (per.documents_per_shot,)),
    ):
        yield per_video(scenario, Component.FIRESTORE, what, price, units, *rests_on)

    gib_months = left * per.document_kib.value / KIB_PER_GIB * RETENTION.days / DAYS_PER_MONTH
    size, kept = per.document_kib, prices.firestore_storage
    yield per_video(scenario, Component.FIRESTORE, "stored documents", kept, gib_months, size)
    backed_up = gib_months * per.backups_kept.value
    yield per_video(
        scenario,
        *(Component.BACKUPS, "daily backups", prices.firestore_backups, backed_up),
        *(size, per.backups_kept),
    )
    recovered = written * size.value / KIB_PER_GIB * per.recovery_days.value / DAYS_PER_MONTH
    yield per_video(
        scenario,
        *(Component.BACKUPS, "point-in-time recovery", prices.firestore_recovery, recovered),
        *(size, per.recovery_days),
    )

    sweeps = MINUTES_PER_MONTH
    read, write = per.reads_per_sweep, per.writes_per_sweep
    yield fixed(Component.FIRESTORE, "sweeps: reads", prices.firestore_reads, sweeps * read.value, read)
    yield fixed(Component.FIRESTORE, "sweeps: writes", prices.firestore_writes, sweeps * write.value, write)


def reads(scenario: Scenario, workload: Workload) -> float:
    """Return how many documents are read for a video."""
    per, shots = workload.firestore, scenario.shots
    found = per.reads_per_job.value + shots * per.reads_per_shot.value
    found += workload.run.status_requests.value * per.reads_per_look.value
    found += _paid_answers(scenario, workload) * per.reads_per_paid_answer.value
    if scenario.are_clips_paid:
        further_polls = shots * (scenario.polls - 1)
        found += shots * per.reads_per_paid_clip.value + further_polls * per.reads_per_poll.value
    return found


def writes(scenario: Scenario, workload: Workload) -> float:
    """Return how many documents are written for a video; what a commit only verifies counts as written."""
    per, shots = workload.firestore, scenario.shots
    found = per.writes_per_job.value + shots * per.writes_per_shot.value
    found += _paid_answers(scenario, workload) * per.writes_per_paid_answer.value
    if scenario.are_clips_paid:
        further_polls = shots * (scenario.polls - 1)
        found += shots * per.writes_per_paid_clip.value + further_polls * per.writes_per_poll.value
    return found


def documents(scenario: Scenario, workload: Workload) -> float:
    """Return how many documents a video leaves, the ledger apart, which is never deleted."""
    per = workload.firestore
    return per.documents_per_job.value + scenario.shots * per.documents_per_shot.value


def _paid_answers(scenario: Scenario, workload: Workload) -> float:
    drawings = scenario.keyframes + sheets_of(scenario, workload) if scenario.are_drawings_paid else 0
    return scenario.is_plan_paid + drawings


def tasks(scenario: Scenario, prices: Prices, workload: Workload) -> Iterator[Use]:
    """Yield what Cloud Tasks counts."""
    counted = tasks_of(scenario, workload) * workload.tasks.operations.value
    rests_on = workload.tasks.operations
    yield per_video(scenario, Component.TASKS, "operations", prices.tasks, counted, rests_on)


def tasks_of(scenario: Scenario, workload: Workload) -> float:
    """Return how many tasks a video has: one for each shot and poll, and those of the other stages."""
    return workload.tasks.per_job.value + scenario.deliveries


def storage(scenario: Scenario, prices: Prices, workload: Workload) -> Iterator[Use]:
    """Yield what is stored, and the operations on it."""
    per = workload.storage
    days = RETENTION.days + per.soft_deleted_days.value
    gb_months = stored_mb(scenario, workload) / MB_PER_GB * days / DAYS_PER_MONTH
    clip_mb = (
        per.clip_mb_per_megapixel_second if is_filmed(scenario) else per.free_clip_mb_per_megapixel_second
    )
    drawn = per.paid_drawing_mb_per_megapixel if scenario.are_drawings_paid else per.drawing_mb_per_megapixel
    rests_on = (clip_mb, drawn, per.sheet_mb, per.soft_deleted_days)
    yield per_video(scenario, Component.STORAGE, "stored media", prices.storage, gb_months, *rests_on)

    is_any_paid = scenario.are_clips_paid or scenario.are_drawings_paid
    of_shots = scenario.shots * per.objects_per_shot.value * (2 if is_any_paid else 1)
    written = per.objects_per_job.value + of_shots
    yield per_video(
        scenario, Component.STORAGE, "writes", prices.storage_writes, written, per.objects_per_shot
    )
    looked_at = written * per.reads_per_object.value
    yield per_video(
        scenario, Component.STORAGE, "reads", prices.storage_reads, looked_at, per.reads_per_object
    )
    if scenario.plant.gpu is not Gpu.NONE:
        weights = workload.gpu.weights_gb
        yield fixed(Component.STORAGE, "open weights", prices.storage, weights.value, weights)


def stored_mb(scenario: Scenario, workload: Workload) -> float:
    """Return what a video leaves in Cloud Storage, in MB: itself, its clips and its pictures."""
    per = workload.storage
    video = video_mb(scenario, workload)
    clips = video * (per.paid_clip_copies.value if scenario.are_clips_paid else 1)
    drawings = scenario.keyframes + sheets_of(scenario, workload)
    if scenario.are_drawings_paid:
        picture = per.paid_drawing_mb_per_megapixel.value * per.paid_drawing_copies.value
    else:
        picture = per.drawing_mb_per_megapixel.value
    return video + clips + drawings * scenario.megapixels * picture + per.sheet_mb.value


def video_mb(scenario: Scenario, workload: Workload) -> float:
    """Return how large a finished video is, in MB: its clips are joined as they are."""
    per = workload.storage
    figure = (
        per.clip_mb_per_megapixel_second if is_filmed(scenario) else per.free_clip_mb_per_megapixel_second
    )
    return scenario.config.seconds * scenario.megapixels * figure.value


def is_filmed(scenario: Scenario) -> bool:
    """Whether a model makes the clips, so that everything in them moves; else pictures do."""
    return scenario.are_clips_paid or scenario.clips_on is not Gpu.NONE
