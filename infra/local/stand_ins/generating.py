"""generateContent: pictures, and texts in a form that the caller gives. Knows neither HTTP nor clips."""

import base64
import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

from infra.local.stand_ins.answers import Answer, refusal
from infra.local.stand_ins.fates import Manner
from infra.local.stand_ins.google_fates import AnswerFate, picture_fate, text_fate
from infra.local.stand_ins.models import (
    DrawingModel,
    Unacceptable,
    WritingModel,
    check_seed,
    demand,
    picture_size,
)
from infra.local.stand_ins.pictures import Pictures, PictureShape, digest
from infra.local.stand_ins.plans import USUAL_SCORE, kind_of, spoilt, written
from infra.local.stand_ins.request_log import Kind
from infra.local.stand_ins.scripts import Script
from infra.local.stand_ins.wire import (
    Json,
    Reply,
    demand_known,
    in_camel_case,
    listed,
    part,
    picture,
    text,
    whole,
)

REFUSED_PICTURE = "[refuse picture]"
REFUSED_PLAN = "[refuse plan]"
"""A prompt that has it is refused by the filter of its model."""

TINY, SQUARE = (1, 1), (1024, 1024)
PICTURE_TOKENS, CHARACTERS_PER_TOKEN = 1120, 4

_SCORE = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_FIELDS = ("contents", "systemInstruction", "generationConfig", "safetySettings", "labels")
_FORMS = ("responseSchema", "responseJsonSchema")
_SETTINGS = (
    *("responseModalities", "imageConfig", "responseMimeType", *_FORMS, "seed", "thinkingConfig"),
    *("maxOutputTokens", "candidateCount", "mediaResolution", "temperature", "topP", "topK"),
)
_PICTURE_SETTINGS = ("aspectRatio", "imageSize")


@dataclass(frozen=True)
class Question:
    """One call, read."""

    texts: tuple[str, ...]
    instruction: str
    pictures: tuple[bytes, ...]
    settings: Json
    """`generationConfig`, without the form of the answer."""
    form: Json
    """Of the answer; empty: none is given."""
    ratio: str
    size: str
    seed: int

    @property
    def prompt(self) -> str:
        """Every text, with a line end between."""
        return "\n".join(self.texts)

    @property
    def is_for_a_picture(self) -> bool:
        """Whether a picture is asked for."""
        modalities = self.settings.get("responseModalities")
        return isinstance(modalities, list) and "IMAGE" in modalities


@dataclass(frozen=True)
class Verdict:
    """What befalls a judgement: a score, or something else."""

    score: float
    fate: AnswerFate


class Generating:
    """Answers calls that end with their answer. Safe to use from many threads.

    Args:
        seconds_per_picture: added to what drawing takes.
    """

    def __init__(self, pictures: Pictures, seconds_per_picture: float) -> None:
        self._pictures = pictures
        self._seconds_per_picture = seconds_per_picture
        self.images = Script(picture_fate)
        self.plans = Script(text_fate)
        self.judgements = Script(_verdict)

    def reply(self, body: Json, model: DrawingModel | WritingModel) -> Reply:
        """Answer one call.

        Raises:
            Unacceptable: the model takes no such call.
        """
        question = read_question(body)
        if isinstance(model, DrawingModel):
            size = _size(question, model)
            kind, fate = Kind.IMAGE, self.images.next() or AnswerFate()
            answer = _at_once(question, fate, REFUSED_PICTURE) or self._drawn(question, size, fate)
        else:
            demand(not question.is_for_a_picture, "This model does not support the requested modalities")
            kind = kind_of(question.form)
            score, fate = self._text_fate(kind)
            answer = _at_once(question, fate, REFUSED_PLAN) or _written(question, kind, score, fate)
        return Reply(
            replace(answer, manner=fate.manner) if fate.manner is not Manner.PLAIN else answer,
            kind,
            prompt=question.prompt,
            instruction=question.instruction,
            images=tuple(map(digest, question.pictures)),
            settings=question.settings,
            fault=fate.name,
            billed=isinstance(answer.body, dict) and "candidates" in answer.body and not fate.finish_reason,
        )

    def _text_fate(self, kind: Kind) -> tuple[float, AnswerFate]:
        if kind is not Kind.JUDGE:
            return 0.0, self.plans.next() or AnswerFate()
        verdict = self.judgements.next() or Verdict(USUAL_SCORE, AnswerFate())
        return verdict.score, verdict.fate

    def _drawn(self, question: Question, size: tuple[int, int], fate: AnswerFate) -> Answer:
        said: Json = {"text": "Here is the picture."}
        if fate.oddity == "text_only":
            return _answered([said], PICTURE_TOKENS)
        time.sleep(self._seconds_per_picture)
        size = {"tiny": TINY, "square": SQUARE}.get(fate.oddity, size)
        kind = "JPEG" if fate.oddity == "jpeg" else "PNG"
        drawn = self._pictures.get(PictureShape(question.prompt, *size, question.seed), kind)
        data = b"no picture" if fate.oddity == "no_picture" else drawn
        shown = {"inlineData": {"mimeType": f"image/{kind.lower()}", "data": base64.b64encode(data).decode()}}
        thoughts = [{"thought": True, **shown}] if fate.oddity == "thought" else []
        return _answered([*thoughts, said, shown], PICTURE_TOKENS)


