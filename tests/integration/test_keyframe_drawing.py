"""What is drawn for money: once, charged, bounded, and none lost because of another."""

import secrets
import threading
from collections.abc import Callable
from contextlib import nullcontext
from datetime import timedelta
from typing import Any

import pytest

from functions.keyframes import work
from functions.keyframes.easel import AT_A_TIME, MAX_BLANKS
from functions.keyframes.image_backends import KeyframeRequest
from functions.keyframes.planners import Paying, PlanRequest
from functions.keyframes.planners.rules import RulesPlanner
from infra.local.clients import job_store
from infra.local.stack import LocalStack
from shared.domain import naming
from shared.domain.errors import (
    BackendFailed,
    BackendUnavailable,
    Interrupted,
    OperationFailed,
    QuotaExhausted,
    Refused,
)
from shared.domain.job import JobState, Status
from shared.domain.plan import Plan, Wording
from shared.domain.pricing import IMAGE_PRICES, JUDGEMENT_PRICE, MAX_REDRAWS
from shared.domain.transitions import cancel
from shared.job_store import ALL, JobStore
from shared.stage import Outcome
from tests.integration.drawn import Drawn, Painter, charges, reasons
from tests.integration.waiting import SOON

ANCHORED: dict[str, Any] = {"consistency": "anchored"}
DRAWING, LOOK = IMAGE_PRICES["nano_banana"].usd_micros, JUDGEMENT_PRICE.usd_micros


@pytest.fixture
def store(stack: LocalStack) -> JobStore:
    return job_store(stack.environment | {"GOOGLE_CLOUD_PROJECT": f"test-{secrets.token_hex(4)}"})


@pytest.fixture
def drawn(store: JobStore, monkeypatch: pytest.MonkeyPatch) -> Drawn:
    return Drawn(store, Painter()).use(monkeypatch)


class DiesAt(JobStore):
    """A store that is asked for one commit too many: the process ends before it."""

    def dying_before(self, event: str) -> "DiesAt":
        self.event = event
        return self

    def change(self, job_id: str, step: Any, **kwargs: Any) -> JobState:  # noqa: ANN401 - as JobStore's
        def step_or_die(state: JobState, now: Any) -> JobState:  # noqa: ANN401 - as Step
            after: JobState = step(state, now)
            if any(news.name == self.event for news in after.news):
                raise Interrupted("killed")
            return after

        return super().change(job_id, step_or_die, **kwargs)


class Rewords:
    """A planner that counts what it is asked to reword."""

    def __init__(self) -> None:
        self.asked = 0

    def planner(self, _name: str) -> "Rewords":
        return self

    def plan(self, request: PlanRequest, paying: Paying = nullcontext) -> Plan:
        return RulesPlanner().plan(request, paying)

    def reword(self, words: Wording, paying: Paying = nullcontext) -> Wording:
        with paying():
            self.asked += 1
        return words.evolve(keyframe_prompt=f"{words.keyframe_prompt}, milder")


def once(error: Exception, matches: Callable[[KeyframeRequest], bool]) -> Callable[[KeyframeRequest], None]:
    """Raise an error at the first drawing that matches."""
    left = [error]

    def raises(request: KeyframeRequest) -> None:
        if left and matches(request):
            raise left.pop()

    return raises


def always(error: Exception, matches: Callable[[KeyframeRequest], bool]) -> Callable[[KeyframeRequest], None]:
    def raises(request: KeyframeRequest) -> None:
        if matches(request):
            raise error

    return raises


def met_by(number: int) -> Callable[[KeyframeRequest], None]:
    """Let the first so many keyframes wait until all of them are being drawn."""
    barrier, first = threading.Barrier(number), threading.Semaphore(number)

    def waits(request: KeyframeRequest) -> None:
        if not request.is_sheet and first.acquire(blocking=False):
            barrier.wait(SOON)

    return waits


def is_keyframe(request: KeyframeRequest) -> bool:
    return not request.is_sheet


def test_a_sheet_comes_first_and_every_keyframe_is_given_it_with_the_one_before(drawn: Drawn) -> None:
    state = drawn.draw()

    assert drawn.painter.asked[0].request.is_sheet
    assert [each.name for each in drawn.painter.asked[0].request.characters] == ["Mara"]
    assert len(drawn.painter.sheets) == 1
    sheet = drawn.bucket.contents[naming.sheet_path(state.job.job_id, 0)]
    pictures = [drawn.bucket.contents[str(shot.keyframe)] for shot in state.shots]
    given = [[each.picture for each in asked.references] for asked in drawn.painter.keyframes]
    assert given == [[sheet], *([sheet, before] for before in pictures[:-1])]
    assert (state.keyframes.done, drawn.painter.most_at_once) == (True, 1)


