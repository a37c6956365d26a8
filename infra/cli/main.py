"""The commands of `ttv`. Each reads its options, calls the right module, and says what came of it."""

import os
import shlex
import signal
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import structlog
import typer
from rich.table import Table

from functions.keyframes.planners import PlanRequest, planner
from functions.submit.creation import check_prompt
from infra.cli import admin, cost, existing, keys, making, models, options, settings, weights
from infra.cli.console import err, out
from infra.cli.exits import Exit
from infra.cli.explained import explained
from infra.cli.money import usd
from infra.local.environment import without_proxies_here
from shared.domain.capabilities import KeyframeMode
from shared.domain.generation import MAX_SHOTS
from shared.domain.gpu_work import Gpu
from shared.domain.pricing import estimate_usd_micros

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
app.add_typer(existing.app)
app.add_typer(models.app)
app.add_typer(cost.app)
app.add_typer(admin.app, name="admin")
app.add_typer(keys.app, name="keys")
app.add_typer(weights.app, name="weights")


@app.callback(invoke_without_command=True)
def ttv(
    show_version: Annotated[bool, typer.Option("--version", help="Print the version and end.")] = False,
) -> None:
    """Make videos from prompts."""
    if show_version:
        out.print(version("ttv-pipeline"))
        raise typer.Exit(Exit.OK)


@app.command()
def create(
    ctx: typer.Context,
    prompt: options.Prompt,
    seconds: options.Seconds = None,
    size: options.Size = None,
    fps: options.Fps = None,
    model: options.Model = None,
    image_model: options.ImageModel = None,
    planner: options.Planner = None,
    keyframes: options.Keyframes = None,
    keyframe_position: options.KeyframePosition = None,
    consistency: options.Consistency = None,
    judge_keyframes: options.JudgeKeyframes = None,
    redraw_below: options.RedrawBelow = None,
    transition: options.Transition = None,
    audio: options.Audio = None,
    lora: options.Lora = None,
    stop_after: options.StopAfter = None,
    style: options.Style = None,
    negative_prompt: options.NegativePrompt = None,
    max_cost_usd: options.MaxCostUsd = None,
    seed: options.Seed = None,
    config: options.ConfigFile = None,
    reference: options.Reference = None,
    initial_image: options.InitialImage = None,
    output: options.Output = None,
    sheet: options.Sheet = None,
    thumbnail: options.Thumbnail = None,
    endpoint: options.Endpoint = None,
    key: options.Key = "",
    folder: options.Folder = Path(".local"),
) -> None:
    """Make a video from a prompt and wait for it."""
    with explained():
        check_prompt(prompt)
        chosen = settings.chosen(ctx.params)
        if making.has_service(endpoint, folder):
            said = settings.for_a_service(config, chosen)
        else:  # a new one has the built-in backends: better to be told before it starts
            said = settings.said(settings.effective(config, chosen))
        body = {"prompt": prompt, **said, **making.pictures(reference or [], initial_image)}
        files = {"spritesheet": sheet, "thumbnail": thumbnail, "video": output}
        settings.check_files(files.values())
        with making.service_at(endpoint, key, folder, or_new=True) as service:
            video = making.made(service, lambda once: service.create(body, idempotency_key=once))
            making.save(service, video, files)


