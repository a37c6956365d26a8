"""What can befall calls of Google's models, by name: clips, pictures and texts. Knows no wire format."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from infra.local.stand_ins.fates import (
    DIRECTIVES,
    Ending,
    Fate,
    Manner,
    Oddity,
    Rejection,
    directed,
)
from infra.local.stand_ins.plans import SPOILT

_BLOCKED = "the content was blocked by a safety filter"
_RETIRED = Rejection(404, "NOT_FOUND", "the model is not found, or is not supported for this method")


def _refused(oddity: Oddity, *, billed: bool) -> Fate:
    return Fate(ending=Ending("CONTENT_BLOCKED", _BLOCKED, billed=billed, oddity=oddity))


CLIP_DIRECTIVES: Mapping[str, Fate] = {
    **DIRECTIVES,
    "retired": Fate(_RETIRED),
    "no_video": _refused(Oddity.NO_VIDEO, billed=False),
    "no_video_billed": _refused(Oddity.NO_VIDEO, billed=True),
    "fail_in_steps": Fate(
        ending=Ending("INTERNAL", "an internal error", billed=False, oddity=Oddity.IN_STEPS)
    ),
    "elsewhere": Fate(ending=Ending(oddity=Oddity.ELSEWHERE)),
    "silent": Fate(ending=Ending(oddity=Oddity.SILENT)),
}
"""`ends:incomplete` lets an interaction end in that status; at Veo it is an error like any other."""


def clip_fate(directive: str) -> Fate:
    """Return what a directive for the start of a clip stands for.

    Raises:
        ValueError: there is no such directive.
    """
    name, _, status = directive.partition(":")
    if name == "ends" and status:
        return Fate(ending=Ending("INTERNAL", f"it ended as {status}", status=status))
    return directed(directive, CLIP_DIRECTIVES)


@dataclass(frozen=True)
class AnswerFate:
    """What befalls a call that ends with its answer."""

    name: str = "ok"
    rejection: Rejection | None = None
    manner: Manner = Manner.PLAIN
    block_reason: str = ""
    """The prompt is refused, with this reason in the feedback."""
    finish_reason: str = ""
    """The answer ends so, and is empty."""
    oddity: str = ""
    """What is unusual about a picture or a text, by name."""


BLOCK_REASONS = (
    *("SAFETY", "OTHER", "BLOCKLIST", "PROHIBITED_CONTENT", "IMAGE_SAFETY", "MODEL_ARMOR", "JAILBREAK"),
)
"""Source: google.genai.types.BlockedReason."""

FINISH_REASONS = (
    *("SAFETY", "PROHIBITED_CONTENT", "BLOCKLIST", "SPII", "RECITATION", "MODEL_ARMOR", "LANGUAGE"),
    *("IMAGE_SAFETY", "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION", "IMAGE_OTHER", "NO_IMAGE"),
    *("MAX_TOKENS", "OTHER"),
)
"""In which an answer without content can end. Source: google.genai.types.FinishReason."""

PICTURE_ODDITIES = ("text_only", "empty", "no_candidates", "thought", "jpeg", "no_picture", "tiny", "square")
"""`thought`: a picture that is only a thought comes first. `no_picture`: the data are none. `tiny`: 1 x 1."""

TEXT_ODDITIES = ("empty", "no_candidates", "thought", "bad_plan", "fenced", "cut")
"""`bad_plan` may say how: see `plans.SPOILT`. `fenced`: the JSON stands in a Markdown fence. `cut`: it ends
in the middle, with MAX_TOKENS."""

SHORT: Mapping[str, str] = {
    "429": "quota",
    "500": "error",
    "503": "unavailable",
    "hang": "hold_answer",
}
_REJECTED_OR_LOST = (
    *("quota", "quota_header", "unavailable", "error", "bad_gateway", "gateway_timeout", "redirect"),
    *("invalid", "refuse_start", "drop", "lose_answer", "hold_answer", "trickle_answer", "cut_answer"),
    *("malformed", "nameless", "huge"),
)


def picture_fate(directive: str) -> AnswerFate:
    """Return what a directive for a picture stands for.

    Raises:
        ValueError: there is no such directive.
    """
    return _answer_fate(directive, PICTURE_ODDITIES)


def text_fate(directive: str) -> AnswerFate:
    """Return what a directive for a plan, a judgement or other words stands for.

    Raises:
        ValueError: there is no such directive.
    """
    return _answer_fate(directive, TEXT_ODDITIES)


def _answer_fate(directive: str, oddities: tuple[str, ...]) -> AnswerFate:
    name, _, argument = directive.partition(":")
    name = SHORT.get(name, name)
    fate = AnswerFate(directive)
    if directive == "ok":
        return fate
    if name == "refuse" and (argument or "IMAGE_SAFETY") in BLOCK_REASONS:
        return replace(fate, block_reason=argument or "IMAGE_SAFETY")
    if name == "finish" and argument in FINISH_REASONS:
        return replace(fate, finish_reason=argument)
    if directive == "retired":
        return replace(fate, rejection=_RETIRED)
    if name in oddities and (not argument or (name == "bad_plan" and argument in SPOILT)):
        return replace(fate, oddity=directive)
    if name in _REJECTED_OR_LOST:
        told = directed(f"{name}:{argument}" if argument else name)
        return replace(fate, rejection=told.rejection, manner=told.manner or Manner.PLAIN)
    known = ("ok", "refuse:REASON", "finish:REASON", "retired", *_REJECTED_OR_LOST, *SHORT, *oddities)
    raise ValueError(f"{directive!r} is no directive; permitted are {', '.join(known)}")
