"""What may be said about pictures in a request, and what an error tells about it: never the picture."""

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
from functions.submit.creation import new_job, request_hash
from functions.submit.given import MAX_PICTURE_BYTES, MAX_PICTURES_BYTES, given_pictures
from functions.submit.intake import MAX_BODY_BYTES, MAX_PARTS, body_of
from functions.submit.problems import MalformedBody
from shared.domain.errors import InvalidInput, Unavailable
from shared.domain.generation import KeyframeMode
from shared.domain.job import ReferenceImage, UserPicture
from tests.unit.drawn_pictures import decoded, encoded, noise, quarters

PROMPT = "Mara meets the  Old Fisherman at the harbour."
PICTURE = encoded(noise())
BASE64 = base64.b64encode(PICTURE).decode()
SCREEN = encoded(quarters(640, 360))

app = flask.Flask(__name__)


def as_json(body: object, content_type: str = "application/json") -> dict[str, Any]:
    with (
        app.test_request_context(method="POST", data=json.dumps(body), content_type=content_type),
        body_of(flask.request, "somebody") as read,
    ):
        return read


def as_multipart(*parts: tuple[str, Any]) -> dict[str, Any]:
    """Send parts: text, or bytes as a file."""
    boundary, lines = b"x-boundary-x", []
    for name, value in parts:
        disposition = f'form-data; name="{name}"'
        if isinstance(value, bytes):
            disposition += '; filename="../../etc/passwd.svg"\r\nContent-Type: image/svg+xml'
        content = value if isinstance(value, bytes) else value.encode("utf-8", "surrogateescape")
        head = f"Content-Disposition: {disposition}\r\n\r\n".encode()
        lines += [b"--" + boundary + b"\r\n" + head + content + b"\r\n"]
    return sent(b"".join(lines) + b"--" + boundary + b"--\r\n")


def sent(data: bytes, content_type: str = "multipart/form-data; boundary=x-boundary-x") -> dict[str, Any]:
    with (
        app.test_request_context(method="POST", data=data, content_type=content_type),
        body_of(flask.request, "somebody") as read,
    ):
        return read


def refusal(body: dict[str, Any], *, keyframes: str = "single") -> InvalidInput:
    with pytest.raises(InvalidInput) as refused:
        given_pictures(body, prompt=PROMPT, keyframes=keyframes)
    assert BASE64[:40] not in str(refused.value)
    return refused.value


def job_of(body: dict[str, Any]) -> Any:  # noqa: ANN401 - NewJob
    return new_job(body, owner="somebody", trace_id="", time_limit_seconds=60)


# JSON


@pytest.mark.parametrize("prefix", ["", "data:image/png;base64,", "data:;base64,", "DATA:text/html;BASE64,"])
def test_base64_is_read_with_and_without_the_prefix_of_a_data_uri(prefix: str) -> None:
    body = {
        "reference_images": [{"data": prefix + BASE64, "shows": "mara"}],
        "initial_image": {"data": BASE64},
    }
    given = given_pictures(body, prompt=PROMPT, keyframes="single")
    assert [(each.field, each.data == PICTURE, each.shows) for each in given.all] == [
        ("reference_images.0.data", True, "mara"),
        ("initial_image.data", True, None),
    ]


@pytest.mark.parametrize("shows", ["Mara", "MARA", "fisherman", "the old fisherman", "old  fisherman", None])
def test_whom_a_picture_shows_is_found_in_the_prompt_by_whole_words(shows: str | None) -> None:
    given = given_pictures(
        {"reference_images": [{"data": BASE64, "shows": shows}]}, prompt=PROMPT, keyframes="single"
    )
    assert given.references[0].shows == shows


@pytest.mark.parametrize("shows", ["Mar", "Marlon", "", "  ", "fish", "?", "M.ra", "x" * 201, 7, ["Mara"]])
def test_whom_the_prompt_does_not_name_no_picture_can_show(shows: object) -> None:
    refused = refusal({"reference_images": [{"data": BASE64}, {"data": BASE64, "shows": shows}]})
    assert refused.field == "reference_images.1.shows"


