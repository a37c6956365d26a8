"""Brings one shot's clip about: copied, rendered here, or rendered by a provider who is paid.

Knows no video backend by name.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

from functions.render.clip import check_clip, clip_request
from functions.render.paid import may_try_again, render_paid
from functions.render.stills import fetched_stills, stored_last_frame
from functions.render.video_backends import video_backend
from shared.assignment import Assignment
from shared.domain import naming
from shared.domain.capabilities import VIDEO_BACKENDS
from shared.domain.errors import BackendFailed, OperationFailed, Refused
from shared.domain.job import Rendered, Shot
from shared.domain.paid_calls import ForGood, remedied, remedy_for
from shared.domain.transitions import clip_rendered
from shared.references import given_references


def render_shot(assignment: Assignment) -> None:
    """Do the next step towards one clip; on a backend that is not paid, that is all of it."""
    shot = assignment.shot
    if shot.reused and shot.reused.clip:
        path = naming.clip_path(assignment.job_id, shot.index)
        crc32c = assignment.copy(shot.reused.clip, path, shot=shot.index, crc32c=shot.reused.clip_crc32c)
        return _commit(assignment, path, crc32c)
    if VIDEO_BACKENDS[assignment.state.model_of(shot)].paid:
        return render_paid(assignment)
    return _render_here(assignment, shot)


def _render_here(assignment: Assignment, shot: Shot) -> None:
    """Render, check, store and commit the clip. One that an earlier attempt has stored is kept."""
    assignment.services.switches.admit(assignment.state.model_of(shot))
    path = naming.clip_path(assignment.job_id, shot.index)
    if crc32c := assignment.stored(path):
        return _commit(assignment, path, crc32c)
    try:
        made = _render(assignment, shot, path)
    except OperationFailed as failure:
        if may_try_again(assignment, failure):
            raise
        return _give_on(assignment, failure)
    except (Refused, BackendFailed) as failure:
        return _give_on(assignment, failure)
    return _commit(assignment, path, *made)


def _give_on(assignment: Assignment, failure: ForGood) -> None:
    """Give the shot to whom it is to be tried with next; if to nobody, it has failed."""
    remedy = remedy_for(assignment.state, assignment.shot, failure)
    if remedy is None:
        raise failure
    assignment.commit(
        lambda state, _now: remedied(state, assignment.key, remedy, failure, token=assignment.token)
    )


def _render(assignment: Assignment, shot: Shot, path: str) -> tuple[str, Rendered]:
    """Render, check and store the clip, and return its CRC32C and how it was made."""
    backend = video_backend(assignment.state.model_of(shot))
    request = clip_request(assignment.state, shot)
    if request.follows_on:
        request = request.evolve(references=given_references(assignment))
    with TemporaryDirectory(prefix="ttv-render-") as folder, fetched_stills(assignment) as stills:
        clip = Path(folder, "clip.mp4")
        with assignment.generating("clip"):
            rendered = backend.render(request, stills, clip, assignment.reach)
        check_clip(clip, request)
        return assignment.services.objects.upload(path, clip, "video/mp4"), rendered


def _commit(assignment: Assignment, path: str, crc32c: str, rendered: Rendered | None = None) -> None:
    last_frame = stored_last_frame(assignment, path, crc32c)
    assignment.commit(
        lambda state, _now: clip_rendered(
            state,
            assignment.key,
            path=path,
            crc32c=crc32c,
            last_frame=last_frame,
            token=assignment.token,
            rendered=rendered,
        )
    )
