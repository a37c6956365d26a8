"""An idempotency key makes one video, however often it comes: the same answer each time, and nothing used."""

import secrets
from functools import partial

import httpx
import pytest

from infra.local.stack import LocalStack
from shared.api_keys import KeyLimits
from shared.domain.errors import BackendFailed
from shared.domain.job import Stage
from shared.domain.transitions import cancel, fail
from shared.job_store import ALL
from tests.integration.callers import BODY, PAID, Caller, Counters, within_a_minute
from tests.integration.queues import Queues
from tests.integration.service import Api
from tests.integration.stored import stored
from tests.unit.jobs import completed_job

ONCE = {"Idempotency-Key": "once"}


@pytest.fixture
def caller(stack: LocalStack, api: Api, queues: Queues) -> Caller:
    """Somebody none of whose videos is begun."""
    queues.pause(Stage.KEYFRAMES)
    return Caller(stack, api.store)


def assert_replay(answer: httpx.Response, original: httpx.Response) -> None:
    assert answer.status_code == original.status_code == 202
    assert answer.json() == original.json()
    assert answer.headers["Location"] == original.headers["Location"]
    assert answer.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in original.headers


def test_a_replay_is_the_original_answer_whatever_became_of_the_video(api: Api, queues: Queues) -> None:
    headers = {"Idempotency-Key": secrets.token_hex(8)}
    original = api.http.post("/v1/videos", json=BODY, headers=headers)
    video = original.json()
    assert (video["status"], video["progress"], video["title"]) == ("queued", 0, None)
    assert api.finished(video["id"])["status"] == "completed"
    assert_replay(api.http.post("/v1/videos", json=BODY, headers=headers), original)


@pytest.mark.parametrize(
    "limits",
    [
        KeyLimits(creations_per_minute=1),
        KeyLimits(running_videos=1),
        KeyLimits(usd_micros_per_month=400_000),
        KeyLimits(),
    ],
    ids=["of the minute", "of running videos", "of spending", "far away"],
)
def test_a_replay_uses_nothing_and_succeeds_at_any_limit(
    stack: LocalStack, api: Api, queues: Queues, limits: KeyLimits
) -> None:
    queues.pause(Stage.KEYFRAMES)

    def asked() -> tuple[list[httpx.Response], Counters, Counters]:
        somebody = Caller(stack, api.store, limits)
        original = somebody.create(PAID, headers=ONCE)
        before = somebody.counters()
        replays = [somebody.create(PAID, headers=ONCE) for _ in range(3)]
        return [original, *replays], before, somebody.counters()

    (original, *replays), before, after = within_a_minute(asked)
    for replay in replays:
        assert_replay(replay, original)
    assert before == after
    assert (after.running, after.usd_micros) == (1, 400_000)


def test_the_same_key_with_another_request_is_refused_on_every_creating_call(
    caller: Caller, api: Api
) -> None:
    source = stored(api.store, completed_job(), owner=caller.owner)
    failed = caller.create(headers=ONCE).json()["id"]
    before = caller.counters().running
    api.store.change(failed, partial(fail, failure=BackendFailed("no")), shots=ALL)
    assert before == 1 + (caller.counters().running or 0)
    for answer in (
        caller.create({**BODY, "seconds": 6}, headers=ONCE),
        caller.post(f"/{source}/remix", {"prompt": "A cat sleeps."}, headers=ONCE),
        caller.post(f"/{failed}/retry", headers=ONCE),
    ):
        assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")
    assert before == 1 + (caller.counters().running or 0)


def test_a_remix_and_a_retry_are_replayed_as_well(caller: Caller, api: Api) -> None:
    source = stored(api.store, completed_job(), owner=caller.owner)
    failed = caller.create().json()["id"]
    api.store.change(failed, partial(fail, failure=BackendFailed("no")), shots=ALL)
    for path, body in ((f"/{source}/remix", {"prompt": "A cat sleeps."}), (f"/{failed}/retry", None)):
        key = {"Idempotency-Key": path}
        original = caller.post(path, body, headers=key)
        api.store.change(original.json()["id"], cancel, shots=ALL)
        assert_replay(caller.post(path, body, headers=key), original)


def test_a_retry_without_a_key_is_another_video_only_once_the_first_came_to_nothing(
    caller: Caller, api: Api
) -> None:
    failed = caller.create().json()["id"]
    api.store.change(failed, partial(fail, failure=BackendFailed("no")), shots=ALL)
    original = caller.post(f"/{failed}/retry")
    before = caller.counters().running
    assert_replay(caller.post(f"/{failed}/retry"), original)
    assert caller.counters().running == before
    api.store.change(original.json()["id"], cancel, shots=ALL)
    again = caller.post(f"/{failed}/retry")
    assert (again.status_code, again.json()["id"] == original.json()["id"]) == (202, False)


def test_one_video_too_many_is_refused_until_one_ends(stack: LocalStack, api: Api, queues: Queues) -> None:
    queues.pause(Stage.KEYFRAMES)
    caller = Caller(stack, api.store, KeyLimits(running_videos=2))
    first = caller.create(headers=ONCE)
    assert caller.create().status_code == 202
    refused = caller.create(headers={"Idempotency-Key": "another"})
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_running")
    assert int(refused.headers["Retry-After"]) > 0
    assert caller.post(f"/{first.json()['id']}/cancel").status_code == 200
    assert caller.create(headers={"Idempotency-Key": "another"}).status_code == 202
    assert caller.create().status_code == 429


def test_the_key_of_a_deleted_video_is_free_again(caller: Caller) -> None:
    first = caller.create(headers=ONCE).json()["id"]
    assert httpx.delete(f"{caller.url}/{first}", headers=caller.headers).status_code == 200
    second = caller.create(headers=ONCE)
    assert (second.status_code, second.json()["id"] == first) == (202, False)
    assert "Idempotent-Replayed" not in second.headers


def test_the_same_key_of_two_owners_makes_two_videos(stack: LocalStack, api: Api, queues: Queues) -> None:
    queues.pause(Stage.KEYFRAMES)
    ids = {Caller(stack, api.store).create(headers=ONCE).json()["id"] for _ in range(2)}
    assert len(ids) == 2