def read_question(body: Json) -> Question:
    """Read a call.

    Raises:
        Unacceptable: nobody answers such a call.
    """
    config = part(body, "generationConfig") or part(body, "generation_config")
    form = next((part(config, name) for name in _FORMS if name in config), {})
    plain = in_camel_case({**body, "generationConfig": {k: v for k, v in config.items() if k not in _FORMS}})
    if not isinstance(plain, dict):
        raise Unacceptable("Invalid JSON payload received")
    demand_known(plain, _FIELDS, "request")
    settings = part(plain, "generationConfig")
    demand_known(settings, _SETTINGS, "generation_config")
    demand(not form or settings.get("responseMimeType") == "application/json", "A schema requires JSON")
    contents = listed(plain, "contents")
    for content in contents:
        demand(content.get("role") in ("user", "model"), "Please use a valid role: user, model.")
    parts = [each for content in contents for each in listed(content, "parts")]
    demand(parts, "contents is not specified")
    seed = whole(settings, "seed")
    check_seed(seed)
    asked = part(settings, "imageConfig")
    demand_known(asked, _PICTURE_SETTINGS, "image_config")
    texts = tuple(text(each, "text") for each in parts if "text" in each)
    return Question(
        texts=texts,
        instruction="\n".join(
            text(each, "text") for each in listed(part(plain, "systemInstruction"), "parts")
        ),
        pictures=tuple(_picture(each) for each in parts if "text" not in each),
        settings=settings,
        form=form,
        ratio=text(asked, "aspectRatio", "1:1"),
        size=text(asked, "imageSize"),
        seed=seed or 0,
    )


def _picture(content: Json) -> bytes:
    data = part(content, "inlineData")
    demand(data, "Unsupported kind of part")
    return picture(text(data, "data"), text(data, "mimeType"))


def _size(question: Question, model: DrawingModel) -> tuple[int, int]:
    """Return width and height of the picture that is asked for.

    Raises:
        Unacceptable: the model draws none of that kind, or not from so many.
    """
    demand(not question.form, "JSON mode is not enabled for this model")
    demand(len(question.pictures) <= model.most_pictures, f"At most {model.most_pictures} images")
    return picture_size(model, question.ratio, question.size)


def _at_once(question: Question, fate: AnswerFate, forbidden: str) -> Answer | None:
    """Answer what no model has to think about; None where one has to.

    Args:
        forbidden: refused where a text has it.
    """
    if fate.name == "refuse_start":
        return _blocked()
    if fate.rejection:
        return refusal(fate.rejection)
    if fate.block_reason or forbidden in question.prompt:
        feedback = {"blockReason": fate.block_reason or "PROHIBITED_CONTENT"}
        return Answer(200, {"promptFeedback": feedback, "usageMetadata": _usage(0)})
    if fate.finish_reason:
        return _ended(fate.finish_reason)
    return _nothing(fate.oddity) if fate.oddity in ("empty", "no_candidates") else None


def _written(question: Question, kind: Kind, score: float, fate: AnswerFate) -> Answer:
    if not question.form:
        return _answered([{"text": "I see."}], 1)
    answer = written(kind, question.form, question.texts, score)
    said = json.dumps(answer, ensure_ascii=False)
    name, _, how = fate.oddity.partition(":")
    match name:
        case "bad_plan":
            said = spoilt(how or "sum", answer)
        case "fenced":
            said = f"```json\n{said}\n```"
        case "cut":
            return _answered([{"text": said[: len(said) // 2]}], len(said), "MAX_TOKENS")
    thoughts: list[Json] = [{"thought": True, "text": "Four shots, I think."}] if name == "thought" else []
    return _answered([*thoughts, {"text": said}], len(said) // CHARACTERS_PER_TOKEN)


def _answered(parts: list[Json], tokens: int, finish_reason: str = "STOP") -> Answer:
    candidate = {
        "content": {"role": "model", "parts": parts},
        "finishReason": finish_reason,
        "index": 0,
    }
    return Answer(200, {"candidates": [candidate], "usageMetadata": _usage(tokens), "responseId": "stand-in"})


def _ended(finish_reason: str) -> Answer:
    candidate = {
        "finishReason": finish_reason,
        "finishMessage": f"It ended with {finish_reason}.",
        "index": 0,
    }
    return Answer(200, {"candidates": [candidate], "usageMetadata": _usage(0)})


def _nothing(how: str) -> Answer:
    if how == "no_candidates":
        return Answer(200, {"usageMetadata": _usage(0)})
    return _answered([], 0)


def _blocked() -> Answer:
    error = {
        "code": 400,
        "status": "CONTENT_BLOCKED",
        "message": "the content was blocked by a safety filter",
    }
    return Answer(400, {"error": error})


def _usage(tokens: int) -> Mapping[str, object]:
    return {"promptTokenCount": 100, "candidatesTokenCount": tokens, "totalTokenCount": tokens + 100}


def _verdict(directive: str) -> Verdict:
    try:
        return Verdict(USUAL_SCORE, text_fate(directive))
    except ValueError:
        if not _SCORE.fullmatch(directive):
            raise
    return Verdict(float(directive), AnswerFate())
