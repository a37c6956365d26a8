"""What Firestore keeps of our documents beside them: which queries it can serve, and when it deletes them.

Data only. `tests/infra/test_indexes.py` holds it to the queries and documents that the code really makes.
"""

from dataclasses import dataclass
from enum import StrEnum

ASCENDING = "ASCENDING"
DESCENDING = "DESCENDING"
CONTAINS = "CONTAINS"
"""An element of an array."""


class Scope(StrEnum):
    """What a query of an index looks through."""

    COLLECTION = "COLLECTION"
    """One collection."""
    GROUP = "COLLECTION_GROUP"
    """All collections of one name, below whatever documents they lie."""


@dataclass(frozen=True)
class CompositeIndex:
    """An index over fields in their order."""

    group: str
    """Name of the collection."""
    fields: tuple[tuple[str, str], ...]
    """Field and `ASCENDING`, `DESCENDING` or `CONTAINS`."""
    scope: Scope = Scope.COLLECTION

    @property
    def name(self) -> str:
        """Such as `jobs-status-created_at`."""
        parts = [field if order != DESCENDING else f"{field}-descending" for field, order in self.fields]
        return "-".join([self.group, *parts])


@dataclass(frozen=True)
class Group:
    """The collections of one name."""

    name: str
    expires: bool = False
    """Whether Firestore deletes its documents at their `expire_at`, or up to a day later."""
    indexed: tuple[str, ...] = ()
    """Fields with an index of their own, ascending. Others have none: nobody asks for them, each would be
    written with every document, and times that only grow would put all writes into one place of an index."""


EXPIRY = "expire_at"

GROUPS = (
    Group("jobs", expires=True, indexed=("owner", "stage", "status", "unsettled")),
    Group("events", expires=True, indexed=("at",)),
    Group("shots", expires=True),
    Group("stages", expires=True),
    Group("state", expires=True),
    Group("creations", expires=True),
    Group("idempotency", expires=True),
    Group("repeats", expires=True),
    Group("api_keys"),
    Group("census"),
    Group("ledger"),
    Group("limits"),
    Group("operations"),
    Group("switches"),
)
"""All there are. The ledger is kept for good."""


def _jobs(*equal: str, by: str, order: str = ASCENDING) -> CompositeIndex:
    return CompositeIndex("jobs", (*((field, ASCENDING) for field in equal), (by, order)))


COMPOSITES = (
    _jobs("owner", "deleted_at", by="created_at"),
    _jobs("owner", "deleted_at", by="created_at", order=DESCENDING),
    _jobs("owner", "deleted_at", "status", by="created_at"),
    _jobs("owner", "deleted_at", "status", by="created_at", order=DESCENDING),
    _jobs("unsettled", by="deleted_at"),
    _jobs("status", by="created_at"),
    CompositeIndex("jobs", (("reuses", CONTAINS), ("status", ASCENDING))),
    CompositeIndex("events", (("name", ASCENDING), ("at", ASCENDING)), Scope.GROUP),
    CompositeIndex("ledger", (("at", ASCENDING), ("usd_micros", ASCENDING))),
    CompositeIndex("ledger", (("owner", ASCENDING), ("month", ASCENDING), ("usd_micros", ASCENDING))),
    CompositeIndex("repeats", (("owner_request", ASCENDING), ("at", DESCENDING))),
)
"""As docs/architecture.md has them under "Queries"."""
