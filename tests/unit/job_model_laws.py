"""What must hold of a job, whatever happens: of every commit and state, of all that was told and paid."""

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from shared.domain.capabilities import KeyframeMode
from shared.domain.due_tasks import due_tasks
from shared.domain.job import Job, JobState, Shot, ShotStatus, Stage, Status, Work
from shared.domain.paid_calls import MAX_RESUBMISSIONS
from shared.domain.pricing import is_beyond_limit
from shared.domain.progress import percent
from shared.domain.retry import MAX_ATTEMPTS
from tests.unit.job_model import Commit, Provider, parts

WITHOUT_LEASE = {"operation.started", "submission.withdrawn", "call.ended", "task.replaced"}
"""Steps that are told by these events alone need no lease."""

AFTER_THE_END = {
    "operation.started",
    "submission.withdrawn",
    "call.ended",
    "call.waits",
    "job.deleted",
    "task.replaced",
}


def check_commit(commit: Commit) -> None:
    """Check what one commit has changed."""
    only_the_holder_commits(commit)
    nothing_is_undone(commit)
    a_final_job_is_frozen(commit)
    a_live_lease_is_not_taken(commit)
    no_call_begins_beyond_the_limit(commit)


def check_state(state: JobState) -> None:
    """Check one state in itself, and that it leads on."""
    the_state_is_lawful(state)
    something_is_due_unless_it_has_ended(state)


def check_payments(state: JobState, provider: Provider) -> None:
    """Check that nobody pays too much, or unknowingly."""
    for shot in state.shots:
        calls = [call for call in provider.calls if call.shot == shot.index and call.costs]
        assert len(calls) <= 1 + len(shot.lost_submissions), "more is paid for than is known to be lost"
        if shot.reused and shot.reused.clip:
            assert not calls, "a clip was taken over, and paid again"
        if shot.operation and shot.submission:
            assert shot.operation.operation_name == f"operations/{shot.submission.submission_id}"


def check_bill(state: JobState, provider: Provider) -> None:
    """Check that all that was billed is charged; for a job whose calls are settled."""
    charged: Counter[str] = Counter()
    for shot in state.shots:
        charged.update(_charged(shot))
    for call in provider.calls:
        if call.end and call.end.is_billed:
            assert charged[call.submission_id] == call.usd_micros, "billed, but not charged"


def only_the_holder_commits(commit: Commit) -> None:
    names = {event.name for event in commit.news}
    if commit.key is None or (names and names <= WITHOUT_LEASE) or "work.started" in names:
        return
    if not names and _token(commit.before.work(commit.key)) != commit.token:
        assert _token(commit.after.work(commit.key)) == commit.token, "neither a holder's nor a claim"
        return
    assert _token(commit.before.work(commit.key)) == commit.token, f"{names} without the right to it"


def nothing_is_undone(commit: Commit) -> None:
    before, after = commit.before, commit.after
    percents = percent(before.job, before.progress), percent(after.job, after.progress)
    assert percents[0] <= percents[1], "progress fell"
    assert len(after.shots) >= len(before.shots)
    new = parts(after)
    for name, was in parts(before).items():
        now = new[name]
        if isinstance(was, Work) and isinstance(now, Work):
            assert (now.generation, now.step) >= (was.generation, was.step)
            assert now.generation >= was.generation
            assert now.step >= was.step
    for old, shot in zip(before.shots, after.shots, strict=False):
        order = list(ShotStatus)
        assert order.index(shot.status) >= order.index(old.status)
        assert shot.rendered_percent >= old.rendered_percent
        assert shot.charges[: len(old.charges)] == old.charges


def a_final_job_is_frozen(commit: Commit) -> None:
    before, after = commit.before, commit.after
    if not before.job.status.is_final:
        return
    assert _verdict(before.job) == _verdict(after.job), "the end was changed"
    assert {event.name for event in commit.news} <= AFTER_THE_END


def a_live_lease_is_not_taken(commit: Commit) -> None:
    new = parts(commit.after)
    for name, was in parts(commit.before).items():
        now = new[name]
        if isinstance(was, Work) and isinstance(now, Work) and was.lease and now.lease:
            same = was.lease.token == now.lease.token
            assert same or was.lease.expires_at <= commit.at, f"two workers at {name}"


def no_call_begins_beyond_the_limit(commit: Commit) -> None:
    """What began at the same moment is not seen, so the sum may come to exceed it; what is seen may not."""
    for before, after in zip(commit.before.shots, commit.after.shots, strict=False):
        begun = after.submission if before.submission is None else None
        if begun:
            cost = commit.seen.progress.spent_usd_micros + begun.usd_micros
            assert not is_beyond_limit(commit.seen.job.config, cost), "a call was begun beyond the limit"