def test_anchored_keyframes_have_only_sheets_and_are_drawn_at_the_same_time(drawn: Drawn) -> None:
    drawn.painter.before = met_by(2)

    state = drawn.draw(**ANCHORED, seconds=16)

    assert [[each.is_sheet for each in asked.references] for asked in drawn.painter.keyframes] == [
        [True]
    ] * len(state.shots)
    assert 2 <= drawn.painter.most_at_once <= AT_A_TIME


def test_what_was_drawn_and_looked_at_is_charged(drawn: Drawn) -> None:
    state = drawn.draw(judge_keyframes=True)

    shots = len(state.shots)
    assert reasons(state) == {"character sheet": 1, "keyframe": shots, "judgement": shots}
    assert state.progress.spent_usd_micros == DRAWING * (1 + shots) + LOOK * shots
    assert {(each.reason, each.model) for each in charges(state)} == {
        ("character sheet", "nano_banana"),
        ("keyframe", "nano_banana"),
        ("judgement", "gemini"),
    }
    assert [shot.judgement and shot.judgement.score for shot in state.shots] == [1.0] * shots


@pytest.mark.parametrize("event", ["sheet.drawn", "keyframe.drawn"])
def test_killed_between_store_and_commit_it_draws_once_and_charges_once(
    drawn: Drawn, stack: LocalStack, event: str
) -> None:
    job_id = drawn.new(judge_keyframes=True)
    dying = DiesAt(drawn.store._db).dying_before(event)
    assert drawn.perform(job_id, store=dying) is Outcome.RETRY
    paid_before = len(drawn.painter.asked)
    assert reasons(drawn.state(job_id)).get("keyframe", 0) == 0

    assert drawn.perform(job_id) is Outcome.DONE

    state = drawn.state(job_id)
    assert paid_before == (1 if event == "sheet.drawn" else 2)
    assert len(drawn.painter.asked) == 1 + len(state.shots)
    assert drawn.critic.looks == len(state.shots)
    assert reasons(state) == {
        "character sheet": 1,
        "keyframe": len(state.shots),
        "judgement": len(state.shots),
    }


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (BackendUnavailable("down"), Outcome.WAITING),
        (BackendFailed("never"), Outcome.FAILED),
        (ValueError("ours"), Outcome.RETRY),
    ],
)
def test_one_that_fails_does_not_lose_the_others(drawn: Drawn, error: Exception, outcome: Outcome) -> None:
    meet, fails = met_by(3), once(error, is_keyframe)
    drawn.painter.before = lambda request: (meet(request), fails(request))[1]
    job_id = drawn.new(**ANCHORED)

    assert drawn.perform(job_id) is outcome

    state = drawn.state(job_id)
    assert len(state.shots) == 3
    assert sum(shot.keyframe is not None for shot in state.shots) == 2
    assert reasons(state) == {"character sheet": 1, "keyframe": 2}


def test_a_refused_keyframe_is_reworded_and_costs_nothing(drawn: Drawn) -> None:
    drawn.painter.before = once(Refused("no"), lambda request: "boat" in request.prompt)

    state = drawn.draw(**ANCHORED)

    refused = [shot for shot in state.shots if shot.refusals]
    assert [(shot.rewordings, shot.refusals[0].model) for shot in refused] == [(1, "nano_banana")]
    assert reasons(state) == {"character sheet": 1, "keyframe": len(state.shots)}


def test_what_a_refused_drawing_would_have_cost_is_left_for_other_words(drawn: Drawn) -> None:
    drawn.painter.before = once(Refused("no"), is_keyframe)

    state = drawn.draw(seconds=4, max_cost_usd=(2 * DRAWING + 1) / 1e6)

    assert reasons(state) == {"character sheet": 1, "keyframe": 1}


def test_a_shot_with_two_refused_keyframes_is_reworded_once(
    drawn: Drawn, monkeypatch: pytest.MonkeyPatch
) -> None:
    rewords, meet = Rewords(), met_by(2)
    monkeypatch.setattr(work, "planner", rewords.planner)

    def refuses(request: KeyframeRequest) -> None:
        if is_keyframe(request) and not rewords.asked:
            meet(request)
            raise Refused("no")

    drawn.painter.before = refuses

    state = drawn.draw(**ANCHORED, keyframes="pair", seconds=4)

    assert (len(state.shots), state.shots[0].rewordings, rewords.asked) == (1, 1, 1)


