"""Firestore: what each owner uses of their limits. Knows no job.

Whatever ends a job gives its place back in the same batch; that is in documents.py.
"""

import secrets
from typing import Any, NamedTuple

from google.api_core import exceptions as google
from google.cloud import firestore

from shared.documents import limits_document, running_change
from shared.domain.errors import TooManyRunning
from shared.domain.naming import limits_id
from shared.firestore_calls import ONCE, TIMEOUT_SECONDS, translated


class Counted(NamedTuple):
    """How many unfinished videos an owner is held to have."""

    owner: str
    running: int
    update_time: Any
    """When that changed last, as Firestore says it."""


class Limits:
    """Counters of what is reserved. Every method raises StoreUnavailable when Firestore does not answer."""

    def __init__(self, db: firestore.Client) -> None:
        self._db = db

    def reserve(self, owner: str, permitted: int) -> None:
        """Reserve one more unfinished video.

        The count goes up before it is judged: however many ask at once, no more are admitted than permitted.

        Raises:
            TooManyRunning: there are as many as permitted; nothing is reserved.
        """
        if self._add(owner, 1) > permitted:
            self._add(owner, -1)
            raise TooManyRunning(permitted)

    def release(self, owner: str) -> None:
        """Give back what was reserved for a video that came to nothing."""
        self._add(owner, -1)

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

    def recount(self, seen: Counted, running: int) -> bool:
        """Set right what an owner is held to use, unless it has changed since it was seen.

        Returns:
            Whether it was set.
        """
        unchanged = self._db.write_option(last_update_time=seen.update_time)
        document = limits_document(self._db, seen.owner)
        try:
            with translated():
                document.update({"running": running}, option=unchanged, retry=None, timeout=TIMEOUT_SECONDS)
        except (google.FailedPrecondition, google.Aborted):
            return False
        return True

    def _add(self, owner: str, by: int) -> int:
        """Return the count after the change."""
        batch = self._db.batch()
        batch.set(limits_document(self._db, owner), running_change(owner, by), merge=True)
        with translated():
            results = batch.commit(retry=None, timeout=TIMEOUT_SECONDS)
        return int(results[0].transform_results[0].integer_value)
