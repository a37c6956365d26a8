"""Texts that a model writes in a form that its caller gives. It knows no HTTP, and nobody's classes.

Plans are made by our own planner of rules, from the request that stands as JSON in the first text which is
JSON; what a form asks for beyond, such as a camera, gets the smallest value that the form permits.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

from pydantic import ValidationError

from functions.keyframes.planners import PlanRequest
from functions.keyframes.planners.rewording import milder
from functions.keyframes.planners.rules import RulesPlanner
from infra.local.stand_ins.request_log import Kind
from shared.domain.errors import PlanImpossible
from shared.domain.model import Record
from shared.domain.plan import Plan, Wording

USUAL_SCORE = 0.95


class _Limited(Record):
    """What a request may say of a plan's lengths."""

    prompt: str
    limits: Mapping[str, int]


Read = TypeVar("Read", bound=Record)

Form = Mapping[str, object]
"""A JSON Schema, or Google's own kind of it, whose types are in capitals."""

MOST_CHARACTERS = 8
"""Of a plan, unless its request says otherwise."""

MANY_SHOTS = 200
LONG_TEXT = "endlessly " * 3000


def kind_of(form: Form) -> Kind:
    """Tell what is asked for by the fields that the answer is to have."""
    fields = _fields(form)
    for field, kind in (("shots", Kind.PLAN), ("score", Kind.JUDGE), ("keyframe_prompt", Kind.REWORD)):
        if field in fields:
            return kind
    return Kind.UNKNOWN


def written(kind: Kind, form: Form, texts: Sequence[str], score: float) -> dict[str, object]:
    """Write what is asked for.

    Args:
        texts: everything that was said, in its order.
        score: of a judgement.
    """
    match kind:
        case Kind.PLAN:
            content = _plan(texts)
        case Kind.REWORD:
            content = _wording(texts)
        case _:
            content = {"score": score, "reason": "coat, hair and face agree with the sheet"}
    fitted = _fitted(form, content, _definitions(form))
    return fitted if isinstance(fitted, dict) else {}


def spoilt(how: str, answer: dict[str, object]) -> str:
    """Return the text of a plan that is no good.

    Args:
        how: `sum`: its seconds do not add up; `length`: a shot has a length that no clip has; `empty`: it has
            no shots; `many`: far too many; `stranger`: a shot shows nobody of the cast; `long`: its texts
            are endless; `form`: it has other fields; `json`: it is no JSON.
    """
    shots = answer.get("shots")
    listed = [dict(shot) for shot in shots] if isinstance(shots, list) else []
    match how:
        case "json":
            return "Here is your plan: a boat goes out, and comes back."
        case "form":
            return json.dumps({"scenes": listed})
        case "empty":
            listed = []
        case "many":
            listed = listed * MANY_SHOTS
        case "stranger":
            listed = [{**shot, "characters": ["Nobody Known"]} for shot in listed]
        case "long":
            listed = [{**shot, "prompt": LONG_TEXT} for shot in listed]
        case "length":
            listed = [{**shot, "seconds": 1} for shot in listed]
        case _:
            listed = [{**shot, "seconds": _number(shot.get("seconds")) + 1} for shot in listed]
    return json.dumps({**answer, "shots": listed})


SPOILT = ("sum", "length", "empty", "many", "stranger", "long", "form", "json")


def _plan(texts: Sequence[str]) -> dict[str, object]:
    request = _first(PlanRequest, texts)
    if request is None:
        prompt = next((text for text in texts if text.strip()), "A boat.")
        request = PlanRequest(prompt=prompt, seconds=8, clip_seconds=(4, 6, 8), seed=0)
    try:
        plan = RulesPlanner().plan(request)
    except PlanImpossible as error:
        return {"title": str(error), "style": "", "characters": [], "shots": []}
    return _told(plan, _most_characters(texts))


def _told(plan: Plan, most_characters: int) -> dict[str, object]:
    """Return the plan in the words of most forms, with each shot's number."""
    characters = [
        {"name": each.name, "description": each.description or each.name}
        for each in plan.characters[:most_characters]
    ]
    names = [each["name"] for each in characters]
    shots = [
        {
            **shot.model_dump(mode="json"),
            "number": number,
            "characters": [name for name in shot.characters if name in names],
        }
        for number, shot in enumerate(plan.shots, 1)
    ]
    return {"title": plan.title, "style": plan.style, "characters": characters, "shots": shots}


def _most_characters(texts: Iterable[str]) -> int:
    limited = _first(_Limited, texts)
    return limited.limits.get("characters", MOST_CHARACTERS) if limited else MOST_CHARACTERS


def _wording(texts: Sequence[str]) -> dict[str, object]:
    words = _first(Wording, texts) or Wording(prompt="A boat.", keyframe_prompt="A boat.")
    return milder(words).model_dump(mode="json")


def _first(model: type[Read], texts: Iterable[str]) -> Read | None:
    for text in texts:
        try:
            return model.model_validate_json(text)
        except ValidationError:
            continue
    return None


def _fields(form: Form) -> Mapping[str, object]:
    fields = form.get("properties")
    return fields if isinstance(fields, dict) else {}


def _definitions(form: Form) -> Mapping[str, object]:
    definitions = form.get("$defs") or form.get("defs")
    return definitions if isinstance(definitions, dict) else {}


def _fitted(form: object, content: object, definitions: Mapping[str, object]) -> object:
    """Return the content in a form: what it does not ask for is left out, what is missing made up."""
    described = _resolved(form, definitions)
    kind = str(described.get("type", "string")).casefold()
    if kind == "object":
        known = content if isinstance(content, dict) else {}
        return {
            name: _fitted(field, known.get(name), definitions) for name, field in _fields(described).items()
        }
    if kind == "array":
        listed = content if isinstance(content, list | tuple) else ()
        return [_fitted(described.get("items", {}), each, definitions) for each in listed]
    if kind in ("integer", "number"):
        return _number(content) if kind == "integer" else _fraction(content)
    if kind == "boolean":
        return content is True
    return content if isinstance(content, str) else ""


def _resolved(form: object, definitions: Mapping[str, object]) -> Form:
    described: object = form if isinstance(form, dict) else {}
    while isinstance(described, dict):
        if isinstance(reference := described.get("$ref"), str):
            described = definitions.get(reference.rpartition("/")[2], {})
        elif isinstance(choices := described.get("anyOf"), list) and choices:
            described = choices[0]
        else:
            return described
    return {}


def _number(content: object) -> int:
    return content if isinstance(content, int) else 0


def _fraction(content: object) -> float:
    return float(content) if isinstance(content, int | float) else 0.0
