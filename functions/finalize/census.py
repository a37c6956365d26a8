"""Takes the census: how the service stands, and what has happened since it was last taken.

Called by every sweep, also by two at once: what happened is counted once.
"""

from datetime import UTC, datetime, timedelta

import structlog

from shared.census_store import CensusStore
from shared.domain.census import COUNTED, Census, Standing, Totals
from shared.job_queries import JobQueries

SETTLED = timedelta(seconds=2)
"""What is older than that is surely in the index, and nothing more can come before it."""

log = structlog.get_logger()

_EVER = datetime(1970, 1, 1, tzinfo=UTC)


def take_census(queries: JobQueries, store: CensusStore, settled: timedelta = SETTLED) -> bool:
    """Count, and store the result.

    Args:
        settled: how old must be what is counted.

    Returns:
        Whether it was stored; if not, another sweep has counted the same meanwhile.

    Raises:
        StoreUnavailable: nothing is stored, and the next census counts it.
    """
    seen = store.latest()
    before = seen.census.totals if seen.census else Totals()
    after, up_to = seen.census.counted_up_to if seen.census else _EVER, seen.now - settled
    if up_to <= after:
        return False
    census = Census(
        counted_up_to=up_to,
        standing=_standing(queries, seen.now),
        totals=before.plus(_happened(queries, after, up_to)),
    )
    is_stored = store.replace(seen, census)
    if is_stored:
        _tell(census.standing)
    return is_stored


def _tell(standing: Standing) -> None:
    """Log how the service stands: what alerts on waiting jobs are made of."""
    log.info(
        "census.taken",
        **{status.value: count for status, count in standing.by_status.items()},
        **{f"in_{stage}": count for stage, count in standing.by_stage.items()},
        oldest_waiting_seconds=round(standing.oldest_waiting_seconds, 1),
    )


def _standing(queries: JobQueries, now: datetime) -> Standing:
    oldest = queries.oldest_waiting_since()
    return Standing(
        by_status=queries.by_status(),
        by_stage=queries.by_stage(),
        oldest_waiting_seconds=max(0.0, (now - oldest).total_seconds()) if oldest else 0.0,
    )


def _happened(queries: JobQueries, after: datetime, up_to: datetime) -> Totals:
    return Totals(
        events={name: queries.events(name, after=after, up_to=up_to) for name in COUNTED},
        charged_usd_micros=queries.charged_usd_micros(after=after, up_to=up_to),
        refunded_usd_micros=queries.refunded_usd_micros(after=after, up_to=up_to),
    )
