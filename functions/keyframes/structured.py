"""One question to Gemini, answered as a model of ours. Knows neither plans nor judgements.

The SDK is imported inside the functions: it takes 0.4 s, which only who calls a model should pay.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import structlog
from pydantic import AfterValidator, ConfigDict, ValidationError

from functions.keyframes.planners import Paying
from functions.keyframes.planners.sentences import clean
from shared import wiring
from shared.domain.capabilities import PLANNERS
from shared.domain.errors import Refused, shorten
from shared.domain.model import Record
from shared.google_ai import translated

if TYPE_CHECKING:
    from google import genai
    from google.genai.types import Content, GenerateContentResponse

log = structlog.get_logger()


def one_line(text: str) -> str:
    """Drop what cannot be seen or stored, and all but single spaces."""
    return " ".join(clean(text).split())


Line = Annotated[str, AfterValidator(one_line)]
"""What a model wrote."""


class Written(Record):
    """What a model is asked to answer with.

    The docstrings of a model and of its fields are sent along: they tell what belongs where. Nothing is
    promised of the values.
    """

    model_config = ConfigDict(**Record.model_config, use_attribute_docstrings=True)


A = TypeVar("A", bound=Written)

PROMPTS = Path(__file__).parent / "planners" / "prompts"

MAX_OUTPUT_TOKENS = 32_768
"""Of one answer, the model's thoughts included: a plan of 40 shots takes about 15,000."""

MAX_ANSWER_CHARACTERS = 200_000
"""More than so many tokens can say in most languages; it is not even parsed."""

MAX_FAULTS = 20
"""That are told of one answer."""

FILTERED = frozenset({
    *("SAFETY", "PROHIBITED_CONTENT", "BLOCKLIST", "SPII", "RECITATION", "MODEL_ARMOR", "ESCALATION"),
    *("IMAGE_SAFETY", "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION", "IMAGE_OTHER"),
})  # fmt: skip
"""Ends of an answer that a filter makes. Source: google.genai.types.FinishReason."""


class Unusable(Exception):
    """An answer that came, and was paid, but is not what was asked for. It never leaves the asker.

    Args:
        faults: a sentence each, fit to be told to the model.
    """

    def __init__(self, *faults: str) -> None:
        self.faults = faults
        super().__init__(faults[0])


@dataclass(frozen=True)
class Turn:
    """What one side says in a conversation."""

    parts: tuple[str | bytes, ...]
    """Texts, and pictures as PNG."""
    is_models: bool = False
    """Said by the model, in an earlier answer."""


@dataclass(frozen=True)
class Gemini:
    """One of Google's models that write. Threads may share it."""

    client: "genai.Client"
    model_id: str

    def ask(
        self, instructions: str, turns: Sequence[Turn], schema: type[A], *, paying: Paying, seed: int = 0
    ) -> A:
        """Ask once, and return the answer in the form that was asked for.

        Args:
            instructions: ours alone; what users and models have written belongs into the turns.

        Raises:
            Unusable: the answer is cut off, empty or has another form.
            Refused: a safety filter said no.
            BackendFailed: the model cannot be asked this.
            QuotaExhausted, BackendUnavailable: trying again later is right.
        """
        from google.genai.types import GenerateContentConfig

        config = GenerateContentConfig(
            system_instruction=instructions,
            response_mime_type="application/json",
            response_schema=schema,
            max_output_tokens=MAX_OUTPUT_TOKENS,
            seed=seed,
        )
        with paying():
            with translated(self.model_id):
                answer = self.client.models.generate_content(
                    model=self.model_id, contents=[_content(turn) for turn in turns], config=config
                )
            if reason := refusal_in(answer):
                raise Refused(f"{self.model_id} refused: {reason}")
        _tell_tokens(answer, schema)
        return _read(answer, schema)


def gemini() -> Gemini:
    """Return the model of this deployment.

    Raises:
        BackendUnavailable: this instance has no credentials.
    """
    reached = wiring.google(call_seconds=PLANNERS["gemini"].call_seconds)
    return Gemini(reached.client, wiring.settings().model_id("gemini"))


@cache
def instructions(name: str) -> str:
    """Return the text of `prompts/<name>.md`."""
    return (PROMPTS / f"{name}.md").read_text(encoding="utf-8")


def refusal_in(answer: "GenerateContentResponse") -> str | None:
    """Return why a safety filter has stopped an answer: before it began, or on its way; None if none has."""
    feedback = answer.prompt_feedback
    if feedback and feedback.block_reason:
        return shorten(feedback.block_reason_message or str(feedback.block_reason.value))
    if not answer.candidates:
        return "no reason was given"
    first = answer.candidates[0]
    if first.finish_reason and first.finish_reason.value in FILTERED:
        return shorten(first.finish_message or str(first.finish_reason.value))
    return None


def _content(turn: Turn) -> "Content":
    from google.genai.types import Content, Part

    parts = [
        Part(text=part) if isinstance(part, str) else Part.from_bytes(data=part, mime_type="image/png")
        for part in turn.parts
    ]
    return Content(role="model" if turn.is_models else "user", parts=parts)


def _read(answer: "GenerateContentResponse", schema: type[A]) -> A:
    reason = answer.candidates[0].finish_reason if answer.candidates else None
    end = reason.value if reason else "STOP"
    if end == "MAX_TOKENS":
        raise Unusable("the answer was cut off because it was too long; write less")
    text = answer.text or ""
    if end != "STOP" or not text or len(text) > MAX_ANSWER_CHARACTERS:
        raise Unusable(f"the answer has {len(text)} characters and ended with {shorten(end)}")
    try:
        return schema.model_validate_json(text)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False)[:MAX_FAULTS]
        raise Unusable(
            *(_sentence(".".join(map(str, each["loc"])), each["msg"]) for each in faults)
        ) from None


def _sentence(place: str, fault: str) -> str:
    return shorten(f"{place or 'the answer'}: {fault}")


def _tell_tokens(answer: "GenerateContentResponse", schema: type[Written]) -> None:
    used = answer.usage_metadata
    log.info(
        "gemini.answered",
        asked_for=schema.__name__,
        tokens_in=used.prompt_token_count if used else None,
        tokens_out=used.candidates_token_count if used else None,
        tokens_thought=used.thoughts_token_count if used else None,
    )
