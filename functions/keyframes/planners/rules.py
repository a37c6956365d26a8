"""The planner that needs no vendor: a prompt into shots by rules. Pure; the same request, the same plan.

The craft lives in its neighbours: sentences, coverage, casting, continuity, framing, wording, durations.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from functions.keyframes.planners import PlanRequest
from functions.keyframes.planners.casting import CastText, cast_story
from functions.keyframes.planners.characters import Figure
from functions.keyframes.planners.continuity import Setting, carry_settings
from functions.keyframes.planners.coverage import Take, cover, fit_moments
from functions.keyframes.planners.durations import choose_shot_count, divide_seconds, share_by_weight
from functions.keyframes.planners.framing import Glimpse, choose_framings, choose_move
from functions.keyframes.planners.rewording import milder
from functions.keyframes.planners.sentences import Moment, clean, split_moments
from functions.keyframes.planners.wording import (
    caption_of,
    heading,
    note_of,
    only_names_a_style,
    shown_figures,
    style_of,
    title_of,
    with_descriptions,
    without_descriptions,
    without_framing,
    without_leading_time,
    without_style_tail,
)
from shared.board.scene import Framing
from shared.domain.errors import PlanImpossible
from shared.domain.plan import Character, Plan, PlannedShot, Wording


@dataclass(frozen=True)
class _Story:
    """Everything known of the story before it is worded; one entry per moment, apart from the figures."""

    figures: tuple[Figure, ...]
    texts: tuple[CastText, ...]
    settings: tuple[Setting, ...]


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
            shots=_shots(_Story(figures, texts, settings), takes, seconds, style, request.seed),
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
    story: _Story, takes: Sequence[Take], seconds: Sequence[int], style: str, seed: int
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
    framings = choose_framings(glimpses)
    return tuple(
        _shot(
            story,
            take,
            framing=framings[index],
            move=choose_move(glimpses[index], framings[index], index=index, shots=len(takes), seed=seed),
            seconds=seconds[index],
            style=style,
        )
        for index, take in enumerate(takes)
    )


def _shot(story: _Story, take: Take, *, framing: Framing, move: str, seconds: int, style: str) -> PlannedShot:
    cast_text, setting = story.texts[take.moment], story.settings[take.moment]
    names = tuple(story.figures[index].name for index in shown_figures(cast_text))
    who = names[0] if names else ""
    told = without_leading_time(without_framing(without_descriptions(cast_text, story.figures)), setting)
    action = without_leading_time(without_framing(with_descriptions(cast_text, story.figures)), setting)
    look = f"Style: {style}." if style else ""
    sentences = [heading(framing, setting), action, note_of(take.view, who)]
    return PlannedShot(
        prompt=" ".join(filter(None, [*sentences, move, look])),
        keyframe_prompt=" ".join(filter(None, [*sentences, look])),
        seconds=seconds,
        caption=caption_of(told),
        characters=names,
    )
