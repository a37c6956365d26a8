"""What follows a fault: (error, attempt, now) -> decision. Pure; knows neither queue nor store."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.domain.errors import (
    AnswerLost,
    AttemptsExhausted,
    BackendUnavailable,
    Contended,
    Interrupted,
    JobFailure,
    MustWait,
    OperationFailed,
    Unavailable,
)

MAX_ATTEMPTS = 5
"""Tries at one piece of work before the job fails. A killed worker uses one up."""


@dataclass(frozen=True)
class TryAgain:
    """The work is given back, and comes again."""

    is_attempt: bool
    """Whether the try that ended counts."""
    not_before: datetime | None = None
    """None: when Cloud Tasks delivers the same task again, by its own back-off."""


@dataclass(frozen=True)
class GiveUp:
    """The job fails."""

    failure: JobFailure


Decision = TryAgain | GiveUp


@dataclass(frozen=True)
class Rule:
    """How often, and how soon, a kind of error is followed by another try."""

    limit: int | None
    """Attempts in all. None: such a try is no attempt, and only the job's deadline bounds them."""
    delay: timedelta | None = None
    """Before the second attempt; doubled for each one more. None: the queue's own back-off."""


RULES: Mapping[type[Exception], Rule] = {
    Interrupted: Rule(limit=None),
    Unavailable: Rule(limit=None),
    Contended: Rule(limit=None),
    BackendUnavailable: Rule(limit=None, delay=timedelta(seconds=4)),
    AnswerLost: Rule(limit=None, delay=timedelta(seconds=1)),
    OperationFailed: Rule(limit=3, delay=timedelta(seconds=2)),
    Exception: Rule(limit=MAX_ATTEMPTS),
}
"""Error -> rule. A subclass has the rule of its nearest parent here."""

LONGEST_DELAY = timedelta(minutes=1)


def decide(error: Exception, attempt: int, now: datetime, *, spread: float) -> Decision:
    """Say what follows when an attempt has ended with `error`.

    Args:
        attempt: which one it was, from 1.
        spread: 0 to 1, drawn anew each time, so that those who failed together do not come back together.
            It varies our own delays from a half to one and a half, and adds up to a tenth to a provider's,
            which is never cut short.
    """
    if isinstance(error, JobFailure):
        return GiveUp(error)
    if isinstance(error, MustWait):
        return TryAgain(is_attempt=False, not_before=now + error.retry_after * (1 + spread / 10))
    rule = _rule(error)
    if rule.limit is not None and attempt >= rule.limit:
        return GiveUp(AttemptsExhausted(f"it failed {attempt} times, at last with {_code(error)}"))
    is_attempt = rule.limit is not None
    if rule.delay is None:
        return TryAgain(is_attempt)
    doublings = min(attempt, 16) - 1 if is_attempt else 0
    delay = min(rule.delay * 2**doublings, LONGEST_DELAY) * (0.5 + spread)
    return TryAgain(is_attempt, not_before=now + delay)


def _rule(error: Exception) -> Rule:
    return next(RULES[kind] for kind in type(error).__mro__ if kind in RULES)


def _code(error: Exception) -> str:
    return str(getattr(error, "code", "internal_error"))