@app.command()
def plan(
    ctx: typer.Context,
    prompt: options.Prompt,
    seconds: options.Seconds = None,
    size: options.Size = None,
    model: options.Model = None,
    keyframes: options.Keyframes = None,
    style: options.Style = None,
    seed: options.Seed = None,
    config: options.ConfigFile = None,
) -> None:
    """Print the shots a prompt becomes and what they cost; make nothing."""
    with explained():
        check_prompt(prompt)
        asked = settings.effective(config, settings.chosen(ctx.params)).config
        request = PlanRequest(
            prompt=prompt,
            seconds=asked.seconds,
            clip_seconds=asked.clip_seconds,
            seed=asked.seed,
            keyframes=KeyframeMode(asked.keyframes),
            style=asked.style,
            max_shots=MAX_SHOTS,
        )
        planned = planner(asked.planner).plan(request)
    table = Table("#", "s", "keyframe", "clip", title=planned.title, show_lines=True)
    for number, shot in enumerate(planned.shots, 1):
        stills = " → ".join(filter(None, (shot.keyframe_prompt, shot.end_keyframe_prompt)))
        table.add_row(str(number), str(shot.seconds), stills, shot.prompt)
    out.print(table)
    for character in planned.characters:
        out.print(f"{character.name}: {character.description}")
    made = f"shots: {len(planned.shots)}, {asked.seconds} s, {asked.size}, {asked.model}"
    out.print(f"{made}: {usd(estimate_usd_micros(asked) / 1_000_000)} USD")


@app.command()
def up(
    folder: options.Folder = Path(".local"),
    stand_ins: Annotated[
        bool,
        typer.Option("--stand-ins", help="Offer Google's models too, stood in for on this machine: unpaid."),
    ] = False,
    weights_folder: Annotated[
        Path | None,
        typer.Option(
            "--weights",
            envvar="TTV_WEIGHTS",
            exists=True,
            file_okay=False,
            help="Offer the open-weight models that `ttv weights fetch` has put there. It needs torch.",
        ),
    ] = None,
    gpu: Annotated[
        Gpu | None,
        typer.Option(
            envvar="TTV_GPU",
            help="What renders them: this machine's GPU, or the kind nearest to it; cpu: for tiny models.",
        ),
    ] = None,
) -> None:
    """Run the whole service on this machine until Ctrl-C. Every start has a new key and no videos."""
    from infra.local.clients import create_api_key, job_store
    from infra.local.stack import LocalStack

    with explained(interrupted=Exit.OK):
        there = settings.weights_there(weights_folder, gpu)
        said = {} if stand_ins else settings.backends_said(weights=there)
        err.print("starting the local stack ...")
        with LocalStack(folder, function_environment=said, stand_ins=stand_ins, weights=there) as stack:
            key = create_api_key(job_store(stack.environment), "local")
            description = stack.write_description(key)
            out.print(f"URL  {stack.url}\nKEY  {key}\n     both, all ports and pids: {description}\n")
            if stand_ins:
                out.print(STOOD_IN_FOR)
            out.print(_example(stack.url, key, stack.certificate))
            stack.wait()


STOOD_IN_FOR = """\
Plans, pictures and clips of gemini, nano_banana, omni and veo are stood in for on this machine:
none of Google's models is called, and nothing is paid, whatever a video is said to cost.
"""


def _example(url: str, key: str, certificate: Path) -> str:
    return f"""HTTP/3, HTTP/2 and HTTP/1.1, with a certificate of this stack's own, which --cacert trusts:
KEY={key}
CERTIFICATE={shlex.quote(str(certificate))}
curl -s --cacert "$CERTIFICATE" {url}/v1/videos -H "Authorization: Bearer $KEY" \\
  -H 'Content-Type: application/json' \\
  -d '{{"prompt": "A red fox runs through a snowy forest. It finds a lantern.", "seconds": 12}}'
curl -s --cacert "$CERTIFICATE" {url}/v1/videos/VIDEO_ID -H "Authorization: Bearer $KEY"
curl -sL --cacert "$CERTIFICATE" {url}/v1/videos/VIDEO_ID/content -H "Authorization: Bearer $KEY" -o video.mp4
"""


def main() -> None:
    """Run the command line; the entry point of the console script."""
    structlog.configure(
        processors=[structlog.processors.add_log_level, structlog.dev.ConsoleRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger("warning"),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
    )
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # end a local stack in order, as Ctrl-C does
    os.environ.update(without_proxies_here(os.environ))
    app()
