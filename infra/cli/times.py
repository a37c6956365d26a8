"""How a moment is written for an operator: in UTC, as in the logs."""

from datetime import UTC, datetime


def shown(moment: datetime | None, *, precisely: bool = False) -> str:
    """Write a moment to the second, or to the millisecond; None is a dash."""
    if moment is None:
        return "-"
    text = moment.astimezone(UTC).isoformat(" ", "milliseconds" if precisely else "seconds")
    return text.removesuffix("+00:00") + "Z"
