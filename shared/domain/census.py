"""How the service stands at one moment, and all that has happened in it up to then. Pure; frozen data."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import AwareDatetime, Field

from shared.domain.job import SCHEMA_VERSION, Stage, Status
from shared.domain.model import Record

COUNTED = (
    *("job.accepted", "job.completed", "job.failed", "job.cancelled"),
    *("keyframe.drawn", "clip.rendered", "shot.refused"),
)
"""The names of events that are counted."""

Count = Annotated[int, Field(ge=0)]


class Standing(Record):
    """What is there now; it goes up and down."""

    by_status: Mapping[Status, Count]
    """All jobs that are stored."""
    by_stage: Mapping[Stage, Count]
    """Jobs in progress."""
    oldest_waiting_seconds: Annotated[float, Field(ge=0)] = 0.0
    """For how long the oldest queued job has waited; 0 when none does."""


class Totals(Record):
    """What has happened since the service began; it never falls, whatever is deleted meanwhile."""

    events: Mapping[str, Count] = Field(default_factory=dict)
    """Name -> how often."""
    charged_usd_micros: Count = 0
    refunded_usd_micros: Count = 0

    def plus(self, more: "Totals") -> "Totals":
        """Return the totals after more has happened."""
        names = self.events.keys() | more.events.keys()
        return Totals(
            events={name: self.events.get(name, 0) + more.events.get(name, 0) for name in sorted(names)},
            charged_usd_micros=self.charged_usd_micros + more.charged_usd_micros,
            refunded_usd_micros=self.refunded_usd_micros + more.refunded_usd_micros,
        )


class Census(Record):
    """Both, as of one moment."""

    counted_up_to: AwareDatetime
    """By Firestore's clock, as are all times here: what happens later is for the next census to count."""
    standing: Standing
    totals: Totals
    schema_version: int = SCHEMA_VERSION
