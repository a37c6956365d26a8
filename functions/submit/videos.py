"""The routes of `/v1/videos`. Each reads the request, asks the store, and answers; no rule lives here."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Literal

import flask
import flask.typing
import structlog
from pydantic import Field
from werkzeug.routing import BaseConverter

from functions.submit import audit, creation, intake, representation
from functions.submit.acceptance import NO_PICTURES, accept
from functions.submit.answers import Nothing, answer, query
from functions.submit.auth import Caller, caller_of, permit, permitted
from functions.submit.downloads import download_of
from functions.submit.rates import Requests, rate_headers
from functions.submit.replay import Request, as_accepted
from functions.submit.representation import video, videos
from functions.submit.schemas import ContentUrl, DeletedVideo
from shared import wiring
from shared.api_keys import Scope
from shared.documents import Glance
from shared.domain.due_tasks import due_tasks
from shared.domain.errors import (
    InvalidInput,
    JobIsFinal,
    NotFound,
    NotReady,
    Unavailable,
)
from shared.domain.job import Artifact, Job, JobState, Progress, Status
from shared.domain.model import Edge
from shared.domain.naming import JOB_ID
from shared.domain.transitions import cancel, delete
from shared.domain.validation import WholeNumber
from shared.job_store import ALL, Step

MIN_POLL_SECONDS, MAX_POLL_SECONDS = 1, 10
"""What we ask clients to wait from one look at a video to the next: a tenth of what it still takes."""


class PageQuery(Edge):
    """The query of a listing."""

    limit: Annotated[WholeNumber, Field(ge=1, le=100)] = 20
    """How many videos a page has at most."""
    after: Annotated[str, Field(json_schema_extra={"pattern": f"^{JOB_ID.pattern}$"})] | None = None
    """The video that the page begins after: `last_id` of the page before."""
    order: Literal["asc", "desc"] = "desc"
    """By the time of creation: `desc` begins with the newest."""
    status: Status | None = None
    """Only videos with this status."""


class ContentQuery(Edge):
    """The query of a download."""

    variant: Literal["video", "thumbnail", "spritesheet"] = "video"
    """Which file: the MP4, a JPEG of it, or the PNG of its storyboard."""
    redirect: Literal["true", "false"] = "true"
    """`false` answers the signed URL as JSON."""


class VideoId(BaseConverter):
    """What in a path may name a video, so that beside it other paths have methods of their own."""

    regex = "video_[^/]+"


routes = flask.Blueprint("videos", __name__, url_prefix="/v1/videos")
requests = Requests()
log = structlog.get_logger()


@routes.before_request
def authenticate() -> None:
    """Let nobody in without a key of ours, nor more often than they may."""
    flask.g.caller = caller_of(flask.request.headers.get("Authorization"), wiring.api_keys())
    permit(_caller(), Scope.VIDEOS)
    requests.count(_caller().key, wiring.settings().ttv_requests_per_minute)


@routes.post("")
def create() -> flask.typing.ResponseReturnValue:
    """Create a video. 202 is only said once its first task is enqueued."""
    query(Nothing)
    with intake.body_of(flask.request, _caller().owner) as body:
        new = _new_job(body)
        state = JobState(job=new.job).tell("job.accepted")
        return _accepted(state, known_as=_key(), request=new.request, pictures=new.pictures)


@routes.post("/estimate")
def estimate() -> flask.typing.ResponseReturnValue:
    """Check a request as if it were to create a video, and tell what that would cost."""
    query(Nothing)
    with intake.body_of(flask.request, _caller().owner) as body:
        return answer(representation.estimate(_new_job(body).job))


@routes.get("")
def list_videos() -> flask.typing.ResponseReturnValue:
    """Return a page of the caller's videos, newest first unless asked otherwise."""
    wanted = query(PageQuery)
    try:
        if wanted.after is not None and not JOB_ID.fullmatch(wanted.after):
            raise _missing(wanted.after)
        page = wiring.job_queries().owned(
            _caller().owner,
            limit=wanted.limit,
            after=wanted.after,
            newest_first=wanted.order == "desc",
            status=wanted.status,
        )
    except NotFound:
        raise InvalidInput("after", wanted.after, "the id of one of your videos") from None
    return answer(videos(page, now=datetime.now(UTC), offered=wiring.settings().offer))


