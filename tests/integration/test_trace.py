"""One job, one trace: in the log lines of every function, from the request that made it to the sweep."""

import secrets
from collections import Counter
from collections.abc import Callable

import httpx
import pytest

from infra.local.stack import LocalStack
from shared.documents import JobDocuments
from shared.domain.job import Stage
from tests.integration.log_lines import FUNCTIONS, await_line, functions_lines
from tests.integration.queues import Queues
from tests.integration.service import PROMPT, Api, until
from tests.provider.running import RunningProvider

TRACE, SPAN = "logging.googleapis.com/trace", "logging.googleapis.com/spanId"


@pytest.fixture
def trace_id() -> str:
    return secrets.token_hex(16)


def create(api: Api, trace_id: str, span_id: str = "00f067aa0ba902b7", **body: object) -> str:
    asked = {"prompt": PROMPT, "seconds": 4, "size": "640x360"} | body
    headers = {"traceparent": f"00-{trace_id}-{span_id}-01"}
    answer = api.http.post("/v1/videos", json=asked, headers=headers)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


def traces(stack: LocalStack, video_id: str) -> set[str | None]:
    return {line.get(TRACE) for _, line in functions_lines(stack, video_id)}


def whole(stack: LocalStack, trace_id: str) -> str:
    return f"projects/{stack.environment['GOOGLE_CLOUD_PROJECT']}/traces/{trace_id}"


def test_every_line_of_every_function_about_a_job_is_in_the_trace_of_the_request_that_made_it(
    stack: LocalStack, api: Api, trace_id: str
) -> None:
    video_id = create(api, trace_id)
    await_line(stack, video_id, "task.handled", stage="finalize", outcome="done")
    assert traces(stack, video_id) == {whole(stack, trace_id)}
    processes = {process.partition("-")[0] for process, _ in functions_lines(stack, video_id)}
    assert processes == set(FUNCTIONS)


def test_a_line_names_the_span_of_the_call_that_it_is_part_of(
    stack: LocalStack, api: Api, trace_id: str
) -> None:
    span_id = secrets.token_hex(8)
    video_id = create(api, trace_id, span_id)
    of_keyframes = await_line(stack, video_id, "task.handled", stage="keyframes")
    of_finalize = await_line(stack, video_id, "task.handled", stage="finalize")
    assert await_line(stack, video_id, "job.accepted")[SPAN] == span_id
    assert len({span_id, of_keyframes[SPAN], of_finalize[SPAN]}) == 3


def test_a_handled_task_tells_how_long_it_took_and_which_try_it_was(
    stack: LocalStack, api: Api, trace_id: str
) -> None:
    video_id = create(api, trace_id)
    line = await_line(stack, video_id, "task.handled", stage="render", outcome="done")
    assert (line["attempt"], line["retries"], line["shot"]) == (1, 0, 0)
    assert line["milliseconds"] > 0


def test_a_task_that_cannot_be_read_is_told_in_the_trace_of_its_delivery(
    stack: LocalStack, trace_id: str
) -> None:
    headers = {"traceparent": f"00-{trace_id}-00f067aa0ba902b7-00"}
    httpx.post(stack.environment["TTV_KEYFRAMES_URL"], content="{", headers=headers, timeout=60)
    line = await_line(stack, trace_id, "task.malformed")
    assert (line[TRACE], line[SPAN]) == (whole(stack, trace_id), "00f067aa0ba902b7")


def test_what_a_worker_and_the_sweep_say_of_a_job_that_they_cannot_read_is_in_its_trace(
    stack: LocalStack, api: Api, queues: Queues, sweep: Callable[[], dict[str, int]], trace_id: str
) -> None:
    queues.pause(Stage.KEYFRAMES)
    video_id = create(api, trace_id)
    job = JobDocuments(api.store._db, video_id).job
    job.update({"stage": "a stage of the future"})
    sweep()
    crashed = await_line(stack, video_id, "sweep.crashed")
    queues.resume(Stage.KEYFRAMES)
    await_line(stack, video_id, "task.crashed")
    job.update({"stage": "keyframes"})
    until(lambda: api.store.load(video_id).state.job.status.is_final, bool, what="the job's end")
    assert crashed[TRACE] == whole(stack, trace_id)
    assert traces(stack, video_id) == {whole(stack, trace_id)}


def test_all_that_happens_to_a_job_is_one_line_each_with_what_metrics_are_made_of(
    stack: LocalStack, api: Api, provider: RunningProvider, trace_id: str
) -> None:
    video_id = create(api, trace_id, model="scripted", prompt="Mara walks.")
    completed = await_line(stack, video_id, "job.completed")
    stored = Counter(event["name"] for event in api.store.events(video_id))
    lines = [line for _, line in functions_lines(stack, video_id)]
    assert Counter(line["message"] for line in lines if line["message"] in stored) == stored
    job = api.store.load(video_id).state.job
    assert job.finished_at is not None
    took = (job.finished_at - job.created_at).total_seconds()
    assert completed["took_seconds"] == pytest.approx(took, abs=0.001)
    assert completed["spent_usd"] == api.video(video_id)["cost"]["spent_usd"] > 0
    (charge,) = (line for line in lines if line["message"] == "charge.entered")
    assert (charge["usd"], charge["model"], charge["stage"]) == (
        completed["spent_usd"],
        "scripted",
        "render",
    )
    (rendered,) = (line for line in lines if line["message"] == "clip.rendered")
    assert (rendered["model"], rendered["shot"], rendered["severity"]) == ("scripted", 0, "INFO")


def test_the_failure_of_a_job_is_told_in_its_trace(
    stack: LocalStack, api: Api, provider: RunningProvider, trace_id: str
) -> None:
    prompt = "Mara walks. [refuse]"
    video_id = create(api, trace_id, model="scripted", prompt=prompt, reword_refused=False)
    await_line(stack, video_id, "task.handled", outcome="failed")
    assert await_line(stack, video_id, "job.failed")["code"] == "refused"
    assert traces(stack, video_id) == {whole(stack, trace_id)}


def test_the_settlement_of_a_cancelled_job_is_told_in_its_trace(
    stack: LocalStack, api: Api, provider: RunningProvider, trace_id: str
) -> None:
    provider.script(["endless"])
    video_id = create(api, trace_id, model="scripted", prompt="Mara walks.")
    api.wait_for_event(video_id, "operation.started")
    assert api.http.post(f"/v1/videos/{video_id}/cancel").status_code == 200  # in a trace of its own
    assert await_line(stack, video_id, "call.ended")[TRACE] == whole(stack, trace_id)


def test_a_request_without_a_valid_traceparent_begins_a_trace_of_its_own(stack: LocalStack, api: Api) -> None:
    answer = httpx.get(f"{stack.submit_url}/health", headers={"traceparent": "00-" + "0" * 32 + "-1-00"})
    line = await_line(stack, answer.headers["X-Request-Id"], "request.handled")
    assert len(line[TRACE].rpartition("/")[2].strip("0")) > 16
    assert SPAN not in line
