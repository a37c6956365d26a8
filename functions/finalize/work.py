"""Joins a job's clips and makes what goes with the video; or of keyframes alone, the storyboard sheet.

Knows the order of things, not how media is made.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import structlog

from functions.finalize.panels import PlannedPanel, most_telling, panels_of
from shared.assignment import Assignment
from shared.domain import naming
from shared.domain.errors import DurationMismatch, MediaCorrupt, MediaMissing
from shared.domain.generation import StopAfter, Transition
from shared.domain.job import Artifact, Job, JobState
from shared.domain.transitions import complete

if TYPE_CHECKING:  # the module loads PyAV, which a cold start need not wait for
    from functions.finalize.join import JoinFacts

log = structlog.get_logger()

SHEET_STILL_WIDTH = 1600
"""Pixels; as wide as the sheet, so that a single panel is sharp."""


def finalize_video(assignment: Assignment) -> None:
    """Make, check, store and commit the video with its thumbnail and storyboard sheet.

    A job that was to stop after its keyframes has no video, only the other two.
    """
    with TemporaryDirectory(prefix="ttv-finalize-") as folder:
        if assignment.state.job.config.stop_after == StopAfter.KEYFRAMES:
            artifact = _storyboard(assignment, Path(folder))
        else:
            artifact = _video(assignment, Path(folder))
    assignment.commit(lambda state, now: complete(state, artifact, now=now, token=assignment.token))


def _video(assignment: Assignment, folder: Path) -> Artifact:
    from functions.finalize.join import join
    from functions.finalize.thumbnail import thumbnail
    from shared.probe import probe

    state, job = assignment.state, assignment.state.job
    video = folder / "video.mp4"
    clips = _clips(assignment, folder)
    transition = Transition(job.config.transition)
    with assignment.generating("video"), _naming_the_clip(state):
        joined = join(
            clips,
            video,
            _metadata(job),
            lambda _done: assignment.check(),
            transition,
            with_sound=job.config.audio is not False,
        )
    _log_joined(joined, transition)
    duration = probe(video).duration_seconds
    check_duration(duration, state)
    sheet = _sheet(assignment, folder, clips)
    still = thumbnail(video, _middle_of_most_telling(state))
    artifact = _with_stills(assignment, still, sheet)
    path = naming.video_path(job.job_id)
    filename = naming.download_name(job.job_id, path)
    assignment.services.objects.upload(path, video, "video/mp4", filename=filename)
    return artifact.evolve(video=path, duration_seconds=duration, size_bytes=video.stat().st_size)


def _log_joined(joined: "JoinFacts", transition: Transition) -> None:
    for shot, reason in joined.unreadable.items():
        log.warning("sound.unreadable", shot=shot, reason=reason)
    sound = joined.sound
    log.info(
        "video.joined",
        transition=transition.value,
        frames=joined.frames,
        encoded=joined.encoded,
        normalised=joined.normalised,
        sounding=sound.shots if sound else (),
        silenced=joined.silenced,
        lufs=sound.measured.lufs if sound else None,
        true_peak_dbtp=sound.measured.true_peak_dbtp if sound else None,
        gain_db=sound.levelling.gain_db if sound else None,
        limited=sound.levelling.limited if sound else None,
    )


@contextmanager
def _naming_the_clip(state: JobState) -> Iterator[None]:
    """Let a failure over a shot's clip name that object, so that a retry knows what to make anew."""
    try:
        yield
    except MediaCorrupt as error:
        if error.shot is not None:
            error.path = state.shots[error.shot].clip or ""
        raise


def _storyboard(assignment: Assignment, folder: Path) -> Artifact:
    from functions.finalize.thumbnail import keyframe_thumbnail

    sheet = _sheet(assignment, folder, [])
    telling = most_telling(assignment.state.shots)
    return _with_stills(assignment, keyframe_thumbnail(_picture_path(folder, telling.index)), sheet)


def _with_stills(assignment: Assignment, thumbnail: bytes, sheet: bytes) -> Artifact:
    """Store the thumbnail (JPEG) and the sheet (PNG), and return an artifact that names only them."""
    objects, job_id = assignment.services.objects, assignment.job_id
    artifact = Artifact(
        thumbnail=naming.thumbnail_path(job_id), storyboard_sheet=naming.storyboard_sheet_path(job_id)
    )
    for path, picture, content_type in (
        (artifact.thumbnail, thumbnail, "image/jpeg"),
        (artifact.storyboard_sheet, sheet, "image/png"),
    ):
        objects.put(path, picture, content_type, filename=naming.download_name(job_id, path))
    return artifact


def _clips(assignment: Assignment, folder: Path) -> list[Path]:
    clips = []
    for shot in assignment.state.shots:
        path = folder / f"clip-{shot.index:04d}.mp4"
        if shot.clip is None:
            raise MediaMissing("the shot has no clip", shot=shot.index)
        assignment.fetch(shot.clip, path, shot=shot.index, crc32c=shot.clip_crc32c)
        clips.append(path)
    return clips


def _sheet(assignment: Assignment, folder: Path, clips: Sequence[Path]) -> bytes:
    from functions.finalize.sheet import Panel, storyboard_sheet

    panels = []
    for place, planned in enumerate(panels_of(assignment.state)):
        assignment.check()
        picture = _picture_path(folder, place)
        _save_picture(assignment, planned, clips, picture)
        panels.append(Panel(picture=picture, caption=planned.caption, seconds=planned.seconds))
    plan = assignment.state.job.plan
    return storyboard_sheet(plan.title if plan else "", panels)


def _save_picture(assignment: Assignment, panel: PlannedPanel, clips: Sequence[Path], into: Path) -> None:
    """Bring a panel's picture into the folder: the keyframe, or else the middle of the clip."""
    from functions.finalize.thumbnail import thumbnail

    if panel.keyframe is not None:
        assignment.fetch(panel.keyframe, into, shot=panel.shot, crc32c=panel.crc32c)
    else:
        into.write_bytes(thumbnail(clips[panel.shot], 0.5, max_width=SHEET_STILL_WIDTH))


def _picture_path(folder: Path, place: int) -> Path:
    return folder / f"panel-{place:04d}"


def _middle_of_most_telling(state: JobState) -> float:
    """Return the middle of the most telling shot, as a share of the duration."""
    shown = most_telling(state.shots)
    before = sum(shot.seconds for shot in state.shots if shot.index < shown.index)
    return (before + shown.seconds / 2) / sum(shot.seconds for shot in state.shots)


def check_duration(duration_seconds: float, state: JobState) -> None:
    """Refuse a video that is off by more than half a frame a shot.

    Raises:
        DurationMismatch: it is.
    """
    expected = sum(shot.seconds for shot in state.shots)
    tolerance = len(state.shots) / (2 * state.job.config.fps)
    if abs(duration_seconds - expected) > tolerance or expected != state.job.config.seconds:
        raise DurationMismatch(
            f"the video is {duration_seconds:.3f} s long, its shots are {expected} s,"
            f" asked were {state.job.config.seconds} s"
        )


def _metadata(job: Job) -> dict[str, str]:
    return {
        "title": job.plan.title if job.plan else "",
        "comment": f"AI-generated by TTV Pipeline ({job.config.model}), {job.job_id}",
    }
