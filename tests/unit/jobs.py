"""Jobs in every condition, for tests of what may happen to them next."""

from datetime import UTC, datetime, timedelta

from shared.domain.capabilities import Offer
from shared.domain.claims import claim
from shared.domain.due_tasks import due_task
from shared.domain.generation import build_effective_config
from shared.domain.job import Artifact, Job, JobState, Stage, WorkKey
from shared.domain.keyframes import next_to_draw
from shared.domain.paid_calls import Payment, call_ended, operation_started, paid_call_begins
from shared.domain.plan import Character, Plan, PlannedShot
from shared.domain.transitions import clip_rendered, complete, keyframe_drawn, save_plan

NOW = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
LEASE = timedelta(seconds=60)
OFFERED = Offer(video=("animatic", "scripted"))
KEYFRAMES = WorkKey(stage=Stage.KEYFRAMES)
FINALIZE = WorkKey(stage=Stage.FINALIZE)
ARTIFACT = Artifact(
    video="v.mp4", thumbnail="t.jpg", storyboard_sheet="s.png", duration_seconds=12.0, size_bytes=1
)


def render(shot: int) -> WorkKey:
    return WorkKey(stage=Stage.RENDER, shot=shot)


def queued_job(**wishes: object) -> JobState:
    effective = build_effective_config(http={"seconds": 12, **wishes}, offered=OFFERED)
    return JobState(
        job=Job(
            job_id="video_0123456789abcdef01234567",
            owner="somebody",
            prompt="Mara walks. Mara runs. Mara rests.",
            config=effective.config,
            config_layers=effective.layers,
            time_limit_seconds=3600,
            spend_month="2026-11",
            created_at=NOW,
            expire_at=NOW + timedelta(days=36_500),
        )
    )


def a_plan(shots: int = 3) -> Plan:
    mara = Character(name="Mara", description="woman in a red coat")
    shot = PlannedShot(prompt="p", keyframe_prompt="k", seconds=4, caption="c", characters=("Mara",))
    return Plan(title="Mara", characters=(mara,), shots=(shot,) * shots)


def claimed(state: JobState, key: WorkKey, *, token: str = "mine", now: datetime = NOW) -> JobState:
    return claim(state, due_task(state, key).task, token=token, now=now, lasts=LEASE)


def planned_job(shots: int = 3, **wishes: object) -> JobState:
    return save_plan(claimed(queued_job(**wishes), KEYFRAMES), a_plan(shots), token="mine")


def drawn_job(shots: int = 3, **wishes: object) -> JobState:
    state = planned_job(shots, **wishes)
    while (number := next_to_draw(state)) is not None:
        state = keyframe_drawn(state, number, path=f"{number}.png", crc32c=f"k{number}", token="mine")
    return state


SUBMISSION = "s"
PRICE = 400_000


def submitted(state: JobState, submission_id: str = SUBMISSION, *, now: datetime = NOW) -> JobState:
    return paid_call_begins(
        state, render(0), submission_id=submission_id, usd_micros=PRICE, now=now, token="mine"
    )


def started(state: JobState, submission_id: str = SUBMISSION, *, now: datetime = NOW) -> JobState:
    name = f"operations/{submission_id}"
    return operation_started(
        state, render(0), submission_id=submission_id, operation_name=name, now=now, token="mine"
    )


def ended(state: JobState, payment: Payment, submission_id: str = SUBMISSION) -> JobState:
    return call_ended(state, render(0), submission_id=submission_id, payment=payment, token="mine")


def paid_job(**config: object) -> JobState:
    """Every keyframe drawn, and the first shot claimed, for a backend that is paid."""
    state = drawn_job()
    paid = build_effective_config(http={"seconds": 12, "model": "scripted", **config}, offered=OFFERED)
    return claimed(state.evolve(job=state.job.evolve(config=paid.config)), render(0))


def submitted_job(**config: object) -> JobState:
    return submitted(paid_job(**config))


def running_job(**config: object) -> JobState:
    return started(submitted_job(**config))


def rendered_job(shots: int = 3) -> JobState:
    state = drawn_job(shots)
    for index in range(shots):
        state = clip_rendered(claimed(state, render(index)), render(index), path=f"{index}.mp4", token="mine")
    return state


def completed_job() -> JobState:
    return complete(claimed(rendered_job(), FINALIZE), ARTIFACT, now=NOW, token="mine")
