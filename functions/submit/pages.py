"""The open pages: what this is, its reference for people and for machines. Files made at build time are sent.

Knows nothing of videos. Nothing is read before the first request for it.
"""

import base64
import functools
import hashlib
import json
import re
from pathlib import Path

import flask
import flask.typing

from functions.submit.answers import answer
from functions.submit.schemas import Welcome

PUBLISHED = Path(__file__).parent / "published"
"""Written by `python -m infra.openapi`."""

CACHE_CONTROL = "public, max-age=300"

routes = flask.Blueprint("pages", __name__)


@routes.get("/")
def welcome() -> flask.typing.ResponseReturnValue:
    """Tell what this is and where everything else is."""
    return answer(_welcome())


@routes.get("/docs")
def docs() -> flask.typing.ResponseReturnValue:
    """Show the reference of this API as one page that needs no script."""
    response = _file("docs.html", "text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = _policy()
    return response


@routes.get("/openapi.json")
def openapi() -> flask.typing.ResponseReturnValue:
    """Return the OpenAPI document of this API."""
    return _file("openapi.json", "application/json")


@functools.cache
def _read(name: str) -> bytes:
    return (PUBLISHED / name).read_bytes()


@functools.cache
def _welcome() -> Welcome:
    about = json.loads(_read("openapi.json"))["info"]
    return Welcome(
        service=about["title"],
        version=about["version"],
        docs="/docs",
        openapi="/openapi.json",
        videos="/v1/videos",
    )


@functools.cache
def _policy() -> str:
    """Permit the page its own styles and nothing else, from nowhere."""
    styles = re.findall(rb"<style>(.*?)</style>", _read("docs.html"), re.DOTALL)
    hashes = [base64.b64encode(hashlib.sha256(style).digest()).decode() for style in styles]
    permitted = " ".join(f"'sha256-{each}'" for each in hashes)
    forbidden = "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    return f"default-src 'none'; style-src {permitted}; {forbidden}"


def _file(name: str, content_type: str) -> flask.Response:
    content = _read(name)
    response = flask.Response(content, content_type=content_type)
    response.headers["Cache-Control"] = CACHE_CONTROL
    response.set_etag(hashlib.sha256(content).hexdigest()[:32])
    response.make_conditional(flask.request)
    return response
