"""Videos planned, drawn and filmed by Google's models, stood in for: whole, paid once, stopped in time."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from google.auth.credentials import AnonymousCredentials, Signing
from google.cloud import storage
from structlog.testing import capture_logs

from functions.render import paid
from functions.render.video_backends.omni import Omni
from functions.render.work import render_shot
from infra.local import clients
from infra.local.stand_ins.ledger import Ledger
from infra.local.stand_ins.request_log import Call, Kind
from shared.assignment import Services
from shared.domain import naming
from shared.domain.due_tasks import due_task, due_tasks
from shared.domain.job import Shot, Stage
from shared.google_ai import reach
from shared.object_store import ObjectStore
from shared.probe import decode_fully, probe
from shared.settings import Settings
from shared.stage import Outcome, perform
from tests.integration.google import LEASE_SECONDS, ON_GOOGLE, Google
from tests.integration.queues import Queues
from tests.integration.service import until
from tests.unit.jobs import render

FILMED: dict[str, object] = {**ON_GOOGLE, "model": "omni"}
ONE_SHOT: dict[str, object] = {"prompt": "Mara walks along the harbour.", "seconds": 4, "model": "omni"}
"""Planned and drawn here, so that only the clip is paid."""
OMNI_USD = 4 * 0.023
"""Of four seconds at 360p."""


def ledger_of(google: Google, video_id: str) -> Ledger:
    return google.stand_in.ledger().under(f"gs://{google.stack.environment['TTV_BUCKET']}/jobs/{video_id}/")


def starts_of(google: Google, video_id: str) -> list[Call]:
    """Return the starts of a video's clips, told by where they were to be written."""
    return [call for call in google.stand_in.requests(Kind.START) if video_id in str(call.settings)]


def first_shot(google: Google, video_id: str) -> Shot:
    return google.state(video_id).shots[0]


def settled(google: Google, video_id: str) -> None:
    until(lambda: google.state(video_id).job.unsettled, lambda left: not left, what="the call to be settled")


@pytest.mark.parametrize(
    ("model", "size", "seconds"), [("omni", "640x360", 8), ("veo", "1280x720", 8), ("omni", "720x1280", 3)]
)
def test_a_video_is_planned_drawn_filmed_and_joined_with_sound(
    google: Google, tmp_path: Path, model: str, size: str, seconds: int
) -> None:
    video_id = google.api.create(**FILMED | {"model": model, "size": size, "seconds": seconds})
    video = google.api.finished(video_id)
    assert video["status"] == "completed", video["error"]
    file = google.api.download(video_id, tmp_path / "video.mp4")
    facts = probe(file)
    assert decode_fully(file) == seconds * 24
    assert (f"{facts.width}x{facts.height}", facts.has_audio) == (size, True)
    state = google.state(video_id)
    starts = starts_of(google, video_id)
    assert (len(starts), {call.billed for call in starts}) == (len(state.shots), {True})
    assert set(ledger_of(google, video_id).paid_outputs().values()) == {1}
    assert video["cost"]["spent_usd"] == pytest.approx(state.progress.spent_usd_micros / 1_000_000)


def test_a_clip_is_begun_from_its_keyframe_and_told_of_the_style(google: Google) -> None:
    video_id = google.api.create(**ONE_SHOT, style="watercolour", negative_prompt="text")
    google.api.finished(video_id)
    (start,) = starts_of(google, video_id)
    assert len(start.images) == 1
    assert "watercolour" in start.prompt
    assert "Not to be seen: text." in start.prompt


def test_a_pair_of_keyframes_begins_and_ends_the_clip(google: Google) -> None:
    video_id = google.api.create(**ONE_SHOT, keyframes="pair")
    assert google.api.finished(video_id)["status"] == "completed"
    assert [len(start.images) for start in starts_of(google, video_id)] == [2]


def test_a_render_killed_between_start_and_save_pays_once(google: Google) -> None:
    google.stand_in.script(["hold_answer"])
    video_id = google.api.create(**ONE_SHOT)
    until(lambda: ledger_of(google, video_id).counts["accepted"], bool, what="the call")
    for name in [name for name in google.stack.processes if name.startswith("render")]:
        google.stack.kill(name)
    video = google.api.finished(video_id)
    assert video["status"] == "completed", video["error"]
    assert len(starts_of(google, video_id)) == 1
    assert video["cost"]["spent_usd"] == pytest.approx(OMNI_USD)
    assert not any(charge.ambiguous for charge in first_shot(google, video_id).charges)


def test_cancel_during_an_operation_cancels_it_at_the_provider(google: Google) -> None:
    google.stand_in.script(["endless"])
    video_id = google.api.create(**ONE_SHOT)
    google.api.wait_for_event(video_id, "operation.started")
    operation = first_shot(google, video_id).operation
    google.api.http.post(f"/v1/videos/{video_id}/cancel")
    settled(google, video_id)
    assert operation
    cancels = google.stand_in.requests(Kind.CANCEL)
    assert operation.operation_name in [call.operation for call in cancels]
    assert ledger_of(google, video_id).paid_outputs() == {}
    assert google.api.video(video_id)["cost"]["spent_usd"] == 0


