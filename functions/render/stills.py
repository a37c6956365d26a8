"""The keyframes a clip is rendered from, and the one it hands on. Knows no backend."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from functions.render.video_backends import Stills
from shared.assignment import Assignment
from shared.domain import naming
from shared.domain.capabilities import KeyframePosition
from shared.domain.job import JobState, Shot
from shared.domain.keyframes import LastFrame


@contextmanager
def fetched_stills(assignment: Assignment) -> Iterator[Stills]:
    """Download the keyframes of the shot, for as long as they are used.

    Raises:
        MediaMissing, MediaCorrupt: one is not there any more, or not what was recorded.
    """
    shot = assignment.shot
    with TemporaryDirectory(prefix="ttv-render-") as folder:
        stills = {}
        for position, path, crc32c in _recorded(assignment.state, shot):
            stills[position] = Path(folder, f"{position}.png")
            assignment.fetch(path, stills[position], shot=shot.index, crc32c=crc32c)
        yield stills


def stored_last_frame(assignment: Assignment, clip: str, crc32c: str) -> LastFrame | None:
    """Store the last frame of the shot's clip as the keyframe of the next shot; None if that needs none.

    Args:
        clip, crc32c: path and checksum of the clip, which is stored already.

    Raises:
        MediaMissing, MediaCorrupt: the clip is not there any more, or cannot be decoded.
    """
    if not assignment.hands_on:
        return None
    index = assignment.shot.index
    path = naming.keyframe_path(assignment.job_id, index + 1)
    stored = assignment.stored(path) or _extracted(assignment, clip, crc32c, path)
    return LastFrame(path=path, crc32c=stored)


def _extracted(assignment: Assignment, clip: str, crc32c: str, into: str) -> str:
    from functions.render.last_frame import last_frame

    with TemporaryDirectory(prefix="ttv-render-") as folder:
        file = Path(folder, "clip.mp4")
        assignment.fetch(clip, file, shot=assignment.shot.index, crc32c=crc32c)
        return assignment.services.objects.put(into, last_frame(file), "image/png")


def _recorded(state: JobState, shot: Shot) -> Iterator[tuple[KeyframePosition, str, str]]:
    """Yield where in the clip each of a shot's keyframes stands, its path and its CRC32C."""
    if shot.keyframe:
        yield KeyframePosition(state.job.config.keyframe_position), shot.keyframe, shot.keyframe_crc32c
    if shot.end_keyframe:
        yield KeyframePosition.LAST, shot.end_keyframe, shot.end_keyframe_crc32c
