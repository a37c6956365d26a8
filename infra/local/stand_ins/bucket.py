"""Puts files into a bucket, through the simple uploads of Cloud Storage. It knows no operation."""

import http.client
import threading
import time
from collections.abc import Callable
from urllib.parse import quote, urlencode, urlsplit

ATTEMPT_SECONDS = 2.0
PATIENCE_SECONDS = 3.0
"""For all attempts at one object."""
PAUSE_SECONDS = 0.1

HTTP_SERVER_ERROR = 500


class NotStored(Exception):
    """The object could not be written in time, or never will be."""


class Buckets:
    """Every bucket of one server.

    Args:
        url: such as `http://127.0.0.1:4443`.
        stopping: set when nobody waits any more.
    """

    def __init__(self, url: str, stopping: threading.Event) -> None:
        self._address = urlsplit(url).netloc
        self._stopping = stopping

    def put(self, uri: str, data: bytes, is_wanted: Callable[[], bool]) -> None:
        """Write the object `gs://bucket/path`, trying again while the server fails.

        Args:
            is_wanted: asked before each attempt; nothing more is tried once it says no.

        Raises:
            NotStored: it could not be written in time, the server says never, or nobody wants it.
        """
        bucket, path = _parts(uri)
        target = f"/upload/storage/v1/b/{quote(bucket, safe='')}/o?" + urlencode(
            {"uploadType": "media", "name": path}
        )
        give_up_at = time.monotonic() + PATIENCE_SECONDS
        while is_wanted():
            status = self._ask("POST", target, data)
            if status == http.HTTPStatus.OK:
                return
            if status < HTTP_SERVER_ERROR or time.monotonic() > give_up_at:
                raise NotStored(f"{status} for {uri}")
            if self._stopping.wait(PAUSE_SECONDS):
                break
        raise NotStored(f"nobody wants {uri}")

    def remove(self, uri: str) -> None:
        """Remove an object, if the server is so kind."""
        bucket, path = _parts(uri)
        self._ask("DELETE", f"/storage/v1/b/{quote(bucket, safe='')}/o/{quote(path, safe='')}")

    def _ask(self, method: str, target: str, data: bytes | None = None) -> int:
        """Return the HTTP status; 503 when nothing answers."""
        connection = http.client.HTTPConnection(self._address, timeout=ATTEMPT_SECONDS)
        try:
            connection.request(method, target, data, {"Content-Type": "video/mp4"})
            answer = connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException):
            return http.HTTPStatus.SERVICE_UNAVAILABLE
        else:
            return answer.status
        finally:
            connection.close()


def _parts(uri: str) -> tuple[str, str]:
    bucket, _, path = uri.removeprefix("gs://").partition("/")
    return bucket, path
