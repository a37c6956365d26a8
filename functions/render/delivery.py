"""What a provider has made of a paid call: found, fetched, checked, and committed as the shot's clip.

It must not know how calls are made, or what one without a clip means.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

import structlog

from functions.render.clip import clip_request
from functions.render.stills import stored_last_frame
from functions.render.video_backends import MAX_CLIP_BYTES, PaidVideoBackend
from shared.assignment import Assignment
from shared.domain import naming
from shared.domain.errors import BackendFailed
from shared.domain.job import JobState, Operation, Submission
from shared.domain.paid_calls import clip_delivered
from shared.domain.transitions import clip_rendered

CLIP_ENDINGS = (".mp4", ".mov", ".webm")
"""What tells a clip from whatever else a provider may write beside it."""

DOWNLOADED = "clip.mp4"
"""Name of a clip that its provider handed out."""

log = structlog.get_logger()


def delivered(assignment: Assignment) -> tuple[Submission, str] | None:
    """Return what a call has made that is in the bucket already, if any has: the call and the URI.

    So a call's clip is found whose answer got lost, and one that was downloaded before a crash.
    """
    shot, objects = assignment.shot, assignment.services.objects
    for submission in (*([shot.submission] if shot.submission else []), *shot.lost_submissions):
        prefix = _prefix(assignment, submission)
        clips = [name for name in objects.names(prefix) if name.endswith(CLIP_ENDINGS)]
        if clips:
            return submission, objects.uri(clips[0])
    return None


def bring_in(
    assignment: Assignment, backend: PaidVideoBackend, submission: Submission, operation: Operation
) -> tuple[Submission, str]:
    """Bring a clip that its provider keeps to where others write theirs, and return it as `delivered` does.

    Raises:
        QuotaExhausted, BackendUnavailable: not now.
        BackendFailed: it is not there any more, or too large; and it has been paid.
    """
    if made := delivered(assignment):
        return made
    path = _prefix(assignment, submission) + DOWNLOADED
    with TemporaryDirectory(prefix="ttv-render-") as folder:
        clip = Path(folder, DOWNLOADED)
        with assignment.uninterruptible(f"{submission.model} hands the clip out"):
            backend.download(operation.operation_name, clip)
        log.info("clip.downloaded", size_bytes=clip.stat().st_size)
        assignment.services.objects.upload(path, clip, "video/mp4")
    return submission, assignment.services.objects.uri(path)


def take(assignment: Assignment, submission: Submission, uri: str) -> None:
    """Check what the provider has made, keep a copy of it as the shot's clip, and commit it.

    Raises:
        MediaMissing, MediaCorrupt, BackendFailed: it is not what was asked for; and it has been paid.
    """
    path = uri.removeprefix(assignment.services.objects.uri(""))
    if not path.startswith(_prefix(assignment, submission)):
        raise BackendFailed(f"{submission.model} wrote the clip elsewhere than it was asked to")
    target = naming.clip_path(assignment.job_id, assignment.shot.index)
    crc32c = _kept(assignment, path, target)
    last_frame = stored_last_frame(assignment, target, crc32c)

    def taken(state: JobState, _now: object) -> JobState:
        return clip_rendered(
            clip_delivered(state, assignment.key, submission=submission, token=assignment.token),
            assignment.key,
            path=target,
            crc32c=crc32c,
            last_frame=last_frame,
            token=assignment.token,
            submission_id=submission.submission_id,
        )

    assignment.commit(taken)


def _kept(assignment: Assignment, path: str, target: str) -> str:
    """Store a clip as the shot's, if it is what was asked for or can be made so; return its CRC32C."""
    from functions.render.conforming import conformed

    shot, objects = assignment.shot, assignment.services.objects
    if (objects.size_bytes(path) or 0) > MAX_CLIP_BYTES:
        raise BackendFailed(f"the clip has more than {MAX_CLIP_BYTES} bytes")
    with TemporaryDirectory(prefix="ttv-render-") as folder:
        made = Path(folder, "clip.mp4")
        crc32c = assignment.fetch(path, made, shot=shot.index)
        clip = conformed(made, clip_request(assignment.state, shot), assignment.check)
        if clip != made:
            return objects.upload(target, clip, "video/mp4")
    return assignment.copy(path, target, shot=shot.index, crc32c=crc32c)


def _prefix(assignment: Assignment, submission: Submission) -> str:
    return naming.submission_prefix(assignment.job_id, assignment.shot.index, submission.submission_id)
