"""Plans the shots once, then draws one keyframe after the other.

Knows no planner and no image backend by name.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

import structlog

from functions.keyframes.image_backends import KeyframeRequest, image_backend
from functions.keyframes.planners import PlanRequest, planner
from functions.keyframes.references import References
from shared.assignment import Assignment
from shared.domain import naming
from shared.domain.capabilities import KeyframeMode
from shared.domain.derivation import taking_over
from shared.domain.errors import JobFailure, NotFound, Refused
from shared.domain.generation import MAX_SHOTS
from shared.domain.job import Job, JobState, Refusal, Shot
from shared.domain.keyframes import next_to_draw
from shared.domain.plan import Wording
from shared.domain.transitions import go_on_later, keyframe_drawn, save_plan, shot_reworded
from shared.job_store import ALL, JobStore
from shared.references import recorded_picture

log = structlog.get_logger()


def draw_keyframes(assignment: Assignment) -> None:
    """Draw what is not drawn yet; each keyframe is committed before the next is begun."""
    if assignment.state.job.plan is None:
        _plan(assignment)
    references = References(assignment)
    while True:
        if assignment.is_out_of_time:
            return assignment.commit(
                lambda state, _now: go_on_later(state, assignment.key, token=assignment.token)
            )
        assignment.check()
        # As of the last commit: render may send a shot back meanwhile.
        refused = next((shot for shot in assignment.state.shots if shot.awaits_rewording), None)
        number = next_to_draw(assignment.state)
        if refused:
            _reword(assignment, refused)
        elif number is not None:
            _draw_or_reword(assignment, number, references)
        else:
            return None


def _plan(assignment: Assignment) -> None:
    job = assignment.state.job
    request = PlanRequest(
        prompt=job.prompt,
        seconds=job.config.seconds,
        clip_seconds=job.config.clip_seconds,
        seed=job.config.seed,
        keyframes=KeyframeMode(job.config.keyframes),
        style=job.config.style,
        shots=job.given_shots,
        max_shots=MAX_SHOTS,
    )
    plan = planner(job.config.planner).plan(request)
    source = _source_of(job, assignment.services.store) if job.is_remix else None

    def planned(state: JobState, _now: datetime) -> JobState:
        state = save_plan(state, plan, token=assignment.token)
        return taking_over(state, source) if source else state

    assignment.commit(planned)


def _source_of(remix: Job, store: JobStore) -> JobState | None:
    """Return the job that a remix is made of, unless it has been purged: then all is made anew."""
    try:
        return store.load(remix.derived_from or "", shots=ALL).state
    except NotFound:
        log.info("remix.without_source", source=remix.derived_from)
        return None


def _draw_or_reword(assignment: Assignment, number: int, references: References) -> None:
    config, shot = assignment.state.job.config, _shown_by(assignment.state, number)
    try:
        _draw(assignment, number, references)
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
            Wording(
                prompt=shot.prompt,
                keyframe_prompt=shot.keyframe_prompt,
                end_keyframe_prompt=shot.end_keyframe_prompt,
            )
        )
    assignment.commit(
        lambda state, _now: shot_reworded(state, shot.index, words, refusal=refusal, token=assignment.token)
    )


def _draw(assignment: Assignment, number: int, references: References) -> None:
    """Store and commit one keyframe: copied, the user's own, or drawn. One that is stored already is kept."""
    shot, path = _shown_by(assignment.state, number), _path(assignment.state, number)
    source, checksum = _reused(shot, ends=number > shot.index)
    if source:
        crc32c = assignment.copy(source, path, shot=shot.index, crc32c=checksum)
    else:
        crc32c = assignment.stored(path) or _made(assignment, number, path, references)
    assignment.commit(
        lambda state, _now: keyframe_drawn(state, number, path=path, crc32c=crc32c, token=assignment.token)
    )


def _made(assignment: Assignment, number: int, path: str, references: References) -> str:
    """Draw and store a keyframe, and return its CRC32C. The first may be the user's own picture."""
    state = assignment.state
    shot = _shown_by(state, number)
    if number == 0 and state.job.initial_image:
        keyframe = recorded_picture(assignment, state.job.initial_image)  # submit gave it the video's size
    else:
        backend = image_backend(state.job.config.image_model)
        agreeing = references.of(number)
        with _naming(shot), assignment.generating("keyframe"):
            keyframe = backend.draw(_request(state, shot, ends=number > shot.index), agreeing)
    return assignment.services.objects.put(path, keyframe, "image/png")


@contextmanager
def _naming(shot: Shot) -> Iterator[None]:
    """Let a failure name the shot."""
    try:
        yield
    except JobFailure as failure:
        failure.shot = shot.index
        raise


def _shown_by(state: JobState, number: int) -> Shot:
    """Return the shot whose words say what a keyframe shows: that which it begins, else the last."""
    return state.shots[min(number, len(state.shots) - 1)]


def _path(state: JobState, number: int) -> str:
    job_id, shots = state.job.job_id, len(state.shots)
    is_end = number == shots
    return naming.end_keyframe_path(job_id, shots - 1) if is_end else naming.keyframe_path(job_id, number)


def _reused(shot: Shot, *, ends: bool) -> tuple[str | None, str]:
    """Return path and CRC32C of a keyframe that another job has drawn already."""
    if shot.reused is None:
        return None, ""
    if ends:
        return shot.reused.end_keyframe, shot.reused.end_keyframe_crc32c
    return shot.reused.keyframe, shot.reused.keyframe_crc32c


def _request(state: JobState, shot: Shot, *, ends: bool) -> KeyframeRequest:
    config, plan = state.job.config, state.job.plan
    is_chained = config.keyframes == KeyframeMode.CHAIN
    return KeyframeRequest(
        prompt=(shot.end_keyframe_prompt or shot.keyframe_prompt) if ends else shot.keyframe_prompt,
        caption="" if is_chained else shot.caption,  # the frames that are handed on would show it for ever
        characters=plan.cast(shot.characters) if plan else (),
        negative_prompt=config.negative_prompt,
        width=config.width,
        height=config.height,
        seed=config.seed,
    )
