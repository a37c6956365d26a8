"""Fetches a preset or adds a LoRA to a shelf, and checks what lies on one.

It knows neither the hub's wire nor a bucket's: see `hub` and `shelves`.
"""

import shutil
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from functions.render.video_backends.diffusers.manifest import (
    ENTRY_SUFFIX,
    MANIFEST,
    Manifest,
    WeightFile,
    described,
    parsed,
    parsed_entry,
)
from functions.render.video_backends.diffusers.parameters import header_of
from functions.render.video_backends.diffusers.weights import (
    LORAS,
    SAFETENSORS,
    Fault,
    check_lora_name,
    manifest_in,
    remedy_of,
    remedy_of_lora,
)
from infra.weights.errors import Damaged, Occupied
from infra.weights.hub import Hub, HubFile, Listing, check_file
from infra.weights.shelves import Shelf

UPLOADS_AT_A_TIME = 4

Told = Callable[[str], None]
"""Is told a line of progress."""


@dataclass(frozen=True)
class Origin:
    """Where a preset's weights come from."""

    preset: str
    repository: str
    revision: str
    """Branch, tag or commit."""


@dataclass(frozen=True)
class Checked:
    """How a preset or LoRA stands on a shelf."""

    name: str
    """Of the preset, or `LoRA NAME`."""
    told: str
    """What it is, or what an operator does about its faults."""
    faults: tuple[Fault, ...]


def fetch(origin: Origin, hub: Hub, shelf: Shelf, staging: Path, tell: Told) -> Manifest:
    """Put a preset on a shelf. Run again after any failure, it goes on with the next file.

    Args:
        staging: folder for what was downloaded but is not on the shelf yet; needs room for all of it. What
            it holds of this preset is removed when all is on the shelf.

    Raises:
        HubRefused, HubUnreachable: see `Hub`.
        Damaged: a file came in another shape than the hub tells; it was removed, so that it comes anew.
        Occupied: the shelf has another revision of the preset, or other files in its place.
    """
    listing = hub.listing(origin.repository, origin.revision)
    there = _manifest_on(shelf, origin.preset)
    if there and there.revision != listing.commit:
        raise Occupied(
            f"revision {there.revision} of {origin.preset} is there, and {origin.revision} is now"
            f" {listing.commit}: keep it with --revision {there.revision}, delete it, or choose another place"
        )
    if there and not shelf.faults(origin.preset, there.files):
        tell(f"{origin.preset}: all {len(there.files)} files are there already")
        return there
    staged = staging / f"{origin.preset}-{listing.commit[:12]}"
    wanted = hub.pipeline(listing, staged)
    size_bytes = sum(each.size_bytes for each in wanted.files)
    tell(f"{origin.preset}: {len(wanted.files)} files, {size_bytes / 1e9:.1f} GB, of {listing.commit}")
    hub.download(wanted, staged)
    manifest = Manifest(
        preset=origin.preset,
        repository=origin.repository,
        revision=listing.commit,
        files=_verified(wanted, staged),
    )
    tell(f"{origin.preset}: every checksum is as the hub tells")
    _put_all(manifest, staged, shelf, tell)
    shutil.rmtree(staged)
    return manifest


def add_lora(file: Path, name: str, shelf: Shelf) -> WeightFile:
    """Put a LoRA on a shelf; its entry last, without which there is no LoRA.

    Raises:
        InvalidInput: the name is none.
        Damaged: the file is not in the format safetensors, or no LoRA.
        Occupied: another LoRA has this name.
    """
    check_lora_name(name)
    _check_lora(file)
    with tempfile.TemporaryDirectory() as kept:
        ours = Path(shutil.copyfile(file, Path(kept) / "lora"))  # whatever its owner does to it meanwhile
        entry = described(ours, f"{name}{SAFETENSORS}")
        shelf.put(ours, LORAS, entry)
    shelf.put_bytes(f"{LORAS}/{name}{ENTRY_SUFFIX}", entry.model_dump_json().encode())
    return entry


