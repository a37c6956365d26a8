"""What is left to do for a shot whose job has ended while a paid call was under way. It commits no clip."""

from datetime import datetime, timedelta

import structlog

from functions.render.video_backends import paid_backend
from shared.assignment import Services
from shared.documents import Snapshot
from shared.domain import naming
from shared.domain.errors import BackendUnavailable, IllegalTransition, MustWait, QuotaExhausted
from shared.domain.job import JobState, Operation, Shot, Submission, WorkKey
from shared.domain.paid_calls import Payment, call_ended, surely_settled_at, wound_up
from shared.job_store import ALL

GIVE_UP_AFTER = timedelta(days=1)
"""A provider that could not be asked for so long is taken to have billed the call."""

log = structlog.get_logger()


def settle_paid_call(key: WorkKey, snapshot: Snapshot, services: Services) -> None:
    """Cancel a paid call at the provider, or find out what became of it, and account for it.

    May be repeated at will.

    Raises:
        MustWait: it is too early to tell whether a call whose answer got lost was accepted.
        IllegalTransition: it is accounted for already.
        BackendUnavailable, QuotaExhausted: the provider cannot be asked now.
    """
    shot = snapshot.state.work(key)
    if not isinstance(shot, Shot) or shot.submission is None:
        raise IllegalTransition(f"{key} has no paid call")
    payment = _payment(snapshot, shot, shot.submission, services)
    submission_id = shot.submission.submission_id

    def settled(state: JobState, _now: datetime) -> JobState:
        return wound_up(call_ended(state, key, submission_id=submission_id, payment=payment, token=""))

    services.store.change(snapshot.state.job.job_id, settled, shots=ALL)


def _payment(snapshot: Snapshot, shot: Shot, submission: Submission, services: Services) -> Payment:
    if shot.operation:
        return _cancelled(submission.model, shot.operation, snapshot.now)
    prefix = naming.submission_prefix(snapshot.state.job.job_id, shot.index, submission.submission_id)
    if services.objects.names(prefix):
        return Payment.BILLED
    too_early = surely_settled_at(submission) - snapshot.now
    if too_early.total_seconds() > 0:
        raise MustWait(too_early)
    return Payment.AMBIGUOUS


def _cancelled(model: str, operation: Operation, now: datetime) -> Payment:
    try:
        billed = paid_backend(model).cancel(operation.operation_name)
    except (BackendUnavailable, QuotaExhausted):
        if now - operation.started_at < GIVE_UP_AFTER:
            raise
        log.error("operation.abandoned", model=model, operation_name=operation.operation_name)
        billed = True
    return Payment.BILLED if billed else Payment.REFUNDED
