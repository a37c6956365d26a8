"""What must hold of the events of every job, which are progress, log and audit in one. Pure functions."""

from collections.abc import Iterator
from itertools import groupby, pairwise

from shared.domain.capabilities import KeyframeMode
from shared.domain.job import Status
from shared.domain.keyframes import keyframes_total
from tests.chaos.facts import Happened, JobFacts, Violation

ENDS = {"job.completed", "job.failed", "job.cancelled"}
AFTER_THE_END = {"operation.started", "submission.withdrawn", "call.ended", "task.replaced", "job.deleted"}
"""Only what a paid call still does, or is done about it, may be told of a job that has ended."""


def events_tell_one_life(job: JobFacts) -> Iterator[Violation]:
    """Accepted first, planned once and before anything is drawn, ended once and last."""
    names = [event.name for event in job.events]
    if names[:1] != ["job.accepted"] or names.count("job.accepted") != 1:
        yield Violation(job.job_id, f"its events begin with {names[:3]}")
    if names.count("job.planned") > 1:
        yield Violation(job.job_id, "was planned more than once")
    if "keyframe.drawn" in names and "job.planned" not in names[: names.index("keyframe.drawn")]:
        yield Violation(job.job_id, "was drawn before it was planned")
    ends = [place for place, name in enumerate(names) if name in ENDS]
    if len(ends) != (1 if job.state.job.status.is_final else 0):
        yield Violation(job.job_id, f"is {job.state.job.status} and ended {len(ends)} times")
    for event in job.events[ends[0] + 1 :] if ends else []:
        if event.name not in AFTER_THE_END:
            yield Violation(job.job_id, f"had ended when this happened: {event}")
    if ends and names[ends[0]] != f"job.{job.state.job.status}":
        yield Violation(job.job_id, f"is {job.state.job.status}, but its events say {names[ends[0]]}")
    for before, after in pairwise(job.events):
        if after.at < before.at:
            yield Violation(job.job_id, f"its events are out of order: {before}; {after}")


def a_shot_goes_its_way_once(job: JobFacts) -> Iterator[Violation]:
    """Drawn once and in order, then rendered once, a chain in order; a completed job has all of it."""
    drawn = [int(str(event.data["number"])) for event in job.events if event.name == "keyframe.drawn"]
    if drawn != list(range(len(drawn))):
        yield Violation(job.job_id, f"its keyframes were drawn in the order {drawn}")
    rendered = [event.shot for event in job.events if event.name == "clip.rendered"]
    if len(set(rendered)) != len(rendered):
        yield Violation(job.job_id, f"clips were recorded twice: {rendered}")
    for index, event in enumerate(job.events):
        if event.name == "clip.rendered":
            if not _may_be_rendered(job, index):
                yield Violation(job.job_id, f"was rendered before it was drawn: {event}")
            for later in job.events[index + 1 :]:
                if later.key == event.key:
                    yield Violation(job.job_id, f"{event.key} was rendered when this happened: {later}")
    total, counted = len(job.state.shots), job.state.progress
    if (counted.keyframes_drawn, counted.clips_rendered) != (len(drawn), len(rendered)):
        yield Violation(
            job.job_id, f"counts {counted}, but {len(drawn)} were drawn, {len(rendered)} rendered"
        )
    wanted = keyframes_total(job.state.job, total)
    if job.state.job.status is Status.COMPLETED and (len(drawn), len(rendered)) != (wanted, total):
        yield Violation(
            job.job_id, f"is completed with {len(drawn)} drawn and {len(rendered)} rendered of {total}"
        )


def _may_be_rendered(job: JobFacts, event: int) -> bool:
    """Whether all that a clip is made of was there when it was recorded."""
    shot, before = job.events[event].shot or 0, job.events[:event]
    drawn = {int(str(each.data["number"])) for each in before if each.name == "keyframe.drawn"}
    match KeyframeMode(job.state.job.config.keyframes):
        case KeyframeMode.SINGLE:
            return shot in drawn
        case KeyframeMode.PAIR:
            return {shot, shot + 1} <= drawn
        case KeyframeMode.CHAIN:
            rendered = [each.shot for each in before if each.name == "clip.rendered"]
            return 0 in drawn and rendered == list(range(shot))
        case KeyframeMode.NONE:
            return not drawn


def paid_calls_begin_and_end_in_turn(job: JobFacts) -> Iterator[Violation]:
    """Of each shot: saved, then started, withdrawn or ended; the next only after that."""
    for key, events in _by_key(job).items():
        current, started = "", False
        for event in events:
            submission_id = str(event.data.get("submission_id", ""))
            match event.name:
                case "submission.saved":
                    if current:
                        yield Violation(job.job_id, f"{key} began a call beside {current}: {event}")
                    current, started = submission_id, False
                case "operation.started":
                    if submission_id != current or started:
                        yield Violation(job.job_id, f"{key} started what was not to be started: {event}")
                    started = True
                case "submission.withdrawn":
                    if submission_id != current or started:
                        yield Violation(job.job_id, f"{key} withdrew what it could not: {event}")
                    current = ""
                case "call.ended":
                    if submission_id != current:
                        yield Violation(job.job_id, f"{key} ended another call than {current!r}: {event}")
                    current = ""


def attempts_are_counted_one_by_one(job: JobFacts) -> Iterator[Violation]:
    """The first try is the first, and none is skipped. An outage gives a try back, so one may come twice."""
    for key, events in _by_key(job).items():
        most = 0
        for event in events:
            if event.name != "work.started":
                continue
            attempt = event.attempt or 0
            if not 1 <= attempt <= most + 1:
                yield Violation(job.job_id, f"{key} was at attempt {most} before: {event}")
            most = attempt


def _by_key(job: JobFacts) -> dict[str, list[Happened]]:
    keyed = sorted((event for event in job.events if event.key), key=lambda event: event.key)  # a stable sort
    return {key: list(events) for key, events in groupby(keyed, key=lambda event: event.key)}
