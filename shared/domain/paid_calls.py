"""Every legal step of a shot's paid call, from before it is made until its money is accounted for.

A call is saved as a submission before it is made and as an operation once the provider has accepted it. One
without the other is ambiguous: perhaps paid, perhaps never sent.

The steps that only account for money are legal for a final job too: a call that was under way when the job
ended has cost what it has cost.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from shared.domain.capabilities import UNKNOWN_BACKEND, VIDEO_BACKENDS, Capabilities
from shared.domain.charges import check_affordable, with_charges
from shared.domain.errors import (
    BackendFailed,
    IllegalTransition,
    OperationFailed,
    PaymentAmbiguous,
    Refused,
)
from shared.domain.guards import held, shot_that_is, submitted
from shared.domain.job import (
    Charge,
    JobState,
    Operation,
    Refusal,
    Shot,
    ShotStatus,
    Submission,
    WorkKey,
)

MAX_RESUBMISSIONS = 1
"""Calls that may be made once more although it is unknown whether the one before was paid."""

ForGood = Refused | BackendFailed | OperationFailed
"""Why a backend does not render a shot; the last of them once no attempt is left."""


class Remedy(StrEnum):
    """What is tried when a backend cannot or will not render a shot."""

    REWORD = "reword"
    """The planner words it anew, once."""
    FALL_BACK = "fall_back"
    """The next backend of the configuration gets it."""


class Payment(StrEnum):
    """What became of the money for a call that ended without a clip."""

    BILLED = "billed"
    REFUNDED = "refunded"
    AMBIGUOUS = "ambiguous"


def paid_call_begins(
    state: JobState,
    key: WorkKey,
    *,
    submission_id: str,
    usd_micros: int,
    now: datetime,
    token: str,
) -> JobState:
    """Save that a paid call is about to be made, so that a crash during it is noticed.

    The user's limit is exact for calls made one after the other: every charge and refund, those of lost
    calls included, is in the counters that each step reads. A call is charged once the provider has accepted
    it, so calls that begin at the same moment do not see each other, and together may exceed the limit. The
    estimate, which was checked against it before the job was accepted, leaves no room for that unless calls
    are lost or fail.

    Raises:
        JobIsFinal, LeaseLost: the right has ended.
        CostLimitReached: it would cost more than the user permits.
        IllegalTransition: a call has begun already, or the shot is not ready for one.
        PaymentAmbiguous: the answers to too many calls were lost.
        BackendFailed: a call was billed and brought no clip.
    """
    held(state, key, token)
    shot = shot_that_is(state, key, ShotStatus.DRAWN)
    if shot.submission:
        raise IllegalTransition(f"{key} has begun a paid call already")
    if len(shot.lost_submissions) > MAX_RESUBMISSIONS:
        raise PaymentAmbiguous(
            f"{state.model_of(shot)} was called {len(shot.lost_submissions)} times without saying whether it"
            " accepted; calling again might pay again",
            shot=shot.index,
        )
    if _paid_for_nothing(shot):
        raise BackendFailed("a call was billed and brought no clip; nothing more is paid", shot=shot.index)
    check_affordable(state, usd_micros, shot=shot.index)
    submission = Submission(
        submission_id=submission_id, model=state.model_of(shot), at=now, usd_micros=usd_micros
    )
    state = state.with_work(key, shot.evolve(submission=submission))
    return state.tell("submission.saved", key, submission_id=submission_id, model=submission.model)


def operation_started(
    state: JobState,
    key: WorkKey,
    *,
    submission_id: str,
    operation_name: str,
    now: datetime,
    token: str,
) -> JobState:
    """Save a provider's name for a paid call it has accepted, and charge it; what follows is a poll.

    Needs no lease, only that the call is still the shot's: its name must not get lost, even if the job has
    been cancelled meanwhile. It is then due to be cancelled at the provider.

    Raises:
        IllegalTransition: that call was given up, or is known to have started.
    """
    shot, submission = submitted(state, key, submission_id)
    if shot.operation:
        raise IllegalTransition(f"{key} has an operation already")
    poll_at = None if state.job.status.is_final else now + poll_interval(shot)
    operation = Operation(operation_name=operation_name, started_at=now)
    shot = shot.evolve(operation=operation, step=shot.step + 1, not_before=poll_at)
    if shot.lease and shot.lease.token == token:
        shot = shot.evolve(lease=None)
    state = _charged(state.with_work(key, shot), key, submission, "clip")
    return state.tell("operation.started", key, submission_id=submission_id)


def submission_withdrawn(state: JobState, key: WorkKey, *, submission_id: str, reason: str) -> JobState:
    """Forget a paid call that the provider surely has not accepted.

    Raises:
        IllegalTransition: the shot has another call, or this one has started.
    """
    shot, _submission = submitted(state, key, submission_id)
    if shot.operation:
        raise IllegalTransition(f"{key} has an operation already")
    state = state.with_work(key, shot.evolve(submission=None))
    return state.tell("submission.withdrawn", key, submission_id=submission_id, reason=reason)


def look_again_later(state: JobState, key: WorkKey, *, now: datetime, token: str) -> JobState:
    """Leave an operation that still runs, or a call that is still ambiguous, to a further task.

    Raises:
        JobIsFinal, LeaseLost: the right has ended.
        IllegalTransition: there is no paid call to look at.
    """
    held(state, key, token)
    shot = shot_that_is(state, key, ShotStatus.DRAWN)
    if not shot.submission:
        raise IllegalTransition(f"{key} has no paid call")
    submission = shot.submission.counted(-1)
    later = shot.evolve(
        submission=submission, lease=None, step=shot.step + 1, not_before=now + poll_interval(shot)
    )
    return state.with_work(key, later)


def clip_delivered(state: JobState, key: WorkKey, *, submission: Submission, token: str) -> JobState:
    """Account for the call that has brought the shot's clip, and for the current one, should it be another.

    Charged is what was not charged before: the call may have been given up for lost, or saved as an operation
    by whoever made it, after we looked.

    Raises:
        JobIsFinal, LeaseLost: the right has ended.
        IllegalTransition: the shot has a clip already.
    """
    held(state, key, token)
    shot = shot_that_is(state, key, ShotStatus.DRAWN)
    current = shot.submission
    if current and current.submission_id != submission.submission_id:
        payment = Payment.BILLED if shot.operation else Payment.AMBIGUOUS
        state = call_ended(state, key, submission_id=current.submission_id, payment=payment, token=token)
    if any(charge.submission_id == submission.submission_id for charge in shot.charges):
        return state
    return _charged(state, key, submission, "clip")


def call_ended(
    state: JobState, key: WorkKey, *, submission_id: str, payment: Payment, token: str
) -> JobState:
    """Account for a paid call that brought no clip. The right to go on with the shot is kept.

    For a final job this needs no lease: it is the last thing that happens to the call.

    Raises:
        LeaseLost: the job goes on, and the right has ended.
        IllegalTransition: the shot has another call, or none; or one is said to be ambiguous that is not.
    """
    if not state.job.status.is_final:
        held(state, key, token)
    shot, submission = submitted(state, key, submission_id)
    lost = shot.lost_submissions
    if payment is Payment.BILLED and shot.operation is None:
        state = _charged(state, key, submission, "clip")
    if payment is Payment.REFUNDED and shot.operation is not None:
        state = _charged(state, key, submission, "not billed", refund=True)
    if payment is Payment.AMBIGUOUS:
        if shot.operation:
            raise IllegalTransition(f"{key} has an operation, so its call is not ambiguous")
        state = _charged(state, key, submission, "answer lost", ambiguous=True)
        lost = (*lost, submission)
    ended = _shot(state, key).evolve(submission=None, operation=None, lost_submissions=lost)
    state = state.with_work(key, ended)
    return state.tell("call.ended", key, submission_id=submission_id, payment=payment)


def settle_later(state: JobState, key: WorkKey, *, until: datetime) -> JobState:
    """Leave a paid call of a final job to a further task, because it cannot be settled yet.

    Raises:
        IllegalTransition: the job goes on, or the call is settled.
    """
    shot = shot_that_is(state, key, ShotStatus.DRAWN)
    if not state.job.status.is_final or not shot.is_unsettled:
        raise IllegalTransition(f"{key} has nothing to settle")
    state = state.with_work(key, shot.evolve(step=shot.step + 1, not_before=until))
    return state.tell("call.waits", key, until=until.isoformat())


def wound_up(state: JobState) -> JobState:
    """Note on a final job, all of whose shots are loaded, that no paid call is left once none is."""
    left = any(shot.is_unsettled for shot in state.shots)
    return state if left == state.job.unsettled else state.evolve(job=state.job.evolve(unsettled=left))


def unsettled_calls(state: JobState) -> Counter[str]:
    """Count, for each video backend, the paid calls of the loaded shots that are not accounted for."""
    calls = (shot.submission for shot in state.shots if shot.is_unsettled)
    return Counter(submission.model for submission in calls if submission)


def remedy_for(state: JobState, shot: Shot, failure: ForGood) -> Remedy | None:
    """Say what is to be tried next with a shot that a backend refused or failed for good; None: nothing."""
    config = state.job.config
    if isinstance(failure, Refused) and config.reword_refused and not shot.rewordings:
        return Remedy.REWORD
    return Remedy.FALL_BACK if shot.fallbacks < len(config.fallback_models) else None


def remedied(state: JobState, key: WorkKey, remedy: Remedy, failure: ForGood, *, token: str) -> JobState:
    """Give the shot back to the planner, or to the next backend.

    Raises:
        JobIsFinal, LeaseLost: the right has ended.
        IllegalTransition: a paid call is not accounted for.
    """
    held(state, key, token)
    shot = shot_that_is(state, key, ShotStatus.DRAWN)
    if shot.submission:
        raise IllegalTransition(f"{key} has a paid call that is not accounted for")
    model = state.model_of(shot)
    shot = shot.evolve(lease=None, step=shot.step + 1, attempt=0)  # other words or another backend: new work
    if isinstance(failure, Refused):
        shot = shot.evolve(refusals=(*shot.refusals, Refusal(model=model, reason=str(failure))))
        state = state.tell("shot.refused", key, model=model)
    if remedy is Remedy.REWORD:
        shot = shot.evolve(awaits_rewording=True)
        if state.keyframes.done:  # else whoever is drawing comes to it
            again = state.keyframes.evolve(done=False, step=state.keyframes.step + 1, attempt=0)
            state = state.evolve(keyframes=again)
    else:
        shot = shot.evolve(fallbacks=shot.fallbacks + 1)
    state = state.with_work(key, shot)
    return state.tell(f"shot.{_EVENT[remedy]}", key, code=failure.code, model=model)


def surely_settled_at(submission: Submission) -> datetime:
    """Say when a call that was accepted has surely brought whatever it brings."""
    return submission.at + timedelta(seconds=_backend(submission.model).settles_seconds)


def poll_interval(shot: Shot) -> timedelta:
    """Say how long to wait from one look at a shot's paid call to the next."""
    model = shot.submission.model if shot.submission else ""
    return timedelta(seconds=_backend(model).poll_seconds)


