"""Every error the pipeline raises, drawn once. It knows nothing of HTTP or of any vendor.

TTVError
├── InvalidInput               a user's value is not permitted; names field, value and what is
├── Unauthorized               no key, or not one of ours
├── Forbidden                  the key is one of ours, but not for this
├── NotFound                   no such job for this owner
├── ObjectMissing              no such object in storage
├── NotReady                   the job exists, what was asked of it does not yet
│   └── StoppedAfterKeyframes  and never will: it was to end with its storyboard
├── IdempotencyKeyReused       the same key came with another request
├── LimitReached               the caller has used up what is permitted; nothing was done
│   ├── TooManyRequests        in this minute
│   ├── TooManyRunning         the owner has as many unfinished videos as are permitted
│   └── SpendLimitReached      the owner's videos may cost no more in this month
├── IllegalTransition          the state does not allow this step
│   ├── JobIsFinal             completed, failed and cancelled are for ever
│   └── TaskObsolete           its work is done, or a newer task has replaced it
├── LeaseHeld                  another worker has the sole right to this work until `expires_at`
├── LeaseLost                  our right to this work has ended; commit nothing more
├── MustWait                   trying again is right after `retry_after`; waiting is no attempt
│   ├── QuotaExhausted         a provider asked us to wait
│   └── BackendPaused          an operator switched the backend off, or its circuit breaker is open
├── Interrupted                this instance is being shut down
├── Unavailable                a dependency did not answer; trying again later is right
│   ├── StoreUnavailable       Firestore
│   ├── QueueUnavailable       Cloud Tasks
│   ├── ObjectStoreUnavailable Cloud Storage
│   └── BackendUnavailable     a provider; the paid call surely was not accepted
├── AnswerLost                 a paid call was sent, and no answer says whether it was accepted
├── OperationFailed            a provider, or our GPU, could not do it this time and takes no money for it
├── Contended                  too many writers at once; trying again is right
│   └── Superseded             a repeat of the same request has taken this one's place
└── JobFailure                 what ends a job; its code and message are shown to the user
    ├── Refused                a safety filter said no
    ├── PlanImpossible         no division into shots fits the request
    ├── BackendFailed          a backend could not plan, draw or render
    ├── PaymentAmbiguous       a paid call's answer was lost too often to try once more
    ├── CostLimitReached       the next paid call would cost more than the user permits
    ├── MediaMissing           a keyframe or clip that was recorded is not in storage
    ├── MediaCorrupt           a keyframe or clip cannot be decoded
    ├── DurationMismatch       the joined video is not as long as its shots
    ├── AttemptsExhausted      every permitted attempt failed
    └── DeadlineExceeded       the job did not end in time
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from reprlib import Repr
from typing import ClassVar

from shared.domain.rate import Rate


class TTVError(Exception):
    """Any error of the pipeline."""

    code: ClassVar[str] = "internal_error"
    """Stable name, for clients, logs and dashboards. Never changes once released."""

    retryable: ClassVar[bool] = False
    """Whether the same call may succeed later without any change."""


class InvalidInput(TTVError):
    """A user's value is not permitted.

    Args:
        field: dotted path of the field as the user wrote it, such as `seconds` or `keyframes.mode`.
        value: what was given. Shortened before it is shown or logged.
        permitted: what would have been accepted: the values themselves, or a range in words.
        because: the whole reason in words, where the usual sentence does not fit.
    """

    code = "invalid_value"

    def __init__(
        self,
        field: str,
        value: object,
        permitted: Sequence[object] | str,
        *,
        because: str | None = None,
    ) -> None:
        self.field = _cut(field)
        self.value = value
        self.permitted = permitted if isinstance(permitted, str) else ", ".join(map(as_sent, permitted))
        shown = f"'{shorten(value)}'" if isinstance(value, str) else as_sent(value)
        because = because or f"{shown} is not permitted; permitted: {self.permitted}"
        super().__init__(f"{self.field}: {because}")


class Unauthorized(TTVError):
    """No key was given, or it is not one of ours."""

    code = "invalid_api_key"


class Forbidden(TTVError):
    """The key is one of ours, but does not open this."""

    code = "forbidden"


class NotFound(TTVError):
    """There is no such thing for this owner."""

    code = "not_found"


class ObjectMissing(TTVError):
    """There is no such object in storage."""

    code = "object_missing"

    def __init__(self, path: str) -> None:
        self.path = path
        super().__init__(f"there is no object {path}")


class NotReady(TTVError):
    """The job exists, but what was asked of it does not (yet)."""

    code = "not_ready"


class StoppedAfterKeyframes(NotReady):
    """The job was to end with its storyboard, and has."""

    code = "stopped_after_keyframes"


class IdempotencyKeyReused(TTVError):
    """The same idempotency key came before with another request."""

    code = "idempotency_key_reused"


class LimitReached(TTVError):
    """The caller has used up what is permitted, and nothing was done.

    Args:
        rate: how they stand in this minute.
    """

    code = "limit_reached"

    def __init__(self, message: str, rate: Rate) -> None:
        self.rate = rate
        super().__init__(message)


class TooManyRequests(LimitReached):
    """The caller has sent as many requests in this minute as are permitted."""

    code = "rate_limit_exceeded"
    retryable = True

    def __init__(self, rate: Rate) -> None:
        told = f"{rate.permitted} {rate.name} a minute are permitted; the next begins in"
        super().__init__(f"{told} {rate.resets_in_seconds} s", rate)


class TooManyRunning(LimitReached):
    """The owner has as many unfinished videos as are permitted; one more may come when one of them ends."""

    code = "too_many_running"
    retryable = True

    def __init__(self, permitted: int, rate: Rate) -> None:
        self.permitted = permitted
        told = f"videos permitted at a time: {permitted}; wait for one to end, or cancel one"
        super().__init__(told, rate)


class SpendLimitReached(LimitReached):
    """The video may cost more than is left of what the owner's videos may cost in this month.

    Args:
        permitted_usd_micros: in a month.
        estimate_usd_micros: what this video may cost.
    """

    code = "spend_limit_reached"

    def __init__(self, permitted_usd_micros: int, estimate_usd_micros: int, rate: Rate) -> None:
        permitted, estimate = (
            f"{each / 1_000_000:.2f}" for each in (permitted_usd_micros, estimate_usd_micros)
        )
        told = f"videos may cost {permitted} USD a month, of which less is left than the {estimate} USD"
        super().__init__(f"{told} that this one may cost", rate)


class IllegalTransition(TTVError):
    """The state does not allow this step."""

    code = "illegal_transition"


class JobIsFinal(IllegalTransition):
    """The job is completed, failed or cancelled, and stays so."""

    code = "job_is_final"


class TaskObsolete(IllegalTransition):
    """The task's work is done, or a newer task has replaced it."""

    code = "task_obsolete"


