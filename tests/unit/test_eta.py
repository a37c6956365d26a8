"""How long a video still takes: roughly right, steady, and never more for what gets done."""

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.errors import BackendFailed
from shared.domain.eta import eta_seconds
from shared.domain.generation import build_effective_config
from shared.domain.job import Job, JobState, Progress, Stage, Status
from shared.domain.keyframes import keyframes_total
from shared.domain.transitions import cancel, complete, fail
from tests.unit.jobs import ARTIFACT, FINALIZE, NOW, OFFERED, claimed, drawn_job, queued_job

WISHES = st.fixed_dictionaries(
    {
        "model": st.sampled_from(OFFERED),
        "keyframes": st.sampled_from(("single", "pair", "chain", "none")),
        "seconds": st.integers(2, 300),
        "size": st.sampled_from(("640x360", "1280x720", "1920x1080")),
        "stop_after": st.none() | st.just("keyframes"),
    }
).filter(lambda wishes: not (wishes["stop_after"] and wishes["keyframes"] in ("chain", "none")))
SECONDS = st.floats(0, 10_000)


def begun(wishes: dict[str, object], stage: Stage = Stage.KEYFRAMES) -> Job:
    config = build_effective_config(http=wishes, offered=OFFERED).config
    job = queued_job().job
    return job.evolve(config=config, status=Status.IN_PROGRESS, started_at=NOW, stage=stage)


def left(job: Job, counts: Progress, elapsed_seconds: float) -> int:
    seconds = eta_seconds(job, counts, NOW + timedelta(seconds=elapsed_seconds))
    assert seconds is not None
    return seconds


def course(job: Job, shots: int) -> list[tuple[Job, Progress]]:
    """What a job looks like after each of its steps, when all keyframes are drawn before the clips."""
    counts = Progress()
    seen = [(job, counts), (job, counts := counts.model_copy(update={"shots_total": shots}))]
    for drawn in range(1, keyframes_total(job, shots) + 1):
        seen.append((job, counts := counts.model_copy(update={"keyframes_drawn": drawn})))
    if not job.config.stop_after:
        job = job.evolve(stage=Stage.RENDER)
        for rendered in range(1, shots + 1):
            seen.append((job, counts := counts.model_copy(update={"clips_rendered": rendered})))
    return [*seen, (job.evolve(stage=Stage.FINALIZE), counts)]


@given(wishes=WISHES, shots=st.integers(1, 40), elapsed=SECONDS)
def test_whatever_gets_done_leaves_no_more_to_wait_for(
    wishes: dict[str, object], shots: int, elapsed: float
) -> None:
    job = begun(wishes)
    planned = [left(each, counts, elapsed) for each, counts in course(job, shots)[1:]]
    assert all(earlier >= later >= 1 for earlier, later in pairwise(planned))


@given(wishes=WISHES, shots=st.integers(1, 40), step=st.integers(0, 100), elapsed=SECONDS, passed=SECONDS)
def test_waiting_alone_brings_the_expected_end_no_nearer(
    wishes: dict[str, object], shots: int, step: int, elapsed: float, passed: float
) -> None:
    states = course(begun(wishes), shots)
    job, counts = states[step % len(states)]
    later = elapsed + passed
    assert elapsed + left(job, counts, elapsed) <= later + left(job, counts, later) + 1  # both are rounded up


def test_between_two_steps_the_seconds_count_down() -> None:
    job, counts = course(begun({"seconds": 60, "size": "1920x1080"}), 10)[11]
    assert (counts.keyframes_drawn, counts.clips_rendered) == (10, 0)
    assert [left(job, counts, 7 + passed) - left(job, counts, 7) for passed in range(6)] == [
        0,
        -1,
        -2,
        -3,
        -4,
        -5,
    ]


def test_one_that_is_slower_or_faster_than_the_rule_is_expected_to_stay_so() -> None:
    job, counts = course(begun({"seconds": 60}), 10)[16]
    assert counts.clips_rendered == 5
    assert left(job, counts, 5) < left(job, counts, 15) < left(job, counts, 45) < left(job, counts, 90)


@pytest.mark.parametrize(
    ("wishes", "least", "most"),
    [
        ({"seconds": 24, "size": "640x360"}, 2, 6),
        ({"seconds": 24}, 7, 15),
        ({"seconds": 24, "size": "1920x1080"}, 18, 35),
        ({"seconds": 24, "keyframes": "chain"}, 7, 15),
        ({"seconds": 24, "stop_after": "keyframes"}, 1, 4),
        ({"seconds": 24, "model": "scripted"}, 2, 6),
        ({"seconds": 24, "transition": "fade"}, 12, 25),
    ],
)
def test_a_queued_job_is_expected_to_take_as_long_as_such_jobs_do(
    wishes: dict[str, object], least: int, most: int
) -> None:
    job = begun(wishes).evolve(status=Status.QUEUED, started_at=None)
    assert least <= left(job, Progress(), 0) <= most
    assert left(job, Progress(), 1000) == left(job, Progress(), 0), "the queue is not its work"


def test_the_users_own_shots_are_counted_before_they_are_planned() -> None:
    job = begun({"seconds": 60, "stop_after": "keyframes"})
    few = job.evolve(given_shots=({"prompt": "x"},))
    many = job.evolve(given_shots=({"prompt": "x"},) * 30)
    assert left(few, Progress(), 0) < left(many, Progress(), 0)


@pytest.mark.parametrize(
    "ended",
    [
        complete(claimed(drawn_job(stop_after="keyframes"), FINALIZE), ARTIFACT, now=NOW, token="mine"),
        cancel(queued_job(), NOW),
        fail(drawn_job(), NOW, failure=BackendFailed("no")),
    ],
)
def test_nothing_is_left_of_one_that_has_ended(ended: JobState) -> None:
    assert eta_seconds(ended.job, ended.progress, NOW) is None


def test_a_reader_whose_clock_is_behind_sees_no_more_than_the_whole() -> None:
    job = begun({"seconds": 24})
    assert left(job, Progress(), -60) == left(job, Progress(), 0)
