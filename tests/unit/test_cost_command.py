"""`ttv cost`: for people and for programs, and what it refuses."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from infra.cli.cost import LARGEST, usd
from infra.cli.exits import Exit
from infra.cli.main import app
from infra.cli.models import LISTED
from shared.domain.capabilities import VIDEO_BACKENDS

ROOT = Path(__file__).parents[2]
ASKED = ("--jobs-per-day", "100", "--shots", "4", "--seconds", "24")
OMNI = (*ASKED, "--model", "omni", "--image-model", "nano_banana", "--planner", "gemini")
FREE = (*ASKED, "--model", "animatic")
OPEN = (*ASKED, "--model", "ltx")


def ttv(*arguments: str, code: Exit = Exit.OK) -> Result:
    done = CliRunner().invoke(app, ("cost", *arguments))
    assert done.exit_code == code, done.output
    return done


def told(*arguments: str) -> dict[str, Any]:
    """Return what a program is told."""
    answer: dict[str, Any] = json.loads(ttv(*arguments, "--json").stdout)
    return answer


def rows(text: str) -> dict[str, list[str]]:
    """Return the table's cells by the name of their row, without its rank."""
    found = {}
    for line in text.splitlines():
        if line.startswith("│"):
            name, *cells = (cell.strip() for cell in line.strip("│").split("│"))
            found[name.lstrip("0123456789 ")] = cells
    return found


@pytest.mark.parametrize("arguments", [OMNI, FREE, (*OPEN, "--gpu", "l4"), (*OMNI, "--no-free-units")])
def test_a_program_is_told_the_same_as_a_person(arguments: tuple[str, ...]) -> None:
    text, data = ttv(*arguments).stdout, told(*arguments)
    shown = rows(text)
    for each in data["components"]:
        sums = (each["fixed_usd"], each["videos_usd"], -each["free_usd"], each["usd"])
        assert shown[each["component"]][:4] == [usd(amount) for amount in sums], each
    assert shown.keys() - {"together"} == {each["component"] for each in data["components"]}
    sums = (data["fixed_usd"], data["videos_usd"], -data["free_usd"], data["usd_per_month"])
    assert shown["together"][:4] == [usd(amount) for amount in sums]
    assert f"a video: {usd(data['usd_per_video'])} USD" in text
    assert f"one more: {usd(data['usd_per_further_video'])}" in text
    assert f"a second of video: {usd(data['usd_per_second'])} USD" in text
    assert sum(each["usd"] for each in data["components"]) == pytest.approx(data["usd_per_month"], abs=1e-4)
    gross = data["fixed_usd"] + data["videos_usd"]
    assert sum(line["usd"] for line in data["lines"]) == pytest.approx(gross, abs=1e-4)


def test_the_three_dearest_come_first_and_are_marked() -> None:
    text = ttv(*OMNI).stdout
    ranked = re.findall(r"^│ ([1-9]) (.+?) +│", text, re.MULTILINE)
    assert ranked == [("1", "model: clips"), ("2", "model: drawings"), ("3", ranked[-1][1])]
    assert [name for _, name in ranked] == told(*OMNI)["largest"]
    assert len(ranked) == LARGEST


def test_every_line_tells_its_price_and_source_on_request() -> None:
    short, text = ttv(*OMNI).stdout, ttv(*OMNI, "--details").stdout
    for said in (
        "https://cloud.google.com/run/pricing",
        "third-party listing of Gemini Omni prices",
        "listed",
    ):
        assert said not in short
        assert said in text


def test_what_is_assumed_and_what_is_not_counted_is_said() -> None:
    said = ttv(*FREE).stderr
    assert "rest on prices or figures that are assumed" in said
    assert "Not counted: " in said
    assert "free each month is taken off" in said
    assert "free each month is not taken off" in ttv(*FREE, "--no-free-units").stderr
    assert any(line["price"]["basis"] == "assumed" and line["assumed"] for line in told(*FREE)["lines"])


