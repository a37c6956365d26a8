"""What a job is made of, as stored: job, shots, stage work, progress. Frozen data.

How it changes is for claims.py, transitions.py and paid_calls.py to say.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import AwareDatetime, Field

from shared.domain.errors import NotFound
from shared.domain.generation import GenerationConfig, Layer
from shared.domain.model import Record
from shared.domain.plan import Character, GivenShot

SCHEMA_VERSION = 1
"""Written into every document and task payload, for the revision after this one."""


class Status(StrEnum):
    """Of a job, inside and outside."""

    QUEUED = "queued"
    """Accepted; no stage has begun."""
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        """Final statuses freeze status, error, artifact and progress for ever."""
        return self in (Status.COMPLETED, Status.FAILED, Status.CANCELLED)


class Stage(StrEnum):
    """A step of the pipeline that is dispatched as a task."""

    KEYFRAMES = "keyframes"
    RENDER = "render"
    FINALIZE = "finalize"


class Lease(Record):
    """Time-limited sole right to do a piece of work."""

    token: str
    """Who holds it; a worker that finds another token here has lost its right."""
    expires_at: AwareDatetime
    """By Firestore's clock."""


class Work(Record):
    """A piece of work that one worker at a time may do: a shot's clip, or a stage of the whole job."""

    lease: Lease | None = None
    attempt: Annotated[int, Field(ge=0)] = 0
    """Tries begun. A poll, and waiting for a lease or a quota, are none."""
    generation: Annotated[int, Field(ge=0)] = 0
    """Raised to replace a task that got lost; tasks of older generations do nothing."""
    step: Annotated[int, Field(ge=0)] = 0
    """Raised by work that goes on in a further task."""
    not_before: AwareDatetime | None = None
    """No earlier than then is the work to be taken up again."""
    waits_for: str | None = None
    """Why it was put off until then, such as `quota_exhausted`; None of what only takes its time."""
    revision: Annotated[int, Field(ge=0)] = 0
    """Raised by every change, since Firestore keeps the update time of a write that changes nothing."""
    charges: tuple["Charge", ...] = ()
    """What its paid calls have cost."""
    schema_version: int = SCHEMA_VERSION


class StageWork(Work):
    """A stage that works on the whole job: keyframes or finalize."""

    done: bool = False


class Submission(Record):
    """A paid call, saved before it is made: without an operation it is ambiguous whether it was."""

    submission_id: str
    """Part of the path where the provider is to write, so that what it made can be found by it."""
    model: str
    """The video backend."""
    at: AwareDatetime
    """When it was saved, by Firestore's clock."""
    usd_micros: Annotated[int, Field(ge=0)] = 0
    """What the call costs if the provider counts it."""
    failed_polls: Annotated[int, Field(ge=0)] = 0
    """Tries to learn what became of it that have begun and not ended well; they are no attempts."""

    def counted(self, polls: int) -> Self:
        """Count tries that begin, or take back such as have ended well."""
        return self.evolve(failed_polls=max(0, self.failed_polls + polls))


class Operation(Record):
    """A provider's long-running call."""

    operation_name: str
    started_at: AwareDatetime


class Charge(Record):
    """What one paid call cost, or the refund of it."""

    usd_micros: int
    """Millionths of a US dollar; negative for a refund."""
    reason: str
    submission_id: str = ""
    """The paid call of a clip that it is for; empty for calls that end with their answer."""
    model: str = ""
    """The backend that was paid."""
    ambiguous: bool = False
    """True when a crash leaves open whether the provider counted the call."""


class Refusal(Record):
    """A safety filter's answer to a shot."""

    model: str
    """The backend that refused."""
    reason: str
    """In the provider's words."""


class Judgement(Record):
    """How well a keyframe agrees with the sheets of the characters in it."""

    score: Annotated[float, Field(ge=0, le=1)]
    reason: str
    """In the judge's words."""


class Reused(Record):
    """What a derived job takes over from the job it is derived from: object paths there, and their CRC32C."""

    keyframe: str | None = None
    keyframe_crc32c: str = ""
    end_keyframe: str | None = None
    end_keyframe_crc32c: str = ""
    clip: str | None = None
    clip_crc32c: str = ""


class Rendered(Record):
    """How a clip was made here."""

    seconds: Annotated[float, Field(ge=0)]
    """Of work, without the loading of a model, or a try before it that ran out of memory."""
    gpu: str = ""
    """As its driver names it, such as `NVIDIA L4`; `cpu`: a model that is for GPUs had none; empty: none was
    needed."""


class ShotStatus(StrEnum):
    """Of a shot, in order."""

    PLANNED = "planned"
    DRAWN = "drawn"
    """Every keyframe it needs is stored; in mode `none` that is so from the start."""
    RENDERED = "rendered"
    """Its clip is stored."""


