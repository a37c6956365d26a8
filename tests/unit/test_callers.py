"""Keys are remembered for a short while: those that are known, and apart from them those that are not."""

from dataclasses import dataclass, field
from typing import cast

import pytest

from functions.submit.auth import (
    KNOWN_SECONDS,
    UNKNOWN_SECONDS,
    Callers,
    Remembered,
    caller_of,
    permit,
    permitted,
)
from shared.api_keys import ApiKey, ApiKeys, KeyLimits, Scope
from shared.domain.errors import Forbidden, Unauthorized
from shared.domain.naming import api_key_id
from shared.limits import Permitted
from shared.settings import Settings


@dataclass
class Keys:
    """Stands in for the store of keys, and remembers what was read."""

    known: dict[str, ApiKey] = field(default_factory=dict)
    reads: list[str] = field(default_factory=list)

    def let_in(self, key: str, **more: object) -> None:
        key_id = api_key_id(key)
        self.known[key_id] = ApiKey.model_validate({"key_id": key_id, "owner": "somebody", **more})

    def find(self, key_id: str) -> ApiKey | None:
        self.reads.append(key_id)
        return self.known.get(key_id)


@dataclass
class Clock:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def keys() -> Keys:
    return Keys()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def callers(clock: Clock) -> Callers:
    return Callers(clock)


KEY = "ttv_" + 43 * "1"


def found(callers: Callers, keys: Keys, key: str = KEY) -> str | None:
    caller = callers.caller(api_key_id(key), cast(ApiKeys, keys))
    return caller and caller.owner


def test_a_known_key_is_read_once_in_a_while(callers: Callers, keys: Keys, clock: Clock) -> None:
    keys.let_in(KEY)
    assert [found(callers, keys) for _ in range(3)] == ["somebody"] * 3
    assert len(keys.reads) == 1
    clock.now += KNOWN_SECONDS
    assert found(callers, keys) == "somebody"
    assert len(keys.reads) == 2


def test_a_revoked_key_is_let_in_no_longer_than_it_is_remembered(
    callers: Callers, keys: Keys, clock: Clock
) -> None:
    keys.let_in(KEY)
    assert found(callers, keys) == "somebody"
    keys.known.clear()
    clock.now += KNOWN_SECONDS - 1
    assert found(callers, keys) == "somebody"
    clock.now += 1
    assert found(callers, keys) is None


def test_a_flood_of_one_wrong_key_is_no_flood_of_reads(callers: Callers, keys: Keys, clock: Clock) -> None:
    assert [found(callers, keys) for _ in range(50)] == [None] * 50
    assert len(keys.reads) == 1
    keys.let_in(KEY)
    clock.now += UNKNOWN_SECONDS
    assert found(callers, keys) == "somebody"


def test_a_flood_of_wrong_keys_does_not_drive_the_known_ones_out(
    callers: Callers, keys: Keys, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys.let_in(KEY)
    assert found(callers, keys) == "somebody"
    for number in range(20_000):
        found(callers, keys, f"ttv_{number:0>43}")
    keys.reads.clear()
    assert found(callers, keys) == "somebody"
    assert keys.reads == []


def test_what_is_remembered_is_bounded() -> None:
    remembered = Remembered[int](60, at_most=3)
    for number in range(10):
        remembered.put(str(number), number)
    assert sum(remembered.get(str(number)) is not None for number in range(10)) <= 3
    assert remembered.get("9") == 9


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer  ", "Basic eDp5", KEY, "Bearer sk-another-services"]
)
def test_a_header_without_a_key_is_not_looked_up(callers: Callers, keys: Keys, header: str | None) -> None:
    with pytest.raises(Unauthorized):
        caller_of(header, cast(ApiKeys, keys), callers)
    assert keys.reads == []


def test_a_caller_has_what_the_key_says_and_only_digits_of_its_hash(callers: Callers, keys: Keys) -> None:
    limits = KeyLimits(running_videos=3)
    keys.let_in(KEY, scope="metrics", limits=limits)
    caller = caller_of(f"Bearer {KEY}", cast(ApiKeys, keys), callers)
    assert (caller.owner, caller.scope, caller.limits) == ("somebody", "metrics", limits)
    assert caller.key == api_key_id(KEY)[:12]


@pytest.mark.parametrize("scope", ["videos", "metrics", "a scope of the future"])
def test_a_key_opens_what_it_was_made_for_and_nothing_else(callers: Callers, keys: Keys, scope: str) -> None:
    keys.let_in(KEY, scope=scope)
    caller = caller_of(f"Bearer {KEY}", cast(ApiKeys, keys), callers)
    for wanted in Scope:
        if wanted == scope:
            permit(caller, wanted)
        else:
            with pytest.raises(Forbidden):
                permit(caller, wanted)


def settings(**different: str) -> Settings:
    needed = (
        *("GOOGLE_CLOUD_PROJECT", "TTV_LOCATION", "TTV_BUCKET", "TTV_INVOKER_SERVICE_ACCOUNT"),
        *("TTV_KEYFRAMES_URL", "TTV_RENDER_URL", "TTV_FINALIZE_URL"),
    )
    return Settings.from_environment({**dict.fromkeys(needed, "x"), **different})


def test_a_key_without_limits_of_its_own_has_those_of_the_deployment() -> None:
    at = settings(TTV_CREATIONS_PER_MINUTE="7", TTV_MAX_RUNNING_VIDEOS="8", TTV_USD_PER_MONTH="9.5")
    assert permitted(KeyLimits(), at) == Permitted(7, 8, 9_500_000)
    own = KeyLimits(creations_per_minute=1, running_videos=2, usd_micros_per_month=0)
    assert permitted(own, at) == Permitted(1, 2, 0)


@pytest.mark.parametrize("said", ["0", ""])
def test_a_deployment_need_not_limit_spending(said: str) -> None:
    assert permitted(KeyLimits(), settings(TTV_USD_PER_MONTH=said)).usd_micros_per_month == 0
    assert permitted(KeyLimits(), settings()) == Permitted(60, 100, 0)
