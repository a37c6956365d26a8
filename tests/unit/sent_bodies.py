"""Bodies of requests as clients send them, and what is read of them."""

import json
from typing import Any

import flask

from functions.submit.intake import body_of

app = flask.Flask(__name__)


def as_json(body: object, content_type: str = "application/json") -> dict[str, Any]:
    with (
        app.test_request_context(method="POST", data=json.dumps(body), content_type=content_type),
        body_of(flask.request, "somebody") as read,
    ):
        return read


def as_multipart(*parts: tuple[str, Any]) -> dict[str, Any]:
    """Send parts: text, or bytes as a file."""
    boundary, lines = b"x-boundary-x", []
    for name, value in parts:
        disposition = f'form-data; name="{name}"'
        if isinstance(value, bytes):
            disposition += '; filename="../../etc/passwd.svg"\r\nContent-Type: image/svg+xml'
        content = value if isinstance(value, bytes) else value.encode("utf-8", "surrogateescape")
        head = f"Content-Disposition: {disposition}\r\n\r\n".encode()
        lines += [b"--" + boundary + b"\r\n" + head + content + b"\r\n"]
    return sent(b"".join(lines) + b"--" + boundary + b"--\r\n")


def sent(data: bytes, content_type: str = "multipart/form-data; boundary=x-boundary-x") -> dict[str, Any]:
    with (
        app.test_request_context(method="POST", data=data, content_type=content_type),
        body_of(flask.request, "somebody") as read,
    ):
        return read
