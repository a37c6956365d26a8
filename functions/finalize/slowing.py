"""Plays sound at half its speed and keeps its pitch. Knows samples only.

Source: W. Verhelst, M. Roelands, "An overlap-add technique based on waveform similarity (WSOLA)", 1993.
"""

import numpy as np
from numpy.typing import NDArray

from functions.finalize.hearing import RATE, Block

HOP = RATE * 15 // 1000
"""Samples from one grain to the next: 15 ms. A grain is twice as long and holds a period of any voice."""

REACH = RATE * 75 // 10_000
"""Samples by which a grain may be moved to where it continues the one before: 7.5 ms, either way."""


def slowed(sound: Block, samples: int) -> Block:
    """Return sound at half its speed; its first samples follow smoothly on what came before it.

    Args:
        samples: how many to return: twice as many as given, or one more or less.
    """
    padded = np.pad(sound, ((0, 0), (0, samples // 2 + 4 * HOP + REACH)))
    mono = padded.sum(axis=0, dtype=np.float64)
    rise = (0.5 - 0.5 * np.cos(np.pi * (np.arange(HOP) + 0.5) / HOP)).astype(np.float32)
    result = np.zeros((2, samples + HOP), np.float32)
    result[:, :HOP] = padded[:, :HOP]
    grain = 0
    for start in range(HOP, samples, HOP):
        natural = grain + HOP
        grain = _alike(mono, mono[natural : natural + HOP], (start - HOP) // 2)
        leaving, coming = padded[:, natural : natural + HOP], padded[:, grain : grain + HOP]
        result[:, start : start + HOP] = leaving * (1 - rise) + coming * rise
    return result[:, :samples]


def _alike(mono: NDArray[np.float64], wanted: NDArray[np.float64], around: int) -> int:
    """Return where, near a place, sound is most like what is wanted; the place itself if nothing is."""
    earliest = max(0, around - REACH)
    near = mono[earliest : around + REACH + HOP]
    energy = np.convolve(near**2, np.ones(HOP), "valid")
    likeness = np.correlate(near, wanted, "valid") / np.sqrt(np.maximum(energy, 1e-9))
    best = int(likeness.argmax())
    return earliest + best if likeness[best] > 0 else around
