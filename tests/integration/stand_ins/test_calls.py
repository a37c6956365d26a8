"""What is true of every call: who may make it, what is put down of it, and what is said no to."""

import json
from pathlib import Path

import httpx
import pytest
from google import genai
from google.genai import _interactions as interactions
from google.genai import errors

from infra.local.stand_ins.request_log import Kind
from infra.local.stand_ins.running import RunningStandIn, running_stand_in
from tests.integration.stand_ins.calls import (
    WRITES,
    draw,
    film,
    gemini,
    vertex,
)


@pytest.mark.parametrize(
    ("directive", "code"),
    [("429", 429), ("quota:7s", 429), ("500", 500), ("503", 503), ("invalid", 400), ("retired", 404)],
)
def test_every_kind_of_call_can_be_rejected(
    client: genai.Client, stand_in: RunningStandIn, directive: str, code: int
) -> None:
    stand_in.images([directive])
    stand_in.script([{"429": "quota", "500": "error", "503": "unavailable"}.get(directive, directive)])

    with pytest.raises(errors.APIError) as drawn:
        draw(client, "a boat")
    with pytest.raises(interactions.APIStatusError) as filmed:
        film(client)

    assert (drawn.value.code, filmed.value.status_code) == (code, code)
    if directive == "quota:7s":
        assert '"retryDelay": "7s"' in json.dumps(drawn.value.details)
        assert '"retryDelay": "7s"' in json.dumps(filmed.value.body)
    assert [call.billed for call in stand_in.requests(Kind.IMAGE, Kind.START)[-2:]] == [False, False]


def test_whoever_does_not_show_the_key_is_turned_away_and_the_key_is_never_logged(
    storage: str, tmp_path: Path
) -> None:
    log = tmp_path / "log.jsonl"
    with running_stand_in(storage, log, key="the-right-key") as stand_in:
        for wrong in (vertex(stand_in.url, token="wrong-key"), gemini(stand_in.url, key="wrong-key")):
            with pytest.raises(errors.ClientError):
                draw(wrong, "a boat")
            with pytest.raises(interactions.APIStatusError):
                film(wrong)
        bare = httpx.post(f"{stand_in.url}/v1/models/{WRITES}:generateContent", json={}, trust_env=False)
        right = draw(gemini(stand_in.url, key="the-right-key"), "a boat")
        calls = stand_in.requests()

    assert bare.status_code == 403
    assert right.candidates is not None
    assert [call.status for call in calls] == [401, 401, 400, 400, 403, 200]
    written = "".join(file.read_text() for file in tmp_path.iterdir())
    assert "right-key" not in written
    assert "wrong-key" not in written


def test_a_directive_that_does_not_exist_is_refused(stand_in: RunningStandIn) -> None:
    for steer in (stand_in.script, stand_in.polls, stand_in.images, stand_in.plans, stand_in.judgements):
        with pytest.raises(ValueError, match="no directive"):
            steer(["nonsense"])


def test_what_is_nobodys_is_not_found_and_a_body_without_end_is_not_read(stand_in: RunningStandIn) -> None:
    with httpx.Client(base_url=stand_in.url, trust_env=False) as http:
        assert http.get("/v1/models").status_code == 404
        assert http.post("/v1/interactions", content=iter([b"{}"])).status_code == 413
        assert (
            http.post("/v1/interactions", content=b"[1", headers={"x-goog-api-key": "k"}).status_code == 400
        )
