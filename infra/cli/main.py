"""The commands of `ttv`. Each reads its options, calls the right module, and says what came of it."""

import secrets
import signal
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import structlog
import typer
from rich.console import Console
from rich.table import Table

from functions.keyframes.planners import PlanRequest, planner
from infra.cli.exits import Exit
from infra.cli.progress import show
from infra.cli.service import Refused, Service, Unreachable
from infra.local.errors import LocalStackError, NotRunning
from shared.domain.errors import InvalidInput, PlanImpossible
from shared.domain.generation import MAX_SHOTS, VIDEO_BACKENDS, EffectiveConfig, Layer, build_effective_config
from shared.domain.pricing import estimate_usd_micros

BAD_INPUT_STATUSES = (400, 413, 415, 422)

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
out = Console()
err = Console(stderr=True)

Prompt = Annotated[str, typer.Argument(help="What the video shows, in words.")]
Seconds = Annotated[int | None, typer.Option(help="Length of the video.")]
Size = Annotated[str | None, typer.Option(help="Width x height in pixels, such as 1280x720.")]
Model = Annotated[str | None, typer.Option(help="Video backend.")]
Keyframes = Annotated[str | None, typer.Option(help="Keyframe mode.")]
Seed = Annotated[
    int | None, typer.Option(help="The same seed gives the same video on the built-in backends.")
]
ConfigFile = Annotated[
    Path | None, typer.Option("--config", help="TOML file of the same settings.", exists=True, dir_okay=False)
]
Folder = Annotated[Path, typer.Option(help="Where the local stack keeps its logs and data.")]


@app.command()
def create(
    prompt: Prompt,
    seconds: Seconds = None,
    size: Size = None,
    model: Model = None,
    keyframes: Keyframes = None,
    seed: Seed = None,
    config: ConfigFile = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Where the MP4 goes; VIDEO_ID.mp4 when left out.")
    ] = None,
    sheet: Annotated[Path | None, typer.Option(help="Also save the storyboard sheet (PNG).")] = None,
    thumbnail: Annotated[Path | None, typer.Option(help="Also save the thumbnail (JPEG).")] = None,
    endpoint: Annotated[
        str | None,
        typer.Option(
            envvar="TTV_ENDPOINT",
            help="URL of a running service; without one, a local stack is started for this video.",
        ),
    ] = None,
    key: Annotated[str, typer.Option(envvar="TTV_API_KEY", help="API key of that service.")] = "",
    folder: Folder = Path(".local"),
) -> None:
    """Make a video from a prompt and wait for it."""
    chosen = {"seconds": seconds, "size": size, "model": model, "keyframes": keyframes, "seed": seed}
    with _explained():
        effective = build_effective_config(base=_read(config), cli=chosen)
        body = {"prompt": prompt, **_said(effective)}
        with _service(endpoint, key, folder) as service:
            video = _made(service, body)
            _report(video)
            wanted = {
                "video": output or Path(f"{video['id']}.mp4"),
                "thumbnail": thumbnail,
                "spritesheet": sheet,
            }
            for variant, path in wanted.items():
                if path:
                    service.download(video["id"], variant, path)
                    out.print(path.resolve(), soft_wrap=True, highlight=False)


@app.command()
def plan(
    prompt: Prompt,
    seconds: Seconds = None,
    size: Size = None,
    model: Model = None,
    keyframes: Keyframes = None,
    seed: Seed = None,
    config: ConfigFile = None,
) -> None:
    """Print the shots a prompt becomes and what they cost; make nothing."""
    chosen = {"seconds": seconds, "size": size, "model": model, "keyframes": keyframes, "seed": seed}
    with _explained():
        settings = build_effective_config(base=_read(config), cli=chosen).config
        planned = planner(settings.planner).plan(
            PlanRequest(
                prompt=prompt,
                seconds=settings.seconds,
                clip_seconds=VIDEO_BACKENDS[settings.model].clip_seconds,
                seed=settings.seed,
                max_shots=MAX_SHOTS,
            )
        )
    table = Table("#", "s", "keyframe", "clip", title=planned.title, show_lines=True)
    for number, shot in enumerate(planned.shots, 1):
        table.add_row(str(number), str(shot.seconds), shot.keyframe_prompt, shot.prompt)
    out.print(table)
    for character in planned.characters:
        out.print(f"{character.name}: {character.description}")
    dollars = estimate_usd_micros(settings) / 1_000_000
    made = f"{len(planned.shots)} shots, {settings.seconds} s, {settings.size}, {settings.model}"
    out.print(f"{made}: {dollars:.2f} USD")


