"""What a Pulumi program sends over the wire, decoded to plain Python, and back.

It knows the signatures of Pulumi's wire format and no resource.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from google.protobuf import struct_pb2
from pulumi.runtime import rpc

SIGNATURE_KEY = rpc._special_sig_key

Json: TypeAlias = "str | float | bool | Mapping[str, Json] | Sequence[Json] | None"


@dataclass(frozen=True)
class Unknown:
    """A value that is not known before something has been made."""


@dataclass(frozen=True)
class Secret:
    """A value that Pulumi encrypts in its state and hides from its output."""

    value: object


@dataclass(frozen=True)
class Asset:
    """A file or a text that is uploaded."""

    path: str
    text: str


@dataclass(frozen=True)
class Reference:
    """A resource, passed as a value."""

    urn: str


def decode(value: struct_pb2.Value) -> object:
    """Turn one value into plain Python; numbers without a fraction come out as `int`."""
    match value.WhichOneof("kind"):
        case "struct_value":
            return _decode_struct(value.struct_value)
        case "list_value":
            return [decode(item) for item in value.list_value.values]
        case "number_value":
            number = value.number_value
            return int(number) if number.is_integer() else number
        case "string_value":
            return Unknown() if value.string_value == rpc.UNKNOWN else value.string_value
        case "bool_value":
            return value.bool_value
        case _:
            return None


def decode_fields(struct: struct_pb2.Struct) -> dict[str, object]:
    """Decode every field of a message of properties."""
    return {name: decode(value) for name, value in struct.fields.items()}


def _decode_struct(struct: struct_pb2.Struct) -> object:
    fields = decode_fields(struct)
    match fields.get(SIGNATURE_KEY):
        case None:
            return fields
        case rpc._special_secret_sig:
            return Secret(fields["value"])
        case rpc._special_asset_sig | rpc._special_archive_sig:
            return Asset(str(fields.get("path", "")), str(fields.get("text", "")))
        case rpc._special_resource_sig:
            return Reference(str(fields["urn"]))
        case signature:
            raise ValueError(f"no value is known by the signature {signature}")


def add(struct: struct_pb2.Struct, name: str, value: Json, *, secret: bool) -> None:
    """Set one property, marked as a secret if it is one."""
    struct.update({name: {SIGNATURE_KEY: rpc._special_secret_sig, "value": value} if secret else value})


def revealed(value: object) -> object:
    """Return a copy without the marks of secrets; an unknown stays one."""
    match value:
        case Secret():
            return revealed(value.value)
        case Mapping():
            return {name: revealed(item) for name, item in value.items()}
        case list():
            return [revealed(item) for item in value]
        case _:
            return value


def without_secrets(value: object) -> object:
    """Return a copy in which every secret is None."""
    match value:
        case Secret():
            return None
        case Mapping():
            return {name: without_secrets(item) for name, item in value.items()}
        case list():
            return [without_secrets(item) for item in value]
        case _:
            return value


def each(value: object, path: str) -> Iterator[object]:
    """Yield what is found at a path such as `template.containers.*.image` or `rules.0`: `*` is every item.

    A secret on the way is looked into; what is at the path comes out as it is. Nothing is yielded where there
    is nothing, or null.
    """
    if not path:
        if value is not None:
            yield value
        return
    step, _, rest = path.partition(".")
    inside = value.value if isinstance(value, Secret) else value
    if isinstance(inside, list) and (step == "*" or step.isdecimal()):
        for item in inside if step == "*" else inside[int(step) : int(step) + 1]:
            yield from each(item, rest)
    elif isinstance(inside, Mapping) and step in inside:
        yield from each(inside[step], rest)


def put(value: object, path: str, new: object) -> object:
    """Return a copy with something else at a path, which `each` would find; None takes it away.

    What is missing on the way is made, as an object; one past the end of a list is appended.

    Raises:
        TypeError: the path leads into something that has no inside.
    """
    if not path:
        return new
    step, _, rest = path.partition(".")
    if isinstance(value, list):
        at = int(step)
        inside = put(value[at] if at < len(value) else {}, rest, new)
        return [*value[:at], *([] if inside is None else [inside]), *value[at + 1 :]]
    if not isinstance(value, Mapping):
        raise TypeError(f"{value!r} has no {step}")
    items = {**value, step: put(value.get(step, {}), rest, new)}
    return {name: item for name, item in items.items() if item is not None}
