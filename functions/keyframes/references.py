"""What keyframes must agree with: the user's pictures and the keyframe before. Knows no image backend."""

from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory

import structlog

from functions.keyframes.image_backends import Reference
from shared.assignment import Assignment
from shared.domain.job import UserPicture

log = structlog.get_logger()


class References:
    """The references of one job, each downloaded at most once in a delivery of its task."""

    def __init__(self, assignment: Assignment) -> None:
        self._assignment = assignment

    def of(self, number: int) -> list[Reference]:
        """Return what keyframe `number` must agree with: the user's pictures, then the keyframe before."""
        return [*self._given, *self._keyframe_before(number)]

    def initial_image(self, picture: UserPicture) -> bytes:
        """Return the user's own first keyframe: a PNG of the video's size, as submit has made sure."""
        return self._get(picture)

    @cached_property
    def _given(self) -> list[Reference]:
        return [
            Reference(picture=self._get(given), shows=self._meant(given.shows))
            for given in self._assignment.state.job.reference_images
        ]

    def _meant(self, shows: str | None) -> str | None:
        """Return whom a picture shows; None if the plan has nobody of that name: then it counts for all."""
        plan = self._assignment.state.job.plan
        characters = plan.characters if plan else ()
        if shows is None or any(character.is_called(shows) for character in characters):
            return shows
        log.warning("reference.unmatched", characters=len(characters))
        return None

    def _keyframe_before(self, number: int) -> list[Reference]:
        if number == 0:
            return []
        before = self._assignment.state.shots[number - 1]
        if before.keyframe is None:
            return []
        recorded = UserPicture(path=before.keyframe, crc32c=before.keyframe_crc32c)
        picture = self._get(recorded, shot=before.index)
        return [Reference(picture=picture, is_keyframe=True)]

    def _get(self, recorded: UserPicture, *, shot: int | None = None) -> bytes:
        """Download a recorded picture.

        Raises:
            MediaMissing, MediaCorrupt: it is not there any more, or not what was recorded.
        """
        with TemporaryDirectory(prefix="ttv-keyframes-") as folder:
            file = Path(folder, "picture.png")
            self._assignment.fetch(recorded.path, file, shot=shot, crc32c=recorded.crc32c)
            return file.read_bytes()
