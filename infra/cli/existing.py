"""The commands about videos that there are: to look at them, to end them, and to make new ones of them."""

from pathlib import Path
from typing import Any

import typer

from infra.cli import making, options, settings
from infra.cli.admin import print_table
from infra.cli.console import err, out
from infra.cli.explained import explained
from infra.cli.service import Service
from infra.cli.video_report import listed, shots_of, summary

app = typer.Typer()


@app.command("list")
def list_videos(
    limit: options.Limit = 20,
    status: options.Status = None,
    endpoint: options.Endpoint = None,
    key: options.Key = "",
    folder: options.Folder = Path(".local"),
) -> None:
    """List your videos, newest first."""
    with explained(), making.service_at(endpoint, key, folder, or_new=False) as service:
        videos = service.videos(limit, status)
        if videos:
            print_table(listed(videos))
        else:
            err.print("there are no videos" if status is None else f"there are no {status} videos")


@app.command()
def show(
    video_id: options.VideoId,
    endpoint: options.Endpoint = None,
    key: options.Key = "",
    folder: options.Folder = Path(".local"),
) -> None:
    """Show how a video stands, and each of its shots."""
    with explained(), making.service_at(endpoint, key, folder, or_new=False) as service:
        print_table(summary(service.video(video_id)))
        if shots := service.shots(video_id):
            print_table(shots_of(shots))


@app.command()
def render(
    ctx: typer.Context,
    video_id: options.DraftId,
    model: options.Model = None,
    lora: options.Lora = None,
    transition: options.Transition = None,
    max_cost_usd: options.MaxCostUsd = None,
    output: options.Output = None,
    sheet: options.Sheet = None,
    thumbnail: options.Thumbnail = None,
    endpoint: options.Endpoint = None,
    key: options.Key = "",
    folder: options.Folder = Path(".local"),
) -> None:
    """Make a video of keyframes that you have approved, and wait for it."""
    body = {name: value for name, value in settings.chosen(ctx.params).items() if value is not None}
    files = {"spritesheet": sheet, "thumbnail": thumbnail, "video": output}
    with explained():
        settings.check_files(files.values())
        with making.service_at(endpoint, key, folder, or_new=False) as service:
            _make(service, files, lambda once: service.render(video_id, body, idempotency_key=once))


@app.command()
def remix(
    video_id: options.VideoId,
    prompt: options.Prompt,
    output: options.Output = None,
    sheet: options.Sheet = None,
    thumbnail: options.Thumbnail = None,
    endpoint: options.Endpoint = None,
    key: options.Key = "",
    folder: options.Folder = Path(".local"),
) -> None:
    """Make a video anew with another prompt, and wait for it. Shots that stay the same are taken over."""
    files = {"spritesheet": sheet, "thumbnail": thumbnail, "video": output}
    with explained():
        settings.check_files(files.values())
        with making.service_at(endpoint, key, folder, or_new=False) as service:
            _make(service, files, lambda once: service.remix(video_id, prompt, idempotency_key=once))


@app.command()
def retry(
    video_id: options.VideoId,
    output: options.Output = None,
    sheet: options.Sheet = None,
    thumbnail: options.Thumbnail = None,
    endpoint: options.Endpoint = None,
    key: options.Key = "",
    folder: options.Folder = Path(".local"),
) -> None:
    """Make a failed video anew from what it had finished, and wait for it."""
    files = {"spritesheet": sheet, "thumbnail": thumbnail, "video": output}
    with explained():
        settings.check_files(files.values())
        with making.service_at(endpoint, key, folder, or_new=False) as service:
            _make(service, files, lambda once: service.retry(video_id, idempotency_key=once))


@app.command()
def cancel(
    video_id: options.VideoId,
    endpoint: options.Endpoint = None,
    key: options.Key = "",
    folder: options.Folder = Path(".local"),
) -> None:
    """Cancel a video that has not ended. It cannot be undone; safe to repeat."""
    with explained(), making.service_at(endpoint, key, folder, or_new=False) as service:
        service.cancel(video_id)
        out.print(f"{video_id} is cancelled")


@app.command()
def delete(
    video_id: options.VideoId,
    endpoint: options.Endpoint = None,
    key: options.Key = "",
    folder: options.Folder = Path(".local"),
) -> None:
    """Delete a video and its files, cancelling it first if need be. It cannot be undone."""
    with explained(), making.service_at(endpoint, key, folder, or_new=False) as service:
        service.delete(video_id)
        out.print(f"{video_id} is deleted")


def _make(service: Service, files: dict[str, Path | None], create: making.Created) -> None:
    video: dict[str, Any] = making.made(service, create)
    making.save(service, video, files)
