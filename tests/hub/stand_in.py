"""Stands in for the Hugging Face hub: its wire format as `huggingface_hub` 2.4 reads it, with small files.

It knows nothing of who asks. Source: that client's `hf_api`, `file_download` and `utils._http`.
"""

import hashlib
import json
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar
from urllib.parse import unquote, urlsplit

LARGE_BYTES = 100_000
"""From here on a file lies in large storage, and not in git."""


@dataclass
class HubRepository:
    """One repository at one commit, and what befalls whoever asks for it."""

    name: str
    files: Mapping[str, bytes]
    commit: str = "c0ffee" + "0" * 34
    branch: str = "main"
    gated: HTTPStatus | None = None
    """Answer to all who have not accepted its licence: 401 without a token, 403 with one."""
    private: bool = False
    damaged: set[str] = field(default_factory=set)
    """Paths whose bytes arrive changed, in the right number."""
    breaks: dict[str, int] = field(default_factory=dict)
    """Large files whose next transfer ends after so many bytes, without a word."""
    storage_is_down: bool = False
    down: bool = False


@dataclass(frozen=True)
class Sent:
    """A file that was asked for."""

    path: str
    first_byte: int


class HubStandIn:
    """A hub that runs."""

    def __init__(self, repository: HubRepository) -> None:
        self.repository = repository
        self.sent: list[Sent] = []
        """Files whose bytes were asked for, in order."""
        self.url = ""
        self.storage_url = ""
        """Where large files lie: at another origin, as they do, since the client looks whether it is one."""

    def sent_paths(self) -> list[str]:
        """Paths of those, sorted."""
        return sorted(each.path for each in self.sent)


@contextmanager
def running_hub(repository: HubRepository) -> Iterator[HubStandIn]:
    """Run a hub with one repository on this machine."""
    hub = HubStandIn(repository)
    handler = type("Handler", (_Handler,), {"hub": hub})
    with _served(handler) as hub.url, _served(handler) as hub.storage_url:
        yield hub


