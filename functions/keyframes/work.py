"""Plans the shots once, then draws one keyframe after the other.

Knows no planner and no image backend by name.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from functions.keyframes.image_backends import KeyframeRequest, image_backend
from functions.keyframes.planners import PlanRequest, planner
from shared.assignment import Assignment
from shared.domain import naming
from shared.domain.errors import JobFailure, MediaMissing, ObjectMissing, Refused
from shared.domain.generation import MAX_SHOTS
from shared.domain.job import JobState, Refusal, Shot, ShotStatus
from shared.domain.plan import Wording
from shared.domain.transitions import go_on_later, keyframe_drawn, save_plan, shot_reworded


def draw_keyframes(assignment: Assignment) -> None:
    """Draw what is not drawn yet; each keyframe is committed before the next is begun."""
    if assignment.state.job.plan is None:
        _plan(assignment)
    while shot := _next(assignment.state):
        if assignment.is_out_of_time:
            return assignment.commit(
                lambda state, _now: go_on_later(state, assignment.key, token=assignment.token)
            )
        assignment.check()
        if shot.awaits_rewording:
            _reword(assignment, shot)
        else:
            _draw_or_reword(assignment, shot)


def _next(state: JobState) -> Shot | None:
    """Return the next shot to see to, as of the last commit: render may send one back meanwhile."""
    left = (shot for shot in state.shots if shot.awaits_rewording or shot.status is ShotStatus.PLANNED)
    return next(left, None)


def _plan(assignment: Assignment) -> None:
    job = assignment.state.job
    request = PlanRequest(
        prompt=job.prompt,
        seconds=job.config.seconds,
        clip_seconds=job.config.clip_seconds,
        seed=job.config.seed,
        max_shots=MAX_SHOTS,
    )
    plan = planner(job.config.planner).plan(request)
    assignment.commit(lambda state, _now: save_plan(state, plan, token=assignment.token))


def _draw_or_reword(assignment: Assignment, shot: Shot) -> None:
    config = assignment.state.job.config
    try:
        _draw(assignment, shot)
    except Refused as refused:
        if not config.reword_refused or shot.rewordings:
            raise
        _reword(assignment, shot, Refusal(model=config.image_model, reason=str(refused)))


def _reword(assignment: Assignment, shot: Shot, refusal: Refusal | None = None) -> None:
    """Give a shot that a safety filter has refused other words.

    Args:
        refusal: of its keyframe; that of its clip is on the shot already.
    """
    with _naming(shot):
        words = planner(assignment.state.job.config.planner).reword(
            Wording(prompt=shot.prompt, keyframe_prompt=shot.keyframe_prompt)
        )
    assignment.commit(
        lambda state, _now: shot_reworded(state, shot.index, words, refusal=refusal, token=assignment.token)
    )


def _draw(assignment: Assignment, shot: Shot) -> None:
    """Store and commit one keyframe: copied or drawn. One that an earlier attempt has stored is kept."""
    path = naming.keyframe_path(assignment.job_id, shot.index)
    if shot.reused and shot.reused.keyframe:
        checksum = shot.reused.keyframe_crc32c
        crc32c = assignment.copy(shot.reused.keyframe, path, shot=shot.index, crc32c=checksum)
    else:
        crc32c = assignment.stored(path) or _drawn(assignment, shot, path)
    assignment.commit(
        lambda state, _now: keyframe_drawn(
            state, shot.index, path=path, crc32c=crc32c, token=assignment.token
        )
    )


def _drawn(assignment: Assignment, shot: Shot, path: str) -> str:
    """Draw and store a keyframe, and return its CRC32C."""
    backend = image_backend(assignment.state.job.config.image_model)
    references = _references(assignment, shot)
    with _naming(shot), assignment.generating("keyframe"):
        keyframe = backend.draw(_request(assignment.state, shot), references)
    return assignment.services.objects.put(path, keyframe, "image/png")


@contextmanager
def _naming(shot: Shot) -> Iterator[None]:
    """Let a failure name the shot."""
    try:
        yield
    except JobFailure as failure:
        failure.shot = shot.index
        raise


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
