"""The payloads of our tasks. Read leniently: another revision may have enqueued them."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from shared.domain.job import SCHEMA_VERSION, Stage, WorkKey
from shared.domain.model import Record


class Destination(StrEnum):
    """A queue, and the service behind it. Those of the stages have the stages' names."""

    KEYFRAMES = "keyframes"
    RENDER = "render"
    """For what needs no GPU: most of the work there is to wait for others."""
    RENDER_GPU = "render-gpu"
    """The same code on a GPU, which nothing else may hold."""
    FINALIZE = "finalize"


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
    on_gpu: bool = False
    """Whether the step needs a GPU; with stage `render` only."""
    schema_version: int = SCHEMA_VERSION

    @property
    def destination(self) -> Destination:
        """Where it is to go."""
        return Destination.RENDER_GPU if self.on_gpu else Destination(self.stage)

    def asks_the_same(self, other: "Task") -> bool:
        """Whether both ask for the same step, as their names in the queues say; the rest may differ."""

        def named(task: Task) -> tuple[object, ...]:
            return task.job_id, task.key, task.generation, task.step

        return named(self) == named(other)

    @property
    def key(self) -> WorkKey:
        """The piece of work asked for."""
        return WorkKey(stage=self.stage, shot=self.shot)
