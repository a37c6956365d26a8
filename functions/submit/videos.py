"""The routes of `/v1/videos`. Each reads the request, asks the store, and answers; no rule lives here."""

import json
from datetime import timedelta
from typing import Any

import flask
import flask.typing
import structlog

from functions.submit import creation
from functions.submit.auth import owner_of
from functions.submit.problems import MalformedBody
from functions.submit.representation import shot, video
from shared import wiring
from shared.documents import Glance
from shared.domain.due_tasks import due_tasks
from shared.domain.errors import InvalidInput, JobIsFinal, NotFound, NotReady
from shared.domain.job import Artifact, Job, JobState, Status
from shared.domain.naming import JOB_ID
from shared.domain.transitions import cancel
from shared.job_store import ALL

SIGNED_URL_LASTS = timedelta(hours=1)

VARIANTS = {
    "video": ("video", "mp4", "video/mp4"),
    "thumbnail": ("thumbnail", "jpg", "image/jpeg"),
    "spritesheet": ("storyboard_sheet", "png", "image/png"),
}
"""`variant` of a content request -> field of Artifact, file ending, content type."""

routes = flask.Blueprint("videos", __name__, url_prefix="/v1/videos")
log = structlog.get_logger()


@routes.post("")
def create() -> flask.typing.ResponseReturnValue:
    """Accept a job: 202 is only said once its first task is enqueued."""
    store, at = wiring.job_store(), wiring.settings()
    owner = owner_of(flask.request.headers.get("Authorization"), store)
    body = _json_object()
    job = creation.new_job(
        body, owner=owner, trace_id=flask.g.trace_id, time_limit_seconds=at.ttv_job_time_limit_seconds
    )
    state, is_new = store.create(
        JobState(job=job).tell("job.accepted"),
        idempotency_id=creation.idempotency_id(owner, flask.request.headers.get("Idempotency-Key")),
        request_hash=creation.request_hash(body),
    )
    if state.job.status is Status.QUEUED:
        for due in due_tasks(state):
            wiring.task_queue().enqueue(due.task)
    if is_new:
        log.info("job.accepted", job_id=job.job_id, seconds=job.config.seconds, model=job.config.model)
    location = {"Location": f"/v1/videos/{state.job.job_id}"}
    return video(state.job, state.progress), 202, location


@routes.get("/<video_id>")
def retrieve(video_id: str) -> flask.typing.ResponseReturnValue:
    """Return a video as it stands."""
    return video(*_own(video_id))


@routes.get("/<video_id>/shots")
def shots(video_id: str) -> flask.typing.ResponseReturnValue:
    """List the shots of a video, in order; none before it is planned."""
    _own(video_id)
    state = wiring.job_store().load(video_id, shots=ALL).state
    return {"object": "list", "data": [shot(each) for each in state.shots]}


@routes.get("/<video_id>/content")
def content(video_id: str) -> flask.typing.ResponseReturnValue:
    """Redirect to a signed URL of the video, its thumbnail or its storyboard sheet."""
    variant = flask.request.args.get("variant", "video")
    if variant not in VARIANTS:
        raise InvalidInput("variant", variant, tuple(VARIANTS))
    field, ending, content_type = VARIANTS[variant]
    url = wiring.object_store().signed_url(
        getattr(_artifact(_own(video_id).job), field),
        lasts=SIGNED_URL_LASTS,
        filename=f"{video_id}.{ending}",
        content_type=content_type,
    )
    return flask.redirect(url, 302)


@routes.post("/<video_id>/cancel")
def cancel_video(video_id: str) -> flask.typing.ResponseReturnValue:
    """Cancel a video that is not final; cancelling it again changes nothing."""
    if _own(video_id).job.status is not Status.CANCELLED:
        try:
            wiring.job_store().change(video_id, cancel, shots=ALL)
            log.info("job.cancelled", job_id=video_id)
        except JobIsFinal as error:
            if _own(video_id).job.status is not Status.CANCELLED:
                raise JobIsFinal(f"only a video that is not final can be cancelled; {error}") from error
    return video(*_own(video_id))


def _own(video_id: str) -> Glance:
    """Return one of the caller's own jobs; to the caller, those of others do not exist."""
    store = wiring.job_store()
    owner = owner_of(flask.request.headers.get("Authorization"), store)
    missing = NotFound(f"there is no video {video_id[:64]!r}")
    if not JOB_ID.fullmatch(video_id):
        raise missing
    try:
        seen = store.glance(video_id)
    except NotFound:
        raise missing from None
    if seen.job.owner != owner:
        raise missing
    return seen


def _artifact(job: Job) -> Artifact:
    if job.artifact is None:
        when = "and never will have" if job.status.is_final else "and will have once it is completed"
        raise NotReady(f"the video is {job.status}: it has no content {when}")
    return job.artifact


def _json_object() -> dict[str, Any]:
    """Return the body.

    Raises:
        MalformedBody: it is not a JSON object in UTF-8.
        UnsupportedMediaType, RequestEntityTooLarge: as werkzeug's.
    """
    if flask.request.mimetype != "application/json":
        flask.abort(415, "send the body as Content-Type: application/json")
    data = flask.request.get_data()
    if len(data) >= flask.current_app.config["MAX_CONTENT_LENGTH"]:
        flask.abort(413)  # werkzeug cuts a chunked body at the limit without saying so
    try:
        body = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise MalformedBody(f"the body is not JSON: {type(error).__name__}") from error
    if not isinstance(body, dict):
        raise MalformedBody("the body must be a JSON object")
    return body
