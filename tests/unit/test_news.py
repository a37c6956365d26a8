"""What a commit has brought is told in lines that metrics can count, and that quote nobody."""

import ast
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from shared.domain.claims import claim
from shared.domain.due_tasks import due_task
from shared.domain.errors import DeadlineExceeded, JobFailure, Refused
from shared.domain.job import JobState, WorkKey
from shared.domain.paid_calls import Payment, Remedy, remedied
from shared.domain.transitions import cancel, clip_rendered, complete, delete, fail, fail_work
from shared.news import tell
from tests.unit.jobs import (
    ARTIFACT,
    FINALIZE,
    KEYFRAMES,
    LEASE,
    NOW,
    PRICE,
    SUBMISSION,
    claimed,
    drawn_job,
    ended,
    paid_job,
    planned_job,
    queued_job,
    render,
    rendered_job,
    running_job,
    started,
    submitted,
    submitted_job,
)

ROOT = Path(__file__).parents[2]
DATA = {
    *("code", "reason", "model", "payment", "submission_id"),
    *(
        "shot_index",
        "number",
        "shots",
        "keyframes",
        "clips",
        "from_cache",
        "score",
        "until",
        "derived_from",
        "percent",
    ),
}
"""What events carry: codes, names, numbers and ids of ours. Look at what is new before it is added: all of it
is logged, and nothing that users say may be."""

LATER = NOW + timedelta(seconds=90)
Lines = list[dict[str, Any]]


def told(before: JobState, step: Callable[[JobState], JobState]) -> Lines:
    """Return the lines of one commit."""
    before = before.evolve(news=())
    with capture_logs() as lines:
        tell(before, step(before))
    assert {line.pop("log_level") for line in lines} <= {"info"}
    assert {line.pop("job_id") for line in lines} <= {before.job.job_id}
    return [dict(line) for line in lines]


def test_a_new_job_is_told_with_what_it_asks_for() -> None:
    new = queued_job().evolve(job=queued_job().job.evolve(cost_estimate_usd_micros=1_250_000))
    (line,) = told(new, lambda state: state.tell("job.accepted"))
    wanted = {"event": "job.accepted", "model": "animatic", "seconds": 12, "estimate_usd": 1.25}
    assert line == wanted


def test_an_event_of_a_shot_tells_its_stage_shot_and_attempt() -> None:
    before = claimed(drawn_job(), render(1))
    (line,) = told(before, lambda s: clip_rendered(s, render(1), path="1.mp4", token="mine"))
    wanted = {"event": "clip.rendered", "model": "animatic", "stage": "render", "shot": 1, "attempt": 1}
    assert line == wanted


def test_a_shot_that_fell_back_is_told_with_the_backend_that_renders_it() -> None:
    before = paid_job(fallback_models=["animatic"], reword_refused=False)
    step = partial(remedied, key=render(0), remedy=Remedy.FALL_BACK, failure=Refused("no"), token="mine")
    fallen = step(before)
    lines = told(before, step)
    given_up = [(line["event"], line["model"]) for line in lines]
    assert given_up == [("shot.refused", "scripted"), ("shot.fell_back", "scripted")]
    again = claim(fallen, due_task(fallen, render(0)).task, token="mine", now=NOW, lasts=LEASE)
    (line,) = told(again, lambda s: clip_rendered(s, render(0), path="0.mp4", token="mine"))
    assert line["model"] == "animatic"


def test_a_call_that_ended_is_told_with_the_backend_that_was_called_even_if_another_one_follows() -> None:
    before = running_job(fallback_models=["animatic"], reword_refused=False)
    before = before.evolve(shots=(claimed_again(before).shots[0], *before.shots[1:]))

    def ended_and_remedied(state: JobState) -> JobState:
        state = ended(state, Payment.REFUNDED)
        return remedied(state, render(0), Remedy.FALL_BACK, Refused("no"), token="mine")

    lines = {line["event"]: line for line in told(before, ended_and_remedied)}
    assert (lines["call.ended"]["model"], lines["call.ended"]["payment"]) == ("scripted", "refunded")


def claimed_again(state: JobState) -> JobState:
    return claim(state, due_task(state, render(0)).task, token="mine", now=LATER, lasts=LEASE)


