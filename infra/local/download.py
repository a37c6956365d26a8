"""Fetches one published file, known by size and checksum, into a cache. It does not know what it is for."""

import hashlib
import tempfile
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import structlog

from infra.local.errors import DownloadFailed

TIMEOUT_SECONDS = 900.0
"""For the whole file: 137 MB at 150 KB/s."""

_SILENCE_SECONDS = 30.0
"""Longest wait for a connection, or for the next bytes."""

_CHUNK_BYTES = 1 << 20

log = structlog.get_logger()


@dataclass(frozen=True)
class PublishedFile:
    """A file that its publisher never changes under this address."""

    url: str
    size_bytes: int
    sha256: str

    @property
    def name(self) -> str:
        """Last part of the address."""
        return self.url.rsplit("/", 1)[-1]


def cache_folder(environment: Mapping[str, str]) -> Path:
    """Return this project's folder below XDG_CACHE_HOME, or below `~/.cache`."""
    base = environment.get("XDG_CACHE_HOME", "")
    return (Path(base) if base else Path.home() / ".cache") / "ttv-pipeline"


def fetch(file: PublishedFile, into: Path, timeout_seconds: float = TIMEOUT_SECONDS) -> Path:
    """Return the file from the cache, downloading it first when it is not there.

    The checksum is verified each time. The file appears under its name only once it is whole.

    Raises:
        DownloadFailed: no connection, no file, too slow, or not the right file; nothing is left behind.
    """
    cached = into / file.name
    if cached.is_file():
        if cached.stat().st_size == file.size_bytes and _sha256(cached) == file.sha256:
            return cached
        log.warning("download.cache_damaged", path=str(cached))
        cached.unlink()
    try:
        into.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DownloadFailed(f"The cache {into} cannot be made: {error.strerror}.") from error
    log.info("download.started", url=file.url, size_megabytes=round(file.size_bytes / 1e6))
    with tempfile.NamedTemporaryFile(
        dir=into, prefix=f"{file.name}.", suffix=".part", delete=False
    ) as unfinished:
        path = Path(unfinished.name)
        try:
            _download(file, path, time.monotonic() + timeout_seconds)
            _verify(file, path)
            path.replace(cached)
        finally:
            path.unlink(missing_ok=True)
    log.info("download.finished", path=str(cached))
    return cached


def _download(file: PublishedFile, path: Path, deadline: float) -> None:
    import httpx  # inside: 0.1 s that a stack whose emulator is there already need not wait

    try:
        with httpx.stream("GET", file.url, timeout=_SILENCE_SECONDS, follow_redirects=True) as response:
            response.raise_for_status()
            _save(file, response.iter_bytes(_CHUNK_BYTES), path, deadline)
    except httpx.HTTPError as error:
        raise DownloadFailed(
            f"{file.url} could not be downloaded ({error}). Is this machine online?"
        ) from error


def _save(file: PublishedFile, chunks: Iterable[bytes], path: Path, deadline: float) -> None:
    received = 0
    with path.open("wb") as target:
        for chunk in chunks:
            tenths = received * 10 // file.size_bytes
            received += len(chunk)
            if received > file.size_bytes:
                raise DownloadFailed(f"{file.url} is larger than the {file.size_bytes:,} bytes it should be.")
            if time.monotonic() > deadline:
                raise DownloadFailed(
                    f"{file.url} is too slow: {received:,} of {file.size_bytes:,} bytes came in time."
                )
            target.write(chunk)
            if received * 10 // file.size_bytes > tenths:
                log.info("download.progress", percent=received * 100 // file.size_bytes)
    if received < file.size_bytes:
        raise DownloadFailed(f"{file.url} ended after {received:,} of {file.size_bytes:,} bytes.")


def _verify(file: PublishedFile, path: Path) -> None:
    found = _sha256(path)
    if found != file.sha256:
        raise DownloadFailed(
            f"{file.url} has the checksum {found} where {file.sha256} is expected; the download was deleted."
        )


def _sha256(path: Path) -> str:
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
