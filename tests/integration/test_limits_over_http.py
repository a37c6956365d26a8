"""What callers see of their limits: exactly as many are admitted as permitted, and told where they are."""

import secrets
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import httpx
import pytest

from infra.local.clients import create_api_key
from infra.local.stack import LocalStack
from shared.api_keys import KeyLimits
from shared.domain.errors import BackendFailed
from shared.domain.job import Stage
from shared.domain.transitions import fail
from shared.job_store import ALL
from tests.integration.apart import StartSubmit
from tests.integration.callers import BODY, PAID, Caller, Counters, within_a_minute
from tests.integration.queues import Queues
from tests.integration.service import Api

NewCaller = Callable[[KeyLimits], Caller]


@pytest.fixture
def caller(stack: LocalStack, api: Api, queues: Queues) -> NewCaller:
    """Makes callers, none of whose videos is begun."""
    queues.pause(Stage.KEYFRAMES)
    return lambda limits: Caller(stack, api.store, limits)


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        (KeyLimits(running_videos=5), "too_many_running"),
        (KeyLimits(creations_per_minute=5), "rate_limit_exceeded"),
    ],
)
def test_of_thirty_two_creations_at_once_exactly_five_are_admitted(
    caller: NewCaller, limits: KeyLimits, code: str
) -> None:
    def asked() -> tuple[list[httpx.Response], Counters]:
        eager, barrier = caller(limits), threading.Barrier(32)

        def create(_: int) -> httpx.Response:
            barrier.wait(20)
            return eager.create()

        with ThreadPoolExecutor(32) as threads:
            return list(threads.map(create, range(32))), eager.counters()

    answers, counters = within_a_minute(asked)
    assert [answer.status_code for answer in answers].count(202) == 5
    refused = [answer for answer in answers if answer.status_code != 202]
    assert {(answer.status_code, answer.json()["code"]) for answer in refused} == {(429, code)}
    assert all(1 <= int(answer.headers["Retry-After"]) <= 60 for answer in refused)
    assert counters == (5, 5, 0)


def test_every_creation_is_told_how_many_are_left_in_the_minute(caller: NewCaller) -> None:
    def asked() -> list[httpx.Response]:
        somebody = caller(KeyLimits(creations_per_minute=2))
        return [somebody.create() for _ in range(3)]

    answers = within_a_minute(asked)
    assert [answer.status_code for answer in answers] == [202, 202, 429]
    assert {answer.headers["RateLimit-Policy"] for answer in answers} == {'"creations";q=2;w=60'}
    told = [answer.headers["RateLimit"].rpartition(";t=") for answer in answers]
    assert [left for left, _, _ in told] == ['"creations";r=1', '"creations";r=0', '"creations";r=0']
    assert all(1 <= int(seconds) <= 60 for _, _, seconds in told)
    assert answers[2].headers["Retry-After"] == told[2][2]


