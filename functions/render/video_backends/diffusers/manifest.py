"""What a folder of weights must hold: every file with its size and checksums, as records and as JSON.

It knows no model, no bucket and no preset's meaning.
"""

import base64
import hashlib
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path, PurePosixPath
from typing import Annotated, Self, TypeVar

import google_crc32c
from pydantic import Field, ValidationError, field_validator, model_validator

from shared.domain.model import Record

MANIFEST = "manifest.json"
"""Name of a preset's manifest, in its folder. It is written last: where it is, all else was."""

ENTRY_SUFFIX = ".json"
"""Of the file beside a LoRA that tells its size and checksums, as a manifest tells those of a preset."""

BUFFER_BYTES = 8 * 1024 * 1024
"""What one thread reads at a time."""

THREADS = 8
"""Files read at a time, at most. Hashing lets the other threads run."""

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Crc32c = Annotated[str, Field(pattern=r"^[A-Za-z0-9+/]{6}==$")]


class WeightFile(Record):
    """One file of weights."""

    path: str
    """POSIX, below the folder."""
    size_bytes: Annotated[int, Field(ge=0)]
    sha256: Sha256
    crc32c: Crc32c
    """In base64, as Cloud Storage tells it of an object: a bucket is compared without being read."""

    @field_validator("path")
    @classmethod
    def _lies_below(cls, path: str) -> str:
        read = PurePosixPath(path)
        if not read.parts or str(read) != path or read.is_absolute() or {"..", "."} & {*read.parts}:
            raise ValueError(f"{path!r} is no path below a folder")
        if "\\" in path or not path.isprintable():
            raise ValueError(f"{path!r} has characters that a path may not have")
        return path


class Manifest(Record):
    """All files of one preset, and where they came from."""

    preset: str
    repository: str
    """On the hub, such as `Lightricks/LTX-Video-0.9.7-distilled`."""
    revision: str
    """The commit that was fetched."""
    files: Annotated[tuple[WeightFile, ...], Field(min_length=1)]
    """In the order of their paths."""

    @model_validator(mode="after")
    def _names_each_once(self) -> Self:
        if len({each.path for each in self.files}) != len(self.files):
            raise ValueError("a path is named twice")
        if any(each.path == MANIFEST for each in self.files):
            raise ValueError(f"{MANIFEST} cannot tell its own checksum")
        return self

    @property
    def size_bytes(self) -> int:
        """Of all files."""
        return sum(each.size_bytes for each in self.files)

    @property
    def digest(self) -> str:
        """SHA-256 of what it says, in hex: tells two states of a preset apart."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()

    @classmethod
    def of_folder(
        cls, folder: Path, *, preset: str, repository: str, revision: str, threads: int = THREADS
    ) -> "Manifest":
        """Describe what lies in a folder: every file but the manifest itself and hidden ones.

        Raises:
            OSError: a file cannot be read.
            pydantic.ValidationError: there is no file.
        """
        paths = sorted(path for path in folder.rglob("*") if path.is_file() and _is_told(path, folder))
        with ThreadPoolExecutor(threads) as pool:
            files = tuple(pool.map(lambda path: described(path, path.relative_to(folder).as_posix()), paths))
        return cls(preset=preset, repository=repository, revision=revision, files=files)

    def write(self, folder: Path) -> Path:
        """Write it into the folder it describes: whole or not at all."""
        return write_whole(folder / MANIFEST, self.as_json())

    def as_json(self) -> bytes:
        """Write it as it is stored."""
        return self.model_dump_json(indent=1).encode() + b"\n"


Kind = TypeVar("Kind", Manifest, WeightFile)


def described(path: Path, name: str) -> WeightFile:
    """Read a file and tell its size and checksums, under the name it has in the manifest."""
    sha256, crc32c, size_bytes = hashlib.sha256(), 0, 0
    with path.open("rb", buffering=0) as file:
        while piece := file.read(BUFFER_BYTES):
            sha256.update(piece)
            crc32c = google_crc32c.extend(crc32c, piece)
            size_bytes += len(piece)
    told = base64.b64encode(crc32c.to_bytes(4, "big")).decode()
    return WeightFile(path=name, size_bytes=size_bytes, sha256=sha256.hexdigest(), crc32c=told)


def sha256_of(path: Path) -> str:
    """Read a file and return its SHA-256, in hex."""
    with path.open("rb", buffering=0) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def parsed(data: bytes | str) -> Manifest:
    """Read a manifest.

    Raises:
        ValueError: it is none; the message tells the first thing that is wrong.
    """
    return _read(Manifest, data)


def parsed_entry(data: bytes | str) -> WeightFile:
    """Read the entry beside a LoRA.

    Raises:
        ValueError: it is none.
    """
    return _read(WeightFile, data)


def write_whole(path: Path, data: bytes) -> Path:
    """Write a file so that nobody ever sees a part of it."""
    unfinished = path.with_name(f".{path.name}.part-{os.getpid()}")
    unfinished.write_bytes(data)
    unfinished.replace(path)
    return path


def _read(kind: type[Kind], data: bytes | str) -> Kind:
    try:
        return kind.model_validate_json(data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise ValueError(f"{where}: {first['msg']}" if where else first["msg"]) from error


def _is_told(path: Path, folder: Path) -> bool:
    inside = path.relative_to(folder)
    return inside.as_posix() != MANIFEST and not any(part.startswith(".") for part in inside.parts)
