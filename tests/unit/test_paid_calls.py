"""Money: no call is made twice knowingly, and what was paid is accounted for, whatever happens to the job."""

from datetime import timedelta

import pytest

from shared.domain.capabilities import VIDEO_BACKENDS
from shared.domain.claims import claim, postpone, release, replace_task
from shared.domain.due_tasks import due_task, due_tasks
from shared.domain.errors import (
    AttemptsExhausted,
    BackendFailed,
    CostLimitReached,
    IllegalTransition,
    JobIsFinal,
    LeaseLost,
    PaymentAmbiguous,
    Refused,
)
from shared.domain.job import JobState, Shot, Stage, Submission
from shared.domain.paid_calls import (
    Payment,
    Remedy,
    clip_delivered,
    look_again_later,
    operation_started,
    remedied,
    remedy_for,
    settle_later,
    submission_withdrawn,
    surely_settled_at,
    wound_up,
)
from shared.domain.plan import Wording
from shared.domain.retry import MAX_ATTEMPTS
from shared.domain.transitions import cancel, clip_rendered, fail, shot_reworded
from tests.unit.jobs import (
    KEYFRAMES,
    LEASE,
    NOW,
    PRICE,
    claimed,
    ended,
    paid_job,
    render,
    running_job,
    started,
    submitted,
    submitted_job,
)

SOON = NOW + timedelta(seconds=1)
REFUSED = Refused("too much blood")


def shot(state: JobState) -> Shot:
    return state.shots[0]


def amounts(state: JobState) -> list[int]:
    return [charge.usd_micros for charge in shot(state).charges]


def test_a_paid_call_cannot_begin_while_another_may_be_running() -> None:
    with pytest.raises(IllegalTransition):
        submitted(submitted_job(), "t")
    with pytest.raises(IllegalTransition):
        submitted(claimed(running_job(), render(0)), "t")


def test_no_call_is_made_that_would_cost_more_than_the_user_permits() -> None:
    with pytest.raises(CostLimitReached, match=r"0 USD are spent, and 0\.4 more .* max_cost_usd of 0\.3"):
        submitted(limited(paid_job(), 0.3))
    assert submitted(limited(paid_job(), 0.4))


def test_what_other_calls_have_cost_counts_towards_the_limit() -> None:
    state = limited(paid_job(), 0.5)
    assert submitted(state.evolve(progress=state.progress.evolve(spent_usd_micros=100_000)))
    with pytest.raises(CostLimitReached) as refused:
        submitted(state.evolve(progress=state.progress.evolve(spent_usd_micros=100_001)))
    assert (refused.value.code, refused.value.shot) == ("cost_limit_reached", 0)


def limited(state: JobState, max_cost_usd: float) -> JobState:
    config = state.job.config.evolve(max_cost_usd=max_cost_usd)
    return state.evolve(job=state.job.evolve(config=config))


def test_an_accepted_call_is_charged_once_and_leaves_the_shot_free_for_its_polls() -> None:
    state = running_job()
    assert shot(state).lease is None
    assert (amounts(state), state.progress.spent_usd_micros) == ([PRICE], PRICE)
    (due, *_others) = due_tasks(state)
    assert (due.task.step, due.not_before) == (1, NOW + timedelta(seconds=0.5))
    with pytest.raises(IllegalTransition):
        started(state)


def test_polls_are_no_attempts_however_many() -> None:
    state = running_job()
    for _ in range(3 * MAX_ATTEMPTS):
        state = look_again_later(claimed(state, render(0)), render(0), now=SOON, token="mine")
    assert (shot(state).attempt, shot(state).submission) == (1, shot(running_job()).submission)


def test_polls_that_crash_are_counted_by_themselves() -> None:
    state = running_job()
    for _ in range(MAX_ATTEMPTS):
        state = release(claimed(state, render(0)), render(0), token="mine", reason="bug")
    assert shot(state).attempt == 1
    with pytest.raises(AttemptsExhausted):
        claimed(state, render(0))


def test_polls_that_are_killed_are_counted_too() -> None:
    state = running_job()
    for killed in range(MAX_ATTEMPTS):
        state = claimed(state, render(0), token=str(killed), now=NOW + killed * LEASE)
    with pytest.raises(AttemptsExhausted):
        claimed(state, render(0), now=NOW + MAX_ATTEMPTS * LEASE)


