"""From a request's query to a model, and from a model to a response."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TypeVar

import flask

from functions.submit.schemas import Answer
from shared.domain.errors import InvalidInput
from shared.domain.model import Edge
from shared.domain.validation import validated

Q = TypeVar("Q", bound=Edge)


class Nothing(Edge):
    """Where nothing can be said."""


NO_HEADERS: Mapping[str, str] = MappingProxyType({})


def query(model: type[Q]) -> Q:
    """Read the query of the request that is being answered.

    Raises:
        InvalidInput: a parameter is not permitted, or is there twice.
    """
    given = flask.request.args
    for name, values in given.lists():
        if len(values) > 1:
            raise InvalidInput(str(name), f"{len(values)} times", "once")
    return validated(model, given.to_dict())


def answer(
    model: Answer,
    *,
    status: int = 200,
    headers: Mapping[str, str] = NO_HEADERS,
    mimetype: str = "application/json",
) -> flask.Response:
    """Send a model as JSON."""
    return flask.Response(model.model_dump_json(), status, headers, mimetype=mimetype)
