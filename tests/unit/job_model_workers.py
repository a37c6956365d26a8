"""What the three stages do with a delivered task, step by step, in the pipeline of job_model.

Follows shared/stage.py and the work.py, paid.py and settlement.py of the functions; makes no media.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta

from shared.domain.capabilities import VIDEO_BACKENDS
from shared.domain.claims import claim, extend_lease, go_on_later, postpone, release
from shared.domain.derivation import taking_over
from shared.domain.due_tasks import due_task, due_tasks
from shared.domain.errors import (
    BackendFailed,
    BackendUnavailable,
    IllegalTransition,
    Interrupted,
    JobFailure,
    JobIsFinal,
    LeaseHeld,
    LeaseLost,
    MustWait,
    NotFound,
    OperationFailed,
    Refused,
    TTVError,
)
from shared.domain.job import JobState, Shot, Stage, Submission, WorkKey
from shared.domain.keyframes import LastFrame, hands_on, next_to_draw
from shared.domain.messages import Task
from shared.domain.paid_calls import (
    Payment,
    call_ended,
    clip_delivered,
    look_again_later,
    operation_started,
    paid_call_begins,
    remedied,
    remedy_for,
    settle_later,
    submission_withdrawn,
    surely_settled_at,
    wound_up,
)
from shared.domain.plan import Plan, Wording
from shared.domain.retry import GiveUp, TryAgain, decide
from shared.domain.transitions import (
    clip_rendered,
    complete,
    fail,
    fail_work,
    keyframe_drawn,
    save_plan,
    shot_reworded,
)
from shared.job_store import ALL, Shots, Step
from tests.unit.job_model import WAIT, Actor, Call, End, Luck, Pipeline, Snapshot
from tests.unit.jobs import ARTIFACT, LEASE, a_plan

PRICE = 400_000
"""Of every paid call, in millionths of a US dollar."""


class Crash(Exception):
    """A bug in a stage."""


FAULTS: Mapping[Luck, Exception] = {
    Luck.CRASH: Crash(),
    Luck.INTERRUPTED: Interrupted(),
    Luck.OUTAGE: BackendUnavailable(),
    Luck.QUOTA: WAIT,
    Luck.FAILURE: BackendFailed("no"),
}
"""What may go wrong with any work."""


class Worker:
    """The right to a piece of work, and the state as of its last commit."""

    def __init__(self, pipeline: Pipeline, key: WorkKey, token: str, state: JobState) -> None:
        self.pipeline, self.key, self.token, self.state = pipeline, key, token, state
        self._enqueued = {due_task(state, key)}

    @property
    def shots(self) -> Shots:
        if self.key.shot is None:
            return ALL
        return (self.key.shot, self.key.shot + 1) if self.hands_on else (self.key.shot,)

    @property
    def hands_on(self) -> bool:
        return self.key.shot is not None and hands_on(self.state, self.key.shot)

    @property
    def shot(self) -> Shot:
        return self.state.shots[0]

    @property
    def attempt(self) -> int:
        work = self.state.work(self.key)
        submission = work.submission if isinstance(work, Shot) else None
        return submission.failed_polls + 1 if submission else work.attempt

    def work(self, what: str) -> Actor[None]:
        """Work at something that may fail in every way."""
        luck = yield what
        if luck in FAULTS:
            raise FAULTS[luck]

    def commit(self, step: Step) -> Actor[None]:
        """Commit a step, and enqueue what it makes due."""
        change = self.pipeline.change(step, shots=self.shots, fence=self.key, by=(self.key, self.token))
        self.state = yield from change
        new = [due for due in due_tasks(self.state) if due not in self._enqueued]
        if new:
            yield "before enqueueing"
        for due in new:
            self.pipeline.queue.enqueue(due)
            self._enqueued.add(due)

    def settle(self, step: Step, shots: Shots) -> Actor[bool]:
        """Commit how the work ended, unless the right to say so was lost."""
        try:
            self.state = yield from self.pipeline.change(step, shots=shots, by=(self.key, self.token))
        except (JobIsFinal, LeaseLost):
            return False
        yield "before enqueueing"
        return True


def deliver(pipeline: Pipeline, task: Task, began: Callable[[Worker], None]) -> Actor[None]:
    """Do what a task asks for.

    Args:
        began: is told of the worker once it has its lease.
    """
    token = pipeline.new_name("worker")

    def claimed(state: JobState, now: datetime) -> JobState:
        return claim(state, task, token=token, now=now, lasts=LEASE)

    shots: Shots = ALL if task.shot is None else (task.shot,)
    try:
        state = yield from pipeline.change(claimed, shots=shots, by=(task.key, token))
    except NotFound:
        return
    except JobIsFinal:
        yield from _settle(pipeline, task)
        return
    except IllegalTransition:
        yield from pipeline.enqueue_all_due()
        return
    except LeaseHeld as held:
        again = due_task(pipeline.store.state, task.key).evolve(task=task, not_before=held.expires_at)
        pipeline.queue.enqueue(again, recheck=True)
        return
    except JobFailure as failure:
        yield from _fail_job(pipeline, failure)
        return
    worker = Worker(pipeline, task.key, token, state)
    began(worker)
    yield from _do(worker)


def heartbeat(worker: Worker, percent: int) -> Actor[None]:
    """Prolong a worker's lease, beside whatever it does, and tell how far that is."""
    pipeline, key = worker.pipeline, worker.key

    def extended(state: JobState, now: datetime) -> JobState:
        return extend_lease(state, key, token=worker.token, now=now, lasts=LEASE, percent=percent)

    shots = () if key.shot is None else (key.shot,)
    with suppress(JobIsFinal, LeaseLost):
        yield from pipeline.change(extended, shots=shots, beside_job=True, by=(key, worker.token))


