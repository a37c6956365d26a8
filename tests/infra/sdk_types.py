"""Holds recorded inputs against the SDK's own types: names, what is required, scalars, documented enums.

It knows no resource. mypy sees neither a misspelt key in a dict nor a text that is not permitted.
"""

import importlib
import inspect
import json
import re
import sys
import types
import typing
import warnings
from collections.abc import Awaitable, Iterator, Mapping, Sequence
from functools import cache

import pulumi
from pulumi import _types

from tests.infra.recording import Resource
from tests.infra.wire import Asset, Reference, Secret, Unknown

PACKAGES: Mapping[str, str] = {"gcp": "pulumi_gcp", "random": "pulumi_random"}

PERMITTED = re.compile(
    r"(?:Possible|Valid|Allowed|Supported|Acceptable)\s+values(?:\s+for\s+\S+)?(?:\s+(?:are|include))?\s*:?\s*"
    r"((?:`\"?[A-Za-z0-9_./-]+\"?`(?:\s*\([^)]*\))?(?:,?\s+(?:and|or)\s+|,\s*|\s*(?=`))?)+)"
)
"""How docstrings tell the permitted values; generated from the API's own enums."""

LISTED = re.compile(r"(?:^\* `?|set to \")([A-Z][A-Z0-9_]{2,})(?=[`\",:( -]|$)", re.MULTILINE)
"""How some tell them one by one."""


def problems(resource: Resource) -> Iterator[str]:
    """Yield what is wrong with the inputs of a resource, each with its path.

    Raises:
        LookupError: the SDK has no such resource.
    """
    if resource.is_custom and not resource.is_dynamic:
        inputs = resource.inputs
        if resource.type.startswith("pulumi:providers:"):
            inputs = {name: _from_json(value) for name, value in inputs.items()}
        yield from _of_object(_arguments_of(resource.type), inputs, "")


def _from_json(value: object) -> object:
    """A provider's own inputs are sent as text: all but texts in JSON."""
    try:
        return json.loads(value) if isinstance(value, str) else value
    except ValueError:
        return value


@cache
def _arguments_of(token: str) -> type:
    package, module, name = token.split(":")
    if package == "pulumi":  # pulumi:providers:gcp
        place, name = PACKAGES[name], "Provider"
    else:
        folder = module.partition("/")[0].lower()
        place = PACKAGES[package] + ("" if folder == "index" else f".{folder}")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of the SDK's own names, as it is loaded
        made: type = getattr(importlib.import_module(place), name)
    if getattr(made, "pulumi_type", None) != token:
        raise LookupError(f"the SDK has no {token}")
    arguments: type = getattr(sys.modules[made.__module__], f"{name}Args")
    return arguments


@cache
def _types_of(arguments: type) -> Mapping[str, object]:
    module = sys.modules[arguments.__module__]
    nested = sys.modules.get(f"{arguments.__module__.rpartition('.')[0]}._inputs")
    of_input = {"Output": pulumi.Output, "T": typing.Any}  # `pulumi.Input` names them, unevaluated
    names = {**(vars(nested) if nested else {}), **vars(module), "pulumi": pulumi, **of_input}
    initializer: typing.Any = arguments.__init__  # type: ignore[misc]  # of a generated class, asked for its types
    return typing.get_type_hints(initializer, names)


@cache
def _names_of(arguments: type) -> Mapping[str, str]:
    """Wire name -> Python's."""
    return {wire: own for own, wire in _types.input_type_py_to_pulumi_names(arguments).items()}


def _of_object(arguments: type, told: Mapping[str, object], path: str) -> Iterator[str]:
    names, hints = _names_of(arguments), _types_of(arguments)
    for name in told:
        if name not in names:
            yield f"{path}{name}: unknown to {arguments.__name__}"
    required = {
        name
        for name, parameter in inspect.signature(arguments).parameters.items()
        if parameter.default is inspect.Parameter.empty
    }
    for name, own in names.items():
        if own in required and told.get(name) is None:
            yield f"{path}{name}: required by {arguments.__name__}"
        elif told.get(name) is not None and own in hints:
            permitted = _permitted(arguments, own)
            yield from _of_value(hints[own], told[name], f"{path}{name}", permitted)


def _of_value(type_: object, value: object, path: str, permitted: tuple[str, ...]) -> Iterator[str]:
    match value:
        case Unknown() | None:
            return
        case Secret():
            yield from _of_value(type_, value.value, path, permitted)
            return
    plain = tuple(_plain(type_))
    for one in plain:
        origin, inner = typing.get_origin(one), typing.get_args(one)
        if isinstance(one, type) and _types.is_input_type(one) and isinstance(value, Mapping):
            yield from _of_object(one, value, f"{path}.")
            return
        if origin in (list, Sequence) and isinstance(value, list):
            for index, item in enumerate(value):
                yield from _of_value(inner[0], item, f"{path}[{index}]", permitted)
            return
        if origin in (dict, Mapping) and isinstance(value, Mapping):
            for key, item in value.items():
                yield from _of_value(inner[1], item, f"{path}[{key!r}]", ())
            return
        if _is_scalar(one, value):
            if permitted and isinstance(value, str) and value not in permitted:
                yield f"{path}: {value!r} is none of the documented {', '.join(permitted)}"
            return
    wanted = " or ".join(getattr(one, "__name__", str(one)) for one in plain)
    yield f"{path}: {value!r} is no {wanted}"


def _is_scalar(type_: object, value: object) -> bool:
    """JSON's true is no number, and a number no text."""
    if type_ in (object, typing.Any):
        return True
    if type_ in (pulumi.Asset, pulumi.Archive):
        return isinstance(value, Asset)
    if type_ is str and isinstance(value, Reference):
        return True  # a resource stands for its id
    if type_ is bool or isinstance(value, bool):
        return type_ is bool and isinstance(value, bool)
    if type_ is float:
        return isinstance(value, int | float)
    return isinstance(type_, type) and isinstance(value, type_)


def _plain(type_: object) -> Iterator[object]:
    """Take `Input`, `Optional` and `Union` apart: what remains are types of plain values."""
    origin = typing.get_origin(type_)
    if origin is typing.Annotated:
        yield from _plain(typing.get_args(type_)[0])
    elif origin in (typing.Union, types.UnionType):
        for one in typing.get_args(type_):
            yield from _plain(one)
    elif origin not in (Awaitable, pulumi.Output) and type_ is not type(None):
        yield type_


@cache
def _permitted(arguments: type, name: str) -> tuple[str, ...]:
    told = inspect.getdoc(getattr(arguments, name, None)) or ""
    if named := PERMITTED.search(told):
        return tuple(re.findall(r"`\"?([^`\"]+)\"?`", named.group(1)))
    listed = tuple(LISTED.findall(told))
    return listed if len(listed) > 1 else ()


def inputs_of(token: str) -> frozenset[str]:
    """Return the names of all inputs of a type, as they are on the wire."""
    return frozenset(_names_of(_arguments_of(token)))