@contextmanager
def _served(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def blob_id(content: bytes) -> str:
    """Return what git names a file by; of a large one, of the pointer that lies in git in its stead."""
    if len(content) >= LARGE_BYTES:
        oid = hashlib.sha256(content).hexdigest()
        content = (
            f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {len(content)}\n".encode()
        )
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: ClassVar[HubStandIn]

    def do_HEAD(self) -> None:
        self._route()

    def do_GET(self) -> None:
        self._route()

    def _route(self) -> None:
        path = unquote(urlsplit(self.path).path)
        repository = self.hub.repository
        if repository.down:
            self._answer(HTTPStatus.SERVICE_UNAVAILABLE, b"", {})
        elif found := re.fullmatch(r"/storage/([0-9a-f]{64})", path):
            self._send_large(found[1])
        elif repository.private or repository.name not in path:
            self._refuse(HTTPStatus.UNAUTHORIZED, "RepoNotFound", "Invalid username or password.")
        elif found := re.fullmatch(rf"/api/models/{repository.name}/revision/(.+)", path):
            self._describe(found[1])
        elif found := re.fullmatch(rf"/api/models/{repository.name}/tree/([^/]+)", path):
            self._list(found[1])
        elif found := re.fullmatch(rf"/{repository.name}/resolve/([^/]+)/(.+)", path):
            self._resolve(found[1], found[2])
        else:
            self._answer(HTTPStatus.NOT_FOUND, b"", {})

    def _describe(self, revision: str) -> None:
        if self._knows(revision):
            repository = self.hub.repository
            siblings = [
                {
                    "rfilename": path,
                    "size": len(content),
                    "blobId": blob_id(content),
                    **_large("lfs", content),
                }
                for path, content in repository.files.items()
            ]
            told = {"id": repository.name, "modelId": repository.name, "sha": repository.commit}
            self._json({**told, "private": False, "gated": "auto", "tags": [], "siblings": siblings})

    def _list(self, revision: str) -> None:
        if self._knows(revision):
            folders = {path.rpartition("/")[0] for path in self.hub.repository.files} - {""}
            listed: list[dict[str, object]] = [
                {"type": "directory", "path": folder, "oid": "0" * 40, "size": 0} for folder in folders
            ]
            for path, content in self.hub.repository.files.items():
                entry = {"type": "file", "path": path, "oid": blob_id(content), "size": len(content)}
                listed.append(entry | _large("lfs", content, "oid"))
            self._json(listed)

    def _resolve(self, revision: str, path: str) -> None:
        repository = self.hub.repository
        if repository.gated:
            said = f"Access to model {repository.name} is restricted. You must have access to it."
            self._refuse(repository.gated, "GatedRepo", said)
        elif self._knows(revision):
            content = repository.files.get(path)
            if content is None:
                self._refuse(HTTPStatus.NOT_FOUND, "EntryNotFound", "Entry not found")
            elif len(content) >= LARGE_BYTES:
                oid = hashlib.sha256(content).hexdigest()
                linked = {"X-Linked-Size": str(len(content)), "X-Linked-Etag": f'"{oid}"'}
                where = {
                    "Location": f"{self.hub.storage_url}/storage/{oid}",
                    "X-Repo-Commit": repository.commit,
                }
                self._answer(HTTPStatus.FOUND, b"", where | linked)
            else:
                if self.command == "GET":
                    self.hub.sent.append(Sent(path, 0))
                tags = {"X-Repo-Commit": repository.commit, "ETag": f'"{blob_id(content)}"'}
                self._answer(HTTPStatus.OK, self._as_it_arrives(path, content), tags)

    def _send_large(self, oid: str) -> None:
        repository = self.hub.repository
        if repository.storage_is_down:
            self._answer(HTTPStatus.SERVICE_UNAVAILABLE, b"", {})
            return
        path, content = next(
            (path, content)
            for path, content in repository.files.items()
            if hashlib.sha256(content).hexdigest() == oid
        )
        asked = re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", ""))
        first = int(asked[1]) if asked else 0
        if self.command == "GET":
            self.hub.sent.append(Sent(path, first))
        whole = self._as_it_arrives(path, content)
        of_all = {"Content-Range": f"bytes {first}-{len(whole) - 1}/{len(whole)}"} if asked else {}
        status = HTTPStatus.PARTIAL_CONTENT if asked else HTTPStatus.OK
        breaks_after = None
        if self.command == "GET" and path in repository.breaks:
            breaks_after = repository.breaks.pop(path) - first
        self._answer(status, whole[first:], {"ETag": f'"{oid}"', **of_all}, breaks_after=breaks_after)

    def _as_it_arrives(self, path: str, content: bytes) -> bytes:
        if path not in self.hub.repository.damaged:
            return content
        return content[:-1] + bytes([content[-1] ^ 1])

    def _knows(self, revision: str) -> bool:
        known = revision in (self.hub.repository.branch, self.hub.repository.commit)
        if not known:
            self._refuse(HTTPStatus.NOT_FOUND, "RevisionNotFound", f"Invalid rev id: {revision}")
        return known

    def _refuse(self, status: HTTPStatus, code: str, message: str) -> None:
        body = json.dumps({"error": message}).encode()
        self._answer(status, body, {"X-Error-Code": code, "X-Error-Message": message})

    def _json(self, told: object) -> None:
        self._answer(HTTPStatus.OK, json.dumps(told).encode(), {"Content-Type": "application/json"})

    def _answer(
        self, status: HTTPStatus, body: bytes, headers: Mapping[str, str], *, breaks_after: int | None = None
    ) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body[:breaks_after])
            self.close_connection = breaks_after is not None and breaks_after < len(body)

    def log_message(self, format: str, *_arguments: object) -> None:
        """Say nothing."""


def _large(name: str, content: bytes, digest: str = "sha256") -> dict[str, object]:
    """Tell of a file in large storage, where it lies there."""
    if len(content) < LARGE_BYTES:
        return {}
    told = {digest: hashlib.sha256(content).hexdigest(), "size": len(content), "pointerSize": 131}
    return {name: told}
