"""What the API answers: the models that answers are made of, and the OpenAPI document is made from.

Pure data. Every description here is read by users of the API.
"""

from http import HTTPStatus
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from shared.domain.capabilities import Consistency, KeyframeMode, KeyframePosition
from shared.domain.generation import Layer
from shared.domain.job import ShotStatus, Stage, Status

Seconds1970 = Annotated[int, Field(description="Seconds since 1970, UTC.")]
Usd = Annotated[float, Field(description="US dollars.")]


class Answer(BaseModel):
    """What every answer is: complete, and nothing beside its fields."""

    model_config = ConfigDict(frozen=True, extra="forbid", json_schema_serialization_defaults_required=True)


class VideoError(Answer):
    """Why a video failed."""

    code: str
    message: str
    shot: Annotated[int | None, Field(description="Index of the shot concerned, from 0.")]


class ShotCounts(Answer):
    """How far the shots have come; 0 before the video is planned."""

    total: int
    keyframes_total: int
    keyframes_drawn: int
    clips_rendered: int


class Cost(Answer):
    """What a video costs."""

    estimate_usd: Annotated[Usd, Field(description="At most, unless paid calls get lost. US dollars.")]
    spent_usd: Annotated[Usd, Field(description="Charges less refunds so far. US dollars.")]


class Setting(Answer):
    """One setting, and who has set it."""

    value: Any
    set_by: Annotated[
        Layer, Field(description="`http`: the request. `file`: this deployment. `default`: neither.")
    ]


class GivenReference(Answer):
    """A reference image that came with the request."""

    shows: Annotated[str | None, Field(description="The character it shows; null for a place or a style.")]


class Video(Answer):
    """A video, in the shape of the OpenAI Videos API with fields of our own beside."""

    id: Annotated[str, Field(pattern=r"^video_[0-9a-f]{24}$")]
    object: Literal["video"] = "video"
    created_at: Seconds1970
    completed_at: Seconds1970 | None
    expires_at: Annotated[Seconds1970, Field(description="When it is deleted. Seconds since 1970, UTC.")]
    model: Annotated[str, Field(description="The video backend.")]
    prompt: str
    seconds: Annotated[str, Field(description="Its length, as text, as OpenAI's clients expect.")]
    size: Annotated[str, Field(description="Width x height, in pixels.")]
    status: Status
    progress: Annotated[int, Field(ge=0, le=100, description="Percent; it never falls.")]
    error: VideoError | None
    remixed_from_video_id: str | None
    stage: Stage
    queue_position: Annotated[
        int | None,
        Field(ge=1, description="1 for the one that comes next; null in lists, and once begun."),
    ]
    eta_seconds: Annotated[
        int | None, Field(ge=0, description="Until it is completed, as far as can be told; null at its end.")
    ]
    seed: int
    derived_from: Annotated[str | None, Field(description="The video it was made of.")]
    title: Annotated[str | None, Field(description="Null before the video is planned.")]
    reference_images: list[GivenReference]
    initial_image: Annotated[bool, Field(description="Whether the first keyframe came with the request.")]
    shots: ShotCounts
    cost: Cost
    config: Annotated[
        dict[str, Setting], Field(description="Every setting it is made with, and who has set it.")
    ]
    metadata: dict[str, str]


class VideoPage(Answer):
    """Some of your videos, in order."""

    object: Literal["list"] = "list"
    data: list[Video]
    first_id: str | None
    last_id: Annotated[str | None, Field(description="The `after` of the next page.")]
    has_more: bool


class ShotRefusal(Answer):
    """A safety filter's answer to a shot."""

    model: str
    reason: str


class ShotCharge(Answer):
    """What one paid call cost."""

    usd: Annotated[float, Field(description="US dollars; negative for a refund.")]
    reason: str
    model: str
    ambiguous: Annotated[bool, Field(description="Whether it is open if the provider counted the call.")]


class ShotJudgement(Answer):
    """How well a keyframe agrees with the sheets of the characters in it."""

    score: Annotated[float, Field(ge=0, le=1, description="1 is the best.")]
    reason: Annotated[str, Field(description="In the words of the model that looked at it.")]


class VideoShot(Answer):
    """One continuous take of a video."""

    index: Annotated[int, Field(description="From 0.")]
    seconds: int
    prompt: Annotated[str, Field(description="What happens, as the video backend is told.")]
    caption: str
    characters: list[str]
    status: ShotStatus | Literal["rendering"]
    progress: Annotated[
        int, Field(ge=0, le=100, description="Of its clip, in percent, where it is rendered by us.")
    ]
    waits_for: Annotated[str | None, Field(description="Why it was put off, such as `quota_exhausted`.")]
    model: str
    attempt: int
    judgement: Annotated[
        ShotJudgement | None, Field(description="Of its keyframe, with `judge_keyframes`; else null.")
    ]
    from_cache: Annotated[
        bool, Field(description="Whether its keyframe had been drawn for you before, and cost nothing.")
    ]
    reused: Annotated[
        list[Literal["keyframe", "clip"]],
        Field(description="What it takes over from the video that this one was made of; not paid again."),
    ]
    rendered_seconds: Annotated[
        float | None,
        Field(
            description="How long its clip was rendered, without the loading of a model or a try that ran out"
            " of memory; null if not by us."
        ),
    ]
    rendered_on: Annotated[
        str | None,
        Field(
            description="The GPU by its driver's name, such as `NVIDIA L4`; `cpu` where a model that needs"
            " one went without; null for what needs none."
        ),
    ]
    refusals: list[ShotRefusal]
    charges: list[ShotCharge]