class Shot(Work):
    """One continuous take. Its lease is for rendering; drawing is leased by the keyframes stage."""

    index: Annotated[int, Field(ge=0)]
    prompt: str
    keyframe_prompt: str
    end_keyframe_prompt: str = ""
    caption: str
    seconds: Annotated[int, Field(ge=1)]
    characters: tuple[str, ...] = ()
    status: ShotStatus = ShotStatus.PLANNED
    keyframe: str | None = None
    """Object path."""
    keyframe_crc32c: str = ""
    """Of the object when it was recorded, in base64; another one under that path is not ours."""
    judgement: Judgement | None = None
    """Of the keyframe, where the job asks for it."""
    from_cache: bool = False
    """Whether the keyframe had been drawn before for its owner, and cost nothing."""
    end_keyframe: str | None = None
    """Object path, in mode `pair` only: the next shot's keyframe, or after the last shot one of its own."""
    end_keyframe_crc32c: str = ""
    """As `keyframe_crc32c`."""
    clip: str | None = None
    """Object path."""
    clip_crc32c: str = ""
    """As `keyframe_crc32c`."""
    rendered_percent: Annotated[int, Field(ge=0, le=100)] = 0
    """How far any attempt at its clip has come, as heartbeats tell; it never falls."""
    rendered_seconds: float | None = None
    """As `Rendered.seconds`, of the clip; None where it was not made here, or by an attempt before."""
    rendered_on: str = ""
    """As `Rendered.gpu`."""
    submission: Submission | None = None
    """The paid call that is about to be made, or runs, or made the clip."""
    operation: Operation | None = None
    """Saved after the provider has accepted that call."""
    lost_submissions: tuple[Submission, ...] = ()
    """Paid calls of which it never became known whether the provider counted them."""
    refusals: tuple[Refusal, ...] = ()
    awaits_rewording: bool = False
    """A refused prompt goes back to the planner, in the keyframes stage."""
    rewordings: Annotated[int, Field(ge=0)] = 0
    fallbacks: Annotated[int, Field(ge=0)] = 0
    """How many video backends were given up for this shot."""
    reused: Reused | None = None
    """Set in a derived job."""

    @property
    def is_unsettled(self) -> bool:
        """Whether a provider may be at work for it, or may have been paid without our knowing."""
        return self.submission is not None and self.status is ShotStatus.DRAWN


class Artifact(Record):
    """The finished deliverable."""

    video: str = ""
    """Object path, as are the two below. Empty for a job that was to stop after its keyframes."""
    thumbnail: str
    storyboard_sheet: str
    duration_seconds: float = 0.0
    size_bytes: int = 0


class StoredPicture(Record):
    """A picture that is kept: encoded by us, whoever made it."""

    path: str
    """Object path; a derived job refers to the objects of the job it is derived from."""
    crc32c: str = ""
    """Of the object when it was stored, in base64."""


class ReferenceImage(StoredPicture):
    """One that every keyframe must agree with."""

    shows: str | None = None
    """Name of the character it shows, as the prompt has it; None: a place or a style."""


class JobError(Record):
    """Why a job failed, as the user sees it."""

    code: str
    message: str
    shot: int | None = None
    """Index from 0."""
    path: str = ""
    """Of the object that is missing or corrupt, where it is known which."""


class PlanSummary(Record):
    """What of the plan concerns the whole video; the rest is in the shots."""

    title: str
    style: str = ""
    characters: tuple[Character, ...] = ()
    sheets: Mapping[str, "StoredPicture"] = Field(default_factory=dict)
    """Name of a character -> their sheet, drawn before all keyframes: what they look like from all sides."""

    def cast(self, names: Sequence[str]) -> tuple[Character, ...]:
        """Return the characters of these names, in the order the plan introduced them."""
        return tuple(character for character in self.characters if character.name in names)


