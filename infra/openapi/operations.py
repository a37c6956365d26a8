"""The one table of what each route answers. Path, method and words are the routes' own.

A test holds it to the routes of the app, both ways.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from functions.submit.schemas import (
    Answer,
    ContentUrl,
    DeletedVideo,
    Estimate,
    Health,
    ModelList,
    Readiness,
    Video,
    VideoPage,
    VideoShots,
    Welcome,
)
from functions.submit.videos import ContentQuery, PageQuery
from shared.domain.model import Edge

VIDEOS, SERVICE = "Videos", "Service"
TAGS = {
    VIDEOS: "Make videos, watch over them, fetch them.",
    SERVICE: "What runs here, and how it is doing.",
}


@dataclass(frozen=True)
class Success:
    """One way in which an operation succeeds."""

    content: type[Answer] | str | None = None
    """What it answers: a model as JSON, or the media type of something else."""
    headers: tuple[str, ...] = ()
    """Headers that it always has."""
    may_have: tuple[str, ...] = ()
    """Headers that it has where they mean something."""
    says: str = "Done."


@dataclass(frozen=True)
class Operation:
    """What a route answers, and what it reads beside its path."""

    id: str
    tag: str
    successes: Mapping[int, Success]
    errors: tuple[int, ...] = ()
    """Statuses beside those that its path, its key and any bug bring with them."""
    body: str | None = None
    """Name of the schema of its body."""
    body_is_required: bool = True
    takes_forms: bool = False
    query: type[Edge] | None = None
    creates: bool = False
    """Whether it makes a video, and so heeds Idempotency-Key."""
    needs_key: bool = True


_ACCEPTED = Success(
    Video,
    headers=("Location",),
    may_have=("Idempotent-Replayed", "RateLimit", "RateLimit-Policy"),
    says="Accepted: its work is enqueued. Location names the video.",
)
_UNCHANGED = Success(says="What If-None-Match names is still so.", headers=("ETag", "Cache-Control"))
_A_FILE = ("ETag", "Cache-Control")
_BODY = (400, 413, 415, 422)

OPERATIONS: Mapping[str, Operation] = {
    "videos.create": Operation(
        id="createVideo",
        tag=VIDEOS,
        successes={202: _ACCEPTED},
        errors=_BODY,
        body="CreateVideo",
        takes_forms=True,
        creates=True,
    ),
    "videos.estimate": Operation(
        id="estimateVideo",
        tag=VIDEOS,
        successes={200: Success(Estimate, says="What it would cost. Nothing has been made.")},
        errors=_BODY,
        body="CreateVideo",
        takes_forms=True,
    ),
    "videos.list_videos": Operation(
        id="listVideos",
        tag=VIDEOS,
        successes={200: Success(VideoPage, says="A page of your videos.")},
        errors=(422,),
        query=PageQuery,
    ),
    "videos.retrieve": Operation(
        id="retrieveVideo",
        tag=VIDEOS,
        successes={
            200: Success(
                Video, may_have=("Retry-After", "openai-poll-after-ms"), says="The video as it stands."
            )
        },
        errors=(422,),
    ),
    "videos.shots": Operation(
        id="listShots",
        tag=VIDEOS,
        successes={200: Success(VideoShots, says="Its shots, in order.")},
        errors=(422,),
    ),
    "videos.content": Operation(
        id="downloadVideo",
        tag=VIDEOS,
        successes={
            200: Success(ContentUrl, says="With redirect=false: where the file is."),
            302: Success("text/html", headers=("Location",), says="Location is a signed URL of the file."),
        },
        errors=(409, 422),
        query=ContentQuery,
    ),
    "videos.retry": Operation(
        id="retryVideo", tag=VIDEOS, successes={202: _ACCEPTED}, errors=(409, *_BODY), creates=True
    ),
    "videos.render": Operation(
        id="renderVideo",
        tag=VIDEOS,
        successes={202: _ACCEPTED},
        errors=(409, *_BODY),
        body="RenderVideo",
        body_is_required=False,
        creates=True,
    ),
    "videos.remix": Operation(
        id="remixVideo",
        tag=VIDEOS,
        successes={202: _ACCEPTED},
        errors=(409, *_BODY),
        body="RemixVideo",
        takes_forms=True,
        creates=True,
    ),
    "videos.cancel_video": Operation(
        id="cancelVideo",
        tag=VIDEOS,
        successes={200: Success(Video, says="The video, which is cancelled for ever.")},
        errors=(409, *_BODY),
    ),
    "videos.delete_video": Operation(
        id="deleteVideo",
        tag=VIDEOS,
        successes={200: Success(DeletedVideo, says="It is gone.")},
        errors=_BODY,
    ),
    "models.list_models": Operation(
        id="listModels",
        tag=VIDEOS,
        successes={200: Success(ModelList, says="All that requests may name here.")},
        errors=(422,),
    ),
    "pages.welcome": Operation(
        id="welcome",
        tag=SERVICE,
        successes={200: Success(Welcome, says="Where everything else is.")},
        needs_key=False,
    ),
    "pages.docs": Operation(
        id="docs",
        tag=SERVICE,
        successes={200: Success("text/html", headers=_A_FILE, says="This page."), 304: _UNCHANGED},
        needs_key=False,
    ),
    "pages.openapi": Operation(
        id="openapi",
        tag=SERVICE,
        successes={
            200: Success("application/json", headers=_A_FILE, says="This document."),
            304: _UNCHANGED,
        },
        needs_key=False,
    ),
    "health": Operation(
        id="health", tag=SERVICE, successes={200: Success(Health, says="It answers.")}, needs_key=False
    ),
    "ready": Operation(
        id="readiness",
        tag=SERVICE,
        successes={
            200: Success(Readiness, says="All of it answers."),
            503: Success(Readiness, headers=("Retry-After",), says="Some of it does not answer."),
        },
        needs_key=False,
    ),
    "metrics.metrics": Operation(
        id="metrics",
        tag=SERVICE,
        successes={
            200: Success("application/openmetrics-text", says="For a scraper, whose key has scope `metrics`.")
        },
    ),
}
"""Flask's endpoint -> its operation, in the order of the reference page."""
