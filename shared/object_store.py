"""Cloud Storage: create-only writes, reads, signed URLs. Knows paths, not what lies there."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import requests
from google.api_core import exceptions as google
from google.api_core.retry import Retry
from google.auth.exceptions import GoogleAuthError
from google.cloud.storage import Blob, Bucket
from google.cloud.storage.exceptions import DataCorruption
from google.cloud.storage.retry import DEFAULT_RETRY

from shared.domain.errors import ObjectMissing, ObjectStoreUnavailable

if TYPE_CHECKING:
    from google.auth.credentials import Signing

TIMEOUT_SECONDS = (3.0, 5.0)
"""To connect, and between two packets of the answer."""

RETRY = DEFAULT_RETRY.with_timeout(20.0)
"""The client's own policy, for 20 s in all. Create-only writes and reads may be repeated without harm."""

_OUTAGES = (
    google.ServerError,
    google.TooManyRequests,
    google.RetryError,
    requests.RequestException,
    GoogleAuthError,
    DataCorruption,
)
"""What may be over the next time. A broken transfer is one; a lack of permission is not."""


class ObjectStore:
    """The objects of one bucket. Every method raises ObjectStoreUnavailable when nothing answers.

    Writes create and never overwrite. Paths are made of what an object is made from, so when one is there
    already, an earlier attempt has written it and the work is done.
    """

    def __init__(self, bucket: Bucket, signer: "Callable[[], Signing]", endpoint: str) -> None:
        self._bucket = bucket
        self._signer = signer
        self._endpoint = endpoint

    def put(
        self,
        path: str,
        data: bytes,
        content_type: str,
        *,
        filename: str = "",
        patience: timedelta | None = None,
    ) -> str:
        """Create an object from bytes, unless it exists, and return the CRC32C of what is there.

        Args:
            filename: as which it is saved by who downloads it; Cloud CDN has it from the object alone.
            patience: how long to try on while nothing answers; as RETRY has it when left out.
        """
        blob = self._blob(path, filename)
        with _translated(path), _existing_is_fine(blob):
            blob.upload_from_string(
                data,
                content_type=content_type,
                if_generation_match=0,
                timeout=TIMEOUT_SECONDS,
                retry=_retry(patience),
            )
        return str(blob.crc32c)

    def upload(self, path: str, source: Path, content_type: str, *, filename: str = "") -> str:
        """Create an object from a file, unless it exists, and return the CRC32C of what is there.

        Args:
            filename: as for `put`.
        """
        blob = self._blob(path, filename)
        with _translated(path), _existing_is_fine(blob):
            blob.upload_from_filename(
                source, content_type=content_type, if_generation_match=0, timeout=TIMEOUT_SECONDS, retry=RETRY
            )
        return str(blob.crc32c)

    def copy(self, source: str, target: str) -> str:
        """Create an object from another, unless it exists, and return the CRC32C of what is there.

        Raises:
            ObjectMissing: there is nothing to copy.
        """
        copied_before = self.checksum(target)  # asked first: the other may be gone by now
        if copied_before:
            return copied_before
        blob = self._bucket.blob(target)
        with _translated(source), _existing_is_fine(blob):
            blob = self._bucket.copy_blob(
                self._bucket.blob(source),
                self._bucket,
                target,
                if_generation_match=0,
                timeout=TIMEOUT_SECONDS,
                retry=RETRY,
            )
        return str(blob.crc32c)

    def delete_prefix(self, prefix: str, *, patience: timedelta | None = None) -> int:
        """Delete every object below a path that ends in a slash, and return how many there were.

        Those that somebody else deletes meanwhile are no failure, so it may be called twice at once.

        Args:
            patience: as for `put`.
        """
        retry = _retry(patience)
        with _translated(prefix):
            found = list(self._bucket.list_blobs(prefix=prefix, timeout=TIMEOUT_SECONDS, retry=retry))
            self._bucket.delete_blobs(
                found, on_error=lambda _blob: None, timeout=TIMEOUT_SECONDS, retry=retry
            )
        return len(found)

    def delete(self, path: str, *, patience: timedelta | None = None) -> None:
        """Delete one object. One that is not there is no failure.

        Args:
            patience: as for `put`.
        """
        blob = self._bucket.blob(path)
        with suppress(ObjectMissing), _translated(path):
            blob.delete(timeout=TIMEOUT_SECONDS, retry=_retry(patience))

    def get(self, path: str, *, patience: timedelta | None = None) -> bytes:
        """Return the contents of an object.

        Args:
            patience: as for `put`.

        Raises:
            ObjectMissing: there is none.
        """
        with _translated(path):
            data: bytes = self._bucket.blob(path).download_as_bytes(
                timeout=TIMEOUT_SECONDS, retry=_retry(patience)
            )
            return data

    def download(self, path: str, into: Path) -> str:
        """Write the contents of an object to a file, and return their CRC32C.

        Raises:
            ObjectMissing: there is none; then there is no file either.
        """
        blob = self._bucket.blob(path)
        with _translated(path):
            blob.download_to_filename(into, timeout=TIMEOUT_SECONDS, retry=RETRY)
        return str(blob.crc32c)

    def checksum(self, path: str) -> str | None:
        """Return the CRC32C of an object, in base64; None when there is none."""
        with _translated(path):
            blob = self._bucket.get_blob(path, timeout=TIMEOUT_SECONDS, retry=RETRY)
        return blob and str(blob.crc32c)

    def created_at(self, path: str, *, patience: timedelta | None = None) -> datetime | None:
        """Return when an object was created, by Cloud Storage's clock; None when there is none.

        Args:
            patience: as for `put`.
        """
        with _translated(path):
            blob = self._bucket.get_blob(path, timeout=TIMEOUT_SECONDS, retry=_retry(patience))
            created: datetime | None = blob and blob.time_created
            return created

    def size_bytes(self, path: str) -> int | None:
        """Return how large an object is; None when there is none."""
        with _translated(path):
            blob = self._bucket.get_blob(path, timeout=TIMEOUT_SECONDS, retry=RETRY)
        return blob and int(blob.size)

    def names(self, prefix: str) -> list[str]:
        """Return the paths of all objects whose path begins so, in order."""
        with _translated(prefix):
            listed = self._bucket.list_blobs(prefix=prefix, timeout=TIMEOUT_SECONDS, retry=RETRY)
            return [str(blob.name) for blob in listed]

    def uri(self, path: str) -> str:
        """Return the `gs://` URI of a path, for a provider that writes there itself."""
        return f"gs://{self._bucket.name}/{path}"

    def signed_url(self, path: str, *, lasts: timedelta, filename: str, content_type: str) -> str:
        """Return a URL that lets anyone read the object until `lasts` from now."""
        with _translated(path):
            url: str = self._bucket.blob(path).generate_signed_url(
                version="v4",
                expiration=lasts,
                method="GET",
                credentials=self._signer(),
                api_access_endpoint=self._endpoint,
                response_disposition=_disposition(filename),
                response_type=content_type,
            )
        return url

    def _blob(self, path: str, filename: str) -> Blob:
        blob = self._bucket.blob(path)
        if filename:
            blob.content_disposition = _disposition(filename)
        return blob


def _disposition(filename: str) -> str:
    """Let browsers show the file, and save it under this name."""
    return f'inline; filename="{filename}"'


def _retry(patience: timedelta | None) -> Retry:
    policy: Retry = RETRY if patience is None else RETRY.with_timeout(patience.total_seconds())
    return policy


@contextmanager
def _translated(path: str) -> Iterator[None]:
    try:
        yield
    except google.NotFound as error:
        raise ObjectMissing(path) from error
    except _OUTAGES as error:
        raise ObjectStoreUnavailable(f"Cloud Storage did not answer: {type(error).__name__}") from error


@contextmanager
def _existing_is_fine(blob: Blob) -> Iterator[None]:
    try:
        yield
    except google.PreconditionFailed:
        blob.reload(timeout=TIMEOUT_SECONDS, retry=RETRY)
