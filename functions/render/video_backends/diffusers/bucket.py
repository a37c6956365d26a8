"""Compares weights in a bucket with their manifest by what Cloud Storage tells of its objects: none is read.

It knows neither torch nor where a bucket is mounted.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import requests
from google.api_core import exceptions as google
from google.auth.exceptions import GoogleAuthError
from google.cloud.storage import Blob, Bucket
from google.cloud.storage.retry import DEFAULT_RETRY

from functions.render.video_backends.diffusers.manifest import MANIFEST, WeightFile
from functions.render.video_backends.diffusers.weights import Fault, manifest_in, remedy_of, unusable
from shared.domain.errors import BackendUnavailable, ObjectStoreUnavailable

TIMEOUT_SECONDS = (10.0, 120.0)
"""To connect, and for the answer to one call."""

RETRY = DEFAULT_RETRY.with_timeout(300.0)


def check_preset(bucket: Bucket, preset: str) -> None:
    """Compare every file of a preset with its object, by size and CRC32C. One listing tells them all.

    Raises:
        BackendUnavailable: names the first that is missing or another; or there is no such bucket, or it is
            not for us.
        ObjectStoreUnavailable: Cloud Storage does not answer.
    """
    try:
        objects = objects_below(bucket, f"{preset}/")
        manifest = manifest_in(content_of(objects.get(MANIFEST)), preset)
    except google.ClientError as error:
        raise BackendUnavailable(f"{preset}: gs://{bucket.name} cannot be read: {error.message}") from error
    faults = (manifest,) if isinstance(manifest, Fault) else faults_among(objects, manifest.files)
    if faults:
        raise unusable(preset, faults, remedy_of(preset, f"gs://{bucket.name}"))


def objects_below(bucket: Bucket, prefix: str) -> Mapping[str, Blob]:
    """Return all objects whose names begin so, by what follows, in order.

    Raises:
        ObjectStoreUnavailable: Cloud Storage does not answer.
    """
    with answering():
        found = bucket.list_blobs(prefix=prefix, timeout=TIMEOUT_SECONDS, retry=RETRY)
        return {str(blob.name)[len(prefix) :]: blob for blob in found}


def faults_among(objects: Mapping[str, Blob], files: tuple[WeightFile, ...]) -> tuple[Fault, ...]:
    """Say what is wrong with files, in their order, going by what was listed."""
    found = (fault_of(objects.get(file.path), file) for file in files)
    return tuple(fault for fault in found if fault)


def fault_of(blob: Blob | None, file: WeightFile) -> Fault | None:
    """Say what is wrong with one file; None: nothing is."""
    if blob is None:
        return Fault(file.path, "is missing")
    if int(blob.size) != file.size_bytes:
        return Fault(file.path, f"has {int(blob.size):,} bytes instead of {file.size_bytes:,}")
    if blob.crc32c != file.crc32c:
        return Fault(file.path, "is corrupt: its CRC32C is another")
    return None


def content_of(blob: Blob | None) -> bytes | None:
    """Download a small object; None where there is none.

    Raises:
        ObjectStoreUnavailable: Cloud Storage does not answer.
    """
    with answering():
        return bytes(blob.download_as_bytes(timeout=TIMEOUT_SECONDS, retry=RETRY)) if blob else None


@contextmanager
def answering() -> Iterator[None]:
    """Translate what Google's client raises where nothing answers it.

    Raises:
        ObjectStoreUnavailable: instead.
    """
    try:
        yield
    except (
        google.ServerError,
        google.TooManyRequests,
        google.RetryError,
        requests.RequestException,
    ) as error:
        raise ObjectStoreUnavailable(f"Cloud Storage did not answer: {type(error).__name__}") from error
    except GoogleAuthError as error:
        raise ObjectStoreUnavailable(f"no credentials for Cloud Storage: {error}") from error
