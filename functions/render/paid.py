"""A shot's clip from a provider who is paid: one step of it at each delivery, none of them a wait.

The call is fenced by its submission, saved before, and its operation, saved after. Knows no provider by name.
"""

import secrets
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import structlog

from functions.render.clip import check_clip, check_every_frame, clip_request
from functions.render.video_backends import (
    Broken,
    Declined,
    Done,
    PaidVideoBackend,
    Running,
    paid_backend,
)
from shared.assignment import Assignment
from shared.domain import naming
from shared.domain.errors import (
    AnswerLost,
    BackendFailed,
    BackendUnavailable,
    IllegalTransition,
    LeaseLost,
    MustWait,
    OperationFailed,
    Refused,
)
from shared.domain.job import Charge, JobState, Operation, Shot, Submission
from shared.domain.paid_calls import (
    Payment,
    call_ended,
    look_again_later,
    operation_started,
    paid_call_begins,
    remedied,
    remedy_for,
    submission_withdrawn,
    surely_settled_at,
)
from shared.domain.pricing import clip_cost_usd_micros
from shared.domain.transitions import clip_rendered
from shared.job_store import Step

log = structlog.get_logger()


def render_paid(assignment: Assignment) -> None:
    """Start the paid call, look how it stands, or take what it made: whichever is next."""
    shot = assignment.shot
    if shot.operation is None:
        if made := _delivered(assignment):
            return _take(assignment, *made)
        if shot.submission is not None and _is_still_ambiguous(assignment, shot.submission):
            return None
        return _start(assignment)
    return _look(assignment, shot.operation)


def _start(assignment: Assignment) -> None:
    state, shot, switches = assignment.state, assignment.shot, assignment.services.switches
    model, submission_id = state.model_of(shot), secrets.token_hex(8)
    backend, request = paid_backend(model), clip_request(state, shot)
    switches.admit(model)
    with TemporaryDirectory(prefix="ttv-render-") as folder:
        keyframe = Path(folder, "keyframe.png")
        assignment.fetch(shot.keyframe or "", keyframe, shot=shot.index, crc32c=shot.keyframe_crc32c)
        price = clip_cost_usd_micros(model, request.seconds, request.width, request.height)
        assignment.commit(
            lambda state, now: paid_call_begins(
                state,
                assignment.key,
                submission_id=submission_id,
                usd_micros=price,
                now=now,
                token=assignment.token,
            )
        )
        output = naming.submission_prefix(state.job.job_id, shot.index, submission_id)
        try:
            with assignment.uninterruptible(f"{model} accepts the call"):
                name = backend.start(request, keyframe, assignment.services.objects.uri(output))
        except AnswerLost:
            raise
        except (Refused, BackendFailed) as failure:
            return _otherwise(assignment, failure, _withdrawn(assignment, submission_id, failure.code))
        except (MustWait, BackendUnavailable) as error:
            if isinstance(error, BackendUnavailable):
                switches.outage(model)
            assignment.commit(_withdrawn(assignment, submission_id, error.code))
            raise
    _save_operation(assignment, backend, submission_id, name)
    switches.success(model)


def _save_operation(
    assignment: Assignment, backend: PaidVideoBackend, submission_id: str, operation_name: str
) -> None:
    def started(state: JobState, now: datetime) -> JobState:
        return operation_started(
            state,
            assignment.key,
            submission_id=submission_id,
            operation_name=operation_name,
            now=now,
            token=assignment.token,
        )

    try:
        assignment.commit(started)
    except IllegalTransition as error:  # we were away for so long that the call was given up for lost
        billed = backend.cancel(operation_name)
        log.warning("operation.orphaned", submission_id=submission_id, billed=billed)
        raise LeaseLost(f"{assignment.key} has gone on without the call {submission_id}") from error


def _look(assignment: Assignment, operation: Operation) -> None:
    model, switches = _submission(assignment).model, assignment.services.switches
    try:
        seen = paid_backend(model).poll(operation.operation_name)
    except BackendUnavailable:
        switches.outage(model)
        raise
    except BackendFailed:  # it knows nothing of the operation any more, but may have written the clip
        if made := _delivered(assignment):
            return _take(assignment, *made)
        assignment.commit(_accounted(assignment, Payment.BILLED))
        raise
    switches.success(model)
    match seen:
        case Running():
            assignment.commit(
                lambda state, now: look_again_later(state, assignment.key, now=now, token=assignment.token)
            )
        case Done(path=path):
            _take(assignment, _submission(assignment), path)
        case Declined(reason=reason, billed=billed):
            _ended(assignment, Refused(reason), billed=billed)
        case Broken(reason=reason, billed=billed, retryable=retryable):
            failure = OperationFailed(reason) if retryable and not billed else BackendFailed(reason)
            _ended(assignment, failure, billed=billed)
    return None


