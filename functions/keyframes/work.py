"""Plans the shots once, then draws one keyframe after the other.

Knows no planner and no image backend by name.
"""

from functions.keyframes.image_backends import KeyframeRequest, image_backend
from functions.keyframes.planners import PlanRequest, planner
from shared.assignment import Assignment
from shared.domain import naming
from shared.domain.errors import MediaMissing, ObjectMissing
from shared.domain.generation import MAX_SHOTS, VIDEO_BACKENDS
from shared.domain.job import JobState, Shot, ShotStatus
from shared.domain.transitions import go_on_later, keyframe_drawn, save_plan


def draw_keyframes(assignment: Assignment) -> None:
    """Draw what is not drawn yet; each keyframe is committed before the next is begun."""
    if assignment.state.job.plan is None:
        _plan(assignment)
    for index in range(len(assignment.state.shots)):
        shot = assignment.state.shots[index]
        if shot.status is not ShotStatus.PLANNED:
            continue
        if assignment.is_out_of_time:
            return assignment.commit(
                lambda state, _now: go_on_later(state, assignment.key, token=assignment.token)
            )
        assignment.check()
        _draw(assignment, shot)


def _plan(assignment: Assignment) -> None:
    job = assignment.state.job
    request = PlanRequest(
        prompt=job.prompt,
        seconds=job.config.seconds,
        clip_seconds=VIDEO_BACKENDS[job.config.model].clip_seconds,
        seed=job.config.seed,
        max_shots=MAX_SHOTS,
    )
    plan = planner(job.config.planner).plan(request)
    assignment.commit(lambda state, _now: save_plan(state, plan, token=assignment.token))


def _draw(assignment: Assignment, shot: Shot) -> None:
    """Draw, store and commit one keyframe. One that an earlier attempt has stored is kept."""
    job, objects = assignment.state.job, assignment.services.objects
    path = naming.keyframe_path(job.job_id, shot.index)
    crc32c = assignment.stored(path)
    if crc32c is None:
        backend, references = image_backend(job.config.image_model), _references(assignment, shot)
        with assignment.generating("keyframe"):
            keyframe = backend.draw(_request(assignment.state, shot), references)
        crc32c = objects.put(path, keyframe, "image/png")
    assignment.commit(
        lambda state, _now: keyframe_drawn(
            state, shot.index, path=path, crc32c=crc32c, token=assignment.token
        )
    )


def _request(state: JobState, shot: Shot) -> KeyframeRequest:
    config, plan = state.job.config, state.job.plan
    return KeyframeRequest(
        prompt=shot.keyframe_prompt,
        caption=shot.caption,
        characters=tuple(c for c in plan.characters if c.name in shot.characters) if plan else (),
        width=config.width,
        height=config.height,
        seed=config.seed,
    )


def _references(assignment: Assignment, shot: Shot) -> list[bytes]:
    """Return what the keyframe must agree with: so far, the one before it."""
    if shot.index == 0:
        return []
    previous = assignment.state.shots[shot.index - 1].keyframe
    if previous is None:
        return []
    try:
        return [assignment.services.objects.get(previous)]
    except ObjectMissing as error:
        raise MediaMissing(str(error), shot=shot.index - 1) from error