class LeaseHeld(TTVError):
    """Another worker has the sole right to this work until `expires_at`."""

    code = "lease_held"
    retryable = True

    def __init__(self, expires_at: datetime) -> None:
        self.expires_at = expires_at
        super().__init__(f"leased by another worker until {expires_at.isoformat()}")


class LeaseLost(TTVError):
    """Our right to this work has ended, so nothing more may be committed."""

    code = "lease_lost"
    retryable = True


class MustWait(TTVError):
    """Trying again is right once `retry_after` is over.

    Args:
        retry_after: whoever asks us to wait says for how long.
    """

    code = "must_wait"
    retryable = True

    def __init__(self, retry_after: timedelta) -> None:
        self.retry_after = retry_after
        super().__init__(f"{self.code}: try again in {retry_after.total_seconds():.0f} s")


class QuotaExhausted(MustWait):
    """A provider asked us to wait."""

    code = "quota_exhausted"


class BackendPaused(MustWait):
    """An operator has switched the backend off, or its circuit breaker is open."""

    code = "backend_paused"


class Interrupted(TTVError):
    """This instance is being shut down; another will do the work."""

    code = "interrupted"
    retryable = True


class Unavailable(TTVError):
    """A dependency did not answer in time."""

    code = "unavailable"
    retryable = True