@routes.get("/<video:video_id>")
def retrieve(video_id: str) -> flask.typing.ResponseReturnValue:
    """Return a video as it stands, and say when to look again."""
    query(Nothing)
    job, counts = _own(video_id)
    position = wiring.job_queries().queued_up_to(job) if job.status is Status.QUEUED else None
    shown = video(
        job, counts, now=datetime.now(UTC), offered=wiring.settings().offer, queue_position=position
    )
    if shown.eta_seconds is None:
        return answer(shown)
    seconds = min(max(shown.eta_seconds // 10, MIN_POLL_SECONDS), MAX_POLL_SECONDS)
    return answer(shown, headers={"Retry-After": str(seconds), "openai-poll-after-ms": str(seconds * 1000)})


@routes.get("/<video:video_id>/shots")
def shots(video_id: str) -> flask.typing.ResponseReturnValue:
    """List the shots of a video, in order; none before it is planned."""
    query(Nothing)
    _own(video_id)
    return answer(representation.shots(_loaded(video_id)))


@routes.get("/<video:video_id>/content")
def content(video_id: str) -> flask.typing.ResponseReturnValue:
    """Redirect to a signed URL of the video, its thumbnail or its storyboard sheet; or tell it as JSON."""
    wanted = query(ContentQuery)
    artifact = _artifact(_own(video_id).job)
    url, expires_at = download_of(video_id, artifact, wanted.variant, now=datetime.now(UTC))
    if wanted.redirect == "false":
        return answer(ContentUrl(url=url, expires_at=int(expires_at.timestamp())))
    return flask.redirect(url, 302)


@routes.post("/<video:video_id>/retry")
def retry(video_id: str) -> flask.typing.ResponseReturnValue:
    """Accept a new video in place of a failed one; it takes over what that has finished."""
    query(Nothing)
    intake.no_body(flask.request)
    _own(video_id)
    at = wiring.settings()
    state = creation.retry_of(
        _loaded(video_id),
        trace_id=flask.g.trace_id,
        offered=at.offer,
    )
    return _derived(state, request=["retry", video_id])


@routes.post("/<video:video_id>/render")
def render(video_id: str) -> flask.typing.ResponseReturnValue:
    """Accept a new video of the keyframes of one that has stopped after them, now that they are approved."""
    query(Nothing)
    _own(video_id)
    at = wiring.settings()
    body = intake.json_object(flask.request) if flask.request.get_data() else {}
    state = creation.approval_of(
        _loaded(video_id),
        body,
        trace_id=flask.g.trace_id,
        offered=at.offer,
    )
    return _derived(state, request=["render", video_id, body])


@routes.post("/<video:video_id>/remix")
def remix(video_id: str) -> flask.typing.ResponseReturnValue:
    """Accept a new video of a completed one with another prompt; what comes out the same is taken over."""
    query(Nothing)
    source, at = _own(video_id).job, wiring.settings()
    with intake.body_of(flask.request, _caller().owner) as body:
        state = creation.remix_of(
            source,
            body,
            trace_id=flask.g.trace_id,
            offered=at.offer,
        )
        return _accepted(state, known_as=_key(), request=["remix", video_id, body])


@routes.post("/<video:video_id>/cancel")
def cancel_video(video_id: str) -> flask.typing.ResponseReturnValue:
    """Cancel a video that is not final; cancelling it again changes nothing."""
    query(Nothing)
    intake.no_body(flask.request)
    replayed = _own(video_id).job.status is Status.CANCELLED
    if not replayed:
        try:
            _wind_up(wiring.job_store().change(video_id, _by_the_caller(cancel), shots=ALL))
        except JobIsFinal as error:
            replayed = _own(video_id).job.status is Status.CANCELLED
            if not replayed:
                raise JobIsFinal("only a video that has not ended can be cancelled") from error
    audit.concerns(video_id, replayed=replayed)
    return answer(video(*_own(video_id), now=datetime.now(UTC), offered=wiring.settings().offer))


@routes.delete("/<video:video_id>")
def delete_video(video_id: str) -> flask.typing.ResponseReturnValue:
    """Delete a video, cancelling it first if it runs. From now on it is not found; the sweep purges it."""
    query(Nothing)
    intake.no_body(flask.request)
    _own(video_id)
    try:
        _wind_up(wiring.job_store().change(video_id, _by_the_caller(delete), shots=ALL))
    except NotFound:
        raise _missing(video_id) from None
    audit.concerns(video_id)
    return answer(DeletedVideo(id=video_id))


def _new_job(body: Mapping[str, object]) -> creation.NewJob:
    at = wiring.settings()
    return creation.new_job(
        body,
        owner=_caller().owner,
        trace_id=flask.g.trace_id,
        offered=at.offer,
        defaults=at.ttv_defaults,
    )


def _key() -> str | None:
    """Return the document id for the idempotency key that came with the request, if one did."""
    return creation.idempotency_id(_caller().owner, flask.request.headers.get("Idempotency-Key"))


def _derived(state: JobState, *, request: list[object]) -> flask.typing.ResponseReturnValue:
    known_as = _key() or _unless_it_came_to_nothing(state.job.owner, request)
    return _accepted(state, known_as=known_as, request=request)


def _unless_it_came_to_nothing(owner: str, request: list[object]) -> str:
    """Return the document id by which a request without a key is known: a new one if its video has failed."""
    asked = request
    while True:
        known_as = creation.repeat_id(owner, asked)
        before = wiring.job_store().standing_for(known_as, creation.request_hash(request))
        if before is None or before.job.status not in (Status.FAILED, Status.CANCELLED):
            return known_as
        asked = [*request, before.job.job_id]


def _accepted(
    state: JobState,
    *,
    known_as: str | None,
    request: object,
    pictures: Mapping[str, bytes] = NO_PICTURES,
) -> flask.typing.ResponseReturnValue:
    sent_before = creation.times_sent_before(flask.request.headers.get("X-Stainless-Retry-Count"))
    asked = Request(creation.request_hash(request), known_as, sent_before)
    may = permitted(_caller().limits, wiring.settings())
    accepted = accept(audit.signed(state), asked, may, pictures)
    job = as_accepted(accepted.job)
    audit.concerns(job.job_id, replayed=accepted.is_replay)
    headers = {"Location": f"/v1/videos/{job.job_id}", **rate_headers(accepted.rate)}
    if accepted.is_replay:
        headers["Idempotent-Replayed"] = "true"
    shown = video(job, Progress(), now=job.created_at, offered=wiring.settings().offer)
    return answer(shown, status=202, headers=headers)


def _by_the_caller(step: Step) -> Step:
    return lambda state, now: audit.signed(step(state, now))


def _wind_up(state: JobState) -> None:
    """Enqueue what cancels the paid calls of a final job; it is final even if that is left to the sweep."""
    try:
        for due in due_tasks(state):
            wiring.task_queue().enqueue(due.task, not_before=due.not_before)
    except Unavailable as error:
        log.warning("enqueue.failed", job_id=state.job.job_id, reason=error.code)


def _caller() -> Caller:
    caller: Caller = flask.g.caller
    return caller


def _loaded(video_id: str) -> JobState:
    return wiring.job_store().load(video_id, shots=ALL).state


def _missing(video_id: str) -> NotFound:
    return NotFound(f"there is no video {video_id[:64]!r}")


def _own(video_id: str) -> Glance:
    """Return one of the caller's own jobs; to the caller, those of others and deleted ones do not exist."""
    missing = _missing(video_id)
    if not JOB_ID.fullmatch(video_id):
        raise missing
    try:
        seen = wiring.job_store().glance(video_id)
    except NotFound:
        raise missing from None
    if seen.job.owner != _caller().owner or seen.job.deleted_at:
        raise missing
    return seen


def _artifact(job: Job) -> Artifact:
    if job.artifact is None:
        when = "and never will have" if job.status.is_final else "and will have once it is completed"
        raise NotReady(f"the video is {job.status}: it has no content {when}")
    return job.artifact
