"""What must hold of a run as a whole. Pure functions over facts; those of one job are in invariants.py."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from tests.chaos.facts import Freeze, RunFacts, Violation
from tests.chaos.fates import Deed, first_passages
from tests.chaos.told import Answer

RunInvariant = Callable[[RunFacts], Iterator[Violation]]

OUTAGE_ANSWER_SECONDS = 4.0
"""3 s is the promise; a machine whose cores are all busy gets one more."""

ENOUGH_JOBS = 100
"""From so many on, every boundary must have been struck."""


def every_order_became_one_job(run: RunFacts) -> Iterator[Violation]:
    """None was turned away, and a repeated request made no second job."""
    for told in run.unaccepted:
        last = told.answers[-1] if told.answers else None
        yield Violation(f"order {told.order.number}", f"was never accepted; last answer: {last}")
    known, stored = {job.job_id for job in run.jobs}, set(run.job_ids)
    if stored - known:
        yield Violation("the store", f"holds jobs nobody was told of: {sorted(stored - known)}")
    if known - stored:
        yield Violation("the store", f"lacks jobs that were accepted: {sorted(known - stored)}")


def no_place_stays_reserved(run: RunFacts) -> Iterator[Violation]:
    """What an owner may have at once is counted right again once all videos are final."""
    if run.still_reserved and all(job.state.job.status.is_final for job in run.jobs):
        yield Violation(
            "the limits", f"hold {run.still_reserved} unfinished videos or paid calls; all are final"
        )


def an_outage_is_a_quick_503(run: RunFacts) -> Iterator[Violation]:
    """While Firestore does not answer, a client is told so, and soon."""
    for answer in answers_in_outages(run):
        if answer.code not in (0, 503):
            yield Violation("an outage", f"was answered with another code than 503: {answer}")
        if answer.took_seconds > OUTAGE_ANSWER_SECONDS and answer.code:
            yield Violation("an outage", f"was answered late: {answer}")


def nothing_is_left(run: RunFacts) -> Iterator[Violation]:
    """Only a killed process leaves a temporary folder, and the end of the stack leaves nothing at all."""
    kills = Counter(strike.function for strike in run.strikes if strike.deed is not Deed.SLEEP)
    files = Counter(name.split("-")[1] if name.startswith("ttv-") else name for name in run.leftovers.files)
    for function, number in files.items():
        if number > kills[function]:
            what = f"left {number} temporary folders after {kills[function]} kills"
            yield Violation(function, what, run.leftovers.files)
    for name in run.leftovers.files_at_end:
        yield Violation("the stack", f"left the temporary file {name}")
    for process in run.leftovers.processes:
        yield Violation("the stack", f"left the process {process}")


def every_boundary_was_struck(run: RunFacts) -> Iterator[Violation]:
    """A run that tried nothing shows nothing."""
    struck = {(strike.function, strike.boundary) for strike in run.strikes}
    for (function, boundary), passed in run.passages.items():
        is_enough = len(run.jobs) >= ENOUGH_JOBS or passed >= first_passages(boundary)
        if is_enough and (function, boundary) not in struck:
            yield Violation(function, f"was never struck {boundary}, which it passed {passed} times")


RUN_INVARIANTS: Sequence[RunInvariant] = (
    every_order_became_one_job,
    no_place_stays_reserved,
    an_outage_is_a_quick_503,
    nothing_is_left,
    every_boundary_was_struck,
)


def violations_of_run(run: RunFacts) -> list[Violation]:
    """Hold a run against every invariant."""
    return [found for invariant in RUN_INVARIANTS for found in invariant(run)]


def answers_in_outages(run: RunFacts) -> list[Answer]:
    """Return the answers to requests that were made and answered while Firestore was away."""
    tolds = [*(job.told for job in run.jobs), *run.unaccepted]
    answers = [answer for told in tolds for answer in told.answers]
    return [answer for answer in answers if any(_is_within(answer, freeze) for freeze in run.freezes)]


def _is_within(answer: Answer, freeze: Freeze) -> bool:
    """Whether a request was made in an outage, not so late that its end could be what answered it."""
    is_asked = freeze.begun + 0.2 <= answer.asked_at
    return is_asked and answer.asked_at + answer.took_seconds <= freeze.ended - 0.2
