"""Renders one shot's keyframe into its clip. Knows no video backend by name."""

from pathlib import Path
from tempfile import TemporaryDirectory

from functions.render.video_backends import ClipRequest, video_backend
from shared.assignment import Assignment
from shared.domain import naming
from shared.domain.errors import BackendFailed, MediaMissing
from shared.domain.job import Shot
from shared.domain.transitions import clip_rendered


def render_shot(assignment: Assignment) -> None:
    """Render, check, store and commit one clip. One that an earlier attempt has stored is kept."""
    job, shot = assignment.state.job, assignment.shot
    if shot.keyframe is None:
        raise MediaMissing("the shot has no keyframe", shot=shot.index)
    path = naming.clip_path(job.job_id, shot.index)
    crc32c = assignment.stored(path) or _render(assignment, shot, shot.keyframe, path)
    assignment.commit(
        lambda state, _now: clip_rendered(
            state, assignment.key, path=path, crc32c=crc32c, token=assignment.token
        )
    )


def _render(assignment: Assignment, shot: Shot, keyframe_path: str, path: str) -> str:
    """Render, check and store the clip, and return its CRC32C."""
    config = assignment.state.job.config
    request = ClipRequest(
        prompt=shot.prompt,
        seconds=shot.seconds,
        width=config.width,
        height=config.height,
        fps=config.fps,
        seed=naming.shot_seed(config.seed, shot.index),
    )
    with TemporaryDirectory(prefix="ttv-render-") as folder:
        keyframe, clip = Path(folder, "keyframe.png"), Path(folder, "clip.mp4")
        assignment.fetch(keyframe_path, keyframe, shot=shot.index, crc32c=shot.keyframe_crc32c)
        with assignment.generating("clip"):
            video_backend(config.model).render(request, keyframe, clip, lambda _done: assignment.check())
        _check(clip, request)
        return assignment.services.objects.upload(path, clip, "video/mp4")


def _check(clip: Path, request: ClipRequest) -> None:
    """Refuse a clip that is not what was asked for, before anyone depends on it.

    Raises:
        MediaCorrupt: it cannot be read.
        BackendFailed: it has other dimensions or another length.
    """
    from shared.probe import probe

    facts = probe(clip)
    asked = (request.width, request.height, request.seconds * request.fps)
    got = (facts.width, facts.height, facts.frames)
    if got != asked:
        raise BackendFailed(f"the clip is {got} in width, height and frames; asked was {asked}")
