"""`ttv models`: the tables of capabilities and prices, for people and for programs, without a service."""

import json
import re

import pytest
from typer.testing import CliRunner, Result

from infra.cli.main import app
from infra.cli.models import FOR_TESTS
from shared.domain.capabilities import EVERYTHING, VIDEO_BACKENDS
from shared.domain.pricing import IMAGE_PRICES, PLANNER_PRICES, VIDEO_PRICES

LISTED = {*EVERYTHING.video, *EVERYTHING.image, *EVERYTHING.planners} - {FOR_TESTS}


def ttv(*arguments: str) -> Result:
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 0, done.output
    return done


@pytest.fixture(scope="module")
def text() -> str:
    """The tables without their lines, each cell's lines as one."""
    return re.sub(r"[\s│┃━┏┳┓┡╇┩└┴┘─]+", " ", ttv("models").stdout)


def test_every_backend_is_listed_but_that_which_is_made_up_for_tests(text: str) -> None:
    assert all(f" {name} " in text for name in LISTED)
    assert FOR_TESTS not in text


def test_the_tables_tell_what_backends_can_do(text: str) -> None:
    for told in (
        "3 to 15; first and last frame 3 to 10",
        "4, 6 or 8",
        "16:9, 9:16, 1:1",
        "single, pair, chain, none",
        "with or without",
        "at most 4,000 characters",
        "sequential, anchored",
        "gemini-omni-1.2-flash",
        "veo-3.1-generate-001",
        "Gemini Interactions",
    ):
        assert told in text, told


def test_the_tables_tell_what_backends_cost_and_as_of_when(text: str) -> None:
    for told in (
        "$0.023 a second at 360p",
        "$0.40 a second at 1080p",
        "$0.067 an image",
        "$0.003 a look",
        "$0.01 a call",
    ):
        assert told in text, told
    assert "free" in text
    assert text.count("2026-11-01") + text.count("2026-11-23") >= 2 * len(LISTED)
    assert "assumed" in text


def test_as_json_it_is_what_the_api_answers() -> None:
    told = json.loads(ttv("models", "--json").stdout)
    assert told["object"] == "list"
    models = {each["id"]: each for each in told["data"]}
    assert models.keys() == LISTED
    for name, model in models.items():
        assert model["object"] == "model"
        assert model["source"].keys() == model["price_source"].keys() == {"as_of", "told_by"}
        assert (model["owned_by"] == "ttv") == (model["model_id"] is None), name
        assert (model["owned_by"] == "google") == model["paid"], name
    assert models["omni"]["clip_seconds"] == list(VIDEO_BACKENDS["omni"].clip_seconds)
    assert models["omni"]["pair_seconds"] == list(range(3, 11))
    assert models["omni"]["prices"][1] == {"lines": 720, "usd": 0.07}
    assert models["animatic"]["prices"] == [{"lines": None, "usd": 0}]


def test_prices_are_told_in_dollars_to_the_last_digit() -> None:
    models = {each["id"]: each for each in json.loads(ttv("models", "--json").stdout)["data"]}
    for name in LISTED & VIDEO_PRICES.keys():
        per_second = VIDEO_PRICES[name].usd_micros_per_second
        told = {price["lines"] or 0: round(price["usd"] * 10**6) for price in models[name]["prices"]}
        assert told == per_second
    for name, price in IMAGE_PRICES.items():
        assert round(models[name]["usd_per_image"] * 10**6) == price.usd_micros
    for name, price in PLANNER_PRICES.items():
        assert round(models[name]["usd_per_call"] * 10**6) == price.usd_micros