def test_what_veo_cannot_cancel_is_charged(google: Google) -> None:
    google.stand_in.script(["endless"])
    video_id = google.api.create(**ONE_SHOT | {"model": "veo", "size": "1280x720"})
    google.api.wait_for_event(video_id, "operation.started")
    google.api.http.post(f"/v1/videos/{video_id}/cancel")
    settled(google, video_id)
    assert google.api.video(video_id)["cost"]["spent_usd"] == pytest.approx(4 * 0.4)


@pytest.mark.parametrize("directive", ["refuse_start", "refuse_later", "no_video"])
def test_a_refused_shot_is_reworded_once_and_the_refusal_is_not_charged(
    google: Google, directive: str
) -> None:
    google.stand_in.script([directive])
    video_id = google.api.create(**ONE_SHOT | {"prompt": "Mara walks along the bloody harbour."})
    video = google.api.finished(video_id)
    assert video["status"] == "completed", video["error"]
    shot = first_shot(google, video_id)
    assert (shot.rewordings, len(shot.refusals)) == (1, 1)
    assert video["cost"]["spent_usd"] == pytest.approx(OMNI_USD)


def test_a_model_that_is_retired_falls_back_to_the_next(google: Google) -> None:
    google.stand_in.script(["retired"])
    video_id = google.api.create(**ONE_SHOT | {"size": "1280x720"}, fallback_models=["veo"])
    video = google.api.finished(video_id)
    assert video["status"] == "completed", video["error"]
    assert [start.model.partition("-")[0] for start in starts_of(google, video_id)][-1] == "veo"


def unsigned() -> Signing:
    raise AssertionError("nobody asks for a signed URL here")


@pytest.fixture
def on_the_gemini_api(google: Google, monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    """What a worker stands on that has a key of the Gemini API, while those of the stack are held back."""
    environment = google.stack.environment
    told = {"TTV_GOOGLE_API_KEY": "any", "TTV_GOOGLE_STAND_IN": google.stand_in.url}
    reached = reach(Settings.from_environment(environment | told), call_seconds=8, location="")
    monkeypatch.setattr(paid, "paid_backend", lambda _name: Omni(reached, "gemini-omni-1.2-flash"))
    nobody = AnonymousCredentials()  # type: ignore[no-untyped-call]  # google-auth is typed in part
    endpoint = environment["STORAGE_EMULATOR_HOST"]
    client = storage.Client(project="any", credentials=nobody, client_options={"api_endpoint": endpoint})
    bucket = ObjectStore(client.bucket(environment["TTV_BUCKET"]), unsigned, endpoint)
    queues = Queues(google.stack)
    queues.pause(Stage.RENDER)
    yield Services(
        google.api.store,
        clients.task_queue(environment),
        bucket,
        clients.switches(environment),
        timedelta(seconds=LEASE_SECONDS),
    )
    queues.resume(Stage.RENDER)


def drawn(google: Google) -> str:
    """Return a video whose only shot waits to be filmed."""
    video_id = google.api.create(**ONE_SHOT)
    until(
        lambda: [str(due.task.key) for due in due_tasks(google.state(video_id))],
        lambda due: "render/0" in due,
        what="the shot to be drawn",
    )
    return video_id


def worked(google: Google, video_id: str, services: Services) -> Outcome:
    return perform(due_task(google.state(video_id), render(0)).task, render_shot, services)


def filmed(google: Google, video_id: str, services: Services) -> Shot:
    """Look after a shot until it has its clip."""
    return until(
        lambda: (worked(google, video_id, services), first_shot(google, video_id))[1],
        lambda shot: shot.clip,
        what="the clip",
    )


def test_a_clip_that_its_provider_keeps_is_fetched_once_and_kept_with_its_call(
    google: Google, on_the_gemini_api: Services
) -> None:
    video_id = drawn(google)
    downloads = len(google.stand_in.requests(Kind.DOWNLOAD))
    starts = len(google.stand_in.requests(Kind.START))
    with capture_logs() as logs:
        shot = filmed(google, video_id, on_the_gemini_api)
    (downloaded,) = [entry for entry in logs if entry["event"] == "clip.downloaded"]
    assert downloaded["size_bytes"] > 0
    assert len(google.stand_in.requests(Kind.START)) == starts + 1
    assert len({call.path for call in google.stand_in.requests(Kind.DOWNLOAD)[downloads:]}) <= 2
    prefix = naming.submission_prefix(video_id, 0, shot.charges[0].submission_id)
    assert on_the_gemini_api.objects.names(prefix) == [f"{prefix}clip.mp4"]
    assert shot.clip_crc32c == on_the_gemini_api.objects.checksum(f"{prefix}clip.mp4")


def test_a_download_that_fails_is_repeated_and_nothing_is_paid_again(
    google: Google, on_the_gemini_api: Services
) -> None:
    video_id = drawn(google)
    google.stand_in.downloads(["unavailable", "cut_answer"])
    starts = len(google.stand_in.requests(Kind.START))
    shot = filmed(google, video_id, on_the_gemini_api)
    assert [charge.ambiguous for charge in shot.charges] == [False]
    assert len(google.stand_in.requests(Kind.START)) == starts + 1
