"""What a body does, as angles of its limbs, and the words for it. It knows neither clothes nor pixels."""

import re
from dataclasses import dataclass
from enum import StrEnum


class Action(StrEnum):
    STANDING = "standing"
    WALKING = "walking"
    RUNNING = "running"
    SITTING = "sitting"
    LOOKING_UP = "looking up"
    REACHING = "reaching"
    SLEEPING = "sleeping"


@dataclass(frozen=True)
class Pose:
    """Angles in degrees from hanging down, positive forwards. Limbs are upper part, then lower part."""

    near_leg: tuple[float, float]
    far_leg: tuple[float, float]
    near_arm: tuple[float, float]
    far_arm: tuple[float, float]
    lean: float = 0.0
    head_tilt: float = 0.0
    """Positive: chin up."""
    seated: bool = False


POSES = {
    Action.STANDING: Pose((-5, -4), (5, 3), (-7, 6), (9, 20)),
    Action.WALKING: Pose((24, 8), (-18, -34), (-26, -8), (22, 40), lean=3),
    Action.RUNNING: Pose((56, -22), (-24, -82), (-52, 24), (46, 118), lean=13),
    Action.SITTING: Pose((80, -2), (72, 8), (16, 66), (24, 72), seated=True),
    Action.LOOKING_UP: Pose((-5, -4), (5, 3), (-10, 2), (12, 26), lean=-3, head_tilt=17),
    Action.REACHING: Pose((-7, -6), (8, 3), (-12, 4), (84, 98), lean=3, head_tilt=3),
    Action.SLEEPING: Pose((80, -2), (72, 8), (16, 66), (24, 72), head_tilt=-16, seated=True),
}

ACTION_WORDS: tuple[tuple[Action, tuple[str, ...]], ...] = (
    (
        Action.RUNNING,
        (
            "run|runs|running|ran",
            r"sprint\w*|chas(?:e|es|ing)|flee\w*",
            r"rush\w*|dash\w*|race[sd]?|racing|gallop\w*",
        ),
    ),
    (
        Action.SLEEPING,
        (
            "sleep|sleeps|sleeping|slept|asleep",
            r"nap(?:s|ping)?|doz(?:es|ing)|slumber\w*|curl(?:s|ed|ing) up|l(?:ies|ying) down",
        ),
    ),
    (Action.SITTING, ("sit|sits|sitting|sat|seated", r"kneel\w*|crouch\w*|rest(?:s|ing)")),
    (
        Action.REACHING,
        (
            r"reach\w*|point(?:s|ing|ed)?|wav(?:es|ing)|touch\w*|grab\w*|open(?:s|ing)",
            r"stretch\w* out|hands? out|light(?:s|ing) (?:a|an|the|her|his)",
        ),
    ),
    (
        Action.LOOKING_UP,
        (
            r"(?:look|gaz|star)\w* up\w*|stargaz\w*",
            r"(?:look\w*|gaz\w*|star(?:es|ing)|watch\w*) (?:at )?the (?:sky|stars|moon|clouds)",
        ),
    ),
    (
        Action.WALKING,
        (
            r"walk\w*|stroll\w*|hik(?:e|es|ing)|wander\w*|march\w*",
            r"step(?:s|ping)|approach\w*|cross(?:es|ing)|climb\w*",
        ),
    ),
)
"""Patterns of whole words; the first action that is mentioned counts."""


def read_action(prompt: str) -> Action:
    """Return what the prompt says they do; standing when it does not say."""
    for action, patterns in ACTION_WORDS:
        if re.search(rf"\b(?:{'|'.join(patterns)})\b", prompt, re.IGNORECASE):
            return action
    return Action.STANDING


def only_one_sleeps(prompt: str) -> bool:
    """Tell `Tim sleeps while Mara reads` from `they sleep`."""
    return re.search(r"\b(?:sleeps|naps|dozes|slumbers)\b", prompt, re.IGNORECASE) is not None
