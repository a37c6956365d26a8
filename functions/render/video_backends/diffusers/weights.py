"""Where the weights of presets and LoRAs lie below a root, and whether all are what they should be.

A root is a folder: of this machine's disk or memory, or a mounted bucket. It must not know torch or the hub.
"""

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from functions.render.video_backends.diffusers.manifest import (
    ENTRY_SUFFIX,
    MANIFEST,
    THREADS,
    Manifest,
    WeightFile,
    parsed,
    parsed_entry,
    sha256_of,
)
from shared.domain.errors import BackendFailed, BackendUnavailable, InvalidInput
from shared.domain.lora import LORA_NAME

LORAS = "loras"
"""Folder of all LoRAs below a root."""

SAFETENSORS = ".safetensors"
"""The only kind of LoRA that is read: other kinds can run code as they are loaded."""

PRESET_NAME = re.compile(r"[a-z][a-z0-9_]{0,31}")


class NoSuchLora(BackendFailed):
    """A video names a LoRA that this deployment does not have."""


@dataclass(frozen=True)
class Fault:
    """What is wrong with one file."""

    path: str
    """As the manifest names it."""
    what: str
    """To be read after the path, such as `is missing`."""

    def __str__(self) -> str:
        return f"{self.path} {self.what}"


def folder_of(root: Path, preset: str, *, checksums: bool = False) -> Path:
    """Return the folder of a preset, in diffusers' layout, all of whose files are there.

    Args:
        checksums: as for `faults_of`. They are compared once, when an instance starts.

    Raises:
        BackendUnavailable: names the first file that is missing or not what it should be.
    """
    folder = place_of(root, preset)
    manifest = manifest_of(root, preset)
    if faults := faults_of(folder, manifest.files, checksums=checksums):
        raise unusable(preset, faults, remedy_of(preset, root))
    return folder


def lora_of(root: Path, name: str) -> Path:
    """Return the file of a LoRA, which is there in its full size.

    Raises:
        InvalidInput: the name is none.
        NoSuchLora: there is no such LoRA.
        BackendUnavailable: its entry is there, but it itself is missing or has another size.
    """
    entry = lora_entry(root, name)
    if faults := faults_of(root / LORAS, (entry,)):
        raise unusable(f"LoRA {name}", faults, remedy_of_lora(name, root))
    return root / LORAS / entry.path


def manifest_of(root: Path, preset: str) -> Manifest:
    """Read the manifest of a preset.

    Raises:
        BackendUnavailable: there is none, or it is of something else.
    """
    path = place_of(root, preset) / MANIFEST
    try:
        found = manifest_in(path.read_bytes() if path.is_file() else None, preset)
    except OSError as error:
        found = Fault(MANIFEST, f"cannot be read: {error.strerror}")
    if isinstance(found, Fault):
        raise unusable(preset, (found,), remedy_of(preset, root))
    return found


def manifest_in(data: bytes | None, preset: str) -> Manifest | Fault:
    """Read what lies where the manifest of a preset belongs, or say what is wrong with it.

    Args:
        data: None where nothing does.
    """
    if data is None:
        return Fault(MANIFEST, "is missing")
    try:
        found = parsed(data)
    except ValueError as error:
        return Fault(MANIFEST, f"cannot be read: {error}")
    return found if found.preset == preset else Fault(MANIFEST, f"is of the preset {found.preset!r}")


def lora_entry(root: Path, name: str) -> WeightFile:
    """Read the entry of a LoRA: its file's name, size and checksum.

    Raises:
        InvalidInput, NoSuchLora, BackendUnavailable: as for `lora_of`.
    """
    check_lora_name(name)
    path = root / LORAS / f"{name}{ENTRY_SUFFIX}"
    told = f"LoRA {name}"
    try:
        found = parsed_entry(path.read_bytes())
    except FileNotFoundError as error:
        raise NoSuchLora(f"there is no LoRA {name} on this deployment") from error
    except (OSError, ValueError) as error:
        fault = Fault(path.name, f"cannot be read: {error}")
        raise unusable(told, (fault,), remedy_of_lora(name, root)) from error
    if found.path != f"{name}{SAFETENSORS}":
        fault = Fault(path.name, f"is of {found.path!r}")
        raise unusable(told, (fault,), remedy_of_lora(name, root))
    return found


def faults_of(
    folder: Path, files: tuple[WeightFile, ...], *, checksums: bool = False, threads: int = THREADS
) -> tuple[Fault, ...]:
    """Say what is wrong with files below a folder, in their order.

    Args:
        checksums: read every byte, and compare SHA-256; otherwise sizes alone are, which reads nothing.
    """
    with ThreadPoolExecutor(threads) as pool:  # a mounted bucket answers one question in tens of milliseconds
        found = pool.map(lambda file: _fault_of(folder, file, checksums), files)
        return tuple(fault for fault in found if fault)


def place_of(root: Path, preset: str) -> Path:
    """Return where a preset's folder is or will be.

    Raises:
        InvalidInput: the name is none.
    """
    if not PRESET_NAME.fullmatch(preset) or preset == LORAS:
        raise InvalidInput("preset", preset, "lower-case letters, digits and underscores")
    return root / preset


def check_lora_name(name: str) -> None:
    """Let no name pass that could lead out of the folder of LoRAs.

    Raises:
        InvalidInput: it could, or is too long.
    """
    if not LORA_NAME.fullmatch(name):
        raise InvalidInput("lora", name, "at most 64 lower-case letters, digits, - and _, the first no mark")


def unusable(name: str, faults: tuple[Fault, ...], remedy: str) -> BackendUnavailable:
    """Return the error of weights that are missing or not what they should be: no video's fault.

    Args:
        name: of the preset, or `LoRA NAME`.
        faults: at least one; the first is named, the others are counted.
        remedy: what an operator does about it.
    """
    more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
    return BackendUnavailable(f"{name}: {faults[0]}{more}; {remedy}")


def remedy_of(preset: str, where: object) -> str:
    """Say what an operator does about a preset whose weights are unusable."""
    return (
        f"`ttv weights fetch {preset} --into {where}` fetches what is missing; delete first what is corrupt"
    )


def remedy_of_lora(name: str, where: object) -> str:
    """Say what an operator does about a LoRA that is unusable."""
    return f"`ttv weights add FILE --name {name} --into {where}` adds it, once what has that name is deleted"


def _fault_of(folder: Path, file: WeightFile, checksums: bool) -> Fault | None:
    path = folder / file.path
    try:
        size = path.stat().st_size if path.is_file() else None
        if size is None:
            return Fault(file.path, "is missing")
        if size != file.size_bytes:
            return Fault(file.path, f"has {size:,} bytes instead of {file.size_bytes:,}")
        if checksums and sha256_of(path) != file.sha256:
            return Fault(file.path, "is corrupt: its SHA-256 is another")
    except OSError as error:
        return Fault(file.path, f"cannot be read: {error.strerror}")
    return None