def test_other_words_for_a_sheet_are_paid_once_though_its_drawing_must_wait(
    drawn: Drawn, monkeypatch: pytest.MonkeyPatch
) -> None:
    rewords = Rewords()
    monkeypatch.setattr(work, "planner", rewords.planner)
    waits = once(QuotaExhausted(timedelta(seconds=0)), lambda request: "milder" in str(request.characters))

    def refuses(request: KeyframeRequest) -> None:
        if request.is_sheet and "milder" not in str(request.characters):
            raise Refused("no")
        waits(request)

    drawn.painter.before = refuses
    job_id = drawn.new(seconds=4)

    assert drawn.perform(job_id) is Outcome.WAITING
    assert drawn.perform(job_id) is Outcome.DONE

    assert rewords.asked == 1
    assert reasons(drawn.state(job_id)) == {"rewording": 1, "character sheet": 1, "keyframe": 1}


def test_a_sheet_that_stays_refused_fails_the_job_and_names_the_character(drawn: Drawn) -> None:
    drawn.painter.before = always(Refused("no"), lambda request: request.is_sheet)
    job_id = drawn.new()

    assert drawn.perform(job_id) is Outcome.FAILED

    state = drawn.state(job_id)
    assert state.job.error is not None
    assert (state.job.error.code, "Mara" in state.job.error.message) == ("refused", True)
    assert (len(drawn.painter.asked), reasons(state)) == (2, {})


def test_a_score_below_the_floor_is_drawn_anew_within_bounds_and_the_best_is_kept(drawn: Drawn) -> None:
    drawn.critic.scores = [0.2, 0.6, 0.4]
    job_id = drawn.new(judge_keyframes=True, redraw_below=0.9, seconds=4)

    assert drawn.perform(job_id) is Outcome.DONE

    state = drawn.state(job_id)
    (shot,) = state.shots
    assert len(drawn.painter.keyframes) == drawn.critic.looks == 1 + MAX_REDRAWS
    assert len({asked.request.seed for asked in drawn.painter.keyframes}) == 1 + MAX_REDRAWS
    assert shot.judgement is not None
    assert shot.judgement.score == 0.6
    second = naming.drawing_path(str(shot.keyframe), 1)
    assert drawn.bucket.contents[str(shot.keyframe)] == drawn.bucket.contents[second]
    assert reasons(state) == {
        "character sheet": 1,
        "keyframe": 1 + MAX_REDRAWS,
        "judgement": 1 + MAX_REDRAWS,
    }


@pytest.mark.parametrize("error", [Refused("no"), BackendFailed("never")])
def test_a_redraw_that_comes_to_nothing_leaves_what_there_is(drawn: Drawn, error: Exception) -> None:
    drawn.critic.scores = [0.2]
    drawn.painter.before = always(error, lambda request: is_keyframe(request) and request.seed != 0)

    state = drawn.draw(judge_keyframes=True, redraw_below=0.9, seconds=4)

    assert state.shots[0].judgement is not None
    assert state.shots[0].judgement.score == 0.2
    assert reasons(state) == {"character sheet": 1, "keyframe": 1, "judgement": 1}


def test_what_must_wait_for_its_redrawing_is_kept_where_another_ends_the_job(drawn: Drawn) -> None:
    redrawing = threading.Event()
    drawn.critic.scores = [0.2, 0.2, 0.2, 0.2]

    def meets(request: KeyframeRequest) -> None:
        if request.is_sheet:
            return
        if request.seed:
            redrawing.set()
            raise QuotaExhausted(timedelta(seconds=1))
        if "boat" in request.prompt:
            redrawing.wait(SOON)
            raise BackendFailed("never")

    drawn.painter.before = meets
    job_id = drawn.new(**ANCHORED, judge_keyframes=True, redraw_below=0.9)

    assert drawn.perform(job_id) is Outcome.FAILED

    state = drawn.state(job_id)
    assert reasons(state) == {"character sheet": 1, "keyframe": 2, "judgement": 2}
    assert sum(shot.keyframe is not None for shot in state.shots) == 2


def test_a_look_that_says_nothing_is_charged_all_the_same(drawn: Drawn) -> None:
    drawn.critic.is_dumb = True

    state = drawn.draw(judge_keyframes=True, seconds=4)

    assert state.shots[0].judgement is None
    assert reasons(state) == {"character sheet": 1, "keyframe": 1, "judgement": 1}


