"""Puts the OpenAPI document together: routes of the app, the table of operations, schemas of the models."""

import inspect
import re
from collections.abc import Iterator
from typing import Any

import flask
from werkzeug.routing import Rule

from functions.submit.schemas import Problem
from infra.openapi import examples, problems
from infra.openapi.headers import Schema, headers
from infra.openapi.meanings import sentence
from infra.openapi.operations import OPERATIONS, TAGS, VIDEOS, Operation, Success
from infra.openapi.parameters import EVERYWHERE, SHARED, of_query, shared
from infra.openapi.requests import FORM_ENCODING, REFERENCE, request_schemas, schemas_of

OPENAPI = "3.1.0"

_INTRODUCTION = (
    "One text prompt in, one finished video out. `POST /v1/videos` answers at once with a video that is "
    "queued; look at it until its status is `completed`, then download it. The shape is that of the OpenAI "
    "Videos API, so its clients work; fields of our own stand beside it."
)

_KEY = {
    "type": "http",
    "scheme": "bearer",
    "description": "Your API key: `Authorization: Bearer ttv_...`",
}


def document(app: flask.Flask, *, version: str) -> dict[str, Any]:
    """Return the document of an app whose endpoints `OPERATIONS` describes."""
    return {
        "openapi": OPENAPI,
        "info": {"title": "TTV Pipeline", "version": version, "description": _INTRODUCTION},
        "servers": [{"url": "/", "description": "Where this document comes from."}],
        "tags": [{"name": name, "description": text} for name, text in TAGS.items()],
        "security": [{"key": []}],
        "paths": _paths(app),
        "components": {
            "schemas": request_schemas() | _answer_schemas(),
            "responses": problems.responses(),
            "parameters": SHARED,
            "securitySchemes": {"key": _KEY},
        },
    }


def path_of(rule: Rule) -> str:
    """Return a rule's path as OpenAPI writes it."""
    return re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)


def method_of(rule: Rule) -> str:
    """Return the one method that a rule answers beside what Flask answers by itself."""
    (method,) = (rule.methods or set()) - {"HEAD", "OPTIONS"}
    return method.lower()


def _paths(app: flask.Flask) -> dict[str, dict[str, Any]]:
    rules = {rule.endpoint: rule for rule in app.url_map.iter_rules()}
    paths: dict[str, dict[str, Any]] = {}
    for endpoint, operation in OPERATIONS.items():
        rule = rules[endpoint]
        docstring = inspect.getdoc(app.view_functions[endpoint]) or ""
        paths.setdefault(path_of(rule), {})[method_of(rule)] = _operation(rule, operation, docstring)
    return paths


def _answer_schemas() -> dict[str, Schema]:
    successes = (each for operation in OPERATIONS.values() for each in operation.successes.values())
    models = [each.content for each in successes if isinstance(each.content, type)]
    return schemas_of([*models, Problem], mode="serialization")


def _operation(rule: Rule, operation: Operation, docstring: str) -> dict[str, Any]:
    summary, _, more = docstring.partition("\n\n")
    described: dict[str, Any] = {
        "operationId": operation.id,
        "tags": [operation.tag],
        "summary": sentence(summary).rstrip("."),
        "parameters": _parameters(rule, operation),
        "responses": {str(status): response for status, response in _responses(rule, operation)},
    }
    if more:
        described["description"] = sentence(more)
    if operation.body:
        content = _bodies(operation.body, takes_forms=operation.takes_forms)
        described["requestBody"] = {"required": operation.body_is_required, "content": content}
    if not operation.needs_key:
        described["security"] = []
    return described


def _parameters(rule: Rule, operation: Operation) -> list[Schema]:
    named = [*sorted(rule.arguments), *(["Idempotency-Key"] if operation.creates else [])]
    query = of_query(operation.query) if operation.query else []
    return [*map(shared, named), *query, *map(shared, EVERYWHERE)]


def _bodies(name: str, *, takes_forms: bool) -> dict[str, Any]:
    example = {"example": examples.REQUESTS[name]}
    bodies: dict[str, Any] = {"application/json": {"schema": _reference(name), **example}}
    if takes_forms:
        encoding = {"encoding": FORM_ENCODING} if name == "CreateVideo" else {}
        bodies["multipart/form-data"] = {"schema": _reference(f"{name}Form"), **example, **encoding}
    return bodies


def _responses(rule: Rule, operation: Operation) -> Iterator[tuple[int, Schema]]:
    errors = {*operation.errors, 500}
    if operation.needs_key:
        errors |= {401, 403, 503}
    if operation.tag == VIDEOS:  # whose calls are counted
        errors |= {429}
    if operation.creates:
        errors |= {402}
    if rule.arguments:
        errors |= {404}
    for status in sorted({*operation.successes, *errors}):
        success = operation.successes.get(status)
        yield status, _success(success) if success else problems.reference(status)


def _success(success: Success) -> Schema:
    response: Schema = {"description": success.says, "headers": headers(success.headers, success.may_have)}
    if isinstance(success.content, str):
        is_json = success.content == "application/json"
        response["content"] = {success.content: {"schema": {"type": "object" if is_json else "string"}}}
    elif success.content:
        name = success.content.__name__
        example = {"example": answer} if (answer := examples.answers().get(name)) else {}
        response["content"] = {"application/json": {"schema": _reference(name), **example}}
    return response


def _reference(name: str) -> Schema:
    return {"$ref": REFERENCE.format(model=name)}
