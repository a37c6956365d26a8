"""Firestore: what each owner uses of their limits, `limits/{owner}` and `creations/{owner, minute}`.

It reads jobs only to count anew. Whatever ends a job gives its place back in the same batch: documents.py.
"""

import secrets
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from google.api_core import exceptions as google
from google.cloud import firestore
from google.cloud.firestore_v1.aggregation import AggregationQuery

from shared.documents import JobDocuments, limits_change, limits_document, spent_in
from shared.domain.errors import Contended, LimitReached, SpendLimitReached, TooManyRequests, TooManyRunning
from shared.domain.job import SCHEMA_VERSION
from shared.domain.naming import creations_id, limits_id
from shared.domain.rate import Rate, minute_of, seconds_left
from shared.domain.spending import month_of
from shared.firestore_calls import MAX_COLLISIONS, ONCE, TIMEOUT_SECONDS, pause, translated
from shared.job_queries import UNFINISHED
from shared.repeats import Claim, write_claim, write_refused, write_withdrawn

ESTIMATE = "cost_estimate_usd_micros"

COUNT_KEPT_FOR = timedelta(hours=1)
"""Then Firestore may delete the count of a minute."""


class Permitted(NamedTuple):
    """What one caller may do."""

    creations_per_minute: int
    running_videos: int
    usd_micros_per_month: int
    """Millionths of a US dollar; 0: no limit."""


class Reservation(NamedTuple):
    """What an attempt at a creation takes of its owner's limits."""

    owner: str
    usd_micros: int
    """What the video may cost, at most."""
    at: datetime
    """Tells the minute and the month in which it counts."""
    claim: Claim | None = None
    """Made with it, and withdrawn with it."""


class Counted(NamedTuple):
    """How many unfinished videos an owner is held to have."""

    owner: str
    running: int
    update_time: Any
    """When that changed last, as Firestore says it."""


class _Used(NamedTuple):
    """What an owner uses, with what was just reserved."""

    creations: int
    running: int
    usd_micros: int


