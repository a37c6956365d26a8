"""Shows how a video comes along: a bar per stage and per shot. Knows nothing of where it is made."""

from collections.abc import Iterable
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)

STEPS_OF_A_SHOT = {"planned": 0, "drawn": 1, "rendering": 1, "rendered": 2}
"""A shot's status -> how much of it is made: its keyframe, and its clip."""


def show(states: Iterable[tuple[dict[str, Any], list[dict[str, Any]]]], console: Console) -> dict[str, Any]:
    """Draw each state of a video and its shots as it arrives.

    Returns:
        The last one of the video.
    """
    columns = (
        SpinnerColumn(finished_text="✓"),
        TextColumn("{task.description:<9}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[note]}"),
    )
    video: dict[str, Any] = {}
    with Progress(*columns, console=console) as progress:
        rows = _Rows(progress)
        for video, shots in states:
            for name, (done, total) in counts(video).items():
                rows.update(name, done, total)
            for shot in shots:
                done, name = STEPS_OF_A_SHOT.get(shot["status"], 0), f"shot {shot['index'] + 1}"
                rows.update(name, done, 2, shot["status"])
    return video


def counts(video: dict[str, Any]) -> dict[str, tuple[int, int | None]]:
    """Return, for each stage, how much is done and of how much; None while that is not known."""
    shots = video["shots"]
    total = shots["total"] or None
    bars: dict[str, tuple[int, int | None]] = {"plan": (1 if total else 0, 1)}
    if total is None or shots["keyframes_total"]:
        bars["keyframes"] = (shots["keyframes_drawn"], total and shots["keyframes_total"])
    if video["config"]["stop_after"]["value"]:
        return {**bars, "sheet": (1 if video["status"] == "completed" else 0, 1 if total else None)}
    bars["clips"] = (shots["clips_rendered"], total)
    return {**bars, "video": (1 if video["status"] == "completed" else 0, 1 if total else None)}


class _Rows:
    """The bars by name; a new name is a new bar, whose clock starts with its first progress."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._rows: dict[str, Any] = {}

    def update(self, name: str, done: int, total: int | None, note: str = "") -> None:
        if name not in self._rows:
            self._rows[name] = self._progress.add_task(name, total=total, start=False, note="")
        if done or total:
            self._progress.start_task(self._rows[name])
        self._progress.update(self._rows[name], completed=done, total=total, note=note)
