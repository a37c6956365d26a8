"""The planner that needs no vendor: a prompt into shots by rules. Pure; the same request, the same plan.

The craft lives in its neighbours: sentences, coverage, casting, continuity, framing, moves, takes.
"""

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace

from functions.keyframes.planners import Paying, PlanRequest
from functions.keyframes.planners.camera import Camera
from functions.keyframes.planners.casting import CastText, cast_story
from functions.keyframes.planners.characters import Figure
from functions.keyframes.planners.continuity import Setting, carry_settings
from functions.keyframes.planners.coverage import Take, cover, fit_moments
from functions.keyframes.planners.framing import Glimpse, choose_cameras, demanded_framing
from functions.keyframes.planners.moves import choose_move, move_between
from functions.keyframes.planners.rewording import milder
from functions.keyframes.planners.sentences import Moment, clean, finish, split_moments
from functions.keyframes.planners.takes import Told, shot_of
from functions.keyframes.planners.wording import (
    only_names_a_style,
    shown_figures,
    style_of,
    title_of,
    without_descriptions,
    without_style_tail,
)
from shared.domain.capabilities import KeyframeMode
from shared.domain.durations import choose_shot_count, divide_seconds, in_words, share_by_weight
from shared.domain.errors import PlanImpossible
from shared.domain.plan import Character, GivenShot, Plan, PlannedShot, Wording


@dataclass(frozen=True)
class _Story:
    """Everything known of the story before it is worded; one entry per moment, apart from the figures."""

    figures: tuple[Figure, ...]
    texts: tuple[CastText, ...]
    settings: tuple[Setting, ...]
    style: str


class RulesPlanner:
    """Plans by rules alone: free, immediate, deterministic."""

    def plan(self, request: PlanRequest, paying: Paying = nullcontext) -> Plan:
        """Divide the prompt into shots whose lengths are permitted and add up to `request.seconds`.

        Raises:
            PlanImpossible: no division fits, without shots the prompt has nothing that can be shown, or a
                shot's words are too long for one clip.
        """
        prompt = clean(request.prompt)
        told = _moments_of(prompt)
        if request.shots:
            opening = fit_moments(told, 1)  # tells who, where and when, and is no shot itself
            moments = (*opening, *map(_moment_of, request.shots))
            shots = len(request.shots)
        elif told:
            shots = choose_shot_count(len(told), request.seconds, request.clip_seconds, request.max_shots)
            opening, moments = (), fit_moments(told, shots)
        else:
            raise PlanImpossible("the prompt has nothing that can be shown")
        figures, texts = cast_story([moment.text for moment in moments])
        settings = carry_settings(
            [moment.text for moment in moments], [moment.slugline for moment in moments]
        )
        story = _Story(
            figures, texts[len(opening) :], settings[len(opening) :], request.style or style_of(prompt)
        )
        takes = cover(len(story.texts), shots)
        seen = {index for text in story.texts for index in shown_figures(text)}
        shots_told = _shots(story, takes, _seconds_of(story, takes, request), request)
        _check_lengths(shots_told, request)
        return Plan(
            title=title_of(without_descriptions(texts[0], figures)),
            style=story.style,
            characters=tuple(
                Character(name=figure.name, description=figure.description)
                for index, figure in enumerate(figures)
                if index in seen
            ),
            shots=shots_told,
        )

    def reword(self, words: Wording, paying: Paying = nullcontext) -> Wording:
        """Tell the same story mildly, by a table of words that filters stop at."""
        return milder(words)


def _moments_of(prompt: str) -> tuple[Moment, ...]:
    moments = split_moments(prompt)
    telling = [moment for moment in moments if not only_names_a_style(moment.text)] or moments
    return tuple(replace(moment, text=without_style_tail(moment.text)) for moment in telling)


def _moment_of(shot: GivenShot) -> Moment:
    """Read one of the user's own shots, in their own words."""
    text = clean(shot.prompt)
    (moment,) = fit_moments(split_moments(text), 1) or (Moment(finish(text)),)
    return moment


def _seconds_of(story: _Story, takes: Sequence[Take], request: PlanRequest) -> tuple[int, ...]:
    """Tell how long each shot is: as its user says, else the longer the more there is to tell."""
    given = tuple(shot.seconds for shot in request.shots if shot.seconds)
    if not given:
        lengths = divide_seconds(request.seconds, len(takes), request.clip_seconds)
        return share_by_weight(lengths, [len(story.texts[take.moment].text) for take in takes])
    if len(given) < len(takes) or sum(given) != request.seconds or not {*given} <= {*request.clip_seconds}:
        raise PlanImpossible(
            f"{len(takes)} shots of {', '.join(map(str, given))} seconds are not {request.seconds} seconds"
            f" in clips of {in_words(request.clip_seconds)} seconds each"
        )
    return given


def _check_lengths(shots: Sequence[PlannedShot], request: PlanRequest) -> None:
    for number, shot in enumerate(shots, 1):
        if len(shot.prompt) > request.prompt_characters:
            raise PlanImpossible(
                f"shot {number} is told in {len(shot.prompt)} characters, of which the video backend takes"
                f" {request.prompt_characters}: say it in fewer, or in more sentences",
                shot=number - 1,
            )


def _shots(
    story: _Story, takes: Sequence[Take], seconds: Sequence[int], request: PlanRequest
) -> tuple[PlannedShot, ...]:
    glimpses = [
        Glimpse(
            text=story.texts[take.moment].text,
            view=take.view,
            place=story.settings[take.moment].place,
            figures=len(shown_figures(story.texts[take.moment])),
        )
        for take in takes
    ]
    cameras = choose_cameras(glimpses)
    shots = []
    for index, take in enumerate(takes):
        first, last = index == 0, index == len(takes) - 1
        told = Told(
            cast_text=story.texts[take.moment],
            figures=story.figures,
            setting=story.settings[take.moment],
            view=take.view,
            camera=cameras[index],
            move=_move(glimpses, cameras, index, request),
            style=story.style,
            goes_on=_goes_on(glimpses[index], request) and not first,
            moved=not first and glimpses[index].place is not glimpses[index - 1].place,
            has_end=request.keyframes is KeyframeMode.PAIR and last,
        )
        shots.append(shot_of(told, seconds[index]))
    return tuple(shots)


def _goes_on(glimpse: Glimpse, request: PlanRequest) -> bool:
    """Whether a clip begins as the one before ended, and the text wants no other framing."""
    return request.keyframes is KeyframeMode.CHAIN and demanded_framing(glimpse) is None


def _move(glimpses: Sequence[Glimpse], cameras: Sequence[Camera], index: int, request: PlanRequest) -> str:
    """The move that a shot makes by itself, or that leads from its first still to its last."""
    glimpse, camera = glimpses[index], cameras[index]
    start = end = camera
    if request.keyframes is KeyframeMode.PAIR:
        end = cameras[index + 1] if index + 1 < len(cameras) else camera.stepped_back()
    elif _goes_on(glimpse, request) and index:
        start = cameras[index - 1]
    if start != end:
        return move_between(glimpse, start, end, index=index, seed=request.seed)
    return choose_move(glimpse, camera, index=index, shots=len(glimpses), seed=request.seed)
