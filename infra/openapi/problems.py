"""The errors of the API as answers in the document: which status, which codes, what they mean."""

import http
from collections.abc import Iterator
from typing import Any

from functions.submit import problems
from infra.openapi.examples import problem_example
from infra.openapi.headers import Schema, headers
from infra.openapi.meanings import sentence
from infra.openapi.requests import REFERENCE
from shared.domain.errors import BackendUnavailable, LimitReached, TaskObsolete, TTVError

MEDIA_TYPE = "application/problem+json"

_OTHERS = {
    400: ("malformed_body", "The body is not what its Content-Type says."),
    413: ("request_entity_too_large", "The body is larger than permitted."),
    415: ("unsupported_media_type", "The body is neither of the media types that are read here."),
    500: ("internal_error", "Something went wrong on our side; the request id helps us find it."),
}
"""Status -> code and meaning, of those that no error of the pipeline stands for."""

_NEVER_ANSWERED = frozenset({BackendUnavailable, LimitReached, TaskObsolete})
"""Known to workers only, or always answered as something narrower."""

_MAY_HAVE = {429: ("RateLimit", "RateLimit-Policy")}
"""Status -> headers that it has where they mean something."""


def responses() -> dict[str, Schema]:
    """Return name -> response of every status that is an error."""
    return {_name(status): _response(status) for status in sorted({*_OTHERS, *problems.STATUS.values()})}


def reference(status: int) -> Schema:
    """Return what stands for the response in an operation."""
    return {"$ref": f"#/components/responses/{_name(status)}"}


def _response(status: int) -> dict[str, Any]:
    meanings = dict([_OTHERS[status]] if status in _OTHERS else _codes_of(status))
    code, meaning = next(iter(meanings.items()))
    return {
        "description": " ".join(f"`{code}`: {meaning}" for code, meaning in meanings.items()),
        "headers": headers(tuple(problems.HEADERS.get(status, ())), _MAY_HAVE.get(status, ())),
        "content": {
            MEDIA_TYPE: {
                "schema": {"$ref": REFERENCE.format(model="Problem")},
                "example": problem_example(status, code, meaning),
            }
        },
    }


def _codes_of(status: int) -> Iterator[tuple[str, str]]:
    for error in _below(TTVError):
        nearest = next((kind for kind in error.__mro__ if kind in problems.STATUS), None)
        if nearest and problems.STATUS[nearest] == status and error not in _NEVER_ANSWERED:
            meaning, _, _ = (error.__doc__ or "").partition("\n\n")
            yield error.code, sentence(meaning)


def _below(error: type[TTVError]) -> Iterator[type[TTVError]]:
    for narrower in error.__subclasses__():
        yield narrower
        yield from _below(narrower)


def _name(status: int) -> str:
    return http.HTTPStatus(status).phrase.title().replace(" ", "")
