"""The parameters of operations: those that many share, and those that a model of a query stands for."""

from typing import Any

from pydantic import BaseModel

from infra.openapi.examples import VIDEO_ID
from infra.openapi.headers import Schema
from infra.openapi.meanings import meanings
from infra.openapi.requests import default_keyword, schemas_of, without_null
from shared.domain.naming import JOB_ID

EVERYWHERE = ("X-Request-Id", "traceparent")

SHARED: dict[str, Schema] = {
    "video_id": {
        "name": "video_id",
        "in": "path",
        "required": True,
        "description": "The id of one of your videos.",
        "schema": {"type": "string", "pattern": f"^{JOB_ID.pattern}$"},
        "example": VIDEO_ID,
    },
    "Idempotency-Key": {
        "name": "Idempotency-Key",
        "in": "header",
        "description": (
            "Any text of your own, new for each video you want. A repeat with the same key and the same body "
            "makes no second video; with another body it is refused."
        ),
        "schema": {
            "type": "string",
            "minLength": 1,
            "maxLength": 255,
            "pattern": r"^[!-~]([ -~]*[!-~])?$",
        },
    },
    "traceparent": {
        "name": "traceparent",
        "in": "header",
        "description": "W3C Trace Context: the trace our work is part of. Any other text is passed over.",
        "schema": {"type": "string"},
        "example": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    },
    "X-Request-Id": {
        "name": "X-Request-Id",
        "in": "header",
        "description": "`req_` and 24 hex digits: answered as it came. Any other text is passed over.",
        "schema": {"type": "string"},
        "example": "req_0123456789abcdef01234567",
    },
}
"""Name -> parameter."""


def shared(name: str) -> Schema:
    """Return what stands for a shared parameter in an operation."""
    return {"$ref": f"#/components/parameters/{name}"}


def of_query(model: type[BaseModel]) -> list[dict[str, Any]]:
    """Return the parameters that a model of a query stands for."""
    said = meanings(model)
    schemas = schemas_of((model,), mode="validation")
    parameters = []
    for name, whole in schemas[model.__name__]["properties"].items():
        schema = without_null(whole)
        schema = schemas[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
        described = schema | default_keyword(whole.get("default"))
        parameters.append({"name": name, "in": "query", "description": said[name], "schema": described})
    return parameters
