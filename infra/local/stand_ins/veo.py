"""Veo's wire format: long-running predictions of Vertex AI. It makes no clip."""

import base64
import re

from infra.local.stand_ins.fates import Oddity
from infra.local.stand_ins.filming import ClipCall, Delivery, Film
from infra.local.stand_ins.models import VEO, check_seconds, check_seed, clip_size, demand
from infra.local.stand_ins.operations import State
from infra.local.stand_ins.wire import Json, demand_known, listed, part, picture, text, whole

RESPONSE = "type.googleapis.com/cloud.ai.large_models.vision.GenerateVideoResponse"
CODES = {"INVALID_ARGUMENT": 3, "INTERNAL": 13}
"""Source: google.rpc.Code."""

_INSTANCE_FIELDS = ("prompt", "image", "lastFrame", "referenceImages")
_PARAMETERS = (
    *(
        "sampleCount",
        "durationSeconds",
        "aspectRatio",
        "resolution",
        "negativePrompt",
        "generateAudio",
        "seed",
    ),
    *("storageUri", "personGeneration", "enhancePrompt", "compressionQuality", "resizeMode", "fps"),
)
_PREFIX = re.compile(r"gs://[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]/\S*")


def read_start(body: Json, model_id: str) -> ClipCall:
    """Read a call that is to begin a clip.

    Raises:
        Unacceptable: the model takes no such call.
    """
    demand_known(body, ("instances", "parameters", "labels"), "request")
    instances = listed(body, "instances")
    demand(len(instances) == 1, "Exactly one instance is required")
    instance, parameters = instances[0], part(body, "parameters")
    demand_known(instance, _INSTANCE_FIELDS, "instances[0]")
    demand_known(parameters, _PARAMETERS, "parameters")
    demand(text(instance, "prompt").strip(), "A text prompt is required")
    demand(whole(parameters, "sampleCount", 1) == 1, "Only one sample a call is supported here")
    demand(whole(parameters, "fps", 24) == 24, "Unsupported frame rate")
    demand(parameters.get("enhancePrompt", True) is True, "Veo 3 prompt enhancement cannot be disabled")
    first, last = _image(instance, "image"), _image(instance, "lastFrame")
    references = tuple(
        image for each in listed(instance, "referenceImages") if (image := _image(each, "image"))
    )
    demand(first or not last, "lastFrame requires image")
    demand(not (references and first), "referenceImages cannot be combined with image or lastFrame")
    demand(len(references) <= VEO.most_references, f"At most {VEO.most_references} reference images")
    seconds = whole(parameters, "durationSeconds", 8) or 0
    check_seconds(VEO, seconds, has_first=bool(first), has_last=bool(last), references=len(references))
    seed = whole(parameters, "seed")
    check_seed(seed)
    width, height = clip_size(
        VEO, text(parameters, "resolution", "720p"), text(parameters, "aspectRatio", "16:9")
    )
    storage = text(parameters, "storageUri")
    demand(not storage or _PREFIX.fullmatch(storage), f"Invalid Cloud Storage URI {storage!r}")
    return ClipCall(
        model=model_id,
        prompt=text(instance, "prompt"),
        seconds=seconds,
        width=width,
        height=height,
        seed=seed or 0,
        first=first,
        last=last,
        references=references,
        has_sound=parameters.get("generateAudio", True) is True,
        delivery=Delivery.BUCKET if storage else Delivery.INLINE,
        output=storage if not storage or storage.endswith("/") else f"{storage}/",
    )


def told(film: Film) -> Json:
    """Say how an operation stands."""
    operation = film.operation
    match operation.state:
        case State.RUNNING:
            return {"name": operation.name}
        case State.DELIVERED:
            return _done(film.operation.name, {"raiMediaFilteredCount": 0, "videos": [_video(film)]})
        case State.REFUSED if film.ending.oddity is Oddity.NO_VIDEO:
            return _done(operation.name, {"raiMediaFilteredCount": 0})
        case State.REFUSED:
            filtered = {"raiMediaFilteredCount": 1, "raiMediaFilteredReasons": [operation.message]}
            return _done(operation.name, filtered)
    error = {"code": CODES.get(operation.error_status, 13), "message": operation.message}
    return {"name": operation.name, "done": True, "error": error}


def elsewhere(name: str) -> Json:
    """Say that a clip is where it never should be."""
    return _done(name, {"videos": [{"gcsUri": "https://elsewhere.test/clip.mp4", "mimeType": "video/mp4"}]})


def blocked(message: str) -> Json:
    """Say that a filter refuses a call at once."""
    info = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "CONTENT_BLOCKED"}
    error = {"code": 400, "message": message, "status": "INVALID_ARGUMENT", "details": [info]}
    return {"error": error}


def _done(name: str, response: Json) -> Json:
    return {"name": name, "done": True, "response": {"@type": RESPONSE, **response}}


def _video(film: Film) -> Json:
    if film.call.delivery is Delivery.BUCKET:
        return {"gcsUri": film.uri, "mimeType": "video/mp4"}
    return {"bytesBase64Encoded": base64.b64encode(film.clip).decode(), "mimeType": "video/mp4"}


def _image(content: Json, name: str) -> bytes | None:
    image = part(content, name)
    return picture(text(image, "bytesBase64Encoded"), text(image, "mimeType")) if image else None
