"""Says what a clip shows when: which still, how far the camera has come, and how one dissolves into another.

It knows stills and the camera, neither files nor the encoder.
"""

from typing import NamedTuple

import numpy as np

from functions.render.video_backends.camera import Travel
from functions.render.video_backends.planes import SHARES, Planes, lay_over
from functions.render.video_backends.still import Still
from shared.domain.capabilities import KeyframePosition


class Timeline(NamedTuple):
    """How a clip's frames lie on its way, which goes from 0 to 1."""

    frames: int
    follows_on: bool
    """0 is a frame that was shown already: the clip starts one step after it."""
    stops_short: bool
    """1 is the next clip's first frame: the clip ends one step before it."""

    def at(self, frame: int) -> float:
        """Return the place of a frame, counted from 0."""
        steps = self.frames - 1 + self.follows_on + self.stops_short
        return (frame + self.follows_on) / max(1, steps)

    def place_of(self, position: KeyframePosition) -> float:
        """Return where a single keyframe stands."""
        match position:
            case KeyframePosition.FIRST:
                return 0
            case KeyframePosition.MIDDLE:
                return self.at(self.frames // 2)
            case KeyframePosition.LAST:
                return self.at(self.frames - 1)


SLOW = 0.375
"""Speed at the ends of a clip on its own, as a share of the average: at rest, it would show a frame twice."""


class Pace(NamedTuple):
    """How fast the camera goes its way; both run from 0 to 1."""

    starts_slowly: bool
    ends_slowly: bool
    stop: float | None = None
    """Where it comes to rest on the way, having gone half of it."""

    def at(self, place: float) -> float:
        """Return how far the camera has come at a place of the clip."""
        start, end = SLOW if self.starts_slowly else 1, SLOW if self.ends_slowly else 1
        if self.stop is None:
            return _eased(place, start, end)
        if place <= self.stop:
            return _eased(place / self.stop, start, 0) / 2 if self.stop else 0.5
        return (1 + _eased((place - self.stop) / (1 - self.stop), 0, end)) / 2


class Take(NamedTuple):
    """One still under the moving camera, for a clip's length."""

    still: Still
    travel: Travel
    pace: Pace
    anchor: float
    """How far the camera has come when it sees the still as it is."""

    def paint(self, place: float, into: Planes) -> None:
        """Fill the frame at a place of the clip."""
        self.still.paint(self.travel.at(self.pace.at(place) - self.anchor), into)


class Dissolve(NamedTuple):
    """One take turning into another."""

    first: Take
    second: Take
    begins: float
    """Place in the clip; before it only the first is seen."""
    ends: float
    """Likewise; after it only the second is."""

    def paint(self, place: float, into: Planes) -> None:
        """Fill the frame at a place of the clip."""
        share = _eased(min(1.0, max(0.0, (place - self.begins) / (self.ends - self.begins))), 0, 0)
        if share in (0, 1):
            return (self.second if share else self.first).paint(place, into)
        self.first.paint(place, into)
        over = tuple(np.empty_like(plane) for plane in into)
        self.second.paint(place, over)
        for below, above in zip(into, over, strict=True):
            lay_over(below, above, np.int16(round(share * SHARES)))
        return None


def _eased(share: float, start: float, end: float) -> float:
    """Go from 0 to 1 with these slopes at both ends: 0 is at rest, 1 as fast as on average.

    Source: the cubic Hermite spline between 0 and 1.
    """
    return share * (start + share * (3 - 2 * start - end + share * (start + end - 2)))
