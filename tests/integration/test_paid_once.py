"""What has been paid for is never paid for again, whatever happens between the call and its record."""

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from functools import partial

import httpx
import psutil
import pytest
from google.auth.credentials import AnonymousCredentials, Signing
from google.cloud import storage

from functions.render import paid
from functions.render.video_backends import ClipRequest, Stills
from functions.render.video_backends.scripted import Scripted
from functions.render.work import render_shot
from infra.local import clients
from infra.local.stack import LocalStack
from shared.assignment import Services
from shared.domain.due_tasks import due_task, due_tasks
from shared.domain.errors import ObjectStoreUnavailable, Refused
from shared.domain.job import Stage
from shared.domain.messages import Task
from shared.job_store import JobStore
from shared.object_store import ObjectStore
from shared.stage import Outcome, perform
from tests.integration.conftest import LEASE_SECONDS
from tests.integration.paid import ONE_SHOT, PRICE_USD, assert_paid_once, first_shot, ledger_of, state
from tests.integration.queues import Queues
from tests.integration.service import Api, until
from tests.provider.running import RunningProvider
from tests.unit.jobs import render


class FailingOnce(ObjectStore):
    """A bucket whose first copy fails, when the clip has been made and paid."""

    copies = 0

    def copy(self, source: str, target: str) -> str:
        self.copies += 1
        if self.copies == 1:
            raise ObjectStoreUnavailable("down")
        return super().copy(source, target)


class LateBucket(ObjectStore):
    """A bucket in which what a provider writes is not seen for a while."""

    is_late = True

    def names(self, prefix: str) -> list[str]:
        return [] if self.is_late else super().names(prefix)


def unsigned() -> Signing:
    raise AssertionError("nobody asks for a signed URL here")


@pytest.fixture
def bucket(stack: LocalStack) -> FailingOnce:
    endpoint = stack.environment["STORAGE_EMULATOR_HOST"]
    nobody = AnonymousCredentials()  # type: ignore[no-untyped-call]  # google-auth is typed in part
    client = storage.Client(project="any", credentials=nobody, client_options={"api_endpoint": endpoint})
    return FailingOnce(client.bucket(stack.environment["TTV_BUCKET"]), unsigned, endpoint)


@pytest.fixture
def services(
    stack: LocalStack,
    store: JobStore,
    bucket: FailingOnce,
    provider: RunningProvider,
    monkeypatch: pytest.MonkeyPatch,
) -> Services:
    """What a worker of the stack stands on, for one in this process."""
    monkeypatch.setenv("TTV_SCRIPTED_URL", provider.url)
    monkeypatch.setenv("TTV_SCRIPTED_KEY", "paid-by-nobody")
    queue, switches = clients.task_queue(stack.environment), clients.switches(stack.environment)
    return Services(store, queue, bucket, switches, timedelta(seconds=LEASE_SECONDS))


@pytest.fixture
def held_back(queues: Queues) -> Iterator[None]:
    """Render's queue is paused for the test."""
    queues.pause(Stage.RENDER)
    yield
    queues.resume(Stage.RENDER)


def drawn(api: Api, provider: RunningProvider, script: str = "ok") -> str:
    """Return a paid video whose only shot waits to be rendered."""
    provider.script([script])
    video_id = api.create(**ONE_SHOT)
    until(
        lambda: [str(due.task.key) for due in due_tasks(state(api, video_id))],
        lambda due: "render/0" in due,
        what="the shot to be drawn",
    )
    return video_id


def next_task(api: Api, video_id: str) -> Task:
    return due_task(state(api, video_id), render(0)).task


@pytest.mark.usefixtures("held_back")
def test_a_paid_task_delivered_to_two_workers_at_once_is_paid_once(
    api: Api, provider: RunningProvider, stack: LocalStack, queues: Queues
) -> None:
    video_id = drawn(api, provider)
    task = next_task(api, video_id).model_dump_json()
    urls = [f"http://127.0.0.1:{stack.processes[name].port}" for name in ("render-1", "render-2")]
    with ThreadPoolExecutor(len(urls)) as both:
        answers = list(both.map(partial(httpx.post, content=task, timeout=60), urls))
    assert [answer.status_code for answer in answers] == [200, 200]
    queues.resume(Stage.RENDER)
    assert api.finished(video_id)["status"] == "completed"
    assert len(ledger_of(provider, stack, video_id).calls) == 1


@pytest.mark.usefixtures("held_back")
def test_a_clip_that_comes_after_its_call_was_given_up_is_taken_and_the_second_call_accounted_for(
    api: Api, provider: RunningProvider, services: Services, bucket: FailingOnce
) -> None:
    video_id = drawn(api, provider, "lose_answer")
    provider.script(["lose_answer", "error"])
    late = LateBucket(bucket._bucket, unsigned, bucket._endpoint)
    held = replace(services, objects=late)

    def deliver() -> Outcome:
        return perform(next_task(api, video_id), render_shot, held)

    until(lambda: (deliver(), len(first_shot(api, video_id).lost_submissions))[1], bool, what="the loss")
    late.is_late = False
    until(lambda: (deliver(), first_shot(api, video_id).clip)[1], bool, what="the clip")
    shot = first_shot(api, video_id)
    assert [charge.ambiguous for charge in shot.charges] == [True, True]
    assert (shot.submission, state(api, video_id).progress.spent_usd_micros) == (None, 800_000)


