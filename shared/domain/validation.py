"""Turns pydantic's findings into InvalidInput: field, value, and what is permitted. Knows no transport."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

from pydantic import AllowInfNan, BaseModel, BeforeValidator, ValidationError
from pydantic_core import PydanticCustomError

from shared.domain.errors import InvalidInput

M = TypeVar("M", bound=BaseModel)


def _plainly_a_number(value: object) -> object:
    if isinstance(value, bool) or (isinstance(value, str) and not re.fullmatch(r"-?[0-9]+", value)):
        raise PydanticCustomError("int_parsing", "a whole number")
    return value


WholeNumber = Annotated[int, BeforeValidator(_plainly_a_number)]
"""An int that a user writes. pydantic would quietly read `true` as 1 and `"8_0"` as 80."""


def _plainly_money(value: object) -> object:
    if isinstance(value, bool) or (isinstance(value, str) and not re.fullmatch(r"[0-9]+(\.[0-9]+)?", value)):
        raise PydanticCustomError("float_parsing", "a number")
    return value


Money = Annotated[float, BeforeValidator(_plainly_money), AllowInfNan(False)]
"""US dollars that a user writes. pydantic would quietly read `true` as 1 and `"1e3"` as 1000."""


def _plainly_true_or_false(value: object) -> object:
    if not isinstance(value, bool) and value not in ("true", "false"):
        raise PydanticCustomError("bool_parsing", "true or false")
    return value


Flag = Annotated[bool, BeforeValidator(_plainly_true_or_false)]
"""A bool that a user writes. pydantic would quietly read `1`, `"on"` and `"y"` as true."""

_PERMITTED = {
    "string_type": "text",
    "string_too_long": "at most {max_length} characters",
    "string_pattern_mismatch": "text with at least one letter or digit",
    "string_unicode": "text in valid Unicode",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "finite_number": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "greater_than_equal": "{ge} or more",
    "less_than_equal": "{le} or less",
    "less_than": "less than {lt}",
    "string_too_short": "at least {min_length} character",
    "dict_type": "an object",
    "mapping_type": "an object",
    "literal_error": "{expected}",
    "enum": "{expected}",
    "model_type": "an object",
    "tuple_type": "a list",
    "too_short": "at least {min_length}",
    "too_long": "at most {max_length}",
}
"""pydantic's error type -> what would have been accepted. Source: pydantic_core.list_all_errors()."""


def validated(model: type[M], values: Mapping[str, Any]) -> M:
    """Validate what a user wrote.

    Raises:
        InvalidInput: the first value that is not permitted.
    """
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise _explained(error, model) from None  # pydantic's own text would repeat the whole input


def _explained(error: ValidationError, model: type[BaseModel]) -> InvalidInput:
    first = error.errors(include_url=False)[0]
    path = [str(part) for part in first["loc"] if part != "[key]"]  # pydantic's mark for a name itself
    field, value = ".".join(path), first["input"]
    if first["type"] == "extra_forbidden":
        within = "that are documented" if len(first["loc"]) > 1 else ", ".join(model.model_fields)
        fields = f"the fields {within}"
        return InvalidInput(field, value, fields, because=f"there is no such field; there are {fields}")
    if first["type"] == "missing":
        return InvalidInput(field, None, "a value is required", because="a value is required")
    permitted = _PERMITTED.get(first["type"], first["msg"]).format_map(first.get("ctx", {}))
    if first["type"] in ("literal_error", "enum"):
        permitted = permitted.replace("'", "").replace(" or ", ", ")
    return InvalidInput(field, value, permitted)
