"""From the body of a request to a job that can be stored. Pure but for the randomness of ids and seeds."""

import hashlib
import json
import re
import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Annotated, Any, NamedTuple

from pydantic import Field, StringConstraints, create_model

from functions.submit.given import PICTURES, GivenPictures, check_shown, fingerprint, given_pictures
from functions.submit.given_shots import shot_counts, timed
from shared.domain import naming
from shared.domain.capabilities import BUILT_IN, Offer
from shared.domain.derivation import (
    AFTER_APPROVAL,
    Particulars,
    approved,
    check_clips_to_make,
    remixed,
    retried,
)
from shared.domain.errors import InvalidInput
from shared.domain.generation import (
    MAX_SHOTS,
    AskedConfig,
    EffectiveConfig,
    build_effective_config,
    check_capabilities,
)
from shared.domain.job import Job, JobState, ReferenceImage, StoredPicture
from shared.domain.model import Edge
from shared.domain.plan import GivenShot
from shared.domain.pricing import check_cost, estimate_usd_micros
from shared.domain.validation import WholeNumber, validated

MAX_PROMPT_CHARACTERS = 4000
MAX_SHOT_PROMPT_CHARACTERS = 1000

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


class AskedShot(Edge):
    """One of the user's own shots."""

    prompt: Annotated[
        str,
        StringConstraints(max_length=MAX_SHOT_PROMPT_CHARACTERS, pattern=r"[\p{L}\p{N}]", strict=True),
    ]
    """What it shows, in words."""
    seconds: Annotated[WholeNumber, Field(ge=1)] | None = None
    """Its length; either all shots say theirs, or none does."""


class _Story(_Prompt):
    """What is kept with a job as it was given."""

    shots: Annotated[tuple[AskedShot, ...], Field(min_length=1, max_length=MAX_SHOTS)] | None = None
    """The user's own shots, in place of what a planner would make of the prompt."""
    metadata: (
        Annotated[
            Mapping[
                Annotated[str, StringConstraints(min_length=1, max_length=64, strict=True)],
                Annotated[str, StringConstraints(max_length=512, strict=True)],
            ],
            Field(max_length=16),
        ]
        | None
    ) = None
    """Notes of the user's own, kept and shown as they came."""


_PICTURES: dict[str, Any] = dict.fromkeys(PICTURES, (Any, None))
"""Their values are for `given_pictures` to check: no error may repeat them."""

CreateVideo = create_model("CreateVideo", __base__=_Story, **_OPTIONAL, **_PICTURES)
"""What a client may send: the prompt, any field of AskedConfig, shots, notes and pictures."""


class RemixVideo(_Prompt):
    """What a client may send to have a video made anew with another prompt."""


RenderVideo = create_model("RenderVideo", __base__=Edge, **{name: _OPTIONAL[name] for name in AFTER_APPROVAL})
"""What a client may send to have accepted keyframes rendered."""


class NewJob(NamedTuple):
    """A job, and what is to be stored before it."""

    job: Job
    pictures: Mapping[str, bytes]
    """Object path -> PNG, of every picture that the job names. Their CRC32C is known once they are stored."""
    request: Mapping[str, Any]
    """What was asked for, with a hash in place of each picture: equal for equal requests."""


def new_job(
    body: Mapping[str, Any],
    *,
    owner: str,
    trace_id: str,
    offered: Offer = BUILT_IN,
    defaults: Mapping[str, Any] = MappingProxyType({}),
) -> NewJob:
    """Make a job of what a client sent, and decode and encode anew the pictures with it.

    Args:
        body: as `intake.body_of` reads it.
        offered: the backends of this deployment.
        defaults: of this deployment, for what the client leaves open.

    Raises:
        InvalidInput: naming the field, its value and what is permitted.
    """
    request = validated(CreateVideo, body)
    wishes = request.model_dump(exclude={*_Story.model_fields, *_PICTURES})
    shots = tuple(GivenShot(**dict(shot)) for shot in request.shots or ())
    counts = shot_counts(shots)
    laid = build_effective_config(base=defaults, http=wishes, offered=offered, shot_counts=counts)
    effective = timed(laid, shots, offered)
    config = effective.config
    if wishes["seed"] is None:
        config = config.evolve(seed=secrets.randbelow(2**31))
    given = given_pictures(body, prompt=_told(request.prompt, shots), keyframes=config.keyframes)
    now = datetime.now(UTC)
    job = Job(
        job_id=_new_id(),
        owner=owner,
        prompt=request.prompt,
        config=config,
        config_layers=effective.layers,
        given_shots=shots,
        metadata=request.metadata or {},
        cost_estimate_usd_micros=estimate_usd_micros(config, len(shots) or None),
        time_limit_seconds=offered.time_limit_seconds,
        created_at=now,
        expire_at=now + RETENTION,
        trace_id=trace_id,
    )
    check_cost(config, job.cost_estimate_usd_micros)
    return _with_pictures(job, given, fingerprint(body, given))


