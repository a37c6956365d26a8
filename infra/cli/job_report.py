"""A job as tables for an operator. No prompt in full, no key; knows no store."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from rich.table import Table

from infra.cli.money import usd
from infra.cli.standing import Standing
from infra.cli.times import shown
from shared.domain.errors import shorten
from shared.domain.job import Charge, JobState, Shot, Submission, Work
from shared.domain.progress import percent

SHOWN_EVENTS = 20
"""The last ones."""


def summary(state: JobState, now: datetime) -> Table:
    """Say how the whole job stands.

    Args:
        now: by Firestore's clock.
    """
    job, counts = state.job, state.progress
    table = Table("", "", title=job.job_id, title_justify="left", show_header=False)
    made = f"{counts.keyframes_drawn} keyframes, {counts.clips_rendered} clips of {counts.shots_total} shots"
    config = job.config
    rows = {
        "status": f"{job.status}, stage {job.stage}, {percent(job, counts)} %",
        "made": made,
        "error": _error(state),
        "prompt": shorten(job.prompt),
        "config": f"{config.seconds} s, {config.size}, {', '.join(config.models)}, {config.image_model},"
        f" {config.planner}",
        "owner": job.owner,
        "created": shown(job.created_at),
        "started": shown(job.started_at),
        "finished": shown(job.finished_at),
        "deadline": f"{shown(job.deadline)}{' (over)' if now > job.deadline else ''}",
        "deleted": shown(job.deleted_at),
        "cost": f"{_usd(counts.spent_usd_micros)} spent, {_usd(job.cost_estimate_usd_micros)} estimated",
        "derived from": job.derived_from or "-",
        "trace": job.trace_id or "-",
    }
    for name, value in rows.items():
        if value != "-":
            table.add_row(name, value)
    return table


def work_table(state: JobState, now: datetime) -> Table:
    """Say how each stage and each shot stands."""
    table = _table("Work", "", "status", "attempt", "generation", "step", "leased until", "not before")
    table.add_row("keyframes", *_work(state.keyframes, "done" if state.keyframes.done else "open", now))
    for shot in state.shots:
        waits = ", awaits rewording" if shot.awaits_rewording else ""
        table.add_row(f"render/{shot.index}", *_work(shot, f"{shot.status}{waits}", now))
    table.add_row("finalize", *_work(state.finalize, "done" if state.finalize.done else "open", now))
    return table


def paid_calls(state: JobState) -> Table | None:
    """List what was asked of providers, and what it cost; None if nothing was."""
    rows = [("keyframes", "charge", _charge(charge)) for charge in state.keyframes.charges]
    rows += [(f"render/{shot.index}", what, words) for shot in state.shots for what, words in _calls(shot)]
    if not rows:
        return None
    table = _table("Calls", "", "what", "")
    for row in rows:
        table.add_row(*row)
    return table


def due_table(standings: Sequence[Standing]) -> Table | None:
    """Say which tasks are due and how each stands in Cloud Tasks; None if none is."""
    if not standings:
        return None
    table = _table("Due tasks", "", "generation", "step", "in Cloud Tasks")
    for due, words, _is_stuck in standings:
        table.add_row(str(due.task.key), str(due.task.generation), str(due.task.step), words)
    return table


def event_table(events: Sequence[dict[str, Any]]) -> Table:
    """List the last things that happened."""
    last = events[-SHOWN_EVENTS:]
    table = _table(f"Last {len(last)} of {len(events)} events", "at", "event", "of", "attempt", "data")
    table.columns[0].no_wrap = True
    for event in last:
        stage, shot, attempt = (event.get(name) for name in ("stage", "shot", "attempt"))
        of = "" if stage is None else stage if shot is None else f"{stage}/{shot}"
        data = ", ".join(f"{name}={shorten(value)}" for name, value in (event.get("data") or {}).items())
        at = shown(event.get("at"), precisely=True)
        table.add_row(at, event["name"], of, "" if attempt is None else str(attempt), data)
    return table


def _table(title: str, *columns: str) -> Table:
    table = Table(*columns, title=title, title_justify="left")
    for column in table.columns:
        column.overflow = "fold"  # a long name goes on in the next line; nothing of it is left out
    return table


def _work(work: Work, status: str, now: datetime) -> tuple[str, ...]:
    numbers = (str(number) for number in (work.attempt, work.generation, work.step))
    lease = "-"
    if work.lease:
        lease = f"{shown(work.lease.expires_at)}{' (over)' if work.lease.expires_at <= now else ''}"
    return (status, *numbers, lease, shown(work.not_before))


def _calls(shot: Shot) -> Iterator[tuple[str, str]]:
    if shot.submission:
        yield "submission", _submission(shot.submission)
    if shot.operation:
        yield "operation", f"{shot.operation.operation_name}, since {shown(shot.operation.started_at)}"
    for lost in shot.lost_submissions:
        yield "answer lost", _submission(lost)
    for charge in shot.charges:
        yield "charge", _charge(charge)
    for refusal in shot.refusals:
        yield "refusal", f"{refusal.model}: {shorten(refusal.reason)}"


def _charge(charge: Charge) -> str:
    doubt = ", ambiguous" if charge.ambiguous else ""
    return f"{_usd(charge.usd_micros)} {charge.model}: {shorten(charge.reason)}{doubt}"


def _submission(submission: Submission) -> str:
    polls = f", {submission.failed_polls} failed polls" if submission.failed_polls else ""
    return f"{submission.submission_id}, {submission.model}, saved {shown(submission.at)}{polls}"


def _error(state: JobState) -> str:
    error = state.job.error
    if error is None:
        return "-"
    shot = "" if error.shot is None else f"render/{error.shot}: "
    return f"{shot}{error.code}: {shorten(error.message)}"


def _usd(micros: int) -> str:
    return f"{usd(micros / 1_000_000)} USD"
