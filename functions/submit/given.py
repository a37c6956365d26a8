"""The pictures that come with a request, as bytes: what may be given, before any is decoded.

Knows neither HTTP nor Pillow nor storage.
"""

import binascii
import hashlib
import re
from collections.abc import Mapping
from typing import Annotated, Any, NamedTuple, TypeVar

from pydantic import AfterValidator, StringConstraints
from pydantic_core import PydanticCustomError

from shared.domain.capabilities import KeyframeMode
from shared.domain.errors import SHOWN_CHARACTERS, InvalidInput
from shared.domain.model import Edge
from shared.domain.validation import validated

MAX_REFERENCES = 4
MAX_PICTURE_BYTES = 5 * 2**20
"""Of one picture, encoded as it comes in."""

MAX_PICTURES_BYTES = 16 * 2**20
"""Of all pictures of one request. In base64 a third more, which Cloud Run still lets through.
Source: https://cloud.google.com/run/quotas, 32 MiB for an HTTP/1 request."""

REFERENCES, INITIAL, INPUT_REFERENCE = "reference_images", "initial_image", "input_reference"
PICTURES = (REFERENCES, INITIAL, INPUT_REFERENCE)
"""The fields of the API that hold pictures. The last is OpenAI's name for the initial image."""

_DATA_URI = re.compile(r"data:[^,]{0,100};base64,", re.IGNORECASE)


def _text_or_bytes(data: object) -> object:
    if not isinstance(data, str | bytes):
        raise PydanticCustomError("string_type", "text")
    return data


class _Picture(Edge):
    data: Annotated[Any, AfterValidator(_text_or_bytes)]
    """Base64, or a data URI of it, whose type is not believed; bytes where the request holds bytes."""


class _Reference(_Picture):
    shows: Annotated[str, StringConstraints(max_length=200, pattern=r"[\p{L}\p{N}]", strict=True)] | None = (
        None
    )
    """The character it shows, as the prompt names them."""


class _InputReference(Edge):
    """OpenAI's object. Of what it may hold there, nothing is fetched here, and no files are kept."""

    image_url: Annotated[str, StringConstraints(strict=True)]


class GivenPicture(NamedTuple):
    """One picture, as it came in."""

    field: str
    """Where in the request it is, for errors."""
    data: bytes
    shows: str | None = None


class GivenPictures(NamedTuple):
    """All pictures of one request."""

    references: tuple[GivenPicture, ...] = ()
    initial: GivenPicture | None = None

    @property
    def all(self) -> tuple[GivenPicture, ...]:
        """The reference images, then the initial image."""
        return (*self.references, *((self.initial,) if self.initial else ()))


def given_pictures(body: Mapping[str, Any], *, prompt: str, keyframes: str) -> GivenPictures:
    """Read the pictures of a request's body.

    Args:
        keyframes: the KeyframeMode.

    Raises:
        InvalidInput: there are too many, one is too large, or is not what it should be. No message repeats
            any of their data.
    """
    references = body.get(REFERENCES)
    if references is not None and not isinstance(references, list | tuple):
        raise InvalidInput(REFERENCES, _described(references), "a list of objects")
    if references and len(references) > MAX_REFERENCES:
        raise InvalidInput(REFERENCES, f"{len(references)} pictures", f"at most {MAX_REFERENCES}")
    given = GivenPictures(
        tuple(_reference(number, each, prompt) for number, each in enumerate(references or ())),
        _initial(body.get(INITIAL), body.get(INPUT_REFERENCE)),
    )
    together = sum(len(each.data) for each in given.all)
    if together > MAX_PICTURES_BYTES:
        permitted = f"at most {_megabytes(MAX_PICTURES_BYTES)} in all pictures together"
        raise InvalidInput(REFERENCES, _megabytes(together), permitted)
    if given.all and keyframes == KeyframeMode.NONE:
        named, _, _ = given.all[0].field.partition(".")
        raise InvalidInput(named, "a picture", "none with keyframes: none, where no keyframe would use it")
    return given


def check_shown(number: int, name: str, prompt: str) -> None:
    """Check that a prompt names whom a reference image is said to show.

    Args:
        number: which image, from 0.

    Raises:
        InvalidInput: it does not.
    """
    if not re.search(rf"(?<!\w){re.escape(_name(name))}(?!\w)", _folded(prompt)):
        permitted = "a character by the name that the prompt gives them"
        raise InvalidInput(f"{REFERENCES}.{number}.shows", name, permitted)