def _ended(
    assignment: Assignment, failure: Refused | BackendFailed | OperationFailed, *, billed: bool
) -> None:
    """Account for a call without a clip, and go on to what may be tried without paying twice."""
    ended = _accounted(assignment, Payment.BILLED if billed else Payment.REFUNDED)
    if isinstance(failure, OperationFailed) or billed:
        assignment.commit(ended)
        raise failure
    _otherwise(assignment, failure, ended)


def _otherwise(assignment: Assignment, failure: Refused | BackendFailed, ended: Step) -> None:
    """End the call and, at the same stroke, give the shot to whom it is to be tried with next."""
    remedy = remedy_for(assignment.state, assignment.shot, failure)
    if remedy is None:
        assignment.commit(ended)
        raise failure
    log.info("shot.remedied", remedy=remedy, code=failure.code)
    assignment.commit(
        lambda state, now: remedied(
            ended(state, now), assignment.key, remedy, failure, token=assignment.token
        )
    )


def _delivered(assignment: Assignment) -> tuple[Submission, str] | None:
    """Return what a call whose answer got lost has made all the same, if any has."""
    shot = assignment.shot
    for submission in (*shot.lost_submissions, *([shot.submission] if shot.submission else [])):
        prefix = naming.submission_prefix(assignment.job_id, shot.index, submission.submission_id)
        if made := assignment.services.objects.names(prefix):
            return submission, made[0]
    return None


def _is_still_ambiguous(assignment: Assignment, submission: Submission) -> bool:
    """Wait for what the call may still bring; give it up for lost once it surely brings nothing more."""
    lost = _accounted(assignment, Payment.AMBIGUOUS)

    def waited_or_lost(state: JobState, now: datetime) -> JobState:
        if now < surely_settled_at(submission):
            return look_again_later(state, assignment.key, now=now, token=assignment.token)
        return lost(state, now)

    assignment.commit(waited_or_lost)
    return assignment.shot.submission is not None


def _take(assignment: Assignment, submission: Submission, path: str) -> None:
    """Check what the provider has made, keep a copy of it as the shot's clip, and commit it.

    Raises:
        MediaMissing, MediaCorrupt, BackendFailed: it is not what was asked for; and it has been paid.
    """
    shot = assignment.shot
    prefix = naming.submission_prefix(assignment.job_id, shot.index, submission.submission_id)
    if not path.startswith(prefix):
        raise BackendFailed(f"{submission.model} wrote the clip elsewhere than it was asked to")
    with TemporaryDirectory(prefix="ttv-render-") as folder:
        clip = Path(folder, "clip.mp4")
        made_crc32c = assignment.fetch(path, clip, shot=shot.index)
        check_clip(clip, clip_request(assignment.state, shot))
        check_every_frame(clip, assignment.check)
    target = naming.clip_path(assignment.job_id, shot.index)
    crc32c = assignment.copy(path, target, shot=shot.index, crc32c=made_crc32c)
    charge = _charge_for(shot, submission)
    assignment.commit(
        lambda state, _now: clip_rendered(
            state, assignment.key, path=target, crc32c=crc32c, charge=charge, token=assignment.token
        )
    )


def _charge_for(shot: Shot, submission: Submission) -> Charge | None:
    """Return what is still to be charged for a call: nothing once its acceptance or its loss was saved."""
    if any(charge.submission_id == submission.submission_id for charge in shot.charges):
        return None
    return Charge(
        usd_micros=submission.usd_micros,
        reason="clip",
        submission_id=submission.submission_id,
        model=submission.model,
    )


def _withdrawn(assignment: Assignment, submission_id: str, reason: str) -> Step:
    def step(state: JobState, _now: datetime) -> JobState:
        return submission_withdrawn(state, assignment.key, submission_id=submission_id, reason=reason)

    return step


def _accounted(assignment: Assignment, payment: Payment) -> Step:
    submission_id = _submission(assignment).submission_id

    def step(state: JobState, _now: datetime) -> JobState:
        return call_ended(
            state, assignment.key, submission_id=submission_id, payment=payment, token=assignment.token
        )

    return step


def _submission(assignment: Assignment) -> Submission:
    submission = assignment.shot.submission
    if submission is None:
        raise IllegalTransition(f"{assignment.key} has no paid call")
    return submission
