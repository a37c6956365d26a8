"""How far a job has come, as one number that never falls."""

from shared.domain.generation import StopAfter
from shared.domain.job import Job, Progress, Stage, Status
from shared.domain.keyframes import keyframes_total

_PLANNED, _KEYFRAMES, _CLIPS = 5, 25, 60
"""Percent of the whole for a plan, for all keyframes and for all clips; the rest is for finalize."""


def percent(job: Job, counts: Progress) -> int:
    """Return 0 to 100. A final job keeps the number it ended with."""
    if job.status.is_final:
        return job.progress_percent
    if job.status is Status.QUEUED:
        return 0
    if not counts.shots_total:
        return 1
    if job.stage is Stage.FINALIZE:
        return _PLANNED + _KEYFRAMES + _CLIPS
    keyframes = keyframes_total(job, counts.shots_total)
    if job.config.stop_after == StopAfter.KEYFRAMES:
        return _PLANNED + (_KEYFRAMES + _CLIPS) * counts.keyframes_drawn // keyframes
    drawn = _KEYFRAMES * counts.keyframes_drawn // keyframes if keyframes else _KEYFRAMES
    rendered = _CLIPS * counts.clips_rendered // counts.shots_total
    return _PLANNED + drawn + rendered