class VideoShots(Answer):
    """All shots of a video, in order; none before it is planned."""

    object: Literal["list"] = "list"
    data: list[VideoShot]
    charges: Annotated[
        list[ShotCharge],
        Field(description="Of no shot alone: its plan, other words for shots, its characters' sheets."),
    ]


class ModelSource(Answer):
    """Where what is said of a model is from."""

    as_of: Annotated[str, Field(description="The day it was looked up, such as `2026-11-01`.")]
    told_by: str


class PricePerSecond(Answer):
    """What a second of clip costs."""

    lines: Annotated[int | None, Field(description="For pictures whose shorter side it is; null for all.")]
    usd: Usd


class _Model(Answer):
    id: Annotated[str, Field(description="What requests call it.")]
    object: Literal["model"] = "model"
    created: Annotated[int, Field(description="As of when this is known. Seconds since 1970, UTC.")]
    owned_by: Annotated[str, Field(description="`ttv` for what is built in, else the provider.")]
    model_id: Annotated[str | None, Field(description="The provider's name for it; null if it is built in.")]
    api: Annotated[str, Field(description="The interface that it is reached by.")]
    paid: Annotated[bool, Field(description="Whether a call costs money.")]
    source: ModelSource
    price_source: ModelSource


class VideoModel(_Model):
    """A video backend: a value of `model` and `fallback_models`."""

    kind: Literal["video"] = "video"
    clip_seconds: Annotated[list[int], Field(description="Permitted lengths of one clip.")]
    pair_seconds: Annotated[list[int], Field(description="The same with `keyframes: pair`.")]
    sizes: list[str]
    fps: list[int]
    keyframes: list[KeyframeMode]
    keyframe_positions: list[KeyframePosition]
    first_frame: Annotated[bool, Field(description="Whether a clip can begin with a given picture.")]
    first_and_last_frame: Annotated[bool, Field(description="Whether it can go from one to another.")]
    reference_images: Annotated[int, Field(description="How many a clip could be given; none are so far.")]
    audio: Annotated[list[bool], Field(description="Whether a clip can have sound, and can be without.")]
    needs_gpu: Annotated[
        bool, Field(description="Whether it runs on a GPU of the deployment's own, which may narrow lengths.")
    ]
    lora: Annotated[
        bool, Field(description="Whether it can render with an adapter: see `lora` of a request.")
    ]
    prompt_characters: Annotated[int, Field(description="Longest prompt of one clip.")]
    max_operations: Annotated[
        int | None, Field(description="How many clips this deployment has made at a time; null: any number.")
    ]
    prices: list[PricePerSecond]


class ImageModel(_Model):
    """An image backend: a value of `image_model`."""

    kind: Literal["image"] = "image"
    reference_images: Annotated[int, Field(description="How many one picture can be drawn from.")]
    consistency: list[Consistency]
    can_be_judged: Annotated[bool, Field(description="Whether `judge_keyframes` is possible.")]
    usd_per_image: Usd
    usd_per_judgement: Annotated[float | None, Field(description="US dollars; null if it is not possible.")]


class PlannerModel(_Model):
    """A planner: a value of `planner`."""

    kind: Literal["planner"] = "planner"
    usd_per_call: Usd


class ModelList(Answer):
    """What this deployment offers."""

    object: Literal["list"] = "list"
    data: list[VideoModel | ImageModel | PlannerModel]


class DeletedVideo(Answer):
    """A video that is gone."""

    id: str
    object: Literal["video.deleted"] = "video.deleted"
    deleted: Literal[True] = True


class ContentUrl(Answer):
    """Where a file can be downloaded, without a key."""

    object: Literal["video.content"] = "video.content"
    url: str
    expires_at: Seconds1970


class Estimate(Answer):
    """What a video would cost; nothing has been made."""

    object: Literal["video.estimate"] = "video.estimate"
    model: str
    seconds: str
    size: str
    estimate_usd: Annotated[float, Field(description="At most, unless paid calls get lost. US dollars.")]
    config: dict[str, Setting]


class ErrorMember(Answer):
    """The error as OpenAI's clients read it."""

    message: str
    type: str
    param: str | None
    code: str


class Problem(Answer):
    """Every error: RFC 9457, with the member that OpenAI's clients read."""

    type: Literal["about:blank"] = "about:blank"
    title: str
    status: int
    detail: str
    code: Annotated[str, Field(description="Stable; the reference page lists them all.")]
    request_id: str | None
    error: ErrorMember
    field: Annotated[str | None, Field(description="Of a wrong value: which field.")] = None
    value: Annotated[str | None, Field(description="Of a wrong value: what was given, shortened.")] = None
    permitted: Annotated[str | None, Field(description="Of a wrong value: what would be accepted.")] = None

    @classmethod
    def of(
        cls, status: int, code: str, detail: str, request_id: str | None, **wrong: str | None
    ) -> "Problem":
        """Describe an error. `wrong` holds field, value and permitted where input was not permitted."""
        kind = "server_error" if status >= 500 else "invalid_request_error"
        kind = "rate_limit_error" if status == 429 else kind
        return cls(
            title=HTTPStatus(status).phrase,
            status=status,
            detail=detail,
            code=code,
            request_id=request_id,
            error=ErrorMember(message=detail, type=kind, param=wrong.get("field"), code=code),
            **wrong,
        )


class Health(Answer):
    """This process answers."""

    status: Literal["ok"] = "ok"


class Readiness(Answer):
    """Whether what this process stands on answers."""

    status: Literal["ok", "unavailable"]
    store: str
    queue: str


class Welcome(Answer):
    """What this is, and where everything else is."""

    service: str
    version: str
    docs: Annotated[str, Field(description="For people.")]
    openapi: Annotated[str, Field(description="The same for machines.")]
    videos: Annotated[str, Field(description="Where to create a video, with a key.")]
