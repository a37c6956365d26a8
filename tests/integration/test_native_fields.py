"""What our API takes beside OpenAI's fields goes all the way: into the plan, the pictures and the money."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from infra.local.stack import LocalStack
from shared.domain import naming
from shared.domain.job import Stage
from shared.probe import decode_fully
from tests.integration.frames import frames_of
from tests.integration.paid import ONE_SHOT, PRICE_USD, ledger_of, state
from tests.integration.queues import Queues
from tests.integration.service import Api
from tests.provider.running import RunningProvider

STORY = "Mara, a young woman in a red coat, spends a rainy day at the harbour. In a watercolour style."
SHOTS = [
    {"prompt": "She walks along the pier under an umbrella.", "seconds": 2},
    {"prompt": "INT. KITCHEN - NIGHT. Mara cooks. She smiles.", "seconds": 3},
]


def keyframe(stack: LocalStack, video_id: str, shot: int) -> Path:
    bucket = stack.folder.storage / stack.environment["TTV_BUCKET"]
    return bucket / naming.keyframe_path(video_id, shot)


def test_shots_come_out_as_they_were_written_with_the_character_the_prompt_introduces(
    api: Api, tmp_path: Path
) -> None:
    video_id = api.create(prompt=STORY, shots=SHOTS, seconds=None)
    video = api.finished(video_id)
    assert (video["status"], video["seconds"]) == ("completed", "5"), video["error"]
    assert video["config"]["seconds"] == {"value": 5, "set_by": "http"}
    shown = api.http.get(f"/v1/videos/{video_id}/shots").json()["data"]
    assert [shot["seconds"] for shot in shown] == [2, 3]
    assert [shot["characters"] for shot in shown] == [["Mara"], ["Mara"]]
    assert [shot["caption"] for shot in shown] == [
        "She walks along the pier under an umbrella",
        "Mara cooks. She smiles",
    ]
    assert all("young woman in a red coat" in shot["prompt"] for shot in shown)
    assert decode_fully(api.download(video_id, tmp_path / "video.mp4")) == 5 * 24


def test_style_goes_into_every_prompt_and_a_negative_prompt_into_every_picture(
    stack: LocalStack, api: Api
) -> None:
    asked = {"prompt": STORY, "shots": SHOTS, "seconds": None, "seed": 5}
    plain = api.create(**asked)
    other = api.create(**asked, style="ink wash", negative_prompt="rain, umbrella, text, blurry")
    for video_id in (plain, other):
        assert api.finished(video_id)["status"] == "completed"
    styles = [shot.keyframe_prompt.rpartition("Style: ")[2] for shot in state(api, other).shots]
    assert styles == ["ink wash."] * 2
    assert all(shot.prompt.endswith("Style: ink wash.") for shot in state(api, other).shots)
    wet, dry = (Image.open(keyframe(stack, video_id, 0)) for video_id in (plain, other))
    assert naming.CAPTION_STRIP_KEY in wet.info
    assert naming.CAPTION_STRIP_KEY not in dry.info
    assert np.asarray(dry.convert("L")).mean() > np.asarray(wet.convert("L")).mean() + 10, "the sky is clear"


@pytest.mark.parametrize("keyframes", ["none", "chain"])
def test_animatic_leaves_out_of_its_own_pictures_what_is_not_wanted(
    api: Api, tmp_path: Path, keyframes: str
) -> None:
    last = []
    for negative_prompt in ("", "rain"):
        video_id = api.create(
            prompt=STORY,
            shots=SHOTS[:1] * 2,
            seconds=None,
            seed=5,
            keyframes=keyframes,
            negative_prompt=negative_prompt,
        )
        assert api.finished(video_id)["status"] == "completed"
        last.append(frames_of(api.download(video_id, tmp_path / "video.mp4"))[-1])
    assert last[1].mean() > last[0].mean() + 10


def test_shots_that_cannot_be_made_are_refused_and_nothing_is_stored(api: Api) -> None:
    before = api.http.get("/v1/videos").json()["data"]
    body = {"prompt": STORY, "shots": [SHOTS[0], {"prompt": "Mara sleeps.", "seconds": 11}]}
    for path in ("/v1/videos", "/v1/videos/estimate"):
        refused = api.http.post(path, json=body)
        assert (refused.status_code, refused.json()["field"]) == (422, "shots.1.seconds")
        assert refused.json()["permitted"] == "2 to 10 with animatic"
    assert api.http.get("/v1/videos").json()["data"] == before


@pytest.mark.parametrize(
    ("field", "value", "shown", "permitted"),
    [
        ("consistency", "anchored", "anchored", "sequential"),
        ("judge_keyframes", True, "true", "false with image_model: storyboard"),
        ("redraw_below", 0.5, "0.5", "only with judge_keyframes: true"),
        ("audio", True, "true", "false"),
        ("planner", "gemini", "gemini", "rules"),
        ("image_model", "nano_banana", "nano_banana", "storyboard"),
        ("model", "omni", "omni", "animatic, scripted"),
    ],
)
def test_what_this_deployment_cannot_do_is_refused_in_the_users_own_spelling(
    api: Api, field: str, value: object, shown: str, permitted: str
) -> None:
    body = {"prompt": STORY, field: value}
    for sent in ({"json": body}, {"files": {name: (None, _as_text(part)) for name, part in body.items()}}):
        refused = api.http.post("/v1/videos/estimate", **sent)
        problem = refused.json()
        assert (refused.status_code, problem["field"]) == (422, field)
        assert (problem["value"], problem["permitted"]) == (shown, permitted)


def _as_text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def test_a_remix_tells_what_each_shot_takes_over_and_pays_none_of_it_again(
    api: Api, provider: RunningProvider
) -> None:
    asked = {"prompt": STORY, "shots": SHOTS, "seconds": None, "model": "scripted"}
    original = api.create(**asked)
    assert api.finished(original)["status"] == "completed"
    answer = api.http.post(f"/v1/videos/{original}/remix", json={"prompt": STORY})
    remix = api.finished(answer.json()["id"])
    assert (remix["status"], remix["cost"]["spent_usd"]) == ("completed", 0)
    before, after = (api.http.get(f"/v1/videos/{each}/shots").json() for each in (original, remix["id"]))
    assert [shot["reused"] for shot in before["data"]] == [[], []]
    assert [shot["reused"] for shot in after["data"]] == [["keyframe", "clip"]] * 2
    assert all(shot["charges"] for shot in before["data"])
    assert not any(shot["charges"] for shot in after["data"])
    assert [body["charges"] for body in (before, after)] == [[], []]


def test_a_video_that_may_cost_more_than_is_permitted_is_refused(api: Api, provider: RunningProvider) -> None:
    body = {**ONE_SHOT, "size": "640x360", "max_cost_usd": PRICE_USD - 0.1}
    refused = api.http.post("/v1/videos", json=body)
    assert (refused.status_code, refused.json()["field"]) == (422, "max_cost_usd")
    assert refused.json()["permitted"].startswith("0.4 or more")
    assert api.finished(api.create(**body | {"max_cost_usd": PRICE_USD}))["status"] == "completed"


def test_nothing_is_paid_beyond_what_is_permitted_though_a_call_was_lost(
    stack: LocalStack, api: Api, provider: RunningProvider
) -> None:
    provider.script(["error"])
    video_id = api.create(**ONE_SHOT, max_cost_usd=PRICE_USD)
    video = api.finished(video_id)
    assert (video["status"], video["error"]["code"], video["error"]["shot"]) == (
        "failed",
        "cost_limit_reached",
        0,
    )
    assert "max_cost_usd of 0.4" in video["error"]["message"]
    assert len(ledger_of(provider, stack, video_id).calls) == 1
    assert video["cost"]["spent_usd"] == PRICE_USD, "a lost call is taken for paid"


def test_approved_keyframes_are_rendered_within_the_limit_or_a_new_one(
    api: Api, provider: RunningProvider
) -> None:
    video_id = api.create(**ONE_SHOT, stop_after="keyframes", max_cost_usd=0.1)
    assert api.finished(video_id)["cost"] == {"estimate_usd": 0, "spent_usd": 0}
    refused = api.http.post(f"/v1/videos/{video_id}/render")
    assert (refused.status_code, refused.json()["field"]) == (422, "max_cost_usd")
    accepted = api.http.post(f"/v1/videos/{video_id}/render", json={"max_cost_usd": 1})
    assert accepted.status_code == 202, accepted.text
    assert api.finished(accepted.json()["id"])["cost"]["spent_usd"] == PRICE_USD


def test_the_expected_time_is_known_while_it_waits_and_gone_once_it_has_ended(
    api: Api, queues: Queues
) -> None:
    queues.pause(Stage.KEYFRAMES)
    video_id = api.create(seconds=4)
    waiting = api.video(video_id)["eta_seconds"]
    assert waiting >= 1
    queues.resume(Stage.KEYFRAMES)
    assert api.finished(video_id)["eta_seconds"] is None
