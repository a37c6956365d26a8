"""What Gemini Omni is asked for, and what is made of its answers. The wire itself is the contract suite's."""

import base64
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from google import genai
from google.genai.interactions import Interaction

from functions.render.video_backends import (
    Broken,
    ClipRequest,
    Declined,
    Done,
    HandedOut,
    OperationState,
    Running,
    Stills,
    Unknown,
)
from functions.render.video_backends.omni import Omni
from shared.domain.capabilities import KeyframePosition
from shared.domain.errors import AnswerLost, BackendFailed, BackendUnavailable
from shared.domain.plan import Character
from shared.google_ai import Google

REQUEST = ClipRequest(prompt="Mara waits.", seconds=8, width=1280, height=720, fps=24, seed=7)
OUTPUT = "gs://media/jobs/1/"
VIDEO = {"type": "video", "mime_type": "video/mp4"}


class Interactions:
    """Answers every call with the same interaction, and keeps what it was asked."""

    def __init__(self, **answer: Any) -> None:  # noqa: ANN401 - as free as a provider's answer
        self.answer = Interaction.model_construct(**{"id": "v1_abc", "status": "in_progress", **answer})
        self.asked: dict[str, Any] = {}

    def create(self, **asked: Any) -> Interaction:  # noqa: ANN401 - the SDK's own arguments
        self.asked = asked
        return self.answer

    def get(self, _name: str) -> Interaction:
        return self.answer

    cancel = get


def backend(interactions: Interactions, *, is_vertex: bool = True, files: object = None) -> Omni:
    client = SimpleNamespace(interactions=interactions, files=files)
    return Omni(Google(cast(genai.Client, client), is_vertex=is_vertex), "gemini-omni-1.2-flash")


def answered(answer: Mapping[str, object]) -> Interaction:
    """Return an answer as the SDK reads it."""
    return Interaction.model_validate({"id": "v1_abc", **answer})


def polled(answer: Mapping[str, object]) -> OperationState:
    interactions = Interactions()
    interactions.answer = answered(answer)
    return backend(interactions).poll("v1_abc")


def steps(**video: str) -> list[dict[str, object]]:
    return [{"type": "model_output", "content": [{**VIDEO, **video}]}]


@pytest.fixture
def stills(tmp_path: Path) -> Stills:
    found = {}
    for position in (KeyframePosition.FIRST, KeyframePosition.LAST):
        found[position] = tmp_path / f"{position}.png"
        found[position].write_bytes(str(position).encode())
    return found


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"status": "queued"}, Running()),
        ({"status": "in_progress"}, Running()),
        ({"status": "a_status_of_next_year"}, Running()),
        ({"status": "completed", "steps": steps(uri="gs://media/a.mp4")}, Done(uri="gs://media/a.mp4")),
        ({"status": "completed", "steps": steps(uri="files/abc-1")}, HandedOut()),
        ({"status": "completed", "steps": steps(uri="https://g.test/v1beta/files/abc1")}, HandedOut()),
        (
            {"status": "completed", "steps": steps(uri="https://g.test/v1/files/a1:download?alt=media")},
            HandedOut(),
        ),
        ({"status": "completed", "steps": steps(data="AAAA")}, HandedOut()),
        ({"status": "completed"}, Declined(reason="no reason was given")),
        (
            {
                "status": "completed",
                "steps": [{"type": "model_output", "content": [{"type": "text", "text": "I cannot."}]}],
            },
            Declined(reason="I cannot."),
        ),
        (
            {
                "status": "failed",
                "errors": [{"code": "https://g.test/errors/content-policy", "message": "no"}],
            },
            Declined(reason="no"),
        ),
        ({"status": "failed", "errors": [{"code": "internal", "message": "oops"}]}, Broken(reason="oops")),
        (
            {
                "status": "failed",
                "steps": [{"type": "model_output", "error": {"code": 13, "message": "oops"}}],
            },
            Broken(reason="oops"),
        ),
        (
            {"status": "failed", "errors": [{"code": "https://g.test/errors/invalid-argument"}]},
            Broken(reason="no reason was given", retryable=False),
        ),
        ({"status": "failed"}, Broken(reason="no reason was given")),
        ({"status": "cancelled"}, Broken(reason="the operation was cancelled")),
        (
            {"status": "incomplete"},
            Broken(reason="it ended as incomplete: no reason was given", billed=True, retryable=False),
        ),
    ],
)
def test_every_answer_is_read(answer: Mapping[str, object], expected: OperationState) -> None:
    assert polled(answer) == expected


@pytest.mark.parametrize(
    "uri", ["https://elsewhere.test/clip.mp4", "gs://", "file:///etc/passwd", "files/.."]
)
def test_a_clip_that_is_said_to_be_nowhere_we_know_is_asked_for_again(uri: str) -> None:
    with pytest.raises(BackendUnavailable):
        polled({"status": "completed", "steps": steps(uri=uri)})


def test_a_providers_words_are_cut_and_made_printable() -> None:
    state = polled({"status": "failed", "errors": [{"code": "x", "message": "a\x1b[31m" * 1000}]})
    assert isinstance(state, Broken)
    assert (len(state.reason) <= 80, state.reason.isprintable()) == (True, True)


