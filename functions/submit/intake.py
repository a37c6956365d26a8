"""From the body of a creation request, JSON or multipart, to one mapping. Knows no rule about the values."""

import io
import json
import re
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import flask
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.formparser import FormDataParser

from functions.submit.answers import Nothing
from functions.submit.given import INITIAL, INPUT_REFERENCE, MAX_PICTURES_BYTES, PICTURES, REFERENCES
from functions.submit.problems import MalformedBody
from shared.domain.errors import InvalidInput, Unavailable, shorten
from shared.domain.generation import AskedConfig
from shared.domain.validation import validated

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

LISTS: Mapping[str, str] = {
    **{
        name: '["a", "b"]'
        for name, field in AskedConfig.model_fields.items()
        if isinstance(field.default, tuple)
    },
    "shots": '[{"prompt": "A fox sleeps.", "seconds": 4}]',
}
"""Fields whose part holds a list as JSON text, with an example: repeated parts cannot tell a list of one
from a value, nor names with brackets where one object of a list ends."""

OBJECTS: Mapping[str, str] = {
    "metadata": '{"scene": "7"}',
    "lora": '{"name": "brand-x", "weight": 0.8}',
}
"""The same, of an object."""

_KEYED = re.compile(rf"(metadata|lora|{INPUT_REFERENCE})\[([^\[\]]+)\]")
"""One value of an object whose values may all be text, so that a name with brackets means one thing only.
OpenAI's clients write objects so."""

LARGE_OF_ONE_OWNER = 4
"""Of those, so that nobody can keep all others out by sending slowly."""

_large = threading.BoundedSemaphore(LARGE_AT_ONCE)
_of_owner: Counter[str] = Counter()
_counting = threading.Lock()
_parsing = threading.BoundedSemaphore(2)
"""The text of a large JSON body stands in memory twice while it is parsed."""


@contextmanager
def body_of(request: flask.Request, owner: str) -> Iterator[dict[str, Any]]:
    """Read the body as JSON would have it; of multipart, pictures are bytes and scalars are text.

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


def no_body(request: flask.Request) -> None:
    """Refuse a body that says anything, where nothing can be said.

    Raises:
        MalformedBody, InvalidInput, UnsupportedMediaType, RequestEntityTooLarge: as `json_object`.
    """
    if request.get_data():
        validated(Nothing, json_object(request))


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
    named = any(f'"{field}"'.encode() in data for field in PICTURES)
    return named and sum(map(data.count, (b",", b"[", b"{"))) <= MAX_JSON_VALUES


def _parsed(data: bytes) -> dict[str, Any]:
    try:
        body = json.loads(data.decode(), object_pairs_hook=_once_each)
    except (ValueError, RecursionError) as error:
        raise MalformedBody(f"the body is not JSON: {type(error).__name__}") from error
    if not isinstance(body, dict):
        raise MalformedBody("the body must be a JSON object")
    return body


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Build an object whose every name is there once: of two values, which one is meant?"""
    built = dict(pairs)
    if len(built) < len(pairs):
        name = next(name for name, count in Counter(name for name, _ in pairs).items() if count > 1)
        raise MalformedBody(f"{shorten(name)} is in one object twice")
    return built


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
    body, pictures = _texts(texts), _pictures(files, texts.getlist(SHOWS))
    for name in body.keys() & pictures.keys():
        raise InvalidInput(name, "text and a file", "one of them")
    return body | pictures


def _texts(parts: MultiDict[str, str]) -> dict[str, Any]:
    body: dict[str, Any] = {}
    objects: dict[str, dict[str, str]] = {}
    for name, values in parts.lists():
        if name == SHOWS:
            continue
        if keyed := _KEYED.fullmatch(name or ""):
            objects.setdefault(keyed[1], {})[keyed[2]] = _text(name, values)
        else:
            body[name] = _value(name, values)
    for name in objects.keys() & body.keys():
        raise InvalidInput(name, "two kinds of parts", f"one part, or parts {name}[...] only")
    return body | objects


def _value(name: str | None, values: Sequence[str]) -> object:
    """Return what the text parts of one name say."""
    if name is None:
        raise MalformedBody("a part has no name")
    if "[" in name:
        field, _, _ = name.partition("[")
        hint = f"{field} as one part of JSON text, or all as a JSON body"
        if field in PICTURES:
            hint = f"{field} as a file, repeated for several, or all as a JSON body"
        raise InvalidInput(name, values[0], hint, because=f"what its brackets mean is not clear; send {hint}")
    if name in PICTURES:
        raise InvalidInput(name, f"text of {len(values[0])} characters", "a file: a part with a filename")
    value = _text(name, values)
    if name in LISTS:
        return _json(name, value, list, f"a list in JSON, such as {LISTS[name]}")
    if name in OBJECTS:
        return _json(name, value, dict, f"an object in JSON, such as {OBJECTS[name]}")
    return value


def _text(name: str, values: Sequence[str]) -> str:
    if len(values) > 1:
        raise InvalidInput(name, f"{len(values)} parts", "one part")
    if "\N{REPLACEMENT CHARACTER}" in values[0]:  # werkzeug's for what it cannot read
        raise InvalidInput(name, values[0], "text in UTF-8")
    return values[0]


def _json(name: str, text: str, kind: type[list[Any]] | type[dict[str, Any]], permitted: str) -> object:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, kind):
        raise InvalidInput(name, text, permitted)
    return value


def _pictures(files: MultiDict[str, FileStorage], shows: Sequence[str]) -> dict[str, Any]:
    """Return the file parts, each where JSON would have it; an input reference is its bytes."""
    found: dict[str, list[bytes]] = {}
    for name, parts in files.lists():
        if name not in PICTURES:
            permitted = f"files only as {', '.join(PICTURES)}; of all else, parts without a filename"
            raise InvalidInput(str(name), "a file", permitted)
        if name != REFERENCES and len(parts) > 1:
            raise InvalidInput(name, f"{len(parts)} parts", "one part")
        found[name] = [part.read() for part in parts]
    references = found.get(REFERENCES, [])
    if shows and len(shows) != len(references):
        permitted = f"one for each of the {len(references)} {REFERENCES}, empty for a style, or none at all"
        raise InvalidInput(SHOWS, f"{len(shows)} parts", permitted)
    body: dict[str, Any] = {}
    if references:
        shown = shows or [""] * len(references)
        body[REFERENCES] = [
            {"data": data, "shows": name or None} for data, name in zip(references, shown, strict=True)
        ]
    if INITIAL in found:
        body[INITIAL] = {"data": found[INITIAL][0]}
    if INPUT_REFERENCE in found:
        body[INPUT_REFERENCE] = found[INPUT_REFERENCE][0]
    return body
