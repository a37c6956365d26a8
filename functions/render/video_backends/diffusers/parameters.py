"""Reads the headers of safetensors files, and counts a model's numbers from them, without loading any.

It knows that format and diffusers' folder layout, neither torch nor what the numbers are for.
"""

import json
from collections.abc import Mapping
from math import prod
from pathlib import Path
from typing import Any

from shared.domain.errors import BackendUnavailable

MAX_HEADER_BYTES = 100_000_000
"""Source: `MAX_HEADER_SIZE` of the safetensors format."""


def parameters_of(folder: Path) -> dict[str, int]:
    """Return how many numbers each component of a model has, by the name of its folder.

    Raises:
        BackendUnavailable: a file's header cannot be read.
    """
    counts: dict[str, int] = {}
    for file in sorted(folder.glob("*/*.safetensors")):
        counts[file.parent.name] = counts.get(file.parent.name, 0) + _numbers_in(file)
    return counts


def header_of(file: Path) -> Mapping[str, Any]:
    """Read what a file says of its tensors: eight bytes of the header's length, then the header as JSON.

    Raises:
        OSError, ValueError: it is no safetensors file.
    """
    with file.open("rb") as opened:
        size = int.from_bytes(opened.read(8), "little")
        if not 0 < size <= MAX_HEADER_BYTES:
            raise ValueError(f"a header of {size} bytes")
        header = json.loads(opened.read(size))
    if not isinstance(header, dict):
        raise ValueError("a header that is no object")
    return header


def _numbers_in(file: Path) -> int:
    try:
        tensors = (entry for name, entry in header_of(file).items() if name != "__metadata__")
        return sum(prod(entry["shape"]) for entry in tensors)
    except (OSError, ValueError, KeyError, TypeError) as error:
        where = f"{file.parent.name}/{file.name}"
        raise BackendUnavailable(f"{where} of the weights cannot be read: {error}") from error