class Job(Record):
    """One request, one video. Changes only on transitions."""

    job_id: str
    owner: str
    prompt: str
    config: GenerationConfig
    config_layers: dict[str, Layer]
    """Which layer each field of `config` came from."""
    given_shots: tuple[GivenShot, ...] = ()
    """The user's own shots; empty: the planner divides the prompt."""
    metadata: Mapping[str, str] = Field(default_factory=dict)
    """The user's own notes, kept and shown as they came."""
    reference_images: tuple[ReferenceImage, ...] = ()
    initial_image: StoredPicture | None = None
    """The first keyframe, instead of one that is drawn."""
    status: Status = Status.QUEUED
    stage: Stage = Stage.KEYFRAMES
    plan: PlanSummary | None = None
    artifact: Artifact | None = None
    error: JobError | None = None
    progress_percent: Annotated[int, Field(ge=0, le=100)] = 0
    """As it stood when the job became final; until then it is counted from Progress."""
    cost_estimate_usd_micros: int = 0
    spend_month: str = ""
    """In which its cost counts against its owner's limit, such as `2026-11`. Empty in older jobs."""
    time_limit_seconds: Annotated[int, Field(ge=1)]
    created_at: AwareDatetime
    """By Firestore's clock once it is stored."""
    started_at: AwareDatetime | None = None
    finished_at: AwareDatetime | None = None
    expire_at: AwareDatetime
    """When Firestore may delete it."""
    derived_from: str | None = None
    """Id of the job whose plan this one takes over, and what it had finished."""
    is_remix: bool = False
    """Derived with another prompt: it is planned anew, and takes over what comes out the same."""
    reuses: tuple[str, ...] = ()
    """Ids of the jobs whose objects it copies; they are not purged before it has ended."""
    unsettled: bool = False
    """Final, while paid calls are still to be cancelled or accounted for."""
    deleted_at: AwareDatetime | None = None
    """Its owner does not see it any more; the sweep purges it."""
    trace_id: str = ""
    """32 hexadecimal digits that join the log lines of all four functions."""
    revision: Annotated[int, Field(ge=0)] = 0
    schema_version: int = SCHEMA_VERSION

    @property
    def deadline(self) -> datetime:
        """When the job fails unless it is final."""
        return self.created_at + timedelta(seconds=self.time_limit_seconds)


class Progress(Record):
    """Counters of one job, changed by increments only."""

    shots_total: int = 0
    keyframes_drawn: int = 0
    clips_rendered: int = 0
    percents_under_way: int = 0
    """How far those are that are not rendered yet: the sum of their percentages."""
    spent_usd_micros: int = 0

    def minus(self, other: "Progress") -> dict[str, int]:
        """Return the counters that differ, by how much."""
        differences = {name: getattr(self, name) - getattr(other, name) for name in Progress.model_fields}
        return {name: difference for name, difference in differences.items() if difference}


class Event(Record):
    """Something that happened, stored in the same batch as the step itself."""

    name: str
    """Such as `clip.rendered`."""
    stage: Stage | None = None
    shot: int | None = None
    attempt: int | None = None
    data: Mapping[str, Any] = Field(default_factory=dict)


class WorkKey(Record):
    """Names one piece of work of a job."""

    stage: Stage
    shot: int | None = None
    """Index from 0 for `render`; None for the stages of the whole job."""

    def __str__(self) -> str:
        return self.stage if self.shot is None else f"{self.stage}/{self.shot}"


class JobState(Record):
    """A job with as much of its work as the caller needs.

    `shots` may be a part of them: then nothing is said about the others.
    """

    job: Job
    progress: Progress = Progress()
    keyframes: StageWork = StageWork()
    finalize: StageWork = StageWork()
    shots: tuple[Shot, ...] = ()
    news: tuple[Event, ...] = ()
    """What the steps since loading add to the job's events."""
    operations: Mapping[str, int] = Field(default_factory=dict)
    """Video backend -> paid calls of all jobs unsettled there, as of the commit that changed their number."""

    def work(self, key: WorkKey) -> StageWork | Shot:
        """Return the piece of work `key` names.

        Raises:
            NotFound: that shot is not loaded, or does not exist.
        """
        match key.stage:
            case Stage.KEYFRAMES:
                return self.keyframes
            case Stage.FINALIZE:
                return self.finalize
            case Stage.RENDER:
                for shot in self.shots:
                    if shot.index == key.shot:
                        return shot
                raise NotFound(f"there is no shot {key.shot}")

    def works(self) -> Iterator[tuple[WorkKey, Work]]:
        """Yield every piece of work that is loaded."""
        yield WorkKey(stage=Stage.KEYFRAMES), self.keyframes
        yield WorkKey(stage=Stage.FINALIZE), self.finalize
        for shot in self.shots:
            yield WorkKey(stage=Stage.RENDER, shot=shot.index), shot

    def with_work(self, key: WorkKey, work: Work) -> Self:
        """Return the state with that piece of work replaced."""
        match key.stage:
            case Stage.KEYFRAMES:
                return self.evolve(keyframes=work)
            case Stage.FINALIZE:
                return self.evolve(finalize=work)
            case Stage.RENDER:
                return self.evolve(shots=tuple(work if s.index == key.shot else s for s in self.shots))

    def model_of(self, shot: Shot) -> str:
        """Return the video backend a shot is rendered with: the job's own, or a fallback."""
        return (self.job.config.model, *self.job.config.fallback_models)[shot.fallbacks]

    def tell(self, name: str, key: WorkKey | None = None, **data: Any) -> Self:  # noqa: ANN401 - free-form event data
        """Return the state with one more event to store."""
        event = Event(
            name=name,
            stage=key.stage if key else None,
            shot=key.shot if key else None,
            attempt=self.work(key).attempt if key else None,
            data=data,
        )
        return self.evolve(news=(*self.news, event))