class Limits:
    """Counters of what is reserved. Every method raises StoreUnavailable when Firestore does not answer."""

    def __init__(self, db: firestore.Client) -> None:
        self._db = db

    def reserve(self, wanted: Reservation, permitted: Permitted) -> Rate:
        """Reserve what one more video takes.

        Counts go up before they are judged: however many ask at once, no more are admitted than permitted.

        Returns:
            How the owner stands in this minute.

        Raises:
            LimitReached: something is used up; nothing is reserved.
        """
        used = self._add(wanted, 1, write_claim)
        refusal = _refusal(wanted, used, permitted)
        if refusal:
            self._add(wanted, -1, write_refused)
            raise refusal
        return _rate(wanted, used.creations, permitted)

    def rate(self, wanted: Reservation, permitted: Permitted) -> Rate:
        """Return how the owner stands in this minute, without counting anything."""
        with translated():
            found = self._minute(wanted).get(retry=None, timeout=TIMEOUT_SECONDS)
        return _rate(wanted, int((found.to_dict() or {}).get("creations", 0)), permitted)

    def release(self, reserved: Reservation) -> None:
        """Give back what was reserved for a video that came to nothing."""
        self._add(reserved, -1, write_withdrawn)

    def counted(self, at_most: int) -> list[Counted]:
        """Return what owners are held to use; of more owners than `at_most`, others each time."""
        counters = self._db.collection("limits")
        first = counters.document(limits_id(secrets.token_hex(8)))  # ids are hashes, so anywhere among them
        by_id = counters.order_by("__name__").limit(at_most)
        with translated():
            found = by_id.start_at({"__name__": first}).get(retry=ONCE, timeout=TIMEOUT_SECONDS)
            if len(found) < at_most:
                found += by_id.end_before({"__name__": first}).get(retry=ONCE, timeout=TIMEOUT_SECONDS)
        kept = [(document.to_dict() or {}, document.update_time) for document in found[:at_most]]
        return [Counted(str(each["owner"]), int(each["running"]), changed_at) for each, changed_at in kept]

    def recount(self, seen: Counted, running: int, month: str) -> bool:
        """Set right what an owner is held to use, unless it has changed since it was seen.

        Args:
            month: the one whose spending is counted anew as well.

        Returns:
            Whether it was set.
        """
        counts = {"running": running, spent_in(month): self._held_usd_micros(seen.owner, month)}
        unchanged = self._db.write_option(last_update_time=seen.update_time)
        document = limits_document(self._db, seen.owner)
        try:
            with translated():
                document.update(counts, option=unchanged, retry=None, timeout=TIMEOUT_SECONDS)
        except (google.FailedPrecondition, google.Aborted):
            return False
        return True

    def _held_usd_micros(self, owner: str, month: str) -> int:
        """Count anew what an owner's jobs hold of a month's spending: what was paid, and may yet be.

        A charge that is entered in between may be counted twice or not at all.
        """
        mine = firestore.FieldFilter("owner", "==", owner)
        entries = self._db.collection("ledger").where(filter=mine)
        entries = entries.where(filter=firestore.FieldFilter("month", "==", month))
        jobs = self._db.collection("jobs").where(filter=mine)
        jobs = jobs.where(filter=firestore.FieldFilter("status", "in", UNFINISHED))
        with translated():
            ((paid,),) = AggregationQuery(entries).sum("usd_micros").get(retry=ONCE, timeout=TIMEOUT_SECONDS)
            found = jobs.select(["spend_month", ESTIMATE]).get(retry=ONCE, timeout=TIMEOUT_SECONDS)
            counted = [each for each in found if (each.to_dict() or {}).get("spend_month") == month]
            counters = [JobDocuments(self._db, each.id).progress for each in counted]
            progress = list(self._db.get_all(counters, retry=None, timeout=TIMEOUT_SECONDS))
        estimated = sum(int(each.get(ESTIMATE)) for each in counted)
        spent = sum(int(each.get("spent_usd_micros")) for each in progress)
        return int(paid.value) + estimated - spent

    def _add(self, reservation: Reservation, times: int, write: Callable[..., None]) -> _Used:
        """Count a reservation, or with -1 take it back, and return what is used then.

        Args:
            write: adds to the batch what becomes of the claim, if there is one.
        """
        owner, at = reservation.owner, reservation.at
        batch = self._db.batch()
        change = limits_change(
            owner, running=times, month=month_of(at), usd_micros=times * reservation.usd_micros
        )
        batch.set(limits_document(self._db, owner), change, merge=True)
        count = {
            "creations": firestore.Increment(times),
            "expire_at": minute_of(at) + COUNT_KEPT_FOR,
            "schema_version": SCHEMA_VERSION,
        }
        batch.set(self._minute(reservation), count, merge=True)
        if reservation.claim:
            write(batch, self._db, reservation.claim)
        uses, creations, *_ = _committed(batch)
        running, spent = uses.transform_results  # sorted by the names of the fields
        (counted,) = creations.transform_results
        return _Used(counted.integer_value, running.integer_value, spent.integer_value)

    def _minute(self, reservation: Reservation) -> firestore.DocumentReference:
        minute = minute_of(reservation.at)
        return self._db.document("creations", creations_id(reservation.owner, minute))


def _committed(batch: firestore.WriteBatch) -> Sequence[Any]:
    """Commit increments, again if Firestore had too many of them at once and took none."""
    for collisions in range(MAX_COLLISIONS):
        try:
            with translated():
                return batch.commit(retry=None, timeout=TIMEOUT_SECONDS)
        except google.Aborted:
            pause(collisions)
    raise Contended(f"an owner's limits were changed {MAX_COLLISIONS} times at once")


def _refusal(wanted: Reservation, used: _Used, permitted: Permitted) -> LimitReached | None:
    """Say what is used up, if anything is. A video that costs nothing is never refused for its cost."""
    if used.creations > permitted.creations_per_minute:
        return TooManyRequests(_rate(wanted, used.creations, permitted))
    rate = _rate(wanted, used.creations - 1, permitted)  # since this one will not have counted
    if used.running > permitted.running_videos:
        return TooManyRunning(permitted.running_videos, rate)
    limit = permitted.usd_micros_per_month
    if limit and wanted.usd_micros and used.usd_micros > limit:
        return SpendLimitReached(limit, wanted.usd_micros, rate)
    return None


def _rate(wanted: Reservation, creations: int, permitted: Permitted) -> Rate:
    return Rate("creations", permitted.creations_per_minute, creations, seconds_left(wanted.at))
