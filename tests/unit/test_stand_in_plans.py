"""Plans as what stands in for a model writes them: in whatever form is asked for, or spoilt."""

import json

import pytest

from functions.keyframes.planners import PlanRequest
from infra.local.stand_ins.plans import SPOILT, kind_of, spoilt, written
from infra.local.stand_ins.request_log import Kind
from shared.domain.plan import Wording

PROMPT = "Mara, a woman in a red coat, walks along the harbour. She meets Tom, an old fisherman."
REQUEST = PlanRequest(prompt=PROMPT, seconds=12, clip_seconds=(4, 6, 8), seed=1)
SHOT = {
    "type": "OBJECT",
    "properties": {
        "seconds": {"type": "INTEGER"},
        "mood": {"type": "STRING"},
        "characters": {"type": "ARRAY", "items": {"type": "STRING"}},
    },
}
FORM = {
    "type": "OBJECT",
    "properties": {"title": {"type": "STRING"}, "shots": {"type": "ARRAY", "items": SHOT}},
}


def listed(answer: dict[str, object]) -> list[dict[str, object]]:
    shots = answer["shots"]
    assert isinstance(shots, list)
    return shots


def test_only_what_a_form_asks_for_is_answered_and_what_nobody_knows_is_empty() -> None:
    answer = written(Kind.PLAN, FORM, ["be brief", REQUEST.model_dump_json()], 0)

    assert answer.keys() == {"title", "shots"}
    assert [set(shot) for shot in listed(answer)] == [{"seconds", "mood", "characters"}] * len(listed(answer))
    assert {shot["mood"] for shot in listed(answer)} == {""}
    assert sum(int(str(shot["seconds"])) for shot in listed(answer)) == 12


def test_a_form_may_refer_to_its_parts_and_permit_nothing() -> None:
    shots = {"type": "array", "items": {"$ref": "#/$defs/Shot"}}
    shot = {"type": "object", "properties": {"seconds": {"anyOf": [{"type": "integer"}, {"type": "null"}]}}}
    form = {"type": "object", "properties": {"shots": shots}, "$defs": {"Shot": shot}}

    answer = written(Kind.PLAN, form, [REQUEST.model_dump_json()], 0)

    assert sum(int(str(each["seconds"])) for each in listed(answer)) == 12


def test_the_request_is_found_again_among_the_turns_of_a_repair() -> None:
    plan = json.dumps({"title": "a plan before", "shots": []})
    answer = written(Kind.PLAN, FORM, [REQUEST.model_dump_json(), plan, "mend it"], 0)

    assert sum(int(str(shot["seconds"])) for shot in listed(answer)) == 12


def test_no_more_characters_are_written_than_the_request_permits() -> None:
    brief = json.dumps({**REQUEST.model_dump(mode="json"), "limits": {"characters": 1}})

    answer = written(Kind.PLAN, FORM, [brief], 0)

    assert {name for shot in listed(answer) for name in shot["characters"]} == {"Mara"}  # type: ignore[attr-defined]  # a list, by the form


def test_other_words_are_milder() -> None:
    form = {
        "type": "object",
        "properties": {"prompt": {"type": "string"}, "keyframe_prompt": {"type": "string"}},
    }
    words = Wording(prompt="Mara kills the lights.", keyframe_prompt="Mara.")

    answer = written(Kind.REWORD, form, [words.model_dump_json()], 0)

    assert "kill" not in str(answer["prompt"])


@pytest.mark.parametrize(
    ("field", "kind"),
    [("shots", Kind.PLAN), ("score", Kind.JUDGE), ("keyframe_prompt", Kind.REWORD), ("x", Kind.UNKNOWN)],
)
def test_what_is_asked_for_shows_in_the_form(field: str, kind: Kind) -> None:
    assert kind_of({"properties": {field: {"type": "string"}}}) is kind


@pytest.mark.parametrize("how", SPOILT)
def test_every_way_of_spoiling_a_plan_changes_it(how: str) -> None:
    answer = written(Kind.PLAN, FORM, [REQUEST.model_dump_json()], 0)

    assert spoilt(how, answer) != json.dumps(answer)
