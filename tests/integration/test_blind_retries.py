"""Client libraries repeat a call without a key when its answer does not come: that makes no second video."""

import base64
import secrets
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import httpx2
import openai
import pytest

from infra.local.clients import job_store
from infra.local.stack import LocalStack
from shared.api_keys import KeyLimits
from shared.domain.errors import Superseded, TooManyRunning
from shared.domain.job import Job, JobState, Stage
from shared.domain.naming import job_id
from shared.job_queries import JobQueries
from shared.job_store import JobStore
from shared.limits import Limits, Reservation
from shared.repeats import LASTS, Repeats, new_claim
from tests.integration.apart import StartSubmit
from tests.integration.callers import BODY, Caller, Counters, within_a_minute
from tests.integration.gate import gate_before
from tests.integration.queues import Queues
from tests.integration.reserving import AMPLE, creations, running
from tests.integration.service import PROMPT, Api
from tests.unit.drawn_pictures import encoded, person
from tests.unit.jobs import queued_job

pytestmark = pytest.mark.filterwarnings(
    "ignore:The Sora API:DeprecationWarning"  # the shape outlives the service it was made for
)


MINE = {"Idempotency-Key": "mine"}


def sent_before(times: int) -> dict[str, str]:
    return {"X-Stainless-Retry-Count": str(times)}


@pytest.fixture
def caller(stack: LocalStack, api: Api, queues: Queues) -> Caller:
    """Somebody none of whose videos is begun."""
    queues.pause(Stage.KEYFRAMES)
    return Caller(stack, api.store)


def videos(api: Api, caller: Caller) -> list[str]:
    return [seen.job.job_id for seen in JobQueries(api.store._db).owned(caller.owner, limit=50).jobs]


Lose = Callable[[httpx2.Response], httpx2.Response]
"""Takes the answer that the service gave, and returns another or raises."""


class LossyTransport(httpx2.HTTPTransport):
    """Sends every request, and loses the answers to the first."""

    def __init__(self, lose: Lose, times: int) -> None:
        super().__init__()
        self._lose = lose
        self._left = times
        self.statuses: list[int] = []

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        response = super().handle_request(request)
        response.read()
        self.statuses.append(response.status_code)
        if not self._left:
            return response
        self._left -= 1
        return self._lose(response)


def timed_out(_: httpx2.Response) -> httpx2.Response:
    raise httpx2.ReadTimeout("the answer got lost")


def gateway_error(_: httpx2.Response) -> httpx2.Response:
    return httpx2.Response(503, headers={"retry-after-ms": "1"})


@pytest.mark.parametrize("lose", [timed_out, gateway_error])
def test_the_openai_client_gets_the_video_whose_answer_got_lost(api: Api, caller: Caller, lose: Lose) -> None:
    transport = LossyTransport(lose, times=2)
    base = caller.url.removesuffix("/videos")
    with openai.OpenAI(
        base_url=base, api_key=caller.key, http_client=httpx2.Client(transport=transport)
    ) as sdk:
        made = sdk.videos.create(prompt=PROMPT, seconds="4", extra_body={"size": "640x360"})
        assert transport.statuses == [202, 202, 202]
        assert videos(api, caller) == [made.id]
        assert caller.counters().running == 1
        meant = sdk.videos.create(prompt=PROMPT, seconds="4", extra_body={"size": "640x360"})
    assert videos(api, caller) == [meant.id, made.id]


def test_a_repeat_is_answered_as_a_replay_and_uses_nothing(stack: LocalStack, store: JobStore) -> None:
    def asked() -> tuple[Counters, Counters]:
        somebody = Caller(stack, store)
        original = somebody.create(headers=sent_before(0))
        before = somebody.counters()
        for times in (1, 2):
            repeat = somebody.create(headers=sent_before(times))
            assert (repeat.status_code, repeat.json()) == (202, original.json())
            assert repeat.headers["Idempotent-Replayed"] == "true"
        return before, somebody.counters()

    before, after = within_a_minute(asked)
    assert after == before


