"""What must hold of every paid call: our account against the provider's. Pure functions over facts."""

from collections import Counter
from collections.abc import Iterator

from shared.domain.job import Shot
from shared.domain.paid_calls import MAX_RESUBMISSIONS
from tests.chaos.facts import JobFacts, PaidOutput, Violation


def no_shot_is_paid_twice(job: JobFacts) -> Iterator[Violation]:
    """But for calls that are marked ambiguous, of which there are few."""
    for shot in job.state.shots:
        paid = _paid_for(job, shot)
        ambiguous = _ambiguous(shot)
        sure = [each.submission_id for each in paid if each.submission_id not in ambiguous]
        if len(sure) > 1:
            yield Violation(job.job_id, f"shot {shot.index} was paid {len(sure)} times: {sure}")
        for each in paid:
            if each.times > 1:
                yield Violation(
                    job.job_id, f"shot {shot.index}: one call was made {each.times} times: {each}"
                )
        if len(ambiguous) > MAX_RESUBMISSIONS + 1:
            yield Violation(job.job_id, f"shot {shot.index} was resubmitted too often: {sorted(ambiguous)}")
    known = {shot.index for shot in job.state.shots}
    for each in job.paid:
        if each.shot not in known:
            yield Violation(job.job_id, f"a shot that is not there was paid: {each}")


def charges_agree_with_the_ledger(job: JobFacts) -> Iterator[Violation]:
    """Every billed call is charged, and nothing is charged for sure that was not billed."""
    for shot in job.state.shots:
        charged = _charged(shot)
        billed = {each.submission_id for each in _paid_for(job, shot)}
        for submission_id in billed:
            if charged[submission_id] <= 0:
                yield Violation(job.job_id, f"shot {shot.index}: {submission_id} was billed, and not charged")
        for submission_id, usd_micros in charged.items():
            if usd_micros < 0:
                yield Violation(job.job_id, f"shot {shot.index}: more was given back than taken: {charged}")
            if usd_micros > 0 and submission_id not in billed | _ambiguous(shot):
                yield Violation(job.job_id, f"shot {shot.index}: {submission_id} was charged, and not billed")
    total = sum(charge.usd_micros for shot in job.state.shots for charge in shot.charges)
    if total != job.state.progress.spent_usd_micros:
        counted = job.state.progress.spent_usd_micros
        yield Violation(job.job_id, f"its charges are {total} in all, counted are {counted}")


def spending_shown_is_no_less_than_what_was_billed(job: JobFacts) -> Iterator[Violation]:
    """The client sees, at the end, at least what was surely billed."""
    billed = sum(
        _price(shot, each.submission_id)
        for shot in job.state.shots
        for each in _paid_for(job, shot)
        if each.submission_id not in _ambiguous(shot)
    )
    shown = round(job.told.views[-1].spent_usd * 1_000_000) if job.told.views else 0
    if shown < billed:
        yield Violation(job.job_id, f"its client was shown {shown} millionths of a dollar of {billed}")


def no_paid_call_is_left_open(job: JobFacts) -> Iterator[Violation]:
    """Once a job is final, what it had begun at a provider is cancelled or accounted for."""
    if not job.state.job.status.is_final:
        return
    left = [shot.index for shot in job.state.shots if shot.is_unsettled]
    if left or job.state.job.unsettled:
        says = "unsettled" if job.state.job.unsettled else "settled"
        yield Violation(job.job_id, f"is {job.state.job.status} and says {says}; open are shots {left}")


def _paid_for(job: JobFacts, shot: Shot) -> list[PaidOutput]:
    return [each for each in job.paid if each.shot == shot.index]


def _ambiguous(shot: Shot) -> set[str]:
    return {charge.submission_id for charge in shot.charges if charge.ambiguous}


def _charged(shot: Shot) -> Counter[str]:
    charged: Counter[str] = Counter()
    for charge in shot.charges:
        charged[charge.submission_id] += charge.usd_micros
    return charged


def _price(shot: Shot, submission_id: str) -> int:
    """Return what a call cost, by the charge for it; 0 if there is none, which is a violation of its own."""
    return max((c.usd_micros for c in shot.charges if c.submission_id == submission_id), default=0)
