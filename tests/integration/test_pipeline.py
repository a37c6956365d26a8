"""The main job: a prompt goes in, a video that plays comes out, through all four functions."""

from fractions import Fraction
from pathlib import Path

import av
import pytest
from PIL import Image

from infra.local.stack import LocalStack
from shared.domain import naming
from shared.probe import decode_fully, probe
from tests.integration.service import PROMPT, Api


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("files")


@pytest.fixture(scope="module")
def finished_video(stack: LocalStack, api_key: str, files: Path) -> str:
    """One full-size video that the tests of this module look at."""
    import httpx

    from infra.local.clients import job_store
    from infra.local.edge.certificate import trusting

    headers = {"Authorization": f"Bearer {api_key}"}
    trust = trusting(stack.certificate)
    with httpx.Client(base_url=stack.url, headers=headers, timeout=20, verify=trust) as http:
        api = Api(http, job_store(stack.environment))
        video_id = api.create(seconds=24, size="1280x720", seed=7)
        video = api.finished(video_id)
        assert video["status"] == "completed", video["error"]
        api.download(video_id, files / "video.mp4")
        api.download(video_id, files / "thumbnail.jpg", "thumbnail")
        api.download(video_id, files / "sheet.png", "spritesheet")
    return video_id


@pytest.mark.usefixtures("finished_video")
def test_the_video_decodes_fully_and_is_exactly_as_long_as_asked(files: Path) -> None:
    facts = probe(files / "video.mp4")
    assert (facts.codec, facts.pixel_format) == ("h264", "yuv420p")
    assert (facts.width, facts.height, facts.fps) == (1280, 720, Fraction(24))
    assert facts.frames == 24 * 24
    assert decode_fully(files / "video.mp4") == 24 * 24


@pytest.mark.usefixtures("finished_video")
def test_the_video_says_that_it_is_ai_generated(files: Path) -> None:
    with av.open(str(files / "video.mp4")) as container:
        assert "AI-generated" in container.metadata["comment"]


@pytest.mark.usefixtures("finished_video")
def test_thumbnail_and_sheet_are_pictures(files: Path) -> None:
    with Image.open(files / "thumbnail.jpg") as thumbnail, Image.open(files / "sheet.png") as sheet:
        assert (thumbnail.format, sheet.format) == ("JPEG", "PNG")
        assert sheet.width > thumbnail.width > 300


def test_the_answer_tells_what_was_made_and_what_it_cost(finished_video: str, api: Api) -> None:
    video = api.video(finished_video)
    assert (video["object"], video["progress"], video["error"]) == ("video", 100, None)
    assert (video["seconds"], video["size"], video["model"]) == ("24", "1280x720", "animatic")
    assert video["shots"]["total"] >= 4
    assert video["shots"]["total"] == video["shots"]["keyframes_drawn"] == video["shots"]["clips_rendered"]
    assert video["cost"] == {"estimate_usd": 0.0, "spent_usd": 0.0}
    assert video["config"]["seconds"] == {"value": 24, "set_by": "http"}
    assert video["config"]["fps"] == {"value": 24, "set_by": "default"}


def test_every_shot_shows_the_same_character_by_the_same_description(finished_video: str, api: Api) -> None:
    state = api.store.load(finished_video, shots="all").state
    assert state.job.plan is not None
    (mara,) = state.job.plan.characters
    with_mara = [shot for shot in state.shots if mara.name in shot.characters]
    assert len(with_mara) >= 3
    assert all(mara.description in shot.keyframe_prompt for shot in with_mara)
    assert all(mara.description in shot.prompt for shot in with_mara)


def test_the_shots_are_listed_in_order_with_what_became_of_them(finished_video: str, api: Api) -> None:
    shots = api.http.get(f"/v1/videos/{finished_video}/shots").json()["data"]
    assert [shot["index"] for shot in shots] == list(range(len(shots)))
    assert {shot["status"] for shot in shots} == {"rendered"}
    assert sum(shot["seconds"] for shot in shots) == 24
    assert all(shot["caption"] for shot in shots)


def test_events_tell_the_story_in_order(finished_video: str, api: Api) -> None:
    names = [event["name"] for event in api.store.events(finished_video)]
    shots = names.count("clip.rendered")
    assert (names[0], names[-1]) == ("job.accepted", "job.completed")
    assert names.count("keyframe.drawn") == shots
    assert names.count("work.started") == 2 + shots
    assert names.index("job.planned") < names.index("keyframe.drawn") < names.index("clip.rendered")


def test_a_job_leaves_exactly_its_own_objects(finished_video: str, api: Api, stack: LocalStack) -> None:
    folder = stack.folder.storage / stack.environment["TTV_BUCKET"] / naming.objects_prefix(finished_video)
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    shots = api.video(finished_video)["shots"]["total"]
    clips = {f"shots/{index:04d}/{name}" for index in range(shots) for name in ("clip.mp4", "keyframe.png")}
    assert {name for name in found if not name.endswith(".metadata")} == clips | {
        "video.mp4",
        "thumbnail.jpg",
        "storyboard.png",
    }


def test_the_same_seed_makes_the_same_storyboard(api: Api) -> None:
    twins = [api.create(seed=11) for _ in range(2)]
    sheets = []
    for twin in twins:
        assert api.finished(twin)["status"] == "completed"
        path = f"/v1/videos/{twin}/content?variant=spritesheet"
        sheets.append(api.http.get(path, follow_redirects=True).content)
    assert sheets[0] == sheets[1]


def test_signed_urls_serve_ranges(finished_video: str, api: Api) -> None:
    redirect = api.http.get(f"/v1/videos/{finished_video}/content")
    assert redirect.status_code == 302
    part = api.http.get(redirect.headers["Location"], headers={"Range": "bytes=4-7"})
    assert (part.status_code, part.content) == (206, b"ftyp")


def test_the_prompt_is_kept_as_it_was_written(finished_video: str, api: Api) -> None:
    assert api.video(finished_video)["prompt"] == PROMPT
