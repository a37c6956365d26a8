"""Makes the reference page of an OpenAPI document: one HTML file without scripts, from one template.

Knows the document and nothing of the code that it was made from.
"""

import functools
import json
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup, escape

from infra.openapi.wording import default_of, limits_of, may_be_null, type_of

Schema = Mapping[str, Any]

HERE = Path(__file__).parent
SHELL = {"ttv": "https://YOUR-SERVICE", "key": "$TTV_API_KEY"}
"""What examples call the service and the key."""


@dataclass(frozen=True)
class Field:
    """One row: a parameter, or a field of a body or of an answer."""

    name: str
    type: str
    limits: str
    default: str
    meaning: str
    is_required: bool


@dataclass(frozen=True)
class Answer:
    """One status of an operation."""

    status: str
    meaning: str
    content: str
    """Name of its schema, or its media type, or empty."""
    is_schema: bool
    headers: tuple[str, ...]
    example: str
    """As JSON; empty if there is none."""


@dataclass(frozen=True)
class Operation:
    """One operation, ready to be shown."""

    id: str
    method: str
    path: str
    summary: str
    description: str
    is_open: bool
    parameters: tuple[Field, ...]
    media_types: tuple[str, ...]
    body: tuple[Field, ...]
    form_only: tuple[Field, ...]
    """Fields that the form has beside those of JSON."""
    successes: tuple[Answer, ...]
    errors: tuple[Answer, ...]
    example: str


def page(document: Mapping[str, Any]) -> str:
    """Return the page as HTML."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    schemas = document["components"]["schemas"]
    shown = {name: _fields(schema) for name, schema in sorted(schemas.items()) if "properties" in schema}
    bodies = _body_names(document)  # which are shown with their operations
    environment.filters["prose"] = functools.partial(_prose, names=schemas.keys() - bodies)
    sections = [
        (tag, [each for tags, each in _operations(document) if tag["name"] in tags])
        for tag in document["tags"]
    ]
    return environment.get_template("page.html.jinja").render(
        info=document["info"],
        styles=Markup((HERE / "page.css").read_text()),  # noqa: S704 - our own file
        sections=sections,
        schemas={name: fields for name, fields in shown.items() if name not in bodies},
        meanings={name: schema.get("description", "") for name, schema in schemas.items()},
        choices={name: schema["enum"] for name, schema in sorted(schemas.items()) if "enum" in schema},
        problems=[_answer(_status_of(each), each) for each in document["components"]["responses"].values()],
        shell=SHELL,
    )


def _operations(document: Mapping[str, Any]) -> Iterator[tuple[list[str], Operation]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield operation["tags"], _shown(document, method.upper(), path, operation)


def _body_names(document: Mapping[str, Any]) -> set[str]:
    bodies = (
        body["schema"]["$ref"]
        for methods in document["paths"].values()
        for operation in methods.values()
        for body in operation.get("requestBody", {}).get("content", {}).values()
    )
    return {reference.rpartition("/")[2] for reference in bodies}


def _shown(document: Mapping[str, Any], method: str, path: str, operation: Schema) -> Operation:
    content = operation.get("requestBody", {}).get("content", {})
    bodies = {kind: _fields(_resolved(document, body["schema"])) for kind, body in content.items()}
    as_json = bodies.get("application/json", ())
    known = {field.name for field in as_json}
    answers = [
        _answer(status, _resolved(document, response)) for status, response in operation["responses"].items()
    ]
    return Operation(
        id=operation["operationId"],
        method=method,
        path=path,
        summary=operation["summary"],
        description=operation.get("description", ""),
        is_open=operation.get("security") == [],
        parameters=tuple(_parameter(_resolved(document, each)) for each in operation["parameters"]),
        media_types=tuple(bodies),
        body=as_json,
        form_only=tuple(f for f in bodies.get("multipart/form-data", ()) if f.name not in known),
        successes=tuple(each for each in answers if each.status < "400"),
        errors=tuple(each for each in answers if each.status >= "400"),
        example=_curl(document, method, path, operation),
    )


def _resolved(document: Mapping[str, Any], node: Schema) -> Schema:
    if "$ref" not in node:
        return node
    for step in node["$ref"].removeprefix("#/").split("/"):
        document = document[step]
    return document


def _parameter(parameter: Schema) -> Field:
    schema = parameter["schema"]
    meaning = parameter.get("description") or schema.get("description", "")
    return Field(
        name=parameter["name"],
        type=f"{type_of(schema)}, in the {parameter['in']}",
        limits=limits_of(schema),
        default=default_of(schema),
        meaning=meaning,
        is_required=parameter.get("required", False),
    )


def _fields(schema: Schema) -> tuple[Field, ...]:
    required = schema.get("required", ())
    return tuple(
        Field(
            name=name,
            type=f"{type_of(field)}, or null" if name in required and may_be_null(field) else type_of(field),
            limits=limits_of(field),
            default=default_of(field),
            meaning=field.get("description", ""),
            is_required=name in required,
        )
        for name, field in schema.get("properties", {}).items()
    )


def _answer(status: str, response: Schema) -> Answer:
    media_type = next(iter(response.get("content", ())), "")
    schema = response["content"][media_type]["schema"] if media_type else {}
    reference = schema.get("$ref", "")
    return Answer(
        status=status,
        meaning=response["description"],
        content=reference.rpartition("/")[2] or media_type,
        is_schema=bool(reference),
        headers=tuple(response.get("headers", ())),
        example=_as_json(response["content"][media_type].get("example"), indent=2) if media_type else "",
    )


def _status_of(response: Schema) -> str:
    return str(response["content"]["application/problem+json"]["example"]["status"])


def _curl(document: Mapping[str, Any], method: str, path: str, operation: Schema) -> str:
    parameters = [_resolved(document, each) for each in operation["parameters"]]
    for parameter in parameters:
        if parameter["in"] == "path":
            path = path.replace(f"{{{parameter['name']}}}", parameter["example"])
    implied = method == "GET" or "requestBody" in operation
    lines = [f"curl {'' if implied else f'-X {method} '}{SHELL['ttv']}{path}"]
    if "302" in operation["responses"]:
        lines.append("--location --output video.mp4")
    if operation.get("security") != []:
        lines.append(f'-H "Authorization: Bearer {SHELL["key"]}"')
    if body := operation.get("requestBody"):
        example = _as_json(body["content"]["application/json"]["example"])
        lines += ["-H 'Content-Type: application/json'", f"-d '{example}'"]
    return " \\\n  ".join(lines)


def _as_json(value: object, indent: int | None = None) -> str:
    return "" if value is None else json.dumps(value, indent=indent, ensure_ascii=False)


def _prose(text: str, names: Collection[str]) -> Markup:
    """Return text whose Markdown backticks have become code, and a link where they name a schema."""

    def code(quoted: re.Match[str]) -> str:
        shown = f"<code>{quoted[1]}</code>"
        return f'<a href="#schema-{quoted[1]}">{shown}</a>' if quoted[1] in names else shown

    return Markup(re.sub(r"`([^`]+)`", code, str(escape(text))))  # noqa: S704 - escaped before
