"""How a job looks from outside: a video, in the shape of the OpenAI Videos API with our own fields beside."""

from datetime import datetime
from typing import Literal

from functions.submit.schemas import (
    Cost,
    Estimate,
    GivenReference,
    Setting,
    ShotCharge,
    ShotCounts,
    ShotJudgement,
    ShotRefusal,
    Video,
    VideoError,
    VideoPage,
    VideoShot,
    VideoShots,
)
from shared.domain.capabilities import Offer
from shared.domain.eta import eta_seconds
from shared.domain.job import Charge, Job, JobState, Progress, Shot, ShotStatus, Status
from shared.domain.keyframes import keyframes_total
from shared.domain.pricing import MICROS
from shared.domain.progress import percent
from shared.job_queries import Page


def video(
    job: Job, counts: Progress, *, now: datetime, offered: Offer, queue_position: int | None = None
) -> Video:
    """Show a job as a video.

    Args:
        offered: by this deployment.
        queue_position: while it is queued, if it is known.
    """
    return Video(
        id=job.job_id,
        created_at=int(job.created_at.timestamp()),
        completed_at=_completed_at(job),
        expires_at=int(job.expire_at.timestamp()),
        model=job.config.model,
        prompt=job.prompt,
        seconds=str(job.config.seconds),
        size=job.config.size,
        status=job.status,
        progress=percent(job, counts),
        error=job.error and VideoError(**job.error.model_dump(exclude={"path"})),
        remixed_from_video_id=job.derived_from if job.is_remix else None,
        stage=job.stage,
        queue_position=queue_position,
        eta_seconds=eta_seconds(job, counts, now, offered),
        seed=job.config.seed,
        derived_from=job.derived_from,
        title=job.plan.title if job.plan else None,
        reference_images=[GivenReference(shows=each.shows) for each in job.reference_images],
        initial_image=job.initial_image is not None,
        shots=ShotCounts(
            total=counts.shots_total,
            keyframes_total=keyframes_total(job, counts.shots_total),
            keyframes_drawn=counts.keyframes_drawn,
            clips_rendered=counts.clips_rendered,
        ),
        cost=Cost(
            estimate_usd=job.cost_estimate_usd_micros / MICROS, spent_usd=counts.spent_usd_micros / MICROS
        ),
        config=_settings(job),
        metadata=dict(job.metadata),
    )


def estimate(job: Job) -> Estimate:
    """Show what a job would cost."""
    return Estimate(
        model=job.config.model,
        seconds=str(job.config.seconds),
        size=job.config.size,
        estimate_usd=job.cost_estimate_usd_micros / MICROS,
        config=_settings(job),
    )


def videos(page: Page, *, now: datetime, offered: Offer) -> VideoPage:
    """Show a page of jobs."""
    data = [video(job, counts, now=now, offered=offered) for job, counts in page.jobs]
    return VideoPage(
        data=data,
        first_id=data[0].id if data else None,
        last_id=data[-1].id if data else None,
        has_more=page.has_more,
    )


def shots(state: JobState) -> VideoShots:
    """Show all shots, in order."""
    return VideoShots(
        data=[_shot(shot, state) for shot in state.shots],
        charges=[_charge(charge) for charge in state.keyframes.charges],
    )


def _shot(shot: Shot, state: JobState) -> VideoShot:
    """Show one shot; `rendering` while a worker holds its lease, or a provider is at work."""
    is_rendering = (
        shot.status is ShotStatus.DRAWN
        and not state.job.status.is_final
        and (shot.lease is not None or shot.operation is not None)
    )
    return VideoShot(
        index=shot.index,
        seconds=shot.seconds,
        prompt=shot.prompt,
        caption=shot.caption,
        characters=list(shot.characters),
        status="rendering" if is_rendering else shot.status,
        progress=shot.rendered_percent,
        waits_for=None if state.job.status.is_final else shot.waits_for,
        model=state.model_of(shot),
        attempt=shot.attempt,
        judgement=shot.judgement and ShotJudgement(**shot.judgement.model_dump()),
        from_cache=shot.from_cache,
        reused=_reused(shot),
        rendered_seconds=shot.rendered_seconds,
        rendered_on=shot.rendered_on or None,
        refusals=[ShotRefusal(**refusal.model_dump()) for refusal in shot.refusals],
        charges=[_charge(charge) for charge in shot.charges],
    )


def _reused(shot: Shot) -> list[Literal["keyframe", "clip"]]:
    taken = shot.reused
    kinds: tuple[Literal["keyframe", "clip"], ...] = ("keyframe", "clip")
    return [kind for kind in kinds if taken and getattr(taken, kind)]


def _charge(charge: Charge) -> ShotCharge:
    return ShotCharge(
        usd=charge.usd_micros / MICROS, reason=charge.reason, model=charge.model, ambiguous=charge.ambiguous
    )


def _settings(job: Job) -> dict[str, Setting]:
    return {
        name: Setting(value=value, set_by=job.config_layers.get(name, "default"))
        for name, value in job.config.model_dump(mode="json").items()
    }


def _completed_at(job: Job) -> int | None:
    if job.status is Status.COMPLETED and job.finished_at:
        return int(job.finished_at.timestamp())
    return None
