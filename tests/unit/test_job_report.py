"""What an operator is shown of a job: every paid call and cost; prompts and refusals never in full."""

from datetime import timedelta
from io import StringIO

from rich.console import Console
from rich.table import Table

from infra.cli.job_report import SHOWN_EVENTS, event_table, paid_calls, summary, work_table
from shared.domain.job import Charge, JobState, Operation, Refusal, StageWork, Submission
from tests.unit.jobs import KEYFRAMES, LEASE, NOW, claimed, drawn_job, queued_job

LONG = "a very long text " * 20


def printed(table: Table | None) -> str:
    assert table is not None
    text = StringIO()
    Console(file=text, width=300, markup=False).print(table)
    return text.getvalue()


def with_paid_call() -> JobState:
    state = drawn_job()
    saved = Submission(submission_id="s2", model="scripted", at=NOW, usd_micros=1_500_000, failed_polls=2)
    shot = state.shots[1].evolve(
        submission=saved,
        operation=Operation(operation_name="projects/p/operations/" + "7" * 90, started_at=NOW),
        lost_submissions=(saved.evolve(submission_id="s1"),),
        charges=(Charge(usd_micros=1_500_000, reason="answer lost", model="scripted", ambiguous=True),),
        refusals=(Refusal(model="scripted", reason=LONG),),
        not_before=NOW + timedelta(seconds=7),
    )
    return state.evolve(shots=(state.shots[0], shot, state.shots[2]))


def test_every_paid_call_is_shown_with_its_operation_in_full() -> None:
    text = printed(paid_calls(with_paid_call()))
    assert "s2, scripted, saved 2026-11-01 12:00:00Z, 2 failed polls" in text
    assert "projects/p/operations/" + "7" * 90 in text
    assert "answer lost │ s1, scripted" in text
    assert "1.50 USD scripted: answer lost, ambiguous" in text
    assert "render/1" in text
    assert "render/0" not in text


def test_free_text_is_shown_in_part_only() -> None:
    state = with_paid_call().evolve(job=queued_job().job.evolve(prompt=LONG))
    text = printed(paid_calls(state)) + printed(summary(state, NOW))
    assert LONG[:40] in text
    assert LONG[:100] not in text


def test_without_paid_calls_there_is_no_table_of_them() -> None:
    assert paid_calls(drawn_job()) is None


def test_leases_and_deadlines_that_are_over_are_called_so() -> None:
    state = claimed(queued_job(), KEYFRAMES)
    assert "(over)" not in printed(work_table(state, NOW)) + printed(summary(state, NOW))
    later = NOW + timedelta(hours=2)
    assert "2026-11-01 12:01:00Z (over)" in printed(work_table(state, NOW + LEASE))
    assert "2026-11-01 13:00:00Z (over)" in printed(summary(state, later))


def test_when_a_shot_may_go_on_is_shown_beside_its_step() -> None:
    assert "2026-11-01 12:00:07Z" in printed(work_table(with_paid_call(), NOW))


def test_the_last_events_are_shown_with_what_they_carry() -> None:
    events = [
        {
            "name": f"event.{number}",
            "at": NOW,
            "stage": "render",
            "shot": 3,
            "attempt": 2,
            "data": {"k": LONG},
        }
        for number in range(SHOWN_EVENTS + 1)
    ]
    text = printed(event_table(events))
    assert "event.0 " not in text
    assert f"event.{SHOWN_EVENTS}" in text
    assert "2026-11-01 12:00:00.000Z" in text
    assert "render/3" in text
    assert LONG[:100] not in text


def test_what_was_paid_for_the_whole_video_is_shown_too_to_a_tenth_of_a_cent() -> None:
    look = Charge(usd_micros=3_000, reason="judgement", model="gemini")
    text = printed(paid_calls(drawn_job().evolve(keyframes=StageWork(charges=(look,)))))
    assert "keyframes │ charge │ 0.003 USD gemini: judgement" in text
