"""What a measurement looks like in the printed table."""

from dataclasses import dataclass

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Row:
    """One measured figure and the budget it is held against."""

    what: str
    measured: str
    budget: str = ""
    within: bool | None = None
    """None where there is no budget."""
    note: str = ""


def show(rows: list[Row], console: Console) -> None:
    """Print all rows with their verdicts."""
    table = Table("measurement", "measured", "budget", "", "of that", title="budgets, in one run")
    for row in rows:
        verdict = {None: "", True: "[green]kept[/]", False: "[red]missed[/]"}[row.within]
        table.add_row(row.what, row.measured, row.budget, verdict, row.note)
    console.print(table)