def test_a_completed_job_is_told_with_how_long_it_took_and_what_it_cost() -> None:
    before = claimed(rendered_job(), FINALIZE)
    before = before.evolve(progress=before.progress.evolve(spent_usd_micros=400_000))
    (line,) = told(before, lambda s: complete(s, ARTIFACT, now=LATER, token="mine"))
    assert (line["event"], line["took_seconds"], line["spent_usd"]) == ("job.completed", 90.0, 0.4)


@pytest.mark.parametrize(
    ("failure", "events", "shot"),
    [
        (DeadlineExceeded("too late"), ["job.failed"], None),
        (Refused("the words of a prompt", shot=2), ["shot.refused", "job.failed"], 2),
    ],
)
def test_a_failed_job_is_told_with_code_and_shot_and_without_words(
    failure: JobFailure, events: list[str], shot: int | None
) -> None:
    lines = told(drawn_job(), lambda s: fail(s, LATER, failure=failure))
    assert [line["event"] for line in lines] == events
    assert (lines[-1]["code"], lines[-1].get("shot"), lines[-1]["took_seconds"]) == (failure.code, shot, 90.0)
    assert str(failure) not in str(lines)


@pytest.mark.parametrize(
    ("before", "key", "shot", "model"),
    [
        (queued_job(), KEYFRAMES, None, "rules"),
        (planned_job(), KEYFRAMES, 1, "storyboard"),
        (drawn_job(), render(1), 1, "animatic"),
    ],
)
def test_a_refusal_that_ends_a_job_is_told_with_the_backend_that_refused(
    before: JobState, key: WorkKey, shot: int | None, model: str
) -> None:
    failure = Refused("no", shot=shot)
    lines = told(claimed(before, key), lambda s: fail_work(s, key, failure, now=LATER, token="mine"))
    assert [(line["event"], line["model"]) for line in lines] == [
        ("shot.refused", model),
        ("job.failed", "animatic"),
    ]


def test_a_job_that_is_deleted_while_it_runs_is_told_as_cancelled_and_deleted() -> None:
    lines = told(drawn_job(), lambda s: delete(s, LATER))
    assert [line["event"] for line in lines] == ["job.cancelled", "job.deleted"]
    assert lines[0]["took_seconds"] == 90.0


def test_a_job_never_took_less_than_no_time_whatever_two_clocks_say() -> None:
    (line,) = told(drawn_job(), lambda s: cancel(s, NOW - timedelta(seconds=1)))
    assert line["took_seconds"] == 0.0


def test_a_charge_is_told_once_with_model_stage_and_dollars() -> None:
    lines = told(submitted_job(), started)
    assert [line["event"] for line in lines] == ["operation.started", "charge.entered"]
    charge = {"model": "scripted", "stage": "render", "shot": 0, "usd": PRICE / 1e6, "ambiguous": False}
    assert lines[1] == {"event": "charge.entered", **charge}


def test_a_refund_is_a_charge_below_zero_and_what_was_charged_before_is_not_told_again() -> None:
    before = running_job()
    before = before.evolve(shots=(claimed_again(before).shots[0], *before.shots[1:]))
    charges = [
        line["usd"]
        for line in told(before, lambda s: ended(s, Payment.REFUNDED))
        if line["event"] == "charge.entered"
    ]
    assert charges == [-PRICE / 1e6]


def test_a_submission_is_told_before_it_is_charged() -> None:
    (line,) = told(paid_job(), submitted)
    assert (line["event"], line["model"], line["submission_id"]) == (
        "submission.saved",
        "scripted",
        SUBMISSION,
    )


def test_a_step_that_only_keeps_a_lease_tells_nothing() -> None:
    assert told(paid_job(), lambda state: state) == []


def calls_of_tell() -> Iterator[ast.Call]:
    for path in sorted((ROOT / "shared/domain").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr == "tell"
            ):
                yield node


def test_events_carry_nothing_that_nobody_has_looked_at() -> None:
    calls = list(calls_of_tell())
    carried = {word.arg for call in calls for word in call.keywords if word.arg}
    assert len(calls) > 20
    assert carried | {"score"} == DATA  # `score` comes by a mapping


def test_no_two_fields_of_a_line_have_one_name() -> None:
    of_the_line = {"event", "job_id", "stage", "shot", "attempt", "seconds", "estimate_usd", "took_seconds"}
    assert DATA & of_the_line == set()
