"""Plans the shots once, then draws their keyframes, each committed as soon as it is there.

Knows no planner and no image backend by name.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import cached_property

import structlog
from pydantic import ValidationError

from functions.keyframes.gallery import Gallery, path_of, request_for, sheet_path_of
from functions.keyframes.image_backends import image_backend, paid_image_backend
from functions.keyframes.judge import judge
from functions.keyframes.planners import Paying, PlanRequest, planner
from functions.keyframes.purse import Purse
from functions.keyframes.references import References
from shared.assignment import Assignment
from shared.domain import naming
from shared.domain.capabilities import IMAGE_BACKENDS, KeyframeMode
from shared.domain.claims import go_on_later
from shared.domain.derivation import taking_over
from shared.domain.errors import JobFailure, NotFound, ObjectMissing, Refused, shorten
from shared.domain.generation import MAX_SHOTS, clip_seconds_here
from shared.domain.job import Charge, Job, JobState, Refusal, Shot
from shared.domain.keyframes import given_keyframe, numbers_to_draw, sheets_to_draw, shown_by
from shared.domain.plan import Character, Wording
from shared.domain.pricing import planning_usd_micros
from shared.domain.transitions import keyframe_drawn, save_plan, shot_reworded
from shared.job_store import ALL, JobStore

log = structlog.get_logger()


def draw_keyframes(assignment: Assignment) -> None:
    """Draw what is not drawn yet, and commit each keyframe as it comes."""
    _Stage(assignment).run()


class _Stage:
    """One delivery of a job's keyframes task."""

    def __init__(self, assignment: Assignment) -> None:
        self._assignment = assignment
        self._purse = Purse(assignment)
        self._references = References(assignment)

    def run(self) -> None:
        assignment = self._assignment
        if assignment.state.job.plan is None:
            self._plan()
        while True:
            if assignment.is_out_of_time:
                return assignment.commit(
                    lambda state, _now: go_on_later(state, assignment.key, token=assignment.token)
                )
            assignment.check()
            # As of the last commit: render may send a shot back meanwhile.
            refused = next((shot for shot in assignment.state.shots if shot.awaits_rewording), None)
            numbers = numbers_to_draw(assignment.state)
            if refused:
                self._reword(refused)
            elif numbers:
                self._draw(numbers)
            else:
                return None

    def _draw(self, numbers: Sequence[int]) -> None:
        """Bring one keyframe about that is there already, else the sheets, else all that can be drawn."""
        assignment = self._assignment
        state = assignment.state
        given = next((number for number in numbers if given_keyframe(state, number)), None)
        if given is not None:
            self._copy(given)
        elif not IMAGE_BACKENDS[state.job.config.image_model].paid:
            self._draw_here(numbers[0])
        elif sheets := sheets_to_draw(state):
            for character, refusal in self._gallery.draw_sheets(sheets):
                self._draw_reworded(character, refusal)
        else:
            refused = self._gallery.draw_keyframes(numbers)
            # Of the last shot both keyframes may be; it is reworded once.
            for shot, refusal in {shot.index: (shot, refusal) for shot, refusal in refused}.values():
                self._reword_refused(shot, refusal)

    def _plan(self) -> None:
        assignment = self._assignment
        job = assignment.state.job
        in_time = clip_seconds_here(job.config, assignment.services.offered)  # none after a change of GPUs
        request = PlanRequest(
            prompt=job.prompt,
            seconds=job.config.seconds,
            clip_seconds=in_time or job.config.clip_seconds,
            seed=job.config.seed,
            keyframes=KeyframeMode(job.config.keyframes),
            style=job.config.style,
            shots=job.given_shots,
            max_shots=MAX_SHOTS,
            prompt_characters=job.config.prompt_characters,
        )
        with assignment.uninterruptible("a plan"):
            plan = planner(job.config.planner).plan(request, self._paying("plan"))
        source = _source_of(job, assignment.services.store) if job.is_remix else None

        def planned(state: JobState, _now: datetime) -> JobState:
            state = save_plan(state, plan, token=assignment.token)
            return taking_over(state, source) if source else state

        assignment.commit(planned)

    def _copy(self, number: int) -> None:
        """Take over a keyframe: another job's, or the user's own, which submit gave the video's size."""
        state = self._assignment.state
        given, path = given_keyframe(state, number), path_of(state, number)
        if given:
            shot = shown_by(state, number).index
            self._commit(
                number, path, self._assignment.copy(given.path, path, shot=shot, crc32c=given.crc32c)
            )

    def _draw_here(self, number: int) -> None:
        """Draw a keyframe on a backend that is free. One that an earlier try has stored is kept."""
        assignment = self._assignment
        state = assignment.state
        shot, path = shown_by(state, number), path_of(state, number)
        crc32c = assignment.stored(path)
        if crc32c is None:
            backend = image_backend(state.job.config.image_model)
            agreeing = self._references.of(number)
            try:
                with _naming(shot), assignment.generating("keyframe"):
                    keyframe = backend.draw(request_for(state, number), agreeing)
            except Refused as refused:
                return self._reword_refused(shot, refused)
            crc32c = assignment.services.objects.put(path, keyframe, "image/png")
        return self._commit(number, path, crc32c)

    def _commit(self, number: int, path: str, crc32c: str) -> None:
        token = self._assignment.token
        self._assignment.commit(
            lambda state, _now: keyframe_drawn(state, number, path=path, crc32c=crc32c, token=token)
        )

    @cached_property
    def _gallery(self) -> Gallery:
        """Built only for jobs that need it: it loads a provider's client."""
        config = self._assignment.state.job.config
        return Gallery(
            self._assignment,
            paid_image_backend(config.image_model),
            judge() if config.judge_keyframes else None,
            self._purse,
            self._references,
        )

    def _draw_reworded(self, character: Character, refusal: Refused) -> None:
        """Draw a sheet from other words than those that a safety filter has refused.

        Raises:
            Refused: these are refused as well, or there may be no others.
        """
        if self._assignment.state.job.config.reword_refused:
            refused_again = self._gallery.draw_sheets([self._milder(character)])
            if not refused_again:
                return
            _, refusal = refused_again[0]
        raise Refused(f"no character sheet of {shorten(character.name)}: {refusal}") from refusal

    def _milder(self, character: Character) -> Character:
        """Describe a character in other words: those that an earlier try has paid for, or new ones."""
        objects = self._assignment.services.objects
        path = naming.other_words_path(sheet_path_of(self._assignment.state, character))
        try:
            words = Wording.model_validate_json(objects.get(path))
        except (ObjectMissing, ValidationError):
            look = character.description
            words = self._other_words(Wording(prompt=look, keyframe_prompt=look))
            objects.put(path, words.model_dump_json().encode(), "application/json")
        return character.evolve(description=words.keyframe_prompt)

    def _reword_refused(self, shot: Shot, refused: Refused) -> None:
        config = self._assignment.state.job.config
        if not config.reword_refused or shot.rewordings:
            raise refused
        self._reword(shot, Refusal(model=config.image_model, reason=str(refused)))

    def _reword(self, shot: Shot, refusal: Refusal | None = None) -> None:
        """Give a shot that a safety filter has refused other words.

        Args:
            refusal: of its keyframe; that of its clip is on the shot already.
        """
        with _naming(shot):
            words = self._other_words(
                Wording(
                    prompt=shot.prompt,
                    keyframe_prompt=shot.keyframe_prompt,
                    end_keyframe_prompt=shot.end_keyframe_prompt,
                )
            )
        token = self._assignment.token
        self._assignment.commit(
            lambda state, _now: shot_reworded(state, shot.index, words, refusal=refusal, token=token)
        )

    def _other_words(self, words: Wording) -> Wording:
        with self._assignment.uninterruptible("other words"):
            return planner(self._assignment.state.job.config.planner).reword(words, self._paying("rewording"))

    def _paying(self, reason: str) -> Paying:
        config = self._assignment.state.job.config
        price = planning_usd_micros(config)
        return self._purse.charging(Charge(usd_micros=price, reason=reason, model=config.planner))


def _source_of(remix: Job, store: JobStore) -> JobState | None:
    """Return the job that a remix is made of, unless it has been purged: then all is made anew."""
    try:
        return store.load(remix.derived_from or "", shots=ALL).state
    except NotFound:
        log.info("remix.without_source", source=remix.derived_from)
        return None


@contextmanager
def _naming(shot: Shot) -> Iterator[None]:
    """Let a failure name the shot."""
    try:
        yield
    except JobFailure as failure:
        failure.shot = shot.index
        raise