def test_an_outage_during_a_poll_counts_as_nothing() -> None:
    state = running_job()
    for _ in range(3 * MAX_ATTEMPTS):
        state = claimed(state, render(0))
        state = postpone(state, render(0), token="mine", reason="down", until=SOON)
    assert claimed(state, render(0))


def test_a_clip_cannot_be_recorded_over_a_paid_call_that_is_not_accounted_for() -> None:
    state = submitted(ended(submitted_job(), Payment.AMBIGUOUS), "t")
    with pytest.raises(IllegalTransition):
        clip_rendered(state, render(0), path="p", token="mine", submission_id="s")
    accounted = ended(state, Payment.AMBIGUOUS, "t")
    assert clip_rendered(accounted, render(0), path="p", token="mine", submission_id="s")


def delivered(state: JobState, submission: Submission) -> JobState:
    return clip_delivered(state, render(0), submission=submission, token="mine")


def test_a_delivered_clip_is_charged_once_whoever_learns_first_that_it_was_accepted() -> None:
    ambiguous = submitted_job()
    submission = shot(ambiguous).submission
    assert submission is not None
    assert amounts(delivered(ambiguous, submission)) == [PRICE]
    assert amounts(delivered(claimed(started(ambiguous), render(0)), submission)) == [PRICE]
    given_up = ended(ambiguous, Payment.AMBIGUOUS)
    assert amounts(delivered(given_up, submission)) == [PRICE]


def test_a_clip_of_a_call_that_was_given_up_accounts_for_the_call_after_it() -> None:
    given_up = ended(submitted_job(), Payment.AMBIGUOUS)
    (lost,) = shot(given_up).lost_submissions
    again = submitted(given_up, "t")
    assert [charge.ambiguous for charge in shot(delivered(again, lost)).charges] == [True, True]
    accepted = claimed(started(again, "t"), render(0))
    assert [charge.ambiguous for charge in shot(delivered(accepted, lost)).charges] == [True, False]


def test_a_call_that_was_accepted_cannot_be_declared_ambiguous() -> None:
    with pytest.raises(IllegalTransition):
        ended(claimed(running_job(), render(0)), Payment.AMBIGUOUS)


def test_a_fallback_has_its_own_attempts() -> None:
    state = paid_job(fallback_models=("animatic",))
    assert shot(state).attempt == 1
    state = remedied(state, render(0), Remedy.FALL_BACK, BackendFailed("no"), token="mine")
    assert shot(state).attempt == 0


def test_settling_that_must_wait_is_due_again_later_under_another_name() -> None:
    state = cancel(running_job(), NOW)
    (before,) = due_tasks(state)
    (after,) = due_tasks(settle_later(state, render(0), until=SOON))
    assert (after.task.step, after.not_before) == (before.task.step + 1, SOON)
    with pytest.raises(IllegalTransition):
        settle_later(running_job(), render(0), until=SOON)


def test_a_call_to_a_backend_only_a_newer_revision_knows_can_still_be_ended() -> None:
    state = submitted_job()
    submission = shot(state).submission
    assert submission is not None
    newer = shot(state).evolve(submission=submission.evolve(model="veo"))
    state = cancel(state.with_work(render(0), newer), NOW)
    assert state.job.unsettled


def test_a_shot_that_awaits_rewording_makes_keyframes_due_whatever_the_stage_says() -> None:
    state = remedied(paid_job(), render(0), Remedy.REWORD, REFUSED, token="mine")
    state = state.evolve(keyframes=state.keyframes.evolve(done=True))
    assert str(due_tasks(state)[0].task.key) == "keyframes"
    assert claimed(state, KEYFRAMES)


def test_every_paid_backend_settles_only_after_its_longest_call_has_ended() -> None:
    paid = [backend for backend in VIDEO_BACKENDS.values() if backend.paid]
    assert paid
    assert all(backend.settles_seconds > backend.call_seconds for backend in paid)


