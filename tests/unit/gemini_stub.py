"""Stands for the SDK's client: answers in order, and keeps what it was sent."""

from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any, cast

from google import genai
from google.genai.types import Content, GenerateContentConfig, GenerateContentResponse

from functions.keyframes.planners import PlanRequest
from functions.keyframes.planners.gemini_answers import WrittenCharacter, WrittenPlan, WrittenShot
from functions.keyframes.structured import Gemini
from shared.domain.model import Record

MODEL_ID = "gemini-3.8-flash"
STORY = "Mara walks along the harbour with her dog. Rain begins to fall. They run home."
REQUEST = PlanRequest(prompt=STORY, seconds=12, clip_seconds=(4, 6, 8), seed=7)


class Asked:
    """One call as the SDK got it."""

    def __init__(self, contents: list[Content], config: GenerateContentConfig) -> None:
        self.instructions = str(config.system_instruction)
        self.config = config
        self.turns = [(each.role, [_shown(part) for part in each.parts or []]) for each in contents]


class Stub:
    """Answers each call with the next of what it was given; an exception is raised."""

    def __init__(self, *answers: GenerateContentResponse | Exception) -> None:
        self.asked: list[Asked] = []
        self._answers = list(answers)
        client = SimpleNamespace(models=SimpleNamespace(generate_content=self._answer))
        self.gemini = Gemini(cast(genai.Client, client), MODEL_ID)

    def _answer(
        self, *, model: str, contents: list[Content], config: GenerateContentConfig
    ) -> GenerateContentResponse:
        assert model == MODEL_ID
        self.asked.append(Asked(contents, config))
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


class Till:
    """What a caller keeps of the calls it is to pay."""

    def __init__(self, *, permitted: int = 99) -> None:
        self.paid = 0
        self._permitted = permitted

    @contextmanager
    def __call__(self) -> Iterator[None]:
        if self.paid == self._permitted:
            raise OverspentError
        yield
        self.paid += 1


class OverspentError(Exception):
    """The till is empty."""


def answer(text: str | Record, *, finish: str = "STOP", **more: object) -> GenerateContentResponse:
    said = text if isinstance(text, str) else text.model_dump_json()
    candidate = {"content": {"role": "model", "parts": [{"text": said}]}, "finishReason": finish, **more}
    return response(candidates=[candidate])


def response(**fields: object) -> GenerateContentResponse:
    return GenerateContentResponse.model_validate(fields)


REFUSALS: dict[str, GenerateContentResponse] = {
    "before it began": response(promptFeedback={"blockReason": "PROHIBITED_CONTENT"}),
    "with a message": response(promptFeedback={"blockReason": "OTHER", "blockReasonMessage": "not this"}),
    "without a word": response(),
    "without candidates": response(candidates=[]),
    "on its way": response(candidates=[{"finishReason": "SAFETY"}]),
    "by recitation": answer("{", finish="RECITATION"),
    "by a list": answer("{", finish="BLOCKLIST", finishMessage="a listed word"),
    "by Model Armor": response(candidates=[{"finishReason": "MODEL_ARMOR"}]),
}


def written(*seconds: int, **changes: Any) -> WrittenPlan:  # noqa: ANN401 - field values; validated below
    """A plan as the model may write it: Mara in every shot, her dog in the first."""
    fields = {
        "title": "Home in the rain",
        "style": "watercolour",
        "characters": (
            WrittenCharacter(name="Mara", description="young woman in a red coat"),
            WrittenCharacter(name="the dog", description="small white dog"),
        ),
        "shots": tuple(written_shot(number, each) for number, each in enumerate(seconds or (4, 8), 1)),
    }
    return WrittenPlan.model_validate(fields | changes)


def written_shot(number: int, seconds: int, **changes: Any) -> WrittenShot:  # noqa: ANN401 - as above
    fields = {
        "number": number,
        "seconds": seconds,
        "characters": ("Mara", "the dog") if number == 1 else ("Mara",),
        "camera": "Wide shot, slow push in",
        "keyframe_prompt": "Harbour at dawn, fog. Mara stands still",
        "prompt": "Mara walks along the quay",
        "dialogue": "",
        "end_keyframe_prompt": "",
        "caption": "Mara walks",
    }
    return WrittenShot.model_validate(fields | changes)


def _shown(part: Any) -> str | bytes:  # noqa: ANN401 - a Part, whose fields are all optional
    shown: str | bytes = part.text if part.text is not None else part.inline_data.data
    return shown
