"""How a job looks from outside: a video, in the shape of the OpenAI Videos API with our own fields beside."""

from typing import Any

from shared.domain.job import Job, Progress, Shot, ShotStatus, Status
from shared.domain.progress import percent


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
        "error": job.error.model_dump() if job.error else None,
        "stage": job.stage,
        "seed": job.config.seed,
        "title": job.plan.title if job.plan else None,
        "shots": {
            "total": counts.shots_total,
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


def shot(shot: Shot) -> dict[str, Any]:
    """Return the JSON of one shot. `rendering` is said while a worker holds its lease."""
    is_rendering = shot.status is ShotStatus.DRAWN and shot.lease is not None
    return {
        "index": shot.index,
        "seconds": shot.seconds,
        "caption": shot.caption,
        "characters": shot.characters,
        "status": "rendering" if is_rendering else shot.status,
    }


def _completed_at(job: Job) -> int | None:
    if job.status is Status.COMPLETED and job.finished_at:
        return int(job.finished_at.timestamp())
    return None
