"""What Veo is asked for, and what is made of its answers. The wire itself is the contract suite's."""

from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from google import genai
from google.genai.types import GenerateVideosOperation

from functions.render.video_backends import (
    Broken,
    ClipRequest,
    Declined,
    Done,
    HandedOut,
    OperationState,
    Running,
    Unknown,
)
from functions.render.video_backends.veo import Veo
from shared.domain.capabilities import KeyframePosition
from shared.domain.errors import AnswerLost, BackendFailed, BackendUnavailable
from shared.google_ai import Google

REQUEST = ClipRequest(prompt="Mara waits.", seconds=8, width=1920, height=1080, fps=24, seed=7, audio=False)
OUTPUT = "gs://media/jobs/1/"
NAME = "projects/demo/locations/us-central1/publishers/google/models/veo-3.1-generate-001/operations/1a-2b"
REASON = "the input image violates the usage guidelines"


class Models:
    """Answers every start, and every look at an operation, with the same."""

    def __init__(self, answer: Mapping[str, object]) -> None:
        self.answer = GenerateVideosOperation.from_api_response(dict(answer), is_vertex_ai=True)
        self.asked: dict[str, Any] = {}

    def generate_videos(self, **asked: Any) -> GenerateVideosOperation:  # noqa: ANN401 - the SDK's own
        self.asked = asked
        return self.answer

    def get(self, operation: GenerateVideosOperation) -> GenerateVideosOperation:
        assert operation.name == NAME
        return self.answer


def backend(models: Models) -> Veo:
    client = SimpleNamespace(models=models, operations=models)
    return Veo(Google(cast(genai.Client, client), is_vertex=True), "veo-3.1-generate-001")


def polled(answer: Mapping[str, object]) -> OperationState:
    return backend(Models({"name": NAME, **answer})).poll(NAME)


def done(**response: object) -> dict[str, object]:
    return {"done": True, "response": response}


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({}, Running()),
        ({"done": False}, Running()),
        (done(videos=[{"gcsUri": "gs://media/a.mp4"}]), Done(uri="gs://media/a.mp4")),
        (done(videos=[{"bytesBase64Encoded": "AAAA"}]), HandedOut()),
        (done(raiMediaFilteredCount=1, raiMediaFilteredReasons=[REASON]), Declined(reason=REASON)),
        (done(), Declined(reason="no reason was given")),
        (done(videos=[]), Declined(reason="no reason was given")),
        (
            {"done": True, "error": {"code": 3, "message": "no such ratio"}},
            Broken(reason="no such ratio", retryable=False),
        ),
        ({"done": True, "error": {"code": 13, "message": "oops"}}, Broken(reason="oops")),
        ({"done": True, "error": {"code": 8, "message": "too busy"}}, Broken(reason="too busy")),
        ({"done": True, "error": {"code": "content_blocked", "message": "no"}}, Declined(reason="no")),
    ],
)
def test_every_answer_is_read(answer: Mapping[str, object], expected: OperationState) -> None:
    assert polled(answer) == expected


@pytest.mark.parametrize("uri", ["https://elsewhere.test/clip.mp4", "gs://", "file:///etc/passwd"])
def test_a_clip_that_is_said_to_be_nowhere_we_know_is_asked_for_again(uri: str) -> None:
    with pytest.raises(BackendUnavailable):
        polled(done(videos=[{"gcsUri": uri}]))


@pytest.mark.parametrize("odd", ["", "operations/1", NAME + "/../x", NAME + "?x", None])
def test_a_call_whose_name_cannot_be_one_was_perhaps_accepted(odd: object) -> None:
    with pytest.raises(AnswerLost):
        backend(Models({"name": odd})).start(REQUEST, {}, OUTPUT)


@pytest.mark.parametrize("name", ["", "operations/1", NAME + "/x"])
def test_a_name_that_cannot_be_one_is_not_sent(name: str) -> None:
    with_nobody = Veo(Google(cast(genai.Client, None), is_vertex=True), "any")
    assert with_nobody.poll(name) == Unknown()
    assert with_nobody.cancel(name) is True


def test_the_call_says_what_is_wanted(tmp_path: Path) -> None:
    stills = {}
    for position in (KeyframePosition.FIRST, KeyframePosition.LAST):
        stills[position] = tmp_path / f"{position}.png"
        stills[position].write_bytes(str(position).encode())
    models = Models({"name": NAME})
    request = REQUEST.evolve(style="watercolour", negative_prompt="text")
    assert backend(models).start(request, stills, OUTPUT) == NAME
    source, config = models.asked["source"], models.asked["config"]
    assert source.prompt == "Mara waits.\nStyle: watercolour."
    assert (source.image.image_bytes, source.image.mime_type) == (b"first", "image/png")
    assert config.model_dump(exclude_none=True, exclude={"last_frame"}) == {
        "number_of_videos": 1,
        "duration_seconds": 8,
        "aspect_ratio": "16:9",
        "resolution": "1080p",
        "negative_prompt": "text",
        "generate_audio": False,
        "seed": 7,
        "output_gcs_uri": OUTPUT,
    }
    assert config.last_frame.image_bytes == b"last"


@pytest.mark.parametrize(
    ("answer", "billed"),
    [
        ({}, True),
        (done(videos=[{"gcsUri": "gs://media/a.mp4"}]), True),
        (done(raiMediaFilteredCount=1), False),
        ({"done": True, "error": {"code": 13, "message": "oops"}}, False),
    ],
)
def test_what_cannot_be_cancelled_is_billed_unless_it_has_failed(
    answer: Mapping[str, object], billed: bool
) -> None:
    assert backend(Models({"name": NAME, **answer})).cancel(NAME) is billed


def test_a_clip_within_the_answer_is_written(tmp_path: Path) -> None:
    models = Models({"name": NAME, **done(videos=[{"bytesBase64Encoded": "YSBjbGlw"}])})
    backend(models).download(NAME, tmp_path / "clip.mp4")
    assert (tmp_path / "clip.mp4").read_bytes() == b"a clip"


def test_a_clip_that_is_gone_cannot_be_downloaded(tmp_path: Path) -> None:
    with pytest.raises(BackendFailed):
        backend(Models({"name": NAME, **done()})).download(NAME, tmp_path / "clip.mp4")


def test_the_gemini_api_has_no_veo() -> None:
    with pytest.raises(BackendUnavailable, match="Vertex"):
        Veo(Google(cast(genai.Client, None), is_vertex=False), "any")
