"""Makes a new job of an old one: the same plan, and whatever the old one has finished.

Nothing is ever reset: the new job has documents and counters of its own.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from shared.domain.capabilities import BUILT_IN, KeyframeMode, Offer
from shared.domain.errors import IllegalTransition, InvalidInput, MediaCorrupt, MediaMissing
from shared.domain.generation import (
    EffectiveConfig,
    StopAfter,
    build_effective_config,
    clip_seconds_here,
    limited_by,
    longest_here,
)
from shared.domain.job import Job, JobError, JobState, Progress, Reused, Shot, Stage, StageWork, Status
from shared.domain.keyframes import keyframes_in, without_keyframes
from shared.domain.naming import job_of
from shared.domain.pricing import (
    check_cost,
    dearest_clip_usd_micros,
    drawn_usd_micros,
    estimate_usd_micros,
    most_sheets,
    reworded_usd_micros,
)
from shared.domain.reference_images import shown_by


class Particulars(NamedTuple):
    """What a new job does not take over."""

    job_id: str
    now: datetime
    kept_for: timedelta
    """When it expires, from now."""
    time_limit_seconds: int
    trace_id: str


def retried(source: JobState, new: Particulars) -> JobState:
    """Ask once more for what a failed job did not bring, taking over what it did.

    Args:
        source: the failed job, with all of its shots.

    Raises:
        IllegalTransition: the job has not failed.
        InvalidInput: it may cost more than its user permits.
    """
    old = source.job
    if old.status is not Status.FAILED:
        raise IllegalTransition(f"only a failed video can be retried; this one is {old.status}")
    return _derived(old, source.shots, new, _spoilt(old))


def approved(
    source: JobState, wishes: Mapping[str, Any], new: Particulars, *, offered: Offer = BUILT_IN
) -> JobState:
    """Render the accepted keyframes of a job that has stopped after them.

    Args:
        source: that job, with all of its shots.
        wishes: fields of GenerationConfig in `AFTER_APPROVAL` that are to differ; None says nothing.
        offered: the backends of this deployment.

    Raises:
        IllegalTransition: the job has not stopped after its keyframes.
        InvalidInput: a wish is not permitted, the backend cannot do what was planned, or it may cost more
            than its user permits.
    """
    old = source.job
    if old.status is not Status.COMPLETED or old.config.stop_after != StopAfter.KEYFRAMES:
        raise IllegalTransition("only a video that was completed with stop_after: keyframes can be rendered")
    kept = {name: value for name, value in old.config.model_dump().items() if name != "stop_after"}
    effective = _rendered_so(kept, wishes, offered)
    changed = {name: layer for name, layer in effective.layers.items() if wishes.get(name) is not None}
    job = old.evolve(config=effective.config, config_layers={**old.config_layers, **changed})
    state = _derived(job, source.shots, new)
    check_clips_to_make(state, offered)
    return state


def remixed(old: Job, prompt: str, new: Particulars) -> JobState:
    """Ask for a completed job's video with another prompt. It is planned anew, by the same settings.

    The user's own shots stay as they are; the prompt is then only what they open with. What comes out the
    same is taken over once there is a plan: see `taking_over`.

    Raises:
        IllegalTransition: the job is not completed.
        InvalidInput: it may cost more than its user permits.
    """
    if old.status is not Status.COMPLETED:
        raise IllegalTransition(f"only a completed video can be remixed; this one is {old.status}")
    job = _new(
        old,
        new,
        prompt=prompt,
        is_remix=True,
        cost_estimate_usd_micros=estimate_usd_micros(old.config),
        reuses=tuple(sorted({old.job_id} | _owners(old, ()))),
    )
    return JobState(job=job).tell("job.accepted", derived_from=old.job_id)


def check_clips_to_make(state: JobState, offered: Offer) -> None:
    """Check that a job can be finished here whose shots were planned for another backend, or another GPU.

    Only clips count that it does not take over.

    Raises:
        InvalidInput: they have lengths that are not permitted, or take longer than a job may.
    """
    config = state.job.config
    permitted = clip_seconds_here(config, offered)
    left = [shot.seconds for shot in state.shots if not (shot.reused and shot.reused.clip)]
    for seconds in left:
        if seconds not in permitted:
            raise InvalidInput("model", config.model, f"backends with clips of {seconds} s")
    if sum(left) > longest_here(config, offered):
        limited = f"{longest_here(config, offered)} in clips to be made, {limited_by(config, offered)}"
        raise InvalidInput("seconds", sum(left), f"at most {limited}")


def taking_over(remix: JobState, source: JobState) -> JobState:
    """Let a remix that has just been planned take over what came out the same in the job it is derived from.

    That is a keyframe where the same words say what it shows, of the same characters, and the user's pictures
    show the same ones; and a clip where that is so of every keyframe it is made of, and its own words and
    length are the same.

    Args:
        remix: with its plan and all of its shots.
        source: with all of its shots.
    """
    mode = KeyframeMode(source.job.config.keyframes)
    before = {shot.index: shot for shot in source.shots}
    same = [
        shot.index in before and _pictured(remix, shot) == _pictured(source, before[shot.index])
        for shot in remix.shots
    ]
    finished = []
    for index, shot in enumerate(remix.shots):
        reused = _finished(before[index]) if same[index] else Reused()
        if same[index] and _filmed(shot) != _filmed(before[index]):
            reused = _without(reused, "clip")
        if not _ends_alike(index, same, len(before), mode):
            reused = _without(reused, "end_keyframe", "clip")
        finished.append(reused)
    sound = _sound(finished, mode, None)
    shots = tuple(_taking(shot, reused) for shot, reused in zip(remix.shots, sound, strict=True))
    estimate = remix.progress.spent_usd_micros + _estimate(remix.job, shots)
    job = remix.job.evolve(cost_estimate_usd_micros=estimate)
    return remix.evolve(job=job, shots=shots).tell(
        "shots.taken_over",
        keyframes=[index for index, reused in enumerate(sound) if reused.keyframe],
        clips=[index for index, reused in enumerate(sound) if reused.clip],
    )


def _filmed(shot: Shot) -> tuple[object, ...]:
    """Return what says what a clip shows beside its keyframes, apart from the configuration."""
    return shot.prompt, shot.seconds


def _pictured(state: JobState, shot: Shot) -> tuple[object, ...]:
    """Return all that says what a shot's keyframes show, apart from the configuration."""
    plan = state.job.plan
    cast = plan.cast(shot.characters) if plan else ()
    whom = tuple(shown_by(image, plan) for image in state.job.reference_images)
    return shot.keyframe_prompt, shot.end_keyframe_prompt, shot.caption, shot.characters, cast, whom


