"""JSON schemas of what a client may send, from the models that check it and the tables they are checked by.

What one field permits only in view of another no schema says: that is a 422 which names the field.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, models_json_schema

from functions.submit import intake
from functions.submit.creation import AskedShot, CreateVideo, RemixVideo, RenderVideo
from infra.openapi import pictures
from infra.openapi.meanings import meaning_of, meanings
from shared.domain.capabilities import (
    BUILT_IN,
    EVERYTHING,
    VIDEO_BACKENDS,
    Consistency,
    KeyframeMode,
    KeyframePosition,
)
from shared.domain.generation import MAX_SECONDS, GenerationConfig, StopAfter, Transition
from shared.domain.lora import Lora

Schema = dict[str, Any]

REFERENCE = "#/components/schemas/{model}"

_BACKENDS = [VIDEO_BACKENDS[name] for name in EVERYTHING.video]

CHOICES = {
    "keyframes": KeyframeMode,
    "keyframe_position": KeyframePosition,
    "consistency": Consistency,
    "transition": Transition,
    "stop_after": StopAfter,
}
"""Field -> the enum whose values it has."""

PERMITTED: Mapping[str, Sequence[object]] = {
    "size": list(dict.fromkeys(size for backend in _BACKENDS for size in backend.sizes)),
    "fps": sorted({fps for backend in _BACKENDS for fps in backend.fps}),
    **{field: [choice.value for choice in choices] for field, choices in CHOICES.items()},
}
"""Field -> its values, as any backend has them that a deployment can offer."""

_SHORTEST_SECONDS = min(min(backend.clip_seconds) for backend in _BACKENDS)
_LONGEST_SECONDS = max(max(backend.clip_seconds) for backend in _BACKENDS)

LIMITS: Mapping[str, Schema] = {
    "seconds": {"minimum": _SHORTEST_SECONDS, "maximum": MAX_SECONDS},
    "shots.seconds": {"minimum": _SHORTEST_SECONDS, "maximum": _LONGEST_SECONDS},
    "model": {"examples": list(BUILT_IN.video)},
    "planner": {"examples": list(BUILT_IN.planners)},
    "image_model": {"examples": list(BUILT_IN.image)},
    "fallback_models": {"uniqueItems": True},
}
"""Field -> limits that the backends set beside its model."""

AS_TEXT = {
    "seconds": r"^0*([2-9]|[1-9][0-9]|[12][0-9]{2}|300)$",
    "shots.seconds": r"^0*([2-9]|1[0-5])$",
    "seed": r"^0*([0-9]{1,9}|1[0-9]{9}|20[0-9]{8}|21[0-3][0-9]{7})$",
    "redraw_below": r"^0*(0(\.[0-9]+)?|1(\.0+)?)$",
    "lora.weight": r"^0*([01](\.[0-9]+)?|2(\.0+)?)$",
    "max_cost_usd": r"^0*([0-9]{1,5}(\.[0-9]+)?|100000(\.0+)?)$",
}
"""Number field -> what it may be as text, as OpenAI's clients send `seconds` in JSON, too."""

DECIDED_LATER = frozenset({"seed", "seconds"})
"""Fields whose default is not that of the model alone."""

_KEYWORDS = {"ge": "minimum", "le": "maximum", "lt": "exclusiveMaximum"}
"""What pydantic leaves as it is beside a validator of ours -> its name in JSON schema."""

_DOCUMENTED: Mapping[str, Sequence[type[BaseModel]]] = {
    "CreateVideo": (GenerationConfig, CreateVideo),
    "RenderVideo": (GenerationConfig,),
    "RemixVideo": (RemixVideo,),
    "AskedShot": (AskedShot,),
    "AskedLora": (Lora,),
}
"""Schema -> the models whose docstrings tell what its fields mean. Models made by a call have none."""

_DEPENDS = {
    "model": f"A deployment may offer others beside {', '.join(BUILT_IN.video)}.",
    "planner": f"A deployment may offer others beside {', '.join(BUILT_IN.planners)}.",
    "image_model": f"A deployment may offer others beside {', '.join(BUILT_IN.image)}.",
    "fallback_models": "Of use where a deployment offers more than one.",
    "consistency": f"`{BUILT_IN.image[0]}` has but `sequential`.",
    "judge_keyframes": f"What `{BUILT_IN.image[0]}` draws is not judged.",
    "redraw_below": "With `judge_keyframes` only. Every drawing and every look at one is paid.",
    "audio": "The built-in backends make none.",
    "lora": "Only with models that tell `lora: true`; its operators know which adapters a deployment has.",
    "seconds": f"When left out: the sum of your own shots, else {GenerationConfig().seconds}.",
    "seed": "When left out: one by chance.",
}
"""Field -> what its values or its default depend on."""

