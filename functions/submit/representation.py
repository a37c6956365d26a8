"""How a job looks from outside: a video, in the shape of the OpenAI Videos API with our own fields beside."""

from typing import Any

from shared.domain.job import Charge, Job, JobState, Progress, Shot, ShotStatus, Status
from shared.domain.keyframes import keyframes_total
from shared.domain.progress import percent
from shared.job_queries import Page


def video(job: Job, counts: Progress) -> dict[str, Any]:
    """Return the JSON of a video. Money is in US dollars, times are in seconds since 1970."""
    return {
        "id": job.job_id,
        "object": "video",
        "created_at": int(job.created_at.timestamp()),
        "completed_at": _completed_at(job),
        "expires_at": int(job.expire_at.timestamp()),
        "model": job.config.model,
        "prompt": job.prompt,
        "seconds": str(job.config.seconds),
        "size": job.config.size,
        "status": job.status,
        "progress": percent(job, counts),
        "error": job.error.model_dump(exclude={"path"}) if job.error else None,
        "stage": job.stage,
        "seed": job.config.seed,
        "derived_from": job.derived_from,
        "title": job.plan.title if job.plan else None,
        "reference_images": [{"shows": each.shows} for each in job.reference_images],
        "initial_image": job.initial_image is not None,
        "shots": {
            "total": counts.shots_total,
            "keyframes_total": keyframes_total(job, counts.shots_total),
            "keyframes_drawn": counts.keyframes_drawn,
            "clips_rendered": counts.clips_rendered,
        },
        "cost": {
            "estimate_usd": job.cost_estimate_usd_micros / 1_000_000,
            "spent_usd": counts.spent_usd_micros / 1_000_000,
        },
        "config": {
            name: {"value": value, "set_by": job.config_layers.get(name)}
            for name, value in job.config.model_dump(mode="json").items()
        },
    }


def videos(page: Page) -> dict[str, Any]:
    """Return the JSON of a page of videos; `last_id` is the `after` of the next one."""
    data = [video(job, counts) for job, counts in page.jobs]
    return {
        "object": "list",
        "data": data,
        "first_id": data[0]["id"] if data else None,
        "last_id": data[-1]["id"] if data else None,
        "has_more": page.has_more,
    }


def shots(state: JobState) -> dict[str, Any]:
    """Return the JSON of all shots, in order."""
    return {"object": "list", "data": [_shot(shot, state) for shot in state.shots]}


def _shot(shot: Shot, state: JobState) -> dict[str, Any]:
    """Return the JSON of one shot; `rendering` while a worker holds its lease, or a provider is at work."""
    is_rendering = (
        shot.status is ShotStatus.DRAWN
        and not state.job.status.is_final
        and (shot.lease is not None or shot.operation is not None)
    )
    return {
        "index": shot.index,
        "seconds": shot.seconds,
        "caption": shot.caption,
        "characters": shot.characters,
        "status": "rendering" if is_rendering else shot.status,
        "waits_for": None if state.job.status.is_final else shot.waits_for,
        "model": state.model_of(shot),
        "attempt": shot.attempt,
        "refusals": [refusal.model_dump() for refusal in shot.refusals],
        "charges": [_charge(charge) for charge in shot.charges],
    }


def _charge(charge: Charge) -> dict[str, Any]:
    """Return the JSON of a charge, negative for a refund. An ambiguous one may not have been billed."""
    return {
        "usd": charge.usd_micros / 1_000_000,
        "reason": charge.reason,
        "model": charge.model,
        "ambiguous": charge.ambiguous,
    }


def _completed_at(job: Job) -> int | None:
    if job.status is Status.COMPLETED and job.finished_at:
        return int(job.finished_at.timestamp())
    return None