def _ends_alike(index: int, same: Sequence[bool], shots_before: int, mode: KeyframeMode) -> bool:
    """Tell whether what follows a shot lets its clip end as it did.

    Args:
        same: for each shot, whether its keyframes show the same as before.
        shots_before: how many there were.
    """
    is_last = index + 1 == len(same)
    was_last = index + 1 == shots_before
    match mode:
        case KeyframeMode.PAIR:
            return was_last if is_last else not was_last and same[index + 1]
        case KeyframeMode.CHAIN:
            return is_last == was_last
        case KeyframeMode.SINGLE | KeyframeMode.NONE:
            return True


def _rendered_so(kept: Mapping[str, Any], wishes: Mapping[str, Any], offered: Offer) -> EffectiveConfig:
    """Lay the wishes over what was drawn. What was drawn cannot be changed, so an error names the wish."""
    try:
        return build_effective_config(base=kept, http=wishes, offered=offered)
    except InvalidInput as error:
        if error.field.partition(".")[0] in AFTER_APPROVAL and wishes.get(error.field.partition(".")[0]):
            raise
        model = wishes.get("model") or kept["model"]
        permitted = f"backends that can render what was drawn, with {error.field}: {error.value}"
        raise InvalidInput("model", model, permitted) from error


AFTER_APPROVAL = (
    *("model", "fallback_models", "lora", "transition", "overlap", "reword_refused", "max_cost_usd"),
)
"""What may still be chosen when the keyframes are there."""


def _derived(old: Job, shots: Sequence[Shot], new: Particulars, spoilt: JobError | None = None) -> JobState:
    old, mode = _without_sheet(old, spoilt), KeyframeMode(old.config.keyframes)
    sound = _sound([_finished(shot) for shot in shots], mode, spoilt)
    once_more = (_taking(_once_more(shot), reused) for shot, reused in zip(shots, sound, strict=True))
    reusing = without_keyframes(tuple(once_more), mode)
    job = _new(
        old,
        new,
        plan=old.plan,
        cost_estimate_usd_micros=_estimate(old, reusing),
        reuses=tuple(sorted({old.job_id} | _owners(old, reusing))),
    )
    state = JobState(job=job, progress=Progress(shots_total=len(reusing)), shots=reusing)
    if reusing and mode is KeyframeMode.NONE:
        state = state.evolve(job=job.evolve(stage=Stage.RENDER), keyframes=StageWork(done=True))
    return state.tell("job.accepted", derived_from=old.job_id)


def _new(old: Job, new: Particulars, **different: Any) -> Job:  # noqa: ANN401 - fields of Job
    """Make a job that asks for the same as an old one, but for what is different.

    Raises:
        InvalidInput: it may cost more than its user permits.
    """
    kept = ("owner", "prompt", "config", "config_layers", "given_shots", "metadata")
    pictures = ("reference_images", "initial_image")
    same = {name: getattr(old, name) for name in (*kept, *pictures)}
    job = Job(
        job_id=new.job_id,
        time_limit_seconds=new.time_limit_seconds,
        created_at=new.now,
        expire_at=new.now + new.kept_for,
        derived_from=old.job_id,
        trace_id=new.trace_id,
        **{**same, **different},
    )
    check_cost(job.config, job.cost_estimate_usd_micros)
    return job