def test_a_look_that_cannot_be_stored_is_charged_all_the_same(drawn: Drawn) -> None:
    job_id = drawn.new(judge_keyframes=True, seconds=4)
    drawn.bucket.failing = lambda path: path.endswith("judgement-0.json") and drawn.critic.looks == 1
    assert drawn.perform(job_id) is Outcome.RETRY

    drawn.bucket.failing = lambda _path: False
    assert drawn.perform(job_id) is Outcome.DONE

    assert drawn.critic.looks == 2
    assert reasons(drawn.state(job_id)) == {"character sheet": 1, "keyframe": 1, "judgement": 2}


def test_an_answer_without_a_picture_is_asked_for_anew_with_other_seeds(drawn: Drawn) -> None:
    drawn.painter.before = once(OperationFailed("only words"), is_keyframe)

    state = drawn.draw(seconds=4)

    assert len({asked.request.seed for asked in drawn.painter.keyframes}) == 2
    assert reasons(state) == {"character sheet": 1, "keyframe": 1}


def test_a_model_that_never_draws_fails_the_job(drawn: Drawn) -> None:
    drawn.painter.before = always(OperationFailed("only words"), is_keyframe)
    job_id = drawn.new(seconds=4)

    assert drawn.perform(job_id) is Outcome.FAILED

    state = drawn.state(job_id)
    assert state.job.error is not None
    assert (state.job.error.code, state.job.error.shot) == ("backend_failed", 0)
    assert len(drawn.painter.keyframes) == 1 + MAX_BLANKS


@pytest.mark.parametrize("config", [{}, ANCHORED])
def test_nothing_is_drawn_beyond_what_the_user_permits(drawn: Drawn, config: dict[str, Any]) -> None:
    job_id = drawn.new(max_cost_usd=(2 * DRAWING + 1) / 1e6, **config)

    assert drawn.perform(job_id) is Outcome.FAILED

    state = drawn.state(job_id)
    assert state.job.error is not None
    assert state.job.error.code == "cost_limit_reached"
    assert len(drawn.painter.asked) == 2
    assert reasons(state) == {"character sheet": 1, "keyframe": 1}


def test_a_keyframe_that_is_poor_is_kept_where_another_is_too_dear(drawn: Drawn) -> None:
    drawn.critic.scores = [0.2]

    state = drawn.draw(
        judge_keyframes=True, redraw_below=0.9, seconds=4, max_cost_usd=(2 * DRAWING + LOOK + 1) / 1e6
    )

    assert reasons(state) == {"character sheet": 1, "keyframe": 1, "judgement": 1}


def test_a_drawing_that_cannot_be_stored_is_charged_all_the_same(drawn: Drawn) -> None:
    job_id = drawn.new(seconds=4)
    drawn.bucket.failing = lambda path: path.endswith("drawing-0.png") and "shots" in path
    assert drawn.perform(job_id) is Outcome.RETRY

    drawn.bucket.failing = lambda _path: False
    assert drawn.perform(job_id) is Outcome.DONE

    assert len(drawn.painter.keyframes) == 2
    assert reasons(drawn.state(job_id)) == {"character sheet": 1, "keyframe": 2}


def test_a_job_that_is_cancelled_begins_no_more_drawings(drawn: Drawn) -> None:
    job_id = drawn.new(**ANCHORED, seconds=30)

    def cancelled(request: KeyframeRequest) -> None:
        if is_keyframe(request) and not drawn.state(job_id).job.status.is_final:
            drawn.store.change(job_id, cancel, shots=ALL)

    drawn.painter.before = cancelled

    assert drawn.perform(job_id) is Outcome.STOPPED

    state = drawn.state(job_id)
    assert state.job.status is Status.CANCELLED
    assert len(drawn.painter.keyframes) <= AT_A_TIME < len(state.shots)


def test_the_circuit_breaker_is_asked_and_told(drawn: Drawn) -> None:
    drawn.painter.before = once(BackendUnavailable("down"), is_keyframe)
    job_id = drawn.new(seconds=4)

    assert drawn.perform(job_id) is Outcome.WAITING

    assert drawn.breaker.told == [
        *(("admit", "nano_banana"), ("success", "nano_banana")),
        *(("admit", "nano_banana"), ("outage", "nano_banana")),
    ]


def test_the_providers_delay_is_waited_for(drawn: Drawn) -> None:
    drawn.painter.before = once(QuotaExhausted(timedelta(seconds=7)), is_keyframe)
    job_id = drawn.new(seconds=4)

    assert drawn.perform(job_id) is Outcome.WAITING

    work = drawn.state(job_id).keyframes
    assert (work.attempt, work.waits_for, work.not_before is not None) == (0, "quota_exhausted", True)
