"""Turns what Gemini wrote, once it fits, into a plan: every prompt carries looks and style. Pure."""

import re
from collections.abc import Sequence

from functions.keyframes.planners import PlanRequest
from functions.keyframes.planners.gemini_answers import WrittenPlan, WrittenShot
from functions.keyframes.planners.sentences import finish
from shared.domain.capabilities import KeyframeMode
from shared.domain.plan import Character, Plan, PlannedShot


def plan_of(written: WrittenPlan, request: PlanRequest) -> Plan:
    """Return the plan; only the last shot in mode `pair` says what it ends with."""
    style = request.style or written.style
    characters = tuple(Character(name=each.name, description=each.description) for each in written.characters)
    last = written.shots[-1] if request.keyframes is KeyframeMode.PAIR else None
    return Plan(
        title=written.title,
        style=style,
        characters=characters,
        shots=tuple(_shot(shot, characters, style, has_end=shot is last) for shot in written.shots),
    )


def with_looks(text: str, characters: Sequence[Character]) -> str:
    """Put each character's fixed description behind the first mention of them, or else at the end.

    A description that stands in the text already is not repeated.
    """
    missing = {
        each.name.casefold(): each
        for each in characters
        if each.description.casefold() not in text.casefold()
    }

    def described(mention: re.Match[str]) -> str:
        found = missing.pop(mention[0].casefold(), None)
        return f"{mention[0]} ({found.description})" if found else mention[0]

    if missing:
        longest_first = sorted(map(re.escape, missing), key=len, reverse=True)
        text = re.sub(
            rf"(?<!\w)({'|'.join(longest_first)})(?!\w|['\u2019]s)", described, text, flags=re.IGNORECASE
        )
    unmentioned = ", ".join(f"{each.name} ({each.description})" for each in missing.values())
    return _joined(text, f"In frame: {unmentioned}." if unmentioned else "")


def _shot(shot: WrittenShot, characters: Sequence[Character], style: str, *, has_end: bool) -> PlannedShot:
    cast = [each for each in characters if each.name in shot.characters]
    look = finish(f"Style: {style}") if style else ""
    said = finish(f"Dialogue: {shot.dialogue}") if shot.dialogue else ""
    return PlannedShot(
        prompt=_joined(finish(shot.camera), with_looks(finish(shot.prompt), cast), said, look),
        keyframe_prompt=_joined(with_looks(finish(shot.keyframe_prompt), cast), look),
        end_keyframe_prompt=_joined(with_looks(finish(shot.end_keyframe_prompt), cast), look)
        if has_end
        else "",
        seconds=shot.seconds,
        caption=shot.caption,
        characters=shot.characters,
    )


def _joined(*sentences: str) -> str:
    return " ".join(filter(None, sentences))
