"""Deleting a video hides it at once and leaves nothing; listing shows one's own, page by page."""

import secrets
import ssl
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from google.cloud import storage

from infra.local.clients import create_api_key, job_store
from infra.local.ports import reserve_port
from infra.local.stack import LocalStack
from shared.documents import JobDocuments
from shared.domain.due_tasks import due_tasks
from shared.domain.job import JobState, Stage
from shared.domain.naming import objects_prefix
from shared.domain.transitions import delete
from shared.job_queries import JobQueries
from shared.job_store import ALL, JobStore
from tests.integration.apart import StartSubmit
from tests.integration.queues import Queues
from tests.integration.service import PROMPT, Api, until
from tests.integration.stored import stored
from tests.integration.test_api_errors import ROUTES
from tests.unit.jobs import queued_job, submitted_job


@pytest.fixture
def caller(stack: LocalStack, trust: ssl.SSLContext, store: JobStore) -> Iterator[Api]:
    """Somebody who has no videos yet."""
    key = create_api_key(store, f"caller {secrets.token_hex(4)}")
    headers = {"Authorization": f"Bearer {key}"}
    with httpx.Client(base_url=stack.url, headers=headers, timeout=20, verify=trust) as http:
        yield Api(http, store)


def assert_gone(api: Api, video_id: str) -> None:
    for method, path in ROUTES:
        answer = api.http.request(method, f"/v1/videos/{video_id}{path}")
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), (method, path)


def listed(api: Api, **query: object) -> dict[str, Any]:
    answer = api.http.get("/v1/videos", params={name: str(value) for name, value in query.items()})
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


def ids(page: dict[str, Any]) -> list[str]:
    return [video["id"] for video in page["data"]]


def test_a_deleted_video_is_gone_at_once_and_purged_by_the_sweep(
    stack: LocalStack, api: Api, sweep: Callable[[], dict[str, int]], bucket: storage.Bucket
) -> None:
    video_id = api.create(seconds=4)
    assert api.finished(video_id)["status"] == "completed"
    answer = api.http.delete(f"/v1/videos/{video_id}")
    assert answer.status_code == 200
    assert answer.json() == {"id": video_id, "object": "video.deleted", "deleted": True}
    assert_gone(api, video_id)
    assert video_id not in ids(listed(api, limit=100))
    assert list(bucket.list_blobs(prefix=objects_prefix(video_id)))
    job = JobDocuments(api.store._db, video_id).job
    until(sweep, lambda _report: not job.get().exists, what="the purge")
    assert [document.id for each in job.collections() for document in each.list_documents()] == []
    assert list(bucket.list_blobs(prefix=objects_prefix(video_id))) == []
    assert_gone(api, video_id)


@pytest.fixture
def bucket(stack: LocalStack) -> storage.Bucket:
    from google.auth.credentials import AnonymousCredentials

    nobody = AnonymousCredentials()  # type: ignore[no-untyped-call]  # google-auth is typed in part
    endpoint = {"api_endpoint": stack.environment["STORAGE_EMULATOR_HOST"]}
    client = storage.Client(project="any", credentials=nobody, client_options=endpoint)
    return client.bucket(stack.environment["TTV_BUCKET"])


def test_deleting_a_running_video_cancels_it(api: Api, queues: Queues) -> None:
    queues.pause(Stage.KEYFRAMES)
    video_id = api.create()
    assert api.http.delete(f"/v1/videos/{video_id}").status_code == 200
    state = api.store.load(video_id, shots=ALL).state
    assert (state.job.status, due_tasks(state)) == ("cancelled", ())
    assert_gone(api, video_id)


def test_an_idempotency_key_does_not_bring_a_deleted_video_back(api: Api) -> None:
    body, headers = {"prompt": PROMPT, "seconds": 4}, {"Idempotency-Key": secrets.token_hex(8)}
    first = api.http.post("/v1/videos", json=body, headers=headers).json()["id"]
    api.http.delete(f"/v1/videos/{first}")
    second = api.http.post("/v1/videos", json=body, headers=headers).json()["id"]
    assert second != first
    api.http.delete(f"/v1/videos/{second}")