def _fail_job(pipeline: Pipeline, failure: JobFailure) -> Actor[None]:
    with suppress(JobIsFinal):
        state = yield from pipeline.change(lambda s, now: fail(s, now, failure=failure), shots=ALL)
        yield "before enqueueing"
        pipeline.enqueue_due(state)


def _do(worker: Worker) -> Actor[None]:
    craft = {Stage.KEYFRAMES: _draw, Stage.RENDER: _render, Stage.FINALIZE: _finalize}[worker.key.stage]
    try:
        yield from craft(worker)
    except JobIsFinal:
        return
    except LeaseLost:
        yield from worker.pipeline.enqueue_all_due()
    except (TTVError, Crash) as error:
        yield from _try_again_or_fail(worker, error)


def _try_again_or_fail(worker: Worker, error: Exception) -> Actor[None]:
    pipeline, key, token = worker.pipeline, worker.key, worker.token
    decision = decide(error, worker.attempt, pipeline.now, spread=0.5)

    def settled(state: JobState, now: datetime) -> JobState:
        match decision:
            case GiveUp(failure):
                return fail_work(state, key, failure, now=now, token=token)
            case TryAgain(is_attempt, datetime() as until):
                return postpone(state, key, token=token, reason="", until=until, is_attempt=is_attempt)
            case TryAgain(is_attempt):
                return release(state, key, token=token, reason="", is_attempt=is_attempt)

    if not (yield from worker.settle(settled, ALL if isinstance(decision, GiveUp) else worker.shots)):
        return
    if isinstance(decision, GiveUp):
        pipeline.enqueue_due(worker.state)
    elif decision.not_before:
        pipeline.queue.enqueue(due_task(worker.state, key))
    else:
        pipeline.queue.waiting.append(due_task(worker.state, key))  # the queue delivers it once more


