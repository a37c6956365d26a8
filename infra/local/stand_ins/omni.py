"""Gemini Omni's wire format: the Interactions API of Vertex AI and of the Gemini API. It makes no clip."""

import base64
import re
from collections.abc import Sequence

from infra.local.stand_ins.fates import Oddity
from infra.local.stand_ins.filming import ClipCall, Delivery, Film
from infra.local.stand_ins.models import (
    OMNI,
    Unacceptable,
    check_seconds,
    check_seed,
    clip_size,
    demand,
)
from infra.local.stand_ins.operations import State
from infra.local.stand_ins.wire import Json, demand_known, listed, part, picture, text, whole

FILES = "https://generativelanguage.googleapis.com/v1beta/files/"
"""As the Gemini API names them, whatever address it is called at."""
ERRORS = "https://ai.google.dev/errors/"
ERROR_KINDS = {"CONTENT_BLOCKED": "content-policy", "INVALID_ARGUMENT": "invalid-argument"}
TOKENS_PER_SECOND = 5792
CREATED = "2026-11-01T00:00:00Z"

_FIELDS = (
    "model",
    "input",
    "background",
    "store",
    "stream",
    "generation_config",
    "response_format",
    "labels",
)
_MORE_FIELDS = ("system_instruction", "webhook_config", "safety_settings", "service_tier")
_FORMAT_FIELDS = ("type", "aspect_ratio", "resolution", "duration", "delivery", "gcs_uri")
_TASKS = ("text_to_video", "image_to_video", "reference_to_video")
_SECONDS = re.compile(r"([0-9]{1,3})s")
_PREFIX = re.compile(r"gs://[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]/\S*")


def read_start(body: Json, *, is_vertex: bool) -> ClipCall:
    """Read a call that is to begin a clip.

    Raises:
        Unacceptable: the model takes no such call.
    """
    demand_known(body, _FIELDS + _MORE_FIELDS, "interaction")
    demand(body.get("background") is True, "Video generation is only supported with background=true")
    demand(body.get("store", True) is True, "background=true requires store=true")
    prompt, pictures = _input(body)
    config = part(body, "generation_config")
    demand_known(config, ("video_config", "seed"), "generation_config")
    seed = whole(config, "seed")
    check_seed(seed)
    task = text(part(config, "video_config"), "task") or _usual_task(pictures)
    demand(task in _TASKS, f"Unsupported task {task!r}")
    _check_pictures(task, pictures)
    is_guided = task == "image_to_video"
    first, last = (*pictures[:2], None, None)[:2] if is_guided else (None, None)
    references = () if is_guided else tuple(pictures)
    form = part(body, "response_format")
    demand_known(form, _FORMAT_FIELDS, "response_format")
    demand(text(form, "type") == "video", "response_format.type must be 'video'")
    seconds = _SECONDS.fullmatch(text(form, "duration", "8s"))
    if seconds is None:
        raise Unacceptable("Invalid value at 'response_format.duration'")
    check_seconds(
        OMNI, int(seconds[1]), has_first=bool(first), has_last=bool(last), references=len(references)
    )
    width, height = clip_size(OMNI, text(form, "resolution", "720p"), text(form, "aspect_ratio", "16:9"))
    delivery, output = _delivery(form, is_vertex=is_vertex)
    return ClipCall(
        model=text(body, "model"),
        prompt=prompt,
        seconds=int(seconds[1]),
        width=width,
        height=height,
        seed=seed or 0,
        first=first,
        last=last,
        references=references,
        delivery=delivery,
        output=output,
    )


def told(film: Film) -> Json:
    """Say how an interaction stands."""
    operation, ending = film.operation, film.ending
    content: dict[str, object] = {
        "id": operation.name,
        "object": "interaction",
        "model": film.call.model,
        "created": CREATED,
        "updated": CREATED,
        "status": "in_progress",
    }
    if not operation.is_running and operation.billed:
        content["usage"] = _usage(film.call)
    match operation.state:
        case State.DELIVERED:
            content |= {"status": "completed", "steps": _steps(_video(film))}
        case State.CANCELLED:
            content["status"] = "cancelled"
        case State.REFUSED if ending.oddity is Oddity.NO_VIDEO:
            said = {"type": "text", "text": "I cannot make this video."}
            content |= {"status": "completed", "steps": _steps(said)}
        case State.REFUSED | State.FAILED:
            content |= _failed(film)
    return content


