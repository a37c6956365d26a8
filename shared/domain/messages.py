"""The payloads of our tasks. Read leniently: another revision may have enqueued them."""

from typing import Annotated

from pydantic import Field

from shared.domain.job import SCHEMA_VERSION, Stage, WorkKey
from shared.domain.model import Record


class Task(Record):
    """Asks for one step of a piece of work."""

    job_id: Annotated[str, Field(pattern=r"^video_[0-9a-f]{24}$")]
    stage: Stage
    shot: Annotated[int, Field(ge=0)] | None = None
    """Index from 0, with stage `render` only."""
    generation: Annotated[int, Field(ge=0)]
    step: Annotated[int, Field(ge=0)]
    trace_id: str = ""
    """Of the job: all that is logged of the task can be found by it, even if the job cannot be read."""
    schema_version: int = SCHEMA_VERSION

    @property
    def key(self) -> WorkKey:
        """The piece of work asked for."""
        return WorkKey(stage=self.stage, shot=self.shot)
