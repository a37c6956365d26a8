"""What Google's video models would not take is not taken, and not paid."""

from typing import Any

import pytest
from google import genai
from google.genai import _interactions as interactions
from google.genai import errors, types

from infra.local.stand_ins.request_log import Kind
from infra.local.stand_ins.running import RunningStandIn
from tests.integration.stand_ins.calls import (
    BUCKET,
    begin_veo,
    film,
    gemini,
    png,
    veo_image,
    veo_source,
    vertex,
)

STRICT_OMNI: dict[str, dict[str, Any]] = {
    "a length it does not have": {"duration": "2s"},
    "a length that is no length": {"duration": "long"},
    "a resolution it does not have": {"resolution": "540p"},
    "a ratio it does not have": {"aspect_ratio": "1:1"},
    "a field nobody knows": {"fps": 30},
}


@pytest.mark.parametrize("changes", STRICT_OMNI.values(), ids=STRICT_OMNI.keys())
def test_omni_takes_nothing_that_it_cannot_make(
    client: genai.Client, stand_in: RunningStandIn, changes: dict[str, Any]
) -> None:
    with pytest.raises(interactions.BadRequestError):
        film(client, **changes)

    assert stand_in.requests(Kind.START)[-1].billed is False


def test_omni_joins_two_pictures_over_ten_seconds_at_most(stand_in: RunningStandIn) -> None:
    client = gemini(stand_in.url)
    still = png("teal")

    with pytest.raises(interactions.BadRequestError):
        film(client, still, still, duration="11s")
    with pytest.raises(interactions.BadRequestError):
        film(client, still, still, still)
    with pytest.raises(interactions.BadRequestError):
        film(client, b"no picture")


def test_each_service_delivers_in_its_own_way_only(stand_in: RunningStandIn) -> None:
    with pytest.raises(interactions.BadRequestError):
        film(vertex(stand_in.url), gcs_uri=None)
    with pytest.raises(interactions.BadRequestError):
        film(gemini(stand_in.url), gcs_uri=f"gs://{BUCKET}/clips/")
    with pytest.raises(interactions.NotFoundError):
        film(vertex(stand_in.url, location="europe-west4"))


STRICT_VEO: dict[str, dict[str, Any]] = {
    "a length it does not have": {"duration_seconds": 5},
    "a resolution it does not have": {"resolution": "360p"},
    "a last picture without a first": {"last_frame": veo_image(png("blue"))},
    "two samples": {"number_of_videos": 2},
    "a frame rate it does not have": {"fps": 30},
}


@pytest.mark.parametrize("config", STRICT_VEO.values(), ids=STRICT_VEO.keys())
def test_veo_takes_nothing_that_it_cannot_make(stand_in: RunningStandIn, config: dict[str, Any]) -> None:
    with pytest.raises(errors.ClientError) as raised:
        begin_veo(vertex(stand_in.url), **config)

    assert (raised.value.code, raised.value.status) == (400, "INVALID_ARGUMENT")


def test_veo_takes_references_or_a_picture_and_references_for_eight_seconds(stand_in: RunningStandIn) -> None:
    client = vertex(stand_in.url)
    shown = types.VideoGenerationReferenceImage(image=veo_image(png("red")), reference_type="asset")
    both = veo_source(first=png("blue"))

    with pytest.raises(errors.ClientError):
        begin_veo(client, both, reference_images=[shown], duration_seconds=8)
    with pytest.raises(errors.ClientError):
        begin_veo(client, reference_images=[shown], duration_seconds=4)

    assert begin_veo(client, reference_images=[shown], duration_seconds=8).name
