"""`make chaos`: one run, its figures, and every promise that was broken. Exits with 1 if any was.

python -m tests.chaos --jobs 200 --seed 7

The seed decides what is ordered, and what befalls the n-th passage of each boundary, the n-th delivery, the
n-th write, the n-th paid call. Which of them comes first is the machine's to say, as it is in the cloud.
"""

import argparse
import secrets
import shutil
import sys
import time
from pathlib import Path

import structlog
from rich.console import Console

from infra.archives import REPOSITORY
from tests.chaos.invariants import violations_of
from tests.chaos.report import show, show_violations
from tests.chaos.run import PAID_MODELS, Options, run
from tests.chaos.run_invariants import violations_of_run

PLAIN_LINE_SECONDS = 30.0
"""Between two lines on progress where there is no terminal to keep one up to date."""


def main() -> int:
    """Return the exit code."""
    options = _parse()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger("error"))
    console = Console(width=140)
    console.print(f"seed {options.seed}, {options.jobs} jobs, paid is {options.model}")
    with console.status("starting") as status:
        said_at = time.monotonic()

        def say(progress: str) -> None:
            nonlocal said_at
            status.update(progress)
            if not console.is_terminal and time.monotonic() - said_at >= PLAIN_LINE_SECONDS:
                said_at = time.monotonic()
                console.print(progress)

        facts, ledger = run(options, say)
    violations = [*violations_of_run(facts), *(found for job in facts.jobs for found in violations_of(job))]
    show(facts, ledger, console)
    if violations:
        show_violations(violations, console)
        repeat = f"make chaos SEED={options.seed} JOBS={options.jobs} MODEL={options.model}"
        console.print(f"[red]{len(violations)} promises broken.[/] Logs and ledger: {options.folder}")
        console.print(f"again: {repeat}")
        return 1
    console.print("[green]every promise kept[/]")
    if not options.keep:
        for name in ("stack", "strikes"):
            shutil.rmtree(options.folder / name, ignore_errors=True)
    return 0


def _parse() -> Options:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--jobs", type=int, default=200, help="how many videos are ordered (default: 200)")
    parser.add_argument("--seed", type=int, help="of all that goes wrong; chosen when left out")
    parser.add_argument(
        "--folder",
        type=Path,
        default=REPOSITORY / ".local" / "chaos",
        help="of the run; logs and ledger stay there when a promise was broken",
    )
    parser.add_argument(
        "--model", choices=PAID_MODELS, default=PAID_MODELS[0], help="who is paid (default: %(default)s)"
    )
    parser.add_argument("--keep", action="store_true", help="keep them in any case")
    given = parser.parse_args()
    seed = secrets.randbelow(100_000) if given.seed is None else given.seed
    return Options(
        seed=seed, jobs=given.jobs, folder=given.folder.resolve(), model=given.model, keep=given.keep
    )


if __name__ == "__main__":
    sys.exit(main())
