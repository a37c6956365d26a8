"""Mixes what a video's clips sound like, with its transitions: sample i is heard at i / 48,000 s.

It knows shots, seams and samples, neither files' formats nor how loud the whole should be.
"""

import math
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from functions.finalize.hearing import RATE, Block, heard, silence
from functions.finalize.seams import Edit
from functions.finalize.slowing import slowed
from shared.domain.errors import MediaCorrupt
from shared.domain.generation import Transition
from shared.probe import MediaFacts

EDGE = RATE * 5 // 1000
"""Samples over which a shot's sound comes and goes where there is no transition: 5 ms, so nothing clicks."""


class Change(NamedTuple):
    """How sound changes at one end of a shot."""

    before: int
    """Samples before the seam where it begins."""
    after: int
    """Samples after the seam until it is over."""
    mixes: bool
    """Whether both shots are heard from beginning to end."""


class Soundtrack:
    """The sound of all clips, one after the other. No clip's sound is kept.

    A crossfade shows both shots at half their speed, so that is how they are heard in it, at their own pitch.
    """

    def __init__(
        self, clips: Sequence[Path], facts: Sequence[MediaFacts], edit: Edit, sounding: frozenset[int]
    ) -> None:
        """Take what is to be mixed.

        Args:
            sounding: shots whose clips have sound that is wanted.
        """
        self._clips, self._facts, self._sounding = clips, facts, sounding
        self._bounds = [_sample(frame, edit.footage.fps) for frame in edit.footage.bounds]
        self._changes = _changes(edit, self._bounds)
        self.unreadable: dict[int, str] = {}
        """Shots whose sound could not be read, and why; found on the way, and silent from then on."""

    @property
    def shots(self) -> tuple[int, ...]:
        """Return which shots are heard."""
        return tuple(sorted(self._sounding - self.unreadable.keys()))

    def blocks(self) -> Iterator[Block]:
        """Yield the whole sound, as long as the video to the sample. May be called more than once."""
        leaving = np.zeros((2, 0), np.float32)
        for shot, (begin, end) in enumerate(pairwise(self._bounds)):
            earlier, later = self._changes[shot : shot + 2]
            source = _Source(self._shot(shot, end - begin))
            coming = source.take(earlier.after)
            yield _mixed(leaving, coming, earlier) if earlier.mixes else coming * _rise(earlier.after)
            yield from source.blocks(end - begin - earlier.after - later.before)
            leaving = source.take(later.before)
            if not later.mixes:
                yield leaving * _rise(later.before)[::-1]

    def _shot(self, shot: int, samples: int) -> Iterator[Block]:
        """Yield a shot's sound, silent from where it cannot be read."""
        sent = 0
        if shot in self.shots:
            try:
                for block in heard(self._clips[shot], self._facts[shot], samples):
                    yield block
                    sent += block.shape[1]
            except MediaCorrupt as error:
                self.unreadable[shot] = str(error)
        yield from silence(samples - sent)


class _Source:
    """Blocks of any length, taken by the sample."""

    def __init__(self, blocks: Iterator[Block]) -> None:
        self._blocks = blocks
        self._left = np.zeros((2, 0), np.float32)

    def blocks(self, samples: int) -> Iterator[Block]:
        while samples:
            block = self._left if self._left.shape[1] else next(self._blocks)
            yield block[:, :samples]
            self._left = block[:, samples:]
            samples -= min(samples, block.shape[1])

    def take(self, samples: int) -> Block:
        return np.concatenate([np.zeros((2, 0), np.float32), *self.blocks(samples)], axis=1)


def _changes(edit: Edit, bounds: Sequence[int]) -> list[Change]:
    """Return how sound changes at every shot's beginning, and at the last one's end."""
    windows = {window.seam: window for window in edit.windows}
    shortest = [min(EDGE, (end - begin) // 2) for begin, end in pairwise(bounds)]
    changes = []
    for place, (frame, bound) in enumerate(zip(edit.footage.bounds, bounds, strict=True)):
        if window := windows.get(frame):
            start, stop = (_sample(end, edit.footage.fps) for end in (window.start, window.stop))
            change = Change(bound - start, stop - bound, edit.transition is Transition.CROSSFADE)
        else:
            before, after = shortest[place - 1 : place], shortest[place : place + 1]
            change = Change(sum(before), sum(after), mixes=False)
        changes.append(change)
    return changes


def _mixed(leaving: Block, coming: Block, change: Change) -> Block:
    """Let one sound give way to another over the whole window, at the same power throughout."""
    samples = change.before + change.after
    rise = _rise(samples)
    last_first = slowed(coming[:, ::-1], samples)  # so that it ends in step with what follows
    return slowed(leaving, samples) * rise[::-1] + last_first[:, ::-1] * rise


def _rise(samples: int) -> NDArray[np.float32]:
    """Return gains from 0 to 1 whose squares and those of their reverse add up to 1."""
    share = (np.arange(samples, dtype=np.float32) + 0.5) / max(1, samples)
    return np.sin(np.pi / 2 * share, dtype=np.float32)


def _sample(frame: int, fps: Fraction) -> int:
    return math.floor(frame / fps * RATE + Fraction(1, 2))
