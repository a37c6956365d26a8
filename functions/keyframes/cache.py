"""Drawings that were paid for once: found again by what was asked for. Knows neither backends nor prices.

It only saves money, so nothing that befalls it is an error: a drawing that cannot be found is drawn.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

import structlog

from shared.domain import naming
from shared.domain.errors import ObjectMissing, Unavailable
from shared.object_store import ObjectStore

LASTS = timedelta(days=30)
"""How long a drawing may be used again."""

PATIENCE = timedelta(seconds=5)
"""What looking for a drawing, or keeping one, may take while Cloud Storage does not answer."""

log = structlog.get_logger()


class DrawingCache:
    """The drawings of one owner; nobody is given another's. May be used by several threads.

    Args:
        now: what time it is.
    """

    def __init__(self, objects: ObjectStore, owner: str, now: Callable[[], datetime]) -> None:
        self._objects = objects
        self._owner = owner
        self._now = now

    def find(self, address: str, width: int, height: int) -> bytes | None:
        """Return the drawing at an address; None unless there is a whole one of that size, not too old."""
        from functions.keyframes.image_backends.picture import is_png  # Pillow: only paid drawings need it

        path = naming.cached_drawing_path(self._owner, address)
        try:
            made_at = self._objects.created_at(path, patience=PATIENCE)
            if made_at is None:
                return None
            if self._now() - made_at <= LASTS:
                found = self._objects.get(path, patience=PATIENCE)
                if is_png(found, width, height):
                    return found
                log.warning("cache.damaged", size_bytes=len(found))
            self._objects.delete(path, patience=PATIENCE)  # else no other could take its place
        except (ObjectMissing, Unavailable) as error:
            log.warning("cache.not_read", reason=error.code)
        return None

    def keep(self, address: str, drawing: bytes) -> None:
        """Keep a drawing, unless there is one at its address."""
        path = naming.cached_drawing_path(self._owner, address)
        try:
            self._objects.put(path, drawing, "image/png", patience=PATIENCE)
        except (ObjectMissing, Unavailable) as error:  # missing: another job has just cleared what was there
            log.warning("cache.not_written", reason=error.code)
