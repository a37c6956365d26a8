"""Pictures and texts: what is asked for comes, and every fault and refusal that can befall it."""

import io
import json

import httpx2
import pytest
from google import genai
from google.genai import errors, types
from PIL import Image
from pydantic import BaseModel

from infra.local.stand_ins.google_fates import BLOCK_REASONS, FINISH_REASONS
from infra.local.stand_ins.pictures import digest
from infra.local.stand_ins.request_log import Kind
from infra.local.stand_ins.running import RunningStandIn
from tests.integration.stand_ins.calls import (
    OMNI,
    VEO,
    WRITES,
    draw,
    gemini,
    pictures_in,
    png,
    vertex,
    write,
)


class Character(BaseModel):
    name: str
    description: str


class Shot(BaseModel):
    seconds: int
    prompt: str
    keyframe_prompt: str
    camera: str
    characters: list[str]


class Plan(BaseModel):
    title: str
    characters: list[Character]
    shots: list[Shot]


class Judgement(BaseModel):
    reason: str
    score: float


BRIEF = json.dumps(
    {
        "prompt": "Mara, a woman in a red coat, walks along the harbour. She meets Tom, an old fisherman.",
        "seconds": 12,
        "clip_seconds": [4, 6, 8],
        "seed": 1,
    }
)


def test_a_picture_has_the_size_that_was_asked_for_and_its_references_are_logged_in_order(
    client: genai.Client, stand_in: RunningStandIn
) -> None:
    (picture,) = pictures_in(draw(client, "Mara walks along the harbour", png("red"), png("blue")))

    with Image.open(io.BytesIO(picture)) as opened:
        assert (opened.format, opened.size) == ("PNG", (1376, 768))
    call = stand_in.requests(Kind.IMAGE)[-1]
    assert call.images == (digest(png("red")), digest(png("blue")))
    assert (call.prompt, call.billed, call.settings["seed"]) == ("Mara walks along the harbour", True, 7)


def test_a_plan_is_written_in_the_form_that_was_asked_for(
    client: genai.Client, stand_in: RunningStandIn
) -> None:
    plan = write(client, Plan, BRIEF).parsed

    assert isinstance(plan, Plan)
    assert sum(shot.seconds for shot in plan.shots) == 12
    assert [each.name for each in plan.characters] == ["Mara", "Tom"]
    assert {name for shot in plan.shots for name in shot.characters} == {"Mara", "Tom"}
    call = stand_in.requests(Kind.PLAN)[-1]
    assert (call.model, call.instruction, call.billed) == (WRITES, "be brief", True)


@pytest.mark.parametrize(
    "how", ["bad_plan", "bad_plan:length", "bad_plan:empty", "bad_plan:many", "bad_plan:stranger"]
)
def test_a_spoilt_plan_is_no_good_and_the_next_one_is(stand_in: RunningStandIn, how: str) -> None:
    client = vertex(stand_in.url)
    stand_in.plans([how])

    spoilt, good = (write(client, Plan, BRIEF).parsed for _ in range(2))

    def is_good(plan: object) -> bool:
        assert isinstance(plan, Plan)
        names = {each.name for each in plan.characters}
        known = all(set(shot.characters) <= names for shot in plan.shots)
        return sum(shot.seconds for shot in plan.shots) == 12 and known and len(plan.shots) < 20

    assert (is_good(spoilt), is_good(good)) == (False, True)


@pytest.mark.parametrize("how", ["bad_plan:json", "bad_plan:form", "fenced", "cut", "empty", "no_candidates"])
def test_a_text_may_not_be_in_the_form_that_was_asked_for(stand_in: RunningStandIn, how: str) -> None:
    stand_in.plans([how])

    assert not isinstance(write(gemini(stand_in.url), Plan, BRIEF).parsed, Plan)


def test_judgements_are_as_they_are_told(client: genai.Client, stand_in: RunningStandIn) -> None:
    stand_in.judgements([0.25, "429"])

    told = write(client, Judgement, "look").parsed
    with pytest.raises(errors.ClientError):
        write(client, Judgement, "look")
    usual = write(client, Judgement, "look").parsed

    assert isinstance(told, Judgement)
    assert isinstance(usual, Judgement)
    assert (told.score, usual.score) == (0.25, 0.95)
    assert [call.status for call in stand_in.requests(Kind.JUDGE)[-3:]] == [200, 429, 200]


@pytest.mark.parametrize("reason", FINISH_REASONS)
def test_an_answer_may_end_in_every_way_the_sdk_knows(stand_in: RunningStandIn, reason: str) -> None:
    stand_in.images([f"finish:{reason}"])

    answer = draw(gemini(stand_in.url), "a boat")

    assert answer.candidates is not None
    assert answer.candidates[0].finish_reason is types.FinishReason(reason)
    assert answer.parts is None
    assert stand_in.requests(Kind.IMAGE)[-1].billed is False


@pytest.mark.parametrize("reason", BLOCK_REASONS)
def test_a_prompt_may_be_refused_for_every_reason_the_sdk_knows(
    stand_in: RunningStandIn, reason: str
) -> None:
    stand_in.plans([f"refuse:{reason}"])

    answer = write(vertex(stand_in.url), Plan, BRIEF)

    assert answer.candidates is None
    assert answer.prompt_feedback is not None
    assert answer.prompt_feedback.block_reason is types.BlockedReason(reason)


@pytest.mark.parametrize(
    ("directive", "pictures"),
    [("text_only", 0), ("empty", 0), ("thought", 1), ("jpeg", 1), ("no_picture", 1)],
)
def test_a_picture_may_come_oddly(stand_in: RunningStandIn, directive: str, pictures: int) -> None:
    stand_in.images([directive])

    assert len(pictures_in(draw(gemini(stand_in.url), "a boat"))) == pictures


def test_a_prompt_can_ask_to_be_refused(client: genai.Client) -> None:
    assert draw(client, "a boat [refuse picture]").candidates is None
    assert draw(client, "a boat [refuse]").candidates is not None
    assert write(client, Plan, BRIEF, "[refuse plan]").candidates is None


def test_an_answer_that_is_held_leaves_the_caller_waiting(stand_in: RunningStandIn) -> None:
    stand_in.images(["hang"])

    with pytest.raises(httpx2.TimeoutException):
        draw(gemini(stand_in.url, seconds=0.5), "a boat")

    assert stand_in.requests(Kind.IMAGE)[-1].status is None


@pytest.mark.parametrize("model", ["gemini-2.0-flash-preview-image-generation", VEO, OMNI])
def test_an_id_that_is_not_offered_there_is_not_found(client: genai.Client, model: str) -> None:
    with pytest.raises(errors.ClientError) as raised:
        client.models.generate_content(model=model, contents="a boat")

    assert raised.value.code == 404


def test_too_many_references_or_an_unknown_size_are_not_taken(stand_in: RunningStandIn) -> None:
    client = gemini(stand_in.url)

    with pytest.raises(errors.ClientError):
        draw(client, "a boat", *[png("teal")] * 15)
    with pytest.raises(errors.ClientError):
        draw(client, "a boat", image_config=types.ImageConfig(aspect_ratio="17:9"))
    with pytest.raises(errors.ClientError):
        draw(client, "a boat", b"no picture")
    with pytest.raises(errors.ClientError):
        draw(client, "a boat", seed=2**40)