@pytest.mark.parametrize(
    ("value", "field", "value_told", "permitted"),
    [
        (BASE64, "reference_images", f"text of {len(BASE64)} characters", "a list of objects"),
        ({"data": BASE64}, "reference_images", "an object", "a list of objects"),
        ([BASE64], "reference_images.0", f"text of {len(BASE64)} characters", "an object"),
        ([[BASE64]], "reference_images.0", "a list", "an object"),
        ([None], "reference_images.0", None, "an object"),
        ([{}], "reference_images.0.data", None, "a value is required"),
        ([{"data": None}], "reference_images.0.data", None, "text"),
        ([{"data": [BASE64]}], "reference_images.0.data", "a list", "text"),
        ([{"data": 7}], "reference_images.0.data", 7, "text"),
        ([{"data": "?" * 400}], "reference_images.0.data", "text of 400 characters", "base64"),
        ([{"data": "\u2603"}], "reference_images.0.data", "\u2603", "base64"),
        (
            [{"data": BASE64[:-1]}],
            "reference_images.0.data",
            f"text of {len(BASE64) - 1} characters",
            "base64",
        ),
        (
            [{"data": BASE64[:76] + "\n" + BASE64[76:]}],
            "reference_images.0.data",
            None,
            "without line breaks",
        ),
        (
            [{"data": "", "image": BASE64}],
            "reference_images.0.image",
            f"text of {len(BASE64)} characters",
            "data, shows",
        ),
        ([{"data": BASE64, "url": "http://x"}], "reference_images.0.url", "http://x", "data, shows"),
        ([{"data": ""}] * 5, "reference_images", "5 pictures", "at most 4"),
    ],
)
def test_a_mistake_is_named_by_its_place_and_the_picture_is_not_repeated(
    value: object, field: str, value_told: object, permitted: str
) -> None:
    refused = refusal({"reference_images": value})
    assert refused.field == field
    assert permitted in refused.permitted
    assert value_told in (None, refused.value)


def test_an_initial_image_shows_nobody_in_particular() -> None:
    assert refusal({"initial_image": {"data": BASE64, "shows": "Mara"}}).field == "initial_image.shows"


def test_a_picture_and_all_together_have_a_largest_size() -> None:
    text = base64.b64encode(bytes(MAX_PICTURE_BYTES + 1)).decode()
    refused = refusal({"initial_image": {"data": text}})
    assert (refused.field, refused.value, refused.permitted) == (
        "initial_image.data",
        "5 MiB",
        "at most 5 MiB",
    )
    largest = {"data": bytes(MAX_PICTURE_BYTES)}
    assert given_pictures({"reference_images": [largest] * 3}, prompt=PROMPT, keyframes="single").all
    assert "16 MiB in all" in refusal({"reference_images": [largest] * 4}).permitted
    assert 3 * MAX_PICTURE_BYTES < MAX_PICTURES_BYTES < 4 * MAX_PICTURE_BYTES


@pytest.mark.parametrize(
    "body", [{"reference_images": [{"data": BASE64}]}, {"initial_image": {"data": BASE64}}]
)
def test_without_keyframes_there_is_no_use_for_a_picture(body: dict[str, Any]) -> None:
    refused = refusal(body, keyframes=KeyframeMode.NONE)
    assert refused.field in body
    assert "keyframes: none" in refused.permitted


@pytest.mark.parametrize(
    "nothing", [{}, {"reference_images": []}, {"reference_images": None, "initial_image": None}]
)
def test_no_picture_is_no_picture(nothing: dict[str, Any]) -> None:
    assert not given_pictures(nothing, prompt=PROMPT, keyframes="none").all
    assert job_of({"prompt": PROMPT, **nothing}).pictures == {}


# Multipart


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
    assert new.job.initial_image == UserPicture(path=f"{prefix}/initial.png")
    assert {path: decoded(png).size for path, png in new.pictures.items()} == {
        f"{prefix}/reference-0.png": (160, 90),
        f"{prefix}/reference-1.png": (640, 360),
        f"{prefix}/initial.png": (640, 360),
    }


@pytest.mark.parametrize(
    ("parts", "field", "permitted"),
    [
        ([("shots[0]", "x")], "shots[0]", "send JSON"),
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
    ],
)
def test_a_part_that_means_nothing_here_is_refused_with_a_hint(
    parts: Sequence[tuple[str, Any]], field: str, permitted: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        as_multipart(*parts)
    assert refused.value.field == field
    assert permitted in refused.value.permitted


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


# The same request


def hashed(**body: object) -> str:
    return request_hash(job_of({"prompt": PROMPT, **body}).request)


def test_equal_requests_have_equal_hashes_and_each_picture_counts() -> None:
    other = base64.b64encode(encoded(quarters())).decode()
    with_one = hashed(reference_images=[{"data": BASE64}])
    assert with_one == hashed(reference_images=[{"data": f"data:image/png;base64,{BASE64}", "shows": None}])
    assert with_one == hashed(reference_images=[{"data": PICTURE}])
    different = [
        with_one,
        hashed(),
        hashed(reference_images=[{"data": other}]),
        hashed(reference_images=[{"data": BASE64, "shows": "Mara"}]),
        hashed(reference_images=[{"data": BASE64}, {"data": other}]),
        hashed(reference_images=[{"data": other}, {"data": BASE64}]),
        hashed(initial_image={"data": base64.b64encode(SCREEN).decode()}, size="640x360"),
    ]
    assert len(set(different)) == len(different)


def test_a_request_without_pictures_is_hashed_as_it_came() -> None:
    body = {"prompt": PROMPT, "seconds": 8}
    assert hashed(seconds=8) == request_hash(body)
