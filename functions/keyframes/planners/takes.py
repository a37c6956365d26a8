"""Words one shot: for image and video backend, and for the still it ends on. Chooses no camera."""

from dataclasses import dataclass

from functions.keyframes.planners.camera import Camera
from functions.keyframes.planners.casting import CastText
from functions.keyframes.planners.characters import Figure
from functions.keyframes.planners.continuity import Setting
from functions.keyframes.planners.coverage import View
from functions.keyframes.planners.wording import (
    caption_of,
    going_on,
    heading,
    listed,
    note_of,
    shown_figures,
    with_descriptions,
    without_descriptions,
    without_framing,
    without_leading_time,
)
from shared.domain.plan import PlannedShot


@dataclass(frozen=True)
class Told:
    """Everything one shot is worded from."""

    cast_text: CastText
    figures: tuple[Figure, ...]
    """Of the whole story."""
    setting: Setting
    view: View
    camera: Camera
    move: str
    style: str
    goes_on: bool = False
    """Whether its clip begins with the last frame of the one before."""
    moved: bool = False
    """Whether it is elsewhere than the one before."""
    has_end: bool = False
    """Whether the still it ends with is its own."""


def shot_of(told: Told, seconds: int) -> PlannedShot:
    """Write all that a shot says."""
    names = tuple(told.figures[index].name for index in shown_figures(told.cast_text))
    opening = heading(told.camera, told.setting)
    action = _bare(with_descriptions(told.cast_text, told.figures), told.setting)
    note = note_of(told.view, names[0] if names else "", told.cast_text.text)
    look = f"Style: {told.style}." if told.style else ""
    start = going_on(told.setting, moved=told.moved) if told.goes_on else opening
    end = heading(told.camera.stepped_back(), told.setting) if told.has_end else ""
    return PlannedShot(
        prompt=_joined(start, action, "" if told.goes_on else note, told.move, look),
        keyframe_prompt=_joined(opening, action, note, look),
        end_keyframe_prompt=_joined(end, action, at_rest(names), look) if end else "",
        seconds=seconds,
        caption=caption_of(_bare(without_descriptions(told.cast_text, told.figures), told.setting)),
        characters=names,
    )


def at_rest(names: tuple[str, ...]) -> str:
    """One sentence on how a story ends."""
    if not names:
        return "A moment later all has come to rest."
    return f"A moment later {listed(names)} {'have' if len(names) > 1 else 'has'} come to rest."


def _bare(text: str, setting: Setting) -> str:
    return without_leading_time(without_framing(text), setting)


def _joined(*sentences: str) -> str:
    return " ".join(filter(None, sentences))
