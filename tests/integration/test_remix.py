"""A finished video, asked for with another prompt: what comes out the same is copied and never made again."""

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any

from infra.local.stack import LocalStack
from shared.domain.errors import NotFound
from shared.domain.job import Stage
from shared.domain.transitions import delete
from shared.job_store import ALL
from tests.integration.frames import difference, frames_of
from tests.integration.paid import event_names, ledger_of, state
from tests.integration.queues import Queues
from tests.integration.service import Api, until
from tests.provider.running import RunningProvider
from tests.unit.drawn_pictures import encoded, quarters

FIRST = "Mara, a young woman in a red coat, walks along the harbour at dawn."
SECOND = "Rain begins to fall on the boats."
THIRD = "At night Mara runs home through the city."
OTHER = "Snow begins to fall on the boats."
SETTINGS: dict[str, object] = {"seconds": 12, "seed": 7}


def finished(api: Api, **body: object) -> str:
    video_id = api.create(**{"prompt": f"{FIRST} {SECOND} {THIRD}", **SETTINGS, **body})
    video = api.finished(video_id)
    assert video["status"] == "completed", video["error"]
    return video_id


def remix(api: Api, video_id: str, prompt: str) -> dict[str, Any]:
    answer = api.http.post(f"/v1/videos/{video_id}/remix", json={"prompt": prompt})
    assert answer.status_code == 202, answer.text
    video: dict[str, Any] = answer.json()
    return video


def taken_over(api: Api, video_id: str) -> dict[str, list[int]]:
    events = api.store.events(video_id)
    (told,) = [event["data"] for event in events if event["name"] == "shots.taken_over"]
    return dict(told)


def generated(stack: LocalStack, stage: str, video_id: str) -> int:
    """Count how often a generator of that stage ran for a video."""
    logs = [log.read_text().splitlines() for log in stack.folder.logs.glob(f"{stage}*.log")]
    return sum(video_id in line and "generator.ran" in line for lines in logs for line in lines)


def test_a_remix_makes_only_the_shot_whose_sentence_has_changed(
    stack: LocalStack, api: Api, tmp_path: Path
) -> None:
    source = finished(api)
    video = remix(api, source, f"{FIRST} {OTHER} {THIRD}")
    assert (video["remixed_from_video_id"], video["derived_from"]) == (source, source)
    done = api.finished(video["id"])
    assert done["status"] == "completed", done["error"]
    assert (done["config"], done["seed"]) == (api.video(source)["config"], 7)
    # The weather of the second shot goes on in the third, which is of other words therefore.
    assert taken_over(api, video["id"]) == {"keyframes": [0], "clips": [0]}
    assert [generated(stack, stage, video["id"]) for stage in (Stage.KEYFRAMES, Stage.RENDER)] == [2, 2]
    before = frames_of(api.download(source, tmp_path / "before.mp4"))
    after = frames_of(api.download(video["id"], tmp_path / "after.mp4"))
    seconds = [shot.seconds for shot in state(api, source).shots]
    assert difference(before[0], after[0]) == 0
    assert difference(before[seconds[0] * 24 + 12], after[seconds[0] * 24 + 12]) > 1


def test_a_remix_of_a_paid_video_pays_only_for_what_has_changed(
    stack: LocalStack, api: Api, provider: RunningProvider
) -> None:
    source = finished(api, model="scripted")
    video = remix(api, source, f"{FIRST} {SECOND} At night Mara sleeps in the city.")
    done = api.finished(video["id"])
    assert done["status"] == "completed", done["error"]
    assert taken_over(api, video["id"])["clips"] == [0, 1]
    assert len(ledger_of(provider, stack, video["id"]).calls) == 1
    last = state(api, video["id"]).shots[-1]
    assert done["cost"]["spent_usd"] == done["cost"]["estimate_usd"] == last.seconds * 0.1
    assert [bool(shot.charges) for shot in state(api, video["id"]).shots] == [False, False, True]


