"""How far a job and a clip of it have come, as numbers that never fall."""

from shared.domain.generation import StopAfter
from shared.domain.job import Job, JobState, Progress, Shot, Stage, Status, WorkKey
from shared.domain.keyframes import keyframes_total

_PLANNED, _KEYFRAMES, _CLIPS = 5, 25, 60
"""Percent of the whole for a plan, for all keyframes and for all clips; the rest is for finalize."""

TOLD_PERCENT = 10
"""Of a clip, from one event that tells of it to the next: ten for a clip at most, however long it takes."""


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
    clips = 100 * counts.clips_rendered + counts.percents_under_way
    return _PLANNED + drawn + _CLIPS * clips // (100 * counts.shots_total)


def advanced(state: JobState, key: WorkKey, percent: int) -> JobState:
    """Note how far a clip is that is being rendered; an event tells it, once in every tenth.

    Args:
        percent: 0 to 100. One below what an earlier attempt had reached changes nothing.
    """
    shot = state.work(key)
    if not isinstance(shot, Shot) or percent <= shot.rendered_percent:
        return state
    ahead = percent - shot.rendered_percent
    counts = state.progress.evolve(percents_under_way=state.progress.percents_under_way + ahead)
    after = state.with_work(key, shot.evolve(rendered_percent=percent)).evolve(progress=counts)
    is_told = percent // TOLD_PERCENT > shot.rendered_percent // TOLD_PERCENT
    return after.tell("clip.progressed", key, percent=percent) if is_told else after
