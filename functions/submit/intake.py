"""From the body of a creation request, JSON or multipart, to one mapping. Knows no rule about the values."""

import io
import json
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import flask
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.formparser import FormDataParser

from functions.submit.given import INITIAL, MAX_PICTURES_BYTES, REFERENCES
from functions.submit.problems import MalformedBody
from shared.domain.errors import InvalidInput, Unavailable
from shared.domain.generation import AskedConfig

MAX_PLAIN_BYTES = 1024 * 1024
"""Of a body without pictures."""

MAX_BODY_BYTES = MAX_PICTURES_BYTES * 4 // 3 + MAX_PLAIN_BYTES
"""Of any body: pictures in base64, and the rest."""

MAX_JSON_VALUES = 10_000
"""In a large body: unpacked, a JSON value takes up to thirty times as much memory as its text."""

MAX_PARTS = 64
"""Of a multipart body: more than there are fields."""

MAX_TEXT_BYTES = 256 * 1024
"""Of a text part. werkzeug holds its buffer of 64 KiB to it as well."""

LARGE_AT_ONCE = 8
"""Bodies that may hold pictures, in memory at one time; one of full size takes 60 MB with what it holds."""

PATIENCE_SECONDS = 5.0

SHOWS = "reference_shows"
"""Multipart only: whom each reference image shows, one part each in the same order; empty for a style."""

LISTS = frozenset(
    name for name, field in AskedConfig.model_fields.items() if isinstance(field.default, tuple)
)
"""Fields whose part holds JSON text, since repeated parts cannot tell a list of one from a value."""

LARGE_OF_ONE_OWNER = 4
"""Of those, so that nobody can keep all others out by sending slowly."""

_large = threading.BoundedSemaphore(LARGE_AT_ONCE)
_of_owner: Counter[str] = Counter()
_counting = threading.Lock()
_parsing = threading.BoundedSemaphore(2)
"""The text of a large JSON body stands in memory twice while it is parsed."""


@contextmanager
def body_of(request: flask.Request, owner: str) -> Iterator[dict[str, Any]]:
    """Read the body as JSON would have it; of multipart, `data` of pictures is bytes and scalars are text.

    Leave the context only when nothing of it is needed any more: few large bodies are let in at once, and
    fewer of one owner.

    Raises:
        MalformedBody: it is not what its Content-Type says.
        InvalidInput: a part is not one of ours, or is there too often.
        Unavailable: too many large bodies are here.
        UnsupportedMediaType, RequestEntityTooLarge: as werkzeug's.
    """
    request.max_content_length = MAX_BODY_BYTES
    with _room_for(request, owner):
        if request.mimetype == "multipart/form-data":
            yield _multipart(request)
        elif request.mimetype == "application/json":
            yield json_object(request)
        else:
            flask.abort(415, "send the body as Content-Type: application/json or multipart/form-data")


def json_object(request: flask.Request) -> dict[str, Any]:
    """Return a body that is to be a JSON object in UTF-8.

    Raises:
        MalformedBody: it is not.
        UnsupportedMediaType, RequestEntityTooLarge: as werkzeug's.
    """
    if request.mimetype != "application/json":
        flask.abort(415, "send the body as Content-Type: application/json")
    data = request.get_data(cache=False)
    limit = request.max_content_length
    if limit is not None and len(data) >= limit:
        flask.abort(413)  # werkzeug cuts a chunked body at the limit without saying so
    if len(data) < MAX_PLAIN_BYTES:
        return _parsed(data)
    if not _may_hold_pictures(data):
        flask.abort(413)
    with _parsing:
        return _parsed(data)


def _may_hold_pictures(data: bytes) -> bool:
    named = f'"{REFERENCES}"'.encode() in data or f'"{INITIAL}"'.encode() in data
    return named and sum(map(data.count, (b",", b"[", b"{"))) <= MAX_JSON_VALUES


def _parsed(data: bytes) -> dict[str, Any]:
    try:
        body = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise MalformedBody(f"the body is not JSON: {type(error).__name__}") from error
    if not isinstance(body, dict):
        raise MalformedBody("the body must be a JSON object")
    return body


@contextmanager
def _room_for(request: flask.Request, owner: str) -> Iterator[None]:
    length = request.content_length
    if length is not None and length < MAX_PLAIN_BYTES:
        yield
        return
    with _counting:
        if _of_owner[owner] >= LARGE_OF_ONE_OWNER:
            raise Unavailable(f"{LARGE_OF_ONE_OWNER} large requests of yours are being taken in already")
        _of_owner[owner] += 1
    try:
        if not _large.acquire(timeout=PATIENCE_SECONDS):
            raise Unavailable(f"{LARGE_AT_ONCE} large requests are being taken in already")
        try:
            yield
        finally:
            _large.release()
    finally:
        with _counting:
            _of_owner[owner] -= 1
            if not _of_owner[owner]:
                del _of_owner[owner]


def _multipart(request: flask.Request) -> dict[str, Any]:
    parser = FormDataParser(
        stream_factory=lambda *_args, **_kwargs: io.BytesIO(),  # the disk of an instance is memory as well
        max_form_memory_size=MAX_TEXT_BYTES,
        max_form_parts=MAX_PARTS,
        silent=False,
    )
    try:
        parsed = parser.parse(
            request.stream, request.mimetype, request.content_length, request.mimetype_params
        )
    except ValueError as error:
        raise MalformedBody("the body is not multipart/form-data, or is cut short") from error
    texts: MultiDict[str, str] = parsed[1]
    files: MultiDict[str, FileStorage] = parsed[2]
    body = {name: _value(name, values) for name, values in texts.lists() if name != SHOWS}
    return body | _pictures(files, texts.getlist(SHOWS))


def _value(name: str | None, values: Sequence[str]) -> object:
    """Return what the text parts of one name say."""
    value = values[0]
    if name is None:
        raise MalformedBody("a part has no name")
    if "[" in name:
        hint = f"repeat {REFERENCES} for several pictures, or send JSON"
        raise InvalidInput(name, value, hint, because=f"there are no parts with brackets; {hint}")
    if name in (REFERENCES, INITIAL):
        raise InvalidInput(name, f"text of {len(value)} characters", "a file: a part with a filename")
    if len(values) > 1:
        raise InvalidInput(name, f"{len(values)} parts", "one part")
    if "\N{REPLACEMENT CHARACTER}" in value:  # werkzeug's for what it cannot read
        raise InvalidInput(name, value, "text in UTF-8")
    return _list(name, value) if name in LISTS else value


def _list(name: str, text: str) -> object:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, list):
        raise InvalidInput(name, text, 'a list in JSON, such as ["a", "b"]')
    return value


def _pictures(files: MultiDict[str, FileStorage], shows: Sequence[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, parts in files.lists():
        if name not in (REFERENCES, INITIAL):
            permitted = f"files only as {REFERENCES} or {INITIAL}; of all else, parts without a filename"
            raise InvalidInput(str(name), "a file", permitted)
        found[name] = [{"data": part.read()} for part in parts]
    references = found.get(REFERENCES, [])
    if shows and len(shows) != len(references):
        permitted = f"one for each of the {len(references)} {REFERENCES}, empty for a style, or none at all"
        raise InvalidInput(SHOWS, f"{len(shows)} parts", permitted)
    for picture, shown in zip(references, shows, strict=False):
        picture["shows"] = shown or None
    if INITIAL in found:
        if len(found[INITIAL]) > 1:
            raise InvalidInput(INITIAL, f"{len(found[INITIAL])} parts", "one part")
        (found[INITIAL],) = found[INITIAL]
    return found