def elsewhere(name: str) -> Json:
    """Say that a clip is where it never should be."""
    video = {"type": "video", "mime_type": "video/mp4", "uri": "https://elsewhere.test/clip.mp4"}
    return {"id": name, "object": "interaction", "status": "completed", "steps": _steps(video)}


def error(code: str, message: str) -> Json:
    """Say no, as this interface does: its codes are words."""
    return {"error": {"code": code, "message": message}}


def blocked(message: str) -> Json:
    """Say that a filter refuses a call at once."""
    return error("content_blocked", message)


def _failed(film: Film) -> Json:
    operation, ending = film.operation, film.ending
    if ending.status:
        return {"status": ending.status}
    if ending.oddity is Oddity.IN_STEPS:
        said = {"code": 13, "message": operation.message}
        return {"status": "failed", "steps": [{"type": "model_output", "error": said}]}
    kind = ERROR_KINDS.get(operation.error_status, "internal")
    return {"status": "failed", "errors": [{"code": ERRORS + kind, "message": operation.message}]}


def _video(film: Film) -> Json:
    video = {"type": "video", "mime_type": "video/mp4"}
    match film.call.delivery:
        case Delivery.INLINE:
            return video | {"data": base64.b64encode(film.clip).decode()}
        case Delivery.FILE:
            return video | {"uri": FILES + film.uri}
    return video | {"uri": film.uri}


def _steps(content: Json) -> list[Json]:
    return [{"type": "thought", "signature": "c2ln"}, {"type": "model_output", "content": [content]}]


def _usage(call: ClipCall) -> Json:
    tokens = call.seconds * TOKENS_PER_SECOND
    return {
        "total_input_tokens": 100,
        "total_output_tokens": tokens,
        "output_tokens_by_modality": [{"modality": "video", "tokens": tokens}],
        "total_tokens": tokens + 100,
    }


def _input(body: Json) -> tuple[str, list[bytes]]:
    """Return the texts, with a line end between, and the pictures."""
    if isinstance(body.get("input"), str):
        steps: list[Json] = [{"type": "text", "text": body["input"]}]
    else:
        steps = listed(body, "input")
    blocks = [
        block
        for step in steps
        for block in (listed(step, "content") if step.get("type") == "user_input" else (step,))
    ]
    texts = [text(block, "text") for block in blocks if block.get("type") == "text"]
    pictures = [
        picture(text(block, "data"), text(block, "mime_type"))
        for block in blocks
        if block.get("type") == "image"
    ]
    demand(len(texts) + len(pictures) == len(blocks), "Unsupported kind of input")
    demand("".join(texts).strip(), "A text prompt is required")
    return "\n".join(texts), pictures


def _usual_task(pictures: Sequence[bytes]) -> str:
    return "image_to_video" if pictures else "text_to_video"


def _check_pictures(task: str, pictures: Sequence[bytes]) -> None:
    least, most = {"text_to_video": (0, 0), "image_to_video": (1, 2)}.get(task, (1, OMNI.most_references))
    fits = least <= len(pictures) <= most
    demand(fits, f"{task} takes {least} to {most} images, and {len(pictures)} were given")


def _delivery(form: Json, *, is_vertex: bool) -> tuple[Delivery, str]:
    delivery, gcs_uri = text(form, "delivery", "inline"), text(form, "gcs_uri")
    demand(delivery in ("inline", "uri"), f"Unsupported delivery {delivery!r}")
    demand(is_vertex or not gcs_uri, "gcs_uri is only supported on Vertex AI")
    if delivery == "inline":
        return Delivery.INLINE, ""
    if not is_vertex:
        return Delivery.FILE, ""
    demand(gcs_uri, "gcs_uri is required with delivery 'uri'")
    demand(_PREFIX.fullmatch(gcs_uri), f"Invalid Cloud Storage URI {gcs_uri!r}")
    return Delivery.BUCKET, gcs_uri if gcs_uri.endswith("/") else f"{gcs_uri}/"
