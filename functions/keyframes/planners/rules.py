"""The planner that needs no vendor: a prompt into shots by rules. Pure; the same request, the same plan.

The craft lives in its neighbours: sentences, coverage, casting, continuity, framing, moves, takes, durations.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from functions.keyframes.planners import PlanRequest
from functions.keyframes.planners.camera import Camera
from functions.keyframes.planners.casting import CastText, cast_story
from functions.keyframes.planners.characters import Figure
from functions.keyframes.planners.continuity import Setting, carry_settings
from functions.keyframes.planners.coverage import Take, cover, fit_moments
from functions.keyframes.planners.durations import choose_shot_count, divide_seconds, share_by_weight
from functions.keyframes.planners.framing import Glimpse, choose_cameras, demanded_framing
from functions.keyframes.planners.moves import choose_move, move_between
from functions.keyframes.planners.rewording import milder
from functions.keyframes.planners.sentences import Moment, clean, split_moments
from functions.keyframes.planners.takes import Told, shot_of
from functions.keyframes.planners.wording import (
    only_names_a_style,
    shown_figures,
    style_of,
    title_of,
    without_descriptions,
    without_style_tail,
)
from shared.domain.errors import PlanImpossible
from shared.domain.generation import KeyframeMode
from shared.domain.plan import Character, Plan, PlannedShot, Wording


@dataclass(frozen=True)
class _Story:
    """Everything known of the story before it is worded; one entry per moment, apart from the figures."""

    figures: tuple[Figure, ...]
    texts: tuple[CastText, ...]
    settings: tuple[Setting, ...]
    style: str


class RulesPlanner:
    """Plans by rules alone: free, immediate, deterministic."""

    def plan(self, request: PlanRequest) -> Plan:
        """Divide the prompt into shots whose lengths are permitted and add up to `request.seconds`.

        Raises:
            PlanImpossible: no division fits, or the prompt has nothing that can be shown.
        """
        prompt = clean(request.prompt)
        moments = _moments_of(prompt)
        shots = choose_shot_count(len(moments), request.seconds, request.clip_seconds, request.max_shots)
        fitted = fit_moments(moments, shots)
        figures, texts = cast_story([moment.text for moment in fitted])
        settings = carry_settings([moment.text for moment in fitted], [moment.slugline for moment in fitted])
        takes = cover(len(fitted), shots)
        lengths = divide_seconds(request.seconds, shots, request.clip_seconds)
        seconds = share_by_weight(lengths, [len(texts[take.moment].text) for take in takes])
        style = style_of(prompt)
        seen = {index for text in texts for index in shown_figures(text)}
        return Plan(
            title=title_of(without_descriptions(texts[0], figures)),
            style=style,
            characters=tuple(
                Character(name=figure.name, description=figure.description)
                for index, figure in enumerate(figures)
                if index in seen
            ),
            shots=_shots(_Story(figures, texts, settings, style), takes, seconds, request),
        )

    def reword(self, words: Wording) -> Wording:
        """Tell the same story mildly, by a table of words that filters stop at."""
        return milder(words)


def _moments_of(prompt: str) -> tuple[Moment, ...]:
    moments = split_moments(prompt)
    if not moments:
        raise PlanImpossible("the prompt has nothing that can be shown")
    telling = [moment for moment in moments if not only_names_a_style(moment.text)] or moments
    return tuple(replace(moment, text=without_style_tail(moment.text)) for moment in telling)


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
