"""Firestore: the latest census, one document, replaced by compare-and-set. Knows not how it is taken."""

from datetime import datetime
from typing import Any, NamedTuple

from google.api_core import exceptions as google
from google.cloud import firestore

from shared.domain.census import Census
from shared.firestore_calls import TIMEOUT_SECONDS, translated


class Latest(NamedTuple):
    """The census as read."""

    census: Census | None
    """None: none has been taken yet."""
    now: datetime
    """Firestore's clock at the reading."""
    update_time: Any
    """When it changed last, as Firestore says it; None if it does not exist."""


class CensusStore:
    """Keeps the census. Every method raises StoreUnavailable when Firestore does not answer."""

    def __init__(self, db: firestore.Client) -> None:
        self._db = db

    def latest(self) -> Latest:
        """Read the census."""
        with translated():
            document = self._document.get(retry=None, timeout=TIMEOUT_SECONDS)
        census = Census.model_validate(document.to_dict()) if document.exists else None
        return Latest(census, document.read_time, document.update_time)

    def replace(self, seen: Latest, census: Census) -> bool:
        """Store the next census, unless somebody else has since `seen` was read.

        Returns:
            Whether it was stored.
        """
        stored = census.model_dump(mode="json") | {"counted_up_to": census.counted_up_to}
        try:
            with translated():
                if seen.census is None:
                    self._document.create(stored, retry=None, timeout=TIMEOUT_SECONDS)
                else:
                    unchanged = self._db.write_option(last_update_time=seen.update_time)
                    self._document.update(stored, option=unchanged, retry=None, timeout=TIMEOUT_SECONDS)
        except (google.AlreadyExists, google.FailedPrecondition, google.Aborted):
            return False
        return True

    @property
    def _document(self) -> firestore.DocumentReference:
        return self._db.document("census", "latest")