def test_an_operation_is_saved_even_by_a_worker_that_has_lost_its_lease() -> None:
    state = claimed(submitted_job(), render(0), token="other", now=NOW + LEASE)
    state = started(state)
    lease, operation = shot(state).lease, shot(state).operation
    assert lease is not None
    assert operation is not None
    assert (lease.token, operation.operation_name) == ("other", "operations/s")


def test_an_operation_of_a_call_that_was_given_up_is_not_taken_for_the_current_one() -> None:
    state = submitted(ended(submitted_job(), Payment.AMBIGUOUS), "t")
    with pytest.raises(IllegalTransition):
        started(state, "s")


def test_a_call_the_provider_did_not_accept_costs_nothing_and_may_be_made_again() -> None:
    state = submission_withdrawn(submitted_job(), render(0), submission_id="s", reason="quota")
    state = postpone(state, render(0), token="mine", reason="quota", until=SOON)
    assert (amounts(state), shot(state).attempt) == ([], 0)
    assert submitted(claimed(state, render(0)), "t")


def test_a_running_call_cannot_be_withdrawn() -> None:
    with pytest.raises(IllegalTransition):
        submission_withdrawn(running_job(), render(0), submission_id="s", reason="quota")


def test_an_unbilled_failure_is_refunded_and_the_cost_is_the_sum() -> None:
    state = ended(claimed(running_job(), render(0)), Payment.REFUNDED)
    assert (amounts(state), state.progress.spent_usd_micros) == ([PRICE, -PRICE], 0)
    assert (shot(state).submission, shot(state).operation) == (None, None)


def test_after_a_call_that_was_billed_for_nothing_no_other_is_made() -> None:
    state = ended(claimed(running_job(), render(0)), Payment.BILLED)
    with pytest.raises(BackendFailed, match="billed"):
        submitted(state, "t")


def test_a_billed_failure_stays_charged() -> None:
    state = ended(claimed(running_job(), render(0)), Payment.BILLED)
    assert (amounts(state), state.progress.spent_usd_micros) == ([PRICE], PRICE)


def test_a_call_whose_answer_got_lost_is_made_once_more_and_marked_ambiguous() -> None:
    state = submitted(ended(submitted_job(), Payment.AMBIGUOUS), "t")
    assert [charge.ambiguous for charge in shot(state).charges] == [True]
    assert [lost.submission_id for lost in shot(state).lost_submissions] == ["s"]
    state = ended(state, Payment.AMBIGUOUS, "t")
    with pytest.raises(PaymentAmbiguous, match="2 times"):
        submitted(state, "u")


def test_accounting_for_a_call_of_a_job_that_goes_on_needs_the_lease() -> None:
    with pytest.raises(LeaseLost):
        ended(running_job(), Payment.REFUNDED)


@pytest.mark.parametrize("state", [submitted_job(), running_job()], ids=["submitted", "running"])
def test_a_cancelled_job_is_due_to_settle_its_paid_call(state: JobState) -> None:
    before = due_task(state, render(0)).task
    state = cancel(state, NOW)
    assert state.job.unsettled
    (due,) = due_tasks(state)
    assert (due.task.stage, due.task.step) == (Stage.RENDER, before.step + 1)
    submission = shot(state).submission
    assert submission is not None
    assert due.not_before == (None if shot(state).operation else surely_settled_at(submission))


def test_a_lost_task_that_settles_a_call_can_be_replaced_though_the_job_is_final() -> None:
    state = cancel(running_job(), NOW)
    lost = due_task(state, render(0)).task
    (due,) = due_tasks(replace_task(state, lost))
    assert due.task.generation == lost.generation + 1
    with pytest.raises(JobIsFinal):
        replace_task(state, due_task(state, render(1)).task)


def test_a_failed_job_settles_its_paid_calls_too() -> None:
    assert [due.task.key for due in due_tasks(fail(running_job(), NOW, failure=REFUSED))] == [render(0)]


def test_an_operation_accepted_after_the_cancel_is_saved_and_due_to_be_cancelled_at_once() -> None:
    state = started(cancel(submitted_job(), NOW))
    (due,) = due_tasks(state)
    assert due.not_before is None
    assert (state.job.status, amounts(state)) == ("cancelled", [PRICE])


