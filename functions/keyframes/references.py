"""What keyframes must agree with: the user's pictures and the keyframe before. Knows no image backend."""

from functools import cached_property

from shared.assignment import Assignment
from shared.domain.job import StoredPicture
from shared.references import Reference, given_references, recorded_picture


class References:
    """The references of one job; the user's own are downloaded once in a delivery of its task."""

    def __init__(self, assignment: Assignment) -> None:
        self._assignment = assignment

    def of(self, number: int) -> list[Reference]:
        """Return what keyframe `number` must agree with: the user's pictures, then the keyframe before."""
        return [*self._given, *self._keyframe_before(number)]

    @cached_property
    def _given(self) -> tuple[Reference, ...]:
        return given_references(self._assignment)

    def _keyframe_before(self, number: int) -> list[Reference]:
        if number == 0:
            return []
        before = self._assignment.state.shots[number - 1]
        if before.keyframe is None:
            return []
        recorded = StoredPicture(path=before.keyframe, crc32c=before.keyframe_crc32c)
        picture = recorded_picture(self._assignment, recorded, shot=before.index)
        return [Reference(picture=picture, is_keyframe=True)]
