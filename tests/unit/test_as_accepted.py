"""A replay shows a job as it was accepted, whatever has become of it; and what a job holds of its limits."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from functions.submit.replay import as_accepted
from functions.submit.representation import video
from shared.domain.capabilities import BUILT_IN
from shared.domain.derivation import Particulars, remixed, taking_over
from shared.domain.errors import BackendFailed
from shared.domain.job import JobState, Progress
from shared.domain.spending import held_usd_micros, month_of
from shared.domain.transitions import cancel, delete, fail, save_plan
from tests.unit.jobs import (
    KEYFRAMES,
    NOW,
    a_plan,
    claimed,
    completed_job,
    drawn_job,
    planned_job,
    queued_job,
    rendered_job,
)

FATES: dict[str, JobState] = {
    "queued": queued_job(),
    "planned": planned_job(),
    "drawn": drawn_job(),
    "rendered": rendered_job(),
    "completed": completed_job(),
    "failed": fail(drawn_job(), NOW, failure=BackendFailed("no")),
    "cancelled": cancel(drawn_job(), NOW),
    "deleted": delete(drawn_job(), NOW),
}


@pytest.mark.parametrize("state", FATES.values(), ids=FATES)
def test_a_job_looks_as_it_did_when_it_was_accepted(state: JobState) -> None:
    def shown(job_state: JobState) -> str:
        job = as_accepted(job_state.job)
        return video(job, Progress(), now=job.created_at, offered=BUILT_IN).model_dump_json()

    original = video(queued_job().job, Progress(), now=NOW, offered=BUILT_IN)
    assert shown(state) == original.model_dump_json()


def test_a_remix_is_estimated_as_when_it_was_accepted_though_it_takes_clips_over() -> None:
    done = completed_job()
    config = done.job.config.evolve(model="scripted")
    source = done.evolve(job=done.job.evolve(config=config))
    new = Particulars("video_aaaaaaaaaaaaaaaaaaaaaaaa", NOW, timedelta(days=30), 600, "f" * 32)
    accepted = remixed(source.job, "Mara sleeps.", new)
    planned = save_plan(claimed(accepted, KEYFRAMES), a_plan(), token="mine")
    assert taking_over(planned, source).job.cost_estimate_usd_micros == 0
    for state in (accepted, planned, taking_over(planned, source)):
        assert as_accepted(state.job).cost_estimate_usd_micros == 12 * 100_000


@pytest.mark.parametrize(
    ("state", "held"),
    [(state, 300 if state.job.status.is_final else 900) for state in FATES.values()],
    ids=FATES,
)
def test_a_job_holds_its_estimate_until_its_end_and_then_what_it_has_spent(
    state: JobState, held: int
) -> None:
    job = state.job.evolve(cost_estimate_usd_micros=900)
    assert held_usd_micros(job, Progress(spent_usd_micros=300)) == held


def test_months_are_those_of_utc() -> None:
    assert month_of(datetime(2026, 11, 30, 23, 59, tzinfo=UTC)) == "2026-11"
    early_in_tokyo = datetime(2026, 12, 1, 8, 0, tzinfo=timezone(timedelta(hours=9)))
    assert month_of(early_in_tokyo) == "2026-11"
