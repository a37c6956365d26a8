"""Copies weights from a root to a folder of this machine: in parallel, hashed on the way, all or nothing.

It reads no network but a mounted bucket, and knows nothing of models.
"""

import errno
import fcntl
import hashlib
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import contextmanager, suppress
from io import RawIOBase
from pathlib import Path

import structlog

from functions.render.video_backends.diffusers.manifest import (
    BUFFER_BYTES,
    ENTRY_SUFFIX,
    MANIFEST,
    THREADS,
    Manifest,
    WeightFile,
    parsed,
    write_whole,
)
from functions.render.video_backends.diffusers.weights import (
    LORAS,
    Fault,
    check_lora_name,
    faults_of,
    folder_of,
    lora_entry,
    lora_of,
    manifest_of,
    place_of,
    remedy_of,
    remedy_of_lora,
    unusable,
)
from shared.domain.errors import BackendUnavailable

log = structlog.get_logger()

FULL = (errno.ENOSPC, errno.EDQUOT, errno.ENOMEM)
"""What writing fails with where there is no room: on a disk, by a quota, in a volume of memory."""

SPARE_BYTES = 64 * 1024 * 1024
"""What a copy leaves free where it is put."""

Progress = Callable[[int], None]
"""Told the number of bytes of every piece that was copied; from several threads, one at a time."""


def bring_preset(
    root: Path, cache: Path, preset: str, *, threads: int = THREADS, progress: Progress | None = None
) -> Path:
    """Copy a preset to `<cache>/<preset>`, unless it is there already, and return that folder.

    For an instance's start alone, behind the startup probe: it may take minutes. Whatever stops it, even a
    kill, no half-copied preset is ever taken for one: the folder gets its name when every file has been
    compared with its checksum, and what has a name is compared once more before it is taken. What was
    compared before a stop is not copied again. Of several processes that call it at once one copies, and the
    others wait and take what it made.

    Memory: `threads` times 8 MiB, whatever the size of a file.

    Raises:
        BackendUnavailable: a file is missing at the root, or arrives as another than the manifest tells, or
            the cache is too small.
    """
    manifest = manifest_of(root, preset)
    target = place_of(cache, preset)
    with _only_one(cache, preset):
        if _holds(target, manifest):
            return target
        source = folder_of(root, preset)  # better told now than after minutes of copying
        unfinished = cache / f".{preset}-{manifest.digest[:12]}.part"
        unfinished.mkdir(exist_ok=True)
        absent = {fault.path for fault in faults_of(unfinished, manifest.files)}
        missing = tuple(each for each in manifest.files if each.path in absent)
        began = time.monotonic()
        try:
            size_bytes = _Copying(source, unfinished, progress).all_of(missing, threads)
        except _Faulty as error:
            raise unusable(preset, error.faults, remedy_of(preset, root)) from error
        manifest.write(unfinished)
        _put_in_place(unfinished, target)
        log.info(
            "weights.copied",
            preset=preset,
            revision=manifest.revision,
            size_bytes=size_bytes,
            duration_seconds=round(time.monotonic() - began, 1),
        )
    return target


def bring_lora(root: Path, cache: Path, name: str) -> Path:
    """Copy a LoRA to the cache, unless it is there already, and return its file.

    Unlike a preset, within the request that asks for it: it is small, and may be newer than the process.

    Raises:
        InvalidInput, NoSuchLora: see `weights.lora_of`.
        BackendUnavailable: see `bring_preset`.
    """
    check_lora_name(name)
    entry = lora_entry(root, name)
    told = cache / LORAS / f"{name}{ENTRY_SUFFIX}"
    with _only_one(cache, f"{LORAS}-{name}"):
        with suppress(OSError, ValueError, BackendUnavailable):
            if WeightFile.model_validate_json(told.read_bytes()) == entry:
                return lora_of(cache, name)
        lora_of(root, name)
        (cache / LORAS).mkdir(exist_ok=True)
        told.unlink(missing_ok=True)  # of another state of it: without an entry there is no LoRA
        try:
            _Copying(root / LORAS, cache / LORAS, None).all_of((entry,), threads=1)
        except _Faulty as error:
            raise unusable(f"LoRA {name}", error.faults, remedy_of_lora(name, root)) from error
        write_whole(told, entry.model_dump_json().encode())
    return lora_of(cache, name)


class _Faulty(Exception):
    """Files did not arrive as they should."""

    def __init__(self, *faults: Fault) -> None:
        self.faults = faults
        super().__init__("; ".join(map(str, faults)))


class _Stopped(Exception):
    """Another file has failed: this one is not worth finishing."""