def test_a_request_that_a_limit_refused_is_refused_again_and_gets_no_equal_ones_video(
    stack: LocalStack, store: JobStore, queues: Queues
) -> None:
    queues.pause(Stage.KEYFRAMES)
    somebody = Caller(stack, store, KeyLimits(running_videos=2))
    statuses = [somebody.create(headers=sent_before(0)).status_code for _ in range(4)]
    assert statuses == [202, 202, 429, 429]
    assert [somebody.create(headers=sent_before(1)).status_code for _ in range(2)] == [429, 429]
    assert somebody.counters().running == 2


def test_an_attempt_that_died_before_its_job_was_created_is_made_anew(caller: Caller, api: Api) -> None:
    first = caller.create(headers=sent_before(0)).json()["id"]
    limits, repeats = Limits(api.store._db), Repeats(api.store._db)
    (standing,) = repeats.standing(repeats_of(api, first))
    now = datetime.now(UTC)
    died = new_claim(job_id(secrets.token_bytes(12)), standing.claim.owner_request, now)
    limits.reserve(Reservation(caller.owner, 0, now, died), AMPLE)
    second = caller.create(headers=sent_before(1))
    assert "Idempotent-Replayed" not in second.headers
    assert sorted(videos(api, caller)) == sorted([first, second.json()["id"]])


def repeats_of(api: Api, video_id: str) -> str:
    """Name the equal requests of the one that has made a video."""
    return str(api.store._db.document("repeats", video_id).get().get("owner_request"))


def test_equal_requests_that_are_meant_make_a_video_each_even_at_once(api: Api, caller: Caller) -> None:
    barrier = threading.Barrier(4)

    def create(_: int) -> str:
        barrier.wait(20)
        return str(caller.create(headers=sent_before(0)).json()["id"])

    with ThreadPoolExecutor(4) as threads:
        made = set(threads.map(create, range(4)))
    assert len(made) == 4
    assert made == set(videos(api, caller))


def test_a_repeat_takes_the_place_of_an_attempt_that_is_still_in_flight(
    stack: LocalStack, start_submit: StartSubmit, api: Api, caller: Caller
) -> None:
    pictured = {
        **BODY,
        "reference_images": [{"data": base64.b64encode(encoded(person((200, 20, 160)))).decode()}],
    }
    storage = stack.environment["STORAGE_EMULATOR_HOST"].removeprefix("http://")
    with gate_before(storage) as gate, ThreadPoolExecutor(1) as thread:
        slow = f"{start_submit(STORAGE_EMULATOR_HOST=f'http://{gate.address}')}/v1/videos"
        headers = caller.headers | sent_before(0)
        first = thread.submit(httpx.post, slow, json=pictured, headers=headers, timeout=20)
        assert gate.reached.wait(20), "its place is reserved, and its picture is to be stored"
        repeat = caller.create(pictured, headers=sent_before(1))
        gate.opened.set()
        revoked = first.result()
    assert (repeat.status_code, "Idempotent-Replayed" in repeat.headers) == (202, False)
    assert (revoked.status_code, revoked.json()["code"]) == (503, "superseded")
    assert videos(api, caller) == [repeat.json()["id"]]
    assert caller.counters().running == 1
    again = caller.create(pictured, headers=sent_before(2))
    assert (again.status_code, again.json()) == (202, repeat.json())


def test_a_repeat_of_another_request_or_of_somebody_else_is_a_request_of_its_own(
    stack: LocalStack, api: Api, caller: Caller
) -> None:
    first = caller.create(headers=sent_before(0)).json()["id"]
    other_body = caller.create({**BODY, "seconds": 6}, headers=sent_before(1)).json()["id"]
    other_owner = Caller(stack, api.store).create(headers=sent_before(1)).json()["id"]
    assert len({first, other_body, other_owner}) == 3


def test_a_repeat_of_a_video_that_was_deleted_since_makes_a_new_one(caller: Caller) -> None:
    first = caller.create(headers=sent_before(0)).json()["id"]
    assert httpx.delete(f"{caller.url}/{first}", headers=caller.headers).status_code == 200
    again = caller.create(headers=sent_before(1))
    assert (again.status_code, again.json()["id"] == first) == (202, False)