def the_state_is_lawful(state: JobState) -> None:
    shots, counts, job = state.shots, state.progress, state.job
    work = (state.keyframes, state.finalize, *shots)
    assert counts.shots_total == len(shots)
    assert counts.keyframes_drawn == len({path for shot in shots for path in _drawn(shot, job)})
    assert counts.clips_rendered == sum(shot.status is ShotStatus.RENDERED for shot in shots)
    under_way = [shot for shot in shots if shot.status is not ShotStatus.RENDERED]
    assert counts.percents_under_way == sum(shot.rendered_percent for shot in under_way)
    assert counts.spent_usd_micros == sum(charge.usd_micros for shot in shots for charge in shot.charges)
    assert all(each.attempt <= MAX_ATTEMPTS for each in work)
    if job.status.is_final:
        assert all(each.lease is None for each in work), "a final job is being worked on"
    if job.status is Status.COMPLETED:
        assert shots
        is_whole = ShotStatus.DRAWN if job.config.stop_after else ShotStatus.RENDERED
        assert all(shot.status is is_whole for shot in shots)
    the_keyframes_are_lawful(shots, KeyframeMode(job.config.keyframes))
    for shot in shots:
        assert (shot.clip is not None) == (shot.status is ShotStatus.RENDERED)
        assert len(shot.lost_submissions) <= 1 + MAX_RESUBMISSIONS
        assert shot.submission is None or shot.submission.failed_polls <= MAX_ATTEMPTS
        paid: Counter[str] = Counter()
        for charge in shot.charges:
            paid[charge.submission_id] += charge.usd_micros
            assert paid[charge.submission_id] in (0, abs(charge.usd_micros)), "one call was charged twice"


def the_keyframes_are_lawful(shots: Sequence[Shot], mode: KeyframeMode) -> None:
    for shot in shots:
        has_both = shot.keyframe is not None, shot.end_keyframe is not None
        is_ready = shot.status is not ShotStatus.PLANNED
        match mode:
            case KeyframeMode.NONE:
                assert is_ready
                assert has_both == (False, False)
            case KeyframeMode.PAIR:
                assert is_ready == (has_both == (True, True))
            case KeyframeMode.SINGLE | KeyframeMode.CHAIN:
                assert has_both == (is_ready, False)
    for before, after in pairwise(shots):
        if mode is KeyframeMode.PAIR:
            assert before.end_keyframe == after.keyframe, "neighbours share a keyframe"
        if mode is KeyframeMode.CHAIN:
            assert (before.clip is not None) == (after.keyframe is not None), "the chain is broken"


def check_events(commits: list[Commit]) -> None:
    """Check what was told of each shot's clip and of the whole job."""
    told = [event for commit in commits for event in commit.news]
    whole = [event.name for event in told]
    assert all(whole.count(name) <= 1 for name in ("job.planned", "job.completed", "job.failed"))
    assert sum(whole.count(f"job.{status}") for status in Status if status.is_final) <= 1
    drawn = [event.data["number"] for event in told if event.name == "keyframe.drawn"]
    assert drawn == list(range(len(drawn)))
    mode = KeyframeMode(commits[0].after.job.config.keyframes)
    for shot in {event.shot for event in told if event.stage is Stage.RENDER}:
        names = [event.name for event in told if event.stage is Stage.RENDER and event.shot == shot]
        if mode in (KeyframeMode.SINGLE, KeyframeMode.PAIR):
            assert shot in drawn, "a shot without a keyframe was worked on"
        assert names.count("clip.rendered") <= 1
        assert all(name in AFTER_THE_END for name in names[_after(names, "clip.rendered") :])
    begun: Counter[str] = Counter()
    lost: Counter[int | None] = Counter()
    for event in told:
        submission_id = str(event.data.get("submission_id", ""))
        match event.name:
            case "submission.saved":
                assert lost[event.shot] <= MAX_RESUBMISSIONS, "called again once too often"
                assert not begun[submission_id]
                begun[submission_id] = 1
            case "operation.started":
                assert begun[submission_id] == 1, "started, but not begun or ended already"
            case "submission.withdrawn" | "call.ended":
                assert begun[submission_id] == 1, "ended, but not begun or ended already"
                begun[submission_id] = 2
                lost[event.shot] += event.data.get("payment") == "ambiguous"


def _after(names: list[str], name: str) -> int:
    return names.index(name) + 1 if name in names else len(names)


def _drawn(shot: Shot, job: Job) -> list[str]:
    """Name what of a shot's keyframes was drawn; in a chain, all but the first are handed on."""
    if job.config.keyframes == KeyframeMode.CHAIN and shot.index > 0:
        return []
    return [path for path in (shot.keyframe, shot.end_keyframe) if path]


def _token(work: Work) -> str:
    return work.lease.token if work.lease else ""


def _verdict(job: Job) -> tuple[object, ...]:
    return job.status, job.error, job.artifact, job.progress_percent, job.finished_at


def something_is_due_unless_it_has_ended(state: JobState) -> None:
    due = {each.task.key.shot for each in due_tasks(state)}
    if not state.job.status.is_final:
        assert due, "nothing will ever happen"
    else:
        assert due == {shot.index for shot in state.shots if shot.is_unsettled}
        assert not due or state.job.unsettled


def _charged(shot: Shot) -> Counter[str]:
    charged: Counter[str] = Counter()
    for charge in shot.charges:
        charged[charge.submission_id] += charge.usd_micros
    return charged
