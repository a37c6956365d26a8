"""What turns a prompt into shots. It knows neither how they are drawn nor how they are rendered."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Annotated, Protocol

from pydantic import Field

from shared.domain.capabilities import KeyframeMode
from shared.domain.model import Record
from shared.domain.plan import GivenShot, Plan, Wording


class PlanRequest(Record):
    """One prompt to divide into shots."""

    prompt: str
    """As the user wrote it."""
    seconds: Annotated[int, Field(ge=1)]
    """Length of the whole video."""
    clip_seconds: Annotated[tuple[Annotated[int, Field(ge=1)], ...], Field(min_length=1)]
    """Permitted lengths of one clip, ascending."""
    seed: int
    """Decides between equally good choices, such as the direction of a pan."""
    keyframes: KeyframeMode = KeyframeMode.SINGLE
    style: str = ""
    """How every picture is to look; empty: as the prompt says."""
    shots: tuple[GivenShot, ...] = ()
    """The user's own division of the story, one shot each; empty: the planner divides the prompt."""
    max_shots: Annotated[int, Field(ge=1)] = 20
    prompt_characters: Annotated[int, Field(ge=1)] = 10_000
    """Longest prompt that the video backends take for one clip."""


Paying = Callable[[], AbstractContextManager[None]]
"""Goes around every single paid call, as `with paying():`; whoever asks for the work gives it.

Entering raises whatever forbids the call, such as CostLimitReached. Leaving without an error means that the
call was answered and is to be charged, whatever comes of the answer: so nothing that was paid gets lost
should the work fail later. Leaving with one means that it is not: refused, not accepted, or not answered.
"""


class Planner(Protocol):
    """Plans the whole video before anything is drawn."""

    def plan(self, request: PlanRequest, paying: Paying = nullcontext) -> Plan:
        """Divide the prompt into shots whose lengths are permitted and add up to `request.seconds`.

        In mode `pair` the last shot says what its end keyframe shows. No clip's prompt is longer than
        `request.prompt_characters`.

        Args:
            paying: goes around every paid call, of which there are at most `1 + MAX_REPAIRS`; a free planner
                makes none.

        Raises:
            PlanImpossible: no division fits, the prompt has nothing to show, or a shot's words are too long.
            Refused: a safety filter said no.
            BackendFailed: it cannot be planned, whatever the attempt.
            Unavailable: trying again later is right.
        """
        ...

    def reword(self, words: Wording, paying: Paying = nullcontext) -> Wording:
        """Word a shot anew that a safety filter has refused: the same story, told so that it may pass.

        Args:
            paying: goes around the paid call; a free planner makes none.

        Raises:
            Refused: a safety filter said no to these words here too.
            BackendFailed: it cannot be reworded, whatever the attempt.
            Unavailable: trying again later is right.
        """
        ...


def planner(name: str) -> Planner:
    """Return the planner a job's configuration names.

    Raises:
        KeyError: there is no such planner; submit has let none through.
        BackendUnavailable: this instance has no credentials for its model.
    """
    match name:
        case "rules":
            from functions.keyframes.planners.rules import RulesPlanner

            return RulesPlanner()
        case "gemini":
            from functions.keyframes.planners.gemini import GeminiPlanner
            from functions.keyframes.structured import gemini

            return GeminiPlanner(gemini())
    raise KeyError(name)
