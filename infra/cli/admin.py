"""`ttv admin`: what operators do to a deployment. It speaks to Firestore and Cloud Tasks, not to the API."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from infra.cli.console import end, err, out
from infra.cli.deployment import Deployment, environment_of
from infra.cli.exits import Exit
from infra.cli.job_report import due_table, event_table, paid_calls, summary, work_table
from infra.cli.standing import replace, standings
from infra.cli.times import shown
from infra.local.errors import LocalStackError
from shared.domain.capabilities import VIDEO_BACKENDS
from shared.domain.circuit import Circuit
from shared.domain.errors import Contended, InvalidInput, NotFound, Unavailable, shorten
from shared.domain.messages import Destination
from shared.domain.naming import JOB_ID

PIPE_WIDTH = 400
"""Characters; more than any table has."""

app = typer.Typer(no_args_is_help=True, help="Look after a deployment: for operators.")

VideoId = Annotated[str, typer.Argument(help="Such as video_0123456789abcdef01234567.")]
QueueName = Annotated[str, typer.Argument(metavar="QUEUE", help=f"{', '.join(Destination)}.")]
Environment = Annotated[
    Path | None,
    typer.Option(
        exists=True,
        dir_okay=False,
        help="The deployment whose functions see these variables: lines NAME=value. Without it: the local "
        "stack in FOLDER, else this process's own variables, else the local stack in .local.",
    ),
]
Folder = Annotated[Path | None, typer.Option(help="Where a local stack runs.")]


@app.command("show")
def show_job(video_id: VideoId, environment: Environment = None, folder: Folder = None) -> None:
    """Print how a video stands: its work, its paid calls, its tasks and what happened last."""
    with reached(environment, folder) as there:
        _check_id(video_id)
        store = there.store()
        found = store.load(video_id, shots="all")
        state, now = found.state, found.now
        due = due_table(standings(state, now, there.queue()))
        events = event_table(store.events(video_id))
        for table in (summary(state, now), work_table(state, now), paid_calls(state), due, events):
            if table:
                print_table(table)


@app.command()
def requeue(video_id: VideoId, environment: Environment = None, folder: Folder = None) -> None:
    """Replace every due task of a video that is missing or stuck. Safe to repeat."""
    with reached(environment, folder) as there:
        _check_id(video_id)
        store, queue = there.store(), there.queue()
        found = store.load(video_id, shots="all")
        due = standings(found.state, found.now, queue)
        for standing in due:
            done = replace(standing, store, queue) if standing.is_stuck else "left"
            out.print(f"{standing.due.task.key}: {standing.words}: {done}")
        if not due:
            out.print(f"{video_id} is {found.state.job.status}: no task is due")


@app.command()
def pause(queue: QueueName, environment: Environment = None, folder: Folder = None) -> None:
    """Hold back a queue's tasks, as before a risky rollout. Those that run go on."""
    with reached(environment, folder) as there:
        queues = there.queue()
        _permit("queue", queue, queues.destinations)
        queues.pause(Destination(queue))
        out.print(f"{queue}: paused")


@app.command()
def resume(queue: QueueName, environment: Environment = None, folder: Folder = None) -> None:
    """Let a queue's tasks go again."""
    with reached(environment, folder) as there:
        queues = there.queue()
        _permit("queue", queue, queues.destinations)
        queues.resume(Destination(queue))
        out.print(f"{queue}: running")


@app.command()
def switch(
    backend: Annotated[str | None, typer.Argument(help=f"{', '.join(VIDEO_BACKENDS)}.")] = None,
    state: Annotated[str | None, typer.Argument(metavar="on|off", help="on also closes its breaker.")] = None,
    note: Annotated[str, typer.Option(help="Why, for other operators.")] = "",
    environment: Environment = None,
    folder: Folder = None,
) -> None:
    """List the switches and circuit breakers of all video backends, or turn one on or off."""
    with reached(environment, folder) as there:
        if backend is None and not note:
            print_table(_circuits(there.switches().all()))
            return
        backend = backend or ""
        _permit("backend", backend, tuple(VIDEO_BACKENDS))
        _permit(f"switch {backend}", state or "", ("on", "off"))
        print_table(_circuits([there.switches().switch(backend, state == "on", note)]))
        err.print("every instance knows within seconds; calls that run go on, videos wait")


def _circuits(circuits: Sequence[Circuit]) -> Table:
    table = Table("backend", "switch", "outages in a row", "paused until", "note")
    now = datetime.now(UTC)  # ours, only to tell what is surely over
    for circuit in circuits:
        paused = shown(circuit.open_until) if circuit.is_open(now) else "-"
        state = "on" if circuit.is_on else "off"
        table.add_row(circuit.backend, state, str(circuit.outages), paused, shorten(circuit.note))
    return table


@contextmanager
def reached(file: Path | None, folder: Path | None) -> Iterator[Deployment]:
    """Find the deployment, name it, and end with the exit code that says what went wrong."""
    from google.api_core.exceptions import GoogleAPICallError  # here: the other commands need none of it
    from google.auth.exceptions import GoogleAuthError

    try:
        there = Deployment(environment_of(file, folder))
        err.print(str(there))
        yield there
    except (InvalidInput, NotFound) as error:
        end(Exit.BAD_INPUT, str(error))
    except (Unavailable, Contended) as error:
        end(Exit.UNREACHABLE, str(error))
    except (GoogleAPICallError, GoogleAuthError) as error:  # no credentials, or no permission
        end(Exit.REFUSED, f"{type(error).__name__}: {error}")
    except LocalStackError as error:
        end(Exit.NO_STACK, str(error))


def _check_id(video_id: str) -> None:
    if not JOB_ID.fullmatch(video_id):
        raise InvalidInput("video_id", video_id, "video_ and 24 hexadecimal digits")


def _permit(field: str, value: str, permitted: Sequence[str]) -> None:
    if value not in permitted:
        raise InvalidInput(field, value, permitted)


def print_table(table: Table) -> None:
    """Print a table: fitted to a terminal; for a pipe as wide as it is, so that no cell is broken."""
    Console(width=None if out.is_terminal else PIPE_WIDTH, highlight=False, markup=False).print(table)
