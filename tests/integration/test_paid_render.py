"""A paid provider goes wrong in every way it can: nothing is paid twice, and the money is accounted for."""

from datetime import datetime, timedelta
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from infra.local.clients import job_store
from infra.local.stack import LocalStack
from shared.domain.job import JobState, Stage
from shared.domain.naming import shot_document_id
from shared.job_store import ALL
from shared.probe import decode_fully
from tests.integration.paid import (
    ONE_SHOT,
    PRICE_USD,
    assert_paid_once,
    event_names,
    first_shot,
    ledger_of,
    state,
)
from tests.integration.queues import Queues
from tests.integration.service import Api, until
from tests.provider.running import RunningProvider
from tests.unit.jobs import render


def test_every_shot_is_paid_once_and_the_cost_is_their_sum(
    api: Api, provider: RunningProvider, stack: LocalStack, tmp_path: Path
) -> None:
    video_id = api.create(model="scripted", seconds=12)
    video = api.finished(video_id)
    assert video["status"] == "completed", video["error"]
    assert decode_fully(api.download(video_id, tmp_path / "video.mp4")) == 12 * 24
    assert_paid_once(provider, stack, api, video_id)
    assert video["cost"] == {"estimate_usd": 1.2, "spent_usd": 1.2}
    assert max(shot.attempt for shot in state(api, video_id).shots) == 1


def test_paid_clips_are_begun_only_when_every_keyframe_is_accepted(
    api: Api, provider: RunningProvider
) -> None:
    video_id = api.create(model="scripted", seconds=12)
    api.finished(video_id)
    names = event_names(api, video_id)
    last_drawn = max(place for place, name in enumerate(names) if name == "keyframe.drawn")
    assert names.index("submission.saved") > last_drawn


@pytest.mark.parametrize("directive", ["lose_answer", "cut_answer", "malformed", "nameless"])
def test_a_lost_answer_is_resolved_by_looking_where_the_provider_was_to_write(
    api: Api, provider: RunningProvider, stack: LocalStack, directive: str
) -> None:
    provider.script([directive])
    video_id = api.create(**ONE_SHOT)
    video = api.finished(video_id)
    assert video["status"] == "completed", video["error"]
    assert len(ledger_of(provider, stack, video_id).calls) == 1
    assert_paid_once(provider, stack, api, video_id)
    assert video["cost"]["spent_usd"] == PRICE_USD
    assert not any(charge.ambiguous for charge in first_shot(api, video_id).charges)


def test_a_call_that_brings_nothing_is_made_once_more_and_recorded_as_ambiguous(
    api: Api, provider: RunningProvider, stack: LocalStack
) -> None:
    provider.script(["error"])
    video_id = api.create(**ONE_SHOT)
    video = api.finished(video_id)
    assert video["status"] == "completed", video["error"]
    assert len(ledger_of(provider, stack, video_id).calls) == 2
    assert [charge.ambiguous for charge in first_shot(api, video_id).charges] == [True, False]
    shown = api.http.get(f"/v1/videos/{video_id}/shots").json()["data"][0]["charges"]
    assert [charge["ambiguous"] for charge in shown] == [True, False]


def test_after_two_ambiguous_calls_the_job_fails_rather_than_pay_a_third_time(
    api: Api, provider: RunningProvider, stack: LocalStack
) -> None:
    provider.script(["error", "error"])
    video_id = api.create(**ONE_SHOT)
    video = api.finished(video_id)
    assert (video["error"]["code"], video["error"]["shot"]) == ("payment_ambiguous", 0)
    assert len(ledger_of(provider, stack, video_id).calls) == 2


def test_a_providers_own_delay_is_waited_for_and_is_no_attempt(api: Api, provider: RunningProvider) -> None:
    provider.script(["quota:2s", "quota:2s"])
    video_id = api.create(**ONE_SHOT)
    assert api.finished(video_id)["status"] == "completed"
    events = api.store.events(video_id)
    waits = [event for event in events if event["name"] == "work.postponed"]
    calls = [event["at"] for event in events if event["name"] == "submission.saved"]
    assert [event["data"]["reason"] for event in waits] == ["quota_exhausted"] * 2
    assert min(later - earlier for earlier, later in pairwise(calls)) >= timedelta(seconds=2)
    assert first_shot(api, video_id).attempt == 1


def test_a_provider_that_is_down_for_a_while_delays_the_video_and_uses_no_attempt(
    api: Api, provider: RunningProvider
) -> None:
    provider.script(["unavailable", "unavailable"])
    video_id = api.create(**ONE_SHOT)
    assert api.finished(video_id)["status"] == "completed"
    assert first_shot(api, video_id).attempt == 1


