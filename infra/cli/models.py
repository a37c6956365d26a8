"""`ttv models`: what every backend can do and costs, from the tables in the code. It asks no service."""

from collections.abc import Mapping, Sequence
from math import gcd
from typing import Annotated

import typer
from rich.table import Table

from functions.submit.offered import offered_models
from functions.submit.schemas import ImageModel, ModelSource, PlannerModel, VideoModel
from infra.cli.admin import print_table
from infra.cli.console import err, out
from infra.cli.money import usd
from shared.domain.capabilities import EVERYTHING, Offer
from shared.domain.durations import in_words

FOR_TESTS = "scripted"
"""A video backend that no user can have."""

LISTED: Offer = EVERYTHING.evolve(video=tuple(name for name in EVERYTHING.video if name != FOR_TESTS))

COLUMN_CHARACTERS = 44
"""Where a script reads along and there is no terminal to be fitted to."""

Model = VideoModel | ImageModel | PlannerModel

app = typer.Typer()


@app.command()
def models(
    as_json: Annotated[bool, typer.Option("--json", help="As `GET /v1/models` answers it.")] = False,
) -> None:
    """List all backends: what each can do, what it costs, and who says so. No service is needed."""
    offered = offered_models(LISTED)
    if as_json:
        out.print(offered.model_dump_json(indent=2))
        return
    of_kind: dict[str, list[Model]] = {"video": [], "image": [], "planner": []}
    for each in offered.data:
        of_kind[each.kind].append(each)
    for title, told in (
        ("Video", of_kind["video"]),
        ("Image", of_kind["image"]),
        ("Plan", of_kind["planner"]),
    ):
        print_table(_side_by_side(title, told))
    err.print(
        "Built in: animatic, storyboard, rules; a deployment may offer the others (docs/backends.md)."
        " Prices are in US dollars; verify those that are assumed or a third party's."
    )


def _side_by_side(title: str, models: Sequence[Model]) -> Table:
    """Show backends as columns, since there are few of them and much to say of each."""
    table = Table(title)
    for model in models:
        table.add_column(model.id, max_width=COLUMN_CHARACTERS, overflow="fold")
    rows = [_facts(model) for model in models]
    for name in rows[0]:
        table.add_row(name, *(row[name] for row in rows))
    return table


def _facts(model: Model) -> Mapping[str, str]:
    match model:
        case VideoModel():
            own = _facts_of_video(model)
        case ImageModel():
            own = {
                "references": str(model.reference_images or "none"),
                "consistency": ", ".join(model.consistency),
                "judge": _price(model.usd_per_judgement, "a look"),
                "price": _price(model.usd_per_image, "an image"),
            }
        case PlannerModel():
            own = {"price": _price(model.usd_per_call, "a call")}
    return {
        "model id": model.model_id or "-",
        "API": model.api,
        **own,
        "price as of": _source(model.price_source),
        "the rest as of": _source(model.source),
    }


def _facts_of_video(model: VideoModel) -> dict[str, str]:
    seconds = in_words(model.clip_seconds)
    if model.pair_seconds != model.clip_seconds:
        seconds += f"; first and last frame {in_words(model.pair_seconds)}"
    return {
        "seconds": seconds,
        "sizes": ", ".join(model.sizes),
        "ratios": ", ".join(dict.fromkeys(map(_ratio, model.sizes))),
        "frames a second": ", ".join(map(str, model.fps)),
        "keyframes": ", ".join(model.keyframes),
        "keyframe at": ", ".join(model.keyframe_positions),
        "first frame": _yes(model.first_frame),
        "first and last": _yes(model.first_and_last_frame),
        "references": f"{model.reference_images}, not given yet" if model.reference_images else "none",
        "audio": " or ".join("with" if has_sound else "without" for has_sound in model.audio),
        "prompt": f"at most {model.prompt_characters:,} characters",
        "at a time": str(model.max_operations or "any number"),
        "price": _prices(model),
    }


def _prices(model: VideoModel) -> str:
    if not model.paid:
        return "free"
    return "\n".join(
        f"${usd(price.usd)} a second{f' at {price.lines}p' if price.lines else ''}" for price in model.prices
    )


def _price(amount: float | None, per: str) -> str:
    if amount is None:
        return "none"
    return f"${usd(amount)} {per}" if amount else "free"


def _source(source: ModelSource) -> str:
    return f"{source.as_of}: {source.told_by}"


def _yes(is_so: bool) -> str:
    return "yes" if is_so else "no"


def _ratio(size: str) -> str:
    width, height = map(int, size.split("x"))
    common = gcd(width, height)
    return f"{width // common}:{height // common}"