def test_the_same_prompt_makes_the_same_video_without_any_generator(
    stack: LocalStack, api: Api, tmp_path: Path
) -> None:
    source = finished(api, keyframes="chain", seconds=8)
    again = remix(api, source, f"{FIRST} {SECOND} {THIRD}")["id"]
    assert api.finished(again)["status"] == "completed"
    assert [generated(stack, stage, again) for stage in (Stage.KEYFRAMES, Stage.RENDER)] == [0, 0]
    files = [api.download(each, tmp_path / f"{each}.mp4").read_bytes() for each in (source, again)]
    assert frames_equal(tmp_path, source, again), files


def frames_equal(folder: Path, *video_ids: str) -> bool:
    one, other = (frames_of(folder / f"{video_id}.mp4") for video_id in video_ids)
    return len(one) == len(other) and all(difference(*pair) == 0 for pair in zip(one, other, strict=True))


def test_the_source_stays_until_its_remix_has_taken_over_what_it_needs(
    api: Api, queues: Queues, sweep: Callable[[], dict[str, int]]
) -> None:
    source, bystander = finished(api), finished(api, seconds=2)
    queues.pause(Stage.KEYFRAMES)
    video_id = remix(api, source, f"{FIRST} {SECOND} At night Mara sleeps in the city.")["id"]
    for deleted in (source, bystander):
        assert api.http.delete(f"/v1/videos/{deleted}").status_code == 200
    until(lambda: (sweep(), is_stored(api, bystander)), lambda seen: not seen[1], what="a purge")
    assert is_stored(api, source)
    queues.resume(Stage.KEYFRAMES)
    assert api.finished(video_id)["status"] == "completed"
    assert taken_over(api, video_id)["clips"] == [0, 1]


def is_stored(api: Api, video_id: str) -> bool:
    try:
        api.store.load(video_id)
    except NotFound:
        return False
    return True


def test_a_remix_whose_source_is_gone_makes_everything_anew(api: Api, queues: Queues) -> None:
    source = finished(api, seconds=4)
    queues.pause(Stage.KEYFRAMES)
    video_id = remix(api, source, FIRST)["id"]
    api.store.change(source, delete, shots=ALL)
    api.store.purge(source)
    queues.resume(Stage.KEYFRAMES)
    assert api.finished(video_id)["status"] == "completed"
    assert "shots.taken_over" not in event_names(api, video_id)


def test_a_remix_makes_the_users_own_shots_again_with_another_opening(api: Api) -> None:
    shots = [{"prompt": "Mara walks along the pier.", "seconds": 2}, {"prompt": "Mara rests.", "seconds": 2}]
    source = finished(api, prompt="Mara is a young woman in a red coat.", seconds=None, shots=shots)
    video_id = remix(api, source, "Mara is a young woman in a blue coat.")["id"]
    done = api.finished(video_id)
    assert (done["status"], done["seconds"]) == ("completed", "4")
    remixed = state(api, video_id).shots
    assert [shot.caption for shot in remixed] == ["Mara walks along the pier", "Mara rests"]
    assert all("blue coat" in shot.prompt for shot in remixed)


def test_a_remix_whose_prompt_names_nobody_whom_a_picture_shows_is_refused_as_a_creation_is(
    api: Api,
) -> None:
    portrait = {"data": base64.b64encode(encoded(quarters(64, 64))).decode(), "shows": "Mara"}
    source = finished(api, seconds=2, reference_images=[portrait])
    answer = api.http.post(f"/v1/videos/{source}/remix", json={"prompt": "Otto, a grey cat, sleeps."})
    assert (answer.status_code, answer.json()["error"]["param"]) == (422, "reference_images.0.shows")
    done = api.finished(remix(api, source, "Mara, a young woman in a red coat, sleeps.")["id"])
    assert (done["status"], [each["shows"] for each in done["reference_images"]]) == ("completed", ["Mara"])