def test_a_failure_that_is_not_billed_is_refunded_and_tried_again(
    api: Api, provider: RunningProvider, stack: LocalStack
) -> None:
    provider.script(["fail_later"])
    video_id = api.create(**ONE_SHOT)
    video = api.finished(video_id)
    assert video["status"] == "completed", video["error"]
    assert_paid_once(provider, stack, api, video_id)
    amounts = [charge.usd_micros for charge in first_shot(api, video_id).charges]
    assert amounts == [400_000, -400_000, 400_000]
    assert video["cost"]["spent_usd"] == PRICE_USD


def test_a_failure_that_is_billed_fails_the_job_and_is_not_paid_again(
    api: Api, provider: RunningProvider, stack: LocalStack
) -> None:
    provider.script(["fail_later_billed"])
    video_id = api.create(**ONE_SHOT, fallback_models=["animatic"])
    video = api.finished(video_id)
    assert (video["status"], video["error"]["code"]) == ("failed", "backend_failed")
    assert (len(ledger_of(provider, stack, video_id).calls), video["cost"]["spent_usd"]) == (1, PRICE_USD)


def test_a_provider_that_fails_on_the_second_shot_is_not_paid_again_for_the_others(
    api: Api, provider: RunningProvider, stack: LocalStack
) -> None:
    provider.script(["ok", "invalid"])
    video_id = api.create(model="scripted", seconds=12)
    video = api.finished(video_id)
    assert (video["status"], video["error"]["code"]) == ("failed", "backend_failed")
    assert video["error"]["shot"] is not None
    until(lambda: state(api, video_id).job.unsettled, lambda left: not left, what="the calls to be settled")
    ledger = ledger_of(provider, stack, video_id)
    assert len(ledger.calls) == len({call.output for call in ledger.calls})
    assert set(ledger.paid_outputs().values()) <= {1}


@pytest.mark.parametrize("directive", ["refuse_start", "refuse_later"])
def test_a_refused_shot_is_reworded_once_and_not_charged_for_the_refusal(
    api: Api, provider: RunningProvider, stack: LocalStack, directive: str
) -> None:
    provider.script([directive])
    video_id = api.create(**ONE_SHOT | {"prompt": "Mara walks along the bloody harbour."})
    video = api.finished(video_id)
    assert video["status"] == "completed", video["error"]
    shot = first_shot(api, video_id)
    assert (shot.rewordings, len(shot.refusals), "bloody" in shot.prompt) == (1, 1, False)
    assert video["cost"]["spent_usd"] == PRICE_USD


def test_a_shot_that_stays_refused_falls_back_to_the_next_backend(
    api: Api, provider: RunningProvider, tmp_path: Path
) -> None:
    provider.script(["refuse_start", "refuse_later"])
    video_id = api.create(**ONE_SHOT, fallback_models=["animatic"])
    video = api.finished(video_id)
    assert video["status"] == "completed", video["error"]
    assert decode_fully(api.download(video_id, tmp_path / "video.mp4")) == 4 * 24
    shot = first_shot(api, video_id)
    assert (shot.rewordings, shot.fallbacks, video["cost"]["spent_usd"]) == (1, 1, 0)


def test_a_shot_that_nobody_will_render_fails_the_job_with_the_shot_and_the_reason(
    api: Api, provider: RunningProvider
) -> None:
    provider.script(["refuse_start", "refuse_start"])
    error = api.finished(api.create(**ONE_SHOT))["error"]
    assert (error["code"], error["shot"]) == ("refused", 0)
    assert "safety filter" in error["message"]


def test_a_refusal_is_not_reworded_where_the_user_does_not_want_it(
    api: Api, provider: RunningProvider, stack: LocalStack
) -> None:
    provider.script(["refuse_start"])
    video_id = api.create(**ONE_SHOT, reword_refused=False)
    assert api.finished(video_id)["error"]["code"] == "refused"
    assert len(ledger_of(provider, stack, video_id).calls) == 1


def test_a_clip_that_cannot_be_decoded_fails_the_job_and_is_not_paid_again(
    api: Api, provider: RunningProvider, stack: LocalStack
) -> None:
    provider.script(["corrupt"])
    video_id = api.create(**ONE_SHOT)
    error = api.finished(video_id)["error"]
    assert (error["code"], error["shot"]) == ("media_corrupt", 0)
    assert len(ledger_of(provider, stack, video_id).calls) == 1


