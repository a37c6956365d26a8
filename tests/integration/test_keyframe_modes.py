"""Every keyframe mode, position, transition, size and frame rate makes the right video, all through."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from infra.local.stack import LocalStack
from shared.domain import naming
from shared.domain.job import JobState
from shared.probe import probe
from shared.stills import caption_rows
from tests.integration.frames import Frame, assert_sound_around_seams, difference, frames_of, seams
from tests.integration.paid import assert_paid_once, ledger_of, state
from tests.integration.service import Api
from tests.provider.running import RunningProvider

VIDEOS: dict[str, dict[str, Any]] = {
    "single": {},
    "middle-crossfade": {
        "keyframe_position": "middle",
        "transition": "crossfade",
        "size": "720x720",
        "fps": 25,
    },
    "last-fade": {"keyframe_position": "last", "transition": "fade", "size": "720x1280", "fps": 30},
    "pair": {"keyframes": "pair", "fps": 25},
    "crossfade": {"transition": "crossfade", "fps": 30},
    "pair-1080p": {"keyframes": "pair", "size": "1920x1080"},
    "chain": {"keyframes": "chain"},
    "chain-1080p": {"keyframes": "chain", "size": "1080x1080"},
    "none": {"keyframes": "none", "fps": 30},
    "none-crossfade": {"keyframes": "none", "transition": "crossfade", "size": "1080x1920"},
}

GOES_ON = 0.1
"""Mean change of brightness from frame to frame where a clip goes on from another: nothing stands still."""

ALIKE = 4.0
"""Mean difference in brightness between a still and the frame that shows it, encoded."""


def media(stack: LocalStack, path: str | None) -> Path:
    """Find a stored object where the storage emulator keeps it."""
    assert path is not None
    return stack.folder.storage / stack.environment["TTV_BUCKET"] / path


def brightness(still: Path) -> Frame:
    """Return the brightness of a still as a video has it, 16 to 235."""
    with Image.open(still) as picture:
        red, green, blue = np.moveaxis(np.asarray(picture.convert("RGB"), np.float64), 2, 0)
    luma: Frame = (16 + 219 / 255 * (0.2126 * red + 0.7152 * green + 0.0722 * blue)).round().astype(np.uint8)
    return luma


def completed(api: Api, **wishes: object) -> JobState:
    video_id = api.create(seed=5, **wishes)
    video = api.finished(video_id)
    assert video["status"] == "completed", video["error"]
    return state(api, video_id)


@pytest.mark.parametrize("wishes", VIDEOS.values(), ids=VIDEOS.keys())
def test_the_video_is_exactly_as_asked_and_sound_around_every_seam(
    wishes: dict[str, Any], api: Api, stack: LocalStack, tmp_path: Path
) -> None:
    made = completed(api, **wishes)
    config = made.job.config
    file = api.download(made.job.job_id, tmp_path / "video.mp4")
    facts = probe(file)
    assert (facts.width, facts.height, facts.fps) == (config.width, config.height, Fraction(config.fps))
    assert facts.duration_seconds == config.seconds
    frames = frames_of(file)
    assert len(frames) == config.seconds * config.fps
    at = seams([shot.seconds for shot in made.shots], config.fps)
    assert at, "one shot has no seam"
    goes_on = config.keyframes in ("pair", "chain")
    reach = 3 if config.transition == "cut" else 2 + config.fps // 2  # beyond what a transition changes
    assert_sound_around_seams(frames, at, reach=reach, moves=GOES_ON if goes_on else 0.0)
    if config.transition == "cut":
        clips = [frames_of(media(stack, shot.clip)) for shot in made.shots]
        own = [frame for clip in clips for frame in clip]
        assert all(np.array_equal(frames[n + by], own[n + by]) for n in at for by in range(-3, 3))


@pytest.mark.parametrize(("position", "share"), [("first", 0.0), ("middle", 0.5), ("last", 1.0)])
def test_a_single_keyframe_stands_where_it_was_asked_for(
    position: str, share: float, api: Api, stack: LocalStack
) -> None:
    for shot in completed(api, keyframe_position=position).shots:
        frames = frames_of(media(stack, shot.clip))
        shown = frames[min(len(frames) - 1, round(share * len(frames)))]
        assert difference(shown, brightness(media(stack, shot.keyframe))) < ALIKE


def test_neighbours_in_mode_pair_really_share_their_keyframe(api: Api, stack: LocalStack) -> None:
    made = completed(api, keyframes="pair")
    drawn = [e["data"]["number"] for e in api.store.events(made.job.job_id) if e["name"] == "keyframe.drawn"]
    assert drawn == list(range(len(made.shots) + 1))
    for before, after in zip(made.shots, made.shots[1:], strict=False):
        assert (before.end_keyframe, before.end_keyframe_crc32c) == (after.keyframe, after.keyframe_crc32c)
        shared = brightness(media(stack, after.keyframe))
        assert difference(frames_of(media(stack, after.clip))[0], shared) < ALIKE
        assert difference(frames_of(media(stack, before.clip))[-1], shared) < 2 * ALIKE
    assert len({shot.keyframe for shot in made.shots} | {made.shots[-1].end_keyframe}) == len(drawn)


def test_a_chain_runs_in_order_each_clip_going_on_from_the_last_frame(api: Api, stack: LocalStack) -> None:
    made = completed(api, keyframes="chain")
    steps = ("work.started", "clip.rendered")
    told = [(e["name"], e["shot"]) for e in api.store.events(made.job.job_id) if e["name"] in steps]
    assert [each for each in told if each[1] is not None] == [
        (name, shot.index) for shot in made.shots for name in steps
    ]
    for before, after in zip(made.shots, made.shots[1:], strict=False):
        handed_on = brightness(media(stack, after.keyframe))
        assert difference(frames_of(media(stack, before.clip))[-1], handed_on) < 1.5
        assert difference(frames_of(media(stack, after.clip))[0], handed_on) < ALIKE
    assert made.progress.keyframes_drawn == 1


def test_without_keyframes_no_picture_is_stored_and_every_shot_is_on_the_sheet(
    api: Api, stack: LocalStack, tmp_path: Path
) -> None:
    made = completed(api, keyframes="none")
    folder = media(stack, naming.objects_prefix(made.job.job_id))
    assert not list(folder.rglob("*keyframe*"))
    sheet = api.download(made.job.job_id, tmp_path / "sheet.png", "spritesheet")
    with Image.open(sheet) as picture:
        assert len(picture.getcolors(maxcolors=10**7) or []) > 1000, "the sheet shows nothing"


def test_one_that_stops_after_its_keyframes_has_a_sheet_and_no_video(api: Api, tmp_path: Path) -> None:
    made = completed(api, keyframes="pair", stop_after="keyframes")
    video_id = made.job.job_id
    video = api.video(video_id)
    assert (video["progress"], video["shots"]["clips_rendered"]) == (100, 0)
    names = [event["name"] for event in api.store.events(video_id)]
    assert names.count("keyframe.drawn") == len(made.shots) + 1
    assert "clip.rendered" not in names
    for variant in ("thumbnail", "spritesheet"):
        with Image.open(api.download(video_id, tmp_path / variant, variant)) as picture:
            assert picture.width >= 300
    refused = api.http.get(f"/v1/videos/{video_id}/content")
    assert (refused.status_code, refused.json()["code"]) == (409, "stopped_after_keyframes")
    assert "render" in refused.json()["detail"]


@pytest.mark.parametrize("mode", ["single", "pair"])
def test_approved_keyframes_are_rendered_as_they_are(
    mode: str, api: Api, provider: RunningProvider, stack: LocalStack
) -> None:
    draft = completed(api, keyframes=mode, stop_after="keyframes")
    path = f"/v1/videos/{draft.job.job_id}/render"
    answer = api.http.post(path, json={"model": "scripted"})
    assert answer.status_code == 202, answer.text
    again = api.http.post(path, json={"model": "scripted"})
    assert again.json()["id"] == answer.json()["id"], "a repeated call makes no second video"
    video = api.finished(answer.json()["id"])
    assert (video["status"], video["model"], video["derived_from"]) == (
        "completed",
        "scripted",
        draft.job.job_id,
    )
    made = state(api, video["id"])
    assert [(s.keyframe_crc32c, s.end_keyframe_crc32c) for s in made.shots] == [
        (s.keyframe_crc32c, s.end_keyframe_crc32c) for s in draft.shots
    ]
    assert_paid_once(provider, stack, api, video["id"])
    assert api.http.post(path).json()["id"] != video["id"], "another request is another video"


def test_a_rendering_that_was_cancelled_may_be_asked_for_again(api: Api) -> None:
    draft = completed(api, seconds=4, stop_after="keyframes")
    path = f"/v1/videos/{draft.job.job_id}/render"
    first = api.http.post(path).json()["id"]
    api.http.post(f"/v1/videos/{first}/cancel")
    assert api.finished(first)["status"] == "cancelled"
    again = api.http.post(path).json()["id"]
    assert again != first
    assert api.http.post(path).json()["id"] == again
    assert api.finished(again)["status"] == "completed"


def test_what_is_not_approved_cannot_be_rendered(api: Api) -> None:
    whole = completed(api)
    answer = api.http.post(f"/v1/videos/{whole.job.job_id}/render")
    assert (answer.status_code, answer.json()["code"]) == (409, "illegal_transition")
    draft = completed(api, stop_after="keyframes")
    for body, field in (({"seconds": 12}, "seconds"), ({"model": "sora"}, "model")):
        refused = api.http.post(f"/v1/videos/{draft.job.job_id}/render", json=body)
        assert (refused.status_code, refused.json()["field"]) == (422, field)


@pytest.mark.parametrize(
    ("mode", "stills"),
    [("single", {"first"}), ("pair", {"first", "last"}), ("chain", {"first"}), ("none", set())],
)
def test_a_paid_backend_is_given_the_stills_of_the_mode_and_is_paid_once(
    mode: str,
    stills: set[str],
    api: Api,
    provider: RunningProvider,
    stack: LocalStack,
) -> None:
    made = completed(api, keyframes=mode, model="scripted", seconds=8)
    assert_paid_once(provider, stack, api, made.job.job_id)
    calls = ledger_of(provider, stack, made.job.job_id).calls
    assert [set(call.stills) for call in calls] == [stills] * len(made.shots)
    if mode == "chain":
        events = [e for e in api.store.events(made.job.job_id) if e["stage"] == "render"]
        first_clip = next(n for n, e in enumerate(events) if e["name"] == "clip.rendered")
        assert {e["shot"] for e in events[: first_clip + 1]} == {0}


def test_captions_are_in_the_picture_only_where_no_frame_is_handed_on(api: Api, stack: LocalStack) -> None:
    for mode, has_caption in (("single", True), ("pair", True), ("chain", False)):
        first = completed(api, keyframes=mode, seconds=4).shots[0]
        with Image.open(media(stack, first.keyframe)) as picture:
            assert bool(caption_rows(picture)) is has_caption
