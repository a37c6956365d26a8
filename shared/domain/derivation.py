"""Makes a new job of an old one: the same plan, and whatever the old one has finished.

Nothing is ever reset: the new job has documents and counters of its own.
"""

from datetime import datetime, timedelta

from shared.domain.errors import IllegalTransition, MediaCorrupt, MediaMissing
from shared.domain.job import Job, JobState, Progress, Reused, Shot, Status
from shared.domain.naming import job_of
from shared.domain.pricing import dearest_clip_usd_micros, estimate_usd_micros


def retried(
    source: JobState,
    *,
    job_id: str,
    now: datetime,
    kept_for: timedelta,
    time_limit_seconds: int,
    trace_id: str,
) -> JobState:
    """Ask once more for what a failed job did not bring, taking over what it did.

    Args:
        source: the failed job, with all of its shots.
        kept_for: when the new job expires, from now.

    Raises:
        IllegalTransition: the job has not failed.
    """
    old = source.job
    if old.status is not Status.FAILED:
        raise IllegalTransition(f"only a failed video can be retried; this one is {old.status}")
    shots = tuple(_once_more(shot, source) for shot in source.shots)
    job = Job(
        job_id=job_id,
        owner=old.owner,
        prompt=old.prompt,
        config=old.config,
        config_layers=old.config_layers,
        plan=old.plan,
        cost_estimate_usd_micros=_estimate(old, shots),
        time_limit_seconds=time_limit_seconds,
        created_at=now,
        expire_at=now + kept_for,
        derived_from=old.job_id,
        reuses=tuple(sorted({old.job_id} | _owners(shots))),
        trace_id=trace_id,
    )
    progress = Progress(shots_total=len(shots))
    return JobState(job=job, progress=progress, shots=shots).tell("job.accepted", derived_from=old.job_id)


def _once_more(shot: Shot, source: JobState) -> Shot:
    return Shot(
        index=shot.index,
        prompt=shot.prompt,
        keyframe_prompt=shot.keyframe_prompt,
        caption=shot.caption,
        seconds=shot.seconds,
        characters=shot.characters,
        reused=None if _is_spoilt(shot, source) else _finished(shot),
    )


def _is_spoilt(shot: Shot, source: JobState) -> bool:
    """Tell whether the job failed over this shot's media: taking them over would fail the new one as well."""
    error = source.job.error
    return error is not None and error.shot == shot.index and error.code in _SPOILT


_SPOILT = (MediaMissing.code, MediaCorrupt.code)


def _finished(shot: Shot) -> Reused | None:
    """Name what there is of a shot. What it was itself to take over, and did not, is still where it was."""
    reused = shot.reused or Reused()
    if shot.keyframe:
        reused = reused.evolve(keyframe=shot.keyframe, keyframe_crc32c=shot.keyframe_crc32c)
    if shot.clip:
        reused = reused.evolve(clip=shot.clip, clip_crc32c=shot.clip_crc32c)
    return reused if reused != Reused() else None


def _owners(shots: tuple[Shot, ...]) -> set[str]:
    """Name the jobs whose objects are taken over: after a retry of a retry, not only the last."""
    reused = [shot.reused for shot in shots if shot.reused]
    owners = {job_of(path) for each in reused for path in (each.keyframe, each.clip) if path}
    return set(filter(None, owners))


def _estimate(old: Job, shots: tuple[Shot, ...]) -> int:
    """Estimate the cost of the clips that are to be rendered."""
    config = old.config
    if not old.plan:
        return estimate_usd_micros(config)
    left = [shot for shot in shots if not (shot.reused and shot.reused.clip)]
    return sum(dearest_clip_usd_micros(config, each.seconds) for each in left)
