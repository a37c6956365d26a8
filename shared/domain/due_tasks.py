"""Which tasks should exist now. Commit, duplicate delivery and sweep all enqueue exactly these."""

from pydantic import AwareDatetime

from shared.domain.capabilities import VIDEO_BACKENDS
from shared.domain.generation import StopAfter
from shared.domain.job import JobState, Shot, ShotStatus, Stage, Work, WorkKey
from shared.domain.keyframes import keyframes_total
from shared.domain.messages import Task
from shared.domain.model import Record


class DueTask(Record):
    """A task that should exist."""

    task: Task
    not_before: AwareDatetime | None = None
    """A provider asked us to wait until then."""


def due_tasks(state: JobState) -> tuple[DueTask, ...]:
    """Name every task that should exist for a job, as far as its shots are loaded.

    For a final job those are the tasks that cancel its paid calls, or account for them.
    """
    if state.job.status.is_final:
        left = [WorkKey(stage=Stage.RENDER, shot=shot.index) for shot in state.shots if shot.is_unsettled]
        return tuple(due_task(state, key) for key in left)
    keys = [WorkKey(stage=Stage.RENDER, shot=shot.index) for shot in state.shots if _can_render(state, shot)]
    if has_keyframes_left(state):
        keys.insert(0, WorkKey(stage=Stage.KEYFRAMES))
    if is_ready_to_finalize(state) and not state.finalize.done:
        keys.append(WorkKey(stage=Stage.FINALIZE))
    return tuple(due_task(state, key) for key in keys)


def due_task(state: JobState, key: WorkKey) -> DueTask:
    """Name the task for the current step of a piece of work."""
    work: Work = state.work(key)
    task = Task(
        job_id=state.job.job_id,
        stage=key.stage,
        shot=key.shot,
        generation=work.generation,
        step=work.step,
        trace_id=state.job.trace_id,
        on_gpu=isinstance(work, Shot) and _needs_gpu(state, work),
    )
    return DueTask(task=task, not_before=work.not_before)


def is_ready_to_finalize(state: JobState) -> bool:
    """Whether finalize has all it needs."""
    if _stops_after_keyframes(state):
        return not has_keyframes_left(state) and all_keyframes_drawn(state)
    return 0 < state.progress.shots_total == state.progress.clips_rendered


def has_keyframes_left(state: JobState) -> bool:
    """Whether there is anything to plan, to draw or to reword."""
    return not state.keyframes.done or any(shot.awaits_rewording for shot in state.shots)


def all_keyframes_drawn(state: JobState) -> bool:
    """Whether no keyframe can be refused any more that would make paid clips worthless."""
    shots = state.progress.shots_total
    return shots > 0 and state.progress.keyframes_drawn == keyframes_total(state.job, shots)


def _can_render(state: JobState, shot: Shot) -> bool:
    if shot.status is not ShotStatus.DRAWN or shot.awaits_rewording or _stops_after_keyframes(state):
        return False
    backend = VIDEO_BACKENDS.get(state.model_of(shot))  # None: only a newer revision of the code knows it
    is_free = backend is not None and not backend.paid
    return is_free or state.job.config.overlap or all_keyframes_drawn(state)


def _needs_gpu(state: JobState, shot: Shot) -> bool:
    """Whether the shot's next step is to render on a GPU; a clip that is taken over is only copied."""
    backend = VIDEO_BACKENDS.get(state.model_of(shot))
    is_copied = shot.reused is not None and shot.reused.clip is not None
    return backend is not None and backend.needs_gpu and not is_copied


def _stops_after_keyframes(state: JobState) -> bool:
    return state.job.config.stop_after == StopAfter.KEYFRAMES
