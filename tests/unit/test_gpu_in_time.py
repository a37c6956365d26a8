"""What a deployment's GPUs cannot finish in time is refused before anything is made: clips, and videos."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from functions.submit.creation import approval_of, new_job, remix_of, retry_of
from shared.assignment import Services
from shared.domain.capabilities import Offer
from shared.domain.errors import BackendFailed, InvalidInput
from shared.domain.generation import MAX_SECONDS, build_effective_config, clip_seconds_here, longest_here
from shared.domain.gpu_work import GPU_WORK, LONGEST_TASK_SECONDS, Gpu, is_in_time, seconds_of_work
from shared.domain.job import Job, JobState
from shared.domain.plan import GivenShot
from shared.domain.transitions import complete, fail
from shared.task_queue import DISPATCH_DEADLINE_SECONDS
from tests.unit.jobs import ARTIFACT, FINALIZE, NOW, claimed, completed_job, drawn_job, queued_job
from tests.unit.test_derived_modes import with_clips

L4 = Offer(video=("animatic", "ltx", "wan_5b"), gpu="l4")
WAN = {"model": "wan_5b", "seconds": 16}
"""The longest video of it that one L4 finishes in two hours, by our table."""

FAST = {"wan_5b": {"1280x720": 100.0}}


def refusal(offered: Offer, **asked: object) -> str:
    """Return what a request is told that cannot end in time."""
    with pytest.raises(InvalidInput) as refused:
        accepted(offered, **asked)
    return str(refused.value)


def accepted(offered: Offer, **asked: object) -> Job:
    body = {"prompt": "a boat at dawn", "model": "wan_5b", **asked}
    return new_job(body, owner="o", trace_id="", offered=offered).job


def failed_on_a_gpu(shots: Sequence[int], *, made: int = 0) -> JobState:
    """Return a failed video of 17 s, or as long as its shots are; without any, it was not planned yet.

    Args:
        made: clips that there are, from the first on.
    """
    state = drawn_job(len(shots)) if shots else queued_job()
    config = state.job.config.evolve(model="wan_5b", seconds=sum(shots) or 17)
    drawn = tuple(shot.evolve(seconds=each) for shot, each in zip(state.shots, shots, strict=True))
    state = with_clips(state.evolve(job=state.job.evolve(config=config), shots=drawn), *range(made))
    return fail(state, NOW, failure=BackendFailed("no"))


def test_a_task_is_over_before_its_queue_gives_it_up() -> None:
    assert Services.time_budget < timedelta(seconds=LONGEST_TASK_SECONDS) < Services.time_limit
    assert Services.time_limit + timedelta(minutes=2) <= timedelta(seconds=DISPATCH_DEADLINE_SECONDS)


def test_a_length_that_the_gpu_finishes_in_time_is_permitted_and_no_longer_one() -> None:
    work = GPU_WORK["wan_5b"][Gpu.L4]
    of_a_second = work.of_a_second["1280x720"].seconds
    longest = (LONGEST_TASK_SECONDS - work.start.seconds) / of_a_second
    assert is_in_time("wan_5b", "1280x720", longest, L4)
    assert not is_in_time("wan_5b", "1280x720", longest + 0.01, L4)
    assert seconds_of_work("wan_5b", "1280x720", 2, L4) == work.start.seconds + 2 * of_a_second


@pytest.mark.parametrize("gpu", ["", "cpu"])
def test_where_no_speed_is_known_nothing_is_refused(gpu: str) -> None:
    config = build_effective_config(http=WAN, offered=L4).config
    elsewhere = L4.evolve(gpu=gpu)
    assert clip_seconds_here(config, elsewhere) == config.clip_seconds
    assert longest_here(config, elsewhere) == MAX_SECONDS
    assert (clip_seconds_here(config, L4), longest_here(config, L4)) == ((2, 3), 16)


def test_a_measured_speed_takes_the_place_of_ours() -> None:
    config = build_effective_config(http=WAN, offered=L4).config
    faster = L4.evolve(gpu_speeds={"wan_5b": {"1280x720": 100.0}})
    assert (clip_seconds_here(config, faster), longest_here(config, faster)) == ((2, 3, 4, 5), 70)


@pytest.mark.parametrize(
    ("asked", "slow", "says"),
    [
        (
            {"shots": [{"prompt": "a boat", "seconds": 4}]},
            {},
            "shots.0.seconds: 4 is not permitted; permitted: 2 or 3 with wan_5b at 1280x720 on l4",
        ),
        (
            {"seconds": 8, "shots": [{"prompt": "a boat"}, {"prompt": "a gull"}]},
            {},
            "seconds: 8 is not permitted; permitted: 4 to 6 with 2 shots of wan_5b, in clips of 2 or 3 s",
        ),
        (
            {},
            {"1280x720": 900.0},
            "size: '1280x720' is not permitted; permitted: 720x1280, as l4 finishes no clip of wan_5b",
        ),
        ({}, {"1280x720": 900.0, "720x1280": 900.0}, "model: 'wan_5b' is not permitted; permitted: others"),
    ],
)
def test_a_clip_that_one_task_cannot_make_is_refused_when_it_is_asked_for(
    asked: dict[str, Any], slow: dict[str, float], says: str
) -> None:
    assert says in refusal(L4.evolve(gpu_speeds={"wan_5b": slow}), **asked)


@pytest.mark.parametrize(
    ("gpus", "asked", "says"),
    [
        (1, {"seconds": 17}, "2 to 16 with wan_5b, in clips of 2 or 3 s, as one l4 finishes within 120 min"),
        (1, {}, "seconds: 24 is not permitted; permitted: 2 to 16 with wan_5b"),
        (
            3,
            {"seconds": 49},
            "permitted: 2 to 48 with wan_5b, in clips of 2 or 3 s, as 3 l4 finish within 120",
        ),
        (3, {"seconds": 17, "keyframes": "chain"}, "as one l4 finishes within 120 min at 1280x720"),
        (
            1,
            {"model": "ltx", "seconds": 117},
            "permitted: 2 to 116 with ltx, as one l4 finishes within 120 min",
        ),
        (
            1,
            {"shots": [{"prompt": "a boat", "seconds": 3}] * 6},
            "shots: '18 seconds together' is not permitted; permitted: at most 16 together, as one l4",
        ),
        (
            1,
            {"shots": [{"prompt": "a boat"}] * 9},
            "shots: '9 shots' is not permitted; permitted: at most 8 with wan_5b, as one l4 finishes within",
        ),
    ],
)
def test_a_video_that_cannot_end_in_time_is_refused_with_the_longest_that_can(
    gpus: int, asked: dict[str, Any], says: str
) -> None:
    assert says in refusal(L4.evolve(gpu_instances=gpus), **asked)


@pytest.mark.parametrize(
    ("gpus", "asked"),
    [
        (1, {"seconds": 16}),
        (1, {"seconds": 16, "keyframes": "chain"}),
        (3, {"seconds": 48}),
        (1, {"model": "ltx", "seconds": 116}),
        (1, {"shots": [{"prompt": "a boat", "seconds": 2}] * 8}),
        (1, {"shots": [{"prompt": "a boat"}] * 7, "seconds": 16}),
        (1, {"model": "animatic", "fallback_models": ["wan_5b"], "size": "1280x720", "seconds": 60}),
    ],
)
def test_the_longest_video_that_can_end_in_time_is_accepted(gpus: int, asked: dict[str, Any]) -> None:
    job = accepted(L4.evolve(gpu_instances=gpus), **asked)
    assert (job.config.seconds, job.time_limit_seconds) == (asked.get("seconds", 16), 7200)


def test_with_less_time_for_a_job_than_for_a_task_no_longer_clip_is_permitted() -> None:
    short = L4.evolve(time_limit_seconds=1100, gpu_instances=3)
    told = refusal(short, seconds=5)
    assert "2 to 6 with wan_5b, in clips of 2 s, as 3 l4 finish within 18.3 min at 1280x720" in told
    assert accepted(short, seconds=6).time_limit_seconds == 1100


@pytest.mark.parametrize("planned", [True, False])
def test_a_failed_video_is_not_tried_again_on_a_gpu_that_would_not_finish_it(planned: bool) -> None:
    failed = failed_on_a_gpu(shots=(4, 4, 4) if planned else ())
    retry_of(failed, trace_id="", offered=L4.evolve(gpu_speeds=FAST))
    with pytest.raises(InvalidInput, match="clips of 4 s" if planned else "in clips of 2 or 3 s"):
        retry_of(failed, trace_id="", offered=L4)


def test_of_a_video_that_is_tried_again_only_the_clips_count_that_are_left() -> None:
    slow = L4.evolve(gpu_speeds={"wan_5b": {"1280x720": 350.0}}, time_limit_seconds=1800)
    with pytest.raises(
        InvalidInput, match="12 is not permitted; permitted: at most 4 in clips to be made, as"
    ):
        retry_of(failed_on_a_gpu((4, 4, 4)), trace_id="", offered=slow)
    new = retry_of(failed_on_a_gpu((4, 4, 4), made=2), trace_id="", offered=slow)
    assert [shot.reused and shot.reused.clip for shot in new.shots] == ["0.mp4", "1.mp4", None]
    retry_of(failed_on_a_gpu((4, 4, 4), made=3), trace_id="", offered=L4)


@pytest.mark.parametrize(
    ("seconds", "given", "says"),
    [
        (17, (), "seconds: 17 is not permitted; permitted: 2 to 16"),
        (8, (None, None), "seconds: 8 is not permitted; permitted: 4 to 6 with 2 shots"),
        (4, (4,), "shots.0.seconds: 4 is not permitted; permitted: 2 or 3"),
    ],
)
def test_a_remix_is_refused_that_another_gpu_than_before_would_not_finish(
    seconds: int, given: tuple[int | None, ...], says: str
) -> None:
    job = completed_job().job
    config = job.config.evolve(model="wan_5b", seconds=seconds)
    shots = tuple(GivenShot(prompt="a boat", seconds=each) for each in given)
    source = job.evolve(config=config, given_shots=shots)
    remix_of(source, {"prompt": "a boat"}, trace_id="", offered=L4.evolve(gpu_speeds=FAST))
    with pytest.raises(InvalidInput, match=says):
        remix_of(source, {"prompt": "a boat"}, trace_id="", offered=L4)


def test_approved_keyframes_are_not_rendered_on_a_gpu_that_would_not_finish_them() -> None:
    stopped = complete(
        claimed(drawn_job(3, stop_after="keyframes"), FINALIZE), ARTIFACT, now=NOW, token="mine"
    )
    body = {"model": "wan_5b"}
    approval_of(stopped, body, trace_id="", offered=L4.evolve(gpu_speeds=FAST))
    with pytest.raises(InvalidInput, match="permitted: backends with clips of 4 s"):
        approval_of(stopped, body, trace_id="", offered=L4)
    late = L4.evolve(gpu_speeds=FAST, time_limit_seconds=1000)
    with pytest.raises(InvalidInput, match="backends that can render what was drawn, with seconds: 12"):
        approval_of(stopped, body, trace_id="", offered=late)
