"""Has a video made and brings its files here. Knows no command and no option."""

import base64
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from infra.cli import settings
from infra.cli.console import end, err, out
from infra.cli.exits import Exit
from infra.cli.progress import show
from infra.cli.service import Service
from infra.local.errors import NotRunning
from shared.domain.errors import InvalidInput

Created = Callable[[str], dict[str, Any]]
"""Asks for a video, given an idempotency key, and returns it as accepted."""


def has_service(endpoint: str | None, folder: Path) -> bool:
    """Tell whether there is a service already: at `endpoint`, or the local stack that runs in `folder`."""
    from infra.local.description import StackDescription

    if endpoint:
        return True
    try:
        StackDescription.read(folder / "stack.json")
    except NotRunning:
        return False
    return True


@contextmanager
def service_at(endpoint: str | None, key: str, folder: Path, *, or_new: bool) -> Iterator[Service]:
    """Reach the service at `endpoint`; else the local stack that runs in `folder`; else start one.

    Args:
        or_new: whether a new one would do; it has no videos.

    Raises:
        NotRunning: none runs, and a new one would not do.
    """
    from infra.local.description import StackDescription

    if endpoint:
        settings.check_endpoint(endpoint, key)
        yield Service(endpoint, key)
        return
    try:
        running = StackDescription.read(folder / "stack.json")
    except NotRunning as error:
        if not or_new:
            hint = "Start one with `make up`, or name a service with --endpoint and --key."
            raise NotRunning(f"{error} {hint}") from error
    else:
        err.print(f"using the local stack at {running.url}")
        yield Service(running.url, running.api_key, certificate=running.certificate)
        return
    from infra.local.clients import create_api_key, job_store
    from infra.local.stack import LocalStack

    err.print("starting a local stack for this video ...")
    with LocalStack(folder) as stack:
        key = create_api_key(job_store(stack.environment), "local")
        yield Service(stack.url, key, check=lambda: stack.wait(0), certificate=stack.certificate)


def made(service: Service, create: Created) -> dict[str, Any]:
    """Ask for a video and follow it to its end. Ctrl-C cancels it."""
    created = create(secrets.token_hex(16))
    try:
        err.print(created["id"])
        video = show(
            service.follow(created["id"], lost=lambda: err.print("no answer; trying again ...")), err
        )
    except KeyboardInterrupt:
        service.cancel(created["id"])
        err.print(f"{created['id']} is cancelled")
        raise
    if video["status"] == "failed":
        error = video["error"]
        shot = "" if error["shot"] is None else f" (shot {error['shot'] + 1})"
        end(Exit.FAILED, f"{video['id']} failed{shot}: {error['code']}: {error['message']}")
    if video["status"] == "cancelled":
        end(Exit.CANCELLED, f"{video['id']} was cancelled")
    return video


def save(service: Service, video: Mapping[str, Any], files: Mapping[str, Path | None]) -> None:
    """Download what was asked for, and what the video is about: its sheet, if it was to stop there.

    Args:
        files: variant -> where it goes.
    """
    stopped = video["config"]["stop_after"]["value"] is not None
    main, other = ("spritesheet", "video") if stopped else ("video", "spritesheet")
    name = f"{video['id']}.{'png' if stopped else 'mp4'}"
    wanted = {**files, main: files.get(main) or Path(name)}
    if stopped:
        wanted.pop(other, None)
    for variant, path in wanted.items():
        if path:
            service.download(video["id"], variant, path)
            out.print(str(path.resolve()))
    if stopped:
        err.print(f"as long as this service runs, it can render these keyframes: ttv render {video['id']}")


def pictures(references: Sequence[str], initial_image: Path | None) -> dict[str, Any]:
    """Read the user's pictures as the fields of a request; none where none are given.

    Args:
        references: `mara.png`, or `Mara=mara.png` for a picture of Mara.

    Raises:
        InvalidInput: a file cannot be read.
    """
    fields: dict[str, Any] = {}
    if references:
        fields["reference_images"] = [_reference(each) for each in references]
    if initial_image:
        fields["initial_image"] = {"data": _encoded("initial-image", initial_image)}
    return fields


def _reference(text: str) -> dict[str, str]:
    shows, separator, path = text.rpartition("=")
    shown = {"shows": shows} if separator else {}
    return {"data": _encoded("reference", Path(path)), **shown}


def _encoded(option: str, path: Path) -> str:
    try:
        return base64.b64encode(path.read_bytes()).decode()
    except OSError as error:
        raise InvalidInput(option, str(path), "a picture that can be read") from error
