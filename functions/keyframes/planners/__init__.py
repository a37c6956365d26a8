"""What turns a prompt into shots. It knows neither how they are drawn nor how they are rendered."""

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


class Planner(Protocol):
    """Plans the whole video before anything is drawn."""

    def plan(self, request: PlanRequest) -> Plan:
        """Divide the prompt into shots whose lengths are permitted and add up to `request.seconds`.

        In mode `pair` the last shot says what its end keyframe shows.

        Raises:
            PlanImpossible: no division fits, or the prompt has nothing to show.
            Refused: a safety filter said no.
            BackendFailed: it cannot be planned, whatever the attempt.
            Unavailable: trying again later is right.
        """
        ...

    def reword(self, words: Wording) -> Wording:
        """Word a shot anew that a safety filter has refused: the same story, told so that it may pass.

        Raises:
            BackendFailed: it cannot be reworded, whatever the attempt.
            Unavailable: trying again later is right.
        """
        ...


def planner(name: str) -> Planner:
    """Return the planner a job's configuration names.

    Raises:
        KeyError: there is no such planner; submit has let none through.
    """
    match name:
        case "rules":
            from functions.keyframes.planners.rules import RulesPlanner

            return RulesPlanner()
    raise KeyError(name)
