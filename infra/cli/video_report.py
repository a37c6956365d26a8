"""Videos and shots, as the API tells them, as tables for their user. Knows no service."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from rich.table import Table

from infra.cli.money import usd
from infra.cli.times import shown
from shared.domain.errors import as_sent, shorten


def listed(videos: Iterable[Mapping[str, Any]]) -> Table:
    """Show each video in one line."""
    table = Table("video", "status", "%", "s", "size", "model", "created", "about")
    for video in videos:
        table.add_row(
            *(video["id"], video["status"], str(video["progress"]), video["seconds"], video["size"]),
            *(video["model"], _moment(video["created_at"]), shorten(video["title"] or video["prompt"])),
        )
    return table


def summary(video: Mapping[str, Any]) -> Table:
    """Show how one video stands; what there is nothing to say about is left out."""
    table = Table("", "", title=video["id"], title_justify="left", show_header=False)
    waits = "next in line" if video["queue_position"] == 1 else f"{video['queue_position']} in line"
    rows = {
        "status": f"{video['status']}, stage {video['stage']}, {video['progress']} %",
        "queue": waits if video["queue_position"] else None,
        "still takes": None if video["eta_seconds"] is None else f"about {video['eta_seconds']} s",
        "error": _error(video["error"]),
        "title": video["title"],
        "prompt": video["prompt"],
        "made as": f"{video['seconds']} s, {video['size']}, {video['model']}, seed {video['seed']}",
        "asked for": _set_by(video["config"], "cli", "http"),
        "set here": _set_by(video["config"], "file"),
        "cost": f"{usd(video['cost']['spent_usd'])} USD of {usd(video['cost']['estimate_usd'])} estimated",
        "made of": video["derived_from"],
        "notes": ", ".join(f"{name}: {value}" for name, value in video["metadata"].items()),
        "created": _moment(video["created_at"]),
        "completed": video["completed_at"] and _moment(video["completed_at"]),
        "expires": _moment(video["expires_at"]),
    }
    for name, value in rows.items():
        if value:
            table.add_row(name, value)
    return table


def shots_of(shots: Sequence[Mapping[str, Any]]) -> Table:
    """Show each shot in one line."""
    table = Table("shot", "s", "status", "attempts", "model", "USD", "what happens")
    for shot in shots:
        cost = sum(charge["usd"] for charge in shot["charges"])
        table.add_row(
            *(str(shot["index"] + 1), str(shot["seconds"]), ", ".join(_standing(shot))),
            *(str(shot["attempt"]), shot["model"], usd(cost), shot["caption"] or shorten(shot["prompt"])),
        )
    return table


def _standing(shot: Mapping[str, Any]) -> Iterator[str]:
    """Say how one shot stands, and what is remarkable about it."""
    yield shot["status"]
    if shot["waits_for"]:
        yield f"waits: {shot['waits_for']}"
    if shot["refusals"]:
        yield f"refused {len(shot['refusals'])} times"
    if shot["judgement"]:
        yield f"judged {shot['judgement']['score']:.2f}"
    if shot["from_cache"]:
        yield "keyframe drawn before"
    if shot["reused"]:
        yield f"taken over: {' and '.join(shot['reused'])}"


def _set_by(config: Mapping[str, Mapping[str, Any]], *layers: str) -> str:
    """Name the settings that were set in one of the layers."""
    said = (f"{name}: {as_sent(each['value'])}" for name, each in config.items() if each["set_by"] in layers)
    return ", ".join(said)


def _error(error: Mapping[str, Any] | None) -> str | None:
    if error is None:
        return None
    shot = "" if error["shot"] is None else f" (shot {error['shot'] + 1})"
    return f"{error['code']}{shot}: {error['message']}"


def _moment(seconds: int) -> str:
    return shown(datetime.fromtimestamp(seconds, UTC))
