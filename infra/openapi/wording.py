"""Says in words what a JSON schema permits. Knows schemas, nothing of pages."""

from collections.abc import Mapping
from typing import Any

Schema = Mapping[str, Any]

_TYPES = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "object": "object",
    "null": "null",
}


def type_of(schema: Schema) -> str:
    """Return what kind of value it is, such as `list of text`, or the values there are. Null goes unsaid."""
    first, others = _forms(schema)
    named = [each for each in (first, *others) if "$ref" in each]
    said = " or ".join(map(_type_of_one, named or [first]))
    if any(other.get("type") == "string" for other in others):
        said = f"{said}, or the same as text"
    return said


def may_be_null(schema: Schema) -> bool:
    """Tell whether null is one of its values."""
    return {"type": "null"} in _forms(schema)[1]


def limits_of(schema: Schema) -> str:
    """Return the limits in words; empty if there are none."""
    one, _ = _forms(schema)
    least, most = one.get("minimum"), one.get("maximum")
    if most is None and "exclusiveMaximum" in one:
        most = one["exclusiveMaximum"] - 1
    said = []
    if least is not None or most is not None:
        said.append(_range(least, most))
    for kind, unit in (("Length", "characters"), ("Items", "of them"), ("Properties", "of them")):
        least, most = one.get(f"min{kind}"), one.get(f"max{kind}")
        if least is not None or most is not None:
            said.append(f"{_range(least, most)} {unit}")
    if "propertyNames" in one:
        names, values = one["propertyNames"], one["additionalProperties"]
        said.append(f"names of {_range(names['minLength'], names['maxLength'])} characters")
        said.append(f"values of {_range(None, values['maxLength'])}")
    if one.get("pattern", "").startswith(r"[\p{L}"):
        said.append("with a letter or digit")
    return ", ".join(said)


def default_of(schema: Schema) -> str:
    """Return the default as JSON has it; empty if there is none, or it is empty itself."""
    default = schema.get("default")
    if default in (None, "", []):
        return ""
    return str(default).lower() if isinstance(default, bool) else str(default)


def _type_of_one(schema: Schema) -> str:
    if "$ref" in schema:
        return f"`{schema['$ref'].rpartition('/')[2]}`"
    if "const" in schema:
        return f"`{schema['const']}`"
    if "enum" in schema:
        return " · ".join(f"`{_as_json(value)}`" for value in schema["enum"])
    if schema.get("format") == "binary":
        return "file"
    if schema.get("type") == "array":
        return f"list of {type_of(schema['items'])}"
    if schema.get("type") == "object" and isinstance(schema.get("additionalProperties"), Mapping):
        return f"object of {type_of(schema['additionalProperties'])}"
    if schema.get("type") == "object" and "properties" in schema:
        return "object of " + ", ".join(f"`{name}`" for name in schema["properties"])
    types = schema.get("type", "anything")
    return " or ".join(_TYPES.get(each, each) for each in ([types] if isinstance(types, str) else types))


def _forms(schema: Schema) -> tuple[Schema, list[Schema]]:
    """Return the form that is meant, and the others that are taken for it."""
    first, *others = schema.get("anyOf", [schema])
    return first, others


def _range(least: float | None, most: float | None) -> str:
    match least, most:
        case None, None:
            return ""
        case None, 0:
            return "none"
        case None, _:
            return f"at most {most:,}"
        case _, None:
            return f"at least {least:,}"
    return f"{least:,}" if least == most else f"{least:,} to {most:,}"


def _as_json(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
