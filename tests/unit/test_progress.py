"""The percentage a user sees: it never falls, and stands still at the end."""

from itertools import pairwise

from shared.domain.errors import BackendFailed
from shared.domain.job import JobState
from shared.domain.progress import percent
from shared.domain.transitions import cancel, clip_rendered, complete, fail, keyframe_drawn
from tests.unit.jobs import (
    ARTIFACT,
    FINALIZE,
    KEYFRAMES,
    NOW,
    claimed,
    drawn_job,
    planned_job,
    queued_job,
    render,
)


def whole_life() -> list[JobState]:
    states = [queued_job(), claimed(queued_job(), KEYFRAMES), planned_job()]
    for index in range(3):
        states.append(keyframe_drawn(states[-1], index, path="k", token="mine"))
    for index in range(3):
        states.append(claimed(states[-1], render(index)))
        states.append(clip_rendered(states[-1], render(index), path="c", token="mine"))
    states.append(claimed(states[-1], FINALIZE))
    return [*states, complete(states[-1], ARTIFACT, now=NOW, token="mine")]


def test_progress_rises_from_0_to_100_and_never_falls() -> None:
    seen = [percent(state.job, state.progress) for state in whole_life()]
    assert all(earlier <= later for earlier, later in pairwise(seen))
    assert (seen[0], seen[-1]) == (0, 100)
    assert max(seen[:-1]) < 100


def test_an_ended_job_keeps_the_progress_it_had() -> None:
    before = percent(drawn_job().job, drawn_job().progress)
    for ended in (cancel(drawn_job(), NOW), fail(drawn_job(), NOW, failure=BackendFailed("no"))):
        assert percent(ended.job, ended.progress) == before
