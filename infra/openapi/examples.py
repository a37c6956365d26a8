"""Examples of bodies and of answers. The bodies are accepted, and the answers made by the API's own code."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from functions.submit.creation import RETENTION, new_job
from functions.submit.offered import offered_models
from functions.submit.representation import estimate, video
from functions.submit.schemas import DeletedVideo, Problem
from shared.domain.capabilities import BUILT_IN
from shared.domain.job import Progress

VIDEO_ID = "video_0190a1b2c3d4e5f601234567"
_CREATED = datetime(2026, 1, 1, 12, tzinfo=UTC)

REQUESTS: Mapping[str, Mapping[str, Any]] = {
    "CreateVideo": {
        "prompt": "At dawn, Mara, a young woman in a red coat, walks along the harbour. Rain begins to fall.",
        "seconds": 12,
        "size": "1280x720",
        "transition": "crossfade",
        "seed": 7,
    },
    "RenderVideo": {"transition": "fade"},
    "RemixVideo": {
        "prompt": "At night, Mara, a young woman in a red coat, walks along the harbour. Rain begins to fall."
    },
}


def answers() -> dict[str, dict[str, Any]]:
    """Return name -> example of answers, as the code itself makes them of the example of a request."""
    new = new_job(REQUESTS["CreateVideo"], owner="you", trace_id="").job
    job = new.evolve(job_id=VIDEO_ID, created_at=_CREATED, expire_at=_CREATED + RETENTION)
    queued = video(job, Progress(), now=_CREATED, offered=BUILT_IN, queue_position=1)
    deleted = DeletedVideo(id=VIDEO_ID)
    shown = (queued, estimate(job), deleted, offered_models(BUILT_IN))
    return {type(each).__name__: each.model_dump(mode="json") for each in shown}


def problem_example(status: int, code: str, detail: str) -> dict[str, Any]:
    """Return an error as it is answered."""
    return Problem.of(status, code, detail, "req_0123456789abcdef01234567").model_dump()
