"""The models that a deployment offers, as its users read them: from the tables of capabilities and prices.

Pure; it knows no route, and no service is asked for anything.
"""

from collections.abc import Callable
from datetime import UTC, datetime, time
from typing import Any

from functions.submit.schemas import (
    ImageModel,
    ModelList,
    ModelSource,
    PlannerModel,
    PricePerSecond,
    VideoModel,
)
from shared.domain.capabilities import (
    IMAGE_BACKENDS,
    PLANNERS,
    VIDEO_BACKENDS,
    KeyframeMode,
    Model,
    Offer,
    Source,
    model_of,
)
from shared.domain.pricing import (
    IMAGE_PRICES,
    JUDGEMENT_PRICE,
    MICROS,
    PLANNER_PRICES,
    VIDEO_PRICES,
    Price,
)


def our_model_id(backend: str) -> str:
    """Return the provider's id for a backend's model, where the settings of no deployment name another."""
    return model_of(backend).model_id


def offered_models(
    offer: Offer,
    *,
    model_id: Callable[[str], str] = our_model_id,
    max_operations: Callable[[str], int] = lambda backend: VIDEO_BACKENDS[backend].max_operations,
) -> ModelList:
    """Describe every backend of an offer: video backends first, then image backends, then planners.

    Args:
        model_id: backend -> the provider's id for its model; empty where it is built in.
        max_operations: video backend -> how many operations may run there at a time; 0: any number.
    """
    ids = {name: model_id(name) or None for name in (*offer.video, *offer.image, *offer.planners)}
    return ModelList(
        data=[
            *(_video(name, ids[name], max_operations(name)) for name in offer.video),
            *(_image(name, ids[name]) for name in offer.image),
            *(_planner(name, ids[name]) for name in offer.planners),
        ]
    )


def _video(name: str, model_id: str | None, max_operations: int) -> VideoModel:
    backend, price = VIDEO_BACKENDS[name], VIDEO_PRICES[name]
    return VideoModel(
        **_shared(name, model_id, backend, price.source),
        clip_seconds=list(backend.clip_seconds),
        pair_seconds=list(backend.clip_seconds_in(KeyframeMode.PAIR)),
        sizes=list(backend.sizes),
        fps=list(backend.fps),
        keyframes=list(backend.keyframes),
        keyframe_positions=list(backend.keyframe_positions),
        first_frame=KeyframeMode.SINGLE in backend.keyframes,
        first_and_last_frame=KeyframeMode.PAIR in backend.keyframes,
        reference_images=backend.references,
        audio=list(backend.audio),
        needs_gpu=backend.needs_gpu,
        lora=backend.lora,
        prompt_characters=backend.prompt_characters,
        max_operations=max_operations or None,
        prices=_per_second(price),
    )


def _image(name: str, model_id: str | None) -> ImageModel:
    backend, price = IMAGE_BACKENDS[name], IMAGE_PRICES[name]
    return ImageModel(
        **_shared(name, model_id, backend, price.source),
        reference_images=backend.references,
        consistency=list(backend.consistency),
        can_be_judged=backend.can_be_judged,
        usd_per_image=price.usd_micros / MICROS,
        usd_per_judgement=JUDGEMENT_PRICE.usd_micros / MICROS if backend.can_be_judged else None,
    )


def _planner(name: str, model_id: str | None) -> PlannerModel:
    price = PLANNER_PRICES[name]
    return PlannerModel(
        **_shared(name, model_id, PLANNERS[name], price.source), usd_per_call=price.usd_micros / MICROS
    )


def _shared(name: str, model_id: str | None, backend: Model, price_source: Source) -> dict[str, Any]:
    known_since = datetime.combine(backend.source.as_of, time(), UTC)
    return {
        "id": name,
        "created": int(known_since.timestamp()),
        "owned_by": backend.owned_by,
        "model_id": model_id,
        "api": backend.api,
        "paid": backend.paid,
        "source": _source(backend.source),
        "price_source": _source(price_source),
    }


def _source(source: Source) -> ModelSource:
    return ModelSource(as_of=source.as_of.isoformat(), told_by=source.told_by)


def _per_second(price: Price) -> list[PricePerSecond]:
    return [
        PricePerSecond(lines=lines or None, usd=usd_micros / MICROS)
        for lines, usd_micros in sorted(price.usd_micros_per_second.items())
    ]
