"""How many videos an owner may have unfinished: never more than permitted, and each end frees a place."""

import secrets
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from google.cloud import firestore

from infra.local.clients import create_api_key, job_store
from infra.local.stack import LocalStack
from shared.documents import limits_document
from shared.domain.errors import BackendFailed, TooManyRunning
from shared.domain.job import JobState, Stage
from shared.domain.transitions import cancel, complete, delete, fail
from shared.job_queries import JobQueries
from shared.job_store import ALL, JobStore, Step
from shared.limits import Limits
from tests.integration.apart import StartSubmit
from tests.integration.queues import Queues
from tests.integration.service import PROMPT, Api
from tests.integration.stored import stored
from tests.unit.jobs import ARTIFACT, FINALIZE, NOW, claimed, drawn_job, queued_job, rendered_job


@pytest.fixture
def own_store(stack: LocalStack) -> JobStore:
    """A store of this test's own: each project has its own database in the emulator."""
    return job_store(stack.environment | {"GOOGLE_CLOUD_PROJECT": f"test-{secrets.token_hex(4)}"})


@pytest.fixture
def db(own_store: JobStore) -> firestore.Client:
    return own_store._db


@pytest.fixture
def limits(db: firestore.Client) -> Limits:
    return Limits(db)


def running(db: firestore.Client, owner: str = "somebody") -> Any:  # noqa: ANN401 - what is stored there
    return (limits_document(db, owner).get().to_dict() or {}).get("running")


def test_thirty_two_at_once_against_a_limit_of_five_admit_exactly_five(
    limits: Limits, db: firestore.Client
) -> None:
    limits.reserve("another", 5)
    barrier = threading.Barrier(32)

    def admitted(_: int) -> bool:
        barrier.wait(10)
        try:
            limits.reserve("somebody", 5)
        except TooManyRunning:
            return False
        return True

    with ThreadPoolExecutor(32) as callers:
        assert sum(callers.map(admitted, range(32))) == 5
    assert (running(db), running(db, "another")) == (5, 1)


def test_what_is_given_back_can_be_reserved_again(limits: Limits) -> None:
    limits.reserve("somebody", 1)
    with pytest.raises(TooManyRunning):
        limits.reserve("somebody", 1)
    limits.release("somebody")
    limits.reserve("somebody", 1)


@pytest.mark.parametrize(
    ("before", "end"),
    [
        (rendered_job(), lambda s, _: complete(claimed(s, FINALIZE), ARTIFACT, now=NOW, token="mine")),
        (drawn_job(), lambda s, now: fail(s, now, failure=BackendFailed("no"))),
        (drawn_job(), cancel),
        (queued_job(), delete),
    ],
    ids=["completed", "failed", "cancelled", "deleted"],
)
def test_whatever_ends_a_job_frees_its_place_once(
    own_store: JobStore, limits: Limits, db: firestore.Client, before: JobState, end: Step
) -> None:
    job_id = stored(own_store, before)
    limits.reserve("somebody", 5)
    own_store.change(job_id, end, shots=ALL)
    assert running(db) == 0
    if own_store.load(job_id).state.job.deleted_at is None:
        own_store.change(job_id, delete, shots=ALL)  # it has ended already
    assert running(db) == 0


def test_a_place_is_freed_although_nothing_was_ever_reserved(
    own_store: JobStore, db: firestore.Client
) -> None:
    own_store.change(stored(own_store, queued_job()), cancel, shots=ALL)
    assert running(db) == -1  # until the next sweep


def test_a_count_that_changed_since_it_was_seen_is_not_set(limits: Limits, db: firestore.Client) -> None:
    limits.reserve("somebody", 5)
    (seen,) = limits.counted(10)
    assert (seen.owner, seen.running) == ("somebody", 1)
    limits.reserve("somebody", 5)
    assert not limits.recount(seen, 0)
    assert running(db) == 2
    (seen,) = limits.counted(10)
    assert limits.recount(seen, 0)
    assert running(db) == 0


def test_every_owner_is_counted_once_wherever_the_counting_begins(limits: Limits) -> None:
    for number in range(7):
        limits.reserve(f"owner {number}", 1)
    for _ in range(10):
        assert sorted(each.owner for each in limits.counted(7)) == [f"owner {n}" for n in range(7)]
        assert len({each.owner for each in limits.counted(3)}) == 3


def test_only_unfinished_jobs_of_that_owner_count(own_store: JobStore, db: firestore.Client) -> None:
    for state in (queued_job(), drawn_job(), cancel(queued_job(), NOW)):
        stored(own_store, state)
    stored(own_store, queued_job(), owner="another")
    queries = JobQueries(db)
    assert (queries.running("somebody"), queries.running("another"), queries.running("nobody")) == (2, 1, 0)


BODY = {"prompt": PROMPT, "seconds": 4, "size": "640x360"}


def test_one_video_too_many_is_refused_until_one_ends_and_a_repeat_is_none(
    start_submit: StartSubmit, api: Api, queues: Queues
) -> None:
    queues.pause(Stage.KEYFRAMES)
    key = create_api_key(api.store, f"limited {secrets.token_hex(4)}")
    url = f"{start_submit(TTV_MAX_RUNNING_VIDEOS='2')}/v1/videos"
    with httpx.Client(headers={"Authorization": f"Bearer {key}"}, timeout=20) as http:
        first = http.post(url, json=BODY, headers={"Idempotency-Key": "first"})
        for _ in range(3):  # these are no further videos
            assert http.post(url, json=BODY, headers={"Idempotency-Key": "first"}).json() == first.json()
        reused = http.post(url, json=BODY | {"seconds": 6}, headers={"Idempotency-Key": "first"})
        assert reused.json()["code"] == "idempotency_key_reused"
        assert http.post(url, json=BODY).status_code == 202
        refused = http.post(url, json=BODY)
        assert (refused.status_code, refused.json()["code"]) == (429, "too_many_running")
        assert int(refused.headers["Retry-After"]) > 0
        repeat = http.post(url, json=BODY, headers={"Idempotency-Key": "first"})
        assert (repeat.status_code, repeat.json()["id"]) == (202, first.json()["id"])
        assert http.post(f"{url}/{first.json()['id']}/cancel").status_code == 200
        assert http.post(url, json=BODY).status_code == 202
        assert http.post(url, json=BODY).status_code == 429


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
