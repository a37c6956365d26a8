"""From the body of a request to a job that can be stored. Pure but for the randomness of ids and seeds."""

import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from pydantic import Field, StringConstraints, create_model

from shared.domain import naming
from shared.domain.derivation import retried
from shared.domain.errors import InvalidInput
from shared.domain.generation import BUILT_IN, AskedConfig, build_effective_config, check_capabilities
from shared.domain.job import Job, JobState
from shared.domain.model import Edge
from shared.domain.pricing import estimate_usd_micros
from shared.domain.validation import validated

MAX_PROMPT_CHARACTERS = 4000

RETENTION = timedelta(days=30)
"""After which Firestore deletes what it holds of a job."""


class _Prompt(Edge):
    prompt: Annotated[
        str,
        StringConstraints(max_length=MAX_PROMPT_CHARACTERS, pattern=r"[\p{L}\p{N}]", strict=True),
    ]
    """What the video shows, in words."""


_OPTIONAL: dict[str, Any] = {
    name: (field.rebuild_annotation() | None, Field(default=None))
    for name, field in AskedConfig.model_fields.items()
}
CreateVideo = create_model("CreateVideo", __base__=_Prompt, **_OPTIONAL)
"""What a client may send: the prompt, and any field of AskedConfig."""


def new_job(
    body: Mapping[str, Any],
    *,
    owner: str,
    trace_id: str,
    time_limit_seconds: int,
    offered: Sequence[str] = BUILT_IN,
) -> Job:
    """Make a job of what a client sent.

    Args:
        offered: the video backends of this deployment.

    Raises:
        InvalidInput: naming the field, its value and what is permitted.
    """
    request = validated(CreateVideo, body)
    wishes = request.model_dump(exclude={"prompt"})
    effective = build_effective_config(http=wishes, offered=offered)
    config = effective.config
    if wishes["seed"] is None:
        config = config.evolve(seed=secrets.randbelow(2**31))
    now = datetime.now(UTC)
    return Job(
        job_id=_new_id(),
        owner=owner,
        prompt=request.prompt,
        config=config,
        config_layers=effective.layers,
        cost_estimate_usd_micros=estimate_usd_micros(config),
        time_limit_seconds=time_limit_seconds,
        created_at=now,
        expire_at=now + RETENTION,
        trace_id=trace_id,
    )


def retry_of(
    source: JobState, *, trace_id: str, time_limit_seconds: int, offered: Sequence[str] = BUILT_IN
) -> JobState:
    """Make a job of one that has failed.

    Args:
        source: with all of its shots.
        offered: the video backends of this deployment.

    Raises:
        IllegalTransition: it has not failed.
        InvalidInput: what it asks for is not offered any more.
    """
    state = retried(
        source,
        job_id=_new_id(),
        now=datetime.now(UTC),
        kept_for=RETENTION,
        time_limit_seconds=time_limit_seconds,
        trace_id=trace_id,
    )
    check_capabilities(state.job.config, offered)
    return state


def check_prompt(prompt: str) -> None:
    """Check a prompt as the API does.

    Raises:
        InvalidInput: it is blank or too long.
    """
    validated(_Prompt, {"prompt": prompt})


def request_hash(request: object) -> str:
    """Return the same text for the same request, given as JSON, whatever the order of its fields."""
    return hashlib.sha256(json.dumps(request, sort_keys=True).encode()).hexdigest()


def idempotency_id(owner: str, key: str | None) -> str | None:
    """Return the document id for a client's idempotency key.

    Raises:
        InvalidInput: the key is not one we can keep.
    """
    if key is None:
        return None
    if not 1 <= len(key) <= 255 or not key.isprintable():
        raise InvalidInput("Idempotency-Key", key, "1 to 255 printable characters")
    return naming.idempotency_id(owner, key)


def retry_id(owner: str, job_id: str) -> str:
    """Return the document id by which a retry of a job is known that comes without an idempotency key.

    Clients repeat a call whose answer got lost; that must not make, and pay, a second video.
    """
    return naming.idempotency_id(owner, f"\0retry\0{job_id}")  # no client's key can be that


def _new_id() -> str:
    return naming.job_id(secrets.token_bytes(12))
