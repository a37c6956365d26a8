"""Where prepared weights are put: a folder or a bucket. Files are created once there, and never overwritten.

It knows nothing of the hub.
"""

import os
import re
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Protocol

from google.api_core import exceptions as google
from google.cloud.storage import Blob, Client

from functions.render.video_backends.diffusers.bucket import (
    RETRY,
    TIMEOUT_SECONDS,
    answering,
    content_of,
    fault_of,
    faults_among,
    objects_below,
)
from functions.render.video_backends.diffusers.manifest import WeightFile, described, write_whole
from functions.render.video_backends.diffusers.weights import Fault, faults_of
from infra.weights.errors import Occupied
from shared.domain.errors import InvalidInput, ObjectStoreUnavailable

BUCKET_URI = re.compile(r"gs://([a-z0-9][a-z0-9._-]{1,220}[a-z0-9])(?:/(.*))?")

CHUNK_BYTES = 64 * 1024 * 1024
"""Sent at a time; a broken connection costs no more than that. A multiple of 256 KiB, as uploads demand."""


class Shelf(Protocol):
    """A root of weights, to be written. Paths are POSIX, below the root."""

    @property
    def place(self) -> str:
        """Where it is, as an operator writes it."""
        ...

    def read(self, path: str) -> bytes | None:
        """Return a small file; None when there is none."""
        ...

    def names(self) -> list[str]:
        """Return the paths of all files, in order."""
        ...

    def faults(self, folder: str, files: tuple[WeightFile, ...]) -> tuple[Fault, ...]:
        """Compare the files of one folder with what they are to be, by checksum."""
        ...

    def put(self, source: Path, folder: str, file: WeightFile) -> bool:
        """Create a file; False when the very same is there already.

        Args:
            source: not to be changed any more, only removed: it may be the very file on the shelf.

        Raises:
            Occupied: another is there.
        """
        ...

    def put_bytes(self, path: str, data: bytes) -> None:
        """Create a small file; the very same may be there already.

        Raises:
            Occupied: another is there.
        """
        ...


def shelf_at(place: str) -> Shelf:
    """Return the shelf at `gs://bucket[/prefix]` or at a path.

    Raises:
        InvalidInput: it looks like a URI, but not like that.
    """
    if "://" not in place:
        return FolderShelf(Path(place))
    found = BUCKET_URI.fullmatch(place)
    if not found:
        raise InvalidInput("root", place, "a path, or gs://bucket or gs://bucket/prefix")
    return BucketShelf(found[1], (found[2] or "").strip("/"))


class FolderShelf:
    """A folder of this machine, or of whatever is mounted there."""

    def __init__(self, root: Path) -> None:
        self._root = root

    @property
    def place(self) -> str:
        """See `Shelf`."""
        return str(self._root)

    def read(self, path: str) -> bytes | None:
        """See `Shelf`."""
        try:
            return (self._root / path).read_bytes()
        except FileNotFoundError:
            return None

    def names(self) -> list[str]:
        """See `Shelf`. Hidden files and folders are none of ours."""
        found = (path.relative_to(self._root) for path in self._root.rglob("*") if path.is_file())
        return sorted(path.as_posix() for path in found if not any(part[0] == "." for part in path.parts))

    def faults(self, folder: str, files: tuple[WeightFile, ...]) -> tuple[Fault, ...]:
        """See `Shelf`. Reads every file."""
        return faults_of(self._root / folder, files, checksums=True)

    def put(self, source: Path, folder: str, file: WeightFile) -> bool:
        """See `Shelf`. On one disk both names are of the same file, and it needs no room twice."""
        target = self._root / folder / file.path
        target.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=f".{target.name}-", dir=target.parent) as ours:
            unfinished = Path(ours) / target.name
            try:
                os.link(source, unfinished)
            except OSError:  # another disk, or a file system without links
                shutil.copyfile(source, unfinished)
            try:
                os.link(unfinished, target)  # unlike a rename it never replaces
            except FileExistsError as error:
                if described(target, file.path) != file:
                    raise _occupied(str(target)) from error
                return False
        return True

    def put_bytes(self, path: str, data: bytes) -> None:
        """See `Shelf`."""
        target = self._root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if (there := self.read(path)) is None:
            write_whole(target, data)
        elif there != data:
            raise _occupied(str(target))


class BucketShelf:
    """A bucket, or what lies below a prefix of it. With `STORAGE_EMULATOR_HOST` set, that emulator's.

    Every method raises ObjectStoreUnavailable when nothing answers.
    """

    def __init__(self, bucket: str, prefix: str) -> None:
        self._bucket = Client().bucket(bucket)
        self._prefix = f"{prefix}/" if prefix else ""

    @property
    def place(self) -> str:
        """See `Shelf`."""
        return self._uri("").removesuffix("/")

    def read(self, path: str) -> bytes | None:
        """See `Shelf`."""
        with answering():
            return content_of(self._found(path))

    def names(self) -> list[str]:
        """See `Shelf`."""
        return list(objects_below(self._bucket, self._prefix))

    def faults(self, folder: str, files: tuple[WeightFile, ...]) -> tuple[Fault, ...]:
        """See `Shelf`. Downloads nothing: Cloud Storage knows the checksums of its objects."""
        return faults_among(objects_below(self._bucket, f"{self._prefix}{folder}/"), files)

    def put(self, source: Path, folder: str, file: WeightFile) -> bool:
        """See `Shelf`."""
        path = f"{folder}/{file.path}"
        with answering():
            if there := self._found(path):
                if fault_of(there, file):
                    raise _occupied(self._uri(path))
                return False
            blob = self._bucket.blob(self._prefix + path, chunk_size=CHUNK_BYTES)
            try:
                blob.upload_from_filename(
                    source,
                    content_type="application/octet-stream",
                    if_generation_match=0,
                    timeout=TIMEOUT_SECONDS,
                    retry=RETRY,
                )
            except google.PreconditionFailed as error:  # somebody else was faster
                if fault_of(self._found(path), file):
                    raise _occupied(self._uri(path)) from error
                return False
            if fault := fault_of(blob, file):
                raise ObjectStoreUnavailable(f"{self._uri(path)} arrived damaged: {fault.what}; delete it")
        return True

    def put_bytes(self, path: str, data: bytes) -> None:
        """See `Shelf`."""
        if (there := self.read(path)) is not None:
            if there != data:
                raise _occupied(self._uri(path))
            return
        with answering():
            try:
                self._bucket.blob(self._prefix + path).upload_from_string(
                    data,
                    content_type="application/json",
                    if_generation_match=0,
                    timeout=TIMEOUT_SECONDS,
                    retry=RETRY,
                )
            except google.PreconditionFailed as error:
                if self.read(path) != data:
                    raise _occupied(self._uri(path)) from error

    def _found(self, path: str) -> Blob | None:
        return self._bucket.get_blob(self._prefix + path, timeout=TIMEOUT_SECONDS, retry=RETRY)

    def _uri(self, path: str) -> str:
        return f"gs://{self._bucket.name}/{self._prefix}{path}"


def _occupied(where: str) -> Occupied:
    return Occupied(f"{where} is there already, and is another; delete it, or choose another place")
