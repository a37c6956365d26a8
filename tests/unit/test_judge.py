"""A model looks at a keyframe beside its characters' sheets; what it cannot say is simply not said."""

import json
from typing import Any

import pytest
from google.genai import errors
from structlog.testing import capture_logs

from functions.keyframes.judge import MAX_REASON_CHARACTERS, Judge
from functions.keyframes.structured import instructions
from shared.domain.errors import BackendUnavailable, QuotaExhausted
from shared.domain.job import Judgement
from shared.references import Reference
from tests.unit.gemini_stub import REFUSALS, Stub, Till, answer

SHEETS = [
    Reference(picture=b"sheet of Mara", shows="Mara", is_sheet=True),
    Reference(picture=b"sheet of the dog", shows="the dog", is_sheet=True),
]


def said(**fields: object) -> Any:  # noqa: ANN401 - a response of the SDK, or what stands for one
    return answer(json.dumps(fields))


def test_sheets_and_keyframe_are_shown_each_announced_by_data() -> None:
    stub, till = Stub(said(reason="The coat is blue.", score=0.4)), Till()
    assert Judge(stub.gemini).judge(b"keyframe", SHEETS, till) == Judgement(
        score=0.4, reason="The coat is blue."
    )
    (asked,) = stub.asked
    assert asked.instructions == instructions("judge")
    ((_, parts),) = asked.turns
    assert parts == [
        '{"sheet_of": "Mara"}',
        b"sheet of Mara",
        '{"sheet_of": "the dog"}',
        b"sheet of the dog",
        '{"look_at": "keyframe"}',
        b"keyframe",
    ]
    assert till.paid == 1


def test_without_a_sheet_nothing_is_asked() -> None:
    stub = Stub()
    assert Judge(stub.gemini).judge(b"keyframe", []) is None
    assert stub.asked == []


def test_a_long_reason_is_cut_off_and_kept_on_one_line() -> None:
    judgement = Judge(Stub(said(reason="a\n\x00b " * 500, score=1)).gemini).judge(b"keyframe", SHEETS)
    assert judgement is not None
    assert len(judgement.reason) == MAX_REASON_CHARACTERS
    assert judgement.reason.startswith("a b a b")


@pytest.mark.parametrize(
    "useless",
    [
        *REFUSALS.values(),
        said(reason="very much", score=1.01),
        said(reason="not at all", score=-1),
        answer('{"reason": "", "score": NaN}'),
        said(reason="which?"),
        said(score="high", reason=""),
        answer("Looks great to me!"),
        answer("{", finish="MAX_TOKENS"),
        errors.ClientError(404, {"error": {"code": 404, "message": "retired"}}),
        errors.ClientError(400, {"error": {"code": 400, "message": "too large"}}),
    ],
)
def test_a_judge_that_refuses_or_answers_nonsense_has_no_say(useless: Any) -> None:  # noqa: ANN401 - as above
    with capture_logs() as logs:
        assert Judge(Stub(useless).gemini).judge(b"keyframe", SHEETS) is None
    assert [each["event"] for each in logs if each["log_level"] == "warning"] == ["keyframe.not_judged"]


def test_an_answer_is_paid_though_it_is_useless_and_a_refusal_is_not() -> None:
    till = Till()
    Judge(Stub(said(reason="", score=2)).gemini).judge(b"keyframe", SHEETS, till)
    assert till.paid == 1
    Judge(Stub(REFUSALS["on its way"]).gemini).judge(b"keyframe", SHEETS, till)
    assert till.paid == 1


@pytest.mark.parametrize(("code", "expected"), [(429, QuotaExhausted), (503, BackendUnavailable)])
def test_quota_and_outages_are_told_as_usual(code: int, expected: type[Exception]) -> None:
    kind = errors.ServerError if code >= 500 else errors.ClientError
    stub = Stub(kind(code, {"error": {"code": code, "message": "no"}}))
    with pytest.raises(expected):
        Judge(stub.gemini).judge(b"keyframe", SHEETS)
