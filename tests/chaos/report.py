"""How a run is told to people: one table, and every broken promise with what shows it. It judges nothing."""

import statistics
from collections import Counter
from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from infra.local.stand_ins.ledger import ANSWER_LOST, Ledger
from tests.chaos.boundaries import BOUNDARIES_OF, Boundary
from tests.chaos.facts import Recovery, RunFacts, Violation
from tests.chaos.run_invariants import answers_in_outages

MAX_SHOWN = 40
"""Violations; of more, the first ones say enough."""


def show(run: RunFacts, ledger: Ledger, console: Console) -> None:
    """Print what happened."""
    table = Table("what", "how often", title=f"chaos, seed {run.seed}", title_justify="left")
    statuses = Counter(job.state.job.status.value for job in run.jobs)
    failures = Counter(job.state.job.error.code for job in run.jobs if job.state.job.error)
    table.add_row("jobs", f"{len(run.jobs)}: {_listed(statuses)}")
    table.add_row("failed of", _listed(failures))
    table.add_row("strikes", _listed(Counter(strike.deed.value for strike in run.strikes)))
    sleepers = f"{run.second_workers} given to a second worker, {run.cancelled_asleep} cancelled"
    table.add_row("work of sleepers", sleepers)
    table.add_row("deliveries", _listed(run.deliveries))
    table.add_row("writes to storage", _listed(run.storage))
    table.add_row("clocks of functions' processes", _listed(run.clocks))
    table.add_row("Firestore away", f"{len(run.freezes)} times, 10 s each; {_answers_in(run)}")
    _show_money(run, ledger, table)
    table.add_row("time to recover", _recovery(run.recoveries))
    table.add_row("wall time", f"{run.wall_seconds:.0f} s")
    console.print(table)
    console.print(_strikes(run))


def show_violations(violations: Sequence[Violation], console: Console) -> None:
    """Print every broken promise."""
    for violation in violations[:MAX_SHOWN]:
        console.print(f"[red]{escape(violation.where)}[/] {escape(violation.what)}", highlight=False)
        for line in violation.evidence:
            console.print(f"    {escape(line)}", style="dim", highlight=False)
    if len(violations) > MAX_SHOWN:
        console.print(f"... and {len(violations) - MAX_SHOWN} more")


def _strikes(run: RunFacts) -> Table:
    """Return how often each function was struck, and where."""
    table = Table("struck, of all passages", *BOUNDARIES_OF)
    struck = Counter((strike.function, strike.boundary) for strike in run.strikes)
    for boundary in Boundary:
        cells = [
            f"{struck[function, boundary]} of {run.passages[function, boundary]}" if boundary in own else ""
            for function, own in BOUNDARIES_OF.items()
        ]
        table.add_row(boundary, *cells)
    table.add_row("from outside, at any moment", *(str(struck[function, None]) for function in BOUNDARIES_OF))
    return table


def _show_money(run: RunFacts, ledger: Ledger, table: Table) -> None:
    charges = [charge for job in run.jobs for shot in job.state.shots for charge in shot.charges]
    billed = sum(ledger.paid_outputs().values())
    table.add_row("paid calls", f"{len(ledger.calls)} made, {billed} billed")
    lost = ledger.counts[ANSWER_LOST]
    ambiguous = sum(charge.ambiguous for charge in charges)
    table.add_row("answers lost by the provider", str(lost))
    table.add_row("ambiguous calls", str(ambiguous))
    table.add_row("refunds", str(sum(charge.usd_micros < 0 for charge in charges)))


def _answers_in(run: RunFacts) -> str:
    """Say what clients were told meanwhile."""
    answers = answers_in_outages(run)
    codes = Counter(str(answer.code or "no answer") for answer in answers)
    slowest = max((answer.took_seconds for answer in answers), default=0)
    return f"answers meanwhile: {_listed(codes)}, slowest after {slowest:.1f} s"


def _recovery(recoveries: Sequence[Recovery]) -> str:
    if not recoveries:
        return "nobody was killed at work"
    worst = max(recoveries, key=lambda recovery: recovery.seconds)
    median = statistics.median(recovery.seconds for recovery in recoveries)
    of = f"of {len(recoveries)} kills of a worker that held work"
    return f"{median:.1f} s in the median, {worst.seconds:.1f} s at worst, {of}\nworst: {worst}"


def _listed(counts: Counter[str]) -> str:
    return (
        ", ".join(f"{number} {name.replace('_', ' ')}" for name, number in sorted(counts.items())) or "none"
    )
