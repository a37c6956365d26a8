"""The same characters throughout: what the image model was truly sent, by the stand-in's request log."""

import hashlib
import io
from base64 import b64encode
from typing import Any

import httpx
from PIL import Image

from infra.local.stand_ins.request_log import Call, Kind
from shared.domain.job import Charge, JobState
from shared.domain.pricing import IMAGE_PRICES, JUDGEMENT_PRICE, MAX_REDRAWS
from tests.integration.google import Google

STORY = (
    "Mara, a young woman in a red coat, walks along the harbour. Mara shelters in a café with Tom, an old"
    " man with a grey beard. Tom walks home through the rain."
)
DRAWN_ONLY: dict[str, Any] = {
    "prompt": STORY,
    "seconds": 12,
    "image_model": "nano_banana",
    "stop_after": "keyframes",
}
DRAWING, LOOK = IMAGE_PRICES["nano_banana"].usd_micros, JUDGEMENT_PRICE.usd_micros


def completed(google: Google, **body: object) -> JobState:
    video_id = google.api.create(**(DRAWN_ONLY | body))
    video = google.api.finished(video_id)
    assert video["status"] == "completed", video
    return google.state(video_id)


def stored_digest(google: Google, path: str) -> str:
    return hashlib.sha256(stored(google, path)).hexdigest()


def stored(google: Google, path: str) -> bytes:
    bucket, storage = (
        google.stack.environment["TTV_BUCKET"],
        google.stack.environment["STORAGE_EMULATOR_HOST"],
    )
    with httpx.Client(trust_env=False) as http:
        answer = http.get(f"{storage}/storage/v1/b/{bucket}/o/{path.replace('/', '%2F')}?alt=media")
    assert answer.status_code == 200, answer.text
    return answer.content


def since(google: Google, before: int, *kinds: Kind) -> list[Call]:
    return google.stand_in.requests(*kinds)[before:]


def charged(state: JobState) -> list[Charge]:
    found = [charge for _, work in state.works() for charge in work.charges]
    assert sum(charge.usd_micros for charge in found) == state.progress.spent_usd_micros
    return found


def expected_sheets(google: Google, state: JobState) -> list[list[str]]:
    """Return for each shot the digests of the sheets of those in frame."""
    assert state.job.plan is not None
    by_name = {name: stored_digest(google, sheet.path) for name, sheet in state.job.plan.sheets.items()}
    return [
        [by_name[each.name] for each in state.job.plan.cast(shot.characters) if each.name in by_name]
        for shot in state.shots
    ]


def test_every_sequential_call_has_the_sheets_in_frame_and_the_keyframe_before(google: Google) -> None:
    before = len(google.stand_in.requests(Kind.IMAGE))

    state = completed(google)

    calls = since(google, before, Kind.IMAGE)
    sheets = expected_sheets(google, state)
    keyframes = [stored_digest(google, str(shot.keyframe)) for shot in state.shots]
    assert state.job.plan is not None
    drawn_first = calls[: len(state.job.plan.sheets)]
    assert {len(state.job.plan.sheets), len(set(map(tuple, sheets)))} == {2, 3}
    assert [list(call.images) for call in drawn_first] == [[], []]
    assert [list(call.images) for call in calls[2:]] == [
        sheets[0],
        *([*own, earlier] for own, earlier in zip(sheets[1:], keyframes[:-1], strict=True)),
    ]
    for call in calls[2:]:
        assert call.prompt.startswith("Image 1: character sheet of")
    for call in calls[3:]:
        assert "the keyframe before" in call.prompt.splitlines()[len(call.images) - 1]


def test_every_anchored_call_has_only_the_sheets(google: Google) -> None:
    before = len(google.stand_in.requests(Kind.IMAGE))

    state = completed(google, consistency="anchored")

    calls = since(google, before, Kind.IMAGE)
    sent = sorted(list(call.images) for call in calls[2:])
    assert sent == sorted(expected_sheets(google, state))


def test_the_users_picture_of_a_character_is_what_their_sheet_is_drawn_from(google: Google) -> None:
    before = len(google.stand_in.requests(Kind.IMAGE))
    picture = io.BytesIO()
    Image.new("RGB", (200, 200), "red").save(picture, "PNG")
    url = f"data:image/png;base64,{b64encode(picture.getvalue()).decode()}"

    state = completed(google, reference_images=[{"data": url, "shows": "Mara"}])

    given = stored_digest(google, state.job.reference_images[0].path)
    sheets = since(google, before, Kind.IMAGE)[:2]
    by_name = {"Mara" in call.prompt: list(call.images) for call in sheets}
    assert by_name == {True: [given], False: []}


def test_keyframes_are_ours_of_exactly_the_videos_size(google: Google) -> None:
    state = completed(google, size="1280x720", seconds=4)

    for shot in state.shots:
        with Image.open(io.BytesIO(stored(google, str(shot.keyframe)))) as picture:
            assert (picture.format, picture.size, picture.info) == ("PNG", (1280, 720), {})


