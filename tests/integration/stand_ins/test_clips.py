"""Clips of Omni and Veo: delivered as asked, and every way in which they are not."""

import base64
import json
from pathlib import Path

import httpx2
import pytest
from google import genai
from google.genai import _interactions as interactions
from google.genai import errors

from infra.local.stand_ins.pictures import digest
from infra.local.stand_ins.request_log import Kind
from infra.local.stand_ins.running import RunningStandIn, running_stand_in
from tests.integration.stand_ins.calls import (
    BUCKET,
    OMNI,
    VEO,
    begin_veo,
    ended,
    ended_veo,
    film,
    first_and_last_colour,
    gemini,
    loudest_hertz,
    png,
    shape_of,
    stored,
    veo_image,
    veo_source,
    vertex,
)


def test_omni_delivers_a_clip_with_sound_where_its_service_does(
    client: genai.Client, stand_in: RunningStandIn, storage: str
) -> None:
    done = ended(client, film(client, png("teal")))

    assert done.status == "completed"
    uri = done.output_video.uri
    clip = stored(storage, uri) if client.vertexai else client.files.download(file=uri)
    assert shape_of(clip) == (72, 640, 360, True)
    assert uri.startswith(f"gs://{BUCKET}/clips/" if client.vertexai else "https://")
    start = stand_in.requests(Kind.START)[-1]
    assert (start.model, start.prompt, start.images) == (OMNI, "a boat at dawn", (digest(png("teal")),))
    assert (start.status, start.billed, start.operation) == (200, True, done.id)
    assert start.settings["duration"] == "3s"


def test_a_clip_goes_from_the_first_picture_to_the_last_and_two_prompts_sound_different(
    stand_in: RunningStandIn,
) -> None:
    client = gemini(stand_in.url)
    boat, train = (
        base64.b64decode(
            ended(
                client, film(client, png("red"), png("blue"), prompt=prompt, delivery=None)
            ).output_video.data
        )
        for prompt in ("a boat", "a train")
    )

    first, last = first_and_last_colour(boat)
    assert first[0] > 200 > 60 > first[2]
    assert last[2] > 200 > 60 > last[0]
    assert loudest_hertz(boat) != loudest_hertz(train)


def test_veo_delivers_into_the_bucket_and_is_silent_when_asked(
    stand_in: RunningStandIn, storage: str
) -> None:
    client = vertex(stand_in.url, location="us-central1")
    operation = begin_veo(
        client, veo_source(first=png("red")), last_frame=veo_image(png("blue")), generate_audio=False
    )

    done = ended_veo(client, operation.name or "")

    assert done.error is None
    assert done.response is not None
    (video,) = done.response.generated_videos or []
    assert video.video is not None
    assert shape_of(stored(storage, video.video.uri or "")) == (96, 1280, 720, False)
    start = stand_in.requests(Kind.START)[-1]
    assert (start.model, start.images) == (VEO, (digest(png("red")), digest(png("blue"))))
    assert start.settings["generateAudio"] is False


def test_a_blocked_start_says_so_in_a_code(stand_in: RunningStandIn) -> None:
    client = vertex(stand_in.url)
    stand_in.script(["refuse_start", "refuse_start"])

    with pytest.raises(interactions.BadRequestError) as omni:
        film(client)
    with pytest.raises(errors.ClientError) as veo:
        begin_veo(client)

    assert "content_blocked" in json.dumps(omni.value.body)
    assert "CONTENT_BLOCKED" in json.dumps(veo.value.details)
    assert stand_in.ledger().counts["refused_at_start"] == 2


@pytest.mark.parametrize(
    ("directive", "billed", "delivered"),
    [("lose_answer", 1, 1), ("drop", 0, 0), ("malformed", 1, 1)],
)
def test_an_answer_can_be_lost_with_or_without_a_clip(
    storage: str, tmp_path: Path, directive: str, billed: int, delivered: int
) -> None:
    with running_stand_in(storage, tmp_path / "log.jsonl", seconds_per_clip=0) as stand_in:
        client = gemini(stand_in.url)
        stand_in.script([directive])

        with pytest.raises((interactions.APIError, httpx2.HTTPError, ValueError)):
            film(client)

        # one after it: what began before has ended by then, or will not
        ended(client, film(client))
        ledger = stand_in.ledger()
    assert len(ledger.calls) == 2
    assert ledger.paid_outputs().total() == 1 + billed
    assert ledger.counts["accepted"] == 1 + delivered


