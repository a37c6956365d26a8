"""A drawing that was paid for once costs its owner nothing the second time, and fails no job."""

import secrets
from datetime import timedelta

import pytest

from functions.keyframes.cache import LASTS
from infra.local.clients import job_store
from infra.local.stack import LocalStack
from shared.domain.errors import ObjectMissing
from shared.job_store import JobStore
from tests.integration.drawn import PROMPT, Drawn, Painter, reasons

ALL_PAID = {"character sheet": 1, "keyframe": 3}


@pytest.fixture
def store(stack: LocalStack) -> JobStore:
    return job_store(stack.environment | {"GOOGLE_CLOUD_PROJECT": f"test-{secrets.token_hex(4)}"})


@pytest.fixture
def drawn(store: JobStore, monkeypatch: pytest.MonkeyPatch) -> Drawn:
    """Somebody's three keyframes and a sheet have been drawn before."""
    drawn = Drawn(store, Painter()).use(monkeypatch)
    assert reasons(drawn.draw()) == ALL_PAID
    return drawn


def cached(drawn: Drawn) -> list[str]:
    return [path for path in drawn.bucket.contents if path.startswith("cache/")]


@pytest.mark.parametrize("consistency", ["sequential", "anchored"])
def test_the_same_request_costs_nothing_and_says_so(drawn: Drawn, consistency: str) -> None:
    first = drawn.draw(consistency=consistency)
    asked = len(drawn.painter.asked)

    state = drawn.draw(consistency=consistency)

    assert len(drawn.painter.asked) == asked
    assert (reasons(state), state.progress.spent_usd_micros) == ({}, 0)
    assert [shot.from_cache for shot in state.shots] == [True] * len(state.shots)
    pictures = [[drawn.bucket.contents[str(shot.keyframe)] for shot in each.shots] for each in (first, state)]
    assert pictures[0] == pictures[1]
    events = drawn.store.events(state.job.job_id)
    told = [event["data"]["from_cache"] for event in events if event["name"].endswith(".drawn")]
    assert told == [True] * (1 + len(state.shots))


def test_another_owner_is_not_given_it(drawn: Drawn) -> None:
    assert reasons(drawn.draw(owner="somebody else")) == ALL_PAID


@pytest.mark.parametrize("config", [{"seed": 1}, {"negative_prompt": "rain"}, {"size": "640x360"}])
def test_another_seed_size_or_word_is_drawn(drawn: Drawn, config: dict[str, object]) -> None:
    state = drawn.draw(**config)

    assert reasons(state)["keyframe"] == 3
    assert [shot.from_cache for shot in state.shots] == [False] * 3


def test_a_sheet_serves_videos_of_every_size(drawn: Drawn) -> None:
    assert reasons(drawn.draw(size="640x360")) == {"keyframe": 3}


def test_what_follows_from_other_words_is_drawn_anew(drawn: Drawn) -> None:
    state = drawn.draw(prompt=PROMPT.replace("runs home", "swims"))

    assert [shot.from_cache for shot in state.shots] == [True, True, False]
    assert reasons(state) == {"keyframe": 1}


def test_what_is_too_old_is_drawn_and_takes_its_place(drawn: Drawn) -> None:
    for path in cached(drawn):
        drawn.bucket.created[path] -= LASTS + timedelta(days=1)

    assert reasons(drawn.draw()) == ALL_PAID
    assert reasons(drawn.draw()) == {}


def test_what_is_damaged_is_drawn_and_takes_its_place(drawn: Drawn) -> None:
    for path in cached(drawn):
        drawn.bucket.contents[path] = drawn.bucket.contents[path][:50]

    assert reasons(drawn.draw()) == ALL_PAID
    assert reasons(drawn.draw()) == {}


def test_a_cache_that_cannot_be_reached_fails_no_job(drawn: Drawn) -> None:
    drawn.bucket.failing = lambda path: path.startswith("cache/")

    assert reasons(drawn.draw()) == ALL_PAID


def test_a_drawing_whose_place_in_the_cache_is_cleared_at_that_moment_is_not_asked_for_again(
    drawn: Drawn, monkeypatch: pytest.MonkeyPatch
) -> None:
    put = drawn.bucket.put

    def cleared(path: str, data: bytes, content_type: str, *, patience: timedelta | None = None) -> str:
        if path.startswith("cache/"):
            raise ObjectMissing(path)
        return put(path, data, content_type, patience=patience)

    monkeypatch.setattr(drawn.bucket, "put", cleared)

    assert reasons(drawn.draw(seed=1)) == ALL_PAID


def test_a_cached_drawing_is_looked_at_where_the_job_asks_for_it(drawn: Drawn) -> None:
    state = drawn.draw(judge_keyframes=True)

    assert reasons(state) == {"judgement": 3}
    assert drawn.critic.looks == 3
