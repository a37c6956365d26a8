"""`ttv` as a script uses it: what it prints where, what it saves, and its exit codes."""

import secrets
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from infra.cli import service
from infra.cli.exits import Exit
from infra.local.clients import create_api_key
from infra.local.edge.certificate import ensure_certificate
from infra.local.stack import LocalStack
from shared.domain.errors import BackendFailed
from shared.domain.job import Stage
from shared.domain.transitions import fail
from shared.job_store import ALL
from shared.probe import decode_fully
from tests.integration.queues import Queues
from tests.integration.service import PROMPT, Api, until

TTV = Path(sys.executable).with_name("ttv")
Ttv = Callable[..., subprocess.CompletedProcess[str]]
SMALL = ("--seconds", "4", "--size", "640x360")


def surroundings(stack: LocalStack) -> dict[str, str]:
    return {"PATH": "/usr/bin:/bin", "SSL_CERT_FILE": str(stack.certificate)}


@pytest.fixture
def ttv(tmp_path: Path, stack: LocalStack, api_key: str) -> Ttv:
    """Runs the command line in an empty folder, to its end, with the stack as endpoint."""

    def run(
        *arguments: str, endpoint: str = stack.url, key: str = api_key, **different: str
    ) -> subprocess.CompletedProcess[str]:
        environment = surroundings(stack) | {"TTV_ENDPOINT": endpoint, "TTV_API_KEY": key} | different
        return subprocess.run(  # noqa: S603 - our own program
            [TTV, *arguments], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120
        )

    return run


def test_create_saves_what_was_asked_for_and_prints_where(ttv: Ttv, tmp_path: Path) -> None:
    files = ("-o", "out.mp4", "--sheet", "sheet.png", "--thumbnail", "thumb.jpg")
    done = ttv("create", PROMPT, *SMALL, *files)
    assert done.returncode == Exit.OK, done.stderr
    assert decode_fully(tmp_path / "out.mp4") == 4 * 24
    for name in ("sheet.png", "thumb.jpg"):
        with Image.open(tmp_path / name) as picture:
            picture.verify()
    printed = [str(tmp_path / name) for name in ("sheet.png", "thumb.jpg", "out.mp4")]
    assert done.stdout.splitlines() == printed  # nothing else, and the video last
    for bar in ("plan", "keyframes", "clips", "video", "shot 1"):
        assert bar in done.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.mp4", "sheet.png", "thumb.jpg"]


def test_keyframes_are_approved_before_they_are_rendered(ttv: Ttv, tmp_path: Path) -> None:
    drafted = ttv("create", PROMPT, *SMALL, "--stop-after", "keyframes")
    assert drafted.returncode == Exit.OK, drafted.stderr
    (sheet,) = tmp_path.iterdir()
    assert drafted.stdout.splitlines() == [str(sheet)]
    with Image.open(sheet) as picture:
        picture.verify()
    assert f"ttv render {sheet.stem}" in drafted.stderr
    rendered = ttv("render", sheet.stem, "--transition", "crossfade", "-o", "out.mp4")
    assert rendered.returncode == Exit.OK, rendered.stderr
    assert decode_fully(tmp_path / "out.mp4") == 4 * 24
    assert ttv("render", sheet.stem, "--transition", "wipe").returncode == Exit.BAD_INPUT


