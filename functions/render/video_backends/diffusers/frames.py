"""Which frames to ask of a model, and which of them, or what between them, a clip shows. Pure.

It knows numbers of frames, neither pixels nor any model by name.
"""

from collections.abc import Collection
from fractions import Fraction
from math import ceil
from typing import NamedTuple

from functions.render.video_backends import ClipRequest
from functions.render.video_backends.diffusers.presets import FrameRule
from shared.domain.capabilities import KeyframePosition
from shared.domain.errors import BackendFailed


class Timeline(NamedTuple):
    """How a clip's frames lie on those that the model renders."""

    rendered: int
    """Frames asked of the model."""
    fps: int
    """At which the model takes them to be shown."""
    shown: int
    """Frames of the clip."""
    step: Fraction
    """From one frame of the clip to the next, in the model's frames."""
    skipped: int
    """Frames of the clip, as it were, before its first: 1 where the first keyframe was shown already."""
    beyond: int
    """Likewise after its last: 1 where the last keyframe is the next clip's first frame."""

    def place(self, frame: int) -> Fraction:
        """Return where a frame of the clip, counted from 0, lies among those rendered."""
        return (frame + self.skipped) * self.step

    def frame_of(self, position: KeyframePosition) -> int:
        """Return which rendered frame a keyframe is to be."""
        match position:
            case KeyframePosition.FIRST:
                return 0
            case KeyframePosition.MIDDLE:
                return round(self.place(self.shown // 2))
            case KeyframePosition.LAST:
                return round(self.place(self.shown - 1 + self.beyond))


def plan_frames(request: ClipRequest, rule: FrameRule, places: Collection[KeyframePosition]) -> Timeline:
    """Plan a clip of exactly `seconds * fps` frames.

    It is rendered at its own rate where the model knows that one and may render so many frames, else at the
    fastest that may. What the rule makes the model render beyond the end is not shown; but where the last
    keyframe can only be the last frame of all, the whole is shown a little faster instead.

    Args:
        places: of the clip's keyframes.

    Raises:
        BackendFailed: the model cannot render so long a clip at any rate.
    """
    has_last = KeyframePosition.LAST in places
    skipped = int(request.follows_on and KeyframePosition.FIRST in places)
    beyond = int(request.leads_on and has_last)
    shown = request.seconds * request.fps
    ways = shown - 1 + skipped + beyond
    for fps in sorted(rule.fps, key=lambda each: (each != request.fps, -each)):
        step = Fraction(fps, request.fps)
        intervals = max(1, ceil(ways * step / rule.multiple)) * rule.multiple
        if intervals + 1 > rule.most:
            continue
        if has_last and rule.last_stands_at_end and ways:
            step = Fraction(intervals, ways)
        return Timeline(intervals + 1, fps, shown, step, skipped, beyond)
    raise BackendFailed(
        f"the model renders at most {rule.most} frames, at {min(rule.fps)} a second;"
        f" {request.seconds} s are too long: ask for shorter clips"
    )