@pytest.mark.parametrize("odd", ["", "a/b", "../x", "a" * 600, "a b", None, 7])
def test_a_call_whose_name_cannot_be_one_was_perhaps_accepted(odd: object) -> None:
    with pytest.raises(AnswerLost):
        backend(Interactions(id=odd)).start(REQUEST, {}, OUTPUT)


@pytest.mark.parametrize("name", ["", "a/b", "../x", "a" * 600, "?"])
def test_a_name_that_cannot_be_one_is_not_sent(name: str) -> None:
    with_nobody = Omni(Google(cast(genai.Client, None), is_vertex=True), "any")
    assert with_nobody.poll(name) == Unknown()
    assert with_nobody.cancel(name) is True


def test_the_call_says_what_is_wanted(stills: Stills) -> None:
    interactions = Interactions()
    request = REQUEST.evolve(
        style="watercolour",
        negative_prompt="text, logos",
        characters=(Character(name="Mara", description="woman, red coat"),),
    )
    assert backend(interactions).start(request, stills, OUTPUT) == "v1_abc"
    text, first, last = interactions.asked["input"]
    assert text["text"].splitlines() == [
        "Mara waits.",
        "Mara: woman, red coat.",
        "Style: watercolour.",
        "Not to be seen: text, logos.",
    ]
    assert [base64.b64decode(image["data"]) for image in (first, last)] == [b"first", b"last"]
    assert interactions.asked["generation_config"] == {"video_config": {"task": "image_to_video"}, "seed": 7}
    assert interactions.asked["response_format"] == {
        "type": "video",
        "aspect_ratio": "16:9",
        "resolution": "720p",
        "duration": "8s",
        "delivery": "uri",
        "gcs_uri": OUTPUT,
    }
    assert (interactions.asked["background"], interactions.asked["store"]) == (True, True)


def test_an_upright_clip_of_words_alone_is_asked_of_the_gemini_api_without_a_bucket() -> None:
    interactions = Interactions()
    upright = REQUEST.evolve(width=1080, height=1920)
    backend(interactions, is_vertex=False).start(upright, {}, OUTPUT)
    asked = interactions.asked
    assert [part["type"] for part in asked["input"]] == ["text"]
    assert asked["generation_config"]["video_config"] == {"task": "text_to_video"}
    assert (asked["response_format"]["aspect_ratio"], asked["response_format"]["resolution"]) == (
        "9:16",
        "1080p",
    )
    assert "gcs_uri" not in asked["response_format"]


def test_what_the_prompt_says_already_is_not_said_twice() -> None:
    interactions = Interactions()
    told = REQUEST.evolve(prompt="Mara, woman, red coat, waits. Style: Watercolour.", style="watercolour")
    told = told.evolve(characters=(Character(name="Mara", description="woman, red coat"),))
    backend(interactions).start(told, {}, OUTPUT)
    assert interactions.asked["input"][0]["text"] == told.prompt


class Files:
    """Hands out a file of some size."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.asked = ""

    def download(self, *, file: str, destination: Any) -> None:  # noqa: ANN401 - anything that can be written to
        self.asked = file
        for _ in range(0, self.size, 1000):
            destination.write(b"x" * min(1000, self.size))


def test_a_clip_is_downloaded_by_its_name_alone_from_whom_we_speak_to(tmp_path: Path) -> None:
    interactions, files = Interactions(), Files(5000)
    uri = "https://elsewhere.test/v1/files/abc1:download?alt=media"
    interactions.answer = answered({"status": "completed", "steps": steps(uri=uri)})
    backend(interactions, files=files).download("v1_abc", tmp_path / "clip.mp4")
    assert (files.asked, (tmp_path / "clip.mp4").stat().st_size) == ("files/abc1", 5000)


def test_a_clip_that_is_too_large_is_not_downloaded_to_its_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("functions.render.video_backends.google_calls.MAX_CLIP_BYTES", 4000)
    interactions = Interactions()
    interactions.answer = answered({"status": "completed", "steps": steps(uri="files/abc1")})
    with pytest.raises(BackendFailed, match="4000 bytes"):
        backend(interactions, files=Files(5000)).download("v1_abc", tmp_path / "clip.mp4")
    assert (tmp_path / "clip.mp4").stat().st_size <= 4000


def test_a_clip_within_the_answer_is_decoded(tmp_path: Path) -> None:
    interactions = Interactions()
    encoded = base64.b64encode(b"a clip").decode()
    interactions.answer = answered({"status": "completed", "steps": steps(data=encoded)})
    backend(interactions).download("v1_abc", tmp_path / "clip.mp4")
    assert (tmp_path / "clip.mp4").read_bytes() == b"a clip"


def test_a_clip_that_is_gone_cannot_be_downloaded(tmp_path: Path) -> None:
    with pytest.raises(BackendFailed):
        backend(Interactions(status="completed")).download("v1_abc", tmp_path / "clip.mp4")


def test_a_cancel_that_has_not_come_about_yet_is_repeated() -> None:
    with pytest.raises(BackendUnavailable):
        backend(Interactions()).cancel("v1_abc")
