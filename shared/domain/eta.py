"""When a job will have ended, as far as can be told. Pure.

Work is counted in the seconds it takes as a rule; how long a job took for what it has done says how far its
machines keep to that.
"""

from datetime import datetime
from math import ceil
from typing import NamedTuple

from shared.domain.capabilities import UNKNOWN_BACKEND, VIDEO_BACKENDS, KeyframeMode, Offer
from shared.domain.generation import GenerationConfig, StopAfter, Transition
from shared.domain.gpu_work import seconds_of_work
from shared.domain.job import Job, Progress, Stage, Status
from shared.domain.keyframes import keyframes_total
from shared.domain.pricing import estimate_usd_micros

# As measured on two cores of a usual machine, when nothing else runs there.
PLANNING_SECONDS = 0.5
"""From being taken up to a plan."""
DRAWING_SECONDS = 0.3
"""Of a keyframe, for a million pixels."""
RENDERING_SECONDS = 0.017
"""Of a frame of a clip that is rendered here, for a million pixels, whether one clip has all cores or two."""
RENDERED_AT_ONCE = 2
"""Clips that are rendered here at the same time."""
JOINING_SECONDS = 0.5
BLENDING_SECONDS = 0.016
"""Of a frame of a video whose shots blend into each other, for a million pixels."""

TRUST = 0.25
"""Share of the whole that must be done until a job's own pace counts for more than the rule."""

CREDIT = 0.9
"""Share of what is under way that waiting alone can make count as done."""

TYPICAL_SHOT_SECONDS = 5.5
"""For a video that is not planned yet."""


class _Work(NamedTuple):
    """A job's work, in seconds that it takes as a rule."""

    whole: float
    done: float
    under_way: float
    """What may be begun and is not done."""


def eta_seconds(job: Job, counts: Progress, now: datetime, offered: Offer) -> int | None:
    """Return how many seconds are left, at least 1 and not beyond its deadline; None once the job has ended.

    For what is under way the time that has passed counts as work done, so the seconds count down between two
    steps, and no step makes them more.

    Args:
        offered: by the deployment that makes it, whose GPU may set the pace.
    """
    if job.status.is_final:
        return None
    work = _work(job, counts, offered)
    elapsed = 0.0 if job.started_at is None else max(0.0, (now - job.started_at).total_seconds())
    credited = min(max(elapsed, work.done), work.done + CREDIT * work.under_way)
    trusted = TRUST * work.whole
    pace = (elapsed + trusted) / (credited + trusted)
    left = min((work.whole - credited) * pace, (job.deadline - now).total_seconds())
    return max(1, ceil(left))


def _work(job: Job, counts: Progress, offered: Offer) -> _Work:
    config = job.config
    shots = counts.shots_total or len(job.given_shots) or ceil(config.seconds / TYPICAL_SHOT_SECONDS)
    keyframes = keyframes_total(job, shots)
    a_keyframe = DRAWING_SECONDS * _megapixels(config)
    to_make = _clips_to_make(job, shots)
    clips = _rendering_seconds(config, to_make, offered) if to_make else 0.0
    joining = _joining_seconds(config)
    before_joining = PLANNING_SECONDS + keyframes * a_keyframe + clips
    whole = before_joining + joining
    if job.status is Status.QUEUED:
        return _Work(whole, 0, 0)
    if job.stage is Stage.FINALIZE:
        return _Work(whole, before_joining, joining)
    if not counts.shots_total:
        return _Work(whole, 0, PLANNING_SECONDS)
    made = max(0.0, counts.clips_rendered + counts.percents_under_way / 100 - (shots - to_make))
    a_clip = clips / to_make if to_make else 0.0
    done = PLANNING_SECONDS + counts.keyframes_drawn * a_keyframe + made * a_clip
    if counts.keyframes_drawn < keyframes:
        return _Work(whole, done, a_keyframe)
    at_once = min(_rendered_at_once(config, to_make, offered), to_make - made)
    return _Work(whole, done, at_once * a_clip if at_once else joining)


def _clips_to_make(job: Job, shots: int) -> int:
    """Return how many clips are not taken over, by the share of the cost that is estimated of them."""
    if job.config.stop_after == StopAfter.KEYFRAMES:
        return 0
    try:
        of_all = estimate_usd_micros(job.config)
    except KeyError:  # a backend that only a newer revision of the code has a price for
        return shots
    return min(shots, ceil(shots * job.cost_estimate_usd_micros / of_all)) if of_all else shots


def _rendering_seconds(config: GenerationConfig, shots: int, offered: Offer) -> float:
    """Say how long all clips take together; on a GPU of unknown speed as long as what is rendered without."""
    backend = VIDEO_BACKENDS.get(config.model, UNKNOWN_BACKEND)
    at_once = _rendered_at_once(config, shots, offered)
    on_gpu = seconds_of_work(config.model, config.size, config.seconds, offered, at_once=at_once)
    if on_gpu is not None:
        return on_gpu
    if backend.paid:
        in_turn = ceil(shots / at_once)
        return (backend.usual_seconds + backend.poll_seconds) * in_turn
    return RENDERING_SECONDS * _megapixels(config) * config.seconds * config.fps


def _rendered_at_once(config: GenerationConfig, shots: int, offered: Offer) -> int:
    if config.keyframes == KeyframeMode.CHAIN:
        return 1
    backend = VIDEO_BACKENDS.get(config.model, UNKNOWN_BACKEND)
    if backend.needs_gpu:
        return min(shots, offered.gpu_instances)
    return shots if backend.paid else min(shots, RENDERED_AT_ONCE)


def _joining_seconds(config: GenerationConfig) -> float:
    if config.stop_after or config.transition == Transition.CUT:
        return JOINING_SECONDS
    return JOINING_SECONDS + BLENDING_SECONDS * _megapixels(config) * config.seconds * config.fps


def _megapixels(config: GenerationConfig) -> float:
    return config.width * config.height / 1e6
