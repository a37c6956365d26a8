"""Repeatable chance: the same names always give the same numbers. Knows nothing of pictures."""

import hashlib

import numpy as np


def stream(*names: object) -> np.random.Generator:
    """Open a stream of random numbers that depends on `names` alone, not on the process or the machine."""
    return np.random.default_rng(_number(names))


def pick(count: int, *names: object) -> int:
    """Choose one of `count` things by `names`: 0 up to `count` - 1."""
    return _number(names) % count


def _number(names: tuple[object, ...]) -> int:
    text = "\x1f".join(str(name) for name in names)
    return int.from_bytes(hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:8], "big")