def fingerprint(body: Mapping[str, Any], given: GivenPictures) -> dict[str, Any]:
    """Return the body with a hash in place of every picture: equal for equal requests, and ready for JSON."""
    body = {name: value for name, value in body.items() if name != INPUT_REFERENCE}
    if not given.all:
        return body
    hashes = {
        REFERENCES: [[each.shows, hashlib.sha256(each.data).hexdigest()] for each in given.references],
        INITIAL: given.initial and hashlib.sha256(given.initial.data).hexdigest(),
    }
    return {**body, **hashes}


def _initial(initial: object, input_reference: object) -> GivenPicture | None:
    if input_reference is None:
        return None if initial is None else _read(INITIAL, _Picture, initial)[1]
    if initial is not None:
        raise InvalidInput(INPUT_REFERENCE, "a picture", f"this or {INITIAL}: they mean the same")
    if isinstance(input_reference, bytes):
        _check_length(INPUT_REFERENCE, len(input_reference))
        return GivenPicture(INPUT_REFERENCE, input_reference)
    if isinstance(input_reference, Mapping) and "file_id" in input_reference:
        permitted = "image_url with a data URI, or a file part, since no files are kept here"
        raise InvalidInput(f"{INPUT_REFERENCE}.file_id", _described(input_reference["file_id"]), permitted)
    field = f"{INPUT_REFERENCE}.image_url"
    url = _checked(INPUT_REFERENCE, _InputReference, input_reference).image_url
    if not _DATA_URI.match(url):
        permitted = "a data URI such as data:image/png;base64,..., since nothing is fetched; or a file part"
        raise InvalidInput(field, _described(url), permitted)
    return GivenPicture(field, _decoded(field, url))


P = TypeVar("P", bound=_Picture)
E = TypeVar("E", bound=Edge)


def _reference(number: int, value: object, prompt: str) -> GivenPicture:
    field = f"{REFERENCES}.{number}"
    read, picture = _read(field, _Reference, value)
    if read.shows is None:
        return picture
    check_shown(number, read.shows, prompt)
    return picture._replace(shows=read.shows)


def _read(field: str, model: type[P], value: object) -> tuple[P, GivenPicture]:
    read = _checked(field, model, value)
    return read, GivenPicture(f"{field}.data", _decoded(f"{field}.data", read.data))


def _checked(field: str, model: type[E], value: object) -> E:
    try:
        return validated(model, value)  # type: ignore[arg-type]  # what is no mapping is refused there
    except InvalidInput as error:
        within = ".".join(filter(None, (field, error.field)))
        raise InvalidInput(within, _described(error.value), error.permitted) from None


def _decoded(field: str, data: str | bytes) -> bytes:
    if isinstance(data, str):
        data = data[found.end() :] if (found := _DATA_URI.match(data)) else data
        _check_length(field, len(data) * 3 // 4 - 2)
        try:
            data = binascii.a2b_base64(data, strict_mode=True)
        except ValueError as error:
            permitted = "base64 without line breaks, or a data URI of it"
            raise InvalidInput(field, _described(data), permitted) from error
    _check_length(field, len(data))
    return data


def _check_length(field: str, length: int) -> None:
    if length > MAX_PICTURE_BYTES:
        raise InvalidInput(field, _megabytes(length), f"at most {_megabytes(MAX_PICTURE_BYTES)}")


def _described(value: object) -> object:
    """Tell what a value is without repeating it, unless it is too short to be a picture."""
    if isinstance(value, str | bytes) and len(value) <= SHOWN_CHARACTERS // 2:
        return value
    match value:
        case None | bool() | int() | float():
            return value
        case str():
            return f"text of {len(value)} characters"
        case bytes():
            return f"{len(value)} bytes"
    return "an object" if isinstance(value, Mapping) else "a list"


def _megabytes(size_bytes: int) -> str:
    return f"{size_bytes / 2**20:.3g} MiB"


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())


def _name(shown: str) -> str:
    """Return a name as prompts have it: a plan says `the cat` of whom the prompt may call `a cat`."""
    return _folded(shown).removeprefix("the ")
