"""Calls as Google's interfaces send them, taken apart: who calls whom, with what. It answers none of them."""

import base64
import binascii
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

from infra.local.stand_ins.answers import Answer, refusal
from infra.local.stand_ins.fates import Rejection
from infra.local.stand_ins.models import Unacceptable, demand
from infra.local.stand_ins.pictures import looks_like_a_picture
from infra.local.stand_ins.request_log import Call, Kind

Json = Mapping[str, object]

_VERTEX = r"/v1(?:beta1)?/projects/(?P<project>[^/]+)/locations/(?P<location>[^/]+)"
_GEMINI = r"/v1(?:beta)?"
_MODEL = r"models/(?P<model>[^/:]+):(?P<verb>[A-Za-z]+)"
_INTERACTION = r"interactions(?:/(?P<id>[^/]+)(?:/(?P<verb>cancel))?)?"


class Door(StrEnum):
    """Where a call knocks, by its path."""

    MODEL = "model"
    INTERACTIONS = "interactions"
    FILE = "file"
    HANDED_OUT = "handed out"
    """Where the door before sends whoever downloads a file."""
    NONE = "none"


PATHS = tuple(
    (door, re.compile(pattern))
    for door, pattern in (
        (Door.MODEL, f"{_VERTEX}/publishers/google/{_MODEL}"),
        (Door.INTERACTIONS, f"{_VERTEX}/{_INTERACTION}"),
        (Door.MODEL, f"{_GEMINI}/{_MODEL}"),
        (Door.INTERACTIONS, f"{_GEMINI}/{_INTERACTION}"),
        (Door.FILE, f"{_GEMINI}/files/(?P<id>[^/:]+):download"),
        (Door.HANDED_OUT, r"/_stand_in/files/(?P<id>[^/:]+)"),
    )
)
PICTURE_KINDS = ("image/png", "image/jpeg", "image/webp")


@dataclass(frozen=True)
class Asked:
    """One call, its path taken apart."""

    method: str
    path: str
    """Without the query."""
    door: Door
    found: Mapping[str, str]
    """Parts of the path by name."""
    body: bytes
    credentials: str
    """A key or a token; empty where there is none. It is never told."""

    @property
    def is_vertex(self) -> bool:
        """Whether it is Vertex AI that is called; else the Gemini API."""
        return "project" in self.found

    def said(self, name: str) -> str:
        """Return a part of the path; empty where it has none."""
        return self.found.get(name) or ""

    def json(self) -> Json:
        """Read the body.

        Raises:
            Unacceptable: it is no JSON object.
        """
        try:
            content = json.loads(self.body)
        except ValueError as error:
            raise Unacceptable("Invalid JSON payload received") from error
        demand(isinstance(content, dict), "Invalid JSON payload received")
        return dict(content)


@dataclass(frozen=True)
class Reply:
    """An answer, and what is put down of the call."""

    answer: Answer
    kind: Kind = Kind.UNKNOWN
    model: str = ""
    prompt: str = ""
    instruction: str = ""
    images: tuple[str, ...] = ()
    settings: Mapping[str, object] = field(default_factory=dict)
    operation: str = ""
    fault: str = "ok"
    billed: bool = False

    def as_call(self, asked: Asked, at: datetime) -> Call:
        """Return what is put down."""
        return Call(
            at=at,
            answered_at=datetime.now(UTC),
            method=asked.method,
            path=asked.path,
            kind=self.kind,
            model=self.model,
            prompt=self.prompt,
            instruction=self.instruction,
            images=self.images,
            settings=self.settings,
            operation=self.operation,
            fault=self.fault,
            status=self.answer.status,
            billed=self.billed,
        )