def _with_pictures(job: Job, given: GivenPictures, request: Mapping[str, Any]) -> NewJob:
    if not given.all:
        return NewJob(job, {}, request)
    from functions.submit.pictures import initial_png, reference_png  # Pillow, which few requests need

    pictures = {}
    references = []
    for number, each in enumerate(given.references):
        path = naming.reference_image_path(job.job_id, number)
        pictures[path] = reference_png(each)
        references.append(ReferenceImage(path=path, shows=each.shows))
    initial = None
    if given.initial:
        initial = StoredPicture(path=naming.initial_image_path(job.job_id))
        pictures[initial.path] = initial_png(given.initial, job.config.width, job.config.height)
    return NewJob(job.evolve(reference_images=tuple(references), initial_image=initial), pictures, request)


def retry_of(source: JobState, *, trace_id: str, offered: Offer = BUILT_IN) -> JobState:
    """Make a job of one that has failed.

    Args:
        source: with all of its shots.
        offered: the backends of this deployment.

    Raises:
        IllegalTransition: it has not failed.
        InvalidInput: what it asks for is not offered any more, or does not end in time.
    """
    state = retried(source, _particulars(trace_id, offered))
    if not state.shots:
        _check_again(state.job, offered)
        return state
    check_capabilities(state.job.config, offered, shot_counts=())
    check_clips_to_make(state, offered)
    return state


def approval_of(
    source: JobState,
    body: Mapping[str, Any],
    *,
    trace_id: str,
    offered: Offer = BUILT_IN,
) -> JobState:
    """Make a job that renders the keyframes of one that has stopped after them.

    Args:
        source: with all of its shots.
        body: what the client sent; fields of `RenderVideo`.
        offered: the backends of this deployment.

    Raises:
        IllegalTransition: it has not stopped after its keyframes.
        InvalidInput: a field is not permitted, or what was planned cannot be rendered so.
    """
    wishes = validated(RenderVideo, body).model_dump()
    return approved(source, wishes, _particulars(trace_id, offered), offered=offered)


def remix_of(
    source: Job,
    body: Mapping[str, Any],
    *,
    trace_id: str,
    offered: Offer = BUILT_IN,
) -> JobState:
    """Make a job of a completed one with another prompt.

    Args:
        body: what the client sent; fields of `RemixVideo`.
        offered: the backends of this deployment.

    Raises:
        IllegalTransition: it is not completed.
        InvalidInput: a field is not permitted, a reference image shows somebody whom the prompt does not
            name, or what it asks for is not offered any more, or does not end in time.
    """
    prompt = validated(RemixVideo, body).prompt
    state = remixed(source, prompt, _particulars(trace_id, offered))
    told = _told(prompt, state.job.given_shots)
    for number, image in enumerate(state.job.reference_images):
        if image.shows is not None:
            check_shown(number, image.shows, told)
    _check_again(state.job, offered)
    return state


def _check_again(job: Job, offered: Offer) -> None:
    """Check what was accepted on another day, before it is planned: the deployment may offer less by now."""
    check_capabilities(job.config, offered, shot_counts(job.given_shots))
    timed(EffectiveConfig(config=job.config, layers=job.config_layers), job.given_shots, offered)


def _told(prompt: str, shots: Sequence[GivenShot]) -> str:
    """Return all words in which a user tells who is in a video."""
    return "\n".join((prompt, *(shot.prompt for shot in shots)))


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


def times_sent_before(count: str | None) -> int | None:
    """Read how often a client says it has sent a request before; None if it does not say.

    Raises:
        InvalidInput: it is no count.
    """
    if count is None:
        return None
    if not re.fullmatch(r"[0-9]{1,3}", count):
        raise InvalidInput("X-Stainless-Retry-Count", count, "a whole number from 0 to 999")
    return int(count)


def repeat_id(owner: str, request: object) -> str:
    """Return the document id by which a request about another video is known that has no idempotency key.

    Clients repeat a call whose answer got lost; that must not make, and pay, a second video.
    """
    return naming.idempotency_id(owner, f"\0{request_hash(request)}")  # no client's key can be that


def _particulars(trace_id: str, offered: Offer) -> Particulars:
    return Particulars(
        job_id=_new_id(),
        now=datetime.now(UTC),
        kept_for=RETENTION,
        time_limit_seconds=offered.time_limit_seconds,
        trace_id=trace_id,
    )


def _new_id() -> str:
    return naming.job_id(secrets.token_bytes(12))
