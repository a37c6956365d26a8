"""JSON schemas of the pictures that come with a request, as text in JSON and as files of a form.

Their models take them for anything, since `functions.submit.given` checks them by hand.
"""

from typing import Any

from functions.submit.given import (
    INITIAL,
    INPUT_REFERENCE,
    MAX_PICTURE_BYTES,
    MAX_PICTURES_BYTES,
    MAX_REFERENCES,
    PICTURES,
)
from functions.submit.given import REFERENCES as REFERENCE_IMAGES
from functions.submit.intake import SHOWS
from functions.submit.pictures import MAX_PIXELS, MIN_SIDE

Schema = dict[str, Any]

TYPES = ("image/png", "image/jpeg", "image/webp")

_BASE64 = r"[A-Za-z0-9+/]+={0,2}"
_DATA_URI = r"data:[^,]{0,100};base64,"

_BOUNDS = (
    f"at most {MAX_PICTURE_BYTES // 2**20} MiB and {MAX_PIXELS / 1e6:.3g} megapixels, "
    f"at least {MIN_SIDE} pixels a side"
)
_SHOWN_MEANS = "The character it shows, by the name the prompt gives them; none for a place or a style."

_MEANINGS = {
    REFERENCE_IMAGES: (
        "What all keyframes must agree with: a character, a place, a style. "
        f"All pictures of a request together: at most {MAX_PICTURES_BYTES // 2**20} MiB."
    ),
    INITIAL: "The first keyframe, in the shape of the video's size. It is never cropped.",
    INPUT_REFERENCE: "OpenAI's name for `initial_image`: the same, and only one of the two.",
}


def _text(pattern: str, description: str) -> Schema:
    return {
        "type": "string",
        "contentEncoding": "base64",
        "pattern": f"^{pattern}$",
        "maxLength": MAX_PICTURE_BYTES * 4 // 3 + 120,  # in base64, behind the head of a data URI
        "description": description,
    }


def _object(description: str, properties: dict[str, Schema], required: str) -> Schema:
    return {
        "type": "object",
        "description": description,
        "properties": properties,
        "required": [required],
        "additionalProperties": False,
    }


_SHOWN: Schema = {"type": "string", "maxLength": 200, "pattern": r"[\p{L}\p{N}]"}
_DATA = _text(f"({_DATA_URI})?{_BASE64}", f"A PNG, JPEG or WebP in base64, or a data URI of it: {_BOUNDS}.")

SCHEMAS: dict[str, Schema] = {
    "AskedPicture": _object("A picture.", {"data": _DATA}, "data"),
    "AskedReference": _object(
        "A picture that keyframes must agree with.",
        {
            "data": _DATA,
            "shows": {"anyOf": [_SHOWN, {"type": "null"}], "description": _SHOWN_MEANS},
        },
        "data",
    ),
    "InputReference": _object(
        "A picture as OpenAI's clients send it.",
        {"image_url": _text(f"{_DATA_URI}{_BASE64}", f"A data URI, since nothing is fetched: {_BOUNDS}.")},
        "image_url",
    ),
}
"""Name -> schema of what fields of JSON hold."""


def in_json() -> dict[str, Schema]:
    """Return field -> schema, of JSON."""
    of_one = {name: {"$ref": f"#/components/schemas/{name}"} for name in SCHEMAS}
    references = {"type": "array", "items": of_one["AskedReference"], "maxItems": MAX_REFERENCES}
    held = {
        REFERENCE_IMAGES: references,
        INITIAL: of_one["AskedPicture"],
        INPUT_REFERENCE: of_one["InputReference"],
    }
    return {
        field: {"anyOf": [schema, {"type": "null"}], "description": _MEANINGS[field]}
        for field, schema in held.items()
    }


def in_form() -> dict[str, Schema]:
    """Return field -> schema, of a form: each picture is a file."""
    file = {"type": "string", "format": "binary"}
    many = {"type": "array", "maxItems": MAX_REFERENCES}
    return {
        REFERENCE_IMAGES: {
            **many,
            "items": file,
            "description": f"{_MEANINGS[REFERENCE_IMAGES]} One part each.",
        },
        SHOWS: {
            **many,
            "items": {"type": "string", "maxLength": _SHOWN["maxLength"]},
            "description": f"{_SHOWN_MEANS} One part each, in the same order; empty where there is none.",
        },
        INITIAL: {**file, "description": _MEANINGS[INITIAL]},
        INPUT_REFERENCE: {**file, "description": _MEANINGS[INPUT_REFERENCE]},
    }


ENCODING = {field: {"contentType": ", ".join(TYPES)} for field in PICTURES}
"""Field of a form -> what its part holds."""
