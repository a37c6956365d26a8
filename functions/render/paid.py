"""A shot's clip from a provider who is paid: one step of it at each delivery, none of them a wait.

The call is fenced by its submission, saved before, and its operation, saved after. Knows no provider by name.
"""

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import structlog

from functions.render.clip import check_clip, check_every_frame, clip_request
from functions.render.stills import fetched_stills, stored_last_frame
from functions.render.video_backends import (
    Broken,
    Declined,
    Done,
    PaidVideoBackend,
    Running,
    Unknown,
    paid_backend,
)
from shared.assignment import Assignment
from shared.domain import naming
from shared.domain.errors import (
    AnswerLost,
    BackendFailed,
    BackendUnavailable,
    Contended,
    IllegalTransition,
    LeaseLost,
    MustWait,
    OperationFailed,
    Refused,
    Unavailable,
)
from shared.domain.job import JobState, Operation, Submission
from shared.domain.paid_calls import (
    Payment,
    call_ended,
    clip_delivered,
    look_again_later,
    operation_started,
    paid_call_begins,
    remedied,
    remedy_for,
    submission_withdrawn,
    surely_settled_at,
)
from shared.domain.pricing import clip_cost_usd_micros
from shared.domain.retry import TryAgain, decide
from shared.domain.transitions import clip_rendered
from shared.job_store import Step

CLIP_ENDINGS = (".mp4", ".mov", ".webm")
"""What tells a clip from whatever else a provider may write beside it."""

log = structlog.get_logger()


def render_paid(assignment: Assignment) -> None:
    """Start the paid call, look how it stands, or take what it made: whichever is next."""
    shot, asked_at = assignment.shot, assignment.now
    if shot.operation:
        return _look(assignment, shot.operation)
    if made := _delivered(assignment):
        return _take(assignment, *made)
    if shot.submission and _is_still_ambiguous(assignment, shot.submission, asked_at):
        return None
    return _start(assignment)


def _start(assignment: Assignment) -> None:
    state, shot, switches = assignment.state, assignment.shot, assignment.services.switches
    model, submission_id = state.model_of(shot), secrets.token_hex(8)
    backend, request = paid_backend(model), clip_request(state, shot)
    switches.admit(model)
    with fetched_stills(assignment) as stills:
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
            if not assignment.has_time_for_a_call:
                raise MustWait(timedelta(seconds=1))
            with assignment.uninterruptible(f"{model} accepts the call"):
                name = backend.start(request, stills, assignment.services.objects.uri(output))
        except AnswerLost:
            _note(switches.outage, model)
            raise
        except (Refused, BackendFailed) as failure:
            return _otherwise(assignment, failure, _withdrawn(assignment, submission_id, failure.code))
        except (MustWait, BackendUnavailable) as error:
            assignment.commit(_withdrawn(assignment, submission_id, error.code))
            if isinstance(error, BackendUnavailable):
                _note(switches.outage, model)
            raise
    log.info("operation.accepted", submission_id=submission_id, operation_name=name)
    _save_operation(assignment, backend, submission_id, name)
    _note(switches.success, model)
    return None


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
        log.warning("operation.orphaned", submission_id=submission_id, operation_name=operation_name)
        with assignment.uninterruptible("the provider cancels an operation"):
            backend.cancel(operation_name)
        raise LeaseLost(f"{assignment.key} has gone on without the call {submission_id}") from error


def _look(assignment: Assignment, operation: Operation) -> None:
    model = _submission(assignment).model
    try:
        with assignment.uninterruptible(f"{model} says how the operation stands"):
            seen = paid_backend(model).poll(operation.operation_name)
    except BackendUnavailable:
        _note(assignment.services.switches.outage, model)
        raise
    match seen:
        case Running():
            assignment.commit(
                lambda state, now: look_again_later(state, assignment.key, now=now, token=assignment.token)
            )
        case Done(uri=uri):
            _take(assignment, _submission(assignment), uri)
        case Declined(reason=reason, billed=billed):
            _ended(assignment, Refused(reason), billed=billed)
        case Broken(reason=reason, billed=billed, retryable=retryable):
            failure = OperationFailed(reason) if retryable and not billed else BackendFailed(reason)
            _ended(assignment, failure, billed=billed)
        case Unknown():
            _forgotten(assignment, model)


def _forgotten(assignment: Assignment, model: str) -> None:
    """Take what an operation has made that its provider knows nothing of; else it was paid for nothing."""
    if made := _delivered(assignment):
        return _take(assignment, *made)
    return _ended(assignment, BackendFailed(f"{model} does not know the operation any more"), billed=True)


