"""The options that commands share, with what each permits. Knows no command."""

from pathlib import Path
from typing import Annotated

import typer

from shared.domain import generation, job
from shared.domain.capabilities import EVERYTHING, VIDEO_BACKENDS
from shared.domain.generation import MAX_SECONDS, GenerationConfig

_DEFAULT = GenerationConfig()
_BACKEND = VIDEO_BACKENDS[_DEFAULT.model]

VideoId = Annotated[str, typer.Argument(help="Such as video_0123456789abcdef01234567.")]
DraftId = Annotated[str, typer.Argument(help="Of a video made with --stop-after keyframes.")]
Prompt = Annotated[str, typer.Argument(help="What the video shows, in words.")]
Seconds = Annotated[
    int | None,
    typer.Option(
        help=f"Length, {_BACKEND.clip_seconds[0]} to {MAX_SECONDS}; {_DEFAULT.seconds} when left out."
    ),
]
Size = Annotated[
    str | None, typer.Option(help=f"{', '.join(_BACKEND.sizes)}; {_DEFAULT.size} when left out.")
]
Fps = Annotated[
    int | None,
    typer.Option(
        help=f"Frames per second: {', '.join(map(str, _BACKEND.fps))}; {_DEFAULT.fps} when left out."
    ),
]
Model = Annotated[
    str | None,
    typer.Option(help="Video backend, where the service offers it: `ttv models` lists all."),
]
Planner = Annotated[
    str | None,
    typer.Option(help=f"Planner: {' or '.join(EVERYTHING.planners)}, where the service offers it."),
]
ImageModel = Annotated[
    str | None,
    typer.Option(help=f"Image backend: {' or '.join(EVERYTHING.image)}, where the service offers it."),
]
Consistency = Annotated[
    str | None,
    typer.Option(
        help="What keyframes are drawn from: sequential (the characters' sheets and the keyframe before) or"
        " anchored (the sheets, all at a time)."
    ),
]
JudgeKeyframes = Annotated[
    bool | None,
    typer.Option(
        "--judge-keyframes/--no-judge-keyframes",
        help="Have a model look at every keyframe and score how well its characters agree with their sheets.",
    ),
]
RedrawBelow = Annotated[
    float | None,
    typer.Option(help="Score, 0 to 1, below which a judged keyframe is drawn anew, at most twice."),
]
Audio = Annotated[
    bool | None, typer.Option("--audio/--no-audio", help="With sound or without; as its backend makes it.")
]
Keyframes = Annotated[str | None, typer.Option(help=f"Keyframe mode: {', '.join(_BACKEND.keyframes)}.")]
KeyframePosition = Annotated[
    str | None,
    typer.Option(
        help=f"Where in its clip a single keyframe stands: {', '.join(_BACKEND.keyframe_positions)}."
    ),
]
Transition = Annotated[
    str | None, typer.Option(help=f"From shot to shot: {', '.join(generation.Transition)}.")
]


def lora(text: str) -> dict[str, str]:
    """Take a name and its weight apart; whether they are permitted is for the configuration to say."""
    name, separator, weight = text.partition(":")
    return {"name": name, "weight": weight} if separator else {"name": name}


Lora = Annotated[
    dict[str, str] | None,
    typer.Option(
        metavar="NAME[:WEIGHT]",
        parser=lora,
        help="An adapter of the service's, such as a brand's own look, and how strongly it acts, 0 to 2.",
    ),
]
StopAfter = Annotated[
    str | None, typer.Option(help="keyframes: end with the storyboard sheet, to `ttv render` it later.")
]
Style = Annotated[
    str | None, typer.Option(help="How every picture looks, such as watercolour; as the prompt says, if not.")
]
NegativePrompt = Annotated[str | None, typer.Option(help="What no picture is to show, with commas between.")]
MaxCostUsd = Annotated[
    float | None,
    typer.Option("--max-cost-usd", help="What it may cost at most, in US dollars; else it is not made."),
]
Reference = Annotated[
    list[str] | None,
    typer.Option(
        metavar="[NAME=]FILE",
        help="A picture keyframes must agree with: of the character NAME, else of a place or style.",
    ),
]
InitialImage = Annotated[
    Path | None,
    typer.Option(exists=True, dir_okay=False, help="Your own first keyframe, in the video's shape."),
]
Seed = Annotated[int | None, typer.Option(help="The same request with the same seed makes the same video.")]
ConfigFile = Annotated[
    Path | None,
    typer.Option(
        "--config",
        exists=True,
        dir_okay=False,
        help=f"TOML file of settings, which options overrule: {', '.join(GenerationConfig.model_fields)}.",
    ),
]
Limit = Annotated[int, typer.Option(min=1, help="How many at most.")]
Status = Annotated[str | None, typer.Option(help=f"Only those: {', '.join(job.Status)}.")]
Output = Annotated[
    Path | None, typer.Option("--output", "-o", help="Where the MP4 goes; VIDEO_ID.mp4 when left out.")
]
Sheet = Annotated[Path | None, typer.Option(help="Where the storyboard sheet goes too, a PNG.")]
Thumbnail = Annotated[Path | None, typer.Option(help="Where the thumbnail goes too, a JPEG.")]
Endpoint = Annotated[
    str | None,
    typer.Option(
        envvar="TTV_ENDPOINT",
        help="URL of a service. Without one: the local stack that runs in FOLDER, else one for this video.",
    ),
]
Key = Annotated[str, typer.Option(envvar="TTV_API_KEY", help="API key of that service.")]
Folder = Annotated[Path, typer.Option(help="Where the local stack keeps its logs and data.")]
