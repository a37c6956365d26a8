"""Arranges what a clip shows: which stills, read or drawn, in which order, under which camera.

It knows neither the encoder nor threads.
"""

from typing import NamedTuple

from functions.render.video_backends import ClipRequest, Stills
from functions.render.video_backends.camera import choose_move, plan_travel
from functions.render.video_backends.framing import frame_still
from functions.render.video_backends.negative import Negative, draw_opening, read_negative
from functions.render.video_backends.planes import Planes
from functions.render.video_backends.still import Still
from functions.render.video_backends.take import Dissolve, Pace, Take, Timeline
from shared.domain.capabilities import KeyframePosition

TURNS_INTO = (0.5, 0.9)
"""Where in a clip one keyframe dissolves into the other: late, since the other is the next shot's."""

LEAVES = (0.0, 0.4)
"""Where the shot before dissolves into this one: at once, since its picture has been shown for long."""


class Scene(NamedTuple):
    """All that a clip shows."""

    timeline: Timeline
    shown: Take | Dissolve

    def paint(self, frame: int, into: Planes) -> None:
        """Fill the planes of a frame, counted from 0. May be called from any thread, in any order."""
        self.shown.paint(self.timeline.at(frame), into)


def arrange(request: ClipRequest, stills: Stills) -> Scene:
    """Make everything ready that is to be shown.

    Raises:
        MediaCorrupt: a still cannot be decoded.
    """
    timeline = Timeline(
        frames=request.seconds * request.fps,
        follows_on=request.follows_on,
        stops_short=request.leads_on and KeyframePosition.LAST in stills,
    )
    return Scene(timeline, _shown(request, stills, timeline))


def _shown(request: ClipRequest, stills: Stills, timeline: Timeline) -> Take | Dissolve:
    pace = Pace(starts_slowly=not request.follows_on, ends_slowly=not request.leads_on)
    if not stills:
        return _take(draw_opening(request), request, pace, 0)
    if len(stills) > 1:
        pace = pace._replace(starts_slowly=False)  # the clip before may have led on to this one
        first = _take(read_negative(stills[KeyframePosition.FIRST]), request, pace, 0)
        last = _take(read_negative(stills[KeyframePosition.LAST]), request, pace, 1)
        return Dissolve(first, last, *TURNS_INTO)
    ((position, still),) = stills.items()
    first = _take(read_negative(still), request, pace, timeline.place_of(position))
    if not request.follows_on:
        return first
    return Dissolve(first, _take(draw_opening(request), request, pace, 0.5), *LEAVES)


def _take(negative: Negative, request: ClipRequest, pace: Pace, shown_at: float) -> Take:
    """Make a still ready, to be seen as it is at a place of the clip. Nothing of the negative is kept."""
    framing = frame_still(negative, request.width, request.height)
    travel = plan_travel(choose_move(request.prompt, request.seed), request.seed, framing.room)
    if 0 < shown_at < 1 and not travel.is_straight:
        pace = pace._replace(stop=shown_at)
    anchor = pace.at(shown_at)
    still = Still(negative, framing, [travel.at(course) for course in (-anchor, 0, 1 - anchor)])
    return Take(still, travel, pace, anchor)
