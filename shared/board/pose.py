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
    DANCING = "dancing"


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
    shown: tuple[float, float, float, float] = (1.0, 1.0, 1.0, 1.0)
    """Share of near thigh and shin, far thigh and shin that is seen; the rest points away."""


POSES = {
    Action.STANDING: Pose((-5, -4), (5, 3), (-7, 6), (9, 20)),
    Action.WALKING: Pose((24, 8), (-18, -34), (-26, -8), (22, 40), lean=3),
    Action.RUNNING: Pose((66, -34), (-24, -44), (-52, 24), (46, 118), lean=13),
    Action.SITTING: Pose((80, -2), (72, 8), (16, 66), (24, 72), seated=True),
    Action.LOOKING_UP: Pose((-5, -4), (5, 3), (-10, 2), (12, 26), lean=-3, head_tilt=17),
    Action.REACHING: Pose((-7, -6), (8, 3), (-12, 4), (84, 98), lean=3, head_tilt=3),
    Action.DANCING: Pose((38, -46), (-7, -3), (-128, -150), (118, 150), lean=-4, head_tilt=6),
    Action.SLEEPING: Pose((80, -2), (72, 8), (16, 66), (24, 72), head_tilt=-16, seated=True),
}

_TURNED_AWAY = Pose((-5, -3), (5, 3), (-10, -5), (10, 5))

POSES_FROM_BEHIND = {
    Action.STANDING: _TURNED_AWAY,
    Action.WALKING: Pose((-4, -2), (6, 2), (-17, -6), (15, 22), shown=(1.0, 1.0, 1.0, 0.7)),
    Action.RUNNING: Pose((-7, -3), (10, -4), (-38, 14), (36, -18), lean=2, shown=(1.0, 1.0, 1.0, 0.34)),
    Action.SITTING: Pose((-12, -2), (12, 2), (-12, 4), (12, -4), seated=True, shown=(0.1, 1.0, 0.1, 1.0)),
    Action.LOOKING_UP: _TURNED_AWAY,
    Action.REACHING: Pose((-5, -3), (5, 3), (-10, -5), (112, 126)),
    Action.DANCING: Pose((-10, -3), (14, -6), (-118, -142), (118, 142), shown=(1.0, 1.0, 1.0, 0.6)),
}
"""Whoever sleeps is seen from the side."""

REST = r"\b(?:comes?|came|coming) to rest\b"

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
    (Action.DANCING, (r"danc(?:e|es|ed|ing)|twirl\w*|celebrat\w*|cheer(?:s|ing)?|part(?:y|ies|ying)",)),
    (Action.SITTING, ("sit|sits|sitting|sat|seated", r"kneel\w*|crouch\w*|rest(?:s|ing)")),
    (
        Action.REACHING,
        (
            r"reach\w*|point(?:s|ing|ed)?|waves? (?:goodbye|at|to|back)|waving|touch\w*|grab\w*",
            r"open(?:s|ing)",
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
            r"walk\w*|stroll\w*|hik(?:e|es|ing)|wander\w*|march\w*|pass(?:es|ing)? (?:by|the)",
            r"step(?:s|ping)|approach\w*|cross(?:es|ing)|climb\w*",
        ),
    ),
)
"""Patterns of whole words; the first action that is mentioned counts."""

ON_FOOT = frozenset({Action.WALKING, Action.RUNNING})
"""What is over once it has come to rest."""


def read_action(prompt: str) -> Action:
    """Return what the prompt says they do; standing when it does not say."""
    at_rest = re.search(REST, prompt, re.IGNORECASE)
    prompt = re.sub(REST, "", prompt, flags=re.IGNORECASE)
    for action, patterns in ACTION_WORDS:
        if re.search(rf"\b(?:{'|'.join(patterns)})\b", prompt, re.IGNORECASE):
            return Action.STANDING if at_rest and action in ON_FOOT else action
    return Action.STANDING


def only_one_sleeps(prompt: str) -> bool:
    """Tell `Tim sleeps while Mara reads` from `they sleep`."""
    return re.search(r"\b(?:sleeps|naps|dozes|slumbers)\b", prompt, re.IGNORECASE) is not None
