"""Looks at a keyframe beside its characters' sheets. Knows neither how it was drawn nor what comes of it."""

import json
from collections.abc import Sequence
from contextlib import nullcontext

import structlog

from functions.keyframes.planners import Paying
from functions.keyframes.structured import Gemini, Line, Turn, Unusable, Written, gemini, instructions
from shared.domain.errors import BackendFailed, Refused, shorten
from shared.domain.job import Judgement
from shared.references import Reference

log = structlog.get_logger()

MAX_REASON_CHARACTERS = 300
"""Of a judgement; what the judge says beyond is cut off."""


class WrittenJudgement(Written):
    """How well the characters in the keyframe agree with their sheets."""

    reason: Line
    """What agrees and what differs, in one or two sentences."""
    score: float
    """From 0, nobody can be recognised, to 1, everybody looks exactly as on their sheet."""


class Judge:
    """Asks Gemini. Threads may share it."""

    def __init__(self, asked: Gemini) -> None:
        self._gemini = asked

    def judge(
        self, keyframe: bytes, sheets: Sequence[Reference], paying: Paying = nullcontext
    ) -> Judgement | None:
        """Say how well a keyframe agrees with the sheets of the characters in it, in one paid call.

        Without a sheet there is nothing to ask. A judge that refuses, cannot look or answers nonsense has
        no say either: that is logged, and no reason to stop.

        Args:
            keyframe: PNG.
            sheets: PNGs, each with the name of whom it shows.

        Returns:
            None where there is no judgement.

        Raises:
            QuotaExhausted, BackendUnavailable: trying again later is right.
        """
        if not sheets:
            return None
        parts: list[str | bytes] = []
        for sheet in sheets:
            parts += [json.dumps({"sheet_of": sheet.shows}, ensure_ascii=False), sheet.picture]
        turn = Turn((*parts, json.dumps({"look_at": "keyframe"}), keyframe))
        try:
            written = self._gemini.ask(instructions("judge"), (turn,), WrittenJudgement, paying=paying)
        except (Unusable, Refused, BackendFailed) as error:
            log.warning("keyframe.not_judged", reason=type(error).__name__, because=shorten(str(error)))
            return None
        if not 0 <= written.score <= 1:
            log.warning("keyframe.not_judged", reason="score out of range")
            return None
        return Judgement(score=written.score, reason=written.reason[:MAX_REASON_CHARACTERS])


def judge() -> Judge:
    """Return the judge of this deployment.

    Raises:
        BackendUnavailable: this instance has no credentials.
    """
    return Judge(gemini())
