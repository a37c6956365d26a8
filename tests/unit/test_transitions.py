"""What may happen to a job, from every status; whatever else is tried raises and changes nothing."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from shared.domain.claims import claim, extend_lease, go_on_later, postpone, release, replace_task
from shared.domain.due_tasks import due_task
from shared.domain.errors import (
    AttemptsExhausted,
    BackendFailed,
    DeadlineExceeded,
    IllegalTransition,
    JobIsFinal,
    LeaseHeld,
    LeaseLost,
    NotFound,
    Refused,
    TaskObsolete,
)
from shared.domain.guards import STATUS_AFTER
from shared.domain.job import JobState, ShotStatus, Stage, Status
from shared.domain.paid_calls import (
    Payment,
    Remedy,
    look_again_later,
    remedied,
    submission_withdrawn,
)
from shared.domain.plan import Wording
from shared.domain.retry import MAX_ATTEMPTS
from shared.domain.transitions import (
    cancel,
    clip_rendered,
    complete,
    delete,
    fail,
    fail_work,
    keyframe_drawn,
    save_plan,
    shot_reworded,
)
from tests.unit.jobs import (
    ARTIFACT,
    FINALIZE,
    KEYFRAMES,
    LEASE,
    NOW,
    SUBMISSION,
    a_plan,
    claimed,
    completed_job,
    drawn_job,
    ended,
    planned_job,
    queued_job,
    render,
    rendered_job,
    running_job,
    started,
    submitted,
    submitted_job,
)

Step = Callable[[JobState], JobState]

STATES: dict[str, JobState] = {
    "queued": queued_job(),
    "being planned": claimed(queued_job(), KEYFRAMES),
    "planned": planned_job(),
    "drawn": drawn_job(),
    "being rendered": claimed(drawn_job(), render(0)),
    "submitted": submitted_job(),
    "running at a provider": running_job(),
    "being polled": claimed(running_job(), render(0)),
    "awaiting rewording": remedied(
        claimed(drawn_job(), render(0)), render(0), Remedy.REWORD, Refused("no"), token="mine"
    ),
    "rendered": rendered_job(),
    "being finalized": claimed(rendered_job(), FINALIZE),
    "completed": completed_job(),
    "failed": fail(planned_job(), NOW, failure=BackendFailed("no")),
    "cancelled": cancel(planned_job(), NOW),
}

STEPS: dict[str, Step] = {
    "claim keyframes": lambda s: claimed(s, KEYFRAMES, token="another"),
    "claim render": lambda s: claimed(s, render(0), token="another"),
    "claim finalize": lambda s: claimed(s, FINALIZE, token="another"),
    "save plan": lambda s: save_plan(s, a_plan(), token="mine"),
    "keyframe drawn": lambda s: keyframe_drawn(s, 0, path="0.png", token="mine"),
    "paid call begins": lambda s: submitted(s),
    "operation started": lambda s: started(s),
    "submission withdrawn": lambda s: submission_withdrawn(s, render(0), submission_id="s", reason="quota"),
    "look again later": lambda s: look_again_later(s, render(0), now=NOW, token="mine"),
    "call ended": lambda s: ended(s, Payment.REFUNDED),
    "shot remedied": lambda s: remedied(s, render(0), Remedy.REWORD, Refused("no"), token="mine"),
    "shot reworded": lambda s: shot_reworded(s, 0, Wording(prompt="p", keyframe_prompt="k"), token="mine"),
    "delete": lambda s: delete(s, NOW),
    "clip rendered": lambda s: clip_rendered(
        s, render(0), path="0.mp4", token="mine", submission_id=SUBMISSION
    ),
    "complete": lambda s: complete(s, ARTIFACT, now=NOW, token="mine"),
    "fail": lambda s: fail(s, NOW, failure=BackendFailed("no")),
    "cancel": lambda s: cancel(s, NOW),
    "replace task": lambda s: replace_task(s, due_task(s, KEYFRAMES).task),
    "release keyframes": lambda s: release(s, KEYFRAMES, token="mine", reason="fault"),
    "release render": lambda s: release(s, render(0), token="mine", reason="fault"),
    "postpone render": lambda s: postpone(s, render(0), token="mine", reason="quota", until=NOW + LEASE),
    "go on later": lambda s: go_on_later(s, KEYFRAMES, token="mine"),
    "fail work": lambda s: fail_work(s, FINALIZE, BackendFailed("no"), now=NOW, token="mine"),
    "extend finalize lease": lambda s: extend_lease(s, FINALIZE, token="mine", now=NOW, lasts=2 * LEASE),
    "extend keyframes lease": lambda s: extend_lease(s, KEYFRAMES, token="mine", now=NOW, lasts=2 * LEASE),
    "extend render lease": lambda s: extend_lease(s, render(0), token="mine", now=NOW, lasts=2 * LEASE),
}

ALWAYS = ("fail", "cancel", "delete", "replace task")
WHILE_RENDERING = ("release render", "postpone render", "extend render lease")
WHILE_KEYFRAMES = ("extend keyframes lease", "release keyframes", "go on later")
SILENT = ("extend", "look again")
"""Steps too frequent for an event each; they are recognised by the lease's token, or do no harm twice."""
LEGAL: dict[str, set[str]] = {
    "queued": {"claim keyframes", *ALWAYS},
    "being planned": {"save plan", *ALWAYS, *WHILE_KEYFRAMES},
    "planned": {"keyframe drawn", "shot reworded", *ALWAYS, *WHILE_KEYFRAMES},
    "drawn": {"claim render", *ALWAYS},
    "being rendered": {"paid call begins", "shot remedied", "clip rendered", *WHILE_RENDERING, *ALWAYS},
    "submitted": {
        *("operation started", "submission withdrawn", "look again later", "call ended", "clip rendered"),
        *WHILE_RENDERING,
        *ALWAYS,
    },
    "running at a provider": {"claim render", *ALWAYS},
    "being polled": {"look again later", "call ended", "clip rendered", *WHILE_RENDERING, *ALWAYS},
    "awaiting rewording": {"claim keyframes", *ALWAYS},
    "rendered": {"claim finalize", *ALWAYS},
    "being finalized": {"complete", "fail work", "extend finalize lease", *ALWAYS},
    "completed": {"delete"},
    "failed": {"delete"},
    "cancelled": {"delete"},
}
WITHOUT_A_JOB_THAT_GOES_ON = ("operation started", "submission withdrawn", "call ended", "delete")
"""Steps that a final job does not refuse as such: what was paid must be accounted for."""


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("state", STATES)
def test_a_step_is_legal_exactly_where_the_table_says_so(state: str, step: str) -> None:
    before = STATES[state]
    if step in LEGAL[state]:
        assert STEPS[step](before) != before
    else:
        with pytest.raises((IllegalTransition, LeaseHeld, LeaseLost, NotFound)):
            STEPS[step](before)


