"""Paid keyframes and characters' sheets of one job: what is asked for, and what is committed of it.

Knows no image backend by name.
"""

from collections.abc import Sequence
from datetime import datetime

from functions.keyframes.cache import DrawingCache
from functions.keyframes.drawing import Drawing, Picture, Studio
from functions.keyframes.easel import Easel
from functions.keyframes.image_backends import KeyframeRequest, PaidImageBackend
from functions.keyframes.judge import Judge
from functions.keyframes.purse import Purse
from functions.keyframes.references import References
from shared.assignment import Assignment
from shared.domain import naming
from shared.domain.capabilities import KeyframeMode
from shared.domain.errors import Refused
from shared.domain.job import Charge, JobState, Shot, StoredPicture
from shared.domain.keyframes import shown_by
from shared.domain.plan import Character
from shared.domain.transitions import keyframe_drawn, sheet_drawn

SHEET_WIDTH, SHEET_HEIGHT = 1280, 720
"""Pixels, whatever the video's size: so that a sheet serves its character's videos of every size."""


class Gallery:
    """Draws keyframes and sheets at a provider who is paid.

    Args:
        judge: looks at every keyframe; None: nobody does.
    """

    def __init__(
        self,
        assignment: Assignment,
        backend: PaidImageBackend,
        judge: Judge | None,
        purse: Purse,
        references: References,
    ) -> None:
        services, job = assignment.services, assignment.state.job
        cache = DrawingCache(services.objects, job.owner, lambda: assignment.now)
        self._assignment = assignment
        self._references = references
        self._keyframes = Studio(assignment, backend, judge, purse, cache)
        self._sheets = Studio(assignment, backend, None, purse, cache)

    def draw_keyframes(self, numbers: Sequence[int]) -> Sequence[tuple[Shot, Refused]]:
        """Draw and commit keyframes, and return the shots whose words a safety filter refused.

        Raises:
            Exception: why one cannot be drawn; the others that had begun are committed.
        """
        pictures = [self._keyframe(number) for number in numbers]
        refused = Easel(self._keyframes, self._hang_keyframe).draw(pictures)
        state = self._assignment.state
        return [(shown_by(state, _number(picture)), error) for picture, error in refused]

    def draw_sheets(self, characters: Sequence[Character]) -> Sequence[tuple[Character, Refused]]:
        """Draw and commit sheets, and return the characters whose description a safety filter refused.

        Raises:
            Exception: as for keyframes.
        """
        pictures = [self._sheet(character) for character in characters]
        refused = Easel(self._sheets, self._hang_sheet).draw(pictures)
        return [(picture.request.characters[0], error) for picture, error in refused]

    def _keyframe(self, number: int) -> Picture:
        state = self._assignment.state
        shot = shown_by(state, number)
        return Picture(
            path=path_of(state, number),
            what="keyframe",
            request=request_for(state, number),
            references=tuple(self._references.of(number)),
            subject=number,
            shot=shot.index,
        )

    def _sheet(self, character: Character) -> Picture:
        state = self._assignment.state
        return Picture(
            path=sheet_path_of(state, character),
            what="character sheet",
            request=KeyframeRequest(
                prompt="",
                caption="",
                characters=(character,),
                style=_style(state),
                negative_prompt=state.job.config.negative_prompt,
                width=SHEET_WIDTH,
                height=SHEET_HEIGHT,
                seed=state.job.config.seed,
                is_sheet=True,
            ),
            references=tuple(self._references.of_sheet(character)),
            subject=character.name,
        )

    def _hang_keyframe(self, picture: Picture, best: Drawing) -> None:
        assignment, number, charges = self._assignment, _number(picture), _charges(picture)
        crc32c = assignment.copy(best.path, picture.path, shot=picture.shot)

        def drawn(state: JobState, _now: datetime) -> JobState:
            return keyframe_drawn(
                state,
                number,
                path=picture.path,
                crc32c=crc32c,
                charges=charges,
                judgement=best.judgement,
                from_cache=best.from_cache,
                token=assignment.token,
            )

        self._keyframes.purse.commit(drawn, usd_micros=picture.usd_micros)

    def _hang_sheet(self, picture: Picture, best: Drawing) -> None:
        assignment, name, charges = self._assignment, str(picture.subject), _charges(picture)
        sheet = StoredPicture(path=picture.path, crc32c=assignment.copy(best.path, picture.path, shot=None))

        def drawn(state: JobState, _now: datetime) -> JobState:
            return sheet_drawn(
                state, name, sheet, charges=charges, from_cache=best.from_cache, token=assignment.token
            )

        self._sheets.purse.commit(drawn, usd_micros=picture.usd_micros)


def request_for(state: JobState, number: int) -> KeyframeRequest:
    """Return what a keyframe is to show."""
    config, plan, shot = state.job.config, state.job.plan, shown_by(state, number)
    is_end, is_chained = number > shot.index, config.keyframes == KeyframeMode.CHAIN
    return KeyframeRequest(
        prompt=(shot.end_keyframe_prompt or shot.keyframe_prompt) if is_end else shot.keyframe_prompt,
        caption="" if is_chained else shot.caption,  # the frames that are handed on would show it for ever
        characters=plan.cast(shot.characters) if plan else (),
        style=_style(state),
        negative_prompt=config.negative_prompt,
        width=config.width,
        height=config.height,
        seed=config.seed,
    )


def path_of(state: JobState, number: int) -> str:
    """Return the object path of a keyframe."""
    job_id, shots = state.job.job_id, len(state.shots)
    is_end = number == shots
    return naming.end_keyframe_path(job_id, shots - 1) if is_end else naming.keyframe_path(job_id, number)


def sheet_path_of(state: JobState, character: Character) -> str:
    """Return the object path of a character's sheet."""
    names = [each.name for each in state.job.plan.characters] if state.job.plan else []
    return naming.sheet_path(state.job.job_id, names.index(character.name))


def _style(state: JobState) -> str:
    plan = state.job.plan
    return (plan.style if plan else "") or state.job.config.style


def _number(picture: Picture) -> int:
    return int(picture.subject)


def _charges(picture: Picture) -> tuple[Charge, ...]:
    return tuple(charge for drawing in picture.drawings for charge in drawing.charges)