@pytest.mark.usefixtures("held_back")
def test_a_worker_that_cannot_reach_the_provider_any_more_forgets_no_operation(
    api: Api, provider: RunningProvider, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    video_id = drawn(api, provider, "ok")
    assert perform(next_task(api, video_id), render_shot, services) is Outcome.DONE
    monkeypatch.delenv("TTV_SCRIPTED_URL")
    assert perform(next_task(api, video_id), render_shot, services) is Outcome.WAITING
    operation = first_shot(api, video_id).operation
    assert operation is not None
    monkeypatch.setenv("TTV_SCRIPTED_URL", provider.url)
    clip = until(
        lambda: (perform(next_task(api, video_id), render_shot, services), first_shot(api, video_id).clip)[1],
        bool,
        what="the clip",
    )
    assert clip


@pytest.mark.usefixtures("held_back")
def test_storing_a_clip_that_fails_is_repeated_without_paying_for_the_clip_again(
    api: Api,
    provider: RunningProvider,
    stack: LocalStack,
    queues: Queues,
    services: Services,
    bucket: FailingOnce,
) -> None:
    video_id = drawn(api, provider)
    outcomes = [perform(next_task(api, video_id), render_shot, services)]
    until(lambda: ledger_of(provider, stack, video_id).counts["delivered"], bool, what="the clip to be there")
    outcomes += [perform(next_task(api, video_id), render_shot, services) for _ in range(2)]
    assert outcomes == [Outcome.DONE, Outcome.RETRY, Outcome.DONE]
    queues.resume(Stage.RENDER)
    assert api.finished(video_id)["status"] == "completed"
    assert (len(ledger_of(provider, stack, video_id).calls), bucket.copies) == (1, 2)


def test_a_render_killed_while_a_provider_works_goes_on_by_the_saved_name(
    api: Api, provider: RunningProvider, stack: LocalStack
) -> None:
    provider.script(["slow"])
    video_id = api.create(**ONE_SHOT)
    api.wait_for_event(video_id, "operation.started")
    for name in [name for name in stack.processes if name.startswith("render")]:
        stack.kill(name)
    assert api.finished(video_id)["status"] == "completed"
    assert_paid_once(provider, stack, api, video_id)


def test_a_render_killed_between_the_call_and_its_record_pays_once(
    api: Api, provider: RunningProvider, stack: LocalStack
) -> None:
    provider.script(["hold_answer"])  # accepted, but the worker that waits for the answer never gets it
    video_id = api.create(**ONE_SHOT)
    until(lambda: ledger_of(provider, stack, video_id).counts["accepted"], bool, what="the call")
    for name in [name for name in stack.processes if name.startswith("render")]:
        stack.kill(name)
    video = api.finished(video_id)
    assert video["status"] == "completed", video["error"]
    assert (len(ledger_of(provider, stack, video_id).calls), video["cost"]["spent_usd"]) == (1, PRICE_USD)


def test_a_render_frozen_past_its_lease_during_the_call_wakes_up_and_nothing_is_paid_twice(
    api: Api, provider: RunningProvider, stack: LocalStack
) -> None:
    provider.script(["endless", "ok"])
    video_id = api.create(**ONE_SHOT)
    api.wait_for_event(video_id, "submission.saved")
    renders = [
        psutil.Process(part.pid) for name, part in stack.processes.items() if name.startswith("render")
    ]
    workers = [worker for parent in renders for worker in parent.children()]
    for worker in workers:
        os.kill(worker.pid, signal.SIGSTOP)
    lease = first_shot(api, video_id).lease
    try:
        until(
            lambda: api.store.load(video_id).now,
            lambda now: not lease or now > lease.expires_at,
            what="the lease to end",
        )
    finally:
        for worker in workers:
            os.kill(worker.pid, signal.SIGCONT)
    shot = until(
        lambda: first_shot(api, video_id),
        lambda shot: shot.operation or shot.lost_submissions,
        what="the call to be known or lost",
    )
    api.http.post(f"/v1/videos/{video_id}/cancel")
    until(lambda: state(api, video_id).job.unsettled, lambda left: not left, what="the calls to be settled")
    paid = ledger_of(provider, stack, video_id).paid_outputs()
    assert len(paid) <= len(shot.lost_submissions)


class CancelledMeanwhile(Scripted):
    """A provider that refuses a call while its job is being cancelled."""

    def __init__(self, api: Api, video_id: str) -> None:
        self.api, self.video_id = api, video_id

    def start(self, request: ClipRequest, stills: Stills, output: str) -> str:
        self.api.http.post(f"/v1/videos/{self.video_id}/cancel")
        raise Refused("no")


@pytest.mark.usefixtures("held_back")
def test_a_call_refused_while_its_job_is_cancelled_is_not_taken_for_ambiguous(
    api: Api, provider: RunningProvider, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    video_id = drawn(api, provider)
    monkeypatch.setattr(paid, "paid_backend", lambda _name: CancelledMeanwhile(api, video_id))
    perform(next_task(api, video_id), render_shot, services)
    shot = first_shot(api, video_id)
    assert (shot.submission, shot.charges) == (None, ())
    assert state(api, video_id).job.status == "cancelled"