def test_a_video_that_may_cost_more_than_is_left_is_refused_with_402_and_uses_nothing(
    caller: NewCaller,
) -> None:
    somebody = caller(KeyLimits(usd_micros_per_month=1_000_000))

    answers = [somebody.create(PAID) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [202, 202, 402]
    assert answers[2].json()["code"] == "spend_limit_reached"
    assert "1.00 USD" in answers[2].json()["detail"]
    counters = somebody.counters()
    assert (counters.running, counters.usd_micros) == (2, 800_000)
    assert somebody.create().status_code == 202  # costs nothing
    first = answers[0].json()["id"]
    assert httpx.post(f"{somebody.url}/{first}/cancel", headers=somebody.headers).status_code == 200
    assert somebody.create(PAID).status_code == 202


def test_a_deployment_may_limit_all_who_have_no_limits_of_their_own(
    start_submit: StartSubmit, api: Api, queues: Queues
) -> None:
    queues.pause(Stage.KEYFRAMES)
    url = start_submit(TTV_CREATIONS_PER_MINUTE="1", TTV_USD_PER_MONTH="0.5")

    def asked(limits: KeyLimits) -> list[int]:
        key = create_api_key(api.store, f"limited {secrets.token_hex(4)}", limits)
        headers = {"Authorization": f"Bearer {key}"}
        post = partial(httpx.post, f"{url}/v1/videos", json=PAID, headers=headers, timeout=20)
        return [post().status_code for _ in range(2)]

    assert within_a_minute(lambda: asked(KeyLimits())) == [202, 429]
    assert asked(KeyLimits(creations_per_minute=9)) == [202, 402]
    assert asked(KeyLimits(creations_per_minute=9, usd_micros_per_month=0)) == [202, 202]


def test_keys_of_one_owner_open_the_same_videos_and_share_their_limits(caller: NewCaller, api: Api) -> None:
    somebody = caller(KeyLimits(running_videos=1))
    video_id = somebody.create().json()["id"]
    somebody.key = create_api_key(api.store, somebody.owner, KeyLimits(running_videos=1))
    assert httpx.get(f"{somebody.url}/{video_id}", headers=somebody.headers).status_code == 200
    assert somebody.create().json()["code"] == "too_many_running"


def test_requests_of_any_kind_over_the_limit_of_an_instance_are_refused(
    start_submit: StartSubmit, api: Api, queues: Queues
) -> None:
    queues.pause(Stage.KEYFRAMES)
    url = f"{start_submit(TTV_REQUESTS_PER_MINUTE='2')}/v1/videos"

    def asked() -> tuple[list[httpx.Response], httpx.Response, httpx.Response]:
        keys = [create_api_key(api.store, f"reads {secrets.token_hex(4)}") for _ in range(2)]
        one, another = ({"Authorization": f"Bearer {key}"} for key in keys)
        answers = [httpx.get(url, headers=one, timeout=20) for _ in range(3)]
        created = httpx.post(url, json=BODY, headers=one, timeout=20)
        return answers, created, httpx.get(url, headers=another, timeout=20)

    answers, created, anothers = within_a_minute(asked)
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    refused = answers[2]
    assert refused.json()["code"] == "rate_limit_exceeded"
    assert refused.headers["RateLimit-Policy"] == '"requests";q=2;w=60'
    assert refused.headers["RateLimit"].startswith('"requests";r=0;t=')
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert (created.status_code, anothers.status_code) == (429, 200)


def test_each_end_of_a_video_frees_its_place(caller: NewCaller, api: Api) -> None:
    somebody = caller(KeyLimits(running_videos=1))
    ends: list[Callable[[str], object]] = [
        lambda video_id: httpx.post(f"{somebody.url}/{video_id}/cancel", headers=somebody.headers),
        lambda video_id: httpx.delete(f"{somebody.url}/{video_id}", headers=somebody.headers),
        lambda video_id: api.store.change(video_id, partial(fail, failure=BackendFailed("no")), shots=ALL),
    ]
    for end in ends:
        created = somebody.create(PAID)
        assert created.status_code == 202
        assert somebody.create(PAID).status_code == 429
        end(created.json()["id"])
        counters = somebody.counters()
        assert (counters.running, counters.usd_micros) == (0, 0)


def test_limits_follow_the_key_and_not_the_address_a_header_claims(
    start_submit: StartSubmit, api: Api, queues: Queues
) -> None:
    queues.pause(Stage.KEYFRAMES)
    url = f"{start_submit(TTV_MAX_RUNNING_VIDEOS='1')}/v1/videos"
    keys = [create_api_key(api.store, f"limited {secrets.token_hex(4)}") for _ in range(2)]

    def create(key: str, address: str) -> int:
        headers = {
            "Authorization": f"Bearer {key}",
            "X-Forwarded-For": address,
            "Forwarded": f"for={address}",
        }
        return httpx.post(url, json=BODY, headers=headers, timeout=20).status_code

    assert create(keys[0], "192.0.2.1") == 202
    assert [create(keys[0], f"192.0.2.{number}") for number in range(1, 5)] == [429] * 4
    assert create(keys[1], "192.0.2.1") == 202
