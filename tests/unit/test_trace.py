"""The W3C header that joins the log lines of one job, read and written."""

import pytest

from shared.domain.due_tasks import due_tasks
from shared.domain.messages import Task
from shared.trace import Trace
from tests.unit.jobs import drawn_job

TRACE_ID, SPAN_ID = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
VALID = f"00-{TRACE_ID}-{SPAN_ID}-01"


@pytest.mark.parametrize(
    "header", [VALID, f"00-{TRACE_ID}-{SPAN_ID}-00", f"cc-{TRACE_ID}-{SPAN_ID}-09-later"]
)
def test_a_valid_header_names_trace_and_span(header: str) -> None:
    assert Trace.of(header) == (TRACE_ID, SPAN_ID)


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        VALID.upper(),
        VALID + "-more",
        VALID + "\n",
        VALID[:-1],
        f"ff-{TRACE_ID}-{SPAN_ID}-01",
        f"cc-{TRACE_ID}-{SPAN_ID}-01later",
        f"00-{'0' * 32}-{SPAN_ID}-01",
        f"00-{TRACE_ID}-{'0' * 16}-01",
        f"00-{TRACE_ID}-{SPAN_ID}",
        "00-\u0660" + VALID[4:],
    ],
)
def test_an_invalid_header_is_as_good_as_none(header: str | None) -> None:
    assert Trace.of(header) is None


def test_what_is_written_can_be_read() -> None:
    assert Trace.of(Trace(TRACE_ID, SPAN_ID).traceparent) == (TRACE_ID, SPAN_ID)


def test_every_due_task_carries_the_trace_of_its_job() -> None:
    state = drawn_job()
    traced = state.evolve(job=state.job.evolve(trace_id=TRACE_ID))
    assert {each.task.trace_id for each in due_tasks(traced)} == {TRACE_ID}


def test_a_task_of_a_revision_that_knew_no_traces_is_still_read() -> None:
    (first, *_) = due_tasks(drawn_job())
    older = first.task.model_dump(mode="json", exclude={"trace_id"})
    assert Task.model_validate(older).trace_id == ""
