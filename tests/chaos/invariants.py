"""What must hold of every job after any run, whatever went wrong in it. Pure functions over facts.

Each yields the violations it finds. What concerns money is in money.py, the order of events in sequence.py.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

from shared.domain.job import Status, Work
from shared.domain.naming import video_path
from tests.chaos.facts import JobFacts, Violation
from tests.chaos.money import (
    charges_agree_with_the_ledger,
    no_paid_call_is_left_open,
    no_shot_is_paid_twice,
    spending_shown_is_no_less_than_what_was_billed,
)
from tests.chaos.orders import SIZE
from tests.chaos.sequence import (
    a_shot_goes_its_way_once,
    attempts_are_counted_one_by_one,
    events_tell_one_life,
    paid_calls_begin_and_end_in_turn,
)
from tests.chaos.told import FINAL

Invariant = Callable[[JobFacts], Iterator[Violation]]

LAST_EVENTS = 30


def every_job_is_final(job: JobFacts) -> Iterator[Violation]:
    """No accepted job is left behind."""
    if not job.state.job.status.is_final:
        yield Violation(job.job_id, f"is still {job.state.job.status}")


def a_completed_job_has_one_right_video(job: JobFacts) -> Iterator[Violation]:
    """One object, of the right length and size, that can be decoded to the end; and no other job has one."""
    videos = [path for path in job.objects if path == video_path(job.job_id)]
    if job.state.job.status is not Status.COMPLETED:
        if job.state.job.artifact:
            yield Violation(job.job_id, f"is {job.state.job.status} and yet has a video")
        return
    if len(videos) != 1:
        yield Violation(job.job_id, f"is completed with {len(videos)} videos in storage")
    media, order = job.told.media, job.told.order
    if media is None or media.trouble:
        trouble = media.trouble if media else "nobody fetched it"
        yield Violation(job.job_id, f"is completed, but its video cannot be had: {trouble}")
        return
    if (media.frames, f"{media.width}x{media.height}") != (order.frames, SIZE):
        found = f"{media.frames} frames of {media.width}x{media.height}"
        yield Violation(job.job_id, f"has a video of {found}; ordered were {order.frames} of {SIZE}")


def a_final_job_is_not_leased(job: JobFacts) -> Iterator[Violation]:
    """Nobody may go on working."""
    state = job.state
    if state.job.status.is_final:
        works: dict[str, Work] = {"keyframes": state.keyframes, "finalize": state.finalize}
        works |= {f"render/{shot.index}": shot for shot in state.shots}
        for key, work in works.items():
            if work.lease:
                yield Violation(job.job_id, f"is {state.job.status}, yet {key} is leased: {work.lease}")


def a_failure_has_a_reason(job: JobFacts) -> Iterator[Violation]:
    """A job fails only of what really befell it, and says so."""
    error = job.state.job.error
    if (error is not None) != (job.state.job.status is Status.FAILED):
        yield Violation(job.job_id, f"is {job.state.job.status} with the error {error}")
    if error is None:
        return
    tries = [
        event for event in job.events if event.name in ("work.started", "work.postponed", "work.released")
    ]
    most = max((event.attempt or 0 for event in tries), default=0)
    lost = max((len(shot.lost_submissions) for shot in job.state.shots), default=0)
    is_paid = any(event.name == "submission.saved" for event in job.events)
    justified = {
        "attempts_exhausted": most >= 3 or is_paid,
        "refused": is_paid,
        "backend_failed": is_paid,
        "media_corrupt": is_paid,
        "payment_ambiguous": lost >= 2,
    }
    if not justified.get(error.code):
        yield Violation(job.job_id, f"failed without cause: {error}")


def progress_never_falls(job: JobFacts) -> Iterator[Violation]:
    """Neither percent nor what was spent on calls that were billed for sure; the latter falls by refunds."""
    for before, after in pairwise(job.told.views):
        if after.progress < before.progress:
            yield Violation(job.job_id, f"its progress fell: {before} then {after}")
    if job.told.views and job.state.job.status is Status.COMPLETED and job.told.views[-1].progress != 100:
        yield Violation(job.job_id, f"is completed at {job.told.views[-1].progress} %")


def status_goes_forward_and_ends_once(job: JobFacts) -> Iterator[Violation]:
    """What was final once stays as it was: status, progress and reason."""
    order = ["queued", "in_progress"]
    for before, after in pairwise(job.told.views):
        if before.status in FINAL:
            frozen = (before.status, before.progress, before.error_code)
            if (after.status, after.progress, after.error_code) != frozen:
                yield Violation(job.job_id, f"was final and changed: {before} then {after}")
        elif after.status not in FINAL and order.index(after.status) < order.index(before.status):
            yield Violation(job.job_id, f"went back: {before} then {after}")
    last = job.told.views[-1].status if job.told.views else ""
    if last in FINAL and last != job.state.job.status:
        yield Violation(job.job_id, f"its client was told {last}, and it is {job.state.job.status}")


def nothing_told_is_untrue(job: JobFacts) -> Iterator[Violation]:
    """An id that was given exists from then on, and is the only one; nothing sound is refused."""
    told = job.told
    if len(told.video_ids) > 1:
        yield Violation(job.job_id, f"one Idempotency-Key got several ids: {sorted(told.video_ids)}")
    for answer in told.answers:
        is_in_order = answer.code == 409 and answer.request == "POST cancel"
        if 400 <= answer.code < 500 and not is_in_order:
            yield Violation(job.job_id, f"{answer.request} was answered {answer.code}: {answer}")
        if answer.code == 500:
            yield Violation(job.job_id, f"{answer.request} was answered with our own fault: {answer}")
        if answer.request == "POST cancel" and answer.code == 200 and answer.status != "cancelled":
            yield Violation(job.job_id, f"a cancel was confirmed of a video that is not: {answer}")


INVARIANTS: Sequence[Invariant] = (
    every_job_is_final,
    a_completed_job_has_one_right_video,
    a_final_job_is_not_leased,
    a_failure_has_a_reason,
    progress_never_falls,
    status_goes_forward_and_ends_once,
    nothing_told_is_untrue,
    no_shot_is_paid_twice,
    charges_agree_with_the_ledger,
    spending_shown_is_no_less_than_what_was_billed,
    no_paid_call_is_left_open,
    events_tell_one_life,
    a_shot_goes_its_way_once,
    paid_calls_begin_and_end_in_turn,
    attempts_are_counted_one_by_one,
)


def violations_of(job: JobFacts) -> list[Violation]:
    """Hold a job against every invariant; the last it breaks comes with the job's last events."""
    found = [violation for invariant in INVARIANTS for violation in invariant(job)]
    if found:
        found[-1] = found[-1]._replace(evidence=[str(event) for event in job.events[-LAST_EVENTS:]])
    return found