@pytest.mark.parametrize(
    ("directive", "status"),
    [
        ("refuse_later", "failed"),
        ("fail_later", "failed"),
        ("reject_later", "failed"),
        ("fail_in_steps", "failed"),
        ("no_video", "completed"),
        ("no_video_billed", "completed"),
        ("ends:incomplete", "incomplete"),
        ("ends:budget_exceeded", "budget_exceeded"),
        ("ends:never_heard_of", "never_heard_of"),
    ],
)
def test_an_interaction_can_end_badly_in_every_way(
    client: genai.Client, stand_in: RunningStandIn, directive: str, status: str
) -> None:
    stand_in.script([directive])

    done = ended(client, film(client))

    assert (done.status, done.output_video) == (status, None)
    codes = [error.code.rpartition("/")[2] for error in done.errors or []]
    wanted = {"refuse_later": "content-policy", "fail_later": "internal", "reject_later": "invalid-argument"}
    assert codes == ([wanted[directive]] if directive in wanted else [])
    is_billed = directive.endswith("billed") or directive.startswith("ends")
    assert (done.usage is not None) == is_billed
    assert any(step.error for step in done.steps or [] if step.type == "model_output") == (
        directive == "fail_in_steps"
    )


def test_a_prediction_can_end_badly_in_every_way(stand_in: RunningStandIn) -> None:
    client = vertex(stand_in.url)
    stand_in.script(["refuse_later", "fail_later", "reject_later", "no_video"])

    refused, failed, rejected, silent = (ended_veo(client, begin_veo(client).name or "") for _ in range(4))

    assert refused.response is not None
    assert refused.response.rai_media_filtered_count == 1
    assert (failed.error or {})["code"] == 13
    assert (rejected.error or {})["code"] == 3
    assert silent.response is not None
    assert not silent.response.generated_videos


def test_a_running_interaction_can_be_cancelled_and_a_prediction_cannot(stand_in: RunningStandIn) -> None:
    client = gemini(stand_in.url)
    stand_in.script(["endless"])
    running = film(client)
    stand_in.cancels(["unavailable", "ok"])

    with pytest.raises(interactions.APIStatusError):
        client.interactions.cancel(running.id)
    assert client.interactions.get(running.id).status == "in_progress"
    assert client.interactions.cancel(running.id).status == "cancelled"
    assert client.interactions.get(running.id).status == "cancelled"
    assert stand_in.ledger().paid_outputs()[f"files/{running.id}"] == 0


@pytest.mark.parametrize("directive", ["unavailable", "quota", "error", "malformed", "lose_answer"])
def test_a_look_that_fails_can_be_repeated(
    client: genai.Client, stand_in: RunningStandIn, directive: str
) -> None:
    begun = film(client)
    stand_in.polls([directive])

    with pytest.raises((interactions.APIError, httpx2.HTTPError, ValueError)):
        client.interactions.get(begun.id)

    assert ended(client, begun).status == "completed"


def test_a_download_can_fail_and_be_repeated(stand_in: RunningStandIn) -> None:
    client = gemini(stand_in.url)
    done = ended(client, film(client))
    stand_in.downloads(["unavailable"])

    with pytest.raises(errors.ServerError):
        client.files.download(file=done.output_video.uri)

    assert shape_of(client.files.download(file=done.output_video.uri))[0] == 72
    with pytest.raises(errors.ClientError):
        client.files.download(file="files/never0there")


def test_log_and_ledger_outlive_a_stand_in_that_is_killed(storage: str, tmp_path: Path) -> None:
    with running_stand_in(storage, tmp_path / "log.jsonl") as stand_in:
        stand_in.script(["endless"])
        begun = film(vertex(stand_in.url))
        stand_in.kill()

    assert [call.operation for call in stand_in.requests(Kind.START)] == [begun.id]
    assert stand_in.ledger().paid_outputs() == {f"gs://{BUCKET}/clips/": 1}


def test_rates_make_starts_and_polls_go_wrong(storage: str, tmp_path: Path) -> None:
    rates = {"unavailable": 1.0}
    with running_stand_in(storage, tmp_path / "log.jsonl", rates=rates) as stand_in:
        with pytest.raises(interactions.APIStatusError):
            film(vertex(stand_in.url))
        stand_in.script(["ok"])
        assert film(vertex(stand_in.url)).status == "in_progress"
