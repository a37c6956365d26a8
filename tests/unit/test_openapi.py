"""The committed OpenAPI document and its page: true to the code, complete, and sound HTML."""

import re
from collections import Counter
from html.parser import HTMLParser
from typing import Any

import pytest
from pydantic import ValidationError

from functions.submit.app import app
from functions.submit.creation import AskedShot, CreateVideo
from functions.submit.pages import PUBLISHED
from infra.archives import files_of
from infra.openapi.__main__ import document_now, stale
from infra.openapi.document import method_of, path_of
from infra.openapi.operations import OPERATIONS
from infra.openapi.page import page
from infra.openapi.requests import AS_TEXT
from infra.openapi.wording import type_of
from shared.domain.capabilities import EVERYTHING, VIDEO_BACKENDS
from shared.domain.errors import InvalidInput
from shared.domain.generation import AskedConfig, build_effective_config

VOID = frozenset({"meta", "br", "link", "hr", "img"})


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    return document_now()


def test_what_is_committed_is_what_the_code_says() -> None:
    assert stale() == [], "`make openapi` writes them anew"


def test_the_archive_of_submit_carries_what_it_serves() -> None:
    carried = files_of("submit")
    for name in ("openapi.json", "docs.html"):
        assert carried[f"functions/submit/published/{name}"] == (PUBLISHED / name).read_bytes()


def test_every_route_is_in_the_document_and_every_operation_is_a_route(document: dict[str, Any]) -> None:
    routes = {(path_of(rule), method_of(rule)) for rule in app.url_map.iter_rules()}
    described = {(path, method) for path, methods in document["paths"].items() for method in methods}
    assert routes == described
    assert OPERATIONS.keys() == {rule.endpoint for rule in app.url_map.iter_rules()}


