"""What pictures must agree with: sheets, the user's pictures, the keyframe before. Knows no image backend."""

from collections.abc import Sequence
from functools import cached_property

from shared.assignment import Assignment
from shared.domain.capabilities import Consistency
from shared.domain.job import StoredPicture
from shared.domain.keyframes import shown_by
from shared.domain.plan import Character
from shared.references import Reference, given_references, recorded_picture


class References:
    """The references of one job; each is downloaded once in a delivery of its task, but for keyframes."""

    def __init__(self, assignment: Assignment) -> None:
        self._assignment = assignment
        self._sheets: dict[str, Reference] = {}

    def of(self, number: int) -> list[Reference]:
        """Return what keyframe `number` must agree with, in the order in which a backend is given it.

        First the sheets of those in frame, then the user's pictures, then the keyframe before; with
        `anchored`, where keyframes are drawn at the same time, without that.

        Raises:
            MediaMissing, MediaCorrupt: one is not there any more, or not what was recorded.
        """
        state = self._assignment.state
        is_anchored = state.job.config.consistency == Consistency.ANCHORED
        before = [] if is_anchored else self._keyframe_before(number)
        return [*self._sheets_of(shown_by(state, number).characters), *self._given, *before]

    def of_sheet(self, character: Character) -> list[Reference]:
        """Return what a character's sheet must agree with: the user's pictures that show them.

        Raises:
            MediaMissing, MediaCorrupt: one is not there any more, or not what was recorded.
        """
        return [each for each in self._given if each.shows and character.is_called(each.shows)]

    @cached_property
    def _given(self) -> tuple[Reference, ...]:
        return given_references(self._assignment)

    def _sheets_of(self, names: Sequence[str]) -> list[Reference]:
        plan = self._assignment.state.job.plan
        cast = plan.cast(names) if plan else ()
        return [
            self._sheet(each.name, plan.sheets[each.name])
            for each in cast
            if plan and each.name in plan.sheets
        ]

    def _sheet(self, name: str, recorded: StoredPicture) -> Reference:
        if name not in self._sheets:
            picture = recorded_picture(self._assignment, recorded)
            self._sheets[name] = Reference(picture=picture, shows=name, is_sheet=True)
        return self._sheets[name]

    def _keyframe_before(self, number: int) -> list[Reference]:
        if number == 0:
            return []
        before = self._assignment.state.shots[number - 1]
        if before.keyframe is None:
            return []
        recorded = StoredPicture(path=before.keyframe, crc32c=before.keyframe_crc32c)
        picture = recorded_picture(self._assignment, recorded, shot=before.index)
        return [Reference(picture=picture, is_keyframe=True)]


def within(references: Sequence[Reference], limit: int) -> list[Reference]:
    """Return as many references as a backend takes, in their order.

    Of too many, those go first that say least of who is in the picture: the user's of places and moods, then
    the user's of characters, then sheets, and at last the keyframe before; of equal ones the last.
    """
    by_weight = sorted(range(len(references)), key=lambda index: _dispensability(references[index]))
    kept = sorted(by_weight[:limit])
    return [references[index] for index in kept]


def _dispensability(reference: Reference) -> int:
    if reference.is_keyframe:
        return 0
    if reference.is_sheet:
        return 1
    return 2 if reference.shows else 3