@app.command()
def up(folder: Folder = Path(".local")) -> None:
    """Run the whole service on this machine until Ctrl-C."""
    from infra.local.clients import create_api_key, job_store
    from infra.local.stack import LocalStack

    with _explained(), LocalStack(folder) as stack:
        key = create_api_key(job_store(stack.environment), "local")
        description = stack.write_description(key)
        out.print(
            f"URL  {stack.url}\nKEY  {key}\n     (both, all ports and pids: {description})\n",
            highlight=False,
            soft_wrap=True,
        )
        out.print(_example(stack.url, key), highlight=False, soft_wrap=True)
        stack.wait()


@contextmanager
def _explained() -> Iterator[None]:
    """End with the exit code that says what went wrong, and one message instead of a traceback."""
    try:
        yield
    except (InvalidInput, PlanImpossible, tomllib.TOMLDecodeError) as error:
        _end(Exit.BAD_INPUT, str(error))
    except Unreachable as error:
        _end(Exit.UNREACHABLE, str(error))
    except Refused as error:
        _end(Exit.BAD_INPUT if error.status in BAD_INPUT_STATUSES else Exit.REFUSED, str(error))
    except LocalStackError as error:
        _end(Exit.NO_STACK, str(error))
    except KeyboardInterrupt:
        _end(Exit.INTERRUPTED, "interrupted")


def _end(code: Exit, message: str) -> None:
    err.print(message, style="red" if code else None, highlight=False, soft_wrap=True)
    raise typer.Exit(code)


@contextmanager
def _service(endpoint: str | None, key: str, folder: Path) -> Iterator[Service]:
    """Reach the service at `endpoint`; else the local stack that runs in `folder`; else start one."""
    from infra.local.description import StackDescription

    if endpoint:
        yield Service(endpoint, key)
        return
    try:
        running = StackDescription.read(folder / "stack.json")
    except NotRunning:
        pass
    else:
        yield Service(running.url, running.api_key)
        return
    from infra.local.clients import create_api_key, job_store
    from infra.local.stack import LocalStack

    with LocalStack(folder) as stack:
        yield Service(stack.url, create_api_key(job_store(stack.environment), "local"))


def _made(service: Service, body: dict[str, Any]) -> dict[str, Any]:
    """Create a video and follow it to its end. Ctrl-C cancels it."""
    created = service.create(body, idempotency_key=secrets.token_hex(16))
    try:
        return show(service.follow(created["id"]), out)
    except KeyboardInterrupt:
        service.cancel(created["id"])
        raise


def _report(video: dict[str, Any]) -> None:
    if video["status"] == "failed":
        error = video["error"]
        shot = "" if error["shot"] is None else f" (shot {error['shot'] + 1})"
        _end(Exit.FAILED, f"{video['id']} failed{shot}: {error['code']}: {error['message']}")
    if video["status"] == "cancelled":
        _end(Exit.CANCELLED, f"{video['id']} was cancelled")


def _read(config: Path | None) -> dict[str, Any]:
    return tomllib.loads(config.read_text()) if config else {}


def _said(effective: EffectiveConfig) -> dict[str, Any]:
    """Return the settings that the user has set; the rest is for the service to decide."""
    values = effective.config.model_dump(mode="json")
    return {name: values[name] for name, layer in effective.layers.items() if layer is not Layer.DEFAULT}


def _example(url: str, key: str) -> str:
    return (
        f"curl -s {url}/v1/videos -H 'Authorization: Bearer {key}' -H 'Content-Type: application/json' \\\n"
        """  -d '{"prompt": "A red fox runs through fresh snow. It finds a lantern.", "seconds": 12}'"""
    )


def main() -> None:
    """Run the command line; the entry point of the console script."""
    structlog.configure(
        processors=[structlog.processors.add_log_level, structlog.dev.ConsoleRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger("warning"),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
    )
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # end a local stack in order, as Ctrl-C does
    app()