def test_a_settled_job_is_due_for_nothing_and_frozen() -> None:
    final = cancel(running_job(), NOW)
    state = wound_up(ended(final, Payment.REFUNDED))
    assert (due_tasks(state), state.job.unsettled) == ((), False)
    assert amounts(state) == [PRICE, -PRICE]
    frozen = ("status", "error", "artifact", "progress_percent")
    assert [getattr(state.job, name) for name in frozen] == [getattr(final.job, name) for name in frozen]
    with pytest.raises(IllegalTransition):
        ended(state, Payment.REFUNDED)


def test_a_poll_of_a_cancelled_job_can_commit_nothing() -> None:
    state = cancel(claimed(running_job(), render(0)), NOW)
    with pytest.raises(IllegalTransition):
        look_again_later(state, render(0), now=NOW, token="mine")
    with pytest.raises(IllegalTransition):
        claim(state, due_task(state, render(0)).task, token="t", now=NOW, lasts=LEASE)


def test_remedies_are_reworded_once_then_fallbacks_in_order_then_none() -> None:
    state = paid_job(fallback_models=("animatic",))
    assert remedy_for(state, shot(state), BackendFailed("no")) is Remedy.FALL_BACK
    assert remedy_for(state, shot(state), REFUSED) is Remedy.REWORD
    reworded = shot(state).evolve(rewordings=1)
    assert remedy_for(state, reworded, REFUSED) is Remedy.FALL_BACK
    assert remedy_for(state, reworded.evolve(fallbacks=1), REFUSED) is None
    unwilling = paid_job(reword_refused=False)
    assert remedy_for(unwilling, shot(unwilling), REFUSED) is None


def test_a_refused_shot_goes_back_to_the_planner_and_then_on_without_the_others_waiting() -> None:
    state = remedied(paid_job(), render(0), Remedy.REWORD, REFUSED, token="mine")
    assert [str(due.task.key) for due in due_tasks(state)] == ["keyframes", "render/1", "render/2"]
    milder = Wording(prompt="milder", keyframe_prompt="milder")
    state = shot_reworded(claimed(state, KEYFRAMES), 0, milder, token="mine")
    assert [str(due.task.key) for due in due_tasks(state)] == ["render/0", "render/1", "render/2"]
    assert (shot(state).prompt, shot(state).rewordings, state.keyframes.lease) == ("milder", 1, None)
    assert [refusal.reason for refusal in shot(state).refusals] == ["too much blood"]


def test_however_many_shots_are_refused_the_keyframes_stage_does_not_run_out_of_attempts() -> None:
    state = paid_job()
    for _ in range(2 * MAX_ATTEMPTS):
        state = remedied(state, render(0), Remedy.REWORD, REFUSED, token="mine")
        words = Wording(prompt="p", keyframe_prompt="k")
        state = state.with_work(render(0), shot(state).evolve(rewordings=0))
        state = claimed(shot_reworded(claimed(state, KEYFRAMES), 0, words, token="mine"), render(0))
        state = state.with_work(render(0), shot(state).evolve(attempt=0))
    assert state.keyframes.done


def test_a_fallback_renders_the_same_shot_on_the_next_backend() -> None:
    state = paid_job(fallback_models=("animatic",))
    assert state.model_of(shot(state)) == "scripted"
    state = remedied(state, render(0), Remedy.FALL_BACK, BackendFailed("no"), token="mine")
    assert state.model_of(shot(state)) == "animatic"
    assert str(due_tasks(state)[0].task.key) == "render/0"


def test_nothing_is_tried_otherwise_while_a_paid_call_is_not_accounted_for() -> None:
    with pytest.raises(IllegalTransition):
        remedied(submitted_job(), render(0), Remedy.REWORD, REFUSED, token="mine")


def test_a_call_made_by_no_lease_holder_is_refused() -> None:
    taken = claimed(paid_job(), render(0), token="other", now=NOW + LEASE)
    with pytest.raises(LeaseLost):
        submitted(taken)


def test_an_operation_without_its_submission_is_refused() -> None:
    with pytest.raises(IllegalTransition):
        operation_started(paid_job(), render(0), submission_id="s", operation_name="o", now=NOW, token="mine")
