"""The planner that asks Gemini, checks what it answers, and has it mended. Knows no SDK and no price."""

import json
from collections.abc import Sequence
from contextlib import nullcontext

import structlog

from functions.keyframes.planners import Paying, PlanRequest
from functions.keyframes.planners.gemini_answers import WrittenPlan, WrittenWording
from functions.keyframes.planners.gemini_checks import (
    LIMITS,
    MAX_CHARACTERS,
    check_possible,
    faults_of,
    faults_of_rewording,
)
from functions.keyframes.planners.gemini_wording import plan_of
from functions.keyframes.structured import MAX_FAULTS, Gemini, Turn, Unusable, instructions
from shared.domain.errors import BackendFailed
from shared.domain.plan import Plan, Wording
from shared.domain.pricing import MAX_REPAIRS

log = structlog.get_logger()


class GeminiPlanner:
    """Plans by a model. What it answers is never trusted and never corrected: it is asked again."""

    def __init__(self, gemini: Gemini) -> None:
        self._gemini = gemini

    def plan(self, request: PlanRequest, paying: Paying = nullcontext) -> Plan:
        """Divide the prompt into shots whose lengths are permitted and add up to `request.seconds`.

        Raises:
            PlanImpossible: no division fits, or the prompt has nothing to show; nothing was paid.
            Refused: a safety filter said no.
            BackendFailed: no answer fitted, though it was told why, or the model cannot be asked.
            QuotaExhausted, BackendUnavailable: trying again later is right.
        """
        asked = brief_of(request)
        turns: tuple[Turn, ...] = (Turn((asked,)),)
        faults: tuple[str, ...] = ()
        for attempt in range(1, MAX_REPAIRS + 2):
            try:
                written = self._gemini.ask(
                    instructions("plan"), turns, WrittenPlan, paying=paying, seed=request.seed
                )
            except Unusable as unusable:
                faults = unusable.faults
                turns = (Turn((asked, told(faults))),)
            else:
                faults = faults_of(written, request)
                if not faults:
                    return plan_of(written, request)
                turns = (
                    Turn((asked,)),
                    Turn((written.model_dump_json(),), is_models=True),
                    Turn((told(faults),)),
                )
            log.warning("plan.faulty", attempt=attempt, faults=len(faults))
        raise BackendFailed(
            f"{self._gemini.model_id} made no plan that fits in {MAX_REPAIRS + 1} tries: {faults[0]};"
            " try again, change the prompt, or choose planner: rules"
        )

    def reword(self, words: Wording, paying: Paying = nullcontext) -> Wording:
        """Have the same story told mildly. Asked once.

        Raises:
            Refused: a safety filter said no to these words here too.
            BackendFailed: the answer cannot be used, or the model cannot be asked.
            QuotaExhausted, BackendUnavailable: trying again later is right.
        """
        turn = Turn((words.model_dump_json(),))
        try:
            written = self._gemini.ask(instructions("reword"), (turn,), WrittenWording, paying=paying)
            faults = faults_of_rewording(written, words)
        except Unusable as unusable:
            faults = unusable.faults
        if faults:
            raise BackendFailed(f"{self._gemini.model_id} found no other words for the shot: {faults[0]}")
        return Wording(**dict(written))


def brief_of(request: PlanRequest) -> str:
    """Return the request as the JSON that is sent: what a user wrote stays within its strings.

    Raises:
        PlanImpossible: no plan can fit it.
    """
    counts = check_possible(request)
    limits = {**LIMITS, "characters": MAX_CHARACTERS}
    brief = {**request.model_dump(mode="json"), "shot_counts": counts, "limits": limits}
    return json.dumps(brief, ensure_ascii=False)


def told(faults: Sequence[str]) -> str:
    """Return what is said to have an answer mended."""
    return "\n".join([instructions("repair"), *(f"- {fault}" for fault in faults[:MAX_FAULTS])])
