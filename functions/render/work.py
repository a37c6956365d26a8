"""Renders one shot's keyframe into its clip. Knows no video backend by name."""

from pathlib import Path
from tempfile import TemporaryDirectory

from functions.render.video_backends import ClipRequest, video_backend
from shared.domain import naming
from shared.domain.errors import BackendFailed, MediaMissing
from shared.domain.transitions import clip_rendered
from shared.stage import Assignment


def render_shot(assignment: Assignment) -> None:
    """Render, check, store and commit one clip."""
    job, shot = assignment.state.job, assignment.shot
    if shot.keyframe is None:
        raise MediaMissing("the shot has no keyframe", shot=shot.index)
    path = naming.clip_path(job.job_id, shot.index)
    request = ClipRequest(
        prompt=shot.prompt,
        seconds=shot.seconds,
        width=job.config.width,
        height=job.config.height,
        fps=job.config.fps,
        seed=naming.shot_seed(job.config.seed, shot.index),
    )
    with TemporaryDirectory(prefix="ttv-render-") as folder:
        keyframe, clip = Path(folder, "keyframe.png"), Path(folder, "clip.mp4")
        assignment.fetch(shot.keyframe, keyframe, shot=shot.index)
        with assignment.generating("clip"):
            video_backend(job.config.model).render(request, keyframe, clip, lambda _done: assignment.check())
        _check(clip, request)
        assignment.services.objects.upload(path, clip, "video/mp4")
    assignment.commit(
        lambda state, _now: clip_rendered(state, assignment.key, path=path, token=assignment.token)
    )


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