def _backend(model: str) -> Capabilities:
    """Return what a backend can do; of one that only a newer revision knows, what is safe to assume."""
    return VIDEO_BACKENDS.get(model, UNKNOWN_BACKEND)


_EVENT: Mapping[Remedy, str] = {Remedy.REWORD: "awaits_rewording", Remedy.FALL_BACK: "fell_back"}


def _paid_for_nothing(shot: Shot) -> bool:
    """Tell whether a call that surely was accepted stays charged, although the shot has no clip."""
    lost = {submission.submission_id for submission in shot.lost_submissions}
    calls = [charge for charge in shot.charges if charge.submission_id and charge.submission_id not in lost]
    return sum(charge.usd_micros for charge in calls) > 0


def _charged(
    state: JobState,
    key: WorkKey,
    submission: Submission,
    reason: str,
    *,
    refund: bool = False,
    ambiguous: bool = False,
) -> JobState:
    """Add to a shot what a call cost, or give it back."""
    usd_micros = -submission.usd_micros if refund else submission.usd_micros
    charge = Charge(
        usd_micros=usd_micros,
        reason=reason,
        submission_id=submission.submission_id,
        model=submission.model,
        ambiguous=ambiguous,
    )
    return with_charges(state, key, [charge])


def _shot(state: JobState, key: WorkKey) -> Shot:
    return shot_that_is(state, key, ShotStatus.DRAWN)