def test_a_second_equal_request_draws_nothing_and_costs_nothing(google: Google) -> None:
    first = completed(google, seed=7)
    before = len(google.stand_in.requests(Kind.IMAGE))

    second = completed(google, seed=7)

    assert since(google, before, Kind.IMAGE) == []
    assert (charged(second), second.progress.spent_usd_micros) == ([], 0)
    assert [shot.from_cache for shot in second.shots] == [True] * len(first.shots)
    assert [shot.keyframe_crc32c for shot in second.shots] == [shot.keyframe_crc32c for shot in first.shots]


def test_a_remix_finds_its_sheets_drawn_and_takes_over_what_shows_the_same(google: Google) -> None:
    first = completed(google)
    before = len(google.stand_in.requests(Kind.IMAGE))

    body = {"prompt": STORY.replace("walks home", "runs home")}
    answer = google.api.http.post(f"/v1/videos/{first.job.job_id}/remix", json=body)
    assert answer.status_code == 202, answer.text
    assert google.api.finished(answer.json()["id"])["status"] == "completed"

    state = google.state(answer.json()["id"])
    assert state.job.plan is not None
    assert len(state.job.plan.sheets) == 1  # of whom the new keyframe shows
    (call,) = since(google, before, Kind.IMAGE)
    assert call.images[0] == expected_sheets(google, state)[-1][0]
    assert [charge.reason for charge in charged(state)] == ["keyframe"]


def test_what_is_charged_is_what_the_stand_in_has_billed(google: Google) -> None:
    before = len(google.stand_in.requests())

    state = completed(google, planner="gemini", judge_keyframes=True)

    billed = [call.kind for call in since(google, before) if call.billed]
    reasons = [charge.reason for charge in charged(state)]
    assert reasons.count("plan") == billed.count(Kind.PLAN) >= 1
    assert reasons.count("keyframe") + reasons.count("character sheet") == billed.count(Kind.IMAGE)
    assert reasons.count("judgement") == billed.count(Kind.JUDGE) == len(state.shots)
    assert len(reasons) == len(billed)


def test_redrawing_below_the_floor_is_bounded_and_paid(google: Google) -> None:
    google.stand_in.judgements([0.1] * 10)
    before = len(google.stand_in.requests())

    state = completed(google, seconds=4, judge_keyframes=True, redraw_below=0.9)

    (shot,) = state.shots
    assert shot.judgement is not None
    assert shot.judgement.score == 0.1
    kinds = [call.kind for call in since(google, before)]
    sheets = len(state.job.plan.sheets) if state.job.plan else 0
    assert (kinds.count(Kind.IMAGE), kinds.count(Kind.JUDGE)) == (sheets + 1 + MAX_REDRAWS, 1 + MAX_REDRAWS)
    assert state.progress.spent_usd_micros == sheets * DRAWING + (1 + MAX_REDRAWS) * (DRAWING + LOOK)


def test_a_refused_keyframe_is_reworded_and_not_charged(google: Google) -> None:
    google.stand_in.images(["ok", "ok", "refuse:IMAGE_SAFETY"])

    state = completed(google)

    assert [shot.rewordings for shot in state.shots] == [1, 0, 0]
    assert [charge.reason for charge in charged(state)].count("keyframe") == len(state.shots)


def test_quota_and_outage_are_waited_for(google: Google) -> None:
    google.stand_in.images(["ok", "ok", "quota:1s", "503"])
    before = len(google.stand_in.requests(Kind.IMAGE))

    state = completed(google)

    assert len(since(google, before, Kind.IMAGE)) == 2 + len(state.shots) + 2
    assert [charge.reason for charge in charged(state)].count("keyframe") == len(state.shots)


def test_a_retry_takes_over_the_sheets_and_what_was_drawn(google: Google) -> None:
    google.stand_in.images(["ok", "ok", "ok", "refuse:IMAGE_SAFETY"])
    video_id = google.api.create(**DRAWN_ONLY, reword_refused=False)
    assert google.api.finished(video_id)["error"]["code"] == "refused"
    before = len(google.stand_in.requests(Kind.IMAGE))

    answer = google.api.http.post(f"/v1/videos/{video_id}/retry")
    assert answer.status_code == 202, answer.text
    again = google.api.finished(answer.json()["id"])

    assert again["status"] == "completed", again
    state = google.state(again["id"])
    assert len(since(google, before, Kind.IMAGE)) == len(state.shots) - 1
    assert [charge.reason for charge in charged(state)] == ["keyframe"] * (len(state.shots) - 1)


def test_a_drawing_that_is_killed_is_taken_up_again_and_paid_once_for_each_picture_that_is_kept(
    google: Google,
) -> None:
    video_id = google.api.create(**DRAWN_ONLY)
    google.api.wait_for_event(video_id, "sheet.drawn")
    google.stack.kill("keyframes")

    assert google.api.finished(video_id)["status"] == "completed"

    state = google.state(video_id)
    reasons = [charge.reason for charge in charged(state)]
    assert (reasons.count("character sheet"), reasons.count("keyframe")) == (2, len(state.shots))