def test_no_stack_is_started_to_render_what_it_cannot_have_but_ways_to_one_are_named(tmp_path: Path) -> None:
    done = subprocess.run(  # noqa: S603 - our own program
        [TTV, "render", "video_000000000000000000000000"],
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == Exit.NO_STACK, done.stderr
    for told in (str(tmp_path / ".local"), "make up", "--endpoint"):
        assert told in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_pictures_are_read_from_files(ttv: Ttv, api: Api, tmp_path: Path) -> None:
    Image.new("RGB", (320, 180), "teal").save(tmp_path / "mine.jpg")
    pictures = ("--reference", "Mara=mine.jpg", "--reference", "mine.jpg", "--initial-image", "mine.jpg")
    done = ttv("create", PROMPT, *SMALL, *pictures, "--stop-after", "keyframes")
    assert done.returncode == Exit.OK, done.stderr
    (sheet,) = tmp_path.glob("video_*.png")
    made = api.video(sheet.stem)
    assert made["reference_images"] == [{"shows": "Mara"}, {"shows": None}]
    assert made["initial_image"] is True
    missing = ttv("create", PROMPT, "--reference", "Mara=none.png")
    assert (missing.returncode, "none.png" in missing.stderr) == (Exit.BAD_INPUT, True)


def test_options_overrule_the_file_and_the_file_the_defaults(ttv: Ttv, api: Api, tmp_path: Path) -> None:
    (tmp_path / "video.toml").write_text('seconds = 6\nsize = "640x360"\n')
    done = ttv("create", PROMPT, "--config", "video.toml", "--seconds", "4")
    assert done.returncode == Exit.OK, done.stderr
    (video,) = tmp_path.glob("video_*.mp4")
    made = api.video(video.stem)
    assert (made["seconds"], made["size"]) == ("4", "640x360")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("create", ""), "prompt: '' is not permitted; permitted: text with at least one letter"),
        (("plan", "x" * 4001), "permitted: at most 4000 characters"),
        (("create", "x", "--size", "1x1"), "size: '1x1' is not permitted; permitted: 640x360"),
        (("create", "x", "--seconds", "1"), "seconds: 1 is not permitted; permitted: 2 to 300"),
        (
            ("plan", "x", "--keyframes", "trio"),
            "keyframes: 'trio' is not permitted; permitted: single, pair, chain, none",
        ),
        (("create", "x", "-o", "no/such/folder.mp4"), "permitted: a file in a folder that exists"),
        (("create", "x", "--endpoint", "nonsense"), "permitted: a URL such as"),
        (("create", "x", "--config", "bad.toml"), "bad.toml"),
        (("create", "x", "--config", "unknown.toml"), "wings: there is no such field"),
        (("create", "x", "--config", "missing.toml"), "missing.toml"),
        (("create",), "Usage: ttv create"),
    ],
)
def test_bad_input_ends_with_2_and_says_what_is_permitted(
    ttv: Ttv, tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    (tmp_path / "bad.toml").write_text("seconds = ")
    (tmp_path / "unknown.toml").write_text("wings = 2")
    done = ttv(*arguments)
    assert done.returncode == Exit.BAD_INPUT
    assert message in done.stderr.replace("\n", " ")
    assert "Traceback" not in done.stderr


def test_brackets_in_a_prompt_are_words_and_not_markup(ttv: Ttv) -> None:
    done = ttv("plan", "A [big] fox runs through the [/b] snow.")
    assert done.returncode == Exit.OK
    assert "[big]" in done.stdout


def test_no_key_is_bad_input(ttv: Ttv) -> None:
    done = ttv("create", "x", key="")
    assert (done.returncode, "TTV_API_KEY" in done.stderr) == (Exit.BAD_INPUT, True)


def test_an_unknown_key_is_refused(ttv: Ttv) -> None:
    done = ttv("create", "x", key="ttv_unknown")
    assert done.returncode == Exit.REFUSED
    assert "unknown or has been revoked" in done.stderr


def test_a_service_that_does_not_answer_is_unreachable(ttv: Ttv) -> None:
    assert ttv("create", "x", endpoint="http://127.0.0.1:9").returncode == Exit.UNREACHABLE


def test_plan_prints_shots_and_cost_and_makes_nothing(ttv: Ttv, tmp_path: Path) -> None:
    done = ttv("plan", PROMPT, "--seconds", "24")
    assert done.returncode == Exit.OK
    assert "Mara: young woman in a red coat" in done.stdout
    assert "24 s, 1280x720, animatic: 0.00 USD" in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_what_a_video_looks_like_and_may_cost_is_sent_along(ttv: Ttv, api: Api, tmp_path: Path) -> None:
    wishes = ("--style", "watercolour", "--negative-prompt", "rain, text", "--max-cost-usd", "0.5")
    done = ttv("create", PROMPT, *SMALL, *wishes, "--stop-after", "keyframes")
    assert done.returncode == Exit.OK, done.stderr
    (sheet,) = tmp_path.glob("video_*.png")
    config = api.video(sheet.stem)["config"]
    told = {name: config[name]["value"] for name in ("style", "negative_prompt", "max_cost_usd")}
    assert told == {"style": "watercolour", "negative_prompt": "rain, text", "max_cost_usd": 0.5}
    refused = ttv("create", PROMPT, "--max-cost-usd", "-1")
    assert (refused.returncode, "max_cost_usd: -1" in refused.stderr) == (Exit.BAD_INPUT, True)


def test_a_video_is_listed_shown_remixed_and_deleted(ttv: Ttv, api: Api, tmp_path: Path) -> None:
    made = api.finished(api.create(seconds=4, metadata={"scene": "7"}))["id"]
    listed = ttv("list", "--limit", "1", "--status", "completed")
    assert (listed.returncode, made in listed.stdout) == (Exit.OK, True), listed.stderr
    shown = ttv("show", made)
    assert shown.returncode == Exit.OK, shown.stderr
    for told in ("completed, stage finalize, 100 %", "4 s, 640x360, animatic", "scene: 7", "rendered"):
        assert told in shown.stdout
    remix = ttv("remix", made, f"{PROMPT} Snow falls.", "-o", "snow.mp4")
    assert remix.returncode == Exit.OK, remix.stderr
    assert decode_fully(tmp_path / "snow.mp4") == 4 * 24
    gone = ttv("delete", made)
    assert (gone.returncode, gone.stdout) == (Exit.OK, f"{made} is deleted\n")
    again = ttv("show", made)
    assert (again.returncode, f"there is no video '{made}'" in again.stderr) == (Exit.REFUSED, True)


def test_a_list_goes_on_from_page_to_page(
    ttv: Ttv, stack: LocalStack, api: Api, queues: Queues, monkeypatch: pytest.MonkeyPatch
) -> None:
    queues.pause(Stage.KEYFRAMES)
    key = create_api_key(api.store, f"lister-{secrets.token_hex(4)}")
    monkeypatch.setattr(service, "PAGE", 2)
    there = service.Service(stack.url, key, certificate=stack.certificate)
    nothing = ttv("list", key=key)
    assert (nothing.returncode, nothing.stdout) == (Exit.OK, "")
    made = [there.create({"prompt": PROMPT}, idempotency_key=f"{n}")["id"] for n in range(5)]
    assert [video["id"] for video in there.videos(limit=4)] == made[:0:-1]
    assert [video["id"] for video in there.videos(limit=9, status="queued")] == made[::-1]
    assert there.videos(limit=9, status="failed") == []
    for video_id in made:
        there.delete(video_id)
    there.close()


def test_a_video_is_cancelled_by_its_id(ttv: Ttv, api: Api, queues: Queues) -> None:
    queues.pause(Stage.KEYFRAMES)
    video_id = api.create()
    for _ in range(2):
        done = ttv("cancel", video_id)
        assert (done.returncode, done.stdout) == (Exit.OK, f"{video_id} is cancelled\n"), done.stderr
    assert api.video(video_id)["status"] == "cancelled"


def test_only_a_failed_video_is_retried(ttv: Ttv, api: Api, queues: Queues, tmp_path: Path) -> None:
    queues.pause(Stage.KEYFRAMES)
    video_id = api.create(seconds=4)
    refused = ttv("retry", video_id)
    assert refused.returncode == Exit.REFUSED
    api.store.change(video_id, lambda state, now: fail(state, now, failure=BackendFailed("no")), shots=ALL)
    queues.resume(Stage.KEYFRAMES)
    done = ttv("retry", video_id, "-o", "again.mp4")
    assert done.returncode == Exit.OK, done.stderr
    assert decode_fully(tmp_path / "again.mp4") == 4 * 24


def test_a_certificate_that_is_not_trusted_is_named_as_the_reason(ttv: Ttv, tmp_path: Path) -> None:
    another = ensure_certificate(tmp_path / "another")
    done = ttv("list", SSL_CERT_FILE=str(another.path))
    assert done.returncode == Exit.UNREACHABLE
    assert "not trusted" in done.stderr
    assert "SSL_CERT_FILE" in done.stderr


@pytest.fixture
def running(stack: LocalStack, api_key: str, tmp_path: Path) -> "subprocess.Popen[str]":
    """A create of a video that takes a while."""
    environment = surroundings(stack) | {"TTV_ENDPOINT": stack.url, "TTV_API_KEY": api_key}
    return subprocess.Popen(  # noqa: S603 - our own program
        [TTV, "create", PROMPT, "--seconds", "20", "--size", "1920x1080"],
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def begun(running: "subprocess.Popen[str]") -> str:
    """Return the id of the video once it is printed."""
    assert running.stderr is not None
    return next(line.strip() for line in running.stderr if line.startswith("video_"))


def test_ctrl_c_cancels_the_video(running: "subprocess.Popen[str]", api: Api, tmp_path: Path) -> None:
    video_id = begun(running)
    running.send_signal(signal.SIGINT)
    _, stderr = running.communicate(timeout=20)
    assert running.returncode == Exit.INTERRUPTED, stderr
    assert api.video(video_id)["status"] == "cancelled"
    assert list(tmp_path.iterdir()) == []


def test_a_video_that_somebody_cancels_ends_with_4(running: "subprocess.Popen[str]", api: Api) -> None:
    video_id = begun(running)
    api.http.post(f"/v1/videos/{video_id}/cancel")
    _, stderr = running.communicate(timeout=20)
    assert (running.returncode, f"{video_id} was cancelled" in stderr) == (Exit.CANCELLED, True)


def test_a_video_that_fails_ends_with_3_and_the_reason(running: "subprocess.Popen[str]", api: Api) -> None:
    video_id = begun(running)
    until(lambda: api.video(video_id)["shots"]["total"], bool, what="shots")
    failure = BackendFailed("the brush broke", shot=1)
    api.store.change(video_id, lambda state, now: fail(state, now, failure=failure), shots=ALL)
    _, stderr = running.communicate(timeout=20)
    assert running.returncode == Exit.FAILED
    assert "failed (shot 2): backend_failed: the brush broke" in stderr