@pytest.mark.parametrize("status", Status)
def test_a_status_is_final_exactly_when_nothing_follows_it(status: Status) -> None:
    assert status.is_final == (not STATUS_AFTER[status])


@pytest.mark.parametrize("state", ["completed", "failed", "cancelled"])
@pytest.mark.parametrize("step", [step for step in STEPS if step not in WITHOUT_A_JOB_THAT_GOES_ON])
def test_a_final_job_refuses_every_step_for_that_reason(state: str, step: str) -> None:
    with pytest.raises(JobIsFinal):
        STEPS[step](STATES[state])


def test_a_live_lease_keeps_others_out_until_it_ends() -> None:
    state = claimed(queued_job(), KEYFRAMES)
    with pytest.raises(LeaseHeld) as held:
        claimed(state, KEYFRAMES, token="other", now=NOW + LEASE - timedelta(seconds=1))
    assert held.value.expires_at == NOW + LEASE


def test_an_expired_lease_can_be_claimed_by_another_worker() -> None:
    state = claimed(claimed(queued_job(), KEYFRAMES), KEYFRAMES, token="other", now=NOW + LEASE)
    assert state.keyframes.lease is not None
    assert (state.keyframes.lease.token, state.keyframes.attempt) == ("other", 2)


def test_a_worker_whose_lease_was_taken_can_commit_nothing() -> None:
    taken = claimed(planned_job(), KEYFRAMES, token="other", now=NOW + LEASE)
    with pytest.raises(LeaseLost):
        keyframe_drawn(taken, 0, path="0.png", token="mine")