def _draw(worker: Worker) -> Actor[None]:
    token = worker.token
    if worker.state.job.plan is None:
        plan = a_plan(worker.state.job.config.seconds // 4)
        yield from worker.work("planning")
        yield from worker.commit(lambda s, _: _planned(s, plan, token))
    while step := _next_drawing(worker.state, token):
        if (yield "looking whether time is left") is Luck.OUT_OF_TIME:
            yield from worker.commit(lambda s, _: go_on_later(s, worker.key, token=token))
            return
        yield from worker.work("drawing")
        yield from worker.commit(step)


def _planned(state: JobState, plan: Plan, token: str) -> JobState:
    """Save a plan; of a remix only the second shot differs from what its source had."""
    state = save_plan(state, plan, token=token)
    if not state.job.is_remix:
        return state
    old = [
        shot.evolve(keyframe=f"old-{shot.index}.png", clip=f"old-{shot.index}.mp4") for shot in state.shots
    ]
    old[1:2] = [shot.evolve(keyframe_prompt="was other") for shot in old[1:2]]
    return taking_over(state, JobState(job=state.job, shots=tuple(old)))


def _next_drawing(state: JobState, token: str) -> Step | None:
    words = Wording(prompt="other", keyframe_prompt="other")
    number, refused = next_to_draw(state), [shot.index for shot in state.shots if shot.awaits_rewording]
    if refused:
        return lambda s, _: shot_reworded(s, refused[0], words, token=token)
    if number is None:
        return None
    return lambda s, _: keyframe_drawn(s, number, path=f"{number}.png", token=token)


def _finalize(worker: Worker) -> Actor[None]:
    yield from worker.work("joining")
    yield from worker.commit(lambda s, now: complete(s, ARTIFACT, now=now, token=worker.token))


def _render(worker: Worker) -> Actor[None]:
    shot, provider = worker.shot, worker.pipeline.provider
    is_taken_over = shot.reused is not None and shot.reused.clip is not None
    if is_taken_over or not VIDEO_BACKENDS[worker.state.model_of(shot)].paid:
        yield from _take(worker, None)
    elif shot.operation:
        yield from _look(worker, shot.operation.operation_name)
    else:
        yield "looking for what was delivered"
        asked_at = worker.pipeline.now
        submissions = (*([shot.submission] if shot.submission else []), *shot.lost_submissions)
        made = [each for each in submissions if provider.delivered(each.submission_id)]
        if made:
            yield from _take(worker, made[0])
        elif not (shot.submission and (yield from _is_still_ambiguous(worker, shot.submission, asked_at))):
            yield from _start(worker)


def _start(worker: Worker) -> Actor[None]:
    pipeline, key, token = worker.pipeline, worker.key, worker.token
    submission_id = pipeline.new_name("submission")
    yield from worker.work("fetching the keyframe")
    yield from worker.commit(
        lambda s, now: paid_call_begins(
            s, key, submission_id=submission_id, usd_micros=PRICE, now=now, token=token
        )
    )
    luck = yield "calling the provider"
    try:
        call = Call(submission_id, worker.shot.index, PRICE, pipeline.now)
        name = pipeline.provider.start(call, luck)
    except (Refused, BackendFailed) as failure:
        yield from _otherwise(worker, failure, _withdrawn(key, submission_id))
        return
    except (MustWait, BackendUnavailable):
        yield from worker.commit(_withdrawn(key, submission_id))
        raise

    def started(state: JobState, now: datetime) -> JobState:
        return operation_started(
            state, key, submission_id=submission_id, operation_name=name, now=now, token=token
        )

    yield "holding the operation's name"
    try:
        yield from worker.commit(started)
    except IllegalTransition as error:
        luck = yield "cancelling a call that was given up"
        pipeline.provider.cancel(name, luck)
        raise LeaseLost("given up meanwhile") from error


def _look(worker: Worker, operation_name: str) -> Actor[None]:
    luck = yield "polling"
    call = worker.pipeline.provider.find(operation_name, luck)
    match call.end:
        case None:
            yield from worker.commit(
                lambda s, now: look_again_later(s, worker.key, now=now, token=worker.token)
            )
        case End.DONE:
            yield from _take(worker, _submission(worker))
        case End.DECLINED | End.DECLINED_BILLED:
            yield from _ended(worker, Refused("no"), billed=call.end.is_billed)
        case End.BROKEN:
            yield from _ended(worker, OperationFailed("no"), billed=False)
        case _:
            yield from _ended(worker, BackendFailed("no"), billed=call.end.is_billed)


def _ended(
    worker: Worker, failure: Refused | BackendFailed | OperationFailed, *, billed: bool
) -> Actor[None]:
    if billed:
        raise failure
    ended = _accounted(worker, Payment.REFUNDED)
    if isinstance(failure, OperationFailed):
        if isinstance(decide(failure, worker.shot.attempt, worker.pipeline.now, spread=0), TryAgain):
            yield from worker.commit(ended)
            raise failure
        failure = BackendFailed(str(failure))
    yield from _otherwise(worker, failure, ended)


def _otherwise(worker: Worker, failure: Refused | BackendFailed, ended: Step) -> Actor[None]:
    remedy = remedy_for(worker.state, worker.shot, failure)
    if remedy is None:
        yield from worker.commit(ended)
        raise failure
    yield from worker.commit(
        lambda s, now: remedied(ended(s, now), worker.key, remedy, failure, token=worker.token)
    )


def _is_still_ambiguous(worker: Worker, submission: Submission, asked_at: datetime) -> Actor[bool]:
    is_lost = asked_at >= surely_settled_at(submission)
    if is_lost:
        yield from worker.commit(_accounted(worker, Payment.AMBIGUOUS))
    else:
        yield from worker.commit(lambda s, now: look_again_later(s, worker.key, now=now, token=worker.token))
    return not is_lost


def _take(worker: Worker, submission: Submission | None) -> Actor[None]:
    key, token, path = worker.key, worker.token, f"{worker.shot.index}.mp4"
    last_frame = LastFrame(path=f"{worker.shot.index + 1}.png") if worker.hands_on else None

    def taken(state: JobState, _now: datetime) -> JobState:
        submission_id = submission.submission_id if submission else None
        if submission:
            state = clip_delivered(state, key, submission=submission, token=token)
        return clip_rendered(
            state, key, path=path, token=token, last_frame=last_frame, submission_id=submission_id
        )

    yield from worker.work("making the clip, or checking it")
    yield from worker.commit(taken)


def _settle(pipeline: Pipeline, task: Task) -> Actor[None]:
    read = yield from pipeline.load(ALL)
    if task not in [due.task for due in due_tasks(read.state)]:
        return
    try:
        yield from _settle_call(pipeline, task.key, read)
    except (MustWait, BackendUnavailable) as error:
        decision = decide(error, 1, read.now, spread=0.5)
        if not isinstance(decision, TryAgain) or decision.not_before is None:
            raise
        until = decision.not_before
        with suppress(IllegalTransition):
            state = yield from pipeline.change(lambda s, _: settle_later(s, task.key, until=until), shots=ALL)
            yield "before enqueueing"
            pipeline.enqueue_due(state)
    except IllegalTransition:
        return


def _settle_call(pipeline: Pipeline, key: WorkKey, read: Snapshot) -> Actor[None]:
    shot = read.state.work(key)
    if not isinstance(shot, Shot) or shot.submission is None:
        raise IllegalTransition("no paid call")
    submission = shot.submission
    luck = yield "settling a paid call"
    if shot.operation:
        billed = pipeline.provider.cancel(shot.operation.operation_name, luck)
        payment = Payment.BILLED if billed else Payment.REFUNDED
    elif pipeline.provider.delivered(submission.submission_id):
        payment = Payment.BILLED
    elif (too_early := surely_settled_at(submission) - read.now) > timedelta(0):
        raise MustWait(too_early)
    else:
        payment = Payment.AMBIGUOUS

    def settled(state: JobState, _now: datetime) -> JobState:
        return wound_up(
            call_ended(state, key, submission_id=submission.submission_id, payment=payment, token="")
        )

    yield from pipeline.change(settled, shots=ALL)


def _withdrawn(key: WorkKey, submission_id: str) -> Step:
    return lambda s, _: submission_withdrawn(s, key, submission_id=submission_id, reason="")


def _accounted(worker: Worker, payment: Payment) -> Step:
    submission_id = _submission(worker).submission_id
    return lambda s, _: call_ended(
        s, worker.key, submission_id=submission_id, payment=payment, token=worker.token
    )


def _submission(worker: Worker) -> Submission:
    if worker.shot.submission is None:
        raise IllegalTransition("no paid call")
    return worker.shot.submission
