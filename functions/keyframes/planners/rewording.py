"""Words a shot that a safety filter has refused so that it may pass: the same story, told mildly. Pure."""

import re
from collections.abc import Mapping

from shared.domain.plan import Wording

MILDER: Mapping[str, str] = {
    r"blood(y|ied|stained)?": "red",
    r"corpses?|dead bod(y|ies)": "figure lying still",
    r"die[sd]?|dying": "collapse",
    r"gore|gory|guts": "debris",
    r"guns?|rifles?|pistols?|shotguns?": "prop",
    r"kill(s|ed|ing)?|murder(s|ed|ing)?|slay(s|ing)?|slain": "confront",
    r"knife|knives|daggers?": "tool",
    r"nude|undressed|topless": "dressed",
    r"shot dead|stab(s|bed|bing)?": "face",
    r"sexy|sensual|seductive": "elegant",
    r"torture[sd]?|torturing|behead(s|ed|ing)?": "threaten",
    r"weapons?": "prop",
}
"""What filters most often stop at, and what may stand for it."""

TONE = "Fictional, non-graphic, suitable for all ages."

_DIRECTIVE = re.compile(r"\[[^\]]*\]")
_MILDER = tuple((re.compile(rf"\b({words})\b", re.IGNORECASE), mild) for words, mild in MILDER.items())


def milder(words: Wording) -> Wording:
    """Return the same shot in words that a filter is less likely to stop at."""
    end = words.end_keyframe_prompt
    return Wording(
        prompt=_mild(words.prompt),
        keyframe_prompt=_mild(words.keyframe_prompt),
        end_keyframe_prompt=_mild(end) if end else "",
    )


def _mild(text: str) -> str:
    text = " ".join(_DIRECTIVE.sub(" ", text).split())
    for stopped_at, mild in _MILDER:
        text = stopped_at.sub(mild, text)
    return f"{text} {TONE}"
