"""The deployable archive of one function: which files it carries, its digest, packing and unpacking.

The cloud deployment and the local stack use the same archives. It knows nothing of Pulumi or of processes.
"""

import hashlib
import os
import shutil
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

STAGES = ("submit", "keyframes", "render", "finalize")

REPOSITORY = Path(__file__).resolve().parents[1]

REQUIREMENTS = "requirements.txt"
"""Where the platform looks for what an archive needs."""

SHORT_DIGEST = 12
"""Hex digits of the digest that a file name carries."""

_EXCLUDED_FOLDERS = frozenset({"__pycache__", "tests"})
_EXCLUDED_SUFFIXES = frozenset({".in", ".pyc"})  # `.in` lists are what requirements.txt is compiled from
_EARLIEST_ZIP_TIME = (1980, 1, 1, 0, 0, 0)
_UNIX = 3  # so that the same bytes come out on every system
_PLAIN_FILE_MODE = 0o100644


class Variant(StrEnum):
    """What an archive of a function is installed with. The code is the same."""

    PLAIN = ""
    """With `requirements.txt`."""
    GPU = "gpu"
    """With `requirements-gpu.txt`: torch, built for CUDA, and what renders with it."""

    @property
    def requirements(self) -> str:
        """Name of the list, in the function's folder. In the archive it is `requirements.txt`."""
        return f"requirements-{self}.txt" if self else REQUIREMENTS

    def of(self, stage: str) -> str:
        """Name a stage's variant, such as `render` or `render-gpu`."""
        return f"{stage}-{self}" if self else stage


class ArchiveIncomplete(Exception):
    """The source tree lacks a file without which a function cannot start."""


@dataclass(frozen=True)
class Archive:
    """One function, packed."""

    stage: str
    path: Path
    digest: str
    """SHA-256 of the sorted files, in hex: the same files always give the same digest."""
    variant: Variant = Variant.PLAIN

    @property
    def name(self) -> str:
        """`<stage>-<digest12>`, or `render-gpu-<digest12>`: of its file and the folder it unpacks to."""
        return _name(self.stage, self.variant, self.digest)


def build_archive(
    stage: str, into: Path, source: Path = REPOSITORY, *, variant: Variant = Variant.PLAIN
) -> Archive:
    """Pack one function as `<into>/<stage>-<digest12>.zip`. May be called again; the bytes come out the same.

    Args:
        stage: one of `STAGES`.
        into: folder of the archive, created when missing.
        source: root of the checkout.
        variant: what it is installed with.

    Raises:
        ArchiveIncomplete: the function's own entry point, a package marker or its requirements are missing.
    """
    files = files_of(stage, source, variant=variant)
    digest = digest_of(files)
    into.mkdir(parents=True, exist_ok=True)
    archive = Archive(stage, into / f"{_name(stage, variant, digest)}.zip", digest, variant)
    handle, unfinished = tempfile.mkstemp(prefix=f".{archive.name}-", dir=into)  # others may pack the same
    with os.fdopen(handle, "wb") as file, zipfile.ZipFile(file, "w") as packed:
        for name, content in sorted(files.items()):
            packed.writestr(_entry(name), content)
    Path(unfinished).replace(archive.path)
    return archive


def unpack(archive: Archive, into: Path) -> Path:
    """Unpack an archive to the folder of its name in `into`, and return that folder.

    A folder that already holds exactly these files is kept, with the bytecode Python has cached in it;
    one that was edited is replaced.
    """
    folder = into / archive.name
    if folder.is_dir():
        if digest_of(dict(_carried_files(folder))) == archive.digest:
            return folder
        shutil.rmtree(folder)
    into.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(prefix=f".{archive.stage}-", dir=into))
    with zipfile.ZipFile(archive.path) as packed:
        packed.extractall(unfinished)
    unfinished.rename(folder)
    return folder


def files_of(stage: str, source: Path = REPOSITORY, *, variant: Variant = Variant.PLAIN) -> dict[str, bytes]:
    """Name every file of one function's archive (POSIX paths from its root), with its content.

    Raises:
        ArchiveIncomplete: see `build_archive`.
    """
    if stage not in STAGES:
        raise ValueError(f"stage {stage!r} is not permitted; permitted: {', '.join(STAGES)}")
    own = source / "functions" / stage
    needed = [
        source / "functions" / "__init__.py",
        source / "shared" / "__init__.py",
        own / "__init__.py",
        own / "main.py",
        own / variant.requirements,
    ]
    if missing := [str(path.relative_to(source)) for path in needed if not path.is_file()]:
        raise ArchiveIncomplete(f"the archive of {stage} needs {', '.join(missing)} in {source}")
    files = {
        f"{folder}/{name}": content
        for folder in (f"functions/{stage}", "shared")
        for name, content in _carried_files(source / folder)
    }
    for each in Variant:  # the platform reads one list, at the root
        files.pop(f"functions/{stage}/{each.requirements}", None)
    files[REQUIREMENTS] = (own / variant.requirements).read_bytes()
    files["functions/__init__.py"] = (source / "functions" / "__init__.py").read_bytes()
    files["main.py"] = f"from functions.{stage}.main import {stage}\n".encode()
    return files


def digest_of(files: Mapping[str, bytes]) -> str:
    """Digest names and contents, whatever the order they come in. Modes and times do not count."""
    digest = hashlib.sha256()
    for name, content in sorted(files.items()):
        digest.update(hashlib.sha256(name.encode()).digest())
        digest.update(hashlib.sha256(content).digest())
    return digest.hexdigest()


def _carried_files(folder: Path) -> Iterator[tuple[str, bytes]]:
    for path in folder.rglob("*"):
        inside = path.relative_to(folder)
        if _is_carried(inside) and path.is_file():
            yield inside.as_posix(), path.read_bytes()


def _is_carried(inside: Path) -> bool:
    hidden = any(part.startswith(".") for part in inside.parts)
    in_excluded_folder = not _EXCLUDED_FOLDERS.isdisjoint(inside.parts[:-1])
    return not (hidden or in_excluded_folder or inside.suffix in _EXCLUDED_SUFFIXES)


def _name(stage: str, variant: Variant, digest: str) -> str:
    return f"{variant.of(stage)}-{digest[:SHORT_DIGEST]}"


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _EARLIEST_ZIP_TIME)
    entry.compress_type = zipfile.ZIP_STORED  # zlib's versions compress differently, and a file is a megabyte
    entry.create_system = _UNIX
    entry.external_attr = _PLAIN_FILE_MODE << 16
    return entry
