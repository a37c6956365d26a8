"""What tests reserve of an owner's limits, and what they are permitted."""

from datetime import UTC, datetime

from google.cloud import firestore

from shared.documents import limits_document
from shared.domain.naming import creations_id
from shared.domain.rate import minute_of
from shared.limits import Permitted, Reservation

NOON = datetime(2026, 11, 1, 12, 0, 20, tzinfo=UTC)
MONTH = "2026-11"
AMPLE = Permitted(creations_per_minute=1000, running_videos=1000, usd_micros_per_month=0)


def one_video(owner: str = "somebody", *, usd_micros: int = 0, at: datetime = NOON) -> Reservation:
    return Reservation(owner, usd_micros, at)


def running(db: firestore.Client, owner: str = "somebody") -> int | None:
    found: int | None = (limits_document(db, owner).get().to_dict() or {}).get("running")
    return found


def spent(db: firestore.Client, owner: str = "somebody", month: str = MONTH) -> int:
    """Return what an owner holds of a month's spending, in millionths of a US dollar."""
    months = (limits_document(db, owner).get().to_dict() or {}).get("spent_usd_micros", {})
    return int(months.get(month, 0))


def creations(db: firestore.Client, owner: str = "somebody", at: datetime = NOON) -> int:
    """Return how many creations are counted in that minute."""
    count = db.document("creations", creations_id(owner, minute_of(at))).get().to_dict() or {}
    return int(count.get("creations", 0))