def asked_of(method: str, target: str, headers: Mapping[str, str], body: bytes) -> Asked:
    """Take a call apart."""
    path = target.partition("?")[0]
    found = ((door, match) for door, pattern in PATHS if (match := pattern.fullmatch(path)))
    door, match = next(found, (Door.NONE, None))
    named = {name: value for name, value in match.groupdict().items() if value} if match else {}
    kind, _, token = _header(headers, "authorization").partition(" ")
    bearer = token.strip() if kind == "Bearer" else ""
    credentials = bearer if "project" in named else _header(headers, "x-goog-api-key")
    return Asked(method, path, door, named, body, credentials)


def _header(headers: Mapping[str, str], name: str) -> str:
    return next((value for each, value in headers.items() if each.casefold() == name), "")


def turned_away(asked: Asked, key: str | None) -> Answer | None:
    """Say no to whoever may not call; None to whoever may.

    Args:
        key: that must be shown; any will do when left out.
    """
    if asked.credentials and (key is None or hmac.compare_digest(asked.credentials, key)):
        return None
    if asked.is_vertex:
        return refusal(Rejection(401, "UNAUTHENTICATED", "Request had invalid authentication credentials."))
    if not asked.credentials:
        message = "Method doesn't allow unregistered callers. Please use API Key or other identity."
        return refusal(Rejection(403, "PERMISSION_DENIED", message))
    info = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}
    message = "API key not valid. Please pass a valid API key."
    error = {"code": 400, "message": message, "status": "INVALID_ARGUMENT", "details": [info]}
    return Answer(400, {"error": error})


def part(content: object, name: str) -> Json:
    """Return an object within an object; empty where it is missing.

    Raises:
        Unacceptable: it is there, and no object.
    """
    found = content.get(name) if isinstance(content, Mapping) else None
    demand(found is None or isinstance(found, dict), f"Invalid value at {name!r}")
    return dict(found) if isinstance(found, dict) else {}


def listed(content: Json, name: str) -> list[Json]:
    """Return a list of objects within an object; empty where it is missing.

    Raises:
        Unacceptable: it is there, and no such list.
    """
    found = content.get(name, [])
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise Unacceptable(f"Invalid value at {name!r}")
    return [dict(each) for each in found]


def text(content: Json, name: str, usual: str = "") -> str:
    """Return a text within an object.

    Raises:
        Unacceptable: it is there, and no text.
    """
    found = content.get(name, usual)
    if not isinstance(found, str):
        raise Unacceptable(f"Invalid value at {name!r}")
    return found


def whole(content: Json, name: str, usual: int | None = None) -> int | None:
    """Return a whole number within an object.

    Raises:
        Unacceptable: it is there, and no whole number.
    """
    found = content.get(name, usual)
    if found is not None and (not isinstance(found, int) or isinstance(found, bool)):
        raise Unacceptable(f"Invalid value at {name!r}")
    return found


def demand_known(content: Json, known: tuple[str, ...], where: str) -> None:
    """Refuse fields that the interface does not have.

    Raises:
        Unacceptable: there is one.
    """
    for name in content:
        demand(name in known, f"Invalid JSON payload received. Unknown name {name!r} at {where!r}")


def picture(data: str, kind: str) -> bytes:
    """Read a picture that came in base64, of either alphabet: Google takes both, and the SDK sends both.

    Raises:
        Unacceptable: it is none that a model could read.
    """
    demand(kind in PICTURE_KINDS, f"Unsupported MIME type: {kind!r}")
    try:
        read = base64.b64decode(data, altchars=b"-_" if {*data} & {"-", "_"} else None, validate=True)
    except binascii.Error as error:
        raise Unacceptable("Base64 decoding failed") from error
    demand(looks_like_a_picture(read), "Unable to process input image")
    return read


def in_camel_case(content: object) -> object:
    """Return a body with its names as Google documents them: callers mix both kinds."""
    if isinstance(content, dict):
        return {_camel(name): in_camel_case(value) for name, value in content.items()}
    return [in_camel_case(each) for each in content] if isinstance(content, list) else content


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(other.title() for other in others)
