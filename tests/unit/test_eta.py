"""How long a video still takes: roughly right, steady, and never more for what gets done."""

from collections.abc import Mapping
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.capabilities import VIDEO_BACKENDS, Offer
from shared.domain.errors import BackendFailed
from shared.domain.eta import eta_seconds
from shared.domain.generation import build_effective_config
from shared.domain.gpu_work import seconds_of_work
from shared.domain.job import Job, JobState, Progress, Stage, Status
from shared.domain.keyframes import keyframes_total
from shared.domain.pricing import estimate_usd_micros
from shared.domain.transitions import cancel, complete, fail
from tests.unit.jobs import ARTIFACT, FINALIZE, NOW, OFFERED, claimed, drawn_job, queued_job

HERE = Offer(video=(*OFFERED.video, "ltx"), gpu="l4", gpu_instances=3, time_limit_seconds=24 * 60 * 60)


def can_be_made(wishes: Mapping[str, object]) -> bool:
    stops_where_it_can = not (wishes["stop_after"] and wishes["keyframes"] in ("chain", "none"))
    return stops_where_it_can and wishes["size"] in VIDEO_BACKENDS[str(wishes["model"])].sizes


WISHES: st.SearchStrategy[dict[str, object]] = st.fixed_dictionaries(
    {
        "model": st.sampled_from(HERE.video),
        "keyframes": st.sampled_from(("single", "pair", "chain", "none")),
        "seconds": st.integers(2, 300),
        "size": st.sampled_from(("640x360", "1280x720", "1920x1080")),
        "stop_after": st.none() | st.just("keyframes"),
    }
).filter(can_be_made)
SECONDS = st.floats(0, 10_000)


def begun(wishes: dict[str, object], *, to_make: float = 1.0) -> Job:
    """A job that has just been taken up.

    Args:
        to_make: share of its clips that it does not take over from another job.
    """
    config = build_effective_config(http=wishes, offered=HERE).config
    estimate = round(to_make * estimate_usd_micros(config))
    return queued_job().job.evolve(
        config=config, cost_estimate_usd_micros=estimate, status=Status.IN_PROGRESS, started_at=NOW
    )


def left(job: Job, counts: Progress, elapsed_seconds: float, offered: Offer = HERE) -> int:
    seconds = eta_seconds(job, counts, NOW + timedelta(seconds=elapsed_seconds), offered)
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
            seen.append((job, counts := counts.model_copy(update={"percents_under_way": 50})))
            done = {"clips_rendered": rendered, "percents_under_way": 0}
            seen.append((job, counts := counts.model_copy(update=done)))
    return [*seen, (job.evolve(stage=Stage.FINALIZE), counts)]


@given(wishes=WISHES, to_make=st.floats(0, 1), shots=st.integers(1, 40), elapsed=SECONDS)
def test_whatever_gets_done_leaves_no_more_to_wait_for(
    wishes: dict[str, object], to_make: float, shots: int, elapsed: float
) -> None:
    job = begun(wishes, to_make=to_make)
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
    job, counts = next(each for each in course(begun({"seconds": 60}), 10) if each[1].clips_rendered == 5)
    assert left(job, counts, 5) < left(job, counts, 15) < left(job, counts, 45) < left(job, counts, 90)


PAID = {"model": "scripted", "seconds": 80}
DRAWN = Progress(shots_total=40, keyframes_drawn=40)


@given(wishes=WISHES, shots=st.integers(1, 40), step=st.integers(0, 100), elapsed=SECONDS)
def test_nothing_is_expected_to_end_after_its_deadline(
    wishes: dict[str, object], shots: int, step: int, elapsed: float
) -> None:
    states = course(begun(wishes), shots)
    job, counts = states[step % len(states)]
    assert left(job, counts, elapsed) <= max(1, job.time_limit_seconds - elapsed + 1)  # rounded up


def test_clips_that_only_take_their_time_are_not_taken_for_done() -> None:
    job, all_done = begun(PAID), DRAWN.evolve(clips_rendered=40)
    assert left(job, DRAWN, 27) > left(job, all_done, 27)
    assert left(job, DRAWN, 60) > left(job, DRAWN, 27)


def test_one_that_takes_over_most_clips_is_expected_to_make_the_others_only() -> None:
    chain = {"model": "scripted", "seconds": 40, "keyframes": "chain"}
    planned, copied = (Progress(shots_total=10, keyframes_drawn=1, clips_rendered=count) for count in (0, 9))
    whole, last = begun(chain), begun(chain, to_make=0.1)
    assert left(last, planned, 1) < left(whole, planned, 1) / 3
    assert left(last, copied, 1) == left(last, planned, 1), "what is copied was none of its work"
    assert left(begun(chain, to_make=0), planned.evolve(clips_rendered=10), 1) == 1


def test_a_backend_that_only_a_newer_revision_knows_is_estimated_too() -> None:
    job = begun(PAID)
    newer = job.evolve(config=job.config.model_copy(update={"model": "newer"}))
    assert left(newer, DRAWN, 0) > 60


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
    assert eta_seconds(ended.job, ended.progress, NOW, HERE) is None


def test_a_reader_whose_clock_is_behind_sees_no_more_than_the_whole() -> None:
    job = begun({"seconds": 24})
    assert left(job, Progress(), -60) == left(job, Progress(), 0)


@pytest.mark.parametrize("mode", ["single", "chain"])
def test_a_gpu_is_expected_to_take_as_long_as_what_is_refused_is_reckoned_by(mode: str) -> None:
    job = begun({"seconds": 60, "model": "ltx", "keyframes": mode}).evolve(time_limit_seconds=24 * 60 * 60)
    at_once = 1 if mode == "chain" else 3
    work = seconds_of_work("ltx", "1280x720", 60, HERE, at_once=at_once)
    assert work is not None
    queued = job.evolve(status=Status.QUEUED, started_at=None)
    assert work < left(queued, Progress(), 0) < work + 10, "keyframes, plan and joining take the rest"


def test_a_clip_that_is_half_rendered_is_half_of_it_to_wait_for() -> None:
    job = begun({"model": "ltx", "keyframes": "none", "seconds": 10, "size": "1280x720"})
    one = Progress(shots_total=1)
    whole = left(job, one, 0)
    half = left(job, one.model_copy(update={"percents_under_way": 50}), whole / 2)
    assert half == pytest.approx(whole / 2, rel=0.05)


def test_a_measured_speed_and_more_gpus_bring_the_end_nearer() -> None:
    job = begun({"seconds": 60, "model": "ltx"}).evolve(time_limit_seconds=24 * 60 * 60)
    one = HERE.evolve(gpu_instances=1)
    faster = one.evolve(gpu_speeds={"ltx": {"1280x720": 10.0}})
    assert left(job, DRAWN, 0, one) > 2 * left(job, DRAWN, 0)
    assert left(job, DRAWN, 0, one) > 3 * left(job, DRAWN, 0, faster)


def test_a_gpu_of_unknown_speed_is_given_an_end_as_well() -> None:
    job = begun({"seconds": 24, "model": "ltx"})
    assert 1 < left(job, DRAWN, 0, HERE.evolve(gpu="cpu")) < 60
