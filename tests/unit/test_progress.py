"""The percentage a user sees: it never falls, and stands still at the end."""

from itertools import pairwise

from shared.domain.claims import extend_lease
from shared.domain.errors import BackendFailed
from shared.domain.job import JobState
from shared.domain.progress import percent
from shared.domain.transitions import cancel, clip_rendered, complete, fail, keyframe_drawn
from tests.unit.jobs import (
    ARTIFACT,
    FINALIZE,
    KEYFRAMES,
    LEASE,
    NOW,
    claimed,
    drawn_job,
    planned_job,
    queued_job,
    render,
)


def beat(state: JobState, shot: int, percent: int) -> JobState:
    return extend_lease(state, render(shot), token="mine", now=NOW, lasts=LEASE, percent=percent)


def whole_life() -> list[JobState]:
    states = [queued_job(), claimed(queued_job(), KEYFRAMES), planned_job()]
    for index in range(3):
        states.append(keyframe_drawn(states[-1], index, path="k", token="mine"))
    for index in range(3):
        states.append(claimed(states[-1], render(index)))
        states += [beat(states[-1], index, percent) for percent in (20, 70)]
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


def test_a_clip_under_way_counts_as_far_as_its_heartbeats_say() -> None:
    begun = claimed(drawn_job(3), render(0))
    half = beat(begun, 0, 50)
    ahead = percent(half.job, half.progress) - percent(begun.job, begun.progress)
    done = clip_rendered(half, render(0), path="c", token="mine")
    assert ahead * 2 == percent(done.job, done.progress) - percent(begun.job, begun.progress)
    assert (done.progress.percents_under_way, done.shots[0].rendered_percent) == (0, 100)


def test_a_second_attempt_counts_once_it_is_further_than_the_first() -> None:
    state = beat(claimed(drawn_job(3), render(0)), 0, 60)
    state = claimed(state.evolve(shots=(state.shots[0].evolve(lease=None), *state.shots[1:])), render(0))
    assert beat(state, 0, 30).progress == state.progress
    assert beat(state, 0, 80).progress.percents_under_way == 80


def test_events_tell_every_tenth_of_a_clip_however_often_its_heart_beats() -> None:
    state = claimed(drawn_job(3), render(0))
    for done in range(101):
        state = beat(state, 0, done)
    told = [event.data["percent"] for event in state.news if event.name == "clip.progressed"]
    assert told == [*range(10, 101, 10)]


def test_heartbeats_of_other_work_tell_of_no_clip() -> None:
    state = claimed(queued_job(), KEYFRAMES)
    after = extend_lease(state, KEYFRAMES, token="mine", now=NOW, lasts=2 * LEASE, percent=50)
    assert after.progress == state.progress
    assert after.news == state.news