def test_without_the_header_or_with_a_key_nothing_is_claimed(api: Api, caller: Caller) -> None:
    first = caller.create().json()["id"]
    keyed = caller.create(headers=MINE | sent_before(0)).json()["id"]
    repeat = caller.create(headers=sent_before(1)).json()["id"]
    assert len({first, keyed, repeat}) == 3
    assert caller.create(headers=MINE | sent_before(1)).json()["id"] == keyed


def test_a_count_that_is_none_is_refused(caller: Caller) -> None:
    answer = caller.create(headers={"X-Stainless-Retry-Count": "some"})
    assert (answer.status_code, answer.json()["field"]) == (422, "X-Stainless-Retry-Count")


class Attempt:
    """An attempt at a creation, made step by step; each is of an equal request."""

    def __init__(self, store: JobStore, at: datetime) -> None:
        self.store, self.limits = store, Limits(store._db)
        name = job_id(secrets.token_bytes(12))
        self.state = queued_job().evolve(job=queued_job().job.evolve(job_id=name, owner="somebody"))
        self.reservation = Reservation("somebody", 0, at, new_claim(name, "the same", at))

    def reserve(self) -> None:
        self.limits.reserve(self.reservation, AMPLE)

    def create(self) -> JobState:
        return self.store.create(self.state, is_claimed=True)[0]

    @property
    def job(self) -> Job:
        return self.state.job


@pytest.fixture
def own_store(stack: LocalStack) -> JobStore:
    return job_store(stack.environment | {"GOOGLE_CLOUD_PROJECT": f"test-{secrets.token_hex(4)}"})


def test_an_attempt_in_flight_that_was_revoked_never_creates_its_job(own_store: JobStore) -> None:
    now = datetime.now(UTC)
    attempt, repeats = Attempt(own_store, now), Repeats(own_store._db)
    attempt.reserve()
    (standing,) = repeats.standing("the same")
    assert not standing.claim.accepted
    assert repeats.revoke(standing)
    with pytest.raises(Superseded):
        attempt.create()
    assert own_store.standing(attempt.job.job_id) is None
    attempt.limits.release(attempt.reservation)
    assert (running(own_store._db), creations(own_store._db, at=now)) == (0, 0)


def test_a_refused_attempt_that_was_revoked_meanwhile_gives_everything_back(own_store: JobStore) -> None:
    now = datetime.now(UTC)
    attempt, repeats = Attempt(own_store, now), Repeats(own_store._db)

    class RevokedInBetween(Limits):
        def _add(self, reservation: Reservation, times: int, write: Callable[..., None]) -> Any:  # noqa: ANN401 - private
            if times < 0:
                assert repeats.revoke(*repeats.standing("the same"))
            return super()._add(reservation, times, write)

    with pytest.raises(TooManyRunning):
        RevokedInBetween(own_store._db).reserve(attempt.reservation, AMPLE._replace(running_videos=0))
    assert (running(own_store._db), creations(own_store._db, at=now)) == (0, 0)
    assert repeats.standing("the same") == []


def test_an_attempt_that_is_accepted_meanwhile_cannot_be_revoked(own_store: JobStore) -> None:
    attempt, repeats = Attempt(own_store, datetime.now(UTC)), Repeats(own_store._db)
    attempt.reserve()
    (standing,) = repeats.standing("the same")
    attempt.create()
    assert not repeats.revoke(standing)
    (standing,) = repeats.standing("the same")
    assert standing.claim.accepted
    assert repeats.standing("another") == []


def test_claims_are_the_newest_first_and_forgotten_in_the_end(own_store: JobStore) -> None:
    now = datetime.now(UTC)
    attempts = [Attempt(own_store, at) for at in (now - LASTS - timedelta(minutes=1), now, now)]
    for attempt in attempts:
        attempt.reserve()
    standing = [each.claim.job_id for each in Repeats(own_store._db).standing("the same")]
    assert standing == [attempts[2].job.job_id, attempts[1].job.job_id]


def test_what_is_given_back_leaves_no_claim(own_store: JobStore) -> None:
    attempt = Attempt(own_store, datetime.now(UTC))
    attempt.reserve()
    attempt.limits.release(attempt.reservation)
    assert Repeats(own_store._db).standing("the same") == []
