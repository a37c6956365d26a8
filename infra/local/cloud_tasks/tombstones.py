"""Names of tasks that are gone and may not be used again yet. It knows no tasks and no clock."""

from collections import OrderedDict
from datetime import datetime, timedelta

MAX_TOMBSTONES = 100_000
"""Some 30 MB of them for each queue; beyond it the oldest is forgotten early."""


class Tombstones:
    """A bounded set of names, each forgotten after `lifetime`.

    Google releases a name after up to 24 hours (its older documents said one hour).

    Source: google.cloud.tasks_v2.types.CreateTaskRequest.task.
    """

    def __init__(self, lifetime: timedelta, *, at_most: int = MAX_TOMBSTONES) -> None:
        self._lifetime = lifetime
        self._at_most = at_most
        self._expiry: OrderedDict[str, datetime] = OrderedDict()
        """In order of expiry, since all live equally long."""

    def bury(self, name: str, now: datetime) -> None:
        """Block a name from now on."""
        self._forget_expired(now)
        self._expiry[name] = now + self._lifetime
        self._expiry.move_to_end(name)
        if len(self._expiry) > self._at_most:
            self._expiry.popitem(last=False)

    def blocks(self, name: str, now: datetime) -> bool:
        """Say whether the name was in use too recently."""
        self._forget_expired(now)
        return name in self._expiry

    def __len__(self) -> int:
        return len(self._expiry)

    def _forget_expired(self, now: datetime) -> None:
        while self._expiry and next(iter(self._expiry.values())) <= now:
            self._expiry.popitem(last=False)
