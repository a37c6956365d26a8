"""The pictures that what is drawn for a job must agree with. Knows no backend and no function."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import structlog

from shared.domain.job import PlanSummary, ReferenceImage, StoredPicture
from shared.domain.model import Record
from shared.domain.reference_images import shown_by

if TYPE_CHECKING:
    from shared.assignment import Assignment

log = structlog.get_logger()


class Reference(Record):
    """A picture that others must agree with."""

    picture: bytes
    """Encoded; decoded and encoded anew by us when it came in."""
    shows: str | None = None
    """Name of the character it shows, as the user wrote it; None: a place or a style."""
    is_keyframe: bool = False
    """The keyframe before, which the new one follows in the story."""
    is_sheet: bool = False
    """A character's sheet, drawn by us: that is what they look like."""


def given_references(assignment: "Assignment") -> tuple[Reference, ...]:
    """Download the user's own reference images.

    Raises:
        MediaMissing, MediaCorrupt: one is not there any more, or not what was recorded.
    """
    job = assignment.state.job
    return tuple(
        Reference(picture=recorded_picture(assignment, given), shows=_shown_by(given, job.plan))
        for given in job.reference_images
    )


def recorded_picture(assignment: "Assignment", recorded: StoredPicture, *, shot: int | None = None) -> bytes:
    """Download a recorded picture.

    Raises:
        MediaMissing, MediaCorrupt: it is not there any more, or not what was recorded.
    """
    with TemporaryDirectory(prefix=f"ttv-{assignment.key.stage}-") as folder:
        file = Path(folder, "picture.png")
        assignment.fetch(recorded.path, file, shot=shot, crc32c=recorded.crc32c)
        return file.read_bytes()


def _shown_by(given: ReferenceImage, plan: PlanSummary | None) -> str | None:
    shown = shown_by(given, plan)
    if shown != given.shows:
        log.warning("reference.unmatched", characters=len(plan.characters) if plan else 0)
    return shown
