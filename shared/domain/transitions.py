"""What work does to a job, and how one ends, as (state, ..., now) -> state. Illegal steps raise.

Time, tokens and paths come in as arguments; nothing here reads a clock or a store.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from shared.domain.capabilities import KeyframeMode
from shared.domain.charges import with_charges
from shared.domain.errors import IllegalTransition, JobFailure, NotFound, Refused
from shared.domain.guards import held, moved, shot_that_is
from shared.domain.job import (
    Artifact,
    Charge,
    JobError,
    JobState,
    Judgement,
    PlanSummary,
    Refusal,
    Rendered,
    Shot,
    ShotStatus,
    Stage,
    Status,
    StoredPicture,
    WorkKey,
)
from shared.domain.keyframes import (
    LastFrame,
    guided,
    hands_on,
    next_to_draw,
    numbers_to_draw,
    sheets_to_draw,
    shown_by,
    without_keyframes,
)
from shared.domain.paid_calls import surely_settled_at, wound_up
from shared.domain.plan import Plan, Wording
from shared.domain.progress import percent


def save_plan(state: JobState, plan: Plan, *, token: str) -> JobState:
    """Turn a plan into shots. Done once, before anything is drawn.

    Raises:
        JobIsFinal, LeaseLost: the right has ended.
        IllegalTransition: there is a plan already.
    """
    key = WorkKey(stage=Stage.KEYFRAMES)
    held(state, key, token)
    if state.job.plan:
        raise IllegalTransition("the job is planned already")
    shots = tuple(Shot(index=index, **dict(planned)) for index, planned in enumerate(plan.shots))
    summary = PlanSummary(title=plan.title, style=plan.style, characters=plan.characters)
    state = state.evolve(
        job=state.job.evolve(plan=summary),
        shots=without_keyframes(shots, KeyframeMode(state.job.config.keyframes)),
        progress=state.progress.evolve(shots_total=len(shots)),
    )
    return _ended_if_nothing_is_left(state.tell("job.planned", key, shots=len(shots)))


def sheet_drawn(
    state: JobState,
    name: str,
    sheet: StoredPicture,
    *,
    token: str,
    charges: Sequence[Charge] = (),
    from_cache: bool = False,
) -> JobState:
    """Record a character's sheet, which every keyframe that shows them is drawn from.

    Args:
        name: of the character.
        charges: for drawing it.
        from_cache: it had been drawn before.

    Raises:
        JobIsFinal, LeaseLost: the right has ended.
        IllegalTransition: no sheet of theirs is to be drawn.
    """
    key = WorkKey(stage=Stage.KEYFRAMES)
    held(state, key, token)
    if state.job.plan is None or name not in {each.name for each in sheets_to_draw(state)}:
        raise IllegalTransition(f"no sheet of {name} is to be drawn")
    plan = state.job.plan.evolve(sheets={**state.job.plan.sheets, name: sheet})
    state = with_charges(state.evolve(job=state.job.evolve(plan=plan)), key, charges)
    return state.tell("sheet.drawn", key, number=len(plan.sheets) - 1, from_cache=from_cache)


def keyframe_drawn(
    state: JobState,
    number: int,
    *,
    path: str,
    token: str,
    crc32c: str = "",
    charges: Sequence[Charge] = (),
    judgement: Judgement | None = None,
    from_cache: bool = False,
) -> JobState:
    """Record a keyframe with the shots it guides; the last one ends the stage.

    Args:
        charges: for drawing it, and for looking at it.
        judgement: what was seen then.
        from_cache: it had been drawn before.

    Raises:
        JobIsFinal, LeaseLost: the right has ended.
        IllegalTransition: another one is next.
    """
    key = WorkKey(stage=Stage.KEYFRAMES)
    held(state, key, token)
    if number not in numbers_to_draw(state):
        raise IllegalTransition(f"keyframe {number} is not to be drawn now")
    state = with_charges(state, WorkKey(stage=Stage.RENDER, shot=shown_by(state, number).index), charges)
    for shot in guided(state, number, path, crc32c):
        if shot.index == number:
            shot = shot.evolve(judgement=judgement, from_cache=from_cache)
        state = state.with_work(WorkKey(stage=Stage.RENDER, shot=shot.index), shot)
    state = state.evolve(progress=state.progress.evolve(keyframes_drawn=state.progress.keyframes_drawn + 1))
    seen = {"score": judgement.score} if judgement else {}
    state = state.tell("keyframe.drawn", key, number=number, from_cache=from_cache, **seen)
    return _ended_if_nothing_is_left(state)


def shot_reworded(
    state: JobState,
    shot_index: int,
    words: Wording,
    *,
    token: str,
    refusal: Refusal | None = None,
) -> JobState:
    """Give a refused shot other words; the last one ends the stage.

    Args:
        refusal: what made it necessary, unless it is on the shot already.

    Raises:
        JobIsFinal, LeaseLost: the right has ended.
        IllegalTransition: the shot has been reworded already.
    """
    key = WorkKey(stage=Stage.KEYFRAMES)
    held(state, key, token)
    render = WorkKey(stage=Stage.RENDER, shot=shot_index)
    shot = state.work(render)
    if not isinstance(shot, Shot) or shot.rewordings:
        raise IllegalTransition(f"{render} has been reworded already")
    refusals = (*shot.refusals, *([refusal] if refusal else []))
    if refusal:
        state = state.tell("shot.refused", render, model=refusal.model)
    reworded = shot.evolve(
        awaits_rewording=False, rewordings=shot.rewordings + 1, refusals=refusals, **dict(words)
    )
    state = state.with_work(render, reworded).tell("shot.reworded", key, shot_index=shot_index)
    return _ended_if_nothing_is_left(state)


def clip_rendered(
    state: JobState,
    key: WorkKey,
    *,
    path: str,
    token: str,
    crc32c: str = "",
    last_frame: LastFrame | None = None,
    submission_id: str | None = None,
    rendered: Rendered | None = None,
) -> JobState:
    """Record a shot's clip.

    Args:
        last_frame: with which the next shot begins, in mode `chain`.
        submission_id: the paid call that made it, which `clip_delivered` has accounted for.
        rendered: how it was made here, if it was.

    Raises:
        JobIsFinal, LeaseLost: the right has ended.
        IllegalTransition: the shot has a clip already, or no keyframe, or another paid call than that one;
            or the next shot needs a last frame, and there is none.
    """
    held(state, key, token)
    shot = shot_that_is(state, key, ShotStatus.DRAWN)
    if shot.submission and shot.submission.submission_id != submission_id:
        raise IllegalTransition(f"{key} has a paid call that is not accounted for")
    state = state.with_work(
        key,
        shot.evolve(
            status=ShotStatus.RENDERED,
            clip=path,
            clip_crc32c=crc32c,
            lease=None,
            rendered_percent=100,
            rendered_seconds=rendered.seconds if rendered else None,
            rendered_on=rendered.gpu if rendered else "",
        ),
    )
    counts = state.progress
    progress = counts.evolve(
        clips_rendered=counts.clips_rendered + 1,
        percents_under_way=counts.percents_under_way - shot.rendered_percent,
    )
    state = state.evolve(progress=progress).tell("clip.rendered", key, **_measured(rendered))
    return _handed_on(state, shot.index + 1, last_frame) if hands_on(state, shot.index) else state


def complete(state: JobState, artifact: Artifact, *, now: datetime, token: str) -> JobState:
    """End the job with its video.

    Raises:
        JobIsFinal, LeaseLost: the right has ended.
    """
    key = WorkKey(stage=Stage.FINALIZE)
    work = held(state, key, token)
    job = moved(state.job, Status.COMPLETED).evolve(artifact=artifact, progress_percent=100, finished_at=now)
    return state.with_work(key, work.evolve(lease=None, done=True)).evolve(job=job).tell("job.completed", key)


def fail(state: JobState, now: datetime, *, failure: JobFailure, by: Stage | None = None) -> JobState:
    """End the job with the reason why there is no video.

    Args:
        by: the stage whose work failed; None: it is the fault of none.

    Raises:
        JobIsFinal: it has ended already.
    """
    error = JobError(code=failure.code, message=str(failure), shot=failure.shot, path=failure.path)
    job = moved(state.job, Status.FAILED).evolve(
        error=error, progress_percent=percent(state.job, state.progress), finished_at=now
    )
    state = _wound_down(state.evolve(job=job))
    if isinstance(failure, Refused):
        state = state.tell("shot.refused", shot_index=error.shot, model=_refusing(state, failure, by))
    return state.tell("job.failed", code=error.code, shot_index=error.shot)


def fail_work(state: JobState, key: WorkKey, failure: JobFailure, *, now: datetime, token: str) -> JobState:
    """End the job because a piece of work failed for good.

    Raises:
        JobIsFinal, LeaseLost: the right to do so has ended.
    """
    held(state, key, token)
    return fail(state, now, failure=failure, by=key.stage)


def cancel(state: JobState, now: datetime) -> JobState:
    """End the job because its owner said so. Running work notices and stops.

    Raises:
        JobIsFinal: it has ended already.
    """
    job = moved(state.job, Status.CANCELLED).evolve(
        progress_percent=percent(state.job, state.progress), finished_at=now
    )
    return _wound_down(state.evolve(job=job)).tell("job.cancelled")


def delete(state: JobState, now: datetime) -> JobState:
    """Hide a job from its owner for good, cancelling it if it runs. The sweep purges what is left of it.

    Raises:
        NotFound: it has been deleted already.
    """
    if state.job.deleted_at:
        raise NotFound(f"{state.job.job_id} has been deleted")
    state = state if state.job.status.is_final else cancel(state, now)
    return state.evolve(job=state.job.evolve(deleted_at=now)).tell("job.deleted")


def _measured(rendered: Rendered | None) -> dict[str, Any]:
    """Return what the tables of `gpu_work` are corrected by."""
    if rendered is None:
        return {}
    return {"render_seconds": rendered.seconds} | ({"gpu": rendered.gpu} if rendered.gpu else {})


def _refusing(state: JobState, failure: Refused, by: Stage | None) -> str:
    """Name the backend that refused for good: planner, image backend, or what renders the shot."""
    config = state.job.config
    if by is Stage.KEYFRAMES:
        return config.image_model if state.job.plan else config.planner
    shot = next((shot for shot in state.shots if shot.index == failure.shot), None)
    return state.model_of(shot) if shot else config.model


def _ended_if_nothing_is_left(state: JobState) -> JobState:
    """End the keyframes stage once every keyframe is drawn and no shot waits for other words."""
    if next_to_draw(state) is not None or any(shot.awaits_rewording for shot in state.shots):
        return state
    following = Stage.FINALIZE if state.job.config.stop_after else Stage.RENDER
    job = state.job if state.job.stage is following else state.job.evolve(stage=following)
    return state.evolve(job=job, keyframes=state.keyframes.evolve(lease=None, done=True))


def _handed_on(state: JobState, next_shot: int, last_frame: LastFrame | None) -> JobState:
    """Let the next shot begin with the last frame of the one that has been rendered."""
    key = WorkKey(stage=Stage.RENDER, shot=next_shot)
    shot_that_is(state, key, ShotStatus.PLANNED)
    if last_frame is None:
        raise IllegalTransition(f"{key} begins with the last frame of the shot before, which is not there")
    for shot in guided(state, next_shot, last_frame.path, last_frame.crc32c):
        state = state.with_work(key, shot)
    return state


def _wound_down(state: JobState) -> JobState:
    """Take all leases back, and make every paid call that is left due to be cancelled or accounted for."""
    shots = tuple(_let_go(shot) for shot in state.shots)
    stages = {
        name: work.evolve(lease=None)
        for name, work in (("keyframes", state.keyframes), ("finalize", state.finalize))
        if work.lease
    }
    return wound_up(state.evolve(shots=shots, **stages))


def _let_go(shot: Shot) -> Shot:
    if shot.submission and shot.is_unsettled:
        due_at = None if shot.operation else surely_settled_at(shot.submission)
        return shot.evolve(lease=None, step=shot.step + 1, not_before=due_at)
    return shot.evolve(lease=None) if shot.lease else shot
