"""What may be said about pictures in a request, and what an error tells about it: never the picture."""

import base64
from typing import Any

import pytest

from functions.submit.creation import new_job, request_hash
from functions.submit.given import MAX_PICTURE_BYTES, MAX_PICTURES_BYTES, given_pictures
from shared.domain.capabilities import KeyframeMode
from shared.domain.errors import InvalidInput
from tests.unit.drawn_pictures import encoded, noise, quarters
from tests.unit.sent_bodies import as_multipart

PROMPT = "Mara meets the  Old Fisherman at the harbour."
PICTURE = encoded(noise())
BASE64 = base64.b64encode(PICTURE).decode()
SCREEN = encoded(quarters(640, 360))


def refusal(body: dict[str, Any], *, keyframes: str = "single") -> InvalidInput:
    with pytest.raises(InvalidInput) as refused:
        given_pictures(body, prompt=PROMPT, keyframes=keyframes)
    assert BASE64[:40] not in str(refused.value)
    return refused.value


def job_of(body: dict[str, Any]) -> Any:  # noqa: ANN401 - NewJob
    return new_job(body, owner="somebody", trace_id="")


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
    "body",
    [
        {"reference_images": [{"data": BASE64}]},
        {"initial_image": {"data": BASE64}},
        {"input_reference": PICTURE},
    ],
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


# OpenAI's name for the initial image

URI = f"data:image/png;base64,{BASE64}"


@pytest.mark.parametrize(
    "body",
    [
        {"input_reference": {"image_url": URI}},
        as_multipart(("input_reference", PICTURE)),
        as_multipart(("input_reference[image_url]", URI)),
    ],
    ids=["JSON", "a file", "an object in parts"],
)
def test_an_input_reference_is_the_initial_image(body: dict[str, Any]) -> None:
    (picture,) = given_pictures(body, prompt=PROMPT, keyframes="single").all
    assert picture.data == PICTURE
    assert picture.field.startswith("input_reference")
    assert hashed(**body) == hashed(initial_image={"data": BASE64})


@pytest.mark.parametrize(
    ("value", "field", "permitted"),
    [
        ({"image_url": "https://example.com/fox.png"}, "input_reference.image_url", "nothing is fetched"),
        ({"image_url": BASE64}, "input_reference.image_url", "a data URI"),
        ({"image_url": URI[:-1]}, "input_reference.image_url", "base64"),
        ({"image_url": None}, "input_reference.image_url", "text"),
        ({"file_id": "file-1"}, "input_reference.file_id", "no files are kept here"),
        ({"file_id": "file-1", "image_url": URI}, "input_reference.file_id", "no files are kept here"),
        ({"data": BASE64}, "input_reference.image_url", "a value is required"),
        ({}, "input_reference.image_url", "a value is required"),
        (URI, "input_reference", "an object"),
        (bytes(MAX_PICTURE_BYTES + 1), "input_reference", "at most 5 MiB"),
    ],
)
def test_of_openais_object_only_a_data_uri_is_read(value: object, field: str, permitted: str) -> None:
    refused = refusal({"input_reference": value})
    assert refused.field == field
    assert permitted in refused.permitted


def test_an_input_reference_beside_an_initial_image_is_refused() -> None:
    refused = refusal({"input_reference": {"image_url": URI}, "initial_image": {"data": BASE64}})
    assert (refused.field, "this or initial_image" in refused.permitted) == ("input_reference", True)


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