@pytest.mark.parametrize("model", LISTED.video)
def test_every_video_backend_can_be_asked_for(model: str) -> None:
    needed = ("--gpu", "rtx-pro-6000", "--seconds", "20") if VIDEO_BACKENDS[model].needs_gpu else ()
    assert told(*ASKED, "--model", model, *needed)["usd_per_month"] > 0


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_a_stack_is_costed_as_it_is_committed(stack: str) -> None:
    kept = "minimum instances"
    data = told(*FREE, "--stack-file", str(ROOT / f"infra/Pulumi.{stack}.yaml"))
    names = {each["component"] for each in data["components"]}
    lines = {line["what"] for line in data["lines"]}
    assert (kept in names, "videos from a cache" in lines) == (stack == "prod", stack == "prod")


def test_another_region_than_that_of_the_prices_is_pointed_out(tmp_path: Path) -> None:
    stack = tmp_path / "Pulumi.far.yaml"
    text = (ROOT / "infra/Pulumi.dev.yaml").read_text()
    stack.write_text(text.replace("europe-west4", "asia-east1"))
    assert "this deployment is in asia-east1" in ttv(*FREE, "--stack-file", str(stack)).stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--model", "sora"), "model: 'sora' is not permitted; permitted: animatic, omni, veo"),
        (("--model", "veo", "--size", "640x360"), "size: '640x360' is not permitted; permitted: 1280x720, "),
        (("--model", "animatic", "--gpu", "h100"), "gpu: 'h100' is not permitted; permitted: none, l4, rtx-"),
        (("--model", "omni", "--gpu", "l4"), "gpu: 'l4' is not permitted; permitted: none with model omni"),
        (("--model", "ltx"), "gpu: 'none' is not permitted; permitted: l4 or rtx-pro-6000 with model ltx"),
        (
            ("--model", "animatic", "--seconds", "41"),
            "seconds: 41 is not permitted; permitted: 8 to 40 with 4",
        ),
        (
            ("--model", "animatic", "--planner", "me"),
            "planner: 'me' is not permitted; permitted: rules, gemini",
        ),
        (
            ("--model", "animatic", "--jobs-per-day", "0"),
            "jobs_per_day: 0.0 is not permitted; permitted: more than 0",
        ),
        (("--model", "animatic", "--jobs-per-day", "nan"), "jobs_per_day: nan is not permitted"),
        (("--model", "animatic", "--downloads", "-1"), "downloads: -1.0 is not permitted; permitted: 0 to"),
        (("--model", "animatic", "--shots", "0"), "shots: 0 is not permitted; permitted: 1 to 40"),
    ],
)
def test_what_cannot_be_is_refused_with_option_value_and_what_is_permitted(
    arguments: tuple[str, ...], said: str
) -> None:
    assert said in ttv(*ASKED, *arguments, code=Exit.BAD_INPUT).stderr


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: [", "permitted: a YAML file; while parsing"),
        ("a: 1", "permitted: one with config: gcp:project"),
        ("[]", "permitted: one with config: gcp:project"),
        ("domain: nowhere", "deployment.domain"),
    ],
)
def test_a_stack_file_that_cannot_be_read_is_refused(tmp_path: Path, text: str, said: str) -> None:
    stack = tmp_path / "Pulumi.odd.yaml"
    if text.startswith("domain"):
        text = (ROOT / "infra/Pulumi.dev.yaml").read_text().replace("domain: dev.video.example.com", text)
        said = "domain"
    stack.write_text(text)
    refused = ttv(*FREE, "--stack-file", str(stack), code=Exit.BAD_INPUT).stderr
    assert refused.startswith("stack_file: ")
    assert said in refused


def documented() -> list[list[str]]:
    """Return the months in docs/costs.md."""
    text = (ROOT / "docs/costs.md").read_text()
    months = text.partition("| one more |")[2].partition("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in month.strip("|").split("|")] for month in months]


@pytest.mark.parametrize("month", documented(), ids=" ".join)
def test_the_documented_months_are_what_is_told(month: list[str]) -> None:
    jobs_per_day, model, image_model, planner, gpu, *sums = month
    data = told(
        *("--jobs-per-day", jobs_per_day, "--shots", "4", "--seconds", "24", "--model", model),
        *("--image-model", image_model, "--planner", planner),
        *(("--gpu", gpu) if gpu != "none" else ()),
        *("--stack-file", str(ROOT / "infra/Pulumi.prod.yaml")),
    )
    names = ("usd_per_month", "usd_per_video", "usd_per_further_video")
    assert sums == [usd(data[name]) for name in names]


def test_there_are_documented_months() -> None:
    assert len(documented()) > 3
