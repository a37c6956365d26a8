"""What commands print on, and how they end. Knows no command."""

from typing import NoReturn

import typer
from rich.console import Console

from infra.cli.exits import Exit

out = Console(highlight=False, soft_wrap=True, markup=False)
"""What a script reads: paths, plans, keys."""

err = Console(highlight=False, soft_wrap=True, markup=False, stderr=True)
"""What a person reads: progress and errors."""


def end(code: Exit, message: str) -> NoReturn:
    """Say `message` and end the command."""
    err.print(message, style="red" if code else None)
    raise typer.Exit(code)
