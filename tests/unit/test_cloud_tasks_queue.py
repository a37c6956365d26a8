"""The rules of the local Cloud Tasks: back-off, limits, rate, tombstones, and a queue that obeys them."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from google.cloud.tasks_v2 import types
from hypothesis import given, settings
from hypothesis import strategies as st

from infra.local.cloud_tasks.delivery import request_headers
from infra.local.cloud_tasks.errors import AlreadyExists, InvalidArgument, NotFound, Unimplemented
from infra.local.cloud_tasks.instances import FrontEnd, origin
from infra.local.cloud_tasks.queue import Queue, QueueSettings, Settlement
from infra.local.cloud_tasks.rate import RateLimits, TokenBucket
from infra.local.cloud_tasks.retry import UNLIMITED_ATTEMPTS, RetryPolicy, is_exhausted, retry_delay
from infra.local.cloud_tasks.task import Outcome, Task
from infra.local.cloud_tasks.tombstones import Tombstones
from infra.local.cloud_tasks.validation import read_settings, read_task

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
QUEUE = "projects/p/locations/l/queues/q"
RETRY = RetryPolicy(
    max_attempts=3, max_retry_duration=timedelta(0), min_backoff=SECOND, max_backoff=HOUR, max_doublings=16
)
RATE = RateLimits(max_dispatches_per_second=500, max_concurrent_dispatches=1000)
OK = Outcome(200)
FAILED = Outcome(500)

durations = st.timedeltas(min_value=timedelta(0), max_value=30 * HOUR)


@st.composite
def policies(draw: st.DrawFn) -> RetryPolicy:
    shortest, longest = sorted((draw(durations), draw(durations)))
    return replace(RETRY, min_backoff=shortest, max_backoff=longest, max_doublings=draw(st.integers(0, 100)))


def named(task_id: str, *, at: datetime = NOW) -> Task:
    return Task(
        name=f"{QUEUE}/tasks/{task_id}",
        http_request=types.HttpRequest(url="http://worker/path", headers={"A": "b"}),
        create_time=NOW,
        schedule_time=at,
        dispatch_deadline=timedelta(minutes=10),
    )


def queue_of(
    *tasks: Task, retry: RetryPolicy = RETRY, rate: RateLimits = RATE, tombstone_lifetime: timedelta = HOUR
) -> Queue:
    queue = Queue(QUEUE, QueueSettings(retry, rate), tombstone_lifetime=tombstone_lifetime, now=NOW)
    for task in tasks:
        queue.add(task, NOW)
    return queue


def ids(tasks: list[Task]) -> list[str]:
    return [task.name.split("/")[-1] for task in tasks]


def test_backoff_is_the_example_google_documents() -> None:
    policy = replace(RETRY, min_backoff=10 * SECOND, max_backoff=300 * SECOND, max_doublings=3)
    delays = [retry_delay(policy, failed).total_seconds() for failed in range(1, 9)]
    assert delays == [10, 20, 40, 80, 160, 240, 300, 300]


@settings(deadline=None)
@given(policies(), st.integers(1, 500))
def test_backoff_never_falls_and_stays_between_its_bounds(policy: RetryPolicy, failed: int) -> None:
    delay = retry_delay(policy, failed)
    assert policy.min_backoff <= delay <= policy.max_backoff
    assert delay <= retry_delay(policy, failed + 1)


@settings(deadline=None)
@given(policies(), st.integers(1, 500))
def test_backoff_grows_by_doubling_and_then_evenly(policy: RetryPolicy, failed: int) -> None:
    first, second, third = (retry_delay(policy, failed + later) for later in range(3))
    if third < policy.max_backoff and failed <= policy.max_doublings:
        assert second == 2 * first
    elif third < policy.max_backoff:
        assert third - second == second - first


@pytest.mark.parametrize(
    ("max_attempts", "max_duration", "attempts", "since_first", "expected"),
    [
        (3, 0, 2, HOUR, False),
        (3, 0, 3, timedelta(0), True),
        (3, 60, 3, 59 * SECOND, False),
        (3, 60, 2, 61 * SECOND, False),
        (3, 60, 3, 60 * SECOND, True),
        (UNLIMITED_ATTEMPTS, 60, 1, 59 * SECOND, False),
        (UNLIMITED_ATTEMPTS, 60, 1, 60 * SECOND, True),
        (UNLIMITED_ATTEMPTS, 0, 10_000, 1000 * HOUR, False),
    ],
)
def test_task_is_given_up_when_every_limit_that_is_set_is_reached(
    max_attempts: int, max_duration: int, attempts: int, since_first: timedelta, expected: bool
) -> None:
    policy = replace(RETRY, max_attempts=max_attempts, max_retry_duration=max_duration * SECOND)
    assert is_exhausted(policy, attempts=attempts, since_first_attempt=since_first) is expected


@settings(deadline=None)
@given(
    st.floats(0.05, 500),
    st.lists(st.timedeltas(min_value=timedelta(0), max_value=10 * SECOND), min_size=1, max_size=60),
)
def test_token_bucket_never_lets_more_through_than_burst_and_rate(
    rate: float, pauses: list[timedelta]
) -> None:
    limits = RateLimits(max_dispatches_per_second=rate, max_concurrent_dispatches=1)
    bucket, now, taken = TokenBucket(full_at=NOW), NOW, 0
    for pause in pauses:
        now += pause
        while bucket.ready_at(limits) <= now:
            bucket, taken = bucket.taken(limits, now), taken + 1
    refilled = (now - NOW) / limits.refill_interval
    assert limits.max_burst_size <= taken <= limits.max_burst_size + refilled


def test_tombstone_blocks_a_name_for_its_lifetime() -> None:
    tombstones = Tombstones(HOUR)
    tombstones.bury("a", NOW)
    assert tombstones.blocks("a", NOW + HOUR - SECOND)
    assert not tombstones.blocks("a", NOW + HOUR)


def test_tombstones_are_bounded_and_forget_the_oldest_first() -> None:
    tombstones = Tombstones(HOUR, at_most=2)
    for name in ("a", "b", "c"):
        tombstones.bury(name, NOW)
    assert len(tombstones) == 2
    assert [tombstones.blocks(name, NOW) for name in ("a", "b", "c")] == [False, True, True]


def test_name_is_taken_while_the_task_lives_and_until_its_tombstone_expires() -> None:
    queue = queue_of(named("a"))
    with pytest.raises(AlreadyExists, match="already exists"):
        queue.add(named("a"), NOW)
    [task] = queue.take_due(NOW)
    assert queue.settle(task, OK, NOW) is Settlement.COMPLETED
    with pytest.raises(AlreadyExists, match="existed too recently"):
        queue.add(named("a"), NOW + HOUR - SECOND)
    queue.add(named("a"), NOW + HOUR)


def test_gone_task_is_told_from_one_that_never_was() -> None:
    queue = queue_of(named("a"))
    queue.delete(named("a").name, NOW)
    with pytest.raises(NotFound, match="existed recently"):
        queue.get(named("a").name, NOW)
    with pytest.raises(NotFound, match="was not found"):
        queue.get(named("b").name, NOW)


@settings(deadline=None)
@given(st.lists(st.integers(0, 50), max_size=20))
def test_tasks_are_dispatched_in_order_of_schedule_time_and_never_early(offsets: list[int]) -> None:
    queue = queue_of(*(named(f"t{n}", at=NOW + offset * SECOND) for n, offset in enumerate(offsets)))
    dispatched = []
    while due := queue.next_dispatch_time():
        assert queue.take_due(due - timedelta(microseconds=1)) == []
        dispatched += [(due, task) for task in queue.take_due(due)]
    assert [task.schedule_time for due, task in dispatched] == [due for due, task in dispatched]
    assert len(dispatched) == len(offsets)


def test_no_more_attempts_run_at_once_than_allowed() -> None:
    queue = queue_of(named("a"), named("b"), rate=replace(RATE, max_concurrent_dispatches=1))
    [first] = queue.take_due(NOW)
    assert queue.take_due(NOW) == []
    assert queue.next_dispatch_time() is None
    queue.settle(first, OK, NOW)
    assert ids(queue.take_due(NOW)) == ["b"]


def test_dispatches_beyond_the_burst_wait_for_a_token() -> None:
    queue = queue_of(*(named(n) for n in "abc"), rate=replace(RATE, max_dispatches_per_second=2))
    assert ids(queue.take_due(NOW)) == ["a", "b"]
    assert queue.next_dispatch_time() == NOW + SECOND / 2
    assert ids(queue.take_due(NOW + SECOND / 2)) == ["c"]


def test_paused_queue_dispatches_nothing_but_what_is_run_by_hand() -> None:
    queue = queue_of(named("a"), named("b"))
    queue.is_paused = True
    assert queue.take_due(NOW) == []
    assert ids([queue.take(named("a").name, NOW)]) == ["a"]
    queue.is_paused = False
    assert ids(queue.take_due(NOW)) == ["b"]


def test_failed_task_waits_for_its_backoff() -> None:
    queue = queue_of(named("a"))
    [task] = queue.take_due(NOW)
    assert queue.settle(task, FAILED, NOW + HOUR) is Settlement.WILL_RETRY
    assert queue.next_dispatch_time() == NOW + HOUR + SECOND


@settings(deadline=None)
@given(st.integers(1, 20))
def test_task_that_always_fails_is_dispatched_exactly_max_attempts_times(max_attempts: int) -> None:
    queue = queue_of(named("a"), retry=replace(RETRY, max_attempts=max_attempts))
    settlements = []
    while due := queue.next_dispatch_time():
        [task] = queue.take_due(due)
        settlements.append(queue.settle(task, FAILED, due))
    assert settlements == [Settlement.WILL_RETRY] * (max_attempts - 1) + [Settlement.DROPPED]


def test_retry_policy_of_the_task_overrides_that_of_the_queue() -> None:
    queue = queue_of(replace(named("a"), retry=replace(RETRY, max_attempts=1)))
    [task] = queue.take_due(NOW)
    assert queue.settle(task, FAILED, NOW) is Settlement.DROPPED


def test_task_that_is_deleted_while_it_runs_is_not_retried() -> None:
    queue = queue_of(named("a"), rate=replace(RATE, max_concurrent_dispatches=1))
    [task] = queue.take_due(NOW)
    queue.delete(task.name, NOW)
    queue.add(named("b"), NOW)
    assert queue.next_dispatch_time() is None, "the attempt still runs"
    assert queue.settle(task, FAILED, NOW) is Settlement.GONE
    assert ids(queue.take_due(NOW)) == ["b"]


def test_late_outcome_does_not_touch_a_new_task_of_the_same_name() -> None:
    queue = queue_of(named("a"), tombstone_lifetime=timedelta(0))
    [old] = queue.take_due(NOW)
    queue.delete(old.name, NOW)
    queue.add(replace(named("a"), create_time=NOW + SECOND), NOW + SECOND)
    assert queue.settle(old, OK, NOW + SECOND) is Settlement.GONE
    assert ids(queue.take_due(NOW + SECOND)) == ["a"]


def test_purged_queue_is_empty_and_blocks_the_names() -> None:
    queue = queue_of(named("a"), named("b"))
    queue.purge(NOW)
    assert queue.tasks_after("", limit=10) == []
    assert queue.next_dispatch_time() is None
    with pytest.raises(AlreadyExists):
        queue.add(named("a"), NOW)


def test_retry_headers_count_retries_and_executions_apart() -> None:
    queue = queue_of(named("a"), retry=replace(RETRY, max_attempts=UNLIMITED_ATTEMPTS))
    sent = []
    timed_out = Outcome(504, no_answer="DEADLINE_EXCEEDED")
    for outcome in (Outcome(503), Outcome(404), timed_out, OK):
        due = queue.next_dispatch_time() or NOW
        [task] = queue.take_due(due)
        headers = request_headers(task, due)
        names = ("TaskRetryCount", "TaskExecutionCount", "TaskPreviousResponse")
        sent.append([headers.get(f"X-CloudTasks-{name}") for name in names])
        queue.settle(task, outcome, due)
    assert sent == [["0", "0", None], ["1", "0", "503"], ["2", "1", "404"], ["3", "1", "504"]]


def test_request_replaces_the_headers_that_are_not_the_callers_to_set() -> None:
    task = named("a")
    task.http_request.headers = {
        "user-agent": "me",
        "HOST": "other",
        "X-CloudTasks-TaskName": "b",
        "X-Own": "c",
    }
    headers = request_headers(task.dispatched(NOW), NOW)
    assert {key: value for key, value in headers.items() if not key.startswith("X-CloudTasks-")} == {
        "Host": "worker",
        "User-Agent": "Google-Cloud-Tasks",
        "X-Own": "c",
    }
    assert headers["X-CloudTasks-TaskName"] == "a"


def test_busy_instances_make_the_next_request_wait() -> None:
    async def scenario() -> None:
        front_end = FrontEnd({"http://render.local": ["http://h:1", "http://h:2"]})
        async with front_end.instance_for("http://render.local/x?y=1") as first:
            async with front_end.instance_for("http://render.local:80/") as second:
                assert (first, second) == ("http://h:1/x?y=1", "http://h:2/")
                waiting = front_end.instance_for("http://render.local/z")
                third = asyncio.create_task(waiting.__aenter__())
                await asyncio.sleep(0)
                assert not third.done()
            assert await third == "http://h:2/z"
            async with front_end.instance_for("http://other.local/z") as unknown:
                assert unknown == "http://other.local/z"

    asyncio.run(scenario())


@pytest.mark.parametrize("url", ["", "render.local", "ftp://render.local", "http://", "http://host:port"])
def test_origin_refuses_what_is_no_url_of_http(url: str) -> None:
    with pytest.raises(ValueError, match=r"URL|[Pp]ort"):
        origin(url)


def create_task_request(
    fields: dict[str, object] | None = None, **http_fields: object
) -> types.CreateTaskRequest:
    http_request = {"url": "http://worker/", **http_fields}
    task = types.Task({"http_request": http_request, **(fields or {})})
    return types.CreateTaskRequest(parent=QUEUE, task=task)


def test_what_a_task_leaves_open_is_filled_in() -> None:
    task = read_task(create_task_request({"schedule_time": NOW - HOUR}), now=NOW, unused_id="17")
    assert task.name == f"{QUEUE}/tasks/17"
    assert task.http_request.http_method == types.HttpMethod.POST
    assert task.schedule_time == task.create_time == NOW
    assert task.dispatch_deadline == timedelta(minutes=10)


@pytest.mark.parametrize(
    ("request_message", "message"),
    [
        (create_task_request(url=""), "url is required"),
        (create_task_request(url="ftp://host/"), "must start with"),
        (create_task_request(url="http://h/" + "x" * 2083), "2083"),
        (create_task_request(body=b"x" * 100 * 1024), "Task size"),
        (create_task_request(headers={"A": "x" * 80 * 1024}), "headers"),
        (create_task_request(http_method=types.HttpMethod.GET, body=b"x"), "POST, PUT or PATCH"),
        (create_task_request({"dispatch_deadline": 14 * SECOND}), "dispatchDeadline"),
        (create_task_request({"dispatch_deadline": 1801 * SECOND}), "dispatchDeadline"),
        (create_task_request({"schedule_time": NOW + 30 * 24 * HOUR + SECOND}), "30 days"),
        (create_task_request({"name": "projects/p/locations/l/queues/other/tasks/t"}), "must be the same"),
        (create_task_request({"name": f"{QUEUE}/tasks/no spaces"}), "can contain only"),
        (create_task_request({"name": "nonsense"}), "must be formatted"),
    ],
)
def test_task_that_google_refuses_is_refused(request_message: types.CreateTaskRequest, message: str) -> None:
    with pytest.raises(InvalidArgument, match=message):
        read_task(request_message, now=NOW, unused_id="17")


def test_what_a_queue_leaves_open_is_what_google_chooses() -> None:
    chosen = read_settings(types.Queue())
    assert chosen.rate == RateLimits(max_dispatches_per_second=500, max_concurrent_dispatches=1000)
    assert chosen.retry == RetryPolicy(
        max_attempts=100,
        max_retry_duration=timedelta(0),
        min_backoff=SECOND / 10,
        max_backoff=HOUR,
        max_doublings=16,
    )


@pytest.mark.parametrize(
    "fields",
    [
        {"rate_limits": {"max_dispatches_per_second": 501}},
        {"rate_limits": {"max_concurrent_dispatches": 5001}},
        {"rate_limits": {"max_dispatches_per_second": -1}},
        {"retry_config": {"max_attempts": -2}},
        {"retry_config": {"max_doublings": -1}},
        {"retry_config": {"max_backoff": -SECOND}},
        {"retry_config": {"min_backoff": 2 * SECOND, "max_backoff": SECOND}},
    ],
)
def test_queue_that_google_refuses_is_refused(fields: dict[str, object]) -> None:
    with pytest.raises(InvalidArgument):
        read_settings(types.Queue(fields))


def test_what_is_not_imitated_is_refused_rather_than_ignored() -> None:
    with pytest.raises(Unimplemented):
        read_settings(types.Queue(stackdriver_logging_config={"sampling_ratio": 1}))
    with pytest.raises(Unimplemented):
        read_task(create_task_request(oauth_token={"scope": "s"}), now=NOW, unused_id="17")