def test_cancel_while_the_provider_works_stops_it_there_at_once_and_is_refunded(
    api: Api, provider: RunningProvider, stack: LocalStack
) -> None:
    provider.script(["endless"])
    video_id = api.create(**ONE_SHOT)
    api.wait_for_event(video_id, "operation.started")
    cancelled = api.http.post(f"/v1/videos/{video_id}/cancel").json()
    ended = api.wait_for_event(video_id, "call.ended")
    asked = api.wait_for_event(video_id, "job.cancelled")
    assert (ended["at"] - asked["at"]).total_seconds() < 5
    assert ledger_of(provider, stack, video_id).paid_outputs() == {}
    after = api.video(video_id)
    assert (after["status"], after["cost"]["spent_usd"]) == ("cancelled", 0)
    assert after["progress"] == cancelled["progress"]


def test_cancel_while_the_paid_call_is_being_made_still_stops_it_at_the_provider(
    api: Api, provider: RunningProvider, stack: LocalStack, queues: Queues
) -> None:
    provider.script(["endless"])
    video_id = api.create(**ONE_SHOT)
    api.wait_for_event(video_id, "submission.saved")
    api.http.post(f"/v1/videos/{video_id}/cancel")
    until(lambda: state(api, video_id).job.unsettled, lambda left: not left, what="the call to be settled")
    assert ledger_of(provider, stack, video_id).paid_outputs() == {}


def test_an_ambiguous_call_of_a_cancelled_job_is_accounted_for(
    api: Api, provider: RunningProvider, stack: LocalStack
) -> None:
    provider.script(["lose_answer"])
    video_id = api.create(**ONE_SHOT)
    api.wait_for_event(video_id, "work.postponed")
    api.http.post(f"/v1/videos/{video_id}/cancel")
    until(lambda: state(api, video_id).job.unsettled, lambda left: not left, what="the call to be settled")
    assert api.video(video_id)["cost"]["spent_usd"] == PRICE_USD
    assert api.video(video_id)["status"] == "cancelled"


def test_a_poll_that_finds_the_provider_down_is_repeated_and_nothing_is_paid_again(
    api: Api, provider: RunningProvider, stack: LocalStack
) -> None:
    provider.polls(["unavailable", "malformed"])
    video_id = api.create(**ONE_SHOT)
    assert api.finished(video_id)["status"] == "completed"
    assert_paid_once(provider, stack, api, video_id)


@pytest.mark.parametrize(("directive", "status"), [("ok", "completed"), ("endless", "failed")])
def test_an_operation_its_provider_has_forgotten_is_looked_for_where_it_was_to_write(
    api: Api, provider: RunningProvider, stack: LocalStack, queues: Queues, directive: str, status: str
) -> None:
    provider.script([directive])
    video_id = api.create(**ONE_SHOT)
    api.wait_for_event(video_id, "operation.started")
    queues.pause(Stage.RENDER)
    api.store.change(video_id, forgotten, shots=ALL)
    if directive == "ok":
        ledger = partial(ledger_of, provider, stack, video_id)
        until(lambda: ledger().counts["delivered"], bool, what="the clip to be there")
    queues.resume(Stage.RENDER)
    video = api.finished(video_id)
    assert video["status"] == status, video["error"]
    assert (len(ledger_of(provider, stack, video_id).calls), video["cost"]["spent_usd"]) == (1, PRICE_USD)


def forgotten(state: JobState, _now: datetime) -> JobState:
    """Name another operation, of which the provider knows nothing."""
    operation = state.shots[0].operation
    assert operation is not None
    unknown = operation.evolve(operation_name="operations/0123456789abcdef")
    return state.with_work(render(0), state.shots[0].evolve(operation=unknown))


def test_charges_stand_in_the_ledger_that_no_deletion_reaches(
    api: Api, provider: RunningProvider, stack: LocalStack
) -> None:
    video_id = api.create(**ONE_SHOT)
    api.finished(video_id)
    entry = charge_documents(stack, video_id)[0]
    assert (entry["usd_micros"], entry["model"], entry["shot"]) == (400_000, "scripted", 0)
    assert "expire_at" not in entry


def charge_documents(stack: LocalStack, video_id: str) -> list[dict[str, Any]]:
    ledger = job_store(stack.environment)._db.collection("ledger")
    document = ledger.document(f"{video_id}-{shot_document_id(0)}-0").get()
    return [document.to_dict() or {}]
