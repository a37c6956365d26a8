"""What a body may be, JSON or multipart, and how much of it: said alike in both, or refused with a hint."""

import base64
import json
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

import flask
import pytest
from werkzeug.exceptions import HTTPException
from werkzeug.test import EnvironBuilder

from functions.submit import intake
from functions.submit.intake import MAX_BODY_BYTES, MAX_PARTS, body_of
from functions.submit.problems import MalformedBody
from shared.domain.errors import InvalidInput, Unavailable
from shared.domain.job import ReferenceImage, StoredPicture
from tests.unit.drawn_pictures import decoded, encoded, noise, quarters
from tests.unit.sent_bodies import as_json, as_multipart, sent
from tests.unit.test_pictures_given import job_of

PROMPT = "Mara meets the Old Fisherman at the harbour."
PICTURE = encoded(noise())
BASE64 = base64.b64encode(PICTURE).decode()
SCREEN = encoded(quarters(640, 360))


def test_multipart_says_the_same_as_json() -> None:
    body = as_multipart(
        *(("prompt", PROMPT), ("seconds", "8"), ("size", "640x360"), ("overlap", "true"), ("seed", "7")),
        *(("reference_images", PICTURE), ("reference_shows", "Mara"), ("reference_images", SCREEN)),
        *(("reference_shows", ""), ("initial_image", SCREEN), ("fallback_models", "[]")),
    )
    assert body["reference_images"] == [{"data": PICTURE, "shows": "Mara"}, {"data": SCREEN, "shows": None}]
    assert body["initial_image"] == {"data": SCREEN}
    new = job_of(body)
    assert (new.job.config.seconds, new.job.config.overlap, new.job.config.seed) == (8, True, 7)
    prefix = f"jobs/{new.job.job_id}/given"
    assert new.job.reference_images == (
        ReferenceImage(path=f"{prefix}/reference-0.png", shows="Mara"),
        ReferenceImage(path=f"{prefix}/reference-1.png"),
    )
    assert new.job.initial_image == StoredPicture(path=f"{prefix}/initial.png")
    assert {path: decoded(png).size for path, png in new.pictures.items()} == {
        f"{prefix}/reference-0.png": (160, 90),
        f"{prefix}/reference-1.png": (640, 360),
        f"{prefix}/initial.png": (640, 360),
    }


