"""`ttv keys`: who may call the API of a deployment. It speaks to Firestore, not to the API."""

from typing import Annotated

import typer
from rich.table import Table

from infra.cli.admin import Environment, Folder, print_table, reached
from infra.cli.console import err, out
from infra.cli.times import shown
from infra.local.clients import api_keys
from shared.api_keys import ApiKey, KeyLimits, Scope
from shared.domain.errors import InvalidInput
from shared.domain.generation import MAX_COST_USD
from shared.domain.pricing import MICROS, usd_micros

app = typer.Typer(no_args_is_help=True, help="Make, list and revoke API keys: for operators.")

AtLeastOne = typer.Option(min=1, help="Instead of what the deployment permits.")


@app.command()
def create(
    owner: Annotated[str, typer.Argument(help="Whose videos it opens. All keys of an owner share limits.")],
    name: Annotated[str, typer.Option(help="Tells the owner's keys apart.")] = "",
    scope: Annotated[Scope, typer.Option(help="What it opens.")] = Scope.VIDEOS,
    creations_per_minute: Annotated[int | None, AtLeastOne] = None,
    running_videos: Annotated[int | None, AtLeastOne] = None,
    usd_per_month: Annotated[
        float | None,
        typer.Option(min=0, max=MAX_COST_USD, help="Instead of what the deployment permits; 0: no limit."),
    ] = None,
    environment: Environment = None,
    folder: Folder = None,
) -> None:
    """Make a key and print it. It is shown this once: only its hash is stored."""
    with reached(environment, folder) as there:
        if not owner.strip() or not owner.isprintable():
            raise InvalidInput("owner", owner, "printable text")
        if not name.isprintable():
            raise InvalidInput("name", name, "printable text")
        limits = KeyLimits(
            creations_per_minute=creations_per_minute,
            running_videos=running_videos,
            usd_micros_per_month=None if usd_per_month is None else usd_micros(usd_per_month),
        )
        key, made = api_keys(there.environment).create(owner, name=name, scope=scope, limits=limits)
        out.print(key)
        _tell("key.created", made)


@app.command("list")
def list_keys(environment: Environment = None, folder: Folder = None) -> None:
    """List all keys: never the keys themselves, but the digits that name them in logs."""
    with reached(environment, folder) as there:
        table = Table(
            *("key", "owner", "name", "scope", "creations a minute", "running videos", "USD a month"),
            *("created", "revoked"),
        )
        for key in api_keys(there.environment).all():
            revoked = shown(key.revoked_at) if key.disabled else "-"
            table.add_row(
                key.digits, key.owner, key.name, key.scope, *_limits(key), shown(key.created_at), revoked
            )
        print_table(table)


@app.command()
def revoke(
    key: Annotated[str, typer.Argument(help="The key, or the digits that name it in the list.")],
    environment: Environment = None,
    folder: Folder = None,
) -> None:
    """Let a key in no more, at the latest in half a minute. Its owner's videos go on. Safe to repeat."""
    with reached(environment, folder) as there:
        _tell("key.revoked", api_keys(there.environment).revoke(key))


def _limits(key: ApiKey) -> tuple[str, str, str]:
    """Write a key's limits; a dash where it has none of its own."""
    usd = key.limits.usd_micros_per_month
    counts = (key.limits.creations_per_minute, key.limits.running_videos)
    per_minute, running = ("-" if each is None else str(each) for each in counts)
    return per_minute, running, "-" if usd is None else f"{usd / MICROS:g}" if usd else "no limit"


def _tell(action: str, key: ApiKey) -> None:
    """Tell what was done. What lasts is the key's own document, with both times."""
    err.print(f"{action}: {key.digits} of {key.owner}, {key.scope}")