_WITHIN = {"AskedShot": "shots.", "AskedLora": "lora."}
"""Schema -> where in a request it is."""


class _Untitled(GenerateJsonSchema):
    """Fields have names; a title that repeats them tells nobody anything."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ANN401 - pydantic's signature
        return False


def schemas_of(models: Sequence[type[BaseModel]], *, mode: JsonSchemaMode) -> dict[str, Schema]:
    """Return name -> schema of models and of all they hold. `mode`: validation or serialization."""
    _, together = models_json_schema(
        [(model, mode) for model in models],
        ref_template=REFERENCE,
        schema_generator=_Untitled,
    )
    schemas: dict[str, Schema] = together["$defs"]
    return schemas


def request_schemas() -> dict[str, Schema]:
    """Return name -> schema of every body, as JSON, and as a form where that is permitted."""
    plain = schemas_of((CreateVideo, RemixVideo, RenderVideo), mode="validation")
    as_json = {name: _with_fields(schema, _field_in_json) for name, schema in plain.items()}
    as_json["CreateVideo"]["properties"] |= pictures.in_json()
    forms = ("CreateVideo", "RemixVideo")
    as_form = {f"{name}Form": _with_fields(plain[name], _field_in_form) for name in forms}
    as_form["CreateVideoForm"]["properties"] |= pictures.in_form()
    return as_json | as_form | pictures.SCHEMAS


def _with_fields(model: Schema, field_schema: Callable[[str, Schema], Schema]) -> Schema:
    said: dict[str, str] = {}
    for documented in _DOCUMENTED[model["title"]]:
        said |= meanings(documented)
    within, fields = _WITHIN.get(model["title"], ""), {}
    for field, schema in model["properties"].items():
        means = meaning_of(CHOICES[field]) if field in CHOICES else said.get(field, "")
        means = f"{means} {_DEPENDS.get(field, '')}".strip()
        fields[field] = field_schema(within + field, schema) | {"description": means}
        if model["title"] == "CreateVideo" and field in GenerationConfig.model_fields.keys() - DECIDED_LATER:
            fields[field] |= default_keyword(GenerationConfig.model_fields[field].default)
    return {**model, "properties": fields}


def _field_in_json(field: str, schema: Schema) -> Schema:
    one = _limited(field, schema)
    forms = [one, *_text_form(field, one), *([{"type": "null"}] if _may_be_null(schema) else [])]
    return {"anyOf": forms} if len(forms) > 1 else one


def _field_in_form(field: str, schema: Schema) -> Schema:
    one = _limited(field, schema)
    if one.get("type") != "number":
        return one
    (as_text,) = _text_form(field, one)  # said outright, since many write small numbers as 1e-7
    return as_text


def _limited(field: str, schema: Schema) -> Schema:
    choices = {"enum": list(PERMITTED[field])} if field in PERMITTED else {}
    return without_null(schema) | LIMITS.get(field, {}) | choices


def _text_form(field: str, one: Schema) -> list[Schema]:
    """Return how a field that is no text may be written as text."""
    if field in AS_TEXT:
        return [{"type": "string", "pattern": AS_TEXT[field]}]
    if one.get("type") in ("integer", "boolean"):
        values = one.get("enum", [True, False])
        return [{"type": "string", "enum": [str(value).lower() for value in values]}]
    return []


def without_null(schema: Schema) -> Schema:
    """Return a schema without the null that says nothing."""
    (one,) = (each for each in schema.get("anyOf", [schema]) if each != {"type": "null"})
    return {_KEYWORDS.get(keyword, keyword): value for keyword, value in one.items() if keyword != "default"}


def _may_be_null(schema: Schema) -> bool:
    return {"type": "null"} in schema.get("anyOf", ())


def default_keyword(value: object) -> Schema:
    """Return what a schema says of a default; nothing if the default is to say nothing."""
    return {} if value is None else {"default": list(value) if isinstance(value, tuple) else value}


FORM_ENCODING: Mapping[str, Schema] = {
    **{field: {"contentType": "application/json"} for field in (*intake.LISTS, *intake.OBJECTS)},
    **pictures.ENCODING,
}
"""Field of a form -> what its part holds, where that is neither text nor a number."""
