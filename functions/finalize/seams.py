"""Lets one shot give way to the next: which frames a transition changes, and how.

It knows frames and their numbers, neither files nor encoding. No clip is longer than what is shown of it. So
in a crossfade, where both are seen for its whole length, both go at half their speed; were they held still
instead, nothing would move at the seam of two shots that go on from one another.
"""

from collections.abc import Iterator
from fractions import Fraction
from itertools import islice, pairwise
from typing import NamedTuple

import numpy as np
from av.video.frame import VideoFrame

from functions.finalize.normalise import BLACK, Footage
from shared.domain.generation import Transition
from shared.h264 import plane_pixels

SECONDS = {Transition.CROSSFADE: Fraction(4, 5), Transition.FADE: Fraction(1)}
"""How long a transition takes, half of it on either side of the seam."""

LARGEST_SHARE = 3
"""One part in so many of a clip may change at either end, so that some of every clip is seen as it is."""

DARKEST = 0.15
"""How much of a picture's brightness is left at least in a fade, so that no frame is wholly black."""


class Window(NamedTuple):
    """The frames around one seam that a transition changes."""

    seam: int
    """Number of the first frame of the later shot."""
    half: int
    """How many frames on either side of it."""

    @property
    def start(self) -> int:
        """Number of the first frame that is changed."""
        return self.seam - self.half

    @property
    def stop(self) -> int:
        """Number of the first frame after those."""
        return self.seam + self.half

    @property
    def length(self) -> int:
        """How many frames are changed."""
        return 2 * self.half

    def share(self, place: int) -> float:
        """Return how far the transition has come at one of its frames: over 0, under 1, rising evenly."""
        return (place + 0.5) / self.length


class Edit:
    """What the video shows: its footage, with a transition at every seam."""

    def __init__(self, footage: Footage, transition: Transition) -> None:
        self.footage = footage
        self.transition = transition
        self.windows = _windows(footage, transition)
        """In order; none for cuts, and none where a clip is too short for one."""

    def frames(self, start: int, stop: int) -> Iterator[VideoFrame]:
        """Yield frames `start` to `stop` of the video, each a new one.

        Args:
            start, stop: within no window.

        Raises:
            MediaCorrupt: a clip cannot be decoded; names its shot.
        """
        frames, reached = self.footage.frames(start, stop), start
        for window in self.windows:
            if not start <= window.seam < stop:
                continue
            yield from islice(frames, window.start - reached)
            reached = window.stop
            if self.transition is Transition.FADE:
                yield from _faded(window, frames)
            else:
                later = self.footage.frames(window.seam, stop)
                yield from _dissolved(window, frames, later)
                frames = later
        yield from frames


def _faded(window: Window, frames: Iterator[VideoFrame]) -> Iterator[VideoFrame]:
    """Darken the window's frames: the more, the nearer they are to the seam."""
    for place, frame in enumerate(islice(frames, window.length)):
        darkness = 1 - abs(2 * window.share(place) - 1)
        yield mixed(frame, None, (1 - DARKEST) * darkness)


def _dissolved(
    window: Window, earlier: Iterator[VideoFrame], later: Iterator[VideoFrame]
) -> Iterator[VideoFrame]:
    """Mix the frames of both shots on their side of the seam, each of them shown twice."""
    both = zip(islice(earlier, window.half), later, strict=False)
    for place, (leaving, coming) in enumerate(pair for pair in both for _ in range(2)):
        yield mixed(leaving, coming, window.share(place))


def _windows(footage: Footage, transition: Transition) -> list[Window]:
    if transition not in SECONDS:
        return []
    asked = round(SECONDS[transition] * footage.fps / 2)
    lengths = [stop - start for start, stop in pairwise(footage.bounds)]
    halves = (min(asked, *(length // LARGEST_SHARE for length in sides)) for sides in pairwise(lengths))
    return [Window(seam, half) for seam, half in zip(footage.seams, halves, strict=True) if half]


def mixed(frame: VideoFrame, other: VideoFrame | None, share: float) -> VideoFrame:
    """Return a new frame with a share, 0 to 1, of another one in it; None is black."""
    result = VideoFrame(frame.width, frame.height, "yuv420p")
    weight = round(share * 256)
    for place, plane in enumerate(result.planes):
        added = plane_pixels(other.planes[place]).astype(np.uint16) if other else np.uint16(BLACK[place])
        pixels = plane_pixels(frame.planes[place]).astype(np.uint16)
        plane_pixels(plane)[:] = (pixels * (256 - weight) + added * weight + 128) >> 8
    return result