class StoreUnavailable(Unavailable):
    """Firestore did not answer in time."""

    code = "store_unavailable"


class QueueUnavailable(Unavailable):
    """Cloud Tasks did not answer in time."""

    code = "queue_unavailable"


class ObjectStoreUnavailable(Unavailable):
    """Cloud Storage did not answer in time."""

    code = "object_store_unavailable"


class BackendUnavailable(Unavailable):
    """A provider did not answer or said 5xx, and surely has not accepted a paid call."""

    code = "backend_unavailable"


class AnswerLost(TTVError):
    """A paid call was sent, and no answer says whether the provider accepted it."""

    code = "answer_lost"
    retryable = True


class OperationFailed(TTVError):
    """A provider, or a GPU of our own, could not do it this time, and takes no money for it."""

    code = "operation_failed"
    retryable = True


class Contended(TTVError):
    """Too many writers changed the same document at once."""

    code = "contended"
    retryable = True


class Superseded(Contended):
    """A repeat of the same request has taken this one's place, so that they do not make two videos."""

    code = "superseded"


class JobFailure(TTVError):
    """Ends a job. Code and message are shown to the user.

    Args:
        message: one sentence a person can act on.
        shot: index of the shot concerned, from 0; None when it is the whole job.
        path: of the object concerned, where it is known which.
    """

    code = "failed"

    def __init__(self, message: str, *, shot: int | None = None, path: str = "") -> None:
        self.shot = shot
        self.path = path
        super().__init__(message)


class Refused(JobFailure):
    """A safety filter said no. Permanent for that input, never an outage."""

    code = "refused"


class PlanImpossible(JobFailure):
    """No division into shots fits the request."""

    code = "plan_impossible"


class BackendFailed(JobFailure):
    """A backend could not plan, draw or render."""

    code = "backend_failed"


class PaymentAmbiguous(JobFailure):
    """A paid call's answer was lost too often: calling once more might pay a third time."""

    code = "payment_ambiguous"


class CostLimitReached(JobFailure):
    """The next paid call would make the video cost more than its user permits."""

    code = "cost_limit_reached"


class MediaMissing(JobFailure):
    """A keyframe or clip that was recorded is not in storage."""

    code = "media_missing"


class MediaCorrupt(JobFailure):
    """A keyframe or clip cannot be decoded."""

    code = "media_corrupt"


class DurationMismatch(JobFailure):
    """The joined video is not as long as its shots."""

    code = "duration_mismatch"


class AttemptsExhausted(JobFailure):
    """Every permitted attempt at a piece of work failed."""

    code = "attempts_exhausted"


class DeadlineExceeded(JobFailure):
    """The job did not end in time."""

    code = "deadline_exceeded"


SHOWN_CHARACTERS = 80

_BOUNDED = Repr()
_BOUNDED.maxlevel = 3
_BOUNDED.maxstring = _BOUNDED.maxother = _BOUNDED.maxlong = SHOWN_CHARACTERS


def shorten(value: object) -> str:
    """Show any value, however large or deep, in at most 80 characters, for messages and logs."""
    return _cut(value if type(value) is str else _BOUNDED.repr(value))


def as_sent(value: object) -> str:
    """Show a value as `shorten` does, but true and false as JSON spells them, and a choice by its value."""
    if isinstance(value, bool):
        return str(value).lower()
    return shorten(str(value) if isinstance(value, str) else value)


def _cut(text: str) -> str:
    text = text.encode(errors="backslashreplace").decode()  # half a surrogate pair cannot be sent
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[: SHOWN_CHARACTERS - 1]}…"