def test_the_fifth_failed_attempt_is_the_last() -> None:
    state = queued_job()
    for _ in range(MAX_ATTEMPTS):
        state = release(claimed(state, KEYFRAMES), KEYFRAMES, token="mine", reason="fault")
    with pytest.raises(AttemptsExhausted):
        claimed(state, KEYFRAMES)


def test_waiting_for_a_provider_is_no_attempt() -> None:
    state = claimed(drawn_job(), render(0))
    until = NOW + timedelta(minutes=5)
    later = postpone(state, render(0), token="mine", reason="quota", until=until)
    assert later.shots[0].attempt == 0
    assert due_task(later, render(0)).not_before == NOW + timedelta(minutes=5)


def test_going_on_later_is_no_attempt_and_makes_the_old_task_obsolete() -> None:
    state = claimed(queued_job(), KEYFRAMES)
    task = due_task(state, KEYFRAMES).task
    later = go_on_later(state, KEYFRAMES, token="mine")
    assert later.keyframes.attempt == 0
    with pytest.raises(TaskObsolete):
        claim(later, task, token="t", now=NOW, lasts=LEASE)


def test_a_task_is_replaced_once_however_many_find_it_missing() -> None:
    lost = due_task(queued_job(), KEYFRAMES).task
    with pytest.raises(TaskObsolete):
        replace_task(replace_task(queued_job(), lost), lost)


def test_an_outage_is_no_attempt() -> None:
    state = release(
        claimed(queued_job(), KEYFRAMES), KEYFRAMES, token="mine", reason="down", is_attempt=False
    )
    assert (state.keyframes.attempt, state.keyframes.lease) == (0, None)


def test_a_worker_that_has_lost_its_lease_cannot_fail_the_job() -> None:
    taken = claimed(planned_job(), KEYFRAMES, token="other", now=NOW + LEASE)
    with pytest.raises(LeaseLost):
        fail_work(taken, KEYFRAMES, BackendFailed("no"), now=NOW, token="mine")


def test_every_step_but_a_heartbeat_tells_an_event_by_which_a_lost_answer_is_recognised() -> None:
    for name, steps in LEGAL.items():
        for step in steps:
            told = STEPS[step](STATES[name]).news[len(STATES[name].news) :]
            assert told or step.startswith(SILENT) or is_poll(name, step), (name, step)


def is_poll(state: str, step: str) -> bool:
    """Tell whether the step only takes up the look after a paid call."""
    return (state, step) == ("running at a provider", "claim render")


def test_a_replaced_task_does_nothing() -> None:
    state = queued_job()
    old = due_task(state, KEYFRAMES).task
    with pytest.raises(TaskObsolete):
        claim(replace_task(state, old), old, token="t", now=NOW, lasts=LEASE)


def test_finished_work_makes_its_task_obsolete() -> None:
    state = rendered_job()
    with pytest.raises(TaskObsolete):
        claim(state, due_task(state, render(0)).task, token="t", now=NOW, lasts=LEASE)


def test_work_after_the_deadline_ends_the_job() -> None:
    with pytest.raises(DeadlineExceeded):
        claimed(queued_job(), KEYFRAMES, now=NOW + timedelta(seconds=3601))


def test_a_plan_is_made_once() -> None:
    with pytest.raises(IllegalTransition):
        save_plan(planned_job(), a_plan(), token="mine")


def test_the_last_keyframe_ends_the_stage_and_gives_back_its_lease() -> None:
    state = drawn_job()
    assert state.keyframes.done
    assert state.keyframes.lease is None
    assert state.job.stage is Stage.RENDER
    assert all(shot.status is ShotStatus.DRAWN for shot in state.shots)


@pytest.mark.parametrize(
    "end",
    [
        lambda s: fail(s, NOW, failure=BackendFailed("no", shot=1)),
        lambda s: cancel(s, NOW),
    ],
)
def test_a_final_job_has_no_live_lease(end: Step) -> None:
    state = end(claimed(claimed(drawn_job(), render(0)), render(2), token="other"))
    assert [work.lease for work in (state.keyframes, state.finalize, *state.shots)] == [None] * 5


def test_a_failed_job_names_shot_and_reason() -> None:
    state = fail(drawn_job(), NOW, failure=BackendFailed("the picture is empty", shot=1))
    assert state.job.error is not None
    assert state.job.error.model_dump() == {
        "code": "backend_failed",
        "message": "the picture is empty",
        "shot": 1,
        "path": "",
    }