def test_every_field_of_a_request_says_what_it_means(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    asked = ("CreateVideo", "CreateVideoForm", "RemixVideo", "RemixVideoForm", "RenderVideo", "AskedShot")
    silent = [
        f"{name}.{field}"
        for name in asked
        for field, schema in schemas[name]["properties"].items()
        if not schema.get("description")
    ]
    assert silent == []


def test_every_field_that_may_be_sent_is_in_the_document(document: dict[str, Any]) -> None:
    described = document["components"]["schemas"]["CreateVideo"]["properties"]
    assert described.keys() == CreateVideo.model_fields.keys()
    assert AskedConfig.model_fields.keys() <= described.keys()


@pytest.mark.parametrize("text", [*map(str, range(-1, 12)), *map(str, range(290, 311)), "08", "8.5", "", "x"])
def test_text_in_place_of_seconds_is_described_as_the_api_takes_it(text: str) -> None:
    described = re.fullmatch(AS_TEXT["seconds"], text) is not None
    try:
        build_effective_config(http={"seconds": text})
    except InvalidInput:
        assert not described
    else:
        assert described


@pytest.mark.parametrize(
    "text", ["0", "1.5", "99999.99", "100000", "100000.0", "100000.1", "100001", "-1", "1e3"]
)
def test_text_in_place_of_money_is_described_as_the_api_takes_it(text: str) -> None:
    described = re.fullmatch(AS_TEXT["max_cost_usd"], text) is not None
    try:
        AskedConfig.model_validate({"max_cost_usd": text})
    except ValidationError:
        assert not described
    else:
        assert described


@pytest.mark.parametrize("text", ["0", "1", "0.5", "1.0", "00.25", "1.01", "2", "-0.1", ".5", "1e-1", ""])
def test_text_in_place_of_a_score_is_described_as_the_api_takes_it(text: str) -> None:
    described = re.fullmatch(AS_TEXT["redraw_below"], text) is not None
    try:
        AskedConfig.model_validate({"redraw_below": text})
    except ValidationError:
        assert not described
    else:
        assert described


@pytest.mark.parametrize("backend", EVERYTHING.video)
def test_the_document_refuses_nothing_that_some_deployment_permits(
    document: dict[str, Any], backend: str
) -> None:
    schemas, can = document["components"]["schemas"], VIDEO_BACKENDS[backend]
    asked = schemas["CreateVideo"]["properties"]
    for field, values in (("size", can.sizes), ("fps", can.fps), ("keyframes", can.keyframes)):
        assert set(values) <= set(asked[field]["anyOf"][0]["enum"])
    (seconds, as_text, _null) = schemas["AskedShot"]["properties"]["seconds"]["anyOf"]
    for length in can.clip_seconds:
        assert seconds["minimum"] <= length <= seconds["maximum"]
        assert re.fullmatch(as_text["pattern"], str(length))
    for field in ("model", "planner", "image_model"):
        assert "enum" not in asked[field], "which there are is the deployment's to say"


def test_no_shot_is_described_as_longer_than_the_longest_clip_of_any_backend() -> None:
    longest = max(max(can.clip_seconds) for can in VIDEO_BACKENDS.values())
    described = [n for n in range(301) if re.fullmatch(AS_TEXT["shots.seconds"], str(n))]
    assert described == list(range(2, longest + 1))


def test_a_model_is_described_with_all_that_the_tables_say(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    of_list = schemas["ModelList"]["properties"]["data"]["items"]["anyOf"]
    assert [each["$ref"].rpartition("/")[2] for each in of_list] == [
        "VideoModel",
        "ImageModel",
        "PlannerModel",
    ]
    assert "list of `VideoModel` or `ImageModel` or `PlannerModel`" in type_of(
        schemas["ModelList"]["properties"]["data"]
    )


@pytest.mark.parametrize("value", [True, False, "true", "false", "True", "on", "1", "", 1, 0, 1.0, [], None])
def test_a_yes_or_no_is_taken_as_described_and_nothing_else_for_it(
    document: dict[str, Any], value: object
) -> None:
    (plain, as_text, null) = document["components"]["schemas"]["CreateVideo"]["properties"]["overlap"][
        "anyOf"
    ]
    assert (plain, null) == ({"type": "boolean"}, {"type": "null"})
    described = value is None or isinstance(value, bool) or value in as_text["enum"]
    try:
        build_effective_config(http={"overlap": value})
    except InvalidInput:
        assert not described
    else:
        assert described


def test_a_shot_of_the_users_own_is_described_by_its_model(document: dict[str, Any]) -> None:
    described = document["components"]["schemas"]["AskedShot"]["properties"]
    assert described.keys() == AskedShot.model_fields.keys()


class Structure(HTMLParser):
    """What a browser would have to forgive, and what it would fetch."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.ids: Counter[str] = Counter()
        self.links: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.ids.update(value for name, value in attrs if name == "id" and value)
        self.links += [value for name, value in attrs if name in ("href", "src") and value]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def structure(document: dict[str, Any]) -> Structure:
    read = Structure()
    read.feed(page(document))
    read.close()
    return read


def test_every_element_of_the_page_is_closed_where_it_was_opened(structure: Structure) -> None:
    assert structure.open == []


def test_no_two_elements_have_the_same_id_and_every_link_leads_somewhere(structure: Structure) -> None:
    assert [name for name, times in structure.ids.items() if times > 1] == []
    inside = {link.removeprefix("#") for link in structure.links if link.startswith("#")}
    assert inside <= structure.ids.keys()
    assert {link for link in structure.links if not link.startswith("#")} == {"/openapi.json"}


def test_the_page_runs_nothing_and_fetches_nothing(structure: Structure) -> None:
    assert structure.tags.isdisjoint({"script", "iframe", "object", "embed", "link", "img", "form"})
    assert "style" not in structure.attributes
    assert [name for name in structure.attributes if name.startswith("on")] == []


def test_every_operation_is_on_the_page(document: dict[str, Any], structure: Structure) -> None:
    ids = {each["operationId"] for methods in document["paths"].values() for each in methods.values()}
    assert ids <= structure.ids.keys()
    assert len(ids) == len(OPERATIONS)