def _ended(
    assignment: Assignment, failure: Refused | BackendFailed | OperationFailed, *, billed: bool
) -> None:
    """Account for a call without a clip, and go on to what may be tried without paying twice.

    A call that is billed stays as it is until the job has failed: forgotten before, it would be made again.
    """
    if billed:
        raise failure
    ended = _accounted(assignment, Payment.REFUNDED)
    if isinstance(failure, OperationFailed):
        if _may_try_again(assignment, failure):
            assignment.commit(ended)
            raise failure
        failure = BackendFailed(str(failure))
    _otherwise(assignment, failure, ended)


def _may_try_again(assignment: Assignment, failure: OperationFailed) -> bool:
    return isinstance(decide(failure, assignment.shot.attempt, assignment.now, spread=0), TryAgain)


def _otherwise(assignment: Assignment, failure: Refused | BackendFailed, ended: Step) -> None:
    """End the call and, at the same stroke, give the shot to whom it is to be tried with next."""
    remedy = remedy_for(assignment.state, assignment.shot, failure)
    if remedy is None:
        assignment.commit(ended)
        raise failure
    log.info("shot.remedied", remedy=remedy, code=failure.code)

    def ended_and_remedied(state: JobState, now: datetime) -> JobState:
        state = ended(state, now)
        if state.job.status.is_final:  # cancelled meanwhile: what the call cost is still to be told
            return state
        return remedied(state, assignment.key, remedy, failure, token=assignment.token)

    assignment.commit(ended_and_remedied)


def _delivered(assignment: Assignment) -> tuple[Submission, str] | None:
    """Return what a call whose answer got lost has made all the same, if any has: the call and the URI."""
    shot, objects = assignment.shot, assignment.services.objects
    for submission in (*([shot.submission] if shot.submission else []), *shot.lost_submissions):
        prefix = naming.submission_prefix(assignment.job_id, shot.index, submission.submission_id)
        clips = [name for name in objects.names(prefix) if name.endswith(CLIP_ENDINGS)]
        if clips:
            return submission, objects.uri(clips[0])
    return None


def _is_still_ambiguous(assignment: Assignment, submission: Submission, asked_at: datetime) -> bool:
    """Wait for what the call may still bring; give it up for lost once it surely brings nothing more.

    Args:
        asked_at: when it was looked for in vain. What has come since is not known.
    """
    is_lost = asked_at >= surely_settled_at(submission)
    if is_lost:
        assignment.commit(_accounted(assignment, Payment.AMBIGUOUS))
    else:
        assignment.commit(
            lambda state, now: look_again_later(state, assignment.key, now=now, token=assignment.token)
        )
    return not is_lost


def _take(assignment: Assignment, submission: Submission, uri: str) -> None:
    """Check what the provider has made, keep a copy of it as the shot's clip, and commit it.

    Raises:
        MediaMissing, MediaCorrupt, BackendFailed: it is not what was asked for; and it has been paid.
    """
    shot, objects = assignment.shot, assignment.services.objects
    prefix = naming.submission_prefix(assignment.job_id, shot.index, submission.submission_id)
    path = uri.removeprefix(objects.uri(""))
    if not path.startswith(prefix):
        raise BackendFailed(f"{submission.model} wrote the clip elsewhere than it was asked to")
    with TemporaryDirectory(prefix="ttv-render-") as folder:
        clip = Path(folder, "clip.mp4")
        made_crc32c = assignment.fetch(path, clip, shot=shot.index)
        check_clip(clip, clip_request(assignment.state, shot))
        check_every_frame(clip, assignment.check)
    target = naming.clip_path(assignment.job_id, shot.index)
    crc32c = assignment.copy(path, target, shot=shot.index, crc32c=made_crc32c)
    last_frame = stored_last_frame(assignment, target, crc32c)

    def taken(state: JobState, _now: datetime) -> JobState:
        return clip_rendered(
            clip_delivered(state, assignment.key, submission=submission, token=assignment.token),
            assignment.key,
            path=target,
            crc32c=crc32c,
            last_frame=last_frame,
            token=assignment.token,
            submission_id=submission.submission_id,
        )

    assignment.commit(taken)
    _note(assignment.services.switches.success, submission.model)


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


def _note(event: Callable[[str], None], model: str) -> None:
    """Tell the circuit breaker. It is only an estimate, so nothing that matters may fail over it."""
    try:
        event(model)
    except (Unavailable, Contended) as error:
        log.warning("circuit.unchanged", model=model, reason=error.code)


def _submission(assignment: Assignment) -> Submission:
    submission = assignment.shot.submission
    if submission is None:
        raise IllegalTransition(f"{assignment.key} has no paid call")
    return submission