@pytest.mark.parametrize(
    ("parts", "field", "permitted"),
    [
        ([("shots[0]", "x")], "shots[0]", "one part of JSON text"),
        ([("reference_images[]", PICTURE)], "reference_images[]", "files only as reference_images"),
        ([("seconds", "8"), ("seconds", "9")], "seconds", "one part"),
        ([("prompt", b"a file")], "prompt", "files only as reference_images"),
        ([("reference_images", BASE64)], "reference_images", "a part with a filename"),
        ([("initial_image", BASE64)], "initial_image", "a part with a filename"),
        ([("initial_image", PICTURE), ("initial_image", PICTURE)], "initial_image", "one part"),
        ([("reference_shows", "Mara")], "reference_shows", "one for each of the 0"),
        ([("reference_images", PICTURE)] * 2 + [("reference_shows", "")], "reference_shows", "of the 2"),
        ([("fallback_models", "animatic")], "fallback_models", "a list in JSON"),
        ([("fallback_models", '"animatic"')], "fallback_models", "a list in JSON"),
        ([("fallback_models", "[" * 5000)], "fallback_models", "a list in JSON"),
        ([("prompt", "\udcff")], "prompt", "text in UTF-8"),
        ([("shots[][prompt]", "x"), ("shots[][seconds]", "2")], "shots[][prompt]", "one part of JSON text"),
        ([("shots", '{"prompt": "x"}')], "shots", "a list in JSON"),
        ([("metadata", '["x"]')], "metadata", "an object in JSON"),
        ([("metadata[a][b]", "x")], "metadata[a][b]", "one part of JSON text"),
        ([("metadata[a]", "x"), ("metadata[a]", "y")], "metadata[a]", "one part"),
        ([("metadata[a]", "x"), ("metadata", "{}")], "metadata", "parts metadata[...] only"),
        ([("input_reference", BASE64)], "input_reference", "a part with a filename"),
        ([("input_reference", PICTURE), ("input_reference", PICTURE)], "input_reference", "one part"),
        ([("input_reference", PICTURE), ("input_reference[image_url]", "x")], "input_reference", "one of"),
    ],
)
def test_a_part_that_means_nothing_here_is_refused_with_a_hint(
    parts: Sequence[tuple[str, Any]], field: str, permitted: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        as_multipart(*parts)
    assert refused.value.field == field
    assert permitted in refused.value.permitted


def test_lists_and_objects_are_json_text_and_an_objects_texts_may_come_one_by_one() -> None:
    shots = [{"prompt": "Mara waits.", "seconds": 2}, {"prompt": "Mara goes."}]
    parts = [("shots", json.dumps(shots)), ("metadata", '{"scene": "7"}'), ("fallback_models", '["a"]')]
    body = {"shots": shots, "metadata": {"scene": "7"}, "fallback_models": ["a"]}
    assert as_multipart(*parts) == body
    one_by_one = as_multipart(("metadata[scene]", "7"), ("metadata[the take]", "1"))
    assert one_by_one == {"metadata": {"scene": "7", "the take": "1"}}


def test_an_unknown_part_is_refused_like_an_unknown_field() -> None:
    with pytest.raises(InvalidInput, match=r"secnods: there is no such field; .*reference_images"):
        job_of(as_multipart(("prompt", PROMPT), ("secnods", "8")))


def test_a_file_part_is_judged_as_the_same_data_is_in_json() -> None:
    with pytest.raises(InvalidInput) as refused:
        job_of(as_multipart(("prompt", PROMPT), ("reference_images", b"<svg/>")))
    assert (refused.value.field, refused.value.permitted) == ("reference_images.0.data", "PNG, JPEG, WebP")


@pytest.mark.parametrize(
    ("data", "content_type"),
    [
        (b"--x-boundary-x\r\n", "multipart/form-data; boundary=x-boundary-x"),
        (
            b"--x-boundary-x\r\nX: y\r\n\r\nz\r\n--x-boundary-x--",
            "multipart/form-data; boundary=x-boundary-x",
        ),
        (b"--x\r\nContent-Disposition: form-data\r\n\r\nz\r\n--x--", "multipart/form-data; boundary=x"),
        (b"--x--", "multipart/form-data"),
        (b"--x--", "multipart/form-data; boundary=\xe9"),
        (b"\xff\xfe{}", "application/json"),
        (b"[1]", "application/json"),
    ],
)
def test_a_body_that_is_not_what_it_says_is_malformed(data: bytes, content_type: str) -> None:
    with pytest.raises(MalformedBody):
        sent(data, content_type)


def too_many_values() -> bytes:
    return b'{"reference_images": [' + b"{}," * 400_000 + b"{}]}"


@pytest.mark.parametrize(
    ("data", "content_type"),
    [
        (b'{"initial_image": "' + b"x" * MAX_BODY_BYTES, "application/json"),
        (b'{"prompt": "' + b"x" * 2**20 + b'"}', "application/json"),
        (too_many_values(), "application/json"),
        (b"--x\r\n" + b"x" * MAX_BODY_BYTES, "multipart/form-data; boundary=x"),
    ],
    ids=["all", "without pictures", "many values", "multipart"],
)
def test_a_body_that_is_too_large_is_not_unpacked(
    data: bytes, content_type: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "_parsed", None)
    with pytest.raises(HTTPException) as refused:
        sent(data, content_type)
    assert refused.value.code == 413


@pytest.mark.parametrize(
    "parts", [[("prompt", "x" * 300_000)], [("a", "b")] * (MAX_PARTS + 1)], ids=["long text", "many parts"]
)
def test_text_parts_are_few_and_short(parts: Sequence[tuple[str, Any]]) -> None:
    with pytest.raises(HTTPException) as refused:
        as_multipart(*parts)
    assert refused.value.code == 413


LARGE = b'{"initial_image": {"data": "' + b"x" * 2**20 + b'"}}'


def taken_in(holding: ExitStack, owner: str) -> None:
    environ = EnvironBuilder(method="POST", data=LARGE, content_type="application/json").get_environ()
    holding.enter_context(body_of(flask.Request(environ), owner))


def test_only_some_large_bodies_are_in_memory_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "PATIENCE_SECONDS", 0.01)
    with ExitStack() as holding:
        for number in range(intake.LARGE_AT_ONCE):
            taken_in(holding, f"owner {number}")
        with pytest.raises(Unavailable):
            sent(LARGE, "application/json")
        assert as_json({"prompt": PROMPT}) == {"prompt": PROMPT}
    assert sent(LARGE, "application/json")


def test_one_owner_cannot_keep_the_others_large_bodies_out() -> None:
    with ExitStack() as holding:
        for _ in range(intake.LARGE_OF_ONE_OWNER):
            taken_in(holding, "greedy")
        with pytest.raises(Unavailable, match="of yours"):
            taken_in(holding, "greedy")
        assert sent(LARGE, "application/json")
    with ExitStack() as holding:
        taken_in(holding, "greedy")
