"""`ttv cost`: what a month of a deployment costs, from dated tables. It asks no service, computes nothing."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from infra.cli import options
from infra.cli.admin import print_table
from infra.cli.console import err, out
from infra.cli.explained import explained
from infra.cli.models import LISTED
from shared.domain.capabilities import VIDEO_BACKENDS
from shared.domain.errors import InvalidInput
from shared.domain.generation import GenerationConfig, build_effective_config

if TYPE_CHECKING:
    from infra.cost.bill import Bill
    from infra.cost.scenario import Scenario

LARGEST = 3
"""How many components are named as the dearest."""

NOT_COUNTED = (
    "calls made again, refused or judged, fallbacks, builds, the disk of weightsCache, committed use,"
    " discounts, support and taxes"
)

app = typer.Typer()


@app.command()
def cost(
    jobs_per_day: Annotated[float, typer.Option(help="Videos made each day.")],
    shots: Annotated[int, typer.Option(help="Of each video.")],
    seconds: Annotated[int, typer.Option(help="Length of each video.")],
    model: Annotated[str, typer.Option(help=f"Video backend: {', '.join(LISTED.video)}.")],
    size: options.Size = None,
    planner: options.Planner = None,
    image_model: options.ImageModel = None,
    gpu: Annotated[
        str | None,
        typer.Option(
            help="Make the clips on this GPU, l4 or rtx-pro-6000; for a model that needs one. When left out,"
            " as the stack has it."
        ),
    ] = None,
    downloads: Annotated[float | None, typer.Option(help="Of each video; 2 when left out.")] = None,
    stack_file: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            dir_okay=False,
            help="Sizes, minimum instances, GPU and CDN as a stack has them, such as infra/Pulumi.prod.yaml.",
        ),
    ] = None,
    free_units: Annotated[
        bool,
        typer.Option("--free-units/--no-free-units", help="Whether to take off what is free each month."),
    ] = True,
    details: Annotated[
        bool, typer.Option("--details", help="Every line, with its price and source.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="The same, for a program.")] = False,
) -> None:
    """Tell what a month costs, component by component. No service is needed, and nothing is made."""
    from infra.cost.bill import bill  # here: it reads stacks' configuration, for which Pulumi is imported
    from infra.cost.tables import prices, workload

    with explained():
        chosen = {"seconds": seconds, "model": model, "size": size, "planner": planner}
        config = build_effective_config(cli={**chosen, "image_model": image_model}, offered=LISTED).config
        scenario = _scenario(
            config,
            jobs_per_day=jobs_per_day,
            shots=shots,
            gpu=gpu,
            downloads=downloads,
            stack_file=stack_file,
            free_units=free_units,
        )
        made = bill(scenario, prices(), workload())
    if as_json:
        out.print(json.dumps(as_data(made), indent=2))
        return
    out.print(_asked(made))
    print_table(_components(made))
    if details:
        print_table(_lines(made))
    out.print(_sums(made))
    err.print(_caveats(made))


def _scenario(
    config: GenerationConfig,
    *,
    jobs_per_day: float,
    shots: int,
    gpu: str | None,
    downloads: float | None,
    stack_file: Path | None,
    free_units: bool,
) -> "Scenario":
    from infra.config import Gpu  # here: as above
    from infra.cost.scenario import Plant, Scenario
    from infra.cost.stack_file import plant_of

    plant = plant_of(stack_file) if stack_file else Plant()
    clips_on = plant.gpu if VIDEO_BACKENDS[config.model].needs_gpu else Gpu.NONE
    if gpu is not None:
        if gpu not in list(Gpu):
            raise InvalidInput("gpu", gpu, tuple(Gpu))
        clips_on = Gpu(gpu)
        plant = plant.with_gpu(clips_on)
    return Scenario(
        jobs_per_day=jobs_per_day,
        shots=shots,
        config=config,
        plant=plant,
        clips_on=clips_on,
        downloads=downloads,
        is_free_counted=free_units,
    )


def as_data(made: "Bill") -> Mapping[str, Any]:
    """Return a bill as `--json` prints it: US dollars, to a millionth."""
    scenario = made.scenario
    return {
        "videos_per_month": round(scenario.videos_per_month, 6),
        "shots": scenario.shots,
        **{
            name: getattr(scenario.config, name)
            for name in ("seconds", "size", "model", "planner", "image_model")
        },
        "region": scenario.plant.region,
        "clips_on_gpu": scenario.clips_on,
        "usd_per_month": round(made.total_usd, 6),
        "usd_per_video": round(made.usd_per_video, 6),
        "usd_per_further_video": round(made.usd_per_further_video, 6),
        "usd_per_second": round(made.usd_per_second, 6),
        "fixed_usd": round(made.fixed_usd, 6),
        "videos_usd": round(made.videos_usd, 6),
        "free_usd": round(made.free_usd, 6),
        "assumed_usd": round(made.assumed_usd, 6),
        "free_units_counted": scenario.is_free_counted,
        "not_counted": NOT_COUNTED,
        "largest": [share.component for share in made.shares[:LARGEST]],
        "components": [
            {
                "component": share.component,
                "fixed_usd": round(share.fixed_usd, 6),
                "videos_usd": round(share.videos_usd, 6),
                "free_usd": round(share.free_usd, 6),
                "usd": round(share.usd, 6),
                "assumed_usd": round(share.assumed_usd, 6),
            }
            for share in made.shares
        ],
        "lines": [
            {
                "component": use.component,
                "what": use.what,
                "fixed": use.is_fixed,
                "units": round(use.units, 6),
                "usd": round(use.usd, 6),
                "assumed": use.is_assumed,
                "price": use.price.model_dump(mode="json"),
                "figures": [figure.model_dump(mode="json") for figure in use.rests_on],
            }
            for use in made.uses
        ],
    }


def _asked(made: "Bill") -> str:
    scenario, config = made.scenario, made.scenario.config
    shots = f"{scenario.shots} shot{'s'[: scenario.shots - 1]}"
    of_each = (shots, f"{config.seconds} s", config.size, config.model, config.image_model, config.planner)
    return f"{scenario.jobs_per_day:g} videos a day, each of {', '.join(of_each)}"


def _components(made: "Bill") -> Table:
    """Show what each component costs, dearest first."""
    table = Table(title="US dollars a month")
    for name in ("", "fixed", "for videos", "free", "to be paid", "share", "assumed"):
        table.add_column(name, justify="right" if name else "left")
    total = made.total_usd
    for rank, share in enumerate(made.shares, 1):
        table.add_row(
            f"{rank if rank <= LARGEST else ' '} {share.component}",
            *(usd(share.fixed_usd), usd(share.videos_usd), usd(-share.free_usd), usd(share.usd)),
            *(_percent(share.usd, total), _percent(share.assumed_usd, share.usd)),
            style="bold" if rank <= LARGEST else None,
            end_section=rank == len(made.shares),
        )
    sums = (made.fixed_usd, made.videos_usd, -made.free_usd, total)
    table.add_row("  together", *map(usd, sums), _percent(total, total), _percent(made.assumed_usd, total))
    return table


def _lines(made: "Bill") -> Table:
    """Show what everything is made of."""
    names = ("component", "what", "units", "", "USD per unit", "USD", "price", "figures", "as of", "source")
    table = Table(*names, title="a month")
    for use in (use for use in made.uses if use.units):
        price = use.price
        figures = ", ".join(dict.fromkeys(figure.basis.value for figure in use.rests_on))
        table.add_row(
            *(use.component, use.what, f"{use.units:,.4g}", price.unit, f"{price.of(1):.4g}", usd(use.usd)),
            *(price.basis, figures, str(price.as_of), price.source),
        )
    return table


def _sums(made: "Bill") -> str:
    largest = ", ".join(share.component for share in made.shares[:LARGEST])
    return (
        f"a video: {usd(made.usd_per_video)} USD of everything; one more: {usd(made.usd_per_further_video)}\n"
        f"a second of video: {usd(made.usd_per_second)} USD\n"
        f"dearest: {largest}"
    )


def _caveats(made: "Bill") -> str:
    from infra.cost.scenario import PRICED_REGION  # here: as above

    region = made.scenario.plant.region
    elsewhere = f"; this deployment is in {region}, where some differ" if region != PRICED_REGION else ""
    free = "taken off" if made.scenario.is_free_counted else "not taken off"
    return (
        f"Prices are those of {PRICED_REGION} where they differ by region and were found{elsewhere}."
        f" What is free each month is {free}; a billing account has it once.\n"
        f"{usd(made.assumed_usd)} USD rest on prices or figures that are assumed: --details tells which,"
        f" docs/costs.md what to do about it.\nNot counted: {NOT_COUNTED}."
    )


def _percent(part: float, whole: float) -> str:
    return f"{part / whole:.0%}" if round(whole, 4) else "-"


def usd(amount: float) -> str:
    """Write US dollars: cents of what is more than one, else hundredths of a cent."""
    if not round(amount, 4):
        return "0"
    return f"{amount:,.2f}" if abs(amount) >= 1 else f"{amount:.4f}"