def _taking(shot: Shot, reused: Reused) -> Shot:
    return shot.evolve(reused=reused if reused != Reused() else None)


def _once_more(shot: Shot) -> Shot:
    return Shot(
        index=shot.index,
        prompt=shot.prompt,
        keyframe_prompt=shot.keyframe_prompt,
        end_keyframe_prompt=shot.end_keyframe_prompt,
        caption=shot.caption,
        seconds=shot.seconds,
        characters=shot.characters,
    )


def _finished(shot: Shot) -> Reused:
    """Name what there is of a shot. What it was itself to take over, and did not, is still where it was."""
    reused = shot.reused or Reused()
    if shot.keyframe:
        reused = reused.evolve(keyframe=shot.keyframe, keyframe_crc32c=shot.keyframe_crc32c)
    if shot.end_keyframe:
        reused = reused.evolve(end_keyframe=shot.end_keyframe, end_keyframe_crc32c=shot.end_keyframe_crc32c)
    if shot.clip:
        reused = reused.evolve(clip=shot.clip, clip_crc32c=shot.clip_crc32c)
    return reused


def _spoilt(job: Job) -> JobError | None:
    """Return the error if the job failed over its media: taking them over would fail the new one as well."""
    return job.error if job.error and job.error.code in (MediaMissing.code, MediaCorrupt.code) else None


def _without_sheet(job: Job, spoilt: JobError | None) -> Job:
    """Leave out a character's sheet that was spoilt: it is drawn anew."""
    if job.plan is None or spoilt is None:
        return job
    sheets = {name: sheet for name, sheet in job.plan.sheets.items() if sheet.path != spoilt.path}
    return job.evolve(plan=job.plan.evolve(sheets=sheets))


def _sound(finished: Sequence[Reused], mode: KeyframeMode, spoilt: JobError | None) -> list[Reused]:
    """Leave out what was spoilt, and every clip that was made of it or goes on from it."""
    sound: list[Reused] = []
    for index, reused in enumerate(finished):
        for name in _spoilt_names(index, reused, mode, spoilt):
            reused = _without(reused, name, "clip")
        if mode is KeyframeMode.CHAIN and index > 0:
            goes_on = sound[-1].clip is not None
            reused = _without(reused, "keyframe") if goes_on else Reused()
        sound.append(reused)
    return sound


def _spoilt_names(index: int, reused: Reused, mode: KeyframeMode, spoilt: JobError | None) -> list[str]:
    """Name the objects of a shot that are spoilt. If it is not known which, it may be any of the shot's."""
    if spoilt is None:
        return []
    if spoilt.path:
        return [each for each in ("keyframe", "end_keyframe", "clip") if getattr(reused, each) == spoilt.path]
    names = ["keyframe", "end_keyframe"] if index == spoilt.shot else []
    if mode is KeyframeMode.PAIR and spoilt.shot is not None:
        names += ["end_keyframe"] if index == spoilt.shot - 1 else []
        names += ["keyframe"] if index == spoilt.shot + 1 else []
    return names


def _without(reused: Reused, *objects: str) -> Reused:
    return reused.evolve(**dict.fromkeys(objects), **{f"{name}_crc32c": "" for name in objects})


def _owners(job: Job, shots: Sequence[Shot]) -> set[str]:
    """Name the jobs whose objects are taken over: after a retry of a retry, not only the last."""
    reused = [shot.reused for shot in shots if shot.reused]
    sheets = job.plan.sheets.values() if job.plan else ()
    given = [picture.path for picture in (*job.reference_images, job.initial_image, *sheets) if picture]
    made = [path for each in reused for path in (each.keyframe, each.end_keyframe, each.clip) if path]
    return set(filter(None, (job_of(path) for path in (*given, *made))))


def _estimate(old: Job, shots: Sequence[Shot]) -> int:
    """Estimate what is still to be paid: other words, keyframes to be drawn, clips to be rendered."""
    config = old.config
    if not old.plan:
        return estimate_usd_micros(config)
    reused = [shot.reused or Reused() for shot in shots]
    drawn = sum(each.keyframe is not None for each in reused)
    if config.keyframes == KeyframeMode.PAIR:
        drawn += reused[-1].end_keyframe is not None
    keyframes = max(0, keyframes_in(KeyframeMode(config.keyframes), len(shots)) - drawn)
    sheets = max(0, most_sheets(config, keyframes) - len(old.plan.sheets))
    cost = reworded_usd_micros(config, len(shots), sheets) + drawn_usd_micros(config, keyframes, sheets)
    if config.stop_after:
        return cost
    left = [shot for shot, each in zip(shots, reused, strict=True) if each.clip is None]
    return cost + sum(dearest_clip_usd_micros(config, each.seconds) for each in left)