@pytest.fixture
def paying_id(api: Api, caller: Api) -> str:
    """A video with a paid call under way, of which it is not known whether it was accepted."""
    owner = caller.store.load(caller.create()).state.job.owner
    return stored(api.store, submitted_job(), owner=owner)


@pytest.mark.parametrize(("method", "path"), [("POST", "/cancel"), ("DELETE", "")])
def test_what_cancels_its_paid_calls_is_enqueued_at_once(
    caller: Api, queues: Queues, paying_id: str, method: str, path: str
) -> None:
    queues.pause(Stage.RENDER)
    assert caller.http.request(method, f"/v1/videos/{paying_id}{path}").status_code == 200
    (due,) = due_tasks(caller.store.load(paying_id, shots=ALL).state)
    assert queues.holds(due.task)


@pytest.mark.parametrize(("method", "path"), [("POST", "/cancel"), ("DELETE", "")])
def test_a_queue_that_is_down_keeps_no_video_from_being_cancelled(
    start_submit: StartSubmit,
    caller: Api,
    queues: Queues,
    paying_id: str,
    sweep: Callable[[], dict[str, int]],
    method: str,
    path: str,
) -> None:
    queues.pause(Stage.RENDER)
    url = start_submit(TTV_TASKS_ENDPOINT=f"127.0.0.1:{reserve_port().release()}")
    headers = {"Authorization": caller.http.headers["Authorization"]}
    answer = httpx.request(method, f"{url}/v1/videos/{paying_id}{path}", headers=headers, timeout=10)
    assert answer.status_code == 200
    state = caller.store.load(paying_id, shots=ALL).state
    assert (state.job.status, state.job.unsettled) == ("cancelled", True)
    (due,) = due_tasks(state)
    assert not queues.holds(due.task)
    assert sweep()["unsettled"] >= 1
    assert queues.holds(due.task)


def test_a_caller_without_videos_gets_an_empty_page(caller: Api) -> None:
    assert listed(caller) == {
        "object": "list",
        "data": [],
        "first_id": None,
        "last_id": None,
        "has_more": False,
    }


def test_pages_show_every_video_once_in_order_and_nobody_elses(caller: Api, api: Api, queues: Queues) -> None:
    queues.pause(Stage.KEYFRAMES)
    stranger = api.create()
    created = [caller.create(seconds=4) for _ in range(5)]
    newest_first = created[::-1]
    page = listed(caller, limit=2)
    assert (ids(page), page["has_more"]) == (newest_first[:2], True)
    assert (page["first_id"], page["last_id"]) == (newest_first[0], newest_first[1])
    page = listed(caller, limit=2, after=page["last_id"])
    assert (ids(page), page["has_more"]) == (newest_first[2:4], True)
    page = listed(caller, limit=2, after=page["last_id"])
    assert (ids(page), page["has_more"]) == (newest_first[4:], False)
    assert ids(listed(caller, order="asc", limit=3)) == created[:3]
    assert ids(listed(caller, order="asc", after=created[2])) == created[3:]
    alone = caller.video(newest_first[0])
    assert listed(caller)["data"][0] == alone | {"queue_position": None}
    assert stranger not in ids(listed(caller, limit=100))
    for video_id in (stranger, *created):
        api.store.change(video_id, delete, shots=ALL)


def test_deleted_videos_make_no_page_shorter_and_still_mark_a_place(caller: Api, queues: Queues) -> None:
    queues.pause(Stage.KEYFRAMES)
    created = [caller.create(seconds=4) for _ in range(5)]
    for video_id in created[1:4:2]:
        caller.http.delete(f"/v1/videos/{video_id}")
    page = listed(caller, limit=3)
    assert (ids(page), page["has_more"]) == ([created[4], created[2], created[0]], False)
    assert ids(listed(caller, after=created[3])) == [created[2], created[0]]


