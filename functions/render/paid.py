"""A shot's clip from a provider who is paid: one step of it at each delivery, none of them a wait.

The call is fenced by its submission, saved before, and its operation, saved after. Knows no provider by name.
"""

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from functions.render.clip import clip_request
from functions.render.delivery import bring_in, delivered, take
from functions.render.stills import fetched_stills
from functions.render.video_backends import (
    Broken,
    Declined,
    Done,
    HandedOut,
    PaidVideoBackend,
    Running,
    Unknown,
    paid_backend,
)
from functions.render.video_backends.wording import check_prompt
from shared.assignment import Assignment
from shared.domain import naming
from shared.domain.capabilities import VIDEO_BACKENDS
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
from shared.job_store import Step

BUSY_PAUSE = timedelta(seconds=10)
"""Until a call is tried again for which there was no room at its backend."""

log = structlog.get_logger()


def render_paid(assignment: Assignment) -> None:
    """Start the paid call, look how it stands, or take what it made: whichever is next."""
    shot, asked_at = assignment.shot, assignment.now
    if shot.operation:
        return _look(assignment, shot.operation)
    if made := delivered(assignment):
        return _take(assignment, *made)
    if shot.submission and _is_still_ambiguous(assignment, shot.submission, asked_at):
        return None
    return _start(assignment)


def _start(assignment: Assignment) -> None:
    state, shot, switches = assignment.state, assignment.shot, assignment.services.switches
    model, submission_id = state.model_of(shot), secrets.token_hex(8)
    backend, request = paid_backend(model), clip_request(state, shot)
    try:
        check_prompt(request, VIDEO_BACKENDS[model])
    except BackendFailed as failure:
        return _otherwise(assignment, failure, lambda state, _now: state)
    switches.admit(model)
    _glance_at_room(assignment, model)
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
            _check_room(assignment, model)
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


def _glance_at_room(assignment: Assignment, model: str) -> None:
    """Begin no call for which there surely is no room: many wait, and each would write its beginning and end.

    Raises:
        MustWait: there is no room.
    """
    permitted = assignment.services.max_operations(model)
    if permitted and (count := assignment.services.store.operations(model)) >= permitted:
        log.info("backend.busy", model=model, operations=count, permitted=permitted)
        raise MustWait(BUSY_PAUSE)


def _check_room(assignment: Assignment, model: str) -> None:
    """Let no more calls be under way at a backend than are permitted, however many begin at once.

    Ours was counted as it was saved. If the answer to that got lost, nobody knows how many there were.

    Raises:
        MustWait: there is no room.
    """
    permitted = assignment.services.max_operations(model)
    count = assignment.state.operations.get(model)
    if permitted and (count is None or count > permitted):
        log.info("backend.busy", model=model, operations=count, permitted=permitted)
        raise MustWait(BUSY_PAUSE)


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
    submission = _submission(assignment)
    model = submission.model
    try:
        backend = paid_backend(model)
        with assignment.uninterruptible(f"{model} says how the operation stands"):
            seen = backend.poll(operation.operation_name)
        if isinstance(seen, HandedOut):
            return _take(assignment, *bring_in(assignment, backend, submission, operation))
    except BackendUnavailable:
        _note(assignment.services.switches.outage, model)
        raise
    match seen:
        case Running():
            assignment.commit(
                lambda state, now: look_again_later(state, assignment.key, now=now, token=assignment.token)
            )
        case Done(uri=uri):
            _take(assignment, submission, uri)
        case Declined(reason=reason, billed=billed):
            _ended(assignment, Refused(reason), billed=billed)
        case Broken(reason=reason, billed=billed, retryable=retryable):
            failure = OperationFailed(reason) if retryable and not billed else BackendFailed(reason)
            _ended(assignment, failure, billed=billed)
        case Unknown():
            _forgotten(assignment, model)


def _forgotten(assignment: Assignment, model: str) -> None:
    """Take what an operation has made that its provider knows nothing of; else it was paid for nothing."""
    if made := delivered(assignment):
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
        if may_try_again(assignment, failure):
            assignment.commit(ended)
            raise failure
        failure = BackendFailed(str(failure))
    _otherwise(assignment, failure, ended)


def may_try_again(assignment: Assignment, failure: OperationFailed) -> bool:
    """Tell whether the same backend is to have another attempt at the shot."""
    return isinstance(decide(failure, assignment.shot.attempt, assignment.now, spread=0), TryAgain)


def _otherwise(assignment: Assignment, failure: Refused | BackendFailed, ended: Step) -> None:
    """End the call and, at the same stroke, give the shot to whom it is to be tried with next."""
    remedy = remedy_for(assignment.state, assignment.shot, failure)
    if remedy is None:
        assignment.commit(ended)
        raise failure

    def ended_and_remedied(state: JobState, now: datetime) -> JobState:
        state = ended(state, now)
        if state.job.status.is_final:  # cancelled meanwhile: what the call cost is still to be told
            return state
        return remedied(state, assignment.key, remedy, failure, token=assignment.token)

    assignment.commit(ended_and_remedied)


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
    take(assignment, submission, uri)
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
