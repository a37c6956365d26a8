"""Who has changed what: one line for every such call, and the same in the events that outlive the logs."""

import secrets
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from functions.submit.app import app
from functions.submit.audit import ACTIONS
from infra.local.stack import LocalStack
from shared.domain.job import Stage
from shared.domain.naming import api_key_id
from tests.integration.apart import StartSubmit
from tests.integration.log_lines import await_line, functions_lines
from tests.integration.queues import Queues
from tests.integration.service import PROMPT, Api, until

BODY = {"prompt": PROMPT, "seconds": 4, "size": "640x360"}

Call = Callable[..., tuple[httpx.Response, dict[str, Any]]]


@pytest.fixture
def call(stack: LocalStack, api: Api) -> Call:
    """Make a call, and return its answer and the one line of the audit that it has left."""

    def called(method: str, path: str, **how: Any) -> tuple[httpx.Response, dict[str, Any]]:  # noqa: ANN401 - httpx's own
        request_id = f"req_{secrets.token_hex(12)}"
        headers = {"X-Request-Id": request_id, **how.pop("headers", {})}
        answer = api.http.request(method, f"/v1/videos{path}", headers=headers, **how)
        await_line(stack, request_id, "request.handled")
        lines = [line for _, line in functions_lines(stack, request_id) if line["message"] == "audit"]
        assert len(lines) == 1, lines
        return answer, lines[0]

    return called


def test_every_route_that_changes_anything_is_audited() -> None:
    changing = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if (rule.methods or set()) & {"POST", "PUT", "PATCH", "DELETE"}
    }
    assert changing - {"videos.estimate"} == set(ACTIONS)


def test_a_creation_is_told_with_who_made_it(api_key: str, queues: Queues, call: Call) -> None:
    queues.pause(Stage.KEYFRAMES)
    answer, line = call("POST", "", json=BODY)
    assert (line["action"], line["outcome"]) == ("create", "done")
    assert (line["owner"], line["key"]) == ("tests", api_key_id(api_key)[:12])
    assert line["video_id"] == answer.json()["id"]
    assert line["logging.googleapis.com/trace"]


def test_a_repeat_is_told_as_such_and_names_the_same_video(queues: Queues, call: Call) -> None:
    queues.pause(Stage.KEYFRAMES)
    headers = {"Idempotency-Key": secrets.token_hex(8)}
    _, first = call("POST", "", json=BODY, headers=headers)
    _, again = call("POST", "", json=BODY, headers=headers)
    assert (first["outcome"], again["outcome"]) == ("done", "replayed")
    assert first["video_id"] == again["video_id"]


@pytest.mark.parametrize("action", ["cancel", "delete"])
def test_an_end_is_told_and_a_second_one_too(api: Api, queues: Queues, call: Call, action: str) -> None:
    queues.pause(Stage.KEYFRAMES)
    video_id = api.create()
    method, path = ("DELETE", f"/{video_id}") if action == "delete" else ("POST", f"/{video_id}/cancel")
    _, first = call(method, path)
    _, again = call(method, path)
    assert (first["action"], first["video_id"], first["outcome"]) == (action, video_id, "done")
    assert again["outcome"] == ("not_found" if action == "delete" else "replayed")


@pytest.mark.parametrize("action", ["retry", "render", "remix"])
def test_what_is_refused_is_told_with_the_code_of_the_error(
    api: Api, queues: Queues, call: Call, action: str
) -> None:
    queues.pause(Stage.KEYFRAMES)
    video_id = api.create()
    answer, line = call("POST", f"/{video_id}/{action}", json={"prompt": PROMPT} if action == "remix" else {})
    assert answer.status_code == 409
    assert (line["action"], line["named"], line["outcome"]) == (action, video_id, "illegal_transition")
    api.http.post(f"/v1/videos/{video_id}/cancel")


def test_a_derived_video_is_told_with_the_one_it_is_made_of(api: Api, call: Call) -> None:
    video_id = api.create(seconds=4)
    api.finished(video_id)
    answer, line = call("POST", f"/{video_id}/remix", json={"prompt": PROMPT})
    assert (line["action"], line["outcome"]) == ("remix", "done")
    assert (line["named"], line["video_id"]) == (video_id, answer.json()["id"])
    api.finished(answer.json()["id"])


def test_bad_input_is_told_without_the_input(call: Call) -> None:
    _, line = call("POST", "", json={"prompt": "Zyxomma", "size": "Zyxomma"})
    assert (line["outcome"], line["video_id"]) == ("invalid_value", None)
    assert "Zyxomma" not in str(line)


def test_who_is_not_known_leaves_no_line(stack: LocalStack, api: Api) -> None:
    request_id = f"req_{secrets.token_hex(12)}"
    headers = {"Authorization": "Bearer ttv_unknown", "X-Request-Id": request_id}
    api.http.post("/v1/videos", json=BODY, headers=headers)
    handled = await_line(stack, request_id, "request.handled")
    assert (handled["key"], handled["code"]) == (None, "invalid_api_key")
    assert [line["message"] for _, line in functions_lines(stack, request_id)] == ["request.handled"]


def test_the_job_itself_keeps_who_accepted_cancelled_and_deleted_it(
    api: Api, api_key: str, queues: Queues, call: Call
) -> None:
    queues.pause(Stage.KEYFRAMES)
    answer, accepted = call("POST", "", json=BODY)
    video_id = answer.json()["id"]
    _, cancelled = call("POST", f"/{video_id}/cancel")
    _, deleted = call("DELETE", f"/{video_id}")
    kept = {event["name"]: event["data"] for event in api.store.events(video_id)}
    key = api_key_id(api_key)[:12]
    for name, line in (("accepted", accepted), ("cancelled", cancelled), ("deleted", deleted)):
        assert kept[f"job.{name}"].items() >= {"request_id": line["request_id"], "key": key}.items()


def test_a_video_that_could_not_be_enqueued_is_told_as_refused(
    api: Api,
    api_key: str,
    start_submit: StartSubmit,
    tmp_path: Any,  # noqa: ANN401 - a folder
) -> None:
    url = start_submit(TTV_TASKS_ENDPOINT="127.0.0.1:1")
    headers = {"Authorization": f"Bearer {api_key}"}
    answer = httpx.post(f"{url}/v1/videos", json=BODY, headers=headers, timeout=20)
    assert answer.status_code == 503
    log = tmp_path / "submit.log"
    request_id = answer.headers["X-Request-Id"]
    handled = f'"request_id": "{request_id}"'
    said = until(
        log.read_text, lambda text: '"request.handled"' in text.partition(handled)[2], what="the line"
    )
    told = [line for line in said.splitlines() if '"audit"' in line]
    assert len(told) == 1
    assert "queue_unavailable" in told[0]