class _Copying:
    """One copy of files from folder to folder. A file gets its name when its checksum is the right one."""

    def __init__(self, source: Path, into: Path, progress: Progress | None) -> None:
        self._source = source
        self._into = into
        self._progress = progress
        self._telling = threading.Lock()
        self._stop = threading.Event()

    def all_of(self, files: tuple[WeightFile, ...], threads: int) -> int:
        """Copy files, the largest first, and return how many bytes they have.

        Raises:
            _Faulty: some could not be read, or have another checksum.
            BackendUnavailable: they do not fit.
        """
        size_bytes = sum(each.size_bytes for each in files)
        self._check_room(size_bytes)
        with ThreadPoolExecutor(threads, thread_name_prefix="weights") as pool:
            largest_first = sorted(files, key=lambda each: -each.size_bytes)
            copies = [pool.submit(self._one, each) for each in largest_first]
            try:
                wait(copies, return_when=FIRST_EXCEPTION)
            finally:
                self._stop.set()  # nothing runs on after a failure, or after this thread was interrupted
        failures = [error for each in copies if (error := each.exception())]
        if faults := [fault for error in failures if isinstance(error, _Faulty) for fault in error.faults]:
            raise _Faulty(*faults)
        for error in failures:
            if not isinstance(error, _Stopped):
                raise error
        return size_bytes

    def _one(self, file: WeightFile) -> None:
        target = self._into / file.path
        unfinished = target.with_name(f".{target.name}.part")
        unfinished.parent.mkdir(parents=True, exist_ok=True)
        try:
            digest = self._hashed(self._source / file.path, unfinished, file)
            if digest != file.sha256:
                raise _Faulty(Fault(file.path, "is corrupt: its SHA-256 is another"))
            unfinished.replace(target)
        finally:
            unfinished.unlink(missing_ok=True)

    def _hashed(self, source: Path, into: Path, file: WeightFile) -> str:
        """Copy one file and return the SHA-256 of what was copied."""
        digest = hashlib.sha256()
        with into.open("wb", buffering=0) as writing:
            for piece in _pieces(source, file):
                if self._stop.is_set():
                    raise _Stopped
                digest.update(piece)
                self._write(writing, piece)
                if self._progress:
                    with self._telling:
                        self._progress(len(piece))
        return digest.hexdigest()

    def _write(self, writing: RawIOBase, piece: memoryview) -> None:
        try:
            while piece:
                piece = piece[writing.write(piece) :]
        except OSError as error:
            if error.errno in FULL:
                raise BackendUnavailable(
                    f"{self._into} is full; it needs a larger disk, or more memory"
                ) from error
            raise

    def _check_room(self, size_bytes: int) -> None:
        there = shutil.disk_usage(self._into)
        if there.total and there.free < size_bytes + SPARE_BYTES:
            raise BackendUnavailable(
                f"{self._into} has {there.free / 1e9:.1f} GB free, and {size_bytes / 1e9:.1f} GB of weights"
                " are to be copied there; it needs a larger disk, or more memory"
            )


def _pieces(source: Path, file: WeightFile) -> Iterator[memoryview]:
    """Read a file in pieces. Each is overwritten by the next."""
    buffer = memoryview(bytearray(min(BUFFER_BYTES, max(file.size_bytes, 1))))
    try:
        with source.open("rb", buffering=0) as reading:
            while count := reading.readinto(buffer):
                yield buffer[:count]
    except FileNotFoundError as error:
        raise _Faulty(Fault(file.path, "is missing")) from error
    except OSError as error:
        raise _Faulty(Fault(file.path, f"cannot be read: {error.strerror}")) from error


@contextmanager
def _only_one(cache: Path, name: str) -> Iterator[None]:
    """Let one process or thread at a time work at a name. The kernel's lock ends with its holder.

    Raises:
        BackendUnavailable: what is written there meanwhile, or the lock, cannot be.
    """
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with (cache / f".{name}.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                log.info("weights.awaited", name=name)
                fcntl.flock(lock, fcntl.LOCK_EX)
            yield
    except OSError as error:
        raise BackendUnavailable(f"{cache} cannot be written to: {error.strerror}") from error


def _holds(folder: Path, manifest: Manifest) -> bool:
    """Say whether a folder holds exactly this state of a preset, by checksums."""
    try:
        is_of_it = parsed((folder / MANIFEST).read_bytes()) == manifest
        return is_of_it and not faults_of(folder, manifest.files, checksums=True)
    except (OSError, ValueError):
        return False


def _put_in_place(unfinished: Path, target: Path) -> None:
    """Give a complete folder its name; another state of it goes, and so does what earlier attempts left."""
    replaced = target.with_name(f".{target.name}-replaced.part")
    shutil.rmtree(replaced, ignore_errors=True)
    if target.exists():
        target.rename(replaced)
    unfinished.rename(target)
    for left in target.parent.glob(f".{target.name}-*.part"):
        shutil.rmtree(left, ignore_errors=True)
