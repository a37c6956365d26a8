"""Decides what the storyboard sheet shows of each shot. Knows neither files nor how a sheet is drawn."""

from shared.domain.capabilities import KeyframeMode
from shared.domain.errors import MediaMissing
from shared.domain.job import JobState, Shot
from shared.domain.model import Record

THE_END = "The end"


class PlannedPanel(Record):
    """One place on the sheet."""

    shot: int
    """Index from 0."""
    keyframe: str | None
    """Object path; None: a frame of the shot's clip."""
    crc32c: str = ""
    """Of the keyframe, as recorded."""
    caption: str
    seconds: int | None
    """None: it is no shot of its own, but how the last one ends."""


def panels_of(state: JobState) -> list[PlannedPanel]:
    """Return the sheet's panels in order.

    In mode `chain` a keyframe repeats the end of the shot before, so a later shot is shown by its clip.

    Args:
        state: with all of its shots.

    Raises:
        MediaMissing: a shot lacks the keyframe that its mode gives it; names the shot.
    """
    mode = KeyframeMode(state.job.config.keyframes)
    panels = [_panel(shot, mode) for shot in state.shots]
    if mode is KeyframeMode.PAIR:
        last = state.shots[-1]
        end = _recorded(last.end_keyframe, last), last.end_keyframe_crc32c
        panels.append(
            PlannedPanel(shot=last.index, keyframe=end[0], crc32c=end[1], caption=THE_END, seconds=None)
        )
    return panels


def most_telling(shots: tuple[Shot, ...]) -> Shot:
    """Return the first shot that shows the most characters."""
    return max(shots, key=lambda shot: len(shot.characters))


def _panel(shot: Shot, mode: KeyframeMode) -> PlannedPanel:
    if mode is KeyframeMode.NONE or (mode is KeyframeMode.CHAIN and shot.index > 0):
        return PlannedPanel(shot=shot.index, keyframe=None, caption=shot.caption, seconds=shot.seconds)
    return PlannedPanel(
        shot=shot.index,
        keyframe=_recorded(shot.keyframe, shot),
        crc32c=shot.keyframe_crc32c,
        caption=shot.caption,
        seconds=shot.seconds,
    )


def _recorded(keyframe: str | None, shot: Shot) -> str:
    if keyframe is None:
        raise MediaMissing("the shot has no keyframe", shot=shot.index)
    return keyframe
