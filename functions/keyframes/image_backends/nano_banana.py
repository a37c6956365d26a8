"""Google's image model, "Nano Banana": a still from words and pictures. Knows neither jobs nor prices.

The SDK is imported inside the functions: it takes 0.4 s, which only who calls a model should pay.
"""

import hashlib
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import structlog

from functions.keyframes.image_backends import KeyframeRequest
from functions.keyframes.image_backends.picture import fitted
from functions.keyframes.image_backends.wording import introduced, told
from functions.keyframes.references import within
from functions.keyframes.structured import refusal_in
from shared import wiring
from shared.domain.capabilities import IMAGE_BACKENDS
from shared.domain.errors import OperationFailed, Refused
from shared.google_ai import Google, translated
from shared.references import Reference

if TYPE_CHECKING:
    from google.genai.types import Content, GenerateContentConfig, GenerateContentResponse

log = structlog.get_logger()

NAME = "nano_banana"

RATIOS = ("1:1", "2:3", "3:2", "3:4", "4:3", "9:16", "16:9", "21:9")
"""Shapes it draws. Source: google.genai.types.ImageConfig.aspect_ratio."""

IMAGE_SIZES = {"1K": 1024**2, "2K": 2048**2, "4K": 4096**2}
"""About how many pixels each has, whatever its shape: 1K is 1024x1024, or 1376x768."""


class NanoBanana:
    """Draws by Google's image model. Every drawing is paid; the same request may bring another picture.

    Threads may share it.
    """

    def __init__(self, google: Google, model_id: str) -> None:
        self._google = google
        self._model_id = model_id

    @classmethod
    def of_this_deployment(cls) -> "NanoBanana":
        """Return the one that the settings say how to reach.

        Raises:
            BackendUnavailable: this instance has no credentials.
        """
        google = wiring.google(call_seconds=IMAGE_BACKENDS[NAME].call_seconds)
        return cls(google, wiring.settings().model_id(NAME))

    def draw(self, request: KeyframeRequest, references: Sequence[Reference]) -> bytes:
        """Ask once for a picture, and return it as a PNG of our own, of exactly the size that is asked for.

        Raises:
            Refused: a safety filter said no; Google does not bill that.
            OperationFailed: the model answered without a picture, which another seed may mend.
            BackendFailed: the model cannot be asked this, or drew what cannot be used.
            QuotaExhausted, BackendUnavailable: trying again later is right. An answer that was lost on its
                way is among these, though it may have been billed.
        """
        kept = within(references, IMAGE_BACKENDS[NAME].references)
        if len(kept) < len(references):
            log.info("references.dropped", dropped=len(references) - len(kept), given=len(kept))
        contents, config = _contents(request, kept), _config(request)
        with translated(self._model_id):
            answer = self._google.client.models.generate_content(
                model=self._model_id, contents=contents, config=config
            )
        return fitted(_picture_in(answer, self._model_id), request.width, request.height)

    def address(self, request: KeyframeRequest, references: Sequence[Reference]) -> str:
        """Name what `draw` is asked for: a digest of the model and everything it is told."""
        kept = within(references, IMAGE_BACKENDS[NAME].references)
        digest = hashlib.sha256()
        pictures = [hashlib.sha256(reference.picture).hexdigest() for reference in kept]
        words = [introduced(reference, number) for number, reference in enumerate(kept, 1)]
        size = f"{request.width}x{request.height}"
        asked = (NAME, self._model_id, size, str(request.seed), told(request, has_pictures=bool(kept)))
        for part in (*asked, *pictures, *words):
            digest.update(hashlib.sha256(part.encode()).digest())  # so that no two can run into each other
        return digest.hexdigest()


def aspect_ratio(width: int, height: int) -> str:
    """Return the shape nearest to that of a picture."""

    def distance(ratio: str) -> float:
        across, _, down = ratio.partition(":")
        return abs(math.log(width * int(down) / (height * int(across))))

    return min(RATIOS, key=distance)


def image_size(width: int, height: int) -> str:
    """Return the smallest size that is no smaller than a picture."""
    return next((size for size, pixels in IMAGE_SIZES.items() if pixels >= width * height), "4K")


def _contents(request: KeyframeRequest, references: Sequence[Reference]) -> "Content":
    """Return each picture after the words that introduce it, and at last what is to be drawn."""
    from google.genai.types import Content, Part

    parts: list[Part] = []
    for number, reference in enumerate(references, 1):
        parts.append(Part(text=introduced(reference, number)))
        parts.append(Part.from_bytes(data=reference.picture, mime_type="image/png"))
    parts.append(Part(text=told(request, has_pictures=bool(references))))
    return Content(role="user", parts=parts)


def _config(request: KeyframeRequest) -> "GenerateContentConfig":
    from google.genai.types import GenerateContentConfig, ImageConfig

    shape = ImageConfig(
        aspect_ratio=aspect_ratio(request.width, request.height),
        image_size=image_size(request.width, request.height),
    )
    return GenerateContentConfig(response_modalities=["IMAGE"], image_config=shape, seed=request.seed)


def _picture_in(answer: "GenerateContentResponse", model_id: str) -> bytes:
    """Return the picture of an answer, still encoded: the last, since those before it are drafts.

    Raises:
        Refused: a safety filter said no.
        OperationFailed: there is none.
    """
    if reason := refusal_in(answer):
        raise Refused(f"{model_id} refused: {reason}")
    first = answer.candidates[0] if answer.candidates else None
    parts = first.content.parts if first and first.content and first.content.parts else []
    drawn = [each.inline_data.data for each in parts if each.inline_data and not each.thought]
    if pictures := [data for data in drawn if data]:
        return pictures[-1]
    end = first.finish_reason.value if first and first.finish_reason else "no reason"
    if end == "NO_IMAGE":
        raise Refused(f"{model_id} refused: {end}")
    log.warning("picture.missing", parts=len(parts), ended_with=str(end)[:40])
    raise OperationFailed(f"{model_id} answered without a picture")
