"""Google's own schemas, from its published discovery documents: whether a value is what an API takes.

It knows no Pulumi; how its inputs become an API's fields is in `google_translations.py`.
"""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from tests.infra.wire import Unknown

Schema = Mapping[str, Any]
"""A schema of a discovery document: any JSON, as its type says."""

DOCUMENTS = "googleapiclient.discovery_cache.documents"
DURATION = re.compile(r"-?[0-9]+(\.[0-9]{1,9})?s")
NUMBER = re.compile(r"-?[0-9]+")

IN_PROSE: Mapping[tuple[str, str], str] = {
    ("SecurityPolicyRule", "action"): r"allow|deny\((403|404|502)\)|rate_based_ban|redirect|throttle",
    ("SecurityPolicyRuleRateLimitOptions", "conformAction"): "allow",
    ("SecurityPolicyRuleRateLimitOptions", "exceedAction"): r"deny\((403|404|429|502)\)|redirect",
    ("SslPolicy", "name"): "[a-z]([-a-z0-9]{0,61}[a-z0-9])?",
    ("Bucket", "name"): "[a-z0-9][-_.a-z0-9]{1,61}[a-z0-9]",
    ("Bucket.iamConfiguration", "publicAccessPrevention"): "inherited|enforced",
    ("Bucket.lifecycle.rule.action", "type"): "Delete|SetStorageClass|AbortIncompleteMultipartUpload",
    ("GoogleCloudRunV2NodeSelector", "accelerator"): "nvidia-l4|nvidia-rtx-pro-6000",
}
"""Schema and property -> what it takes, where a document says it in its description only."""


class Fault(NamedTuple):
    """Something that an API would refuse."""

    path: str
    """From the schema on, such as `Queue.rateLimits.maxConcurrentDispatches`."""
    problem: str

    def __str__(self) -> str:
        return f"{self.path}: {self.problem}"


def faults(api: str, schema: str, value: object) -> list[Fault]:
    """Return all that an API's schema does not permit in a value; what is not known yet is let pass.

    Args:
        api: such as `compute.v1`.
        schema: such as `UrlMap`.

    Raises:
        LookupError: there is no such API or schema.
    """
    return list(_faults(api, {"$ref": schema}, value, schema, schema))


def schema_of(api: str, name: str) -> Schema:
    """Return one schema of an API.

    Raises:
        LookupError: there is no such API or schema.
    """
    return _schemas(api)[name]


@cache
def _schemas(api: str) -> Mapping[str, Schema]:
    document = files(DOCUMENTS) / f"{api}.json"
    if not document.is_file():
        raise LookupError(f"there is no discovery document of {api}")
    schemas: Mapping[str, Schema] = json.loads(document.read_text("utf-8"))["schemas"]
    return schemas


def _faults(api: str, schema: Schema, value: object, path: str, owner: str) -> Iterator[Fault]:
    """Yield the faults of a value.

    Args:
        path: for the reader.
        owner: the nearest schema with a name, and the properties from there on.
    """
    if isinstance(value, Unknown) or value is None:
        return
    if "$ref" in schema:
        owner = schema["$ref"]
        schema = schema_of(api, owner)
    match schema.get("type"), value:
        case "object", Mapping():
            yield from _faults_within(api, schema, value, path, owner)
        case "array", list():
            for number, item in enumerate(value):
                yield from _faults(api, schema["items"], item, f"{path}[{number}]", owner)
        case ("object" | "array") as kind, _:
            yield Fault(path, f"{value!r} is no {kind}")
        case _:
            problem = _problem(schema, value)
            if problem:
                yield Fault(path, problem)


def _faults_within(
    api: str, schema: Schema, value: Mapping[str, object], path: str, owner: str
) -> Iterator[Fault]:
    properties = schema.get("properties", {})
    values = schema.get("additionalProperties")
    for name, inside in value.items():
        here = f"{path}.{name}"
        if name in properties:
            if properties[name].get("readOnly"):
                yield Fault(here, "is an output")
            pattern = IN_PROSE.get((owner, name))
            if pattern and isinstance(inside, str) and not re.fullmatch(pattern, inside):
                yield Fault(here, f"{inside!r} is not {pattern}")
            yield from _faults(api, properties[name], inside, here, f"{owner}.{name}")
        elif values is not None:
            yield from _faults(api, values, inside, here, owner)
        else:
            yield Fault(here, "there is no such field")


def _problem(schema: Schema, value: object) -> str | None:
    """Say what is wrong with a scalar, if anything is."""
    kind, form = schema.get("type"), schema.get("format")
    if "enum" in schema:
        return None if value in schema["enum"] else f"{value!r} is none of {', '.join(schema['enum'])}"
    match kind, value:
        case "any", _:
            return None
        case "boolean", bool():
            return None
        case (("integer" | "number"), bool()):
            return f"{value!r} is no number"
        case "integer", int():
            return None
        case "number", (int() | float()):
            return None
        case "string", int() if form in {"int64", "uint64"} and not isinstance(value, bool):
            return None  # JSON has them as text
        case "string", str() if form == "google-duration" and not DURATION.fullmatch(value):
            return f"{value!r} is no duration, such as 1.5s"
        case "string", str() if form in {"int64", "uint64"} and not NUMBER.fullmatch(value):
            return f"{value!r} is no number"
        case "string", str():
            return None
    return f"{value!r} is no {kind}"
