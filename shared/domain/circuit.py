"""When a video backend may be called: an operator's switch and a circuit breaker. Pure; knows no store.

The breaker opens after consecutive outages, so that jobs wait instead of burning their attempts. Once it has
been open for its time, attempts go through again: an outage opens it for longer, a success closes it.
"""

from datetime import datetime, timedelta
from typing import Annotated

from pydantic import AwareDatetime, Field

from shared.domain.job import SCHEMA_VERSION
from shared.domain.model import Record

OPENS_AT = 3
"""Consecutive outages from which on the breaker opens."""

FIRST_OPEN = timedelta(seconds=15)
"""How long it stays open the first time; twice as long each further time."""

MAX_OPEN = timedelta(minutes=5)

OFF_RECHECK = timedelta(seconds=30)
"""After which work looks again whether an operator has switched the backend on."""


class Circuit(Record):
    """What stands between our workers and one video backend."""

    backend: str
    is_on: bool = True
    """An operator's kill switch."""
    note: str = ""
    """Why it was switched, in the operator's words."""
    outages: Annotated[int, Field(ge=0)] = 0
    """Consecutive ones."""
    open_until: AwareDatetime | None = None
    """By Firestore's clock. In the past: attempts go through again, and none has succeeded yet."""
    revision: Annotated[int, Field(ge=0)] = 0
    """Raised by every change, since Firestore keeps the update time of a write that changes nothing."""
    schema_version: int = SCHEMA_VERSION

    @property
    def is_clean(self) -> bool:
        """Whether a success would change nothing."""
        return self.outages == 0 and self.open_until is None

    def is_open(self, now: datetime) -> bool:
        """Whether the breaker lets nothing through."""
        return self.open_until is not None and now < self.open_until


def after_outage(circuit: Circuit, now: datetime) -> Circuit:
    """Count an outage; the third consecutive one opens the breaker for 15 s, each further one twice as long.

    While it is open it changes nothing: nobody is let through then, so whoever reports an outage went through
    before. Thus many workers that fail together count as one after the breaker has opened.
    """
    if circuit.is_open(now):
        return circuit
    outages = circuit.outages + 1
    open_for = _open_for(outages)
    return circuit.evolve(outages=outages, open_until=now + open_for if open_for else None)


def after_success(circuit: Circuit) -> Circuit:
    """Close the breaker and count outages from zero. An operator's switch stays as it is."""
    return circuit if circuit.is_clean else circuit.evolve(outages=0, open_until=None)


def switched(circuit: Circuit, on: bool, note: str) -> Circuit:
    """Turn the backend on or off. On also closes the breaker: the operator says that the backend is well."""
    changed = circuit.evolve(is_on=on, note=note)
    return after_success(changed) if on else changed


def wait(circuit: Circuit, now: datetime) -> timedelta | None:
    """Return how long to wait before the backend may be called, more than zero; None to go ahead."""
    if not circuit.is_on:
        return OFF_RECHECK
    if circuit.open_until and circuit.is_open(now):
        return circuit.open_until - now
    return None


def _open_for(outages: int) -> timedelta | None:
    """Return how long the breaker opens after so many consecutive outages; None: it stays closed."""
    if outages < OPENS_AT:
        return None
    doublings = min(outages - OPENS_AT, 16)  # beyond MAX_OPEN anyway; a timedelta overflows at some point
    return min(FIRST_OPEN * (1 << doublings), MAX_OPEN)
