"""Shows how a video comes along: a bar per stage, with its shots. Knows nothing of where it is made."""

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


def show(videos: Iterable[dict[str, Any]], console: Console) -> dict[str, Any]:
    """Draw each state of a video as it arrives.

    Returns:
        The last one.
    """
    columns = (
        SpinnerColumn(finished_text="✓"),
        TextColumn("{task.description:<10}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    video: dict[str, Any] = {}
    with Progress(*columns, console=console) as progress:
        rows = {
            name: progress.add_task(name, total=None, start=False)
            for name in ("plan", "keyframes", "clips", "video")
        }
        for video in videos:
            for name, (done, total) in counts(video).items():
                if done or total:
                    progress.start_task(rows[name])
                progress.update(rows[name], completed=done, total=total)
    return video


def counts(video: dict[str, Any]) -> dict[str, tuple[int, int | None]]:
    """Return, for each bar, how much is done and of how much; None while that is not known."""
    shots = video["shots"]
    total = shots["total"] or None
    return {
        "plan": (1 if total else 0, 1),
        "keyframes": (shots["keyframes_drawn"], total),
        "clips": (shots["clips_rendered"], total),
        "video": (1 if video["status"] == "completed" else 0, 1 if total else None),
    }
