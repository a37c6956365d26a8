"""Who has made which call, about which video, and what became of it: for the logs and for the job's events.

It knows nothing of what a route does.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import flask
import structlog

from shared.domain.job import JobState
from shared.domain.naming import JOB_ID

ACTIONS: Mapping[str, str] = MappingProxyType(
    {
        "videos.create": "create",
        "videos.remix": "remix",
        "videos.retry": "retry",
        "videos.render": "render",
        "videos.cancel_video": "cancel",
        "videos.delete_video": "delete",
    }
)
"""Endpoint -> what a call of it does. Every route that changes anything is here."""

log = structlog.get_logger()


def concerns(video_id: str, *, replayed: bool = False) -> None:
    """Note which video the call has made or changed; or that it was made before, and has changed nothing."""
    flask.g.video_id, flask.g.replayed = video_id, replayed


def signed(state: JobState) -> JobState:
    """Note on the events of a step that this call takes who has made it."""
    by = {"request_id": flask.g.request_id, "key": flask.g.caller.key}
    return state.evolve(news=tuple(event.evolve(data={**event.data, **by}) for event in state.news))


def facts_of(response: flask.Response) -> dict[str, Any]:
    """Return what tells a call from others, but for its owner."""
    caller = flask.g.get("caller")
    return {
        "key": caller.key if caller else None,
        "video_id": flask.g.get("video_id", _named_in_path()),
        "code": _code_of(response),
        "replayed": flask.g.get("replayed", False),
    }


def tell(response: flask.Response) -> None:
    """Log a call that was to change something, unless whoever made it is unknown."""
    action, caller = ACTIONS.get(flask.request.endpoint or ""), flask.g.get("caller")
    if action is None or caller is None:
        return
    facts = facts_of(response)
    outcome = facts.pop("code") or ("replayed" if facts["replayed"] else "done")
    facts |= {"video_id": flask.g.get("video_id")}  # made or changed; what the path names may be another's
    del facts["replayed"]
    log.info("audit", action=action, owner=caller.owner, named=_named_in_path(), outcome=outcome, **facts)


def _named_in_path() -> str | None:
    """Return the video that the path names; what is no id of ours could be anything, and is not repeated."""
    named = (flask.request.view_args or {}).get("video_id", "")
    return named if JOB_ID.fullmatch(named) else None


def _code_of(response: flask.Response) -> str | None:
    """Return the code of an error, as the client reads it."""
    return response.get_json()["code"] if response.mimetype == "application/problem+json" else None