@pytest.mark.parametrize(
    ("query", "field", "permitted"),
    [
        ({"limit": "0"}, "limit", "1 or more"),
        ({"limit": "101"}, "limit", "100 or less"),
        ({"limit": "ten"}, "limit", "a whole number"),
        ({"limit": ""}, "limit", "a whole number"),
        ({"order": "newest"}, "order", "asc, desc"),
        ({"after": "video_000000000000000000000000"}, "after", "the id of one of your videos"),
        ({"after": "../limits/x"}, "after", "the id of one of your videos"),
        ({"after": ""}, "after", "the id of one of your videos"),
        ({"before": "x"}, "before", "limit, after, order"),
    ],
)
def test_a_bad_listing_is_refused_with_what_is_permitted(
    caller: Api, query: dict[str, str], field: str, permitted: str
) -> None:
    answer = caller.http.get("/v1/videos", params=query)
    problem = answer.json()
    assert (answer.status_code, problem["field"]) == (422, field)
    assert permitted in problem["permitted"]


def test_another_owners_video_marks_no_place(caller: Api, api: Api) -> None:
    stranger = api.create(seconds=4)
    assert caller.http.get("/v1/videos", params={"after": stranger}).status_code == 422


BROUGHT = {"run_query": "document", "batch_get_documents": "found"}
"""Call -> field of its answers that holds a document."""


class Counting:
    """Stands before Firestore's API, and notes each call with the number of documents it brought."""

    def __init__(self, api: Any) -> None:  # noqa: ANN401 - the client's own, generated class
        self._api = api
        self.calls: list[tuple[str, int]] = []

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - as above
        call = getattr(self._api, name)
        if name not in BROUGHT:
            return call

        def counted(*args: Any, **kwargs: Any) -> Iterator[Any]:  # noqa: ANN401 - as above
            answers = list(call(*args, **kwargs))
            self.calls.append((name, sum(bool(getattr(each, BROUGHT[name]).name) for each in answers)))
            return iter(answers)

        return counted


def test_listing_twenty_of_many_reads_only_what_it_returns_and_one_more(stack: LocalStack) -> None:
    store = job_store(stack.environment | {"GOOGLE_CLOUD_PROJECT": f"test-{secrets.token_hex(4)}"})
    for _ in range(45):
        stored(store, queued_job())
        stored(store, queued_job(), owner="another")
    counting = Counting(store._db._firestore_api)
    store._db._firestore_api_internal = counting
    page = JobQueries(store._db).owned("somebody", limit=20)
    assert (len(page.jobs), page.has_more) == (20, True)
    assert counting.calls == [("run_query", 21), ("batch_get_documents", 20)]


def test_videos_created_at_the_same_moment_are_listed_once_each(stack: LocalStack) -> None:
    store = job_store(stack.environment | {"GOOGLE_CLOUD_PROJECT": f"test-{secrets.token_hex(4)}"})
    moment = stored_at_once(store, 6)
    queries = JobQueries(store._db)
    first = queries.owned("somebody", limit=4)
    rest = queries.owned("somebody", limit=4, after=first.jobs[-1].job.job_id)
    assert sorted(seen.job.job_id for seen in (*first.jobs, *rest.jobs)) == sorted(moment)


def stored_at_once(store: JobStore, count: int) -> list[str]:
    """Store jobs whose creation times are equal."""
    names = [stored(store, queued_job()) for _ in range(count)]
    created_at = store.load(names[0]).state.job.created_at

    def at_that_time(state: JobState, _now: object) -> JobState:
        return state.evolve(job=state.job.evolve(created_at=created_at))

    for name in names[1:]:
        store.change(name, at_that_time, shots=ALL)
    return names
