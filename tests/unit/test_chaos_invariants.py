"""Each invariant of the chaos runs is kept by a sound job, and can be broken: else it would show nothing."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.domain import naming
from shared.domain.job import Charge, JobError, JobState, Lease, Shot, Status
from shared.domain.transitions import clip_rendered, complete
from tests.chaos.facts import Happened, JobFacts, PaidOutput
from tests.chaos.invariants import INVARIANTS, violations_of
from tests.chaos.orders import Order
from tests.chaos.sequence import a_shot_goes_its_way_once
from tests.chaos.told import Answer, Media, Told
from tests.unit.jobs import (
    ARTIFACT,
    FINALIZE,
    NOW,
    PRICE,
    SUBMISSION,
    claimed,
    drawn_job,
    render,
    started,
    submitted,
)

SECONDS = 4
PRICE_USD = PRICE / 1_000_000


def completed_job() -> JobState:
    """One shot, rendered by a provider."""
    state = started(submitted(claimed(drawn_job(1), render(0))))
    state = clip_rendered(
        claimed(state, render(0)), render(0), path="c.mp4", token="mine", submission_id=SUBMISSION
    )
    return complete(claimed(state, FINALIZE), ARTIFACT, now=NOW, token="mine")


def happened(state: JobState) -> list[Happened]:
    news = state.tell("job.accepted").news
    return [
        Happened.model_validate({**event.model_dump(), "at": NOW + timedelta(seconds=second)})
        for second, event in enumerate((news[-1], *news[:-1]))
    ]


def answered(status: str, progress: int, **more: object) -> Answer:
    answer = Answer(
        asked_at=0, took_seconds=0, request="GET", code=200, video_id="v", status=status, progress=progress
    )
    return replace(answer, **more)  # type: ignore[arg-type]  # fields by name


@pytest.fixture
def job() -> JobFacts:
    state = completed_job()
    order = Order(number=1, prompt="Mara walks.", seconds=SECONDS, model="scripted")
    answers = [
        answered("queued", 0, request="POST", code=202),
        answered("in_progress", 30),
        answered("completed", 100, spent_usd=PRICE_USD),
    ]
    return JobFacts(
        told=Told(order, answers, Media(frames=order.frames, width=640, height=360)),
        state=state,
        events=happened(state),
        objects=[naming.video_path(state.job.job_id), naming.clip_path(state.job.job_id, 0)],
        paid=[PaidOutput(shot=0, submission_id=SUBMISSION, times=1)],
    )


def with_job(job: JobFacts, **changes: object) -> JobFacts:
    return replace(job, state=job.state.evolve(job=job.state.job.evolve(**changes)))


def with_shot(job: JobFacts, **changes: object) -> JobFacts:
    return replace(job, state=job.state.evolve(shots=(job.state.shots[0].evolve(**changes),)))


def with_answers(job: JobFacts, *answers: Answer) -> JobFacts:
    return replace(job, told=replace(job.told, answers=[*job.told.answers, *answers]))


def with_media(job: JobFacts, media: Media | None) -> JobFacts:
    return replace(job, told=replace(job.told, media=media))


def with_events(job: JobFacts, change: Callable[[list[Happened]], Sequence[Happened]]) -> JobFacts:
    return replace(job, events=change(list(job.events)))


def with_event(job: JobFacts, name: str, key: str = "", **data: object) -> JobFacts:
    stage, _, shot = key.partition("/")
    event = Happened(
        name=name,
        stage=stage or None,
        shot=int(shot) if shot else None,
        attempt=1,
        data=data,
        at=job.events[-1].at,
    )
    return replace(job, events=[*job.events, event])


def twice(events: list[Happened], name: str) -> list[Happened]:
    return [each for event in events for each in [event] * (2 if event.name == name else 1)]


def without(events: list[Happened], name: str) -> list[Happened]:
    return [event for event in events if event.name != name]


def charged(job: JobFacts, *more: Charge) -> Shot:
    return job.state.shots[0].evolve(charges=(*job.state.shots[0].charges, *more))


LEASE = Lease(token="somebody", expires_at=NOW)
A_CHARGE = Charge(usd_micros=PRICE, reason="clip", submission_id="other", model="scripted")
ERROR = JobError(code="attempts_exhausted", message="it failed")

BROKEN: dict[str, tuple[str, Callable[[JobFacts], JobFacts]]] = {
    "is not final": ("is still in_progress", lambda job: with_job(job, status=Status.IN_PROGRESS)),
    "has no video": ("with 0 videos", lambda job: replace(job, objects=[])),
    "cannot be fetched": ("cannot be had", lambda job: with_media(job, Media(0, 0, 0, "404"))),
    "was not fetched": ("cannot be had", lambda job: with_media(job, None)),
    "is a frame short": ("ordered were", lambda job: with_media(job, Media(95, 640, 360))),
    "has another size": ("ordered were", lambda job: with_media(job, Media(96, 640, 480))),
    "failed with a video": (
        "yet has a video",
        lambda job: with_job(job, status=Status.FAILED, error=ERROR),
    ),
    "is leased": ("render/0 is leased", lambda job: with_shot(job, lease=LEASE)),
    "failed without a reason": ("with the error None", lambda job: with_job(job, status=Status.FAILED)),
    "completed with a reason": ("with the error", lambda job: with_job(job, error=ERROR)),
    "failed for another reason": (
        "failed without cause",
        lambda job: with_job(job, status=Status.FAILED, error=ERROR.evolve(code="media_missing")),
    ),
    "fell back": (
        "progress fell",
        lambda job: with_answers(job, answered("completed", 99, spent_usd=PRICE_USD)),
    ),
    "completed at 99": (
        "is completed at 99 %",
        lambda job: with_answers(job, answered("completed", 99, spent_usd=PRICE_USD)),
    ),
    "changed after its end": (
        "was final and changed",
        lambda job: with_answers(job, answered("cancelled", 100, spent_usd=PRICE_USD)),
    ),
    "went back to queued": (
        "went back",
        lambda job: replace(
            job, told=replace(job.told, answers=[answered("in_progress", 1), answered("queued", 1)])
        ),
    ),
    "was told otherwise": (
        "was told cancelled",
        lambda job: with_answers(job, answered("cancelled", 100, spent_usd=PRICE_USD)),
    ),
    "vanished": ("was answered 404", lambda job: with_answers(job, answered("", -1, code=404, video_id=""))),
    "got a 500": ("our own fault", lambda job: with_answers(job, answered("", -1, code=500, video_id=""))),
    "got two ids": (
        "several ids",
        lambda job: with_answers(job, answered("completed", 100, video_id="w", spent_usd=PRICE_USD)),
    ),
    "was not cancelled": (
        "a cancel was confirmed",
        lambda job: with_answers(job, answered("completed", 100, request="POST cancel", spent_usd=PRICE_USD)),
    ),
    "was paid twice": (
        "was paid 2 times",
        lambda job: replace(job, paid=[*job.paid, PaidOutput(0, "other", 1)]),
    ),
    "was called twice": ("was made 2 times", lambda job: replace(job, paid=[PaidOutput(0, SUBMISSION, 2)])),
    "was resubmitted at will": (
        "resubmitted too often",
        lambda job: with_shot(
            job,
            charges=[A_CHARGE.evolve(submission_id=each, ambiguous=True) for each in ("a", "b", "c")],
        ),
    ),
    "paid for no shot": (
        "a shot that is not there",
        lambda job: replace(job, paid=[*job.paid, PaidOutput(7, "other", 1)]),
    ),
    "was billed in secret": ("and not charged", lambda job: with_shot(job, charges=())),
    "was charged for nothing": ("and not billed", lambda job: replace(job, paid=[])),
    "got more back": (
        "more was given back",
        lambda job: with_shot(job, charges=charged(job, A_CHARGE.evolve(usd_micros=-1)).charges),
    ),
    "counts other money": (
        "its charges are",
        lambda job: with_shot(job, charges=charged(job, A_CHARGE.evolve(ambiguous=True)).charges),
    ),
    "shows too little": (
        "was shown 0",
        lambda job: with_answers(job, answered("completed", 100)),
    ),
    "says it is unsettled": ("says unsettled", lambda job: with_job(job, unsettled=True)),
    "left a call open": (
        "open are shots [0]",
        lambda job: with_shot(job, status="drawn"),
    ),
    "begins in the middle": ("its events begin", lambda job: with_events(job, lambda events: events[1:])),
    "was planned twice": (
        "planned more than once",
        lambda job: with_events(job, lambda events: twice(events, "job.planned")),
    ),
    "was drawn unplanned": (
        "before it was planned",
        lambda job: with_events(job, lambda events: without(events, "job.planned")),
    ),
    "never ended": ("ended 0 times", lambda job: with_events(job, lambda events: events[:-1])),
    "ended twice": ("ended 2 times", lambda job: with_event(job, "job.cancelled")),
    "went on after its end": ("had ended when", lambda job: with_event(job, "work.started", "finalize")),
    "ended otherwise": (
        "its events say job.failed",
        lambda job: with_events(job, lambda events: [*events[:-1], events[-1].evolve(name="job.failed")]),
    ),
    "goes back in time": (
        "out of order",
        lambda job: with_events(
            job, lambda events: [events[0].evolve(at=NOW + timedelta(days=1)), *events[1:]]
        ),
    ),
    "was drawn twice": (
        "were drawn in the order [0, 0]",
        lambda job: with_events(job, lambda events: twice(events, "keyframe.drawn")),
    ),
    "was rendered twice": (
        "recorded twice",
        lambda job: with_events(job, lambda events: twice(events, "clip.rendered")),
    ),
    "was rendered undrawn": (
        "rendered before it was drawn",
        lambda job: with_events(job, lambda events: without(events, "keyframe.drawn")),
    ),
    "went on after its clip": (
        "was rendered when this happened",
        lambda job: with_event(job, "work.released", "render/0"),
    ),
    "counts other clips": (
        "0 rendered",
        lambda job: with_events(job, lambda events: without(events, "clip.rendered")),
    ),
    "is completed undone": (
        "is completed with",
        lambda job: with_events(job, lambda events: without(events, "clip.rendered")),
    ),
    "called beside a call": (
        "began a call beside s",
        lambda job: with_event(job, "submission.saved", "render/0", submission_id="other"),
    ),
    "started a stranger's call": (
        "not to be started",
        lambda job: with_event(job, "operation.started", "render/0", submission_id="other"),
    ),
    "withdrew a started call": (
        "withdrew what it could not",
        lambda job: with_event(job, "submission.withdrawn", "render/0", submission_id=SUBMISSION),
    ),
    "ended a stranger's call": (
        "ended another call",
        lambda job: with_event(job, "call.ended", "render/0", submission_id="other"),
    ),
    "skipped an attempt": (
        "was at attempt 1 before",
        lambda job: with_events(
            job,
            lambda events: [
                *events,
                Happened(name="work.started", stage="finalize", attempt=3, at=events[-1].at),
            ],
        ),
    ),
}


def test_a_sound_job_breaks_nothing(job: JobFacts) -> None:
    assert violations_of(job) == []


@pytest.mark.parametrize("trouble", BROKEN)
def test_what_is_broken_is_found(job: JobFacts, trouble: str) -> None:
    expected, breaks = BROKEN[trouble]
    found = violations_of(breaks(job))
    assert any(expected in violation.what for violation in found), found


def test_every_invariant_can_be_broken(job: JobFacts) -> None:
    kept = {
        invariant.__name__
        for invariant in INVARIANTS
        if not any(list(invariant(breaks(job))) for _, breaks in BROKEN.values())
    }
    assert kept == set()


def test_a_chain_whose_clips_come_out_of_order_is_found(job: JobFacts) -> None:
    chained = with_job(job, config=job.state.job.config.evolve(keyframes="chain"))
    assert list(a_shot_goes_its_way_once(chained)) == []
    late = with_event(chained, "clip.rendered", "render/2")
    assert any("before" in violation.what for violation in a_shot_goes_its_way_once(late))


def test_a_pair_that_lacks_its_end_is_found(job: JobFacts) -> None:
    paired = with_job(job, config=job.state.job.config.evolve(keyframes="pair"))
    assert any("before" in violation.what for violation in a_shot_goes_its_way_once(paired))