def check(shelf: Shelf, presets: Sequence[str]) -> list[Checked]:
    """Say how presets stand on a shelf, by checksum; all that are there and all LoRAs when none is named."""
    if presets:
        return [_checked(shelf, preset) for preset in presets]
    names = shelf.names()
    ends = f"/{MANIFEST}"
    there = [name.removesuffix(ends) for name in names if name.endswith(ends) and name.count("/") == 1]
    entries = [name for name in names if name.startswith(f"{LORAS}/") and name.endswith(ENTRY_SUFFIX)]
    return [_checked(shelf, preset) for preset in there] + [_checked_lora(shelf, entry) for entry in entries]


def _checked(shelf: Shelf, preset: str) -> Checked:
    remedy = remedy_of(preset, shelf.place)
    manifest = manifest_in(shelf.read(f"{preset}/{MANIFEST}"), preset)
    if isinstance(manifest, Fault):
        return Checked(preset, remedy, (manifest,))
    faults = shelf.faults(preset, manifest.files)
    what = f"{manifest.size_bytes / 1e9:.1f} GB, {manifest.repository} at {manifest.revision}"
    return Checked(preset, remedy if faults else what, faults)


def _checked_lora(shelf: Shelf, path: str) -> Checked:
    name = path.removeprefix(f"{LORAS}/").removesuffix(ENTRY_SUFFIX)
    told, remedy = f"LoRA {name}", remedy_of_lora(name, shelf.place)
    try:
        entry = parsed_entry(shelf.read(path) or b"")
    except ValueError as error:
        return Checked(told, remedy, (Fault(path, f"cannot be read: {error}"),))
    if entry.path != f"{name}{SAFETENSORS}":
        return Checked(told, remedy, (Fault(path, f"is of {entry.path!r}"),))
    faults = shelf.faults(LORAS, (entry,))
    return Checked(told, remedy if faults else f"{entry.size_bytes / 1e6:.1f} MB", faults)


def _manifest_on(shelf: Shelf, preset: str) -> Manifest | None:
    data = shelf.read(f"{preset}/{MANIFEST}")
    try:
        return None if data is None else parsed(data)
    except ValueError as error:
        raise Occupied(f"the {MANIFEST} of {preset} there cannot be read: {error}; delete it") from error


def _verified(wanted: Listing, staged: Path) -> tuple[WeightFile, ...]:
    """Hold all files to what the hub tells, and describe them; one that is another is removed."""

    def one(file: HubFile) -> WeightFile:
        path = staged / file.path
        found = described(path, file.path)
        try:
            check_file(path, file, found.sha256)
        except Damaged as error:
            path.unlink()
            raise Damaged(f"{error}; it was removed: run it again to fetch it anew") from error
        return found

    with ThreadPoolExecutor(UPLOADS_AT_A_TIME) as pool:
        return tuple(pool.map(one, sorted(wanted.files, key=lambda each: each.path)))


def _put_all(manifest: Manifest, staged: Path, shelf: Shelf, tell: Told) -> None:
    """Put every file on the shelf, and the manifest when all are there."""

    def one(file: WeightFile) -> None:
        is_new = shelf.put(staged / file.path, manifest.preset, file)
        tell(f"{manifest.preset}/{file.path}: {'put there' if is_new else 'was there'}")

    with ThreadPoolExecutor(UPLOADS_AT_A_TIME) as pool:
        list(pool.map(one, manifest.files))
    shelf.put_bytes(f"{manifest.preset}/{MANIFEST}", manifest.as_json())


def _check_lora(file: Path) -> None:
    try:
        names = header_of(file)
    except (OSError, ValueError) as error:
        raise Damaged(
            f"{file} is not in the format safetensors, the only one that LoRAs are read from"
        ) from error
    if not any("lora" in name.lower() for name in names):
        raise Damaged(f"{file} is no LoRA: none of its tensors is called one")
